//! Traffic in clear, or dropped, in a network with encryption switched on.

use super::heaviest::Heaviest;
use super::scene::Scene;
use super::span::Span;
use super::technique;
use super::{Concern, Deed, Finding, NextStep, Note, Reason, Sentence, Severity, Unit, counted};
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
        let (evidence, conversations) = rows.clone().shown(scene, Unit::Tuples, &Note::None);
        Finding {
            id: format!("{RULE}:{entity}"),
            rule: RULE,
            severity: Severity::Low,
            title: format!("{} {what}", counted(conversations, "conversation", "conversations")),
            reason: Reason(vec![if entity == "passed" {
                Sentence::OneEndCannotEncrypt
            } else {
                Sentence::DroppedUnencrypted
            }]),
            concern: Concern::new(deed, entity, "", conversations),
            entity: entity.to_owned(),
            first_time_ms,
            last_time_ms,
            techniques: &[technique::T1040],
            next_step: NextStep::LookAtSizes,
            evidence,
            evidence_rows: conversations,
        }
    })
    .collect()
}
