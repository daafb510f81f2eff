//! What each rule decided, and who met it.

use serde::Serialize;

use super::Rank;
use super::best::first;
use super::distinct::{Distinct, Members};
use crate::flow::Protocol;
use crate::state::{ConversationKey, RuleClass, Summary};

/// What one rule decided, per tuple as logged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleRow {
    /// ARM id of the NSG or Network Manager rule collection, as in the log.
    pub acl: String,
    /// Rule name, as in the log.
    pub rule: String,
    /// Whose rule it is: `user`, `default`, `security-admin`, `platform` or `unspecified`.
    pub class: &'static str,
    /// Tuples that matched.
    pub tuples: u64,
    /// Connections let begin: begun tuples, and the allowed ones of NSG logs version 1.
    pub begun: u64,
    /// Denied tuples: a packet that is sent again counts again.
    pub denied: u64,
    /// Of these, dropped for want of encryption, by no rule.
    pub dropped_for_encryption: u64,
    /// Bytes both ways.
    pub bytes: u64,
    /// Distinct initiators.
    pub sources: u64,
    /// Distinct responders.
    pub destinations: u64,
    /// Distinct destination ports (protocol and port).
    pub ports: u64,
    /// First hit, Unix ms UTC.
    pub first_time_ms: i64,
    /// Last hit, Unix ms UTC.
    pub last_time_ms: i64,
}

/// Every rule that matched something, in the order of `rank`; its connections are those it let begin. `met` says of each rule who met it.
pub(super) fn rules(tables: &Summary, met: &[MetBy], rank: Rank) -> Vec<RuleRow> {
    let rows = tables.rules.rows().iter().zip(met);
    let mut rows: Vec<RuleRow> = rows
        .filter(|((_, counts), _)| counts.tuples > 0)
        .map(|(((acl, rule), counts), met)| RuleRow {
            acl: acl.clone(),
            rule: rule.clone(),
            class: RuleClass::of(acl, rule).label(),
            tuples: counts.tuples,
            begun: counts.begun,
            denied: counts.denied,
            dropped_for_encryption: counts.dropped,
            bytes: counts.bytes,
            sources: met.sources.count,
            destinations: met.destinations.count,
            ports: met.ports.count,
            first_time_ms: counts.first_ms,
            last_time_ms: counts.last_ms,
        })
        .collect();
    first(&mut rows, usize::MAX, |a, b| {
        let weight = |row: &RuleRow| (rank.of(row.tuples, row.begun, row.bytes), row.tuples);
        weight(b).cmp(&weight(a)).then_with(|| (&a.acl, &a.rule).cmp(&(&b.acl, &b.rule)))
    });
    rows
}

/// Who met one rule, and about what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct MetBy {
    /// Initiators ([`HostId`]).
    pub(super) sources: Members,
    /// Responders.
    pub(super) destinations: Members,
    /// Destination ports with their protocols ([`port_of`]).
    pub(super) ports: Members,
    /// Protocols.
    pub(super) protocols: Members,
}

/// Protocol and port of a member of [`MetBy::ports`].
pub(super) fn port_of(member: u32) -> (Protocol, u16) {
    let [_, protocol, high, low] = member.to_be_bytes();
    (Protocol(protocol), u16::from_be_bytes([high, low]))
}

fn port_number((protocol, port): (Protocol, u16)) -> u32 {
    let [high, low] = port.to_be_bytes();
    u32::from_be_bytes([0, protocol.0, high, low])
}

/// Where something of a [`MetBy`] is kept.
type Slot = fn(&mut MetBy) -> &mut Members;

/// Who meets each rule. Rules go by their place in the list of rules.
#[derive(Clone, Debug, Default)]
pub(super) struct Meetings {
    sources: Distinct,
    destinations: Distinct,
    ports: Distinct,
    protocols: Distinct,
}

impl Meetings {
    /// Takes what the rules decided of the conversations of a pair of hosts.
    pub(super) fn take(&mut self, rules: &[(ConversationKey, usize)]) {
        for (key, rule) in rules {
            // More rules than that cannot be stored.
            let Ok(rule) = u32::try_from(*rule) else { continue };
            self.sources.insert(rule, key.source.0);
            self.destinations.insert(rule, key.destination.0);
            self.protocols.insert(rule, key.protocol.0.into());
            if key.protocol.has_ports() {
                self.ports.insert(rule, port_number((key.protocol, key.port)));
            }
        }
    }

    /// Adds everything of `other`.
    pub(super) fn merge(&mut self, other: Self) {
        self.sources.merge(other.sources);
        self.destinations.merge(other.destinations);
        self.ports.merge(other.ports);
        self.protocols.merge(other.protocols);
    }

    /// Who met each rule of `tables`: how many, and with `few` also which, where they are few.
    pub(super) fn finish(self, tables: &Summary, few: bool, threads: usize) -> Vec<MetBy> {
        let mut met = vec![MetBy::default(); tables.rules.rows().len()];
        let parts: [(Distinct, Slot); 4] = [
            (self.sources, |met| &mut met.sources),
            (self.destinations, |met| &mut met.destinations),
            (self.ports, |met| &mut met.ports),
            (self.protocols, |met| &mut met.protocols),
        ];
        // One after the other: there may be a million rules.
        for (distinct, slot) in parts {
            for (rule, members) in distinct.finish(few, threads) {
                if let Some(met) = met.get_mut(rule as usize) {
                    *slot(met) = members;
                }
            }
        }
        met
    }
}
