//! Findings: what in the data deserves a person's attention, and why.
//!
//! A [`Collector`] takes each pair of hosts once and keeps what a finding can be made of; [`judge`] makes the findings
//! of it. Each detector is a pure function of that and the [`Thresholds`]. What the internet does to
//! every public address is no finding: it is summed up as [`Noise`]. docs/detection.md gives each
//! detector's rule, the source of each threshold, and what it cannot see.

mod beacon;
mod brute_force;
mod bulk;
mod cleartext;
mod collector;
mod compact;
mod concern;
mod crowd;
mod denied_outbound;
mod dns;
mod encryption;
mod exfiltration;
mod exposed;
mod facts;
mod failure;
mod flood;
mod heaviest;
mod horizontal;
mod inbound;
mod knock;
mod lateral;
mod limits;
mod log_gap;
mod long;
mod model;
mod noise;
mod note;
mod outside;
mod own_source;
mod provider;
mod scan_accepted;
mod scene;
mod sentence;
mod slow_scan;
mod span;
mod statistics;
mod strobe;
mod suppression;
mod technique;
mod threats;
mod thresholds;
mod users;
mod vertical;
mod words;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

pub use collector::Collector;
pub use concern::{Concern, Deed, Group, Object, Subjects, groups};
pub use crowd::Crowd;
pub use limits::Allowed;
pub use log_gap::ALL_NICS;
pub use model::{EVIDENCE_ROWS, EvidenceRow, Finding, Severity, Unit};
pub use noise::{Noise, Scanner};
pub use note::{NextStep, Note};
pub use scene::Scene;
pub use sentence::{Reason, Sentence};
pub use suppression::{Suppressed, Suppression, SuppressionError, Suppressions};
pub use technique::Technique;
pub use thresholds::{
    Beacon, BruteForce, Dns, Exfiltration, Flood, Horizontal, Lateral, LogGap, Long, SlowScan, Strobe,
    Thresholds, Vertical,
};
pub(crate) use words::counted;
pub use words::duration_in;

use crate::enrich::AddressBook;
use crate::parallel;
use crate::state::lists::Rows;
use crate::state::{Denials, Gather, Gatherer, LoadTable, LogCoverage, SpillError};
use beacon::Rhythmic;
use facts::Facts;
use own_source::OwnSources;

/// What is asked of the detectors.
#[derive(Clone, Debug, Default)]
pub struct FindingOptions {
    /// Limits of the detectors.
    pub thresholds: Thresholds,
    /// What is known and accepted.
    pub suppressions: Suppressions,
    /// What files of the person say of addresses: of which ones lists of threats warn.
    pub book: Arc<AddressBook>,
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

/// What detectors ask beside the pairs of hosts.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The logs and their hours.
    pub coverage: &'a [LogCoverage],
    /// Connections and denied packets that each own host got, of all pairs.
    pub load: &'a LoadTable,
    /// Lone denials, of all pairs.
    pub denials: &'a Denials,
}

