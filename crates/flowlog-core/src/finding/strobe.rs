//! Strobes: connections from one host to another without pause.

use super::heaviest::shown;
use super::provider::Provider;
use super::scene::Scene;
use super::span::Span;
use super::technique;
use super::words::{service, tenths};
use super::{Concern, Deed, Finding, NextStep, Note, Reason, Sentence, Severity, Unit};
use crate::state::Conversation;
use crate::state::{Allowed, ConversationKey};

pub(super) const RULE: &str = "strobe";

/// A conversation without pause.
#[derive(Clone, Copy, Debug)]
pub(super) struct Strobe {
    key: ConversationKey,
    connections: u64,
    /// Connections a second.
    rate: f64,
    times: Span,
}

/// Whether a conversation of an own host with the internet is a strobe.
pub(super) fn notice(scene: &Scene<'_>, conversation: &Conversation, allowed: &Allowed) -> Option<Strobe> {
    let limits = &scene.thresholds().strobe;
    let span = (scene.span_ms() / 1000).max(limits.span_seconds) as f64;
    let rate = tenths(allowed.connections as f64 / span);
    let (key, connections, times) = (conversation.key, allowed.connections, Span::of(conversation, false));
    (rate >= limits.per_second).then_some(Strobe { key, connections, rate, times })
}

pub(super) fn find(scene: &Scene<'_>, strobes: &[Strobe]) -> Vec<Finding> {
    let limits = &scene.thresholds().strobe;
    let mut findings = Vec::new();
    for Strobe { key, connections, rate, times } in strobes {
        let (entity, destination) = (scene.name(key.source), scene.name(key.destination));
        let [first_time_ms, last_time_ms] = times.known();
        let provider = Provider::of(scene.address(key.destination));
        let row = scene.row(key, (*connections, Unit::Connections), Note::ASecond { rate: *rate });
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
            reason: Reason(vec![
                Sentence::ConnectionsASecond { least: limits.per_second },
                provider.sentence(key.port),
                Sentence::ProxiesDoTheSame,
            ]),
            concern: Concern::new(Deed::Strobe, &entity, service(&destination, key.port), 0),
            entity,
            first_time_ms,
            last_time_ms,
            techniques: &[technique::T1071],
            next_step: NextStep::StopRetryLoop,
            evidence,
            evidence_rows,
        });
    }
    findings
}
