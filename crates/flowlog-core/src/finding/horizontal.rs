//! Horizontal sweep: one host tries one port of many, or pings them.

use std::collections::BTreeMap;

use foldhash::fast::RandomState;
use hashbrown::HashSet;

use super::facts::{Facts, Failure, shown};
use super::statistics::{around, densest};
use super::words::{counted, duration};
use super::{EvidenceRow, Finding, Severity};
use crate::aggregate::evidence::LOGIN_PORTS;
use crate::aggregate::{ConversationKey, HostId};
use crate::flow::{AddressClass, Protocol};

pub(super) const RULE: &str = "horizontal-sweep";
/// A monitor pings each host again and again; a sweep does so once, or once more to be sure.
const PINGS: u64 = 2;
/// Least share of pinged hosts without an answer: who pings what is there knows it already.
const PINGED_IN_VAIN: f64 = 0.2;

/// One port of many hosts, or the pings of many.
struct Sweep {
    row: EvidenceRow,
    severity: Severity,
    hosts: usize,
    first_ms: i64,
    last_ms: i64,
}

/// Failures by source, port and protocol, in order of time.
type Tried<'f> = BTreeMap<(HostId, u16, Protocol), Vec<&'f Failure>>;

pub(super) fn find(facts: &Facts<'_>) -> Vec<Finding> {
    let mut by_source: BTreeMap<HostId, Vec<Sweep>> = BTreeMap::new();
    for ((source, ..), failures) in tried(facts) {
        by_source.entry(source).or_default().extend(of_port(facts, &failures));
    }
    for (source, pinged) in pinged(facts) {
        by_source.entry(source).or_default().extend(of_pings(facts, &pinged));
    }
    let sweeping = by_source.into_iter().filter(|(_, sweeps)| !sweeps.is_empty());
    sweeping.map(|(source, sweeps)| finding(facts, source, sweeps)).collect()
}

/// Sources and the ports they swept: what else they tried there needs no finding of its own.
pub(super) fn swept(facts: &Facts<'_>) -> HashSet<(HostId, u16), RandomState> {
    let sweeps = tried(facts).into_iter().filter(|(_, failures)| of_port(facts, failures).is_some());
    sweeps.map(|((source, port, _), _)| (source, port)).collect()
}

fn tried<'f>(facts: &'f Facts<'_>) -> Tried<'f> {
    let mut tried = Tried::new();
    for failure in facts.failures.iter().filter(|failure| failure.key.protocol.has_ports()) {
        if is_one_host(facts, failure.key.destination) {
            let key = &failure.key;
            tried.entry((key.source, key.port, key.protocol)).or_default().push(failure);
        }
    }
    tried
}

fn is_one_host(facts: &Facts<'_>, host: HostId) -> bool {
    let class = facts.address(host).map(AddressClass::of);
    !matches!(class, Some(AddressClass::Multicast | AddressClass::Broadcast))
}

/// `failures` of one port, in order of time.
fn of_port(facts: &Facts<'_>, failures: &[&Failure]) -> Option<Sweep> {
    let limits = &facts.thresholds.horizontal_sweep;
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
    let contacts = facts.contacts.get(&first.key.source);
    let reached = contacts.map_or(0, |contacts| {
        contacts.iter().filter(|(_, contact)| window.contains(&i64::from(contact.reached))).count()
    });
    if (burst as f64) < limits.failed_share * (burst + reached) as f64 {
        return None;
    }
    let what = format!("hosts failed on this port, {burst} of them within {}", seconds(from, to));
    let mut row = facts.row(&first.key, failures.len() as u64, what);
    row.destination = counted(failures.len() as u64, "host", "hosts");
    Some(Sweep {
        row,
        severity: if LOGIN_PORTS.contains(&first.key.port) { Severity::High } else { Severity::Medium },
        hosts: failures.len(),
        first_ms: first.first_ms,
        last_ms: failures.iter().map(|failure| failure.first_ms).max().unwrap_or(to),
    })
}

fn seconds(from_ms: i64, to_ms: i64) -> String {
    duration(((to_ms - from_ms) / 1000).max(1))
}

/// A host that was pinged: first and last time (Unix ms), and whether it was in vain.
struct Pinged {
    key: ConversationKey,
    first_ms: i64,
    last_ms: i64,
    failed: bool,
}

