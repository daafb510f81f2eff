//! Brute force: many short sessions of the same size to a service one can log in to.
//!
//! From the internet, what matters is the service: one finding tells of all who guess at it. From inside, what
//! matters is the host that guesses.

mod burst;

use std::collections::BTreeMap;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::facts::{Facts, shown};
use super::{EvidenceRow, Finding, Severity, counted};
use crate::aggregate::ConversationKey;
use crate::aggregate::evidence::{BIN_SECONDS, Bins, Sessions, Side};
use crate::flow::AddressClass;
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
struct Guesser {
    key: ConversationKey,
    burst: Burst,
    /// By its evenness, and since it was there from the beginning: a monitor.
    monitor: bool,
    /// Too slow for anything but the long window.
    patient: bool,
}

pub(super) fn find(facts: &Facts<'_>) -> Vec<Finding> {
    let mut services: BTreeMap<_, Vec<Guesser>> = BTreeMap::new();
    let mut sources: BTreeMap<_, Vec<Guesser>> = BTreeMap::new();
    for (key, bins) in views(facts) {
        if facts.address(key.source).map(AddressClass::of) == Some(AddressClass::Platform) {
            continue;
        }
        let external = facts.is_internet(key.source);
        let Some(guesser) = guesser(facts, key, &bins.sorted(), external) else { continue };
        if external {
            services.entry((key.destination, key.port)).or_default().push(guesser);
        } else {
            sources.entry(key.source).or_default().push(guesser);
        }
    }
    let outside = services.into_values().filter_map(|guessers| from_internet(facts, guessers));
    let inside = sources.into_values().filter_map(|guessers| from_inside(facts, guessers));
    outside.chain(inside).collect()
}

/// One of the two views of each conversation: the one that saw more.
fn views<'a>(facts: &Facts<'a>) -> HashMap<ConversationKey, &'a Bins<Sessions>, RandomState> {
    let sessions = |bins: &Bins<Sessions>| -> u64 { bins.iter().map(|bin| u64::from(bin.sessions)).sum() };
    let mut views: HashMap<ConversationKey, &Bins<Sessions>, RandomState> = HashMap::default();
    for side in [Side::Source, Side::Destination] {
        for ((key, seen), bins) in &facts.evidence.logins {
            let more = |other: &&Bins<Sessions>| sessions(bins) > sessions(other);
            if *seen == side && views.get(key).is_none_or(more) {
                views.insert(*key, bins);
            }
        }
    }
    views
}

fn guesser(
    facts: &Facts<'_>,
    key: ConversationKey,
    bins: &[(u32, Sessions)],
    external: bool,
) -> Option<Guesser> {
    let limits = &facts.thresholds.brute_force;
    let within = |window_seconds, attempts| {
        let (short_share, spread) = (limits.short_share, limits.spread);
        burst(bins, &Asked { window_seconds, attempts, short_share, spread })
    };
    let steady = is_steady(facts, bins);
    if external {
        let burst = within(HALF_HOUR, limits.external_attempts)?;
        return Some(Guesser { key, burst, monitor: steady && burst.even, patient: false });
    }
    let people = PEOPLE.contains(&key.port);
    let attempts = if people { limits.internal_attempts } else { limits.service_attempts };
    let (burst, patient) = match within(FIVE_MINUTES, attempts) {
        Some(burst) => (burst, false),
        None if people => (within(HALF_HOUR, limits.patient_attempts)?, true),
        None => return None,
    };
    let monitor = steady || burst.even && is_all_along(facts, bins);
    (!monitor).then_some(Guesser { key, burst, monitor, patient })
}

/// There from the beginning of the data to its end.
fn is_all_along(facts: &Facts<'_>, bins: &[(u32, Sessions)]) -> bool {
    let bin = |ms: i64| u32::try_from(ms / 1000).unwrap_or_default() / BIN_SECONDS;
    let (begin, end) = (bin(facts.times.0), bin(facts.times.1));
    bins.first().is_some_and(|(first, _)| first.saturating_sub(begin) <= 1)
        && bins.last().is_some_and(|(last, _)| end.saturating_sub(*last) <= 1)
}

/// There from the beginning of the data, for three hours or longer, in most bins.
fn is_steady(facts: &Facts<'_>, bins: &[(u32, Sessions)]) -> bool {
    let (Some((first, _)), Some((last, _))) = (bins.first(), bins.last()) else { return false };
    let span = last - first + 1;
    let data_begin = u32::try_from(facts.times.0 / 1000).unwrap_or_default() / BIN_SECONDS;
    first.saturating_sub(data_begin) <= EARLY_BINS
        && span >= STEADY_BINS
        && bins.len() as u64 * 5 >= u64::from(span) * 3
}

