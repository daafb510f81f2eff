//! A port for administration that the internet actually reached.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::{Facts, shown};
use super::words::list;
use super::{Finding, Severity};
use crate::aggregate::{ADMIN_PORTS, Allowed, ConversationKey, HostId};
use crate::flow::Protocol;

pub(super) const RULE: &str = "exposed-admin-port";
/// A source answered on so many distinct ports is a prober (as Azure's own are), not a visitor of one of them.
const PROBER_PORTS: usize = 16;

pub(super) fn find(facts: &Facts<'_>) -> Vec<Finding> {
    let mut ports_of: BTreeMap<HostId, BTreeSet<u16>> = BTreeMap::new();
    let answered = || facts.inbound.iter().filter(|(key, _)| facts.answered(key) > 0);
    for (key, _) in answered() {
        ports_of.entry(key.source).or_default().insert(key.port);
    }
    let mut by_host: BTreeMap<HostId, Vec<&(ConversationKey, &Allowed)>> = BTreeMap::new();
    for row in answered() {
        let key = &row.0;
        let prober = ports_of.get(&key.source).is_some_and(|ports| ports.len() >= PROBER_PORTS);
        if key.protocol == Protocol::TCP && ADMIN_PORTS.contains(&key.port) && !prober {
            by_host.entry(key.destination).or_default().push(row);
        }
    }
    let finding = |(host, rows): (HostId, Vec<&(ConversationKey, &Allowed)>)| {
        let entity = facts.name(host);
        let ports: BTreeSet<u16> = rows.iter().map(|(key, _)| key.port).collect();
        let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
        let sources: BTreeSet<HostId> = rows.iter().map(|(key, _)| key.source).collect();
        let (first_time_ms, last_time_ms) = facts.times_of(rows.iter().map(|(key, _)| key), true);
        let rows = rows.iter().map(|(key, allowed)| facts.let_through(key, allowed));
        let (evidence, evidence_rows) = shown(rows.collect());
        Finding {
            id: format!("{RULE}:{entity}"),
            rule: RULE,
            severity: Severity::High,
            title: format!(
                "The internet reaches {} {} of {entity}",
                if ports.len() == 1 { "port" } else { "ports" },
                list(&ports)
            ),
            reason: format!(
                "{} public {} got an answer with payload from a port that administers machines or data.",
                sources.len(),
                if sources.len() == 1 { "address" } else { "addresses" }
            ),
            entity,
            first_time_ms,
            last_time_ms,
            techniques: &["T1133 External Remote Services", "T1190 Exploit Public-Facing Application"],
            next_step: "Close the port to the internet (Azure Bastion, VPN, just-in-time access), then check the sources.",
            evidence,
            evidence_rows,
        }
    };
    by_host.into_iter().map(finding).collect()
}
