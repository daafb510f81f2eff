//! A filter's conditions as a tree without negations but at its leaves, so that what is not known may count as true.

use std::net::IpAddr;

use super::addresses::{Addresses, Ports};
use super::asked::Asked;
use super::glob::Glob;
use super::{Facts, Place};
use crate::connection::Outcome;
use crate::flow::{AddressClass, Direction, Encryption, FlowTuple, Protocol, State};
use crate::policy::plain_rule;

/// Which end of a connection a condition asks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum End {
    Source,
    Destination,
    Either,
}

impl End {
    #[inline]
    fn any(self, source: IpAddr, destination: IpAddr, is: impl Fn(IpAddr) -> bool) -> bool {
        match self {
            Self::Source => is(source),
            Self::Destination => is(destination),
            Self::Either => is(source) || is(destination),
        }
    }
}

/// What a number is counted of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Amount {
    Bytes,
    BytesSent,
    BytesReceived,
    Packets,
    PacketsSent,
    PacketsReceived,
    DurationMs,
    Tuples,
}

/// What the place of a tuple is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    Rule,
    Nsg,
    Resource,
    Mac,
}

/// One question. Sets of few values are bits, one a value in the order of its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Test {
    Outcome(u8),
    Direction(Direction),
    Encryption(u16),
    /// Bits of protocol numbers.
    Protocol([u64; 4]),
    /// The responder's port.
    Port(Ports),
    SourcePort(Ports),
    Address(End, Addresses),
    /// An end that only files about addresses tell: [`Node::resolved`] puts their answer in its place.
    Asked(End, Asked),
    Class(End, u16),
    Name(Name, Glob),
    /// At least, at most.
    Amount(Amount, u64, u64),
}

/// A tree of conditions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Const(bool),
    /// The test, or its contrary.
    Test(Test, bool),
    All(Vec<Node>),
    Any(Vec<Node>),
}

pub(super) fn outcome_bit(outcome: Outcome) -> u8 {
    1 << outcome as u8
}

pub(super) fn encryption_bit(encryption: Encryption) -> u16 {
    1 << encryption as u16
}

pub(super) fn class_bit(class: AddressClass) -> u16 {
    1 << class as u16
}

pub(super) fn protocol_bits(protocol: Protocol) -> [u64; 4] {
    let mut bits = [0; 4];
    bits[usize::from(protocol.0 / 64)] = 1 << (protocol.0 % 64);
    bits
}

impl Node {
    pub(super) fn test(test: Test) -> Self {
        Self::Test(test, true)
    }

    /// The contrary.
    pub(super) fn negated(self) -> Self {
        match self {
            Self::Const(value) => Self::Const(!value),
            // What is not known of a tuple are only some outcomes: the others are known.
            Self::Test(Test::Outcome(bits), wanted) => Self::Test(Test::Outcome(!bits), wanted),
            Self::Test(test, wanted) => Self::Test(test, !wanted),
            Self::All(nodes) => Self::Any(nodes.into_iter().map(Self::negated).collect()),
            Self::Any(nodes) => Self::All(nodes.into_iter().map(Self::negated).collect()),
        }
    }

    /// True if all are.
    pub(super) fn all(nodes: Vec<Self>) -> Self {
        Self::joined(nodes, true)
    }

    /// True if any is.
    pub(super) fn any(nodes: Vec<Self>) -> Self {
        Self::joined(nodes, false)
    }

    /// All of `nodes` if `all`, any of them if not: flat, without constants, the cheapest question first.
    fn joined(nodes: Vec<Self>, all: bool) -> Self {
        let mut flat = Vec::with_capacity(nodes.len());
        for node in nodes {
            match node {
                Self::Const(value) if value == all => {}
                Self::Const(_) => return node,
                Self::All(inner) if all => flat.extend(inner),
                Self::Any(inner) if !all => flat.extend(inner),
                node => flat.push(node),
            }
        }
        // Any of several sets, or none of several sets: one set.
        let mut flat = super::merge::merged(flat, !all);
        flat.sort_by_key(Self::cost);
        match flat.pop() {
            None => Self::Const(all),
            Some(only) if flat.is_empty() => only,
            Some(last) => {
                flat.push(last);
                if all { Self::All(flat) } else { Self::Any(flat) }
            }
        }
    }

