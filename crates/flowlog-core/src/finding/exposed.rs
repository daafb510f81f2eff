//! A port for administration that the internet actually reached.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::Facts;
use super::heaviest::shown;
use super::inbound::Inbound;
use super::span::Span;
use super::technique;
use super::{Concern, Deed, Finding, NextStep, Object, Reason, Sentence, Severity};
use crate::state::HostId;

pub(super) const RULE: &str = "exposed-admin-port";

pub(super) fn find(facts: &Facts<'_>) -> Vec<Finding> {
    let scene = facts.scene;
    let mut by_host: BTreeMap<HostId, Vec<&Inbound>> = BTreeMap::new();
    for row in &facts.outside.admin {
        by_host.entry(row.key.destination).or_default().push(row);
    }
    let finding = |(host, rows): (HostId, Vec<&Inbound>)| {
        let entity = scene.name(host);
        let ports: BTreeSet<u16> = rows.iter().map(|row| row.key.port).collect();
        let ports = Object::NamedPorts(ports.into_iter().collect());
        let sources: BTreeSet<HostId> = rows.iter().map(|row| row.key.source).collect();
        let times: Span = rows.iter().map(|row| row.times).collect();
        let [first_time_ms, last_time_ms] = times.known();
        let (evidence, evidence_rows) = shown(rows.iter().map(|row| row.row(scene)).collect());
        Finding {
            id: format!("{RULE}:{entity}"),
            rule: RULE,
            severity: Severity::High,
            title: format!("The internet reaches {ports} of {entity}"),
            reason: Reason(vec![Sentence::AnsweredAdmin { addresses: sources.len() as u64 }]),
            concern: Concern::new(Deed::Exposed, &entity, ports, 0),
            entity,
            first_time_ms,
            last_time_ms,
            techniques: &[technique::T1133, technique::T1190],
            next_step: NextStep::CloseAdminPort,
            evidence,
            evidence_rows,
        }
    };
    by_host.into_iter().map(finding).collect()
}
