//! A scan from the internet that found something: the one scan that is no noise.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::{Facts, shown};
use super::{Finding, Severity};
use crate::aggregate::{Allowed, ConversationKey, HostId};

pub(super) const RULE: &str = "scan-accepted";
/// A service that so many public addresses get answers from is meant for the public.
const PUBLIC_SERVICE: usize = 10;

pub(super) fn find(facts: &Facts<'_>) -> Vec<Finding> {
    let least = facts.thresholds.vertical_scan.ports as u64;
    let mut visitors: BTreeMap<_, BTreeSet<HostId>> = BTreeMap::new();
    for (key, _) in &facts.inbound {
        let visitors = visitors.entry((key.destination, key.port, key.protocol)).or_default();
        if visitors.len() < PUBLIC_SERVICE {
            visitors.insert(key.source);
        }
    }
    let mut by_source: BTreeMap<HostId, Vec<&(ConversationKey, &Allowed)>> = BTreeMap::new();
    for row in &facts.inbound {
        let key = &row.0;
        let scans = facts.knocks.get(&key.source).is_some_and(|knocks| knocks.conversations >= least);
        let public = visitors
            .get(&(key.destination, key.port, key.protocol))
            .is_some_and(|visitors| visitors.len() >= PUBLIC_SERVICE);
        if scans && !public {
            by_source.entry(key.source).or_default().push(row);
        }
    }
    let finding = |(source, rows): (HostId, Vec<&(ConversationKey, &Allowed)>)| {
        let entity = facts.name(source);
        let failed = facts.knocks.get(&source).map_or(0, |knocks| knocks.conversations);
        let rows = rows.iter().map(|(key, allowed)| facts.let_through(key, allowed));
        let (evidence, evidence_rows) = shown(rows.collect());
        Finding {
            id: format!("{RULE}:{entity}"),
            rule: RULE,
            severity: Severity::High,
            title: format!("{entity} scanned from the internet and got an answer"),
            reason: format!(
                "It failed on {failed} pairs of host and port ({least} make a scan) and got payload back from a \
                 service that fewer than {PUBLIC_SERVICE} public addresses use."
            ),
            entity,
            first_time_ms: facts.times.0,
            last_time_ms: facts.times.1,
            techniques: &["T1595.001 Scanning IP Blocks", "T1190 Exploit Public-Facing Application"],
            next_step: "Close the answering port to the internet, or look at the service's log for this source.",
            evidence,
            evidence_rows,
        }
    };
    by_source.into_iter().map(finding).collect()
}