    /// The place in the order of asking.
    fn cost(&self) -> u8 {
        match self {
            Self::Const(_) => 0,
            Self::Test(test, _) => match test {
                Test::Outcome(_) | Test::Direction(_) | Test::Encryption(_) | Test::Protocol(_) => 1,
                Test::Port(_) | Test::SourcePort(_) => 2,
                Test::Amount(..) => 3,
                Test::Address(..) => 4,
                Test::Asked(..) => 4,
                Test::Class(..) => 5,
                Test::Name(..) => 6,
            },
            Self::All(_) | Self::Any(_) => 7,
        }
    }

    /// With the answers that `answer` gives to what is asked of files about addresses.
    pub(super) fn resolved<E>(&self, answer: &impl Fn(End, &Asked) -> Result<Test, E>) -> Result<Self, E> {
        let all = |nodes: &[Self]| nodes.iter().map(|node| node.resolved(answer)).collect::<Result<_, E>>();
        Ok(match self {
            Self::Test(Test::Asked(end, asked), wanted) => Self::Test(answer(*end, asked)?, *wanted),
            Self::Const(_) | Self::Test(..) => self.clone(),
            Self::All(nodes) => Self::all(all(nodes)?),
            Self::Any(nodes) => Self::any(all(nodes)?),
        })
    }

    /// Whether a test for which `is` holds is in it.
    pub(super) fn holds(&self, is: &impl Fn(&Test) -> bool) -> bool {
        match self {
            Self::Const(_) => false,
            Self::Test(test, _) => is(test),
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().any(|node| node.holds(is)),
        }
    }

    /// What is left to ask of tuples of this place. Whatever only a whole connection tells may be true.
    pub(super) fn bound(&self, place: &Place<'_>) -> Self {
        match self {
            Self::Const(value) => Self::Const(*value),
            Self::Test(Test::Amount(..), _) => Self::Const(true),
            Self::Test(Test::Outcome(bits), true) => {
                let denied = bits & DENIED != 0;
                if denied == (bits & !DENIED != 0) { Self::Const(denied) } else { self.clone() }
            }
            Self::Test(Test::Name(name, glob), wanted) => Self::Const(place.is(*name, glob) == *wanted),
            Self::Test(..) => self.clone(),
            Self::All(nodes) => Self::all(nodes.iter().map(|node| node.bound(place)).collect()),
            Self::Any(nodes) => Self::any(nodes.iter().map(|node| node.bound(place)).collect()),
        }
    }

    #[inline]
    pub(super) fn admits(&self, tuple: &FlowTuple) -> bool {
        match self {
            Self::Const(value) => *value,
            Self::Test(test, wanted) => test.of_tuple(tuple).is_none_or(|is| is == *wanted),
            Self::All(nodes) => nodes.iter().all(|node| node.admits(tuple)),
            Self::Any(nodes) => nodes.iter().any(|node| node.admits(tuple)),
        }
    }

    pub(super) fn matches(&self, facts: &Facts<'_>) -> bool {
        match self {
            Self::Const(value) => *value,
            Self::Test(test, wanted) => test.of_connection(facts) == *wanted,
            Self::All(nodes) => nodes.iter().all(|node| node.matches(facts)),
            Self::Any(nodes) => nodes.iter().any(|node| node.matches(facts)),
        }
    }
}

/// The bit of what tuples alone tell.
pub(super) const DENIED: u8 = 1 << Outcome::Denied as u8;

