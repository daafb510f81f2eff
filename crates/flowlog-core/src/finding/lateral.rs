//! Lateral movement: one internal host logs in to many, which it did not do before.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::{Facts, shown};
use super::{Finding, Severity};
use crate::aggregate::HostId;
use crate::aggregate::evidence::BIN_SECONDS;

pub(super) const RULE: &str = "lateral-movement";
/// SSH, RPC, SMB, RDP, `WinRM`: what commands and tools are carried by.
const PORTS: [u16; 7] = [22, 135, 139, 445, 3389, 5985, 5986];
const BINS_PER_HOUR: u32 = 3600 / BIN_SECONDS;

pub(super) fn find(facts: &Facts<'_>) -> Vec<Finding> {
    let limits = &facts.thresholds.lateral_movement;
    // Source -> hour -> destinations; and the first hour of each destination.
    let mut hours: BTreeMap<HostId, BTreeMap<u32, BTreeSet<HostId>>> = BTreeMap::new();
    let mut firsts: BTreeMap<(HostId, HostId), u32> = BTreeMap::new();
    for ((key, _), bins) in &facts.evidence.logins {
        let inside = facts.is_internal(key.source) && facts.is_internal(key.destination);
        if !inside || !PORTS.contains(&key.port) {
            continue;
        }
        for (bin, _) in &bins.sorted() {
            let hour = bin / BINS_PER_HOUR;
            hours.entry(key.source).or_default().entry(hour).or_default().insert(key.destination);
            let first = firsts.entry((key.source, key.destination)).or_insert(hour);
            *first = hour.min(*first);
        }
    }
    let hour_of = |ms: i64| u32::try_from(ms / 3_600_000).unwrap_or_default();
    let (data_first, data_last) = (hour_of(facts.times.0), hour_of(facts.times.1));
    let mut findings = Vec::new();
    for (source, by_hour) in hours {
        let new = |hour: u32, hosts: &BTreeSet<HostId>| {
            hosts.iter().filter(|host| firsts.get(&(source, **host)) == Some(&hour)).count()
        };
        let most = by_hour.iter().map(|(hour, hosts)| (new(*hour, hosts), *hour));
        let Some((count, hour)) = most.max_by_key(|(count, hour)| (*count, std::cmp::Reverse(*hour))) else {
            continue;
        };
        let mut others: Vec<usize> = (data_first..=data_last)
            .filter(|other| *other != hour)
            .map(|other| by_hour.get(&other).map_or(0, BTreeSet::len))
            .collect();
        others.sort_unstable();
        let usual = others.get(others.len() / 2).copied().unwrap_or_default();
        if count < limits.hosts || (count as f64) < limits.times_usual * usual as f64 {
            continue;
        }
        // In the first hours of the data everything is new: there is nothing to compare with.
        let known = hour.saturating_sub(data_first) >= 2;
        let entity = facts.name(source);
        let mut rows = BTreeMap::new();
        let mut times = (i64::MAX, i64::MIN);
        for ((key, _), bins) in &facts.evidence.logins {
            if key.source != source || !PORTS.contains(&key.port) || !facts.is_internal(key.destination) {
                continue;
            }
            let bins = bins.sorted();
            let then =
                bins.iter().filter(|(bin, _)| bin / BINS_PER_HOUR == hour).map(|(_, sessions)| sessions);
            let sessions: u64 = then.clone().map(|then| u64::from(then.sessions)).sum();
            if sessions > 0 {
                let row = rows.entry(*key).or_insert(0);
                *row = sessions.max(*row);
                times.0 = then.clone().map(|then| then.times.0).fold(times.0, i64::min);
                times.1 = then.map(|then| then.times.1).fold(times.1, i64::max);
            }
        }
        let rows = rows.iter().map(|(key, count)| facts.row(key, *count, "sessions in that hour"));
        let (evidence, evidence_rows) = shown(rows.collect());
        let limit = if known {
            ""
        } else {
            " It stands in the first hours of the data, so nothing tells whether it is new."
        };
        findings.push(Finding {
            id: format!("{RULE}:{entity}"),
            rule: RULE,
            severity: if known { Severity::High } else { Severity::Low },
            title: format!("{entity} logs in to {count} internal hosts for the first time within an hour"),
            reason: format!(
                "Sessions over SSH, RPC, SMB, RDP or WinRM to {} or more internal hosts not seen with it before, and {} \
                 times its usual hour ({usual}).{limit} Management servers and roll-outs do this on purpose.",
                limits.hosts, limits.times_usual
            ),
            entity,
            first_time_ms: times.0,
            last_time_ms: times.1,
            techniques: &["T1021 Remote Services", "T1570 Lateral Tool Transfer"],
            next_step: "Ask who ran what on the source in that hour; look at the targets' login records.",
            evidence,
            evidence_rows,
        });
    }
    findings
}
