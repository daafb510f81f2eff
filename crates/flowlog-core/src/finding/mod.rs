//! Findings: what in the data deserves a person's attention, and why.
//!
//! Each detector is a pure function of the tables and the [`Thresholds`]. What the internet does to
//! every public address is no finding: it is summed up as [`Noise`]. docs/detection.md gives each
//! detector's rule, the source of each threshold, and what it cannot see.

mod beacon;
mod brute_force;
mod cleartext;
mod denied_outbound;
mod dns;
mod encryption;
mod exfiltration;
mod exposed;
mod facts;
mod flood;
mod horizontal;
mod lateral;
mod limits;
mod log_gap;
mod long;
mod model;
mod noise;
mod provider;
mod scan_accepted;
mod slow_scan;
mod statistics;
mod strobe;
mod suppression;
mod thresholds;
mod vertical;
mod words;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Serialize;

pub use limits::Allowed;
pub use model::{EVIDENCE_ROWS, EvidenceRow, Finding, Severity};
pub use noise::{Noise, Scanner};
pub use suppression::{Suppressed, Suppression, SuppressionError, Suppressions};
pub use thresholds::{
    Beacon, BruteForce, Dns, Exfiltration, Flood, Horizontal, Lateral, LogGap, Long, SlowScan, Strobe,
    Thresholds, Vertical,
};
pub(crate) use words::counted;

use crate::aggregate::Aggregate;
use facts::Facts;

/// What is asked of the detectors.
#[derive(Clone, Debug, Default)]
pub struct FindingOptions {
    /// Limits of the detectors.
    pub thresholds: Thresholds,
    /// What is known and accepted.
    pub suppressions: Suppressions,
    /// The day that decides whether a suppression has expired, `YYYY-MM-DD`; the library has no clock.
    pub today: Option<String>,
}

/// Everything the detectors say.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Findings {
    /// The gravest first.
    pub findings: Vec<Finding>,
    /// Findings that the suppression list takes out.
    pub suppressed: Vec<Suppressed>,
    /// Entries of the suppression list that have expired: they suppress nothing any more.
    pub expired: Vec<Suppression>,
    /// What the internet tries at every door.
    pub noise: Noise,
}

type Detector = fn(&Facts<'_>) -> Vec<Finding>;

/// Every detector, by the name of its rule.
const DETECTORS: [(&str, Detector); 17] = [
    (vertical::RULE, vertical::find),
    (horizontal::RULE, horizontal::find),
    (slow_scan::RULE, slow_scan::find),
    (scan_accepted::RULE, scan_accepted::find),
    (brute_force::RULE, brute_force::find),
    (exposed::RULE, exposed::find),
    (lateral::RULE, lateral::find),
    (beacon::RULE, beacon::find),
    (strobe::RULE, strobe::find),
    (long::RULE, long::find),
    (exfiltration::RULE, exfiltration::find),
    (flood::RULE, flood::find),
    (dns::RULE, dns::find),
    (cleartext::RULE, cleartext::find),
    (encryption::RULE, encryption::find),
    (denied_outbound::RULE, denied_outbound::find),
    (log_gap::RULE, log_gap::find),
];

/// Names of all rules, as in [`Finding::rule`] and suppression lists.
pub fn rules() -> impl Iterator<Item = &'static str> {
    DETECTORS.iter().map(|(rule, _)| *rule)
}

/// Runs every detector over `aggregate`, whose groups must have ended.
pub fn detect(aggregate: &Aggregate, options: &FindingOptions) -> Findings {
    let facts = Facts::new(aggregate, &options.thresholds);
    let findings = in_order(DETECTORS.iter().flat_map(|(_, find)| find(&facts)).collect());
    let noise = noise::sum(&facts);
    let (findings, suppressed, expired) =
        options.suppressions.apply(findings, options.today.as_deref().unwrap_or_default());
    Findings { findings, suppressed, expired, noise }
}

/// The gravest first; of one severity one of each rule before the second of any, each rule's in order of time.
fn in_order(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by(|a, b| {
        b.severity.cmp(&a.severity).then(a.first_time_ms.cmp(&b.first_time_ms)).then_with(|| a.id.cmp(&b.id))
    });
    let mut seen: BTreeMap<(Severity, &str), usize> = BTreeMap::new();
    let mut turns: Vec<(usize, Finding)> = Vec::with_capacity(findings.len());
    for finding in findings {
        let turn = seen.entry((finding.severity, finding.rule)).or_default();
        *turn += 1;
        turns.push((*turn, finding));
    }
    turns.sort_by_key(|(turn, finding)| (Reverse(finding.severity), *turn));
    turns.into_iter().map(|(_, finding)| finding).collect()
}

#[cfg(test)]
mod tests;
