//! Connections with the internet that stay for hours.

use super::facts::Facts;
use super::heaviest::shown;
use super::provider::Provider;
use super::scene::Scene;
use super::technique;
use super::words::{service, tenths};
use super::{Concern, Deed, Finding, NextStep, Note, Reason, Sentence, Severity, Unit};
use crate::flow::Protocol;
use crate::state::Conversation;
use crate::state::evidence::Long;
use crate::state::{ConversationKey, HostId};

pub(super) const RULE: &str = "long-connection";

/// A conversation with connections that stayed for hours.
#[derive(Clone, Copy, Debug)]
pub(super) struct LongLived {
    key: ConversationKey,
    long: Long,
    /// The end that is in the internet.
    pub(super) outside: HostId,
}

fn hours(long: &Long) -> f64 {
    tenths(long.longest_ms as f64 / 3_600_000.0)
}

/// Whether a conversation has such connections.
pub(super) fn notice(scene: &Scene<'_>, conversation: &Conversation) -> Option<LongLived> {
    let (key, long) = (conversation.key, conversation.long?);
    let least = scene.thresholds().long_connection.low_hours;
    let outside = || if scene.is_internet(key.destination) { key.destination } else { key.source };
    (hours(&long) >= least).then(|| LongLived { key, long, outside: outside() })
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // hours
pub(super) fn find(facts: &Facts<'_>) -> Vec<Finding> {
    let (scene, limits) = (facts.scene, &facts.scene.thresholds().long_connection);
    let mut findings = Vec::new();
    for LongLived { key, long, outside } in &facts.long {
        let hours = hours(long);
        // Tunnels are made to stay: ESP, and IKE's ports.
        let tunnel =
            !key.protocol.has_ports() || key.protocol == Protocol::UDP && matches!(key.port, 500 | 4500);
        let rare = facts.users(*outside).all <= 1;
        let provider = Provider::of(scene.address(*outside));
        let medium = hours >= limits.medium_hours && rare && !tunnel && !provider.is_vendor(key.port);
        let (source, destination) = (scene.name(key.source), scene.name(key.destination));
        let entity = if scene.is_internal(key.source) { source.clone() } else { destination.clone() };
        let far = service(if entity == source { &destination } else { &source }, key.port);
        let concern = Concern::new(Deed::Long, &entity, far, hours as u64);
        let row = scene.row(key, (long.connections, Unit::Connections), Note::LongestHours { hours });
        let (evidence, evidence_rows) = shown(vec![row]);
        findings.push(Finding {
            id: format!("{RULE}:{source}:{destination}:{}", key.port),
            rule: RULE,
            severity: if medium { Severity::Medium } else { Severity::Low },
            title: format!(
                "{source} and {destination}:{}{} stay connected for {hours:.1} hours",
                key.port,
                provider.in_brackets()
            ),
            reason: Reason(vec![
                Sentence::OpenForHours {
                    low: limits.low_hours,
                    medium: limits.medium_hours,
                    host: scene.name(*outside),
                    rare,
                },
                provider.sentence(key.port),
                Sentence::LongByNature,
            ]),
            concern,
            entity,
            first_time_ms: Some(long.first_ms),
            last_time_ms: Some(long.last_ms),
            techniques: &[technique::T1572, technique::T1071],
            next_step: NextStep::WhoRunsOtherEnd,
            evidence,
            evidence_rows,
        });
    }
    findings
}
