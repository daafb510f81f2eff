//! What each rule decided, and what was let in from the internet to ports that administer.

use std::collections::BTreeMap;

use serde::Serialize;

use super::name::service;
use super::rank::first;
use crate::aggregate::{Aggregate, HostId, LetIn, LetInKey, RuleClass};
use crate::flow::{OwnNetworks, Protocol};

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

/// A rule that let the internet in to a port for administration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AdminAccessRow {
    /// As in [`RuleRow::acl`].
    pub acl: String,
    /// As in [`RuleRow::rule`].
    pub rule: String,
    /// As in [`RuleRow::class`].
    pub class: &'static str,
    /// Destination port, TCP.
    pub port: u16,
    /// Registered service name.
    pub service: Option<&'static str>,
    /// Distinct public sources.
    pub sources: u64,
    /// Of these, sources to which payload came back.
    pub answered_sources: u64,
    /// Distinct hosts they reached.
    pub destinations: u64,
    /// Begun tuples.
    pub begun: u64,
    /// Bytes that came back.
    pub bytes_received: u64,
    /// First hit, Unix ms UTC.
    pub first_time_ms: i64,
    /// Last hit, Unix ms UTC.
    pub last_time_ms: i64,
}

/// Every rule that matched something, by tuples.
pub(super) fn rules(aggregate: &Aggregate) -> Vec<RuleRow> {
    let rows = aggregate.rules.rows().iter();
    let mut rows: Vec<RuleRow> = rows
        .filter(|(_, counts)| counts.tuples > 0)
        .map(|((acl, rule), counts)| RuleRow {
            acl: acl.clone(),
            rule: rule.clone(),
            class: RuleClass::of(acl, rule).label(),
            tuples: counts.tuples,
            begun: counts.begun,
            denied: counts.denied,
            dropped_for_encryption: counts.dropped,
            bytes: counts.bytes,
            sources: counts.sources.len(),
            destinations: counts.destinations.len(),
            ports: counts.ports().count() as u64,
            first_time_ms: counts.first_ms,
            last_time_ms: counts.last_ms,
        })
        .collect();
    first(&mut rows, usize::MAX, |a, b| {
        b.tuples.cmp(&a.tuples).then_with(|| (&a.acl, &a.rule).cmp(&(&b.acl, &b.rule)))
    });
    rows
}

/// What the rules let in from the internet to ports for administration, by sources.
pub(super) fn admin_access(aggregate: &Aggregate, own: &OwnNetworks) -> Vec<AdminAccessRow> {
    let is_own = |host: HostId| {
        let address = aggregate.hosts.address(host);
        aggregate.near.is_own(host) || address.is_some_and(|address| own.find(address).is_some())
    };
    let mut groups: BTreeMap<(usize, u16), Vec<(&LetInKey, &LetIn)>> = BTreeMap::new();
    for (key, let_in) in aggregate.rules.let_in.iter().filter(|(key, _)| !is_own(key.source)) {
        groups.entry((key.rule, key.port)).or_default().push((key, let_in));
    }
    let rows = groups.into_iter().filter_map(|((rule, port), group)| {
        let ((acl, rule), _) = aggregate.rules.rows().get(rule)?;
        Some(AdminAccessRow {
            acl: acl.clone(),
            rule: rule.clone(),
            class: RuleClass::of(acl, rule).label(),
            port,
            service: service(Protocol::TCP, port),
            sources: distinct(group.iter().map(|(key, _)| key.source)),
            answered_sources: distinct(
                group.iter().filter(|(_, let_in)| let_in.answered).map(|(key, _)| key.source),
            ),
            destinations: distinct(group.iter().map(|(key, _)| key.destination)),
            begun: group.iter().map(|(_, let_in)| let_in.begun).sum(),
            bytes_received: group.iter().fold(0, |sum: u64, (_, row)| sum.saturating_add(row.bytes_received)),
            first_time_ms: group.iter().map(|(_, let_in)| let_in.times.0).min()?,
            last_time_ms: group.iter().map(|(_, let_in)| let_in.times.1).max()?,
        })
    });
    let mut rows: Vec<AdminAccessRow> = rows.collect();
    rows.sort_by(|a, b| {
        let key = |row: &AdminAccessRow| (row.acl.clone(), row.rule.clone(), row.port);
        b.answered_sources
            .cmp(&a.answered_sources)
            .then(b.sources.cmp(&a.sources))
            .then_with(|| key(a).cmp(&key(b)))
    });
    rows
}

fn distinct(hosts: impl Iterator<Item = HostId>) -> u64 {
    let mut hosts: Vec<HostId> = hosts.collect();
    hosts.sort_unstable();
    hosts.dedup();
    hosts.len() as u64
}
