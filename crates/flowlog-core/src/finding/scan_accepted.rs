//! A scan from the internet that found something: the one scan that is no noise.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::Facts;
use super::heaviest::shown;
use super::inbound::Inbound;
use super::outside::Visits;
use super::provider::Provider;
use super::span::Span;
use super::technique;
use super::words::{counted, list};
use super::{Concern, Deed, Finding, NextStep, Note, Object, Reason, Sentence, Severity, Subjects, Unit};
use crate::state::HostId;

pub(super) const RULE: &str = "scan-accepted";
/// A service that so many public addresses get through to is meant for the public.
const PUBLIC_SERVICE: u64 = 10;

pub(super) fn find(facts: &Facts<'_>) -> Vec<Finding> {
    let mut answered: BTreeMap<HostId, Vec<&Inbound>> = BTreeMap::new();
    let mut let_through: BTreeMap<HostId, Vec<&Inbound>> = BTreeMap::new();
    for row in &facts.outside.let_in {
        let visits = facts.outside.visits.get(&row.service());
        let many = |count: fn(&Visits) -> u64| visits.is_some_and(|visits| count(visits) >= PUBLIC_SERVICE);
        if row.answered {
            if !many(|visits| visits.answered) {
                answered.entry(row.key.source).or_default().push(row);
            }
        } else if !row.failed && (row.is_admin() || !many(|visits| visits.all)) {
            let_through.entry(row.key.destination).or_default().push(row);
        }
    }
    let answered = answered.into_iter().map(|(source, rows)| found_something(facts, source, &rows));
    let unknown = let_through.into_iter().map(|(host, rows)| may_have_found(facts, host, &rows));
    answered.chain(unknown).collect()
}

fn found_something(facts: &Facts<'_>, source: HostId, rows: &[&Inbound]) -> Finding {
    let scene = facts.scene;
    let entity = scene.name(source);
    let knocks = facts.outside.scanners.get(&source);
    let failed = knocks.map_or(0, |knocks| knocks.conversations);
    let mut times: Span = rows.iter().map(|row| row.times).collect();
    if let Some(knocks) = knocks {
        times.add(knocks.times);
    }
    let [first_time_ms, last_time_ms] = times.known();
    let hosts: BTreeSet<HostId> = rows.iter().map(|row| row.key.destination).collect();
    let object = match hosts.first() {
        Some(host) if hosts.len() == 1 => Object::Name(scene.name(*host)),
        _ => Object::Hosts(hosts.len() as u64),
    };
    let least = scene.thresholds().vertical_scan.ports;
    let (evidence, evidence_rows) = shown(rows.iter().map(|row| row.row(scene)).collect());
    Finding {
        id: format!("{RULE}:{entity}"),
        rule: RULE,
        severity: Severity::High,
        title: format!(
            "{entity}{} scanned from the internet and got an answer",
            Provider::of(scene.address(source)).in_brackets()
        ),
        reason: Reason(vec![Sentence::PayloadBack { failed, least: least as u64, public: PUBLIC_SERVICE }]),
        concern: Concern::new(Deed::ScanAnswered, &entity, object, 0),
        entity,
        first_time_ms,
        last_time_ms,
        techniques: &[technique::T1595_001, technique::T1190],
        next_step: NextStep::CloseAnsweringPort,
        evidence,
        evidence_rows,
    }
}

/// A rule let scanners through, and the log does not say what came of it.
fn may_have_found(facts: &Facts<'_>, host: HostId, rows: &[&Inbound]) -> Finding {
    let scene = facts.scene;
    let entity = scene.name(host);
    let ports: BTreeSet<u16> = rows.iter().map(|row| row.key.port).collect();
    let sources: BTreeSet<HostId> = rows.iter().map(|row| row.key.source).collect();
    let times: Span = rows.iter().map(|row| row.times).collect();
    let [first_time_ms, last_time_ms] = times.known();
    let rows = rows
        .iter()
        .map(|row| scene.row(&row.key, (row.connections, Unit::Connections), Note::LetThroughUntold));
    let (evidence, evidence_rows) = shown(rows.collect());
    let named: Vec<String> = ports.iter().take(8).map(u16::to_string).collect();
    let more = if ports.len() > named.len() { " and others" } else { "" };
    let concern = Concern {
        deed: Deed::ScanLetThrough,
        object: Object::Name(entity.clone()),
        subjects: Subjects::of(sources.iter().map(|source| scene.name(*source))),
        amount: 0,
    };
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
        reason: Reason(vec![
            Sentence::LetThroughAfterScan { least: scene.thresholds().vertical_scan.ports as u64 },
            Sentence::FateNotLogged,
        ]),
        concern,
        entity,
        first_time_ms,
        last_time_ms,
        techniques: &[technique::T1595_001, technique::T1190],
        next_step: NextStep::ClosePortToSources,
        evidence,
        evidence_rows,
    }
}
