//! Conversations rolled up to hosts and ports, and the order of rankings: count, then key.

use std::cmp::Ordering;
use std::net::IpAddr;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::tally::Tally;
use super::{HostRow, PortRow};
use crate::aggregate::{Aggregate, ConversationKey, HostId};
use crate::flow::Protocol;

/// Keeps the first `limit` of `rows` in the order of `by`.
pub(crate) fn first<T>(rows: &mut Vec<T>, limit: usize, by: impl Fn(&T, &T) -> Ordering) {
    if limit < rows.len() {
        // Choosing costs one pass; sorting all of a million rows to show fifteen would not.
        rows.select_nth_unstable_by(limit, &by);
        rows.truncate(limit);
    }
    rows.sort_unstable_by(by);
}

/// One host's counts on each side.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct HostTally {
    pub(super) as_source: Tally,
    pub(super) as_destination: Tally,
}

/// The tables with what every section of the report needs of them.
pub(super) struct Ranked<'a> {
    pub(super) tables: &'a Aggregate,
    hosts: Vec<HostTally>,
    /// Ports of protocols that have any.
    pub(super) ports: HashMap<(Protocol, u16), Tally, RandomState>,
    /// Place of each host in the order of addresses: numbers of hosts depend on who met them first.
    places: Vec<u32>,
}

impl<'a> Ranked<'a> {
    pub(super) fn new(tables: &'a Aggregate) -> Self {
        let mut hosts = vec![HostTally::default(); tables.hosts.len()];
        let mut ports: HashMap<(Protocol, u16), Tally, RandomState> = HashMap::default();
        let mut each = |key: &ConversationKey, add: &dyn Fn(&mut Tally)| {
            if let Some(host) = hosts.get_mut(key.source.0 as usize) {
                add(&mut host.as_source);
            }
            if let Some(host) = hosts.get_mut(key.destination.0 as usize) {
                add(&mut host.as_destination);
            }
            if key.protocol.has_ports() {
                add(ports.entry((key.protocol, key.port)).or_default());
            }
        };
        for (key, allowed) in &tables.allowed {
            each(key, &|tally| tally.allow(allowed));
        }
        for (key, denied) in &tables.denied {
            each(key, &|tally| tally.deny(denied.tuples));
        }
        Self { tables, hosts, ports, places: places(tables.hosts.addresses()) }
    }

    pub(super) fn address(&self, host: HostId) -> Option<IpAddr> {
        self.tables.hosts.address(host)
    }

    pub(super) fn name(&self, host: HostId) -> String {
        self.address(host).map(|address| address.to_string()).unwrap_or_default()
    }

    /// What hosts are ordered by: the address.
    pub(super) fn place(&self, host: HostId) -> u32 {
        self.places.get(host.0 as usize).copied().unwrap_or_default()
    }

    /// What conversations of equal count are ordered by.
    pub(super) fn order(&self, key: &ConversationKey) -> (u32, u32, u16, Protocol) {
        (self.place(key.source), self.place(key.destination), key.port, key.protocol)
    }

    pub(super) fn count_hosts(&self, tuples: impl Fn(&HostTally) -> u64) -> u64 {
        self.hosts.iter().filter(|host| tuples(host) > 0).count() as u64
    }

    /// Distinct conversations, allowed or denied.
    pub(super) fn conversations(&self) -> u64 {
        let both = self.tables.denied.keys().filter(|key| self.tables.allowed.contains_key(*key)).count();
        (self.tables.allowed.len() + self.tables.denied.len() - both) as u64
    }

    pub(super) fn top_hosts(&self, limit: usize, side: impl Fn(&HostTally) -> &Tally) -> Vec<HostRow> {
        let met = self.hosts.iter().map(side).zip(self.tables.hosts.addresses());
        host_rows(met.map(|(tally, &address)| (address, *tally)).collect(), limit)
    }

    pub(super) fn top_ports(&self, limit: usize) -> Vec<PortRow> {
        port_rows(self.ports.iter().map(|(&port, &tally)| (port, tally)).collect(), limit)
    }
}

fn places(addresses: &[IpAddr]) -> Vec<u32> {
    let mut sorted: Vec<usize> = (0..addresses.len()).collect();
    sorted.sort_unstable_by_key(|&host| addresses.get(host));
    let mut places = vec![0; addresses.len()];
    for (place, host) in (0_u32..).zip(sorted) {
        if let Some(slot) = places.get_mut(host) {
            *slot = place;
        }
    }
    places
}

/// The hosts with the most tuples.
pub(super) fn host_rows(mut hosts: Vec<(IpAddr, Tally)>, limit: usize) -> Vec<HostRow> {
    hosts.retain(|(_, tally)| tally.tuples > 0);
    first(&mut hosts, limit, |a, b| b.1.tuples.cmp(&a.1.tuples).then(a.0.cmp(&b.0)));
    hosts.iter().map(|(address, tally)| tally.host_row(*address)).collect()
}

/// The ports with the most tuples.
pub(super) fn port_rows(mut ports: Vec<((Protocol, u16), Tally)>, limit: usize) -> Vec<PortRow> {
    first(&mut ports, limit, |a, b| {
        let key = |((protocol, port), _): &((Protocol, u16), Tally)| (*port, *protocol);
        b.1.tuples.cmp(&a.1.tuples).then_with(|| key(a).cmp(&key(b)))
    });
    ports.iter().map(|(port, tally)| tally.port_row(*port)).collect()
}
