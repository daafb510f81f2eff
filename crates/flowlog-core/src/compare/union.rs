//! The conversations of both sets under the same keys.

use std::net::IpAddr;

use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashSet};

use super::Set;
use super::model::{Counts, Outcome};
use crate::flow::{AddressClass, OwnNetworks, Protocol};
use crate::state::{Allowed, ConversationKey, HostId, Hosts};

/// What one set says of a conversation, a service, a host or a port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) counts: Counts,
    /// Some connection got an answer, or the log does not say (NSG version 1).
    pub(super) answered: bool,
}

impl Seen {
    pub(super) fn add(&mut self, other: &Self) {
        self.counts.add(&other.counts);
        self.answered |= other.answered;
    }

    pub(super) fn allowed(allowed: &Allowed) -> Self {
        // NSG version 1 has neither life cycle nor counters.
        let untold = allowed.connections > 0
            && allowed.begins == 0
            && allowed.ended == 0
            && allowed.counters.packets() == 0;
        Self {
            counts: Counts {
                connections: allowed.connections,
                denied: 0,
                packets: allowed.counters.packets(),
                bytes: allowed.counters.bytes(),
            },
            answered: untold || allowed.counters.packets_received > 0,
        }
    }

    /// Some connection got through, as far as the log can tell.
    pub(super) fn is_let_through(&self) -> bool {
        matches!(self.outcome(), Some(Outcome::Allowed | Outcome::Partly))
    }

    /// How the rules treated it; nothing if the set does not speak of it.
    pub(super) fn outcome(&self) -> Option<Outcome> {
        match (self.counts.denied > 0, self.counts.connections > 0) {
            (false, false) => None,
            (false, true) => Some(Outcome::Allowed),
            (true, _) if self.answered => Some(Outcome::Partly),
            (true, _) => Some(Outcome::Denied),
        }
    }
}

/// Both sets: A first.
pub(super) type Both = [Seen; 2];
pub(super) type Table<K> = HashMap<K, Both, RandomState>;

/// Place in the list of addresses of both sets: each has its own [`HostId`]s.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Host(u32);

/// A conversation of both sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) source: Host,
    pub(super) destination: Host,
    pub(super) port: u16,
    pub(super) protocol: Protocol,
}

/// Destination, port and protocol, whoever calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Service {
    pub(super) destination: Host,
    pub(super) port: u16,
    pub(super) protocol: Protocol,
}

/// The addresses of both sets.
#[derive(Default)]
struct Addresses {
    numbers: HashMap<IpAddr, Host, RandomState>,
    list: Vec<IpAddr>,
}

impl Addresses {
    fn number(&mut self, address: IpAddr) -> Host {
        let list = &mut self.list;
        *self.numbers.entry(address).or_insert_with(|| {
            list.push(address);
            // As many as 2^32 distinct addresses would need more memory than there is.
            Host(u32::try_from(list.len() - 1).unwrap_or(u32::MAX))
        })
    }
}

/// The conversations of both sets, and what is rolled up from them.
#[derive(Default)]
pub(super) struct Union {
    addresses: Addresses,
    pub(super) conversations: Table<Key>,
    pub(super) services: Table<Service>,
    pub(super) by_host: Table<Host>,
    /// Of protocols that have ports.
    pub(super) by_port: Table<(Protocol, u16)>,
    pub(super) totals: [Counts; 2],
    /// Near ends of the NICs whose logs were read, and hosts of own networks.
    own: HashSet<Host, RandomState>,
}

