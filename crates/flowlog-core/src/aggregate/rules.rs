//! What each rule of each ACL decided.
//!
//! Everything is counted per tuple, as logged: a connection between two logged NICs was decided by a
//! rule at each of them, and counts for both rules.

mod class;

use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashTable};

pub use class::{RuleClass, plain_rule};

use super::hosts::HostId;
use super::ids::IdSet;
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
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// Initiators, by [`HostId`].
    pub sources: IdSet,
    /// Responders, by [`HostId`].
    pub destinations: IdSet,
    /// Protocols, each with the destination ports it has; see [`RuleCounts::ports`].
    services: IdSet,
}

impl Default for RuleCounts {
    fn default() -> Self {
        Self {
            tuples: 0,
            begun: 0,
            denied: 0,
            dropped: 0,
            bytes: 0,
            first_ms: i64::MAX,
            last_ms: i64::MIN,
            sources: IdSet::default(),
            destinations: IdSet::default(),
            services: IdSet::default(),
        }
    }
}

impl RuleCounts {
    #[inline]
    fn count(&mut self, tuple: &FlowTuple, dropped: bool) {
        self.tuples += 1;
        match tuple.state {
            State::Begin | State::Allow => self.begun += 1,
            State::Deny => {
                self.denied += 1;
                self.dropped += u64::from(dropped);
            }
            State::Continue | State::End => {}
        }
        if let Some(counters) = &tuple.counters {
            self.bytes = self.bytes.saturating_add(counters.bytes());
        }
        self.first_ms = self.first_ms.min(tuple.time_ms);
        self.last_ms = self.last_ms.max(tuple.time_ms);
    }

    fn meet(&mut self, met: &Met) {
        self.sources.insert(met.source.0);
        self.destinations.insert(met.destination.0);
        self.services.insert(met.service);
    }

    /// Distinct destination ports, protocol by protocol.
    pub fn ports(&self) -> impl Iterator<Item = (Protocol, u16)> {
        self.services().filter(|(protocol, _)| protocol.has_ports())
    }

    /// Distinct protocols, ascending.
    pub fn protocols(&self) -> Vec<Protocol> {
        let mut protocols: Vec<Protocol> = self.services().map(|(protocol, _)| protocol).collect();
        protocols.dedup();
        protocols
    }

    fn services(&self) -> impl Iterator<Item = (Protocol, u16)> {
        self.services.iter().map(|id| {
            let [_, protocol, high, low] = id.to_be_bytes();
            (Protocol(protocol), u16::from_be_bytes([high, low]))
        })
    }

    fn add(&mut self, other: &Self) {
        self.tuples += other.tuples;
        self.begun += other.begun;
        self.denied += other.denied;
        self.dropped += other.dropped;
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.first_ms = self.first_ms.min(other.first_ms);
        self.last_ms = self.last_ms.max(other.last_ms);
        self.sources.add(&other.sources);
        self.destinations.add(&other.destinations);
        self.services.add(&other.services);
    }
}

/// Who spoke to whom about what under one rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Met {
    rule: usize,
    source: HostId,
    destination: HostId,
    /// Protocol and destination port.
    service: u32,
}

impl Met {
    #[inline]
    fn of(rule: usize, tuple: &FlowTuple, source: HostId, destination: HostId) -> Self {
        let port = if tuple.protocol.has_ports() { tuple.destination_port } else { 0 };
        let service = u32::from(tuple.protocol.0) << 16 | u32::from(port);
        Self { rule, source, destination, service }
    }

    /// Its place among the [`RECENT`] met lately.
    #[inline]
    fn place(&self) -> usize {
        let mixed = self.source.0 ^ self.destination.0.rotate_left(16) ^ self.service.rotate_left(8);
        (mixed.wrapping_mul(0x9e37_79b9) >> (32 - RECENT.ilog2())) as usize % RECENT
    }
}

/// So many are remembered: the rows of one connection come close to each other, and only the first has anything
/// new for the sets.
const RECENT: usize = 1024;

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
    fn add(&mut self, other: &Self) {
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
    /// Inbound TCP from public addresses to [`ADMIN_PORTS`] that was not denied. Addresses of one's
    /// own are among the sources: what is own is known only at the end.
    pub let_in: HashMap<LetInKey, LetIn, RandomState>,
    /// Whose rule each row is.
    classes: Vec<RuleClass>,
    current: usize,
    /// `None` before the first rule.
    class: Option<RuleClass>,
    /// Each in the one place its bits lead to; empty until something is met.
    recent: Vec<Option<Met>>,
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

    #[inline]
    pub(super) fn count(&mut self, tuple: &FlowTuple, source: HostId, destination: HostId, dropped: bool) {
        if let Some((_, counts)) = self.rows.get_mut(self.current) {
            counts.count(tuple, dropped);
            let met = Met::of(self.current, tuple, source, destination);
            if self.recent.is_empty() {
                self.recent.resize(RECENT, None);
            }
            if let Some(known) = self.recent.get_mut(met.place())
                && *known != Some(met)
            {
                *known = Some(met);
                counts.meet(&met);
            }
        }
        if tuple.direction == Direction::Inbound
            && tuple.protocol == Protocol::TCP
            && is_admin_port(tuple.destination_port)
            && tuple.state != State::Deny
            && is_internet(AddressClass::of(tuple.source))
        {
            self.let_in(tuple, source, destination);
        }
    }

    #[cold]
    fn let_in(&mut self, tuple: &FlowTuple, source: HostId, destination: HostId) {
        let key = LetInKey { rule: self.current, source, destination, port: tuple.destination_port };
        let counters = tuple.counters.unwrap_or_default();
        let once = LetIn {
            begun: u64::from(matches!(tuple.state, State::Begin | State::Allow)),
            bytes_received: counters.bytes_received,
            answered: counters.is_answered(tuple.protocol),
            times: (tuple.time_ms, tuple.time_ms),
        };
        self.let_in.entry(key).and_modify(|known| known.add(&once)).or_insert(once);
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

    /// Adds everything of `other`.
    pub(super) fn merge(&mut self, other: Self) {
        let mut places = Vec::with_capacity(other.rows.len());
        for ((acl, rule), counts) in other.rows {
            let place = self.id(&acl, &rule);
            places.push(place);
            if let Some((_, mine)) = self.rows.get_mut(place) {
                mine.add(&counts);
            }
        }
        for (key, let_in) in other.let_in {
            let Some(&rule) = places.get(key.rule) else { continue };
            let key = LetInKey { rule, ..key };
            self.let_in.entry(key).and_modify(|known| known.add(&let_in)).or_insert(let_in);
        }
    }
}

/// Examples are written with addresses of documentation: they stand for the internet.
fn is_internet(class: AddressClass) -> bool {
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
