//! Beacons: connections to the internet by the clock.
//!
//! A conversation is judged three ways, and the best score counts: RITA's over the whole data, RITA's over a
//! part in which it was dense, and the shape of its gaps, which sees clocks with much jitter and those that
//! rest at night.

mod rita;
mod shape;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::facts::Facts;
use super::heaviest::shown;
use super::provider::Provider;
use super::scene::Scene;
use super::statistics::median;
use super::technique;
use super::thresholds::Beacon;
use super::words::{hundredths, service};
use super::{Concern, Deed, EvidenceRow, Finding, NextStep, Note, Reason, Sentence, Severity, Unit};
use crate::flow::Protocol;
use crate::state::Conversation;
use crate::state::evidence::{BEATS, Beat, Rhythm, Side};
use crate::state::lists::Rows;
use crate::state::{ConversationKey, HostId, SpillError};
use rita::Score;
use shape::{parts, shape, sorted_gaps};

pub(super) const RULE: &str = "beacon";
/// Network time: clients ask by the clock (RFC 5905), and nothing else tells them from beacons.
const NTP: u16 = 123;
/// Taken from the score if half of the hosts use the destination (RITA's prevalence modifier).
const COMMON: f64 = 0.15;
/// Usual gap of a client that is busy rather than punctual, seconds: below this whole seconds say nothing.
const BUSY_SECONDS: f64 = 3.0;
/// Unless so many of its connections fail: then it is calling somebody who does not answer.
const MOSTLY_FAILED: f64 = 0.8;

/// Who calls so often is no clock but a flood, connections a second.
const FLOOD: f64 = 4.0;
/// Gaps of this shape or a smaller one are those of chance.
const CHANCE: f64 = 1.5;

/// What speaks for a clock.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum How {
    /// RITA's score over the whole data.
    Whole(Score),
    /// RITA's score over a dense part.
    Part(Score),
    /// The shape of the gaps.
    Shape(f64),
}

/// By which clock a conversation goes.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Clock {
    /// 0 to 1, after prevalence, as it is shown.
    score: f64,
    how: How,
    connections: u32,
    /// First and last of the connections judged, Unix seconds.
    span: (u32, u32),
    /// Most of its connections failed.
    mostly_failed: bool,
}

/// A conversation that goes by the clock unless too many do the same. 96 bytes.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Rhythmic {
    key: ConversationKey,
    clock: Clock,
    /// If half of the hosts use the destination.
    common: Option<Clock>,
}

impl Rhythmic {
    /// The host of the internet that is called.
    pub(super) fn destination(&self) -> HostId {
        self.key.destination
    }
}

/// Whether a conversation with a host of the internet goes by the clock.
pub(super) fn notice(scene: &Scene<'_>, conversation: &Conversation) -> Option<Rhythmic> {
    let (key, rhythm) = (&conversation.key, conversation.rhythm.as_ref()?);
    let clock = key.protocol == Protocol::UDP && key.port == NTP;
    if rhythm.len() < scene.thresholds().beacon.connections || clock {
        return None;
    }
    // How many use the destination is not known yet: a clock is judged for both cases.
    let clock = judge(scene, conversation, rhythm, 0.0)?;
    Some(Rhythmic { key: *key, clock, common: judge(scene, conversation, rhythm, COMMON) })
}

/// The beacons of some sources, of each of which all is in `rows`.
///
/// # Errors
/// Rows on disk cannot be read.
pub(super) fn find(facts: &Facts<'_>, rows: &Rows<Rhythmic>) -> Result<Vec<Finding>, SpillError> {
    let (scene, limits) = (facts.scene, &facts.scene.thresholds().beacon);
    let mut by_source: BTreeMap<HostId, Vec<(ConversationKey, Clock)>> = BTreeMap::new();
    rows.each(|rhythmic| {
        let (users, hosts) = (facts.users(rhythmic.destination()).all, facts.talkers());
        // What half the hosts do is the landscape's own.
        let common = hosts >= 4 && users * 2 >= hosts;
        if let Some(clock) = if common { rhythmic.common } else { Some(rhythmic.clock) } {
            by_source.entry(rhythmic.key.source).or_default().push((rhythmic.key, clock));
        }
    })?;
    let finding = |(source, mut clocks): (HostId, Vec<(ConversationKey, Clock)>)| {
        clocks.sort_by(|(key, a), (other, b)| {
            b.score.total_cmp(&a.score).then_with(|| scene.order(key).cmp(&scene.order(other)))
        });
        let mut hosts: Vec<HostId> = clocks.iter().map(|(key, _)| key.destination).collect();
        hosts.sort_unstable();
        hosts.dedup();
        if hosts.len() >= limits.poller {
            vec![poller(scene, source, &clocks, hosts.len())]
        } else {
            clocks.iter().map(|(key, clock)| one(facts, key, clock)).collect()
        }
    };
    Ok(by_source.into_iter().flat_map(finding).collect())
}

