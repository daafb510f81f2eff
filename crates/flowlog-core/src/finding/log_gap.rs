//! Hours without a record although the NIC was busy before and after: a log that was off, or blobs that are missing.

use super::heaviest::shown;
use super::scene::Scene;
use super::technique;
use super::{Concern, Deed, EvidenceRow, Finding, NextStep, Note, Reason, Sentence, Severity, Unit, counted};
use crate::state::{HOUR_MS, HourCounts, LogCoverage, joined_hours};

pub(super) const RULE: &str = "log-gap";

/// What a gap is of that all have.
pub const ALL_NICS: &str = "all NICs";

/// A run of hours without a record.
struct Gap {
    /// First hour, and how many (Unix ms / [`HOUR_MS`]).
    from: i64,
    hours: u64,
    /// Tuples of the hours before and after.
    around: (u64, u64),
}

pub(super) fn find(scene: &Scene<'_>, coverage: &[LogCoverage]) -> Vec<Finding> {
    let least = scene.thresholds().log_gap.tuples;
    let mut logs: Vec<&LogCoverage> = coverage.iter().collect();
    logs.sort_unstable_by_key(|log| &log.mac);
    // What no NIC has is one gap, not one of each.
    let all = joined_hours(coverage);
    let common = gaps(&all, least, |before, after| {
        (before.saturating_add(1), after.saturating_sub(before).saturating_sub(1))
    });
    let present: Vec<i64> = all.iter().map(|counts| counts.hour).collect();
    let mut findings = Vec::new();
    findings.extend(finding(ALL_NICS, &common, logs.len() as u64, Severity::Medium));
    // A NIC that goes from an NSG to a VNet flow log has no gap.
    for of_mac in logs.chunk_by(|a, b| a.mac == b.mac) {
        let Some(mac) = of_mac.first().map(|log| &*log.mac) else { continue };
        let hours = joined_hours(of_mac.iter().copied());
        let own = gaps(&hours, least, |before, after| {
            let place = |hour| present.partition_point(|present| *present < hour);
            let (from, to) = (place(before.saturating_add(1)), place(after));
            (present.get(from).copied().unwrap_or(after), i64::try_from(to - from).unwrap_or(i64::MAX))
        });
        findings.extend(finding(mac, &own, 1, Severity::Low));
    }
    findings
}

/// Gaps between hours of which both have at least `least` tuples. `missing` tells of two hours which is the first
/// between them that counts, and how many do: hours are never walked, since a wrong date may be millennia away.
fn gaps(hours: &[HourCounts], least: u64, missing: impl Fn(i64, i64) -> (i64, i64)) -> Vec<Gap> {
    let ends = hours.iter().zip(hours.iter().skip(1));
    ends.filter_map(|(before, after)| {
        let around = (before.tuples, after.tuples);
        let (before, after) = (before.hour, after.hour);
        let (from, hours) = missing(before, after);
        let hours = u64::try_from(hours).ok().filter(|hours| *hours > 0)?;
        (around.0.min(around.1) >= least).then_some(Gap { from, hours, around })
    })
    .collect()
}

fn finding(entity: &str, gaps: &[Gap], logs: u64, severity: Severity) -> Option<Finding> {
    let hours: u64 = gaps.iter().map(|gap| gap.hours).sum();
    let (first, last) = (gaps.first()?, gaps.last()?);
    let end = last.from.saturating_add(i64::try_from(last.hours).unwrap_or(i64::MAX));
    // What all lack is no sum of what each lacks.
    let object = if logs > 1 { entity } else { "" };
    let row = |gap: &Gap| EvidenceRow {
        source: entity.to_owned(),
        destination: None,
        port: None,
        protocol: None,
        count: gap.hours,
        unit: Unit::Hours,
        note: Note::WithoutRecord { before: gap.around.0, after: gap.around.1 },
    };
    let (evidence, evidence_rows) = shown(gaps.iter().map(row).collect());
    Some(Finding {
        id: format!("{RULE}:{entity}"),
        rule: RULE,
        severity,
        title: format!("{entity}: {} without a flow-log record", counted(hours, "hour", "hours")),
        reason: Reason(vec![Sentence::BusyAround { logs }, Sentence::GapsLookTheSame]),
        concern: Concern::new(Deed::LogGap, entity, object, hours),
        entity: entity.to_owned(),
        first_time_ms: Some(first.from.saturating_mul(HOUR_MS)),
        last_time_ms: Some(end.saturating_mul(HOUR_MS)),
        techniques: &[technique::T1562_008],
        next_step: NextStep::LookForHours,
        evidence,
        evidence_rows,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_needs_busy_hours_at_both_sides() {
        let hours = |list: &[(i64, u64)]| -> Vec<HourCounts> {
            list.iter().map(|&(hour, tuples)| HourCounts { hour, tuples, last_ms: 0 }).collect()
        };
        let found = |list: &[(i64, u64)]| -> Vec<(i64, u64)> {
            gaps(&hours(list), 100, |before, after| (before + 1, after - before - 1))
                .iter()
                .map(|gap| (gap.from, gap.hours))
                .collect()
        };
        assert_eq!(found(&[(1, 100), (2, 100), (5, 100)]), [(3, 2)]);
        assert_eq!(found(&[(1, 100), (3, 99)]), []);
        assert_eq!(found(&[(1, 100), (2, 500)]), []);
    }
}
