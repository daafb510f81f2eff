//! Uploads out of line with those of the other hosts.

use super::bulk::Bulk;
use super::facts::Facts;
use super::heaviest::Heaviest;
use super::provider::Provider;
use super::scene::Scene;
use super::span::Span;
use super::statistics::{mad, median, sort};
use super::technique;
use super::words::tenths;
use super::{Concern, Deed, Finding, NextStep, Note, Reason, Sentence, Severity, Unit};
use crate::flow::Counters;
use crate::state::Conversation;
use crate::state::HostId;
use crate::text::bytes;

pub(super) const RULE: &str = "exfiltration";
/// Fewer hosts than this have no "usual".
const PEERS: usize = 5;
/// The scale at which the MAD of a normal distribution is its standard deviation (Iglewicz and Hoaglin 1993).
const NORMAL: f64 = 0.6745;

/// An own host sent much more to one of the internet than came back.
#[derive(Clone, Debug)]
pub(super) struct Upload {
    source: HostId,
    pub(super) destination: HostId,
    sent: u64,
    received: u64,
    rows: Heaviest,
    times: Span,
}

/// The source of `conversations` of one direction, and what went both ways; `None` if nothing was allowed.
pub(super) fn sum(conversations: &[Conversation]) -> Option<(HostId, Counters)> {
    let mut sum: Option<(HostId, Counters)> = None;
    for conversation in conversations {
        if let Some(allowed) = &conversation.allowed {
            let none = || (conversation.key.source, Counters::default());
            sum.get_or_insert_with(none).1.add(&allowed.counters);
        }
    }
    sum
}

impl Upload {
    /// Of all that was said in one direction, if it is more than the limits.
    pub(super) fn of(
        scene: &Scene<'_>,
        bulk: &Bulk,
        conversations: &[Conversation],
        sum: &Counters,
    ) -> Option<Self> {
        let limits = &scene.thresholds().exfiltration;
        let (sent, received) = (sum.bytes_sent, sum.bytes_received);
        if sent < limits.bytes || ratio(sent, received) < limits.ratio {
            return None;
        }
        let (mut rows, mut times) = (Heaviest::default(), Span::default());
        for conversation in conversations {
            if let Some(allowed) = &conversation.allowed {
                rows.push(scene, &conversation.key, allowed.counters.bytes_sent);
                times.merge(Span::of(conversation, false));
            }
        }
        let key = conversations.first()?.key;
        // Of very many small connections all are meant.
        let times = bulk.times(key.source, sent).unwrap_or(times);
        Some(Self { source: key.source, destination: key.destination, sent, received, rows, times })
    }
}

fn ratio(sent: u64, received: u64) -> f64 {
    sent as f64 / received.max(1) as f64
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // bytes of an upload
pub(super) fn find(facts: &Facts<'_>) -> Vec<Finding> {
    let (scene, limits) = (facts.scene, &facts.scene.thresholds().exfiltration);
    let largest = &facts.largest;
    let mut logs: Vec<f64> = largest.values().map(|&bytes| (bytes.max(1) as f64).log10()).collect();
    sort(&mut logs);
    let middle = median(&logs);
    // Hosts that all send the same must not make the scale vanish: a tenth of a decade at least.
    let scale = mad(&logs).max(0.1);
    let mut findings = Vec::new();
    for upload in &facts.uploads {
        let (sent, ratio) = (upload.sent, ratio(upload.sent, upload.received));
        let z = NORMAL * ((sent.max(1) as f64).log10() - middle) / scale;
        let common = facts.users(upload.destination).callers * 2 > largest.len();
        if common || largest.len() < PEERS || z < limits.z_score {
            continue;
        }
        let entity = scene.name(upload.source);
        let provider = Provider::of(scene.address(upload.destination));
        let [first_time_ms, last_time_ms] = upload.times.known();
        let (evidence, evidence_rows) = upload.rows.clone().shown(scene, Unit::Bytes, &Note::Sent);
        let to = scene.name(upload.destination);
        findings.push(Finding {
            id: format!("{RULE}:{entity}:{to}"),
            rule: RULE,
            severity: Severity::High,
            title: format!("{entity} sent {} to {to}{}", bytes(sent), provider.in_brackets()),
            reason: Reason(vec![
                Sentence::UploadOutOfLine {
                    times: ratio.floor(),
                    hosts: largest.len() as u64,
                    usual_bytes: 10_f64.powf(middle) as u64,
                    score: tenths(z),
                    limit: limits.z_score,
                },
                Sentence::BackupsLookTheSame,
            ]),
            concern: Concern::new(Deed::Upload, &entity, to, sent),
            entity,
            first_time_ms,
            last_time_ms,
            techniques: &[technique::T1048, technique::T1567],
            next_step: NextStep::WhoRunsDestination,
            evidence,
            evidence_rows,
        });
    }
    findings
}
