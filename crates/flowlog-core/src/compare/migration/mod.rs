//! One set of NSG and one of `VNet` flow logs: does one log hold what the other holds?
//!
//! Only what both formats can express is matched: TCP and UDP, allowed connections and denials. NSG
//! logs write seconds, `VNet` logs milliseconds, so connections are matched by number within a
//! conversation, not by time. What is left over gets the most likely reason.

mod model;
mod reason;

use std::cmp::Reverse;
use std::collections::BTreeMap;

pub use model::{Migration, Overlap, ReasonRow, Rest, RestRow, Sums};
pub use reason::Reason;

use super::Set;
use super::changes::{ends, listed};
use super::model::{ConversationRow, Counts};
use super::union::{Key, Seen, Union};
use reason::{Log, is_comparable};

/// What one log has and the other lacks of a conversation, and why.
type Left = (Key, Counts, Reason);

/// Matches the logs; `nsg` is the place of the NSG flow log's set.
pub(super) fn migration(union: &Union, sets: [&Set<'_>; 2], nsg: usize, limit: usize) -> Migration {
    let [a, b] = sets.map(|set| Log::new(set, union));
    let (nsg_log, vnet_log) = if nsg == 0 { (&a, &b) } else { (&b, &a) };
    let mut found = Matching::default();
    let mut rest: [Vec<Left>; 2] = [Vec::new(), Vec::new()];
    for (key, both) in &union.conversations {
        let [in_a, in_b] = both;
        let (in_nsg, in_vnet) = if nsg == 0 { (in_a, in_b) } else { (in_b, in_a) };
        if is_comparable(key.protocol) {
            found.add(in_nsg, in_vnet);
        }
        let sides = [(nsg_log, vnet_log, in_nsg, in_vnet, false), (vnet_log, nsg_log, in_vnet, in_nsg, true)];
        for (list, (log, other, here, there, other_is_nsg)) in rest.iter_mut().zip(sides) {
            if let Some(missing) = missing(here, there) {
                list.push((*key, missing, log.reason(other, union, key, &missing, there, other_is_nsg)));
            }
        }
    }
    let [only_nsg, only_vnet] = rest.map(|rows| rest_of(union, rows, limit));
    Migration {
        nsg: if nsg == 0 { 'A' } else { 'B' },
        nics_in_both: a.nics.keys().filter(|mac| b.nics.contains_key(*mac)).count() as u64,
        connections: found.connections.finish(),
        denied_conversations: found.denied_conversations.finish(),
        denied_tuples: found.denied_tuples.finish(),
        packets: found.packets,
        bytes: found.bytes,
        equal_conversations: found.equal_conversations,
        equal_counters: found.equal_counters,
        other_outcome: found.other_outcome,
        only_nsg,
        only_vnet,
    }
}

/// What `here` has more of than `there`; nothing if it has no more. Packets and bytes are those of `here`.
fn missing(here: &Seen, there: &Seen) -> Option<Counts> {
    let connections = here.counts.connections.saturating_sub(there.counts.connections);
    let denied = here.counts.denied.saturating_sub(there.counts.denied);
    (connections > 0 || denied > 0).then_some(Counts { connections, denied, ..here.counts })
}

#[derive(Default)]
struct Matching {
    connections: Overlap,
    denied_conversations: Overlap,
    denied_tuples: Overlap,
    packets: Sums,
    bytes: Sums,
    equal_conversations: u64,
    equal_counters: u64,
    other_outcome: u64,
}

impl Matching {
    fn add(&mut self, in_nsg: &Seen, in_vnet: &Seen) {
        let (nsg, vnet) = (&in_nsg.counts, &in_vnet.counts);
        self.connections.add(nsg.connections, vnet.connections);
        self.denied_conversations.add(u64::from(nsg.denied > 0), u64::from(vnet.denied > 0));
        self.denied_tuples.add(nsg.denied, vnet.denied);
        if nsg.connections > 0 && nsg.connections == vnet.connections {
            self.equal_conversations += 1;
            self.equal_counters += u64::from((nsg.packets, nsg.bytes) == (vnet.packets, vnet.bytes));
            self.packets.nsg = self.packets.nsg.saturating_add(nsg.packets);
            self.packets.vnet = self.packets.vnet.saturating_add(vnet.packets);
            self.bytes.nsg = self.bytes.nsg.saturating_add(nsg.bytes);
            self.bytes.vnet = self.bytes.vnet.saturating_add(vnet.bytes);
        }
        if let (Some(one), Some(other)) = (in_nsg.outcome(), in_vnet.outcome()) {
            self.other_outcome += u64::from(one != other);
        }
    }
}

fn rest_of(union: &Union, rows: Vec<Left>, limit: usize) -> Rest {
    let mut reasons: BTreeMap<Reason, ReasonRow> = BTreeMap::new();
    for (_, missing, reason) in &rows {
        let empty = ReasonRow { reason: *reason, conversations: 0, connections: 0, denied: 0 };
        let row = reasons.entry(*reason).or_insert(empty);
        row.conversations += 1;
        row.connections += missing.connections;
        row.denied += missing.denied;
    }
    let mut reasons: Vec<ReasonRow> = reasons.into_values().collect();
    reasons.sort_by_key(|row| (Reverse(row.connections), Reverse(row.denied), row.reason));
    // What nothing explains is what a person must look at.
    let weight = |(key, missing, reason): &Left| {
        (Reverse(*reason), Reverse(missing.connections), Reverse(missing.denied), union.order(key))
    };
    let conversations = listed(
        rows,
        limit,
        |x, y| weight(x).cmp(&weight(y)),
        |(key, missing, reason)| RestRow {
            conversation: ConversationRow { ends: ends(union, key), counts: *missing },
            reason: *reason,
        },
    );
    Rest { reasons, conversations }
}
