//! A port for administration that the internet actually reached.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::Facts;
use super::heaviest::shown;
use super::inbound::Inbound;
use super::span::Span;
use super::technique;
use super::words::list;
use super::{Concern, Deed, Finding, Severity};
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
        let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
        let ports = format!("{} {}", if ports.len() == 1 { "port" } else { "ports" }, list(&ports));
        let sources: BTreeSet<HostId> = rows.iter().map(|row| row.key.source).collect();
        let times: Span = rows.iter().map(|row| row.times).collect();
        let [first_time_ms, last_time_ms] = times.known();
        let (evidence, evidence_rows) = shown(rows.iter().map(|row| row.row(scene)).collect());
        Finding {
            id: format!("{RULE}:{entity}"),
            rule: RULE,
            severity: Severity::High,
            title: format!("The internet reaches {ports} of {entity}"),
            reason: format!(
                "{} public {} got an answer with payload from a port that administers machines or data.",
                sources.len(),
                if sources.len() == 1 { "address" } else { "addresses" }
            ),
            concern: Concern::new(Deed::Exposed, &entity, ports, 0),
            entity,
            first_time_ms,
            last_time_ms,
            techniques: &[technique::T1133, technique::T1190],
            next_step: "Close the port to the internet (Azure Bastion, VPN, just-in-time access), then check the sources.",
            evidence,
            evidence_rows,
        }
    };
    by_host.into_iter().map(finding).collect()
}
