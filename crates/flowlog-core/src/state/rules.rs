//! What each rule of each ACL decided.
//!
//! Everything is counted per tuple, as logged: a connection between two logged NICs was decided by a
//! rule at each of them, and counts for both rules.

mod class;

use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use serde::{Deserialize, Serialize};

pub use class::RuleClass;

use super::hosts::HostId;
use super::overall::TupleSums;
use crate::flow::{AddressClass, Direction, FlowTuple, Protocol, State};

/// Ports that administer machines or data: shells, remote desktops, file shares and databases.
pub const ADMIN_PORTS: [u16; 15] =
    [22, 23, 135, 139, 445, 1433, 1521, 3306, 3389, 5432, 5900, 5985, 5986, 6379, 27_017];

/// One bit a port: the question is asked of every inbound tuple.
const ADMIN_BITS: [u64; 1024] = {
    let mut bits = [0; 1024];
    let mut place = 0;
    while place < ADMIN_PORTS.len() {
        bits[(ADMIN_PORTS[place] / 64) as usize] |= 1 << (ADMIN_PORTS[place] % 64);
        place += 1;
    }
    bits
};

/// True for one of [`ADMIN_PORTS`].
#[inline]
fn is_admin_port(port: u16) -> bool {
    static BITS: [u64; 1024] = ADMIN_BITS;
    BITS[usize::from(port / 64)] >> (port % 64) & 1 == 1
}

/// What one rule decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleCounts {
    /// Tuples.
    pub tuples: u64,
    /// Connections it let begin: B tuples, and the allowed tuples of NSG logs version 1.
    pub begun: u64,
    /// Denied tuples: packets, so that an attempt that is repeated counts again.
    pub denied: u64,
    /// Of these, dropped for want of encryption and not by the rule.
    pub dropped: u64,
    /// Bytes both ways.
    pub bytes: u64,
    /// Oldest tuple, Unix ms; [`i64::MAX`] without any.
    pub first_ms: i64,
    /// Newest tuple, Unix ms; [`i64::MIN`] without any.
    pub last_ms: i64,
}

impl Default for RuleCounts {
    fn default() -> Self {
        Self { tuples: 0, begun: 0, denied: 0, dropped: 0, bytes: 0, first_ms: i64::MAX, last_ms: i64::MIN }
    }
}

impl RuleCounts {
    fn count(&mut self, sums: &TupleSums) {
        self.tuples += sums.tuples;
        self.begun += sums.state(State::Begin) + sums.state(State::Allow);
        self.denied += sums.state(State::Deny);
        self.dropped += sums.dropped;
        self.bytes = self.bytes.saturating_add(sums.counters.bytes());
        self.first_ms = self.first_ms.min(sums.times.0);
        self.last_ms = self.last_ms.max(sums.times.1);
    }

    fn add(&mut self, other: &Self) {
        self.tuples += other.tuples;
        self.begun += other.begun;
        self.denied += other.denied;
        self.dropped += other.dropped;
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.first_ms = self.first_ms.min(other.first_ms);
        self.last_ms = self.last_ms.max(other.last_ms);
    }
}

/// What a rule let in from one host of the internet to one administration port of one host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LetIn {
    /// Connections begun.
    pub begun: u64,
    /// Bytes that came back.
    pub bytes_received: u64,
    /// Payload came back ([`Counters::is_answered`](crate::flow::Counters::is_answered) of a row).
    pub answered: bool,
    /// Oldest and newest tuple, Unix ms.
    pub times: (i64, i64),
}

impl LetIn {
    pub(super) fn add(&mut self, other: &Self) {
        self.begun += other.begun;
        self.bytes_received = self.bytes_received.saturating_add(other.bytes_received);
        self.answered |= other.answered;
        self.times = (self.times.0.min(other.times.0), self.times.1.max(other.times.1));
    }
}

/// By which rule (its place in [`Rules::rows`]), from whom, to whom, to which port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LetInKey {
    /// Place of the rule.
    pub rule: usize,
    /// A host with a public address.
    pub source: HostId,
    /// The host it reached.
    pub destination: HostId,
    /// One of [`ADMIN_PORTS`], of TCP.
    pub port: u16,
}

