//! Brute force: many short sessions of the same size to a service one can log in to.
//!
//! From the internet, what matters is the service: one finding tells of all who guess at it. From inside, what
//! matters is the host that guesses.

mod burst;

use std::collections::BTreeMap;

use super::concern::service;
use super::heaviest::shown;
use super::scene::{Kind, Scene};
use super::technique;
use super::{
    Concern, Deed, EvidenceRow, Finding, NextStep, Note, Object, Reason, Sentence, Severity, Subjects, Unit,
    counted,
};
use crate::flow::AddressClass;
use crate::state::Conversation;
use crate::state::ConversationKey;
use crate::state::evidence::{BIN_SECONDS, Bins, Sessions};
use crate::text::count;
use burst::{Asked, Burst, burst};

pub(super) const RULE: &str = "brute-force";
/// Services that people log in to; programs log in to the others, again and again.
const PEOPLE: [u16; 7] = [21, 22, 23, 3389, 5900, 5985, 5986];
const FIVE_MINUTES: u32 = 300;
const HALF_HOUR: u32 = 1800;
/// What goes on for so many bins, from the beginning of the data, in most of them, belongs to the landscape.
const STEADY_BINS: u32 = 36;
/// Bins at the beginning of the data in which what is there was there before.
const EARLY_BINS: u32 = 12;

/// A source's bursts at a service.
#[derive(Clone, Copy, Debug)]
pub(super) struct Guesser {
    key: ConversationKey,
    /// From the internet.
    external: bool,
    burst: Burst,
    /// By its evenness, and since it was there from the beginning: a monitor.
    monitor: bool,
    /// Too slow for anything but the long window.
    patient: bool,
}

/// Whether a conversation that a host of kind `from` began is one of guesses.
pub(super) fn notice(scene: &Scene<'_>, conversation: &Conversation, from: Kind) -> Option<Guesser> {
    let (key, bins) = (conversation.key, view(&conversation.logins)?);
    if scene.address(key.source).map(AddressClass::of) == Some(AddressClass::Platform) {
        return None;
    }
    guesser(scene, key, &bins.sorted(), from == Kind::Internet)
}

/// The one of the two ends' views that saw more.
fn view(logins: &[Option<Bins<Sessions>>; 2]) -> Option<&Bins<Sessions>> {
    let sessions = |bins: &Bins<Sessions>| -> u64 { bins.iter().map(|bin| u64::from(bin.sessions)).sum() };
    match logins {
        [Some(source), Some(destination)] if sessions(destination) > sessions(source) => Some(destination),
        [source, destination] => source.as_ref().or(destination.as_ref()),
    }
}

pub(super) fn find(scene: &Scene<'_>, guessers: &[Guesser]) -> Vec<Finding> {
    let mut services: BTreeMap<_, Vec<Guesser>> = BTreeMap::new();
    let mut sources: BTreeMap<_, Vec<Guesser>> = BTreeMap::new();
    for guesser in guessers {
        let key = &guesser.key;
        if guesser.external {
            services.entry((key.destination, key.port)).or_default().push(*guesser);
        } else {
            sources.entry(key.source).or_default().push(*guesser);
        }
    }
    let outside = services.into_values().filter_map(|guessers| from_internet(scene, guessers));
    let inside = sources.into_values().filter_map(|guessers| from_inside(scene, guessers));
    outside.chain(inside).collect()
}

fn guesser(
    scene: &Scene<'_>,
    key: ConversationKey,
    bins: &[(u32, Sessions)],
    external: bool,
) -> Option<Guesser> {
    let limits = &scene.thresholds().brute_force;
    let within = |window_seconds, attempts| {
        let (short_share, spread) = (limits.short_share, limits.spread);
        burst(bins, &Asked { window_seconds, attempts, short_share, spread })
    };
    let steady = is_steady(scene, bins);
    if external {
        let burst = within(HALF_HOUR, limits.external_attempts)?;
        return Some(Guesser { key, external, burst, monitor: steady && burst.even, patient: false });
    }
    let people = PEOPLE.contains(&key.port);
    let attempts = if people { limits.internal_attempts } else { limits.service_attempts };
    let (burst, patient) = match within(FIVE_MINUTES, attempts) {
        Some(burst) => (burst, false),
        None if people => (within(HALF_HOUR, limits.patient_attempts)?, true),
        None => return None,
    };
    let monitor = steady || burst.even && is_all_along(scene, bins);
    (!monitor).then_some(Guesser { key, external, burst, monitor, patient })
}

/// There from the beginning of the data to its end.
fn is_all_along(scene: &Scene<'_>, bins: &[(u32, Sessions)]) -> bool {
    let bin = |ms: i64| u32::try_from(ms / 1000).unwrap_or_default() / BIN_SECONDS;
    let (begin, end) = (bin(scene.times.0), bin(scene.times.1));
    bins.first().is_some_and(|(first, _)| first.saturating_sub(begin) <= 1)
        && bins.last().is_some_and(|(last, _)| end.saturating_sub(*last) <= 1)
}

/// There from the beginning of the data, for three hours or longer, in most bins.
fn is_steady(scene: &Scene<'_>, bins: &[(u32, Sessions)]) -> bool {
    let (Some((first, _)), Some((last, _))) = (bins.first(), bins.last()) else { return false };
    let span = last - first + 1;
    let data_begin = u32::try_from(scene.times.0 / 1000).unwrap_or_default() / BIN_SECONDS;
    first.saturating_sub(data_begin) <= EARLY_BINS
        && span >= STEADY_BINS
        && bins.len() as u64 * 5 >= u64::from(span) * 3
}

