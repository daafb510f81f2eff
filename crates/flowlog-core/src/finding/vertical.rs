//! Vertical scan: one host tries many ports of another.

use std::collections::BTreeMap;

use super::facts::{Facts, Failure, shown};
use super::statistics::{around, densest};
use super::words::duration;
use super::{EvidenceRow, Finding, Severity, counted};

pub(super) const RULE: &str = "vertical-scan";
/// Below this, ports are not handed out to clients by default (Linux `ip_local_port_range`).
const EPHEMERAL: u16 = 32_768;

pub(super) fn find(facts: &Facts<'_>) -> Vec<Finding> {
    let limits = &facts.thresholds.vertical_scan;
    let mut pairs: BTreeMap<_, Vec<&Failure>> = BTreeMap::new();
    for failure in facts.failures.iter().filter(|failure| failure.key.protocol.has_ports()) {
        pairs.entry((failure.key.source, failure.key.destination)).or_default().push(failure);
    }
    let mut by_source: BTreeMap<_, Vec<(EvidenceRow, i64, i64)>> = BTreeMap::new();
    for ((source, _), failures) in pairs {
        let times: Vec<i64> = failures.iter().map(|failure| failure.first_ms).collect();
        let (start, end) = densest(&times, limits.window_seconds * 1000);
        let burst = failures.get(start..end).unwrap_or_default();
        // Late packets of a server to ports its clients have given up look like a scan of high ports.
        let low = burst.iter().filter(|failure| failure.key.port < EPHEMERAL).count();
        if burst.len() < limits.ports || low * 4 < burst.len() {
            continue;
        }
        // Dated by the burst and what belongs to it: not by an accident the day after.
        let (from, to) = around(&times, (start, end), limits.window_seconds * 1000);
        let all = failures.get(from..to).unwrap_or_default();
        let Some(first) = all.first() else { continue };
        let within = times.get(end - 1).zip(times.get(start)).map_or(0, |(last, first)| last - first);
        let what =
            format!("ports failed, {} of them within {}", burst.len(), duration((within / 1000).max(1)));
        let mut row = facts.row(&first.key, all.len() as u64, what);
        row.port = None;
        let last = all.iter().map(|failure| failure.first_ms).max().unwrap_or(first.first_ms);
        by_source.entry(source).or_default().push((row, first.first_ms, last));
    }
    let finding = |(source, rows): (_, Vec<(EvidenceRow, i64, i64)>)| {
        let entity = facts.name(source);
        let targets = rows.len();
        let most = rows.iter().map(|(row, ..)| row.count).max().unwrap_or_default();
        let first_time_ms = rows.iter().map(|row| row.1).min().unwrap_or_default();
        let last_time_ms = rows.iter().map(|row| row.2).max().unwrap_or_default();
        let (evidence, evidence_rows) = shown(rows.into_iter().map(|row| row.0).collect());
        Finding {
            id: format!("{RULE}:{entity}"),
            rule: RULE,
            severity: if most >= 100 || targets > 3 { Severity::High } else { Severity::Medium },
            title: format!("{entity} scans the ports of {}", counted(targets as u64, "host", "hosts")),
            reason: format!(
                "{} or more distinct ports of one host were denied, refused or unanswered within {}; here up to \
                 {most}. Vulnerability scanners and monitoring do the same on purpose.",
                limits.ports,
                duration(limits.window_seconds)
            ),
            entity,
            first_time_ms,
            last_time_ms,
            techniques: &["T1046 Network Service Discovery"],
            next_step: "Find out which program on the source did it; isolate the host if nobody owns the scan.",
            evidence,
            evidence_rows,
        }
    };
    by_source.into_iter().map(finding).collect()
}