/// One rule: its ACL and its name, as in the log.
type Key = (String, String);

/// The rules met.
#[derive(Default)]
pub struct Rules {
    rows: Vec<(Key, RuleCounts)>,
    /// Places in `rows`, by the hash of ACL and name.
    ids: HashTable<usize>,
    hasher: RandomState,
    /// Whose rule each row is.
    classes: Vec<RuleClass>,
    current: usize,
    /// `None` before the first rule.
    class: Option<RuleClass>,
}

impl Rules {
    /// ACL and rule as in the log, and what it decided.
    pub fn rows(&self) -> &[(Key, RuleCounts)] {
        &self.rows
    }

    /// The tuples that follow were decided by this rule.
    pub(super) fn select(&mut self, acl: &str, rule: &str) {
        self.current = self.id(acl, rule);
        self.class = self.classes.get(self.current).copied();
    }

    /// True for a denied tuple that no rule denied: it was dropped for want of encryption.
    #[inline]
    pub(super) fn is_dropped(&self, tuple: &FlowTuple) -> bool {
        let unspecified = self.class == Some(RuleClass::Unspecified);
        tuple.state == State::Deny && (unspecified || tuple.encryption.is_dropped())
    }

    /// True for inbound TCP that a rule somebody wrote let in.
    #[inline]
    pub(super) fn lets_in_by_user_rule(&self, tuple: &FlowTuple) -> bool {
        self.class == Some(RuleClass::User)
            && tuple.direction == Direction::Inbound
            && tuple.protocol == Protocol::TCP
            && tuple.state != State::Deny
    }

    /// The place of the rule that decides.
    pub(super) fn current(&self) -> u32 {
        u32::try_from(self.current).unwrap_or(u32::MAX)
    }

    /// The class of the rule at a place.
    pub(super) fn class(&self, place: usize) -> Option<RuleClass> {
        self.classes.get(place).copied()
    }

    /// Counts tuples that the rule decided.
    pub(super) fn count(&mut self, sums: &TupleSums) {
        if let Some((_, counts)) = self.rows.get_mut(self.current) {
            counts.count(sums);
        }
    }

    /// Adds a rule and what it decided.
    pub(super) fn add(&mut self, acl: &str, rule: &str, counts: &RuleCounts) -> u32 {
        let place = self.id(acl, rule);
        if let Some((_, mine)) = self.rows.get_mut(place) {
            mine.add(counts);
        }
        u32::try_from(place).unwrap_or(u32::MAX)
    }

    fn id(&mut self, acl: &str, rule: &str) -> usize {
        let Self { rows, ids, hasher, classes, .. } = self;
        let key_of = |id: usize| rows.get(id).map(|((acl, rule), _)| (acl.as_str(), rule.as_str()));
        let hash = hasher.hash_one((acl, rule));
        if let Some(&id) = ids.find(hash, |&id| key_of(id) == Some((acl, rule))) {
            return id;
        }
        let id = rows.len();
        ids.insert_unique(hash, id, |&id| hasher.hash_one(key_of(id).unwrap_or_default()));
        rows.push(((acl.to_owned(), rule.to_owned()), RuleCounts::default()));
        classes.push(RuleClass::of(acl, rule));
        id
    }

    /// Adds everything of `other`. Returns the place here of each of its rules.
    pub(super) fn merge(&mut self, other: Self) -> Vec<u32> {
        let add = |((acl, rule), counts): (Key, RuleCounts)| self.add(&acl, &rule, &counts);
        other.rows.into_iter().map(add).collect()
    }
}

/// True for TCP that came in to a port for administration and was not denied.
#[inline]
pub(super) fn is_to_admin_port(protocol: Protocol, port: u16, direction: Direction) -> bool {
    direction == Direction::Inbound && protocol == Protocol::TCP && is_admin_port(port)
}

/// Examples are written with addresses of documentation: they stand for the internet.
pub(super) fn is_internet(class: AddressClass) -> bool {
    matches!(class, AddressClass::Public | AddressClass::Documentation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bits_are_those_of_the_list() {
        assert!((0..=u16::MAX).all(|port| is_admin_port(port) == ADMIN_PORTS.contains(&port)));
    }
}
