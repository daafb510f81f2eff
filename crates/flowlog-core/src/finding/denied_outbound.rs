//! What own hosts try to reach in the internet and may not: a wrong rule, or unwanted software.

use std::collections::BTreeMap;

use super::facts::{Facts, shown};
use super::{Finding, Severity, counted};

pub(super) const RULE: &str = "denied-outbound";
/// Fewer denied packets than this are an accident.
const LEAST: u64 = 10;

pub(super) fn find(facts: &Facts<'_>) -> Vec<Finding> {
    let mut by_source: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in facts.failures.iter().filter(|row| facts.is_internet(row.key.destination)) {
        if let Some(denied) = facts.tables.denied.get(&row.key).filter(|denied| denied.outbound) {
            let packets = facts.tables.denied_by_rule(&row.key, denied);
            if packets > 0 {
                by_source.entry(row.key.source).or_default().push((row.key, denied, packets));
            }
        }
    }
    by_source.retain(|_, rows| rows.iter().map(|(.., packets)| packets).sum::<u64>() >= LEAST);
    let finding = |(source, rows): (_, Vec<(_, &crate::aggregate::Denied, u64)>)| {
        let entity = facts.name(source);
        let packets: u64 = rows.iter().map(|(.., packets)| packets).sum();
        let first_time_ms = rows.iter().map(|(_, denied, _)| denied.first_ms).min().unwrap_or_default();
        let last_time_ms = rows.iter().map(|(_, denied, _)| denied.last_ms).max().unwrap_or_default();
        let rows = rows.iter().map(|(key, _, packets)| facts.row(key, *packets, "denied packets"));
        let (evidence, evidence_rows) = shown(rows.collect());
        Finding {
            id: format!("{RULE}:{entity}"),
            rule: RULE,
            severity: Severity::Low,
            title: format!(
                "{entity} was denied {} with the internet",
                counted(evidence_rows, "conversation", "conversations")
            ),
            reason: format!(
                "{packets} packets were denied on the way out. A wrong rule, a program nobody told of the rule, or \
                 unwanted software."
            ),
            entity,
            first_time_ms,
            last_time_ms,
            techniques: &["T1071 Application Layer Protocol"],
            next_step: "Find the program on the source: allow it, or remove it.",
            evidence,
            evidence_rows,
        }
    };
    by_source.into_iter().map(finding).collect()
}