fn by_attempts(facts: &Facts<'_>, guessers: &mut [Guesser]) {
    guessers.sort_by(|a, b| {
        let key = |guesser: &Guesser| facts.order(&guesser.key);
        b.burst.attempts.cmp(&a.burst.attempts).then_with(|| key(a).cmp(&key(b)))
    });
}

/// All who guess at one service from the internet.
fn from_internet(facts: &Facts<'_>, mut guessers: Vec<Guesser>) -> Option<Finding> {
    // A monitor is worth a line of its own kind only if nobody guesses.
    if guessers.iter().any(|guesser| !guesser.monitor) {
        guessers.retain(|guesser| !guesser.monitor);
    }
    by_attempts(facts, &mut guessers);
    let worst = guessers.first()?;
    let (entity, port) = (facts.name(worst.key.destination), worst.key.port);
    let inside: Vec<String> = guessers
        .iter()
        .filter(|guesser| guesser.burst.success)
        .map(|guesser| facts.name(guesser.key.source))
        .collect();
    let monitor = worst.monitor;
    let who = match guessers.len() {
        1 => facts.name(worst.key.source),
        many => format!("{} sources of the internet", count(many as u64)),
    };
    let title = if monitor {
        format!("{who} logs in to {entity}:{port} by the clock, as monitors do")
    } else {
        let verb = if guessers.len() == 1 { "seems" } else { "seem" };
        format!("{who} {verb} to guess passwords at {entity}:{port}")
    };
    let after = match inside.as_slice() {
        [] => String::new(),
        [first, ..] => format!(
            " After that, a session lasted longer than a login may stand idle, or was much larger, of {first}{}: the \
             password may be known.",
            if inside.len() > 1 { format!(" and {} more", inside.len() - 1) } else { String::new() }
        ),
    };
    let reason = format!(
        "{} or more answered sessions of one source in 30 minutes, short and of nearly the same size. The worst is {} \
         with {} attempts, {} of them in 30 minutes.{after} Health checks and scripts that log in often look alike.",
        facts.thresholds.brute_force.external_attempts,
        facts.name(worst.key.source),
        count(worst.burst.attempts),
        count(worst.burst.densest)
    );
    let severity = match (monitor, inside.is_empty()) {
        (true, _) => Severity::Low,
        (false, true) => Severity::High,
        (false, false) => Severity::Critical,
    };
    Some(finding(facts, format!("{RULE}:{entity}:{port}"), entity, severity, title, reason, &guessers))
}

/// All services at which one host guesses from inside.
fn from_inside(facts: &Facts<'_>, mut guessers: Vec<Guesser>) -> Option<Finding> {
    by_attempts(facts, &mut guessers);
    let worst = guessers.first()?;
    let limits = &facts.thresholds.brute_force;
    let entity = facts.name(worst.key.source);
    let services = counted(guessers.len() as u64, "service", "services");
    let after = if guessers.iter().any(|guesser| guesser.burst.success) {
        " A longer or much larger session followed."
    } else {
        ""
    };
    let reason = format!(
        "{} or more answered sessions in 5 minutes ({} at services that programs use) or {} in 30, short and of nearly \
         the same size; here up to {}.{after} Health checks and scripts that log in often look alike.",
        limits.internal_attempts, limits.service_attempts, limits.patient_attempts, worst.burst.densest
    );
    let title = format!("{entity} seems to guess passwords at {services}");
    let severity =
        if guessers.iter().all(|guesser| guesser.patient) { Severity::Medium } else { Severity::High };
    Some(finding(facts, format!("{RULE}:{entity}"), entity, severity, title, reason, &guessers))
}

fn finding(
    facts: &Facts<'_>,
    id: String,
    entity: String,
    severity: Severity,
    title: String,
    reason: String,
    guessers: &[Guesser],
) -> Finding {
    let row = |guesser: &Guesser| -> EvidenceRow {
        let after = if guesser.burst.success { ", and a login after them" } else { "" };
        facts.row(
            &guesser.key,
            guesser.burst.attempts,
            format!("sessions of like size, {} in the densest window{after}", guesser.burst.densest),
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
        first_time_ms: bursts.clone().map(|burst| burst.first_ms).min().unwrap_or_default(),
        last_time_ms: bursts.map(|burst| burst.last_ms).max().unwrap_or_default(),
        techniques: &["T1110 Brute Force"],
        next_step: "Look at the service's own log for failed and successful logins of these sources; close the port to them.",
        evidence,
        evidence_rows,
    }
}
