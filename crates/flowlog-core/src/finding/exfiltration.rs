//! Uploads out of line with those of the other hosts.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::{Facts, shown};
use super::provider::Provider;
use super::statistics::{mad, median, sort};
use super::words::tenths;
use super::{Finding, Severity};
use crate::aggregate::HostId;
use crate::flow::Counters;
use crate::text::bytes;

pub(super) const RULE: &str = "exfiltration";
/// Fewer hosts than this have no "usual".
const PEERS: usize = 5;
/// The scale at which the MAD of a normal distribution is its standard deviation (Iglewicz and Hoaglin 1993).
const NORMAL: f64 = 0.6745;

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // bytes of an upload
pub(super) fn find(facts: &Facts<'_>) -> Vec<Finding> {
    let limits = &facts.thresholds.exfiltration;
    let mut pairs: BTreeMap<(HostId, HostId), Counters> = BTreeMap::new();
    let mut users: BTreeMap<HostId, BTreeSet<HostId>> = BTreeMap::new();
    for (key, allowed) in &facts.outbound {
        pairs.entry((key.source, key.destination)).or_default().add(&allowed.counters);
        users.entry(key.destination).or_default().insert(key.source);
    }
    let mut largest: BTreeMap<HostId, u64> = BTreeMap::new();
    for ((source, _), counters) in &pairs {
        let most = largest.entry(*source).or_default();
        *most = counters.bytes_sent.max(*most);
    }
    let mut logs: Vec<f64> = largest.values().map(|&bytes| (bytes.max(1) as f64).log10()).collect();
    sort(&mut logs);
    let middle = median(&logs);
    // Hosts that all send the same must not make the scale vanish: a tenth of a decade at least.
    let scale = mad(&logs).max(0.1);
    let mut findings = Vec::new();
    for ((source, destination), counters) in &pairs {
        let sent = counters.bytes_sent;
        let ratio = sent as f64 / counters.bytes_received.max(1) as f64;
        let z = NORMAL * ((sent.max(1) as f64).log10() - middle) / scale;
        let common = users.get(destination).map_or(0, BTreeSet::len) * 2 > largest.len();
        let peers = largest.len() >= PEERS;
        if sent < limits.bytes || ratio < limits.ratio || common || !peers || z < limits.z_score {
            continue;
        }
        let entity = facts.name(*source);
        let provider = Provider::of(facts.address(*destination));
        let rows =
            facts.outbound.iter().filter(|(key, _)| (key.source, key.destination) == (*source, *destination));
        let (first_time_ms, last_time_ms) = facts.times_of(rows.clone().map(|(key, _)| key), false);
        let rows = rows.map(|(key, allowed)| facts.row(key, allowed.counters.bytes_sent, "bytes sent"));
        let (evidence, evidence_rows) = shown(rows.collect());
        let to = facts.name(*destination);
        findings.push(Finding {
            id: format!("{RULE}:{entity}:{to}"),
            rule: RULE,
            severity: Severity::High,
            title: format!("{entity} sent {} to {to}{}", bytes(sent), provider.in_brackets()),
            reason: format!(
                "{} times what came back; the usual largest upload of the {} hosts that talk to the internet is {} \
                 (modified z-score {:.1}, limit {}). Backups and media uploads look the same.",
                ratio.floor(),
                largest.len(),
                bytes(10_f64.powf(middle) as u64),
                tenths(z),
                limits.z_score
            ),
            entity,
            first_time_ms,
            last_time_ms,
            techniques: &["T1048 Exfiltration Over Alternative Protocol", "T1567 Exfiltration Over Web Service"],
            next_step: "Find out who runs the destination and which data the source holds.",
            evidence,
            evidence_rows,
        });
    }
    findings
}
