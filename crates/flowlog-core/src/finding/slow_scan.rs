//! Slow scan: threshold random walk (Jung, Paxson, Berger, Balakrishnan 2004) over first contacts.

use std::collections::BTreeMap;

use foldhash::fast::RandomState;
use hashbrown::HashSet;

use super::facts::Facts;
use super::failure::Failure;
use super::heaviest::shown;
use super::horizontal::Sweep;
use super::own_source::OwnSource;
use super::scene::Scene;
use super::technique;
use super::thresholds::SlowScan;
use super::{Concern, Deed, Finding, NextStep, Note, Reason, Sentence, Severity, Unit};
use crate::flow::Protocol;
use crate::radix;
use crate::state::HostId;

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
    fn new(limits: &SlowScan) -> Self {
        Self {
            success: (limits.theta1 / limits.theta0).ln(),
            failure: ((1.0 - limits.theta1) / (1.0 - limits.theta0)).ln(),
            scanner: (limits.detection / limits.false_alarm).ln(),
            ordinary: ((1.0 - limits.detection) / (1.0 - limits.false_alarm)).ln(),
        }
    }

    /// The longest list of failures during which the walk came to the scanner's end; begun anew each
    /// time it comes to the other, as a host can be taken over at any time.
    fn longest_run(&self, scene: &Scene<'_>, mut steps: Vec<Step>, least: usize) -> Run {
        if steps.iter().filter(|(_, failed, _)| *failed).count() < least {
            return Vec::new();
        }
        let order = |(seconds, failed, _): &Step| u64::from(*seconds) << 1 | u64::from(*failed);
        radix::sort_by_key(&mut steps, order);
        // Few are of one second: their addresses are looked up only then.
        for at_once in steps.chunk_by_mut(|a, b| order(a) == order(b)).filter(|steps| steps.len() > 1) {
            at_once.sort_unstable_by_key(|(_, _, host)| scene.address(*host));
        }
        drop_bursts(scene, &mut steps);
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
fn drop_bursts(scene: &Scene<'_>, steps: &mut Vec<Step>) {
    let limits = &scene.thresholds().horizontal_sweep;
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

/// What an own host failed at that others do not tell of already.
struct Told<'f, 'a> {
    facts: &'f Facts<'a>,
    swept: Vec<u16>,
    hosts: HashSet<HostId, RandomState>,
}

impl<'f, 'a> Told<'f, 'a> {
    fn new(facts: &'f Facts<'a>, source: &OwnSource<'_>, sweeps: &[Sweep]) -> Self {
        let swept = sweeps.iter().filter_map(|sweep| sweep.port).collect();
        let mut told = Self { facts, swept, hosts: HashSet::default() };
        let rows = source.failures.iter().filter(|row| told.has(row));
        told.hosts = rows.map(|row| row.key.destination).collect();
        told
    }

    /// The first contacts of a second sweep over the same hosts are those that the first left out: few, and fast.
    fn has(&self, row: &Failure) -> bool {
        row.count > POLLED || self.swept.contains(&row.key.port)
    }

    /// Failures by port, inside alone (a rule that closes a port to the internet fails every destination there): a
    /// scanner tries one port, an ordinary host succeeds elsewhere meanwhile.
    fn by_port(&self, source: &OwnSource<'_>) -> BTreeMap<u16, Vec<Step>> {
        let scene = self.facts.scene;
        let mut by_port: BTreeMap<u16, Vec<Step>> = BTreeMap::new();
        for row in source.failures.iter().filter(|row| row.key.protocol == Protocol::TCP) {
            let seconds = u32::try_from(row.first_ms / 1000).unwrap_or_default();
            let host = row.key.destination;
            if !row.answered && !self.has(row) && !self.facts.is_dead(host) && scene.is_internal(host) {
                by_port.entry(row.key.port).or_default().push((seconds, true, host));
            }
        }
        by_port.retain(|_, steps| steps.len() >= scene.thresholds().slow_scan.contacts);
        for row in source.reached {
            if let Some(steps) = by_port.get_mut(&row.port) {
                steps.push((row.seconds, false, row.destination));
            }
        }
        by_port
    }

    /// One step a target: what happened first.
    fn first_contacts(&self, source: &OwnSource<'_>) -> Vec<Step> {
        let steps = source.contacts.iter().map(|row| {
            let contact = &row.contact;
            (contact.failed.min(contact.reached), contact.failed < contact.reached, row.destination)
        });
        let untold = |host: &HostId| !self.facts.is_dead(*host) && !self.hosts.contains(host);
        steps.filter(|(_, failed, host)| !*failed || untold(host)).collect()
    }
}

/// Whether an own host, whose sweeps are told already, scans slowly.
pub(super) fn find(facts: &Facts<'_>, source: &OwnSource<'_>, sweeps: &[Sweep]) -> Option<Finding> {
    let (scene, limits) = (facts.scene, &facts.scene.thresholds().slow_scan);
    if source.contacts.is_empty() {
        return None;
    }
    let told = Told::new(facts, source, sweeps);
    let test = Test::new(limits);
    let mut best = Vec::new();
    let first_contacts = std::iter::once(told.first_contacts(source));
    for steps in first_contacts.chain(told.by_port(source).into_values()) {
        let run = test.longest_run(scene, steps, limits.contacts);
        if run.len() > best.len() {
            best = run;
        }
    }
    let (first, last) = (best.first()?, best.last()?);
    if best.len() < limits.contacts {
        return None;
    }
    let entity = scene.name(source.host);
    let targets: HashSet<HostId, RandomState> = best.iter().map(|(_, host)| *host).collect();
    let rows = source.failures.iter().filter(|row| targets.contains(&row.key.destination));
    let (evidence, evidence_rows) =
        shown(rows.map(|row| scene.row(&row.key, (row.count, Unit::FailedAttempts), Note::None)).collect());
    Some(Finding {
        id: format!("{RULE}:{entity}"),
        rule: RULE,
        severity: Severity::Medium,
        title: format!("{entity} fails to reach one new host after another ({} of them)", best.len()),
        reason: Reason(vec![
            Sentence::ContactsOfAScanner {
                percent: limits.detection * 100.0,
                failed: limits.contacts as u64,
            },
            Sentence::DeadTargets { hosts: facts.dead_for as u64 },
            Sentence::OutdatedList,
        ]),
        concern: Concern::new(Deed::SlowScan, &entity, "", 0),
        entity,
        first_time_ms: Some(i64::from(first.0) * 1000),
        last_time_ms: Some(i64::from(last.0) * 1000),
        techniques: &[technique::T1046],
        next_step: NextStep::WhatOpensThese,
        evidence,
        evidence_rows,
    })
}
