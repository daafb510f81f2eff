//! Which tuples and connections are asked for: a part of time and a condition.
//!
//! A [`Filter`] is read from an expression ([`Filter::parse`], docs/filters.md) or put together from the conditions of
//! single fields ([`Filter::of`]). Most conditions are decided by each tuple alone, so that whatever cannot match is
//! left out while files are read: [`Filter::bind`] answers what is the same for all tuples of a place, and
//! [`Bound::admits`] the rest. What only a whole connection tells (its bytes, how it went) may be true of any tuple, and
//! is asked when the connection is whole: [`Filter::matches`].

mod addresses;
mod asked;
mod error;
mod field;
mod glob;
mod merge;
mod parse;
mod picked;
mod selector;
#[cfg(test)]
mod tests;
mod token;
mod tree;
mod value;
pub mod when;

use std::net::IpAddr;
use std::ops::Not;
use std::sync::Arc;

use tree::{DENIED, End, Node, Test};

use crate::connection::{Connection, ConnectionKey, Outcome};
use crate::enrich::AddressBook;
use crate::flow::{Encryption, FlowTuple, Network};

pub use addresses::Addresses;
pub use asked::ResolveError;
pub use error::{FilterError, ValueError};
pub use field::Field;
pub use glob::Glob;
pub use picked::Picked;
pub use selector::{Parted, Selection, Selector};

/// A part of time, half open: `from` belongs to it, `to` does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// First moment, Unix ms; `None`: since ever.
    pub from_ms: Option<i64>,
    /// First moment after it, Unix ms; `None`: without end.
    pub to_ms: Option<i64>,
}

impl Window {
    /// Whether a moment (Unix ms) is in it.
    #[inline]
    pub fn contains(&self, time_ms: i64) -> bool {
        self.from_ms.is_none_or(|from| time_ms >= from) && self.to_ms.is_none_or(|to| time_ms < to)
    }

    /// Whether all time is in it.
    pub fn is_all(&self) -> bool {
        self.from_ms.is_none() && self.to_ms.is_none()
    }
}

/// A condition on connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    whole: Node,
    /// What is left to ask of tuples, where no place decides anything.
    of_tuples: Option<Arc<Node>>,
}

impl Filter {
    fn new(whole: Node) -> Self {
        let asks_places = whole.holds(&|test| matches!(test, Test::Name(..)));
        let anywhere = Place { mac: "", resource: "", acl: "", rule: "" };
        let of_tuples = (!asks_places).then(|| Arc::new(whole.bound(&anywhere)));
        Self { whole, of_tuples }
    }

    /// Reads an expression such as `dst in 10.0.0.0/8 and port in [22, 3389] and denied`.
    ///
    /// # Errors
    /// Where the text is wrong, and what was expected there.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        parse::parse(text).map(Self::new)
    }

    /// The condition that `field` has this value, written as in an expression.
    ///
    /// # Errors
    /// The text is no value of the field.
    pub fn of(field: Field, value: &str) -> Result<Self, ValueError> {
        field.equals(value).map(Self::new).ok_or(ValueError(field.expected()))
    }

    /// Either end is in `network`.
    pub fn host(network: Network) -> Self {
        Self::address(End::Either, network)
    }

    /// The initiator is in `network`.
    pub fn source(network: Network) -> Self {
        Self::address(End::Source, network)
    }

    /// The responder is in `network`.
    pub fn destination(network: Network) -> Self {
        Self::address(End::Destination, network)
    }

    fn address(end: End, network: Network) -> Self {
        Self::new(Node::test(Test::Address(end, addresses::Addresses::of(&[network]))))
    }

    /// What fulfils both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::new(Node::all(vec![self.whole, other.whole]))
    }

    /// What fulfils either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self::new(Node::any(vec![self.whole, other.whole]))
    }

    /// What fulfils any of several; nothing fulfils any of none.
    #[must_use]
    pub fn any(filters: impl IntoIterator<Item = Self>) -> Self {
        Self::new(Node::any(filters.into_iter().map(|filter| filter.whole).collect()))
    }

    /// Whether single tuples do not tell everything that is asked: bytes, packets, duration, tuples, or an outcome other
    /// than denied.
    pub fn needs_connection(&self) -> bool {
        self.whole.holds(&|test| match test {
            Test::Amount(..) => true,
            Test::Outcome(bits) => !matches!(bits & !DENIED, 0) && bits | DENIED != u8::MAX,
            _ => false,
        })
    }

    /// The condition with what `book` says of addresses in the place of names. Only then names hold for anything.
    ///
    /// # Errors
    /// What the book does not tell.
    pub fn resolved(&self, book: &AddressBook) -> Result<Self, ResolveError> {
        self.whole.resolved(&|end, asked| asked.answer(end, book)).map(Self::new)
    }

    /// What is left to ask of tuples of one place: what is the same for all of them is decided here.
    pub fn bind(&self, place: &Place<'_>) -> Bound {
        Bound(self.of_tuples.clone().unwrap_or_else(|| Arc::new(self.whole.bound(place))))
    }

    /// Whether a whole connection fulfils it.
    pub fn matches(&self, facts: &Facts<'_>) -> bool {
        self.whole.matches(facts)
    }
}

/// What does not fulfil it.
impl Not for Filter {
    type Output = Self;

    fn not(self) -> Self {
        Self::new(self.whole.negated())
    }
}

/// Where tuples stand: what is the same for all tuples of one rule of one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// MAC address of the NIC that logged them.
    pub mac: &'a str,
    /// What the flow log was written for: `targetResourceID` (VNet), `resourceId` (NSG).
    pub resource: &'a str,
    /// The ACL, mostly the network security group's id.
    pub acl: &'a str,
    /// The rule's name as in the log.
    pub rule: &'a str,
}

/// A filter with the place known: what is left to ask of tuples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound(Arc<Node>);

impl Bound {
    /// False only if no connection with this tuple can match: what only a whole connection tells may be true.
    #[inline]
    pub fn admits(&self, tuple: &FlowTuple) -> bool {
        self.0.admits(tuple)
    }

    /// Every tuple is admitted.
    pub fn is_everything(&self) -> bool {
        *self.0 == Node::Const(true)
    }

    /// No tuple is admitted.
    pub fn is_nothing(&self) -> bool {
        *self.0 == Node::Const(false)
    }
}

/// One connection, as far as a filter can ask.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Its 5-tuple.
    pub key: ConnectionKey<IpAddr>,
    /// Who logged and decided it.
    pub place: Place<'a>,
    /// Times and counters.
    pub connection: &'a Connection,
    /// How it went.
    pub outcome: Outcome,
    /// Virtual network encryption.
    pub encryption: Encryption,
}
