//! What own hosts try to reach in the internet and may not: a wrong rule, or unwanted software.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::heaviest::Heaviest;
use super::scene::Scene;
use super::span::Span;
use super::technique;
use super::{Concern, Deed, Finding, NextStep, Note, Reason, Sentence, Severity, Unit, counted};
use crate::state::Conversation;
use crate::state::{ConversationKey, HostId};

pub(super) const RULE: &str = "denied-outbound";
/// Fewer denied packets than this are an accident.
const LEAST: u64 = 10;

/// A conversation that an own host was denied on the way to the internet. 40 bytes.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct DeniedOut {
    key: ConversationKey,
    packets: u64,
    times: (i64, i64),
}

/// What was denied of a conversation of an own host with the internet, if its NIC logged it.
pub(super) fn notice(conversation: &Conversation) -> Option<DeniedOut> {
    let denied = conversation.denied.as_ref().filter(|denied| denied.outbound)?;
    let (key, packets) = (conversation.key, conversation.denied_by_rule());
    (packets > 0).then_some(DeniedOut { key, packets, times: (denied.first_ms, denied.last_ms) })
}

/// Findings of the own hosts of one bucket.
pub(super) fn find(scene: &Scene<'_>, denied: Vec<DeniedOut>) -> Vec<Finding> {
    let mut by_source: BTreeMap<HostId, (u64, Heaviest, Span)> = BTreeMap::new();
    for row in denied {
        let (packets, rows, times) = by_source.entry(row.key.source).or_default();
        *packets += row.packets;
        rows.push(scene, &row.key, row.packets);
        times.add(row.times);
    }
    by_source.retain(|_, (packets, ..)| *packets >= LEAST);
    let finding = |(source, (packets, rows, times)): (HostId, (u64, Heaviest, Span))| {
        let entity = scene.name(source);
        let [first_time_ms, last_time_ms] = times.known();
        let (evidence, evidence_rows) = rows.shown(scene, Unit::Packets, &Note::Denied);
        Finding {
            id: format!("{RULE}:{entity}"),
            rule: RULE,
            severity: Severity::Low,
            title: format!(
                "{entity} was denied {} with the internet",
                counted(evidence_rows, "conversation", "conversations")
            ),
            reason: Reason(vec![Sentence::DeniedOnTheWayOut { packets }, Sentence::DeniedOutboundCauses]),
            concern: Concern::new(Deed::DeniedOutbound, &entity, "", packets),
            entity,
            first_time_ms,
            last_time_ms,
            techniques: &[technique::T1071],
            next_step: NextStep::AllowOrRemove,
            evidence,
            evidence_rows,
        }
    };
    by_source.into_iter().map(finding).collect()
}
