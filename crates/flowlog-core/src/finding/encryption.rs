//! Traffic in clear, or dropped, in a network with encryption switched on.

use super::heaviest::Heaviest;
use super::scene::Scene;
use super::span::Span;
use super::technique;
use super::{Concern, Deed, Finding, Severity, Unit, counted};
use crate::state::Conversation;

pub(super) const RULE: &str = "unencrypted";

/// Conversations of which something passed in clear, and those of which something was dropped.
#[derive(Default)]
pub(super) struct Unencrypted {
    passed: (Heaviest, Span),
    dropped: (Heaviest, Span),
}

impl Unencrypted {
    #[inline]
    pub(super) fn take(&mut self, scene: &Scene<'_>, conversation: &Conversation) {
        let Some(clear) = &conversation.clear else { return };
        for ((rows, times), count) in [(&mut self.passed, clear.passed), (&mut self.dropped, clear.dropped)] {
            if count > 0 {
                rows.push(scene, &conversation.key, count);
                times.add(clear.times);
            }
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        for ((rows, times), (more, span)) in
            [(&mut self.passed, other.passed), (&mut self.dropped, other.dropped)]
        {
            rows.merge(&more);
            times.merge(span);
        }
    }
}

pub(super) fn find(scene: &Scene<'_>, found: &Unencrypted) -> Vec<Finding> {
    [
        (&found.passed, Deed::Unencrypted, "passed", "went unencrypted although encryption is on"),
        (&found.dropped, Deed::Dropped, "dropped", "dropped for want of encryption"),
    ]
        .into_iter()
        .filter(|((rows, _), ..)| !rows.is_empty())
        .map(|((rows, times), deed, entity, what)| {
            let [first_time_ms, last_time_ms] = times.known();
            let (evidence, conversations) = rows.clone().shown(scene, Unit::Tuples, "");
            Finding {
                id: format!("{RULE}:{entity}"),
                rule: RULE,
                severity: Severity::Low,
                title: format!("{} {what}", counted(conversations, "conversation", "conversations")),
                reason: if entity == "passed" {
                    "The log says NX_FALLBACK or NX_HW_NOT_SUPPORTED: virtual network encryption is on, but one end \
                     cannot take part."
                } else {
                    "The log says NX_SW_NOT_READY, NX_NOT_ACCEPTED or NX_NOT_SUPPORTED: the packets were dropped, by no \
                     rule."
                }
                .to_owned(),
                concern: Concern::new(deed, entity, "", conversations),
                entity: entity.to_owned(),
                first_time_ms,
                last_time_ms,
                techniques: &[technique::T1040],
                next_step: "Look at the virtual machine sizes of both ends: not all support virtual network encryption.",
                evidence,
                evidence_rows: conversations,
            }
        })
        .collect()
}
