//! Name look-ups past the own resolver, and look-ups too large to be any.

use std::collections::BTreeMap;

use super::heaviest::shown;
use super::scene::Scene;
use super::span::Span;
use super::technique;
use super::{Concern, Deed, Finding, NextStep, Note, Reason, Sentence, Severity, Unit};
use crate::state::Conversation;
use crate::state::{Allowed, ConversationKey, HostId};

pub(super) const RULE: &str = "dns-bypass";

/// Answered traffic of an own host with one resolver of the internet. 48 bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct LookUps {
    key: ConversationKey,
    packets: u64,
    bytes: u64,
    times: Span,
}

/// What a conversation of an own host with the internet says of look-ups.
pub(super) fn notice(conversation: &Conversation, allowed: &Allowed) -> Option<LookUps> {
    let key = conversation.key;
    let asks = key.protocol.has_ports() && matches!(key.port, 53 | 853) && conversation.answered() > 0;
    let (packets, bytes) = (allowed.counters.packets_sent, allowed.counters.bytes_sent);
    asks.then(|| LookUps { key, packets, bytes, times: Span::of(conversation, true) })
}

pub(super) fn find(scene: &Scene<'_>, look_ups: &[LookUps]) -> Vec<Finding> {
    let limits = &scene.thresholds().dns;
    let mut by_source: BTreeMap<HostId, Vec<&LookUps>> = BTreeMap::new();
    for row in look_ups {
        by_source.entry(row.key.source).or_default().push(row);
    }
    let finding = |(source, rows): (HostId, Vec<&LookUps>)| {
        let entity = scene.name(source);
        let times: Span = rows.iter().map(|row| row.times).collect();
        let [first_time_ms, last_time_ms] = times.known();
        let large = rows.iter().any(|row| {
            row.packets >= limits.packets && row.bytes >= row.packets.saturating_mul(limits.bytes_per_packet)
        });
        let rows = rows.iter().map(|row| {
            scene.row(&row.key, (row.packets, Unit::Packets), Note::SentBytes { bytes: row.bytes })
        });
        let (evidence, evidence_rows) = shown(rows.collect());
        let what =
            if large { "sends much data as name look-ups" } else { "looks names up past the own resolver" };
        Finding {
            id: format!("{RULE}:{entity}"),
            rule: RULE,
            severity: if large { Severity::Medium } else { Severity::Low },
            title: format!("{entity} {what}"),
            concern: Concern::new(if large { Deed::DnsTunnel } else { Deed::DnsBypass }, &entity, "", 0),
            reason: Reason(vec![
                Sentence::LookUpsAnswered,
                Sentence::LookUpsLarge { packets: limits.packets, bytes: limits.bytes_per_packet },
                Sentence::OwnForwarder,
            ]),
            entity,
            first_time_ms,
            last_time_ms,
            techniques: &[technique::T1071_004, technique::T1048],
            next_step: NextStep::AllowOwnResolvers,
            evidence,
            evidence_rows,
        }
    };
    by_source.into_iter().map(finding).collect()
}
