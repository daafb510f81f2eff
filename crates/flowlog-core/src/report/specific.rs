//! What the logs say of one address or network.

use std::collections::HashMap;

use super::rank::{Ranked, host_rows, port_rows};
use super::tally::Tally;
use super::{SideOfHost, SpecificIp};
use crate::aggregate::{ConversationKey, HostId};
use crate::flow::{Counters, Network, Protocol};

/// The section of `query`.
pub(super) fn section(ranked: &Ranked<'_>, query: &Network, top: usize) -> SpecificIp {
    let addresses = ranked.tables.hosts.addresses();
    let asked: Vec<bool> = addresses.iter().map(|&address| query.contains(address)).collect();
    let is_asked = |host: HostId| asked.get(host.0 as usize).copied().unwrap_or_default();
    let mut sides = (Side::default(), Side::default());
    let mut each = |key: &ConversationKey, add: &dyn Fn(&mut Tally), counters: &Counters| {
        if is_asked(key.source) {
            sides.0.add(key, key.destination, add, counters);
        }
        if is_asked(key.destination) {
            sides.1.add(key, key.source, add, counters);
        }
    };
    for (key, allowed) in &ranked.tables.allowed {
        each(key, &|tally| tally.allow(allowed), &allowed.counters);
    }
    for (key, denied) in &ranked.tables.denied {
        each(key, &|tally| tally.deny(denied.tuples), &Counters::default());
    }
    let mut peers: HashMap<HostId, Tally> = HashMap::new();
    for (peer, tally) in sides.0.peers.iter().chain(&sides.1.peers) {
        let sum = peers.entry(*peer).or_default();
        sum.tuples += tally.tuples;
        sum.denied += tally.denied;
        sum.bytes = sum.bytes.saturating_add(tally.bytes);
        sum.packets = sum.packets.saturating_add(tally.packets);
    }
    let peers = peers.into_iter().filter_map(|(peer, tally)| Some((ranked.address(peer)?, tally)));
    SpecificIp {
        query: query.to_string(),
        top_peers: host_rows(peers.collect(), top),
        as_source: sides.0.finish(top),
        as_destination: sides.1.finish(top),
    }
}

#[derive(Default)]
struct Side {
    tally: Tally,
    counters: Counters,
    peers: HashMap<HostId, Tally>,
    ports: HashMap<(Protocol, u16), Tally>,
}

impl Side {
    fn add(&mut self, key: &ConversationKey, peer: HostId, add: &dyn Fn(&mut Tally), counters: &Counters) {
        add(&mut self.tally);
        add(self.peers.entry(peer).or_default());
        if key.protocol.has_ports() {
            add(self.ports.entry((key.protocol, key.port)).or_default());
        }
        self.counters.add(counters);
    }

    fn finish(self, top: usize) -> SideOfHost {
        SideOfHost {
            tuples: self.tally.tuples,
            denied: self.tally.denied,
            packets_sent: self.counters.packets_sent,
            bytes_sent: self.counters.bytes_sent,
            packets_received: self.counters.packets_received,
            bytes_received: self.counters.bytes_received,
            peers: self.peers.len() as u64,
            top_ports: port_rows(self.ports.into_iter().collect(), top),
        }
    }
}