/// The best of the three scores that passes its limit, with `common` taken off each.
fn judge(scene: &Scene<'_>, conversation: &Conversation, rhythm: &Rhythm, common: f64) -> Option<Clock> {
    let limits = &scene.thresholds().beacon;
    let beats = rhythm.sorted();
    let usual = median(&sorted_gaps(&beats));
    let busy = usual < BUSY_SECONDS && !mostly_failed(conversation, beats.len());
    let calm = |part: &[Beat]| part.len() as f64 <= FLOOD * f64::from(span(part).max(1));
    let gaps = shape(&beats, limits.shape_gaps);
    // Like sizes alone make RITA's score of chance a high one.
    let chance = gaps.is_some_and(|shape| shape < CHANCE) && beats.len() >= 4 * limits.shape_gaps;
    let mut best: Option<Clock> = None;
    let mut take = |beats: &[Beat], how: How, score: f64, least: f64| {
        let (Some(first), Some(last)) = (beats.first(), beats.last()) else { return };
        let score = hundredths(score - common);
        let connections = u32::try_from(beats.len()).unwrap_or(u32::MAX);
        let better = |best: &Clock| (score, connections) > (best.score, best.connections);
        if score >= least && best.as_ref().is_none_or(better) {
            let (span, mostly_failed) =
                ((first.seconds, last.seconds), mostly_failed(conversation, beats.len()));
            best = Some(Clock { score, how, connections, span, mostly_failed });
        }
    };
    if span(&beats) >= limits.span_seconds
        && !busy
        && !chance
        && calm(&beats)
        && let Some(score) = rita(scene, &beats)
    {
        take(&beats, How::Whole(score), score.total(), limits.low);
    }
    for part in parts(&beats).filter(|part| !busy && calm(part) && is_dense(limits, part)) {
        let (Some(first), Some(last)) = (part.first(), part.last()) else { continue };
        if let Some(score) = rita::score(part, first.seconds, last.seconds) {
            take(part, How::Part(score), score.total(), limits.dense);
        }
    }
    if let Some(shape) = gaps {
        take(&beats, How::Shape(shape), 1.0 - (1.0 - limits.low) * limits.shape / shape, limits.low);
    }
    best
}

/// RITA's score in the window that is covered: of a busy conversation only the earliest connections are kept.
fn rita(scene: &Scene<'_>, beats: &[Beat]) -> Option<Score> {
    let seconds = |ms: i64| u32::try_from(ms / 1000).unwrap_or_default();
    let end = match beats.last() {
        Some(last) if beats.len() >= BEATS => last.seconds,
        _ => seconds(scene.times.1),
    };
    rita::score(beats, seconds(scene.times.0), end)
}

fn span(beats: &[Beat]) -> u32 {
    beats.first().zip(beats.last()).map_or(0, |(first, last)| last.seconds - first.seconds)
}

/// Many connections stand for a long span.
fn is_dense(limits: &Beacon, part: &[Beat]) -> bool {
    part.len() >= limits.dense_connections
        && span(part) >= limits.dense_seconds
        && part.len() as u64 * u64::from(span(part)) >= limits.dense_product
}

fn mostly_failed(conversation: &Conversation, connections: usize) -> bool {
    let side = Side::Source as usize;
    let failed = conversation.failed.as_ref().map_or(0, |failed| failed.failed[side] + failed.silent[side]);
    failed as f64 >= MOSTLY_FAILED * connections as f64
}