/// Hosts that each own host pinged, those it pings again and again left out; in order of time.
fn pinged(facts: &Facts<'_>) -> BTreeMap<HostId, Vec<Pinged>> {
    let is_ping = |protocol: Protocol| matches!(protocol, Protocol::ICMP | Protocol::ICMPV6);
    let mut pinged: BTreeMap<HostId, BTreeMap<HostId, Pinged>> = BTreeMap::new();
    let mut take = |ping: Pinged| {
        pinged.entry(ping.key.source).or_default().entry(ping.key.destination).or_insert(ping);
    };
    for failure in facts.failures.iter().filter(|failure| is_ping(failure.key.protocol)) {
        let Failure { key, first_ms, last_ms, .. } = *failure;
        take(Pinged { key, first_ms, last_ms, failed: true });
    }
    for key in facts.tables.allowed.keys().filter(|key| is_ping(key.protocol)) {
        if let Some(activity) = facts.evidence.activity.get(key).filter(|_| facts.is_internal(key.source)) {
            take(Pinged { key: *key, first_ms: activity.times.0, last_ms: activity.times.1, failed: false });
        }
    }
    let once = |ping: &Pinged| {
        let allowed = facts.tables.allowed.get(&ping.key).map_or(0, |allowed| allowed.connections);
        let denied = facts.tables.denied.get(&ping.key).map_or(0, |denied| denied.attempts);
        allowed.max(denied) <= PINGS && is_one_host(facts, ping.key.destination)
    };
    let in_order = |hosts: BTreeMap<HostId, Pinged>| {
        let mut hosts: Vec<Pinged> = hosts.into_values().filter(once).collect();
        hosts.sort_by_key(|ping| (ping.first_ms, facts.address(ping.key.destination)));
        hosts
    };
    pinged.into_iter().map(|(source, hosts)| (source, in_order(hosts))).collect()
}

fn of_pings(facts: &Facts<'_>, pinged: &[Pinged]) -> Option<Sweep> {
    let limits = &facts.thresholds.horizontal_sweep;
    let times: Vec<i64> = pinged.iter().map(|ping| ping.first_ms).collect();
    let (start, end) = densest(&times, limits.window_seconds * 1000);
    let burst = pinged.get(start..end).filter(|burst| burst.len() >= limits.hosts)?;
    let (first, last) = (burst.first()?, burst.last()?);
    let failed = burst.iter().filter(|ping| ping.failed).count();
    if (failed as f64) < PINGED_IN_VAIN * burst.len() as f64 {
        return None;
    }
    let what = format!(
        "hosts pinged within {}, {failed} of them without an answer",
        seconds(first.first_ms, last.first_ms)
    );
    let mut row = facts.row(&first.key, burst.len() as u64, what);
    row.destination = counted(burst.len() as u64, "host", "hosts");
    Some(Sweep {
        row,
        severity: Severity::Medium,
        hosts: burst.len(),
        first_ms: first.first_ms,
        last_ms: burst.iter().map(|ping| ping.last_ms).max().unwrap_or(last.last_ms),
    })
}

fn finding(facts: &Facts<'_>, source: HostId, sweeps: Vec<Sweep>) -> Finding {
    let limits = &facts.thresholds.horizontal_sweep;
    let entity = facts.name(source);
    let most = sweeps.iter().map(|sweep| sweep.hosts).max().unwrap_or_default();
    let ports = sweeps.iter().filter(|sweep| sweep.row.port.is_some()).count() as u64;
    let pings = ports < sweeps.len() as u64;
    let what = match (ports, pings) {
        (0, _) => "pings".to_owned(),
        (_, false) => format!("tries {} on", counted(ports, "port", "ports")),
        (_, true) => format!("pings, and tries {} on,", counted(ports, "port", "ports")),
    };
    let first_time_ms = sweeps.iter().map(|sweep| sweep.first_ms).min().unwrap_or_default();
    let last_time_ms = sweeps.iter().map(|sweep| sweep.last_ms).max().unwrap_or_default();
    let severity = sweeps.iter().map(|sweep| sweep.severity).max().unwrap_or(Severity::Medium);
    let (evidence, evidence_rows) = shown(sweeps.into_iter().map(|sweep| sweep.row).collect());
    let of_ports = format!(
        " {} or more hosts were denied, refused or unanswered on one port within {}, and at least {:.0} % of the first \
         contacts in that time failed.",
        limits.hosts,
        duration(limits.window_seconds),
        limits.failed_share * 100.0
    );
    let of_pings = format!(
        " {} or more hosts were pinged once or twice, and never else, within {}, {:.0} % or more in vain.",
        limits.hosts,
        duration(limits.window_seconds),
        PINGED_IN_VAIN * 100.0
    );
    Finding {
        id: format!("{RULE}:{entity}"),
        rule: RULE,
        severity,
        title: format!("{entity} {what} up to {most} hosts"),
        reason: format!(
            "{}{} Inventory and monitoring do the same on purpose.",
            if ports > 0 { of_ports.trim_start() } else { "" },
            if pings { of_pings.as_str() } else { "" }
        )
        .trim_start()
        .to_owned(),
        entity,
        first_time_ms,
        last_time_ms,
        techniques: &["T1046 Network Service Discovery", "T1018 Remote System Discovery"],
        next_step: "Find out which program on the source did it; isolate the host if nobody owns the sweep.",
        evidence,
        evidence_rows,
    }
}
