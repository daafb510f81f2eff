//! Connections with the internet that stay for hours.

use super::facts::{Facts, shown};
use super::provider::Provider;
use super::words::tenths;
use super::{Finding, Severity};
use crate::flow::Protocol;

pub(super) const RULE: &str = "long-connection";

pub(super) fn find(facts: &Facts<'_>) -> Vec<Finding> {
    let limits = &facts.thresholds.long_connection;
    let mut findings = Vec::new();
    for (key, long) in &facts.evidence.long {
        let hours = tenths(long.longest_ms as f64 / 3_600_000.0);
        if hours < limits.low_hours {
            continue;
        }
        // Tunnels are made to stay: ESP, and IKE's ports.
        let tunnel =
            !key.protocol.has_ports() || key.protocol == Protocol::UDP && matches!(key.port, 500 | 4500);
        let outside = if facts.is_internet(key.destination) { key.destination } else { key.source };
        let rare = facts.users(outside) <= 1;
        let provider = Provider::of(facts.address(outside));
        let medium = hours >= limits.medium_hours && rare && !tunnel && !provider.is_vendor(key.port);
        let (source, destination) = (facts.name(key.source), facts.name(key.destination));
        let entity = if facts.is_internal(key.source) { source.clone() } else { destination.clone() };
        let row =
            facts.row(key, long.connections, format!("long connections, the longest {hours:.1} h or more"));
        let (evidence, evidence_rows) = shown(vec![row]);
        findings.push(Finding {
            id: format!("{RULE}:{source}:{destination}:{}", key.port),
            rule: RULE,
            severity: if medium { Severity::Medium } else { Severity::Low },
            title: format!(
                "{source} and {destination}:{}{} stay connected for {hours:.1} hours",
                key.port,
                provider.in_brackets()
            ),
            reason: format!(
                "{} hours or longer; medium from {} hours if no other own host talks to {}, as {}.{} Message buses, \
                 remote desktops and tunnels are long by nature.",
                limits.low_hours,
                limits.medium_hours,
                facts.name(outside),
                if rare { "here" } else { "others do here" },
                provider.sentence(key.port)
            ),
            entity,
            first_time_ms: long.first_ms,
            last_time_ms: long.last_ms,
            techniques: &["T1572 Protocol Tunneling", "T1071 Application Layer Protocol"],
            next_step: "Find out who runs the other end and which program keeps the connection.",
            evidence,
            evidence_rows,
        });
    }
    findings
}
