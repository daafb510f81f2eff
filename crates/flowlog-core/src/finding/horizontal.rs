//! Horizontal sweep: one host tries one port of many.

use std::collections::BTreeMap;

use super::facts::{Facts, Failure, shown};
use super::statistics::densest;
use super::{EvidenceRow, Finding, Severity};
use crate::aggregate::evidence::LOGIN_PORTS;
use crate::flow::AddressClass;

pub(super) const RULE: &str = "horizontal-sweep";

pub(super) fn find(facts: &Facts<'_>) -> Vec<Finding> {
    let limits = &facts.thresholds.horizontal_sweep;
    let mut groups: BTreeMap<_, Vec<&Failure>> = BTreeMap::new();
    for failure in facts.failures.iter().filter(|failure| failure.key.protocol.has_ports()) {
        let class = facts.address(failure.key.destination).map(AddressClass::of);
        if !matches!(class, Some(AddressClass::Multicast | AddressClass::Broadcast)) {
            let key = &failure.key;
            groups.entry((key.source, key.port, key.protocol)).or_default().push(failure);
        }
    }
    let mut by_source: BTreeMap<_, Vec<(EvidenceRow, i64, i64)>> = BTreeMap::new();
    for ((source, port, _), failures) in groups {
        let times: Vec<i64> = failures.iter().map(|failure| failure.first_ms).collect();
        let (start, end) = densest(&times, limits.window_seconds * 1000);
        let (Some(&from), Some(&to), Some(first)) =
            (times.get(start), end.checked_sub(1).and_then(|end| times.get(end)), failures.first())
        else {
            continue;
        };
        let burst = end - start;
        if burst < limits.hosts {
            continue;
        }
        // Somebody who reaches most of what he tries is a poller with some targets down.
        let reached = facts.contacts.get(&source).map_or(0, |contacts| {
            let window = from / 1000..=to / 1000;
            let reached = contacts.iter().filter(|(_, contact)| window.contains(&i64::from(contact.reached)));
            reached.count()
        });
        if (burst as f64) < limits.failed_share * (burst + reached) as f64 {
            continue;
        }
        let what = format!("hosts failed on this port, {burst} of them within {} s", (to - from) / 1000);
        let mut row = facts.row(&first.key, failures.len() as u64, what);
        row.destination = format!("{} hosts", failures.len());
        row.port = Some(port);
        let last = failures.iter().map(|failure| failure.last_ms).max().unwrap_or(to);
        by_source.entry(source).or_default().push((row, first.first_ms, last));
    }
    let finding = |(source, rows): (_, Vec<(EvidenceRow, i64, i64)>)| {
        let entity = facts.name(source);
        let most = rows.iter().map(|(row, ..)| row.count).max().unwrap_or_default();
        let login = rows.iter().any(|(row, ..)| row.port.is_some_and(|port| LOGIN_PORTS.contains(&port)));
        let first_time_ms = rows.iter().map(|row| row.1).min().unwrap_or_default();
        let last_time_ms = rows.iter().map(|row| row.2).max().unwrap_or_default();
        let ports = rows.len();
        let (evidence, evidence_rows) = shown(rows.into_iter().map(|row| row.0).collect());
        Finding {
            id: format!("{RULE}:{entity}"),
            rule: RULE,
            severity: if login { Severity::High } else { Severity::Medium },
            title: format!(
                "{entity} tries {ports} {} on up to {most} hosts",
                if ports == 1 { "port" } else { "ports" }
            ),
            reason: format!(
                "{} or more hosts were denied, refused or unanswered on one port within {} s, and at least {:.0} % \
                 of the first contacts in that time failed. Inventory and monitoring do the same on purpose.",
                limits.hosts,
                limits.window_seconds,
                limits.failed_share * 100.0
            ),
            entity,
            first_time_ms,
            last_time_ms,
            techniques: &["T1046 Network Service Discovery", "T1018 Remote System Discovery"],
            next_step: "Find out which program on the source did it; isolate the host if nobody owns the sweep.",
            evidence,
            evidence_rows,
        }
    };
    by_source.into_iter().map(finding).collect()
}