fn one(facts: &Facts<'_>, key: &ConversationKey, clock: &Clock) -> Finding {
    let (scene, limits) = (facts.scene, &facts.scene.thresholds().beacon);
    let (entity, destination, port) = (scene.name(key.source), scene.name(key.destination), key.port);
    let provider = Provider::of(scene.address(key.destination));
    let medium = clock.score >= limits.medium && !provider.is_vendor(port);
    let mut reason = because(scene, clock);
    reason.extend([
        Sentence::UsersOfDestination {
            users: facts.users(key.destination).all as u64,
            hosts: facts.talkers() as u64,
        },
        provider.sentence(port),
        Sentence::UpdatesLookTheSame,
    ]);
    let (evidence, evidence_rows) = shown(vec![row(scene, key, clock)]);
    Finding {
        id: format!("{RULE}:{entity}:{destination}:{port}"),
        rule: RULE,
        severity: if medium { Severity::Medium } else { Severity::Low },
        title: format!(
            "{entity} calls {destination}:{port}{} by the clock (score {:.2})",
            provider.in_brackets(),
            clock.score
        ),
        reason: Reason(reason),
        concern: Concern::new(Deed::Beacon, &entity, service(&destination, port), 0),
        entity,
        first_time_ms: Some(i64::from(clock.span.0) * 1000),
        last_time_ms: Some(i64::from(clock.span.1) * 1000),
        techniques: &[technique::T1071, technique::T1571],
        next_step: NextStep::FindBeacon,
        evidence,
        evidence_rows,
    }
}

/// Who calls many by the clock asks them how they are: malware has one master, or few.
fn poller(scene: &Scene<'_>, source: HostId, clocks: &[(ConversationKey, Clock)], hosts: usize) -> Finding {
    let entity = scene.name(source);
    let (evidence, evidence_rows) = shown(clocks.iter().map(|(key, clock)| row(scene, key, clock)).collect());
    let first = clocks.iter().map(|(_, clock)| clock.span.0).min();
    let last = clocks.iter().map(|(_, clock)| clock.span.1).max();
    Finding {
        id: format!("{RULE}:{entity}"),
        rule: RULE,
        severity: Severity::Low,
        title: format!("{entity} calls {hosts} hosts of the internet by the clock"),
        reason: Reason(vec![Sentence::ManyDestinations { limit: scene.thresholds().beacon.poller as u64 }]),
        concern: Concern::new(Deed::Poller, &entity, "", 0),
        entity,
        first_time_ms: first.map(|seconds| i64::from(seconds) * 1000),
        last_time_ms: last.map(|seconds| i64::from(seconds) * 1000),
        techniques: &[technique::T1071],
        next_step: NextStep::FindPoller,
        evidence,
        evidence_rows,
    }
}

fn row(scene: &Scene<'_>, key: &ConversationKey, clock: &Clock) -> EvidenceRow {
    let note = Note::Judged { mostly_failed: clock.mostly_failed };
    scene.row(key, (clock.connections.into(), Unit::Connections), note)
}

fn because(scene: &Scene<'_>, clock: &Clock) -> Vec<Sentence> {
    let seconds = i64::from(clock.span.1 - clock.span.0);
    let connections = u64::from(clock.connections);
    let of_rita = |score: &Score, whole| Sentence::Regular {
        times: score.times.value(),
        sizes: score.sizes.value(),
        spread: score.histogram.value(),
        duration: score.duration.value(),
        whole,
    };
    match &clock.how {
        How::Whole(score) if scene.span_ms() < 77_760_000 => {
            vec![of_rita(score, true), Sentence::DataCover { seconds: scene.span_ms() / 1000 }]
        }
        How::Whole(score) => vec![of_rita(score, true)],
        How::Part(score) => {
            vec![Sentence::ConnectionsWithin { connections, seconds }, of_rita(score, false)]
        }
        How::Shape(shape) => {
            let limit = scene.thresholds().beacon.shape;
            vec![Sentence::ShapeOfGaps { connections, seconds, shape: *shape, limit }]
        }
    }
}