/// What is judged by one thread at a time.
enum Job<'a> {
    /// A detector of what was decided pair by pair.
    Detector(fn(&Facts<'_>) -> Vec<Finding>),
    /// The detectors that look at one own host at a time, of one bucket of hosts.
    Sources(Box<OwnSources>),
    /// Beacons of the sources of one bucket.
    Beacons(&'a Rows<Rhythmic>),
}

/// Every detector that needs no more than [`Facts`], which stand still.
const DETECTORS: [fn(&Facts<'_>) -> Vec<Finding>; 13] = [
    |facts| threats::find(facts.scene, &facts.threats),
    |facts| vertical::find(facts.scene, &facts.scans),
    scan_accepted::find,
    |facts| brute_force::find(facts.scene, &facts.guessers),
    exposed::find,
    |facts| strobe::find(facts.scene, &facts.strobes),
    long::find,
    exfiltration::find,
    flood::find,
    |facts| dns::find(facts.scene, &facts.look_ups),
    |facts| cleartext::find(facts.scene, &facts.cleartext),
    |facts| encryption::find(facts.scene, &facts.unencrypted),
    |facts| log_gap::find(facts.scene, facts.coverage),
];

/// The name of every rule.
const RULES: [&str; 18] = [
    threats::RULE,
    vertical::RULE,
    horizontal::RULE,
    slow_scan::RULE,
    scan_accepted::RULE,
    brute_force::RULE,
    exposed::RULE,
    lateral::RULE,
    beacon::RULE,
    strobe::RULE,
    long::RULE,
    exfiltration::RULE,
    flood::RULE,
    dns::RULE,
    cleartext::RULE,
    encryption::RULE,
    denied_outbound::RULE,
    log_gap::RULE,
];

/// Names of all rules, as in [`Finding::rule`] and suppression lists.
pub fn rules() -> impl Iterator<Item = &'static str> {
    RULES.into_iter()
}

/// Everything the detectors say of all pairs of `gatherer`, which `collected` has taken.
///
/// # Errors
/// Rows that are asked for once more cannot be read.
pub fn detect(collected: Collector<'_>, gatherer: &Gatherer) -> Result<Findings, SpillError> {
    let summary = &gatherer.summary;
    let context = Context { coverage: &summary.coverage, load: summary.load(), denials: summary.denials() };
    let mut walked = Ok(());
    let findings = judge(collected, &context, |crowd| {
        let wanted = |host| crowd.wants(host);
        match gatherer.again(|| crowd.beside(), wanted) {
            Ok(all) => crowd.merge(all),
            Err(error) => walked = Err(error),
        }
    })?;
    walked.map(|()| findings)
}

/// Everything the detectors say of the pairs in `collected`. If hosts were flooded, who took part is not in there: `walk`
/// is called once, and must give all pairs to the [`Crowd`] it gets, each once.
///
/// # Errors
/// What is kept on disk cannot be read.
pub fn judge(
    collected: Collector<'_>,
    context: &Context<'_>,
    walk: impl FnOnce(&mut Crowd<'_>),
) -> Result<Findings, SpillError> {
    let scene = collected.scene;
    let (facts, sources) = Facts::new(collected, context, walk)?;
    let sources = sources.into_iter().map(|sources| Job::Sources(Box::new(sources)));
    let beacons = facts.rhythmic.buckets().iter().map(Job::Beacons);
    let jobs = sources.chain(beacons).chain(DETECTORS.into_iter().map(Job::Detector)).collect();
    let findings = parallel::map(jobs, |job| match job {
        Job::Detector(find) => Ok(find(&facts)),
        Job::Sources(sources) => sources.judge(&facts),
        Job::Beacons(rows) => beacon::find(&facts, rows),
    });
    let findings: Vec<Vec<Finding>> = findings.into_iter().collect::<Result<_, _>>()?;
    let findings = in_order(findings.into_iter().flatten().collect());
    let options = scene.options;
    let (findings, suppressed, expired) =
        options.suppressions.apply(findings, options.today.as_deref().unwrap_or_default());
    Ok(Findings { findings, suppressed, expired, noise: facts.outside.noise })
}

/// The gravest first; of one severity one of each rule before the second of any, each rule's in order of time.
fn in_order(mut findings: Vec<Finding>) -> Vec<Finding> {
    // Of findings with one id, which differ by protocol alone, the smaller number comes first.
    let protocol = |finding: &Finding| finding.evidence.first().map(|row| row.protocol);
    findings.sort_by(|a, b| {
        // What is not known when comes last.
        let known = |finding: &Finding| (finding.first_time_ms.is_none(), finding.first_time_ms);
        let time = known(a).cmp(&known(b));
        let name = || a.id.cmp(&b.id).then_with(|| protocol(a).cmp(&protocol(b)));
        b.severity.cmp(&a.severity).then(time).then_with(name)
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
