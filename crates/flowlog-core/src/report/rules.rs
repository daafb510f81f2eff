//! What each rule decided, and who met it.

use serde::Serialize;

use super::Rank;
use super::best::first;
use super::distinct::{Distinct, Groups, Members};
use super::ports_met::PortsMet;
use crate::state::{ConversationKey, RuleClass, SpillError, Summary};

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
    /// Destination ports with their protocols ([`port_of`](super::ports_met::port_of)).
    pub(super) ports: Members,
    /// Protocols.
    pub(super) protocols: Members,
}

/// Where something of a [`MetBy`] is kept.
type Slot = fn(&mut MetBy) -> &mut Members;

/// Who meets each rule. Rules go by their place in the list of rules.
#[derive(Clone, Debug, Default)]
pub(super) struct Meetings {
    sources: Distinct,
    destinations: Distinct,
    ports: PortsMet,
    protocols: Distinct,
}

impl Meetings {
    /// Takes what the rules decided of the conversations of a pair of hosts.
    pub(super) fn take(&mut self, rules: &[(ConversationKey, usize)]) {
        for (key, rule) in rules {
            // More rules than that cannot be stored.
            let Ok(rule) = u32::try_from(*rule) else { continue };
            self.sources.insert(rule, key.source.0);
            self.at(rule, key);
        }
    }

    /// Takes the rule that decided on a lone denial; whose it was is in [`Denials`].
    pub(super) fn lone(&mut self, key: &ConversationKey, rule: usize) {
        if let Ok(rule) = u32::try_from(rule) {
            self.at(rule, key);
        }
    }

    fn at(&mut self, rule: u32, key: &ConversationKey) {
        self.destinations.insert(rule, key.destination.0);
        self.protocols.insert(rule, key.protocol.0.into());
        if key.protocol.has_ports() {
            self.ports.insert(rule, key.protocol, key.port);
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
    ///
    /// # Errors
    /// Lone denials cannot be read from disk.
    pub(super) fn finish(self, tables: &Summary, few: bool) -> Result<Vec<MetBy>, SpillError> {
        let mut met = vec![MetBy::default(); tables.rules.rows().len()];
        let mut fill = |groups: Groups, slot: Slot| {
            for (rule, members) in groups {
                if let Some(met) = met.get_mut(rule as usize) {
                    *slot(met) = members;
                }
            }
        };
        // One after the other: there may be a million rules.
        fill(self.sources.finish_with(tables.denials(), few)?, |met| &mut met.sources);
        fill(self.destinations.finish(few), |met| &mut met.destinations);
        fill(self.ports.finish(few), |met| &mut met.ports);
        fill(self.protocols.finish(few), |met| &mut met.protocols);
        Ok(met)
    }
}
