//! A scan from the internet that found something: the one scan that is no noise.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::{Facts, shown};
use super::provider::Provider;
use super::words::{counted, list};
use super::{Finding, Severity};
use crate::aggregate::{ADMIN_PORTS, Allowed, ConversationKey, HostId};
use crate::flow::Protocol;

pub(super) const RULE: &str = "scan-accepted";
/// A service that so many public addresses get through to is meant for the public.
const PUBLIC_SERVICE: usize = 10;

type Row<'a> = (ConversationKey, &'a Allowed);

pub(super) fn find(facts: &Facts<'_>) -> Vec<Finding> {
    let scans = |source: HostId| {
        let least = facts.thresholds.vertical_scan.ports as u64;
        facts.knocks.get(&source).is_some_and(|knocks| knocks.conversations >= least)
    };
    let mut answered: BTreeMap<HostId, Vec<&Row<'_>>> = BTreeMap::new();
    let mut let_through: BTreeMap<HostId, Vec<&Row<'_>>> = BTreeMap::new();
    let (public, visited) = (visited(facts, true), visited(facts, false));
    for row in facts.inbound.iter().filter(|(key, _)| scans(key.source)) {
        let key = &row.0;
        let service = (key.destination, key.port, key.protocol);
        let many = |visited: &Visited| visited.get(&service).is_some_and(|by| by.len() >= PUBLIC_SERVICE);
        let admin = key.protocol == Protocol::TCP && ADMIN_PORTS.contains(&key.port);
        if facts.answered(key) > 0 {
            if !many(&public) {
                answered.entry(key.source).or_default().push(row);
            }
        } else if !facts.has_failed(key) && (admin || !many(&visited)) {
            let_through.entry(key.destination).or_default().push(row);
        }
    }
    let answered = answered.into_iter().map(|(source, rows)| found_something(facts, source, &rows));
    let unknown = let_through.into_iter().map(|(host, rows)| may_have_found(facts, host, &rows));
    answered.chain(unknown).collect()
}

type Visited = BTreeMap<(HostId, u16, Protocol), BTreeSet<HostId>>;

/// The public addresses that got through to each service, or got payload from it; the first few of each.
fn visited(facts: &Facts<'_>, answered: bool) -> Visited {
    let mut visited = Visited::new();
    for (key, _) in facts.inbound.iter().filter(|(key, _)| !answered || facts.answered(key) > 0) {
        let by = visited.entry((key.destination, key.port, key.protocol)).or_default();
        if by.len() < PUBLIC_SERVICE {
            by.insert(key.source);
        }
    }
    visited
}

fn found_something(facts: &Facts<'_>, source: HostId, rows: &[&Row<'_>]) -> Finding {
    let entity = facts.name(source);
    let (failed, tried) =
        facts.knocks.get(&source).map_or((0, facts.times), |knocks| (knocks.conversations, knocks.times));
    let times = facts.times_of(rows.iter().map(|(key, _)| key), true);
    let least = facts.thresholds.vertical_scan.ports;
    let rows = rows.iter().map(|(key, allowed)| facts.let_through(key, allowed));
    let (evidence, evidence_rows) = shown(rows.collect());
    Finding {
        id: format!("{RULE}:{entity}"),
        rule: RULE,
        severity: Severity::High,
        title: format!(
            "{entity}{} scanned from the internet and got an answer",
            Provider::of(facts.address(source)).in_brackets()
        ),
        reason: format!(
            "It failed on {failed} pairs of host and port ({least} make a scan) and got payload back from a service \
             that fewer than {PUBLIC_SERVICE} public addresses use."
        ),
        entity,
        first_time_ms: times.0.min(tried.0),
        last_time_ms: times.1.max(tried.1),
        techniques: &["T1595.001 Scanning IP Blocks", "T1190 Exploit Public-Facing Application"],
        next_step: "Close the answering port to the internet, or look at the service's log for this source.",
        evidence,
        evidence_rows,
    }
}

/// A rule let scanners through, and the log does not say what came of it.
fn may_have_found(facts: &Facts<'_>, host: HostId, rows: &[&Row<'_>]) -> Finding {
    let entity = facts.name(host);
    let ports: BTreeSet<u16> = rows.iter().map(|(key, _)| key.port).collect();
    let sources: BTreeSet<HostId> = rows.iter().map(|(key, _)| key.source).collect();
    let (first_time_ms, last_time_ms) = facts.times_of(rows.iter().map(|(key, _)| key), false);
    let rows = rows.iter().map(|(key, allowed)| {
        facts.row(key, allowed.connections, "connections let through, with no word of an answer")
    });
    let (evidence, evidence_rows) = shown(rows.collect());
    let named: Vec<String> = ports.iter().take(8).map(u16::to_string).collect();
    let more = if ports.len() > named.len() { " and others" } else { "" };
    let who = counted(sources.len() as u64, "host", "hosts");
    Finding {
        id: format!("{RULE}:{entity}"),
        rule: RULE,
        severity: Severity::Medium,
        title: format!(
            "{who} scanning from the internet got through to {} {}{more} of {entity}",
            if ports.len() == 1 { "port" } else { "ports" },
            list(&named)
        ),
        reason: format!(
            "Each failed on {} or more pairs of host and port, and a rule let it through here. The log does not say \
             whether it was answered: NSG flow logs version 1, and stateless rules, have neither ends nor bytes.",
            facts.thresholds.vertical_scan.ports
        ),
        entity,
        first_time_ms,
        last_time_ms,
        techniques: &["T1595.001 Scanning IP Blocks", "T1190 Exploit Public-Facing Application"],
        next_step: "Close the port to the internet, or look at the service's log for these sources.",
        evidence,
        evidence_rows,
    }
}