impl Union {
    pub(super) fn new(sets: [&Set<'_>; 2], own: &OwnNetworks) -> Self {
        let mut union = Self::default();
        for (side, set) in sets.into_iter().enumerate() {
            let rows = set.conversations.rows();
            union.conversations.reserve(rows.len());
            for row in rows {
                union.put(side, &set.tables.hosts, &row.key, &row.seen);
            }
        }
        let near = sets.into_iter().flat_map(|set| {
            let hosts = &set.tables.hosts;
            set.tables.near.own().filter_map(|host| hosts.address(host))
        });
        union.own.extend(near.filter_map(|address| union.addresses.numbers.get(&address)));
        let named = union.addresses.list.iter().filter(|address| own.find(**address).is_some());
        union.own.extend(named.filter_map(|address| union.addresses.numbers.get(address)));
        union.roll_up();
        union
    }

    fn put(&mut self, side: usize, hosts: &Hosts, key: &ConversationKey, seen: &Seen) {
        let mut number = |host: HostId| Some(self.addresses.number(hosts.address(host)?));
        let (Some(source), Some(destination)) = (number(key.source), number(key.destination)) else { return };
        let key = Key { source, destination, port: key.port, protocol: key.protocol };
        if let Some(mine) = self.conversations.entry(key).or_default().get_mut(side) {
            mine.add(seen);
        }
    }

    /// Rolls conversations up. An outcome is one of whole conversations: a service is denied in part if
    /// one of its callers is let through and another is not.
    fn roll_up(&mut self) {
        for (key, both) in &self.conversations {
            let rolled = both.map(|seen| Seen { answered: seen.is_let_through(), ..seen });
            let service = Service { destination: key.destination, port: key.port, protocol: key.protocol };
            add_both(self.services.entry(service).or_default(), &rolled);
            add_both(self.by_host.entry(key.source).or_default(), &rolled);
            if key.destination != key.source {
                add_both(self.by_host.entry(key.destination).or_default(), &rolled);
            }
            if key.protocol.has_ports() {
                add_both(self.by_port.entry((key.protocol, key.port)).or_default(), &rolled);
            }
            for (total, seen) in self.totals.iter_mut().zip(both) {
                total.add(&seen.counts);
            }
        }
    }

    /// The key here of a conversation of a set with these hosts.
    pub(super) fn key(&self, hosts: &Hosts, key: &ConversationKey) -> Option<Key> {
        let number = |host: HostId| self.addresses.numbers.get(&hosts.address(host)?).copied();
        let (source, destination) = (number(key.source)?, number(key.destination)?);
        Some(Key { source, destination, port: key.port, protocol: key.protocol })
    }

    pub(super) fn address(&self, host: Host) -> Option<IpAddr> {
        self.addresses.list.get(host.0 as usize).copied()
    }

    pub(super) fn name(&self, host: Host) -> String {
        self.address(host).map(|address| address.to_string()).unwrap_or_default()
    }

    /// A host of the internet that is not one's own.
    pub(super) fn is_internet(&self, host: Host) -> bool {
        let class = self.address(host).map(AddressClass::of);
        matches!(class, Some(AddressClass::Public | AddressClass::Documentation)) && !self.own.contains(&host)
    }

    /// What rows of equal counts are ordered by.
    pub(super) fn order(&self, key: &Key) -> (Option<IpAddr>, Option<IpAddr>, u16, Protocol) {
        (self.address(key.source), self.address(key.destination), key.port, key.protocol)
    }
}

fn add_both(mine: &mut Both, other: &Both) {
    for (mine, other) in mine.iter_mut().zip(other) {
        mine.add(other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(allowed: Allowed, denied: u64) -> Option<Outcome> {
        let mut seen = Seen::allowed(&allowed);
        seen.add(&Seen { counts: Counts { denied, ..Counts::default() }, answered: false });
        seen.outcome()
    }

    #[test]
    fn an_outcome_needs_an_answer_to_be_more_than_denied() {
        let one = Allowed { tuples: 2, begins: 1, ended: 1, connections: 1, ..Allowed::default() };
        let mut answered = one;
        answered.counters.packets_received = 1;
        assert_eq!(outcome(Allowed::default(), 0), None);
        assert_eq!(outcome(Allowed::default(), 3), Some(Outcome::Denied), "an entry without connections");
        assert_eq!(outcome(one, 3), Some(Outcome::Denied), "the source's way out");
        assert_eq!(outcome(answered, 3), Some(Outcome::Partly));
        assert_eq!((outcome(one, 0), outcome(answered, 0)), (Some(Outcome::Allowed), Some(Outcome::Allowed)));
        // NSG version 1 does not say whether anything came back.
        let untold = Allowed { tuples: 1, connections: 1, ..Allowed::default() };
        assert_eq!(outcome(untold, 3), Some(Outcome::Partly));
    }
}
