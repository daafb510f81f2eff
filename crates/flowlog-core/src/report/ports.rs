//! Conversations summed by destination port.

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::best::first;
use super::name::service;
use super::tally::Tally;
use super::{PortRow, Rank};
use crate::flow::Protocol;
use crate::state::ConversationKey;

type Port = (Protocol, u16);

/// Ports of protocols that have any: at most 65,536 of each.
#[derive(Clone, Debug, Default)]
pub(super) struct Ports {
    sums: HashMap<Port, Tally, RandomState>,
    /// Denied tuples by port, of TCP and of UDP, that are not in the sums yet: noise is on any port, and its few bytes
    /// stay in the processor's cache.
    denied: [Vec<u16>; 2],
}

const WITH_DENIED: [Protocol; 2] = [Protocol::TCP, Protocol::UDP];

impl Ports {
    /// Adds to the port of a conversation, if its protocol has any.
    #[inline]
    pub(super) fn add(&mut self, key: &ConversationKey, tally: &Tally) {
        if key.protocol.has_ports() && !self.denied(key, tally) {
            self.sum(key, tally);
        }
    }

    #[inline(never)]
    fn sum(&mut self, key: &ConversationKey, tally: &Tally) {
        self.sums.entry((key.protocol, key.port)).or_default().add(tally);
    }

    /// Adds to a port of which no more is told than that a few tuples were denied. False if it is not so.
    #[inline]
    fn denied(&mut self, key: &ConversationKey, tally: &Tally) -> bool {
        let is_all =
            tally.tuples == tally.denied && tally.connections == 0 && tally.bytes == 0 && tally.packets == 0;
        let Some(place) = WITH_DENIED.iter().position(|protocol| *protocol == key.protocol && is_all) else {
            return false;
        };
        let denied = &mut self.denied[place];
        if denied.is_empty() {
            denied.resize(1 << u16::BITS, 0);
        }
        let sum = &mut denied[usize::from(key.port)];
        let more = u16::try_from(tally.denied).ok().and_then(|more| sum.checked_add(more));
        more.map(|more| *sum = more).is_some()
    }

    /// Adds everything of `other`.
    pub(super) fn merge(&mut self, other: Self) {
        for (port, tally) in other.sums {
            self.sums.entry(port).or_default().add(&tally);
        }
        for ((protocol, mine), theirs) in WITH_DENIED.into_iter().zip(&mut self.denied).zip(other.denied) {
            if mine.is_empty() {
                *mine = theirs;
                continue;
            }
            for ((port, sum), more) in (0..=u16::MAX).zip(mine).zip(theirs) {
                match sum.checked_add(more) {
                    Some(both) => *sum = both,
                    None => self.sums.entry((protocol, port)).or_default().add(&Tally::denied(more.into())),
                }
            }
        }
    }

    /// No more conversations follow: to be called before anything is asked.
    #[must_use]
    pub(super) fn finish(mut self) -> Self {
        for (protocol, denied) in WITH_DENIED.into_iter().zip(std::mem::take(&mut self.denied)) {
            for (port, tuples) in (0..=u16::MAX).zip(denied).filter(|(_, tuples)| *tuples > 0) {
                self.sums.entry((protocol, port)).or_default().add(&Tally::denied(tuples.into()));
            }
        }
        self
    }

    /// Ports there are.
    pub(super) fn found(&self) -> u64 {
        self.sums.len() as u64
    }

    /// The ports that come first.
    pub(super) fn top(&self, limit: usize, rank: Rank) -> Vec<PortRow> {
        rows(self.sums.iter().map(|(&port, &tally)| (port, tally)).collect(), limit, rank)
    }

    /// Ports without a registered service, what was allowed of them, and how many there are.
    pub(super) fn unusual(&self, limit: usize, rank: Rank) -> (Vec<PortRow>, u64) {
        let unusual = self.sums.iter().filter(|&(&(protocol, port), tally)| {
            tally.tuples > tally.denied && service(protocol, port).is_none()
        });
        let passed = |(&port, tally): (&Port, &Tally)| {
            (port, Tally { tuples: tally.tuples - tally.denied, denied: 0, ..*tally })
        };
        let unusual: Vec<(Port, Tally)> = unusual.map(passed).collect();
        let found = unusual.len() as u64;
        (rows(unusual, limit, rank), found)
    }
}

fn rows(mut ports: Vec<(Port, Tally)>, limit: usize, rank: Rank) -> Vec<PortRow> {
    first(&mut ports, limit, |a, b| {
        let key = |((protocol, port), _): &(Port, Tally)| (*port, *protocol);
        rank.weight(&b.1).cmp(&rank.weight(&a.1)).then_with(|| key(a).cmp(&key(b)))
    });
    ports.iter().map(|(port, tally)| tally.port_row(*port)).collect()
}
