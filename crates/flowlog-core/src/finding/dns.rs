//! Name look-ups past the own resolver, and look-ups too large to be any.

use std::collections::BTreeMap;

use super::facts::{Facts, shown};
use super::{Finding, Severity};
use crate::text::bytes;

pub(super) const RULE: &str = "dns-bypass";

pub(super) fn find(facts: &Facts<'_>) -> Vec<Finding> {
    let limits = &facts.thresholds.dns;
    let mut by_source: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in &facts.outbound {
        if row.0.protocol.has_ports() && matches!(row.0.port, 53 | 853) && facts.answered(&row.0) > 0 {
            by_source.entry(row.0.source).or_default().push(row);
        }
    }
    let finding = |(source, rows): (_, Vec<&(_, &crate::aggregate::Allowed)>)| {
        let entity = facts.name(source);
        let (first_time_ms, last_time_ms) = facts.times_of(rows.iter().map(|(key, _)| key), true);
        let large = rows.iter().any(|(_, allowed)| {
            let counters = &allowed.counters;
            counters.packets_sent >= limits.packets
                && counters.bytes_sent >= counters.packets_sent.saturating_mul(limits.bytes_per_packet)
        });
        let rows = rows.iter().map(|(key, allowed)| {
            let what = format!("packets sent, {}", bytes(allowed.counters.bytes_sent));
            facts.row(key, allowed.counters.packets_sent, what)
        });
        let (evidence, evidence_rows) = shown(rows.collect());
        let what =
            if large { "sends much data as name look-ups" } else { "looks names up past the own resolver" };
        Finding {
            id: format!("{RULE}:{entity}"),
            rule: RULE,
            severity: if large { Severity::Medium } else { Severity::Low },
            title: format!("{entity} {what}"),
            reason: format!(
                "Answered traffic to port 53 or 853 in the internet. Medium if a resolver got {} packets or more of {} \
                 bytes or more on average: names that long carry data. An own DNS server that forwards is meant to do \
                 so.",
                limits.packets, limits.bytes_per_packet
            ),
            entity,
            first_time_ms,
            last_time_ms,
            techniques: &["T1071.004 DNS", "T1048 Exfiltration Over Alternative Protocol"],
            next_step: "Allow port 53 to the own resolvers only; look at the names asked for if the resolver logs them.",
            evidence,
            evidence_rows,
        }
    };
    by_source.into_iter().map(finding).collect()
}
