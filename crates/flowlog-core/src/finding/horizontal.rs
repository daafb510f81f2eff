//! Horizontal sweep: one host tries one port of many, or pings them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::failure::Failure;
use super::heaviest::shown;
use super::own_source::{FirstContact, OwnSource};
use super::scene::Scene;
use super::statistics::{around, densest};
use super::technique;
use super::words::counted;
use super::{Concern, Deed, EvidenceRow, Finding, NextStep, Note, Object, Reason, Sentence, Severity, Unit};
use crate::flow::Protocol;
use crate::state::Conversation;
use crate::state::evidence::LOGIN_PORTS;
use crate::state::{ConversationKey, HostId};

pub(super) const RULE: &str = "horizontal-sweep";
/// A monitor pings each host again and again; a sweep does so once, or once more to be sure.
const PINGS: u64 = 2;
/// Least share of pinged hosts without an answer: who pings what is there knows it already.
const PINGED_IN_VAIN: f64 = 0.2;

/// One port of many hosts, or the pings of many.
pub(super) struct Sweep {
    /// The port; `None` of pings.
    pub(super) port: Option<u16>,
    row: EvidenceRow,
    severity: Severity,
    hosts: usize,
    first_ms: i64,
    last_ms: i64,
}

/// The sweeps of one own host.
pub(super) fn sweeps(scene: &Scene<'_>, source: &OwnSource<'_>) -> Vec<Sweep> {
    let mut tried: BTreeMap<(u16, Protocol), Vec<&Failure>> = BTreeMap::new();
    for failure in source.failures.iter().filter(|failure| failure.key.protocol.has_ports()) {
        if scene.is_one_host(failure.key.destination) {
            tried.entry((failure.key.port, failure.key.protocol)).or_default().push(failure);
        }
    }
    let of_ports = tried.values().filter_map(|failures| of_port(scene, failures, source.contacts));
    of_ports.chain(of_pings(scene, source.pinged)).collect()
}

/// `failures` of one port, in order of time.
fn of_port(scene: &Scene<'_>, failures: &[&Failure], contacts: &[FirstContact]) -> Option<Sweep> {
    let limits = &scene.thresholds().horizontal_sweep;
    let times: Vec<i64> = failures.iter().map(|failure| failure.first_ms).collect();
    let (start, end) = densest(&times, limits.window_seconds * 1000);
    let (&from, &to) = (times.get(start)?, times.get(end.checked_sub(1)?)?);
    let (all_from, all_to) = around(&times, (start, end), limits.window_seconds * 1000);
    let failures = failures.get(all_from..all_to)?;
    let (first, burst) = (failures.first()?, end - start);
    if burst < limits.hosts {
        return None;
    }
    // Somebody who reaches most of what he tries is a poller with some targets down.
    let window = from / 1000..=to / 1000;
    let reached = contacts.iter().filter(|row| window.contains(&i64::from(row.contact.reached))).count();
    if (burst as f64) < limits.failed_share * (burst + reached) as f64 {
        return None;
    }
    let note = Note::FailedOnPort { burst: burst as u64, seconds: seconds(from, to) };
    let mut row = scene.row(&first.key, (failures.len() as u64, Unit::Hosts), note);
    row.destination = None;
    Some(Sweep {
        port: Some(first.key.port),
        row,
        severity: if LOGIN_PORTS.contains(&first.key.port) { Severity::High } else { Severity::Medium },
        hosts: failures.len(),
        first_ms: first.first_ms,
        last_ms: failures.iter().map(|failure| failure.first_ms).max().unwrap_or(to),
    })
}

fn seconds(from_ms: i64, to_ms: i64) -> i64 {
    ((to_ms - from_ms) / 1000).max(1)
}

/// A host that was pinged: first and last time (Unix ms), and whether it was in vain. 32 bytes.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Pinged {
    pub(super) key: ConversationKey,
    failed: bool,
    pub(super) first_ms: i64,
    last_ms: i64,
}

/// Whether an internal host pinged another, and did not do so again and again. `conversations` are all that it began
/// with it, and `failures` what came to nothing of them, in order of time.
pub(super) fn ping(
    scene: &Scene<'_>,
    conversations: &[Conversation],
    failures: &[Failure],
) -> Option<Pinged> {
    let is_ping = |key: &ConversationKey| matches!(key.protocol, Protocol::ICMP | Protocol::ICMPV6);
    let mut pings = conversations.iter().filter(|known| is_ping(&known.key)).peekable();
    pings.peek()?;
    let of_failure = |failure: &Failure| {
        let Failure { key, first_ms, last_ms, .. } = *failure;
        Pinged { key, failed: true, first_ms, last_ms }
    };
    let of_allowed = |known: &Conversation| {
        let (first_ms, last_ms) = known.allowed.and(known.activity)?.times;
        Some(Pinged { key: known.key, failed: false, first_ms, last_ms })
    };
    let failure = failures.iter().find(|failure| is_ping(&failure.key)).map(of_failure);
    let ping = failure.or_else(|| pings.clone().find_map(of_allowed))?;
    let known = pings.find(|known| known.key == ping.key)?;
    let allowed = known.allowed.map_or(0, |allowed| allowed.connections);
    let denied = known.denied.map_or(0, |denied| denied.attempts);
    (allowed.max(denied) <= PINGS && scene.is_one_host(ping.key.destination)).then_some(ping)
}

