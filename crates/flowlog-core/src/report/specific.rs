//! What the logs say of one address or network.

use std::net::IpAddr;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::best::Best;
use super::ports::Ports;
use super::tally::Tally;
use super::{HostRow, Rank, SideOfHost, SpecificIp};
use crate::flow::{Counters, Network};
use crate::state::Conversation;
use crate::state::{HostId, Hosts};

type Peers = HashMap<HostId, Tally, RandomState>;

/// What is asked of one address or network. Memory: an entry for each host that it speaks with.
#[derive(Clone, Debug)]
pub(super) struct Specific<'a> {
    query: &'a Network,
    as_source: Side,
    as_destination: Side,
}

impl<'a> Specific<'a> {
    pub(super) fn new(query: &'a Network) -> Self {
        Self { query, as_source: Side::default(), as_destination: Side::default() }
    }

    /// Takes the conversations of one host with another, all of one initiator, with their sum.
    pub(super) fn take(&mut self, conversations: &[Conversation], tally: &Tally, hosts: &Hosts) {
        let Some(Conversation { key, .. }) = conversations.first() else { return };
        let is_asked = |host| hosts.address(host).is_some_and(|address| self.query.contains(address));
        let (source, destination) = (is_asked(key.source), is_asked(key.destination));
        if source {
            self.as_source.add(key.destination, conversations, tally);
        }
        if destination {
            self.as_destination.add(key.source, conversations, tally);
        }
    }

    /// Adds everything of `other`, of which the same is asked.
    pub(super) fn merge(&mut self, other: Self) {
        self.as_source.merge(other.as_source);
        self.as_destination.merge(other.as_destination);
    }

    /// The section, with lists of `top` rows.
    pub(super) fn finish(self, top: usize, rank: Option<Rank>, hosts: &Hosts) -> SpecificIp {
        let mut peers = self.as_source.peers.clone();
        add(&mut peers, &self.as_destination.peers);
        SpecificIp {
            query: self.query.to_string(),
            top_peers_total: peers.values().filter(|tally| tally.tuples > 0).count() as u64,
            top_peers: host_rows(peers, top, rank.unwrap_or(Rank::HOSTS), hosts),
            as_source: self.as_source.finish(top, rank.unwrap_or(Rank::OTHERS)),
            as_destination: self.as_destination.finish(top, rank.unwrap_or(Rank::OTHERS)),
        }
    }
}

fn add(mine: &mut Peers, other: &Peers) {
    for (&peer, tally) in other {
        mine.entry(peer).or_default().add(tally);
    }
}

fn host_rows(peers: Peers, top: usize, rank: Rank, hosts: &Hosts) -> Vec<HostRow> {
    let mut best = Best::new(top);
    for (peer, tally) in peers.into_iter().filter(|(_, tally)| tally.tuples > 0) {
        best.offer(rank.weight(&tally), || hosts.address(peer), || tally);
    }
    let row = |address: Option<IpAddr>, tally: Tally| Some(tally.host_row(address?));
    best.finish(row).into_iter().flatten().collect()
}

#[derive(Clone, Debug, Default)]
struct Side {
    tally: Tally,
    counters: Counters,
    peers: Peers,
    ports: Ports,
}

impl Side {
    fn add(&mut self, peer: HostId, conversations: &[Conversation], tally: &Tally) {
        self.tally.add(tally);
        self.peers.entry(peer).or_default().add(tally);
        for conversation in conversations.iter().filter(|conversation| conversation.has_tuples()) {
            self.ports.add(&conversation.key, &Tally::of(conversation));
            if let Some(allowed) = &conversation.allowed {
                self.counters.add(&allowed.counters);
            }
        }
    }

    fn merge(&mut self, other: Self) {
        self.tally.add(&other.tally);
        self.counters.add(&other.counters);
        add(&mut self.peers, &other.peers);
        self.ports.merge(other.ports);
    }

    fn finish(self, top: usize, rank: Rank) -> SideOfHost {
        let ports = self.ports.finish();
        SideOfHost {
            tuples: self.tally.tuples,
            denied: self.tally.denied,
            packets_sent: self.counters.packets_sent,
            bytes_sent: self.counters.bytes_sent,
            packets_received: self.counters.packets_received,
            bytes_received: self.counters.bytes_received,
            peers: self.peers.len() as u64,
            top_ports_total: ports.found(),
            top_ports: ports.top(top, rank),
        }
    }
}
