//! Slow scan: threshold random walk (Jung, Paxson, Berger, Balakrishnan 2004) over first contacts.

use foldhash::fast::FixedState;
use hashbrown::{HashMap, HashSet};

use super::facts::{Facts, shown};
use super::{Finding, Severity};
use crate::aggregate::HostId;

pub(super) const RULE: &str = "slow-scan";

pub(super) fn find(facts: &Facts<'_>) -> Vec<Finding> {
    let limits = &facts.thresholds.slow_scan;
    let success = (limits.theta1 / limits.theta0).ln();
    let failure = ((1.0 - limits.theta1) / (1.0 - limits.theta0)).ln();
    let scanner = (limits.detection / limits.false_alarm).ln();
    let ordinary = ((1.0 - limits.detection) / (1.0 - limits.false_alarm)).ln();
    // A target that many fail to reach is dead, and says nothing of one of them.
    let mut failing: HashMap<HostId, HashSet<HostId, FixedState>, FixedState> = HashMap::default();
    for row in &facts.failures {
        failing.entry(row.key.destination).or_default().insert(row.key.source);
    }
    let dead = |host: &HostId| failing.get(host).is_some_and(|sources| sources.len() >= limits.dead_for);
    let mut findings = Vec::new();
    for (&source, contacts) in &facts.contacts {
        let failed = contacts.iter().filter(|(_, contact)| contact.failed < contact.reached).count();
        if failed < limits.contacts {
            continue;
        }
        // One step a target: what happened first.
        let mut steps: Vec<(u32, bool, HostId)> = contacts
            .iter()
            .map(|(host, contact)| {
                (contact.failed.min(contact.reached), contact.failed < contact.reached, *host)
            })
            .collect();
        steps.retain(|(_, failed, host)| !(*failed && dead(host)));
        steps.sort_unstable_by_key(|(seconds, failed, host)| (*seconds, *failed, facts.address(*host)));
        let (mut walk, mut run, mut best): (f64, Vec<(u32, HostId)>, Vec<(u32, HostId)>) =
            (0.0, Vec::new(), Vec::new());
        let mut crossed = false;
        for (seconds, failed, host) in steps {
            walk += if failed { failure } else { success };
            if failed {
                run.push((seconds, host));
            }
            crossed |= walk >= scanner;
            if crossed && run.len() > best.len() {
                best.clone_from(&run);
            }
            if walk <= ordinary {
                // Ordinary up to here: the test begins anew, as a host can be taken over at any time.
                (walk, crossed) = (0.0, false);
                run.clear();
            }
            walk = walk.min(scanner);
        }
        let (Some(first), Some(last)) = (best.first(), best.last()) else { continue };
        if best.len() < limits.contacts {
            continue;
        }
        let entity = facts.name(source);
        let targets: HashSet<HostId, FixedState> = best.iter().map(|(_, host)| *host).collect();
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
                limits.dead_for
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