impl Test {
    /// The answer of a tuple alone; `None` if it cannot tell.
    #[inline]
    fn of_tuple(&self, tuple: &FlowTuple) -> Option<bool> {
        Some(match self {
            Self::Outcome(bits) => match tuple.state {
                State::Deny => bits & DENIED != 0,
                _ if bits | DENIED == DENIED => false,
                _ if bits | DENIED == u8::MAX => true,
                _ => return None,
            },
            Self::Direction(direction) => tuple.direction == *direction,
            Self::Encryption(bits) => bits & encryption_bit(tuple.encryption) != 0,
            Self::Protocol(bits) => has_protocol(bits, tuple.protocol),
            Self::Port(ports) => ports.contains(tuple.destination_port),
            Self::SourcePort(ports) => ports.contains(tuple.source_port),
            Self::Address(end, addresses) => {
                end.any(tuple.source, tuple.destination, |address| addresses.contains(address))
            }
            Self::Class(end, bits) => {
                end.any(tuple.source, tuple.destination, |address| has_class(*bits, address))
            }
            Self::Name(..) | Self::Amount(..) | Self::Asked(..) => return None,
        })
    }

    fn of_connection(&self, facts: &Facts<'_>) -> bool {
        let key = &facts.key;
        match self {
            Self::Outcome(bits) => bits & outcome_bit(facts.outcome) != 0,
            Self::Direction(direction) => facts.connection.direction == *direction,
            Self::Encryption(bits) => bits & encryption_bit(facts.encryption) != 0,
            Self::Protocol(bits) => has_protocol(bits, key.protocol),
            Self::Port(ports) => ports.contains(key.destination_port),
            Self::SourcePort(ports) => ports.contains(key.source_port),
            Self::Address(end, addresses) => {
                end.any(key.source, key.destination, |address| addresses.contains(address))
            }
            Self::Class(end, bits) => {
                end.any(key.source, key.destination, |address| has_class(*bits, address))
            }
            // Nothing answers it before it is resolved.
            Self::Asked(..) => false,
            Self::Name(name, glob) => facts.place.is(*name, glob),
            Self::Amount(amount, least, most) => (*least..=*most).contains(&facts.amount(*amount)),
        }
    }
}

#[inline]
fn has_protocol(bits: &[u64; 4], protocol: Protocol) -> bool {
    bits[usize::from(protocol.0 / 64)] >> (protocol.0 % 64) & 1 == 1
}

#[inline]
fn has_class(bits: u16, address: IpAddr) -> bool {
    bits & class_bit(AddressClass::of(address)) != 0
}

impl Place<'_> {
    fn is(&self, name: Name, glob: &Glob) -> bool {
        match name {
            Name::Rule => glob.matches(self.rule) || glob.matches(plain_rule(self.rule)),
            Name::Nsg => is_id(self.acl, glob),
            Name::Resource => is_id(self.resource, glob),
            Name::Mac => glob.matches_chars(self.mac.chars().filter(|char| !SEPARATORS.contains(char))),
        }
    }
}

/// What may stand between the pairs of digits of a MAC address.
pub(super) const SEPARATORS: [char; 3] = [':', '-', '.'];

/// A pattern with a slash is one for a whole id, any other for its last part.
fn is_id(id: &str, glob: &Glob) -> bool {
    let id = id.trim_end_matches('/');
    let name = id.rsplit('/').next().unwrap_or(id);
    glob.matches(if glob.has('/') { id } else { name })
}

impl Facts<'_> {
    fn amount(&self, amount: Amount) -> u64 {
        let (connection, counters) = (self.connection, &self.connection.counters);
        match amount {
            Amount::Bytes => counters.bytes(),
            Amount::BytesSent => counters.bytes_sent,
            Amount::BytesReceived => counters.bytes_received,
            Amount::Packets => counters.packets(),
            Amount::PacketsSent => counters.packets_sent,
            Amount::PacketsReceived => counters.packets_received,
            Amount::DurationMs => connection.last_ms.abs_diff(connection.first_ms),
            Amount::Tuples => connection.tuples(),
        }
    }
}
