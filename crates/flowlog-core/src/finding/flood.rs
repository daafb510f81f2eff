//! Floods: far more connections to one host than it usually gets.

use std::collections::BTreeMap;

use super::facts::{Facts, shown};
use super::{Finding, Severity};
use crate::aggregate::HostId;
use crate::aggregate::evidence::{BIN_SECONDS, Bins, Load, Side};

pub(super) const RULE: &str = "flood";

pub(super) fn find(facts: &Facts<'_>) -> Vec<Finding> {
    let limits = &facts.thresholds.flood;
    let mut views: BTreeMap<HostId, (&Bins<Load>, Side)> = BTreeMap::new();
    let total = |bins: &Bins<Load>| bins.iter().map(|(_, load)| u64::from(load.attempts)).sum::<u64>();
    for ((host, side), bins) in &facts.evidence.load {
        // Of equal views always the same, in whatever order they come.
        let more = |(other, theirs): &(&Bins<Load>, Side)| (total(bins), *theirs) > (total(other), *side);
        if facts.is_internal(*host) && views.get(host).is_none_or(more) {
            views.insert(*host, (bins, *side));
        }
    }
    let mut findings = Vec::new();
    for (host, (bins, _)) in views {
        let Some((bin, peak)) =
            bins.iter().max_by_key(|(bin, load)| (load.attempts, std::cmp::Reverse(*bin)))
        else {
            continue;
        };
        if u64::from(peak.attempts) < limits.attempts {
            continue;
        }
        let bin_count = facts.span_ms() / 1000 / i64::from(BIN_SECONDS) + 1;
        let mut loads: Vec<u32> = bins.iter().map(|(_, load)| load.attempts).collect();
        loads.sort_unstable();
        // Bins without a connection are counted, not listed: a wrong date can be millennia away.
        let empty = usize::try_from(bin_count).unwrap_or(usize::MAX).saturating_sub(loads.len());
        let middle = usize::midpoint(empty, loads.len());
        let usual = middle.checked_sub(empty).and_then(|place| loads.get(place)).copied().unwrap_or_default();
        if f64::from(peak.attempts) < limits.times_usual * f64::from(usual.max(1)) {
            continue;
        }
        let begin_ms = i64::from(bin) * i64::from(BIN_SECONDS) * 1000;
        let failed = f64::from(peak.failed) / f64::from(peak.attempts);
        let (allowed, denied) = (&facts.tables.allowed, &facts.tables.denied);
        let to = allowed.iter().filter(|(key, _)| key.destination == host);
        let mut rows: BTreeMap<_, u64> = to.map(|(key, allowed)| (*key, allowed.connections)).collect();
        for (key, denied) in denied.iter().filter(|(key, _)| key.destination == host) {
            *rows.entry(*key).or_default() += denied.tuples;
        }
        let rows = rows.iter().map(|(key, count)| facts.row(key, *count, "connections and denials in all"));
        let (evidence, evidence_rows) = shown(rows.collect());
        let entity = facts.name(host);
        let syn = failed >= limits.failed_share;
        findings.push(Finding {
            id: format!("{RULE}:{entity}"),
            rule: RULE,
            severity: if syn { Severity::High } else { Severity::Medium },
            title: format!("{} connections to {entity} within five minutes", peak.attempts),
            reason: format!(
                "Usual for this host: {usual}. {:.0} % got no answer{}. Load tests and a service back after an outage \
                 look the same.",
                failed * 100.0,
                if syn { ", as in a SYN flood" } else { "" }
            ),
            entity,
            first_time_ms: begin_ms,
            last_time_ms: begin_ms + i64::from(BIN_SECONDS) * 1000,
            techniques: &["T1498 Network Denial of Service", "T1499 Endpoint Denial of Service"],
            next_step: "See whether the service kept answering; if the sources are public, think of DDoS protection.",
            evidence,
            evidence_rows,
        });
    }
    findings
}
