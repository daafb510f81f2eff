//! Traffic in clear, or dropped, in a network with encryption switched on.

use super::facts::{Facts, shown};
use super::{Finding, Severity, counted};

pub(super) const RULE: &str = "unencrypted";

pub(super) fn find(facts: &Facts<'_>) -> Vec<Finding> {
    [(true, "passed", "went unencrypted although encryption is on"), (false, "dropped", "dropped for want of encryption")]
        .into_iter()
        .filter_map(|(passed, entity, what)| {
            let count = |clear: &crate::aggregate::evidence::Clear| if passed { clear.passed } else { clear.dropped };
            let rows = facts.evidence.clear.iter().filter(|(_, clear)| count(clear) > 0);
            let first_time_ms = rows.clone().map(|(_, clear)| clear.times.0).min()?;
            let last_time_ms = rows.clone().map(|(_, clear)| clear.times.1).max()?;
            let (evidence, conversations) =
                shown(rows.map(|(key, clear)| facts.row(key, count(clear), "tuples")).collect());
            Some(Finding {
                id: format!("{RULE}:{entity}"),
                rule: RULE,
                severity: Severity::Low,
                title: format!("{} {what}", counted(conversations, "conversation", "conversations")),
                reason: if passed {
                    "The log says NX_FALLBACK or NX_HW_NOT_SUPPORTED: virtual network encryption is on, but one end \
                     cannot take part."
                } else {
                    "The log says NX_SW_NOT_READY, NX_NOT_ACCEPTED or NX_NOT_SUPPORTED: the packets were dropped, by no \
                     rule."
                }
                .to_owned(),
                entity: entity.to_owned(),
                first_time_ms,
                last_time_ms,
                techniques: &["T1040 Network Sniffing"],
                next_step: "Look at the virtual machine sizes of both ends: not all support virtual network encryption.",
                evidence,
                evidence_rows: conversations,
            })
        })
        .collect()
}