fn of_pings(scene: &Scene<'_>, pinged: &[Pinged]) -> Option<Sweep> {
    let limits = &scene.thresholds().horizontal_sweep;
    let times: Vec<i64> = pinged.iter().map(|ping| ping.first_ms).collect();
    let (start, end) = densest(&times, limits.window_seconds * 1000);
    let burst = pinged.get(start..end).filter(|burst| burst.len() >= limits.hosts)?;
    let (first, last) = (burst.first()?, burst.last()?);
    let failed = burst.iter().filter(|ping| ping.failed).count();
    if (failed as f64) < PINGED_IN_VAIN * burst.len() as f64 {
        return None;
    }
    let note =
        Note::PingedWithin { seconds: seconds(first.first_ms, last.first_ms), unanswered: failed as u64 };
    let mut row = scene.row(&first.key, (burst.len() as u64, Unit::Hosts), note);
    row.destination = None;
    Some(Sweep {
        port: None,
        row,
        severity: Severity::Medium,
        hosts: burst.len(),
        first_ms: first.first_ms,
        last_ms: burst.iter().map(|ping| ping.last_ms).max().unwrap_or(last.last_ms),
    })
}

fn concern(entity: &str, sweeps: &[Sweep], most: usize) -> Concern {
    let mut ports = sweeps.iter().filter_map(|sweep| sweep.port);
    let (deed, object) = match (ports.next(), ports.count()) {
        (None, _) => (Deed::PingSweep, Object::Nothing),
        (Some(port), 0) => (Deed::Sweep, Object::NamedPorts(vec![port])),
        (Some(_), more) => (Deed::Sweep, Object::Ports(more as u64 + 1)),
    };
    Concern::new(deed, entity, object, most as u64)
}

/// One finding of all sweeps of an own host.
pub(super) fn find(scene: &Scene<'_>, source: HostId, sweeps: Vec<Sweep>) -> Option<Finding> {
    if sweeps.is_empty() {
        return None;
    }
    let limits = &scene.thresholds().horizontal_sweep;
    let entity = scene.name(source);
    let most = sweeps.iter().map(|sweep| sweep.hosts).max().unwrap_or_default();
    let ports = sweeps.iter().filter(|sweep| sweep.row.port.is_some()).count() as u64;
    let pings = ports < sweeps.len() as u64;
    let what = match (ports, pings) {
        (0, _) => "pings".to_owned(),
        (_, false) => format!("tries {} on", counted(ports, "port", "ports")),
        (_, true) => format!("pings, and tries {} on,", counted(ports, "port", "ports")),
    };
    let first_time_ms = sweeps.iter().map(|sweep| sweep.first_ms).min();
    let last_time_ms = sweeps.iter().map(|sweep| sweep.last_ms).max();
    let concern = concern(&entity, &sweeps, most);
    let severity = sweeps.iter().map(|sweep| sweep.severity).max().unwrap_or(Severity::Medium);
    let (evidence, evidence_rows) = shown(sweeps.into_iter().map(|sweep| sweep.row).collect());
    let (limit, window) = (limits.hosts as u64, limits.window_seconds);
    let of_ports = Sentence::HostsOfOnePort { limit, window, percent: limits.failed_share * 100.0 };
    let of_pings = Sentence::HostsPinged { limit, window, percent: PINGED_IN_VAIN * 100.0 };
    let reasons = [(ports > 0, of_ports), (pings, of_pings), (true, Sentence::InventoryDoesTheSame)];
    let reason = reasons.into_iter().filter(|(holds, _)| *holds).map(|(_, sentence)| sentence);
    Some(Finding {
        id: format!("{RULE}:{entity}"),
        rule: RULE,
        severity,
        title: format!("{entity} {what} up to {most} hosts"),
        reason: Reason(reason.collect()),
        concern,
        entity,
        first_time_ms,
        last_time_ms,
        techniques: &[technique::T1046, technique::T1018],
        next_step: NextStep::WhoSwept,
        evidence,
        evidence_rows,
    })
}
