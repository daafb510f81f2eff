//! Conversations summed by destination port.

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::PortRow;
use super::best::first;
use super::name::service;
use super::tally::Tally;
use crate::flow::Protocol;
use crate::state::ConversationKey;

type Port = (Protocol, u16);

/// Ports of protocols that have any: at most 65,536 of each.
#[derive(Clone, Debug, Default)]
pub(super) struct Ports(HashMap<Port, Tally, RandomState>);

impl Ports {
    /// Adds to the port of a conversation, if its protocol has any.
    #[inline]
    pub(super) fn add(&mut self, key: &ConversationKey, tally: &Tally) {
        if key.protocol.has_ports() {
            self.0.entry((key.protocol, key.port)).or_default().add(tally);
        }
    }

    /// Adds everything of `other`.
    pub(super) fn merge(&mut self, other: Self) {
        for (port, tally) in other.0 {
            self.0.entry(port).or_default().add(&tally);
        }
    }

    /// The ports with the most tuples.
    pub(super) fn top(&self, limit: usize) -> Vec<PortRow> {
        rows(self.0.iter().map(|(&port, &tally)| (port, tally)).collect(), limit)
    }

    /// Ports without a registered service, by allowed tuples, and how many there are.
    pub(super) fn unusual(&self, limit: usize) -> (Vec<PortRow>, u64) {
        let unusual = self.0.iter().filter(|&(&(protocol, port), tally)| {
            tally.tuples > tally.denied && service(protocol, port).is_none()
        });
        let passed = |(&port, tally): (&Port, &Tally)| {
            (port, Tally { tuples: tally.tuples - tally.denied, denied: 0, ..*tally })
        };
        let unusual: Vec<(Port, Tally)> = unusual.map(passed).collect();
        let found = unusual.len() as u64;
        (rows(unusual, limit), found)
    }
}

fn rows(mut ports: Vec<(Port, Tally)>, limit: usize) -> Vec<PortRow> {
    first(&mut ports, limit, |a, b| {
        let key = |((protocol, port), _): &(Port, Tally)| (*port, *protocol);
        b.1.tuples.cmp(&a.1.tuples).then_with(|| key(a).cmp(&key(b)))
    });
    ports.iter().map(|(port, tally)| tally.port_row(*port)).collect()
}
