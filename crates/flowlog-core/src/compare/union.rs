//! The tables of both sets under the same keys.

use std::net::IpAddr;

use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashSet};

use super::model::{Counts, Outcome};
use crate::aggregate::{Aggregate, Allowed, ByConversation, ConversationKey, HostId, Hosts};
use crate::flow::{AddressClass, OwnNetworks, Protocol};

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

    fn allowed(allowed: &Allowed) -> Self {
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

/// Destination, port and protocol, whoever calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Service {
    pub(super) destination: HostId,
    pub(super) port: u16,
    pub(super) protocol: Protocol,
}

/// The conversations of both sets, and what is rolled up from them.
pub(super) struct Union {
    hosts: Hosts,
    /// Hosts of each set -> hosts here.
    ids: [Vec<HostId>; 2],
    pub(super) conversations: ByConversation<Both>,
    pub(super) services: Table<Service>,
    pub(super) by_host: Table<HostId>,
    /// Of protocols that have ports.
    pub(super) by_port: Table<(Protocol, u16)>,
    pub(super) totals: [Counts; 2],
    /// Near ends of the NICs whose logs were read, and hosts of own networks.
    own: HashSet<HostId, RandomState>,
}

impl Union {
    pub(super) fn new(sets: [&Aggregate; 2], own: &OwnNetworks) -> Self {
        let mut hosts = Hosts::default();
        let ids = sets.map(|set| set.hosts.addresses().iter().map(|&address| hosts.id(address)).collect());
        let mut union = Self {
            hosts,
            ids,
            conversations: HashMap::default(),
            services: HashMap::default(),
            by_host: HashMap::default(),
            by_port: HashMap::default(),
            totals: [Counts::default(); 2],
            own: HashSet::default(),
        };
        for (side, set) in sets.into_iter().enumerate() {
            union.conversations.reserve(set.allowed.len());
            for (key, allowed) in &set.allowed {
                let mut seen = Seen::allowed(allowed);
                // Nor does an NSG flow log of version 2 say of all it lets in whether it was answered.
                seen.answered |= set.trouble.get(key).is_some_and(|trouble| trouble.stateless > 0);
                union.put(side, key, &seen);
            }
            for (key, denied) in &set.denied {
                let counts = Counts { denied: denied.tuples, ..Counts::default() };
                union.put(side, key, &Seen { counts, answered: false });
            }
            let own = set.near.own().filter_map(|host| union.ids.get(side)?.get(host.0 as usize));
            union.own.extend(own);
        }
        let numbered = (0..).map(HostId).zip(union.hosts.addresses());
        union.own.extend(numbered.filter(|(_, address)| own.find(**address).is_some()).map(|(host, _)| host));
        union.roll_up();
        union
    }

    fn put(&mut self, side: usize, key: &ConversationKey, seen: &Seen) {
        if let Some(key) = self.renamed(side, key)
            && let Some(mine) = self.conversations.entry(key).or_default().get_mut(side)
        {
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

    /// The key here of a conversation of one of the sets.
    pub(super) fn renamed(&self, side: usize, key: &ConversationKey) -> Option<ConversationKey> {
        let ids = self.ids.get(side)?;
        let source = *ids.get(key.source.0 as usize)?;
        let destination = *ids.get(key.destination.0 as usize)?;
        Some(ConversationKey { source, destination, ..*key })
    }

    pub(super) fn address(&self, host: HostId) -> Option<IpAddr> {
        self.hosts.address(host)
    }

    pub(super) fn name(&self, host: HostId) -> String {
        self.address(host).map(|address| address.to_string()).unwrap_or_default()
    }

    /// A host of the internet that is not one's own.
    pub(super) fn is_internet(&self, host: HostId) -> bool {
        let class = self.address(host).map(AddressClass::of);
        matches!(class, Some(AddressClass::Public | AddressClass::Documentation)) && !self.own.contains(&host)
    }

    /// What rows of equal counts are ordered by.
    pub(super) fn order(&self, key: &ConversationKey) -> (Option<IpAddr>, Option<IpAddr>, u16, Protocol) {
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