fn by_attempts(scene: &Scene<'_>, guessers: &mut [Guesser]) {
    guessers.sort_by(|a, b| {
        let key = |guesser: &Guesser| scene.order(&guesser.key);
        b.burst.attempts.cmp(&a.burst.attempts).then_with(|| key(a).cmp(&key(b)))
    });
}

/// All who guess at one service from the internet.
fn from_internet(scene: &Scene<'_>, mut guessers: Vec<Guesser>) -> Option<Finding> {
    // A monitor is worth a line of its own kind only if nobody guesses.
    if guessers.iter().any(|guesser| !guesser.monitor) {
        guessers.retain(|guesser| !guesser.monitor);
    }
    by_attempts(scene, &mut guessers);
    let worst = guessers.first()?;
    let (entity, port) = (scene.name(worst.key.destination), worst.key.port);
    let inside: Vec<String> = guessers
        .iter()
        .filter(|guesser| guesser.burst.success)
        .map(|guesser| scene.name(guesser.key.source))
        .collect();
    let monitor = worst.monitor;
    let who = match guessers.len() {
        1 => scene.name(worst.key.source),
        many => format!("{} sources of the internet", count(many as u64)),
    };
    let title = if monitor {
        format!("{who} logs in to {entity}:{port} by the clock, as monitors do")
    } else {
        let verb = if guessers.len() == 1 { "seems" } else { "seem" };
        format!("{who} {verb} to guess passwords at {entity}:{port}")
    };
    let mut reason = vec![
        Sentence::SessionsOfOneSource { limit: scene.thresholds().brute_force.external_attempts },
        Sentence::WorstSource {
            host: scene.name(worst.key.source),
            attempts: worst.burst.attempts,
            densest: worst.burst.densest,
        },
    ];
    if let [first, others @ ..] = inside.as_slice() {
        reason.push(Sentence::LongSessionAfter { host: first.clone(), more: others.len() as u64 });
    }
    reason.push(Sentence::HealthChecks);
    let severity = match (monitor, inside.is_empty()) {
        (true, _) => Severity::Low,
        (false, true) => Severity::High,
        (false, false) => Severity::Critical,
    };
    let concern = Concern {
        deed: if monitor { Deed::ScheduledLogin } else { Deed::Guessing(service(port)) },
        object: Object::Name(entity.clone()),
        subjects: Subjects::of(guessers.iter().map(|guesser| scene.name(guesser.key.source))),
        amount: 0,
    };
    let told = Told {
        id: format!("{RULE}:{entity}:{port}"),
        entity,
        severity,
        title,
        reason: Reason(reason),
        concern,
    };
    Some(told.finding(scene, &guessers))
}

/// All services at which one host guesses from inside.
fn from_inside(scene: &Scene<'_>, mut guessers: Vec<Guesser>) -> Option<Finding> {
    by_attempts(scene, &mut guessers);
    let worst = guessers.first()?;
    let limits = &scene.thresholds().brute_force;
    let entity = scene.name(worst.key.source);
    let services = guessers.len() as u64;
    let mut reason = vec![Sentence::SessionsFromInside {
        people: limits.internal_attempts,
        services: limits.service_attempts,
        patient: limits.patient_attempts,
        most: worst.burst.densest,
    }];
    if guessers.iter().any(|guesser| guesser.burst.success) {
        reason.push(Sentence::LongerSessionFollowed);
    }
    reason.push(Sentence::HealthChecks);
    let title = format!("{entity} seems to guess passwords at {}", counted(services, "service", "services"));
    let severity =
        if guessers.iter().all(|guesser| guesser.patient) { Severity::Medium } else { Severity::High };
    let concern = match guessers.as_slice() {
        [one] => {
            let deed = Deed::Guessing(service(one.key.port));
            Concern::new(deed, &entity, scene.name(one.key.destination), 0)
        }
        _ => Concern::new(Deed::Guessing(""), &entity, Object::Services(services), 0),
    };
    let told =
        Told { id: format!("{RULE}:{entity}"), entity, severity, title, reason: Reason(reason), concern };
    Some(told.finding(scene, &guessers))
}

/// What findings from outside and from inside tell in their own words.
struct Told {
    id: String,
    entity: String,
    severity: Severity,
    title: String,
    reason: Reason,
    concern: Concern,
}

impl Told {
    fn finding(self, scene: &Scene<'_>, guessers: &[Guesser]) -> Finding {
        let Self { id, entity, severity, title, reason, concern } = self;
        let row = |guesser: &Guesser| -> EvidenceRow {
            scene.row(
                &guesser.key,
                (guesser.burst.attempts, Unit::Sessions),
                Note::OfLikeSize { densest: guesser.burst.densest, login_after: guesser.burst.success },
            )
        };
        let bursts = guessers.iter().map(|guesser| &guesser.burst);
        let (evidence, evidence_rows) = shown(guessers.iter().map(row).collect());
        Finding {
            id,
            rule: RULE,
            severity,
            title,
            reason,
            entity,
            concern,
            first_time_ms: bursts.clone().map(|burst| burst.first_ms).min(),
            last_time_ms: bursts.map(|burst| burst.last_ms).max(),
            techniques: &[technique::T1110],
            next_step: NextStep::LookAtLogins,
            evidence,
            evidence_rows,
        }
    }
}
