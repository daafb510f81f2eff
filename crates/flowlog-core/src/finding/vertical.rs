//! Vertical scan: one host tries many ports of another.

use std::collections::BTreeMap;

use super::failure::Failure;
use super::heaviest::shown;
use super::scene::Scene;
use super::statistics::{around, densest};
use super::technique;
use super::{
    Concern, Deed, EvidenceRow, Finding, NextStep, Note, Object, Reason, Sentence, Severity, Unit, counted,
};
use crate::state::{ConversationKey, HostId};

pub(super) const RULE: &str = "vertical-scan";
/// Below this, ports are not handed out to clients by default (Linux `ip_local_port_range`).
const EPHEMERAL: u16 = 32_768;

/// Many ports of one host tried by another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scan {
    /// The first try.
    key: ConversationKey,
    ports: u64,
    /// Of these, in the densest window.
    burst: usize,
    /// Length of that window.
    seconds: i64,
    /// First and last try, Unix ms.
    times: (i64, i64),
}

/// Whether what an internal host failed at with another, in order of time, is a scan.
pub(super) fn notice(scene: &Scene<'_>, failures: &[Failure]) -> Option<Scan> {
    let limits = &scene.thresholds().vertical_scan;
    if failures.len() < limits.ports {
        return None;
    }
    let failures: Vec<&Failure> =
        failures.iter().filter(|failure| failure.key.protocol.has_ports()).collect();
    let times: Vec<i64> = failures.iter().map(|failure| failure.first_ms).collect();
    let (start, end) = densest(&times, limits.window_seconds * 1000);
    let burst = failures.get(start..end).unwrap_or_default();
    // Late packets of a server to ports its clients have given up look like a scan of high ports.
    let low = burst.iter().filter(|failure| failure.key.port < EPHEMERAL).count();
    if burst.len() < limits.ports || low * 4 < burst.len() {
        return None;
    }
    // Dated by the burst and what belongs to it: not by an accident the day after.
    let (from, to) = around(&times, (start, end), limits.window_seconds * 1000);
    let all = failures.get(from..to).unwrap_or_default();
    let first = all.first()?;
    let within = times.get(end - 1).zip(times.get(start)).map_or(0, |(last, first)| last - first);
    let last = all.iter().map(|failure| failure.first_ms).max().unwrap_or(first.first_ms);
    Some(Scan {
        key: first.key,
        ports: all.len() as u64,
        burst: burst.len(),
        seconds: (within / 1000).max(1),
        times: (first.first_ms, last),
    })
}

impl Scan {
    fn row(&self, scene: &Scene<'_>) -> EvidenceRow {
        let note = Note::FailedWithin { burst: self.burst as u64, seconds: self.seconds };
        EvidenceRow { port: None, ..scene.row(&self.key, (self.ports, Unit::Ports), note) }
    }
}

pub(super) fn find(scene: &Scene<'_>, scans: &[Scan]) -> Vec<Finding> {
    let limits = &scene.thresholds().vertical_scan;
    let mut by_source: BTreeMap<HostId, Vec<&Scan>> = BTreeMap::new();
    for scan in scans {
        by_source.entry(scan.key.source).or_default().push(scan);
    }
    let finding = |(source, scans): (HostId, Vec<&Scan>)| {
        let entity = scene.name(source);
        let targets = scans.len();
        let most = scans.iter().map(|scan| scan.ports).max().unwrap_or_default();
        let first_time_ms = scans.iter().map(|scan| scan.times.0).min();
        let last_time_ms = scans.iter().map(|scan| scan.times.1).max();
        let target = match scans.as_slice() {
            [one] => Object::Name(scene.name(one.key.destination)),
            _ => Object::Hosts(targets as u64),
        };
        let (evidence, evidence_rows) = shown(scans.iter().map(|scan| scan.row(scene)).collect());
        Finding {
            id: format!("{RULE}:{entity}"),
            rule: RULE,
            severity: if most >= 100 || targets > 3 { Severity::High } else { Severity::Medium },
            title: format!("{entity} scans the ports of {}", counted(targets as u64, "host", "hosts")),
            reason: Reason(vec![
                Sentence::PortsOfOneHost { limit: limits.ports as u64, window: limits.window_seconds, most },
                Sentence::VulnerabilityScanners,
            ]),
            concern: Concern::new(Deed::PortScan, &entity, target, most),
            entity,
            first_time_ms,
            last_time_ms,
            techniques: &[technique::T1046],
            next_step: NextStep::WhoScanned,
            evidence,
            evidence_rows,
        }
    };
    by_source.into_iter().map(finding).collect()
}
