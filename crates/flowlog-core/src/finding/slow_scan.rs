//! Slow scan: threshold random walk (Jung, Paxson, Berger, Balakrishnan 2004) over first contacts.

use std::collections::BTreeMap;

use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashSet};

use super::facts::{Facts, Failure, shown};
use super::{Finding, Severity, horizontal};
use crate::aggregate::HostId;
use crate::flow::Protocol;

pub(super) const RULE: &str = "slow-scan";

/// Who fails at a target more often than this polls it: a scanner tries three times, and a packet six times each.
const POLLED: u64 = 20;

/// Unix seconds, whether the first contact failed, and with whom.
type Step = (u32, bool, HostId);
/// Failures one after the other.
type Run = Vec<(u32, HostId)>;

/// The steps of the walk and its ends.
struct Test {
    success: f64,
    failure: f64,
    scanner: f64,
    ordinary: f64,
}

impl Test {
    /// The longest list of failures during which the walk came to the scanner's end; begun anew each
    /// time it comes to the other, as a host can be taken over at any time.
    fn longest_run(&self, facts: &Facts<'_>, mut steps: Vec<Step>, least: usize) -> Run {
        if steps.iter().filter(|(_, failed, _)| *failed).count() < least {
            return Vec::new();
        }
        steps.sort_unstable_by_key(|(seconds, failed, host)| (*seconds, *failed, facts.address(*host)));
        drop_bursts(facts, &mut steps);
        let (mut walk, mut crossed) = (0.0_f64, false);
        let (mut run, mut best): (Run, Run) = (Vec::new(), Vec::new());
        for (seconds, failed, host) in steps {
            walk = (walk + if failed { self.failure } else { self.success }).min(self.scanner);
            if failed {
                run.push((seconds, host));
            }
            crossed |= walk >= self.scanner;
            if walk <= self.ordinary {
                if crossed && run.len() > best.len() {
                    best.clone_from(&run);
                }
                (walk, crossed) = (0.0, false);
                run.clear();
            }
        }
        if crossed && run.len() > best.len() { run } else { best }
    }
}

/// Takes out failures that come as fast as a sweep: those are the fast detectors' to tell.
fn drop_bursts(facts: &Facts<'_>, steps: &mut Vec<Step>) {
    let limits = &facts.thresholds.horizontal_sweep;
    let failed: Vec<u32> =
        steps.iter().filter(|(_, failed, _)| *failed).map(|(seconds, ..)| *seconds).collect();
    let window = u32::try_from(limits.window_seconds).unwrap_or(u32::MAX);
    let mut bursts: Vec<(u32, u32)> = Vec::new();
    for (place, &from) in failed.iter().enumerate() {
        let Some(&to) = failed.get(place + limits.hosts.saturating_sub(1)) else { break };
        if to - from <= window {
            match bursts.last_mut() {
                Some(burst) if from <= burst.1 => burst.1 = to,
                _ => bursts.push((from, to)),
            }
        }
    }
    steps.retain(|(seconds, failed, _)| {
        let before = bursts.partition_point(|(from, _)| from <= seconds);
        let within =
            before.checked_sub(1).and_then(|place| bursts.get(place)).is_some_and(|(_, to)| seconds <= to);
        !*failed || !within
    });
}

