//! Connections with the internet that stay for hours.

use std::collections::BTreeMap;

use super::facts::{Facts, shown};
use super::{Finding, Severity};
use crate::flow::Protocol;

pub(super) const RULE: &str = "long-connection";

pub(super) fn find(facts: &Facts<'_>) -> Vec<Finding> {
    let limits = &facts.thresholds.long_connection;
    let mut users: BTreeMap<_, std::collections::BTreeSet<_>> = BTreeMap::new();
    for (key, _) in &facts.outbound {
        users.entry(key.destination).or_default().insert(key.source);
    }
    let mut findings = Vec::new();
    for (key, long) in &facts.evidence.long {
        let hours = long.longest_ms as f64 / 3_600_000.0;
        if hours < limits.low_hours {
            continue;
        }
        // Tunnels are made to stay: ESP, and IKE's ports.
        let tunnel =
            !key.protocol.has_ports() || key.protocol == Protocol::UDP && matches!(key.port, 500 | 4500);
        let rare = users.get(&key.destination).is_none_or(|users| users.len() <= 1);
        let medium = hours >= limits.medium_hours && rare && !tunnel;
        let (source, destination) = (facts.name(key.source), facts.name(key.destination));
        let entity = if facts.is_internal(key.source) { source.clone() } else { destination.clone() };
        let row =
            facts.row(key, long.connections, format!("long connections, the longest {hours:.1} h or more"));
        let (evidence, evidence_rows) = shown(vec![row]);
        findings.push(Finding {
            id: format!("{RULE}:{source}:{destination}:{}", key.port),
            rule: RULE,
            severity: if medium { Severity::Medium } else { Severity::Low },
            title: format!("{source} and {destination}:{} stay connected for {hours:.1} hours", key.port),
            reason: format!(
                "{} hours or longer; medium from {} hours if no other host uses the destination. Message buses, remote \
                 desktops and tunnels are long by nature.",
                limits.low_hours, limits.medium_hours
            ),
            entity,
            first_time_ms: long.last_ms.saturating_sub(long.longest_ms),
            last_time_ms: long.last_ms,
            techniques: &["T1572 Protocol Tunneling", "T1071 Application Layer Protocol"],
            next_step: "Find out who runs the other end and which program keeps the connection.",
            evidence,
            evidence_rows,
        });
    }
    findings
}
