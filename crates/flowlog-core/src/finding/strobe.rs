//! Strobes: connections from one host to another without pause.

use super::facts::{Facts, shown};
use super::provider::Provider;
use super::words::tenths;
use super::{Finding, Severity};

pub(super) const RULE: &str = "strobe";

pub(super) fn find(facts: &Facts<'_>) -> Vec<Finding> {
    let limits = &facts.thresholds.strobe;
    let span = (facts.span_ms() / 1000).max(limits.span_seconds) as f64;
    let mut findings = Vec::new();
    for (key, allowed) in &facts.outbound {
        let rate = tenths(allowed.connections as f64 / span);
        if rate < limits.per_second {
            continue;
        }
        let (entity, destination) = (facts.name(key.source), facts.name(key.destination));
        let (first_time_ms, last_time_ms) = facts.times_of(std::iter::once(key), false);
        let provider = Provider::of(facts.address(key.destination));
        let row = facts.row(key, allowed.connections, format!("connections, {rate:.1} a second"));
        let (evidence, evidence_rows) = shown(vec![row]);
        findings.push(Finding {
            id: format!("{RULE}:{entity}:{destination}:{}", key.port),
            rule: RULE,
            severity: if provider.is_vendor(key.port) { Severity::Low } else { Severity::Medium },
            title: format!(
                "{entity} opens {rate:.1} connections a second to {destination}:{}{}",
                key.port,
                provider.in_brackets()
            ),
            reason: format!(
                "At least {} a second on average over the whole data.{} Proxies and busy services without connection \
                 pools do the same.",
                limits.per_second,
                provider.sentence(key.port)
            ),
            entity,
            first_time_ms,
            last_time_ms,
            techniques: &["T1071 Application Layer Protocol"],
            next_step: "Find the program on the source; a client in a retry loop costs ports and money.",
            evidence,
            evidence_rows,
        });
    }
    findings
}