pub(super) fn find(facts: &Facts<'_>) -> Vec<Finding> {
    let limits = &facts.thresholds.slow_scan;
    let success = (limits.theta1 / limits.theta0).ln();
    let failure = ((1.0 - limits.theta1) / (1.0 - limits.theta0)).ln();
    let scanner = (limits.detection / limits.false_alarm).ln();
    let ordinary = ((1.0 - limits.detection) / (1.0 - limits.false_alarm)).ln();
    // A target that many fail to reach is dead, and says nothing of one of them.
    let mut failing: HashMap<HostId, HashSet<HostId, RandomState>, RandomState> = HashMap::default();
    for row in &facts.failures {
        failing.entry(row.key.destination).or_default().insert(row.key.source);
    }
    // The first contacts of a second sweep over the same hosts are those that the first left out: few, and fast.
    let swept = horizontal::swept(facts);
    let is_told = |row: &Failure| row.count > POLLED || swept.contains(&(row.key.source, row.key.port));
    let told: HashSet<(HostId, HostId), RandomState> = facts
        .failures
        .iter()
        .filter(|row| is_told(row))
        .map(|row| (row.key.source, row.key.destination))
        .collect();
    let many = limits.dead_for.max(facts.talkers() / 10);
    let dead = |host: &HostId| failing.get(host).is_some_and(|sources| sources.len() >= many);
    let test = Test { success, failure, scanner, ordinary };
    // Failures of each source by port, inside alone (a rule that closes a port to the internet fails every
    // destination there): a scanner tries one port, an ordinary host succeeds elsewhere meanwhile.
    let mut by_port: BTreeMap<(HostId, u16), Vec<Step>> = BTreeMap::new();
    for row in facts.failures.iter().filter(|row| row.key.protocol == Protocol::TCP) {
        let seconds = u32::try_from(row.first_ms / 1000).unwrap_or_default();
        let inside = facts.is_internal(row.key.destination);
        if inside && !is_told(row) && !dead(&row.key.destination) && facts.answered(&row.key) == 0 {
            let steps = by_port.entry((row.key.source, row.key.port)).or_default();
            steps.push((seconds, true, row.key.destination));
        }
    }
    by_port.retain(|_, steps| steps.len() >= limits.contacts);
    for key in facts.tables.allowed.keys() {
        if facts.answered(key) == 0 || !facts.is_internal(key.destination) {
            continue;
        }
        if let Some(steps) = by_port.get_mut(&(key.source, key.port)) {
            let contact = facts.evidence.contacts.get(&(key.source, key.destination));
            steps.push((contact.map_or(0, |contact| contact.reached), false, key.destination));
        }
    }
    let mut findings = Vec::new();
    for (&source, contacts) in &facts.contacts {
        // One step a target: what happened first.
        let steps = contacts.iter().map(|(host, contact)| {
            (contact.failed.min(contact.reached), contact.failed < contact.reached, *host)
        });
        let steps: Vec<_> = steps
            .filter(|(_, failed, host)| !(*failed && (dead(host) || told.contains(&(source, *host)))))
            .collect();
        let mut best = Vec::new();
        let ports = by_port.range((source, 0)..=(source, u16::MAX)).map(|(_, steps)| steps.clone());
        for steps in std::iter::once(steps).chain(ports) {
            let run = test.longest_run(facts, steps, limits.contacts);
            if run.len() > best.len() {
                best = run;
            }
        }
        let (Some(first), Some(last)) = (best.first(), best.last()) else { continue };
        if best.len() < limits.contacts {
            continue;
        }
        let entity = facts.name(source);
        let targets: HashSet<HostId, RandomState> = best.iter().map(|(_, host)| *host).collect();
        let rows = facts.failures.iter().filter(|row| row.key.source == source);
        let rows = rows.filter(|row| targets.contains(&row.key.destination));
        let (evidence, evidence_rows) = shown(
            rows.map(|row| facts.row(&row.key, row.count, "denied packets or failed connections")).collect(),
        );
        findings.push(Finding {
            id: format!("{RULE}:{entity}"),
            rule: RULE,
            severity: Severity::Medium,
            title: format!("{entity} fails to reach one new host after another ({} of them)", best.len()),
            reason: format!(
                "The first contacts of this host, in order, are those of a scanner rather than of an ordinary host \
                 (sequential test, {:.0} % sure), and {} or more failed. Targets that {} or more hosts fail to reach \
                 are left out. An outdated list of servers looks the same.",
                limits.detection * 100.0,
                limits.contacts,
                many
            ),
            entity,
            first_time_ms: i64::from(first.0) * 1000,
            last_time_ms: i64::from(last.0) * 1000,
            techniques: &["T1046 Network Service Discovery"],
            next_step: "Look at what on the source opens these connections, and whether the targets ever existed.",
            evidence,
            evidence_rows,
        });
    }
    findings
}
