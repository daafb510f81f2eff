//! Brute force: many short sessions of the same size to a service one can log in to.

use std::collections::BTreeMap;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::facts::{Facts, shown};
use super::{EvidenceRow, Finding, Severity};
use crate::aggregate::ConversationKey;
use crate::aggregate::evidence::{BIN_SECONDS, Bins, Sessions, Side};
use crate::flow::AddressClass;

pub(super) const RULE: &str = "brute-force";
/// Bins of half an hour.
const HALF_HOUR: usize = 6;
/// What goes on for so many bins, from the beginning of the data, in most of them, belongs to the landscape.
const STEADY_BINS: u32 = 36;

/// The burst of attempts of one conversation.
struct Burst {
    attempts: u64,
    first_ms: i64,
    last_ms: i64,
    /// Sessions since the burst began that are no attempts.
    other_sessions: u64,
}

pub(super) fn find(facts: &Facts<'_>) -> Vec<Finding> {
    // One of the two views of each conversation: the one that saw more.
    let mut views: HashMap<ConversationKey, &Bins<Sessions>, FixedState> = HashMap::default();
    for side in [Side::Source, Side::Destination] {
        for ((key, seen), bins) in &facts.evidence.logins {
            let more = |other: &&Bins<Sessions>| sessions(bins) > sessions(other);
            if *seen == side && views.get(key).is_none_or(more) {
                views.insert(*key, bins);
            }
        }
    }
    let mut by_source: BTreeMap<_, Vec<(EvidenceRow, Burst)>> = BTreeMap::new();
    for (key, bins) in views {
        let class = facts.address(key.source).map(AddressClass::of);
        if class == Some(AddressClass::Platform) {
            continue;
        }
        if let Some(burst) = burst(facts, &key, bins) {
            let row = facts.row(&key, burst.attempts, "short sessions of like size in the densest window");
            by_source.entry(key.source).or_default().push((row, burst));
        }
    }
    let finding = |(source, rows): (_, Vec<(EvidenceRow, Burst)>)| {
        let entity = facts.name(source);
        let inside = rows.iter().any(|(_, burst)| burst.other_sessions > 0) && facts.is_internet(source);
        let first_time_ms = rows.iter().map(|(_, burst)| burst.first_ms).min().unwrap_or_default();
        let last_time_ms = rows.iter().map(|(_, burst)| burst.last_ms).max().unwrap_or_default();
        let targets = rows.len();
        let limits = &facts.thresholds.brute_force;
        let (evidence, evidence_rows) = shown(rows.into_iter().map(|(row, _)| row).collect());
        let after = if inside { " A longer or larger session followed from the same source." } else { "" };
        Finding {
            id: format!("{RULE}:{entity}"),
            rule: RULE,
            severity: if inside { Severity::Critical } else { Severity::High },
            title: format!(
                "{entity} seems to guess passwords at {targets} {}",
                if targets == 1 { "service" } else { "services" }
            ),
            reason: format!(
                "At least {} answered sessions in 30 minutes from the internet, or {} in 5 minutes from inside, \
                 short and of nearly the same size.{after} Health checks and scripts that log in often look alike.",
                limits.external_attempts, limits.internal_attempts
            ),
            entity,
            first_time_ms,
            last_time_ms,
            techniques: &["T1110 Brute Force"],
            next_step: "Look at the service's own log for failed and successful logins of this source; close the port to it.",
            evidence,
            evidence_rows,
        }
    };
    by_source.into_iter().map(finding).collect()
}

fn sessions(bins: &Bins<Sessions>) -> u64 {
    bins.iter().map(|(_, sessions)| u64::from(sessions.sessions)).sum()
}

fn burst(facts: &Facts<'_>, key: &ConversationKey, bins: &Bins<Sessions>) -> Option<Burst> {
    let limits = &facts.thresholds.brute_force;
    let bins: Vec<(u32, &Sessions)> = bins.iter().collect();
    let external = facts.is_internet(key.source);
    let (window, least) =
        if external { (HALF_HOUR, limits.external_attempts) } else { (1, limits.internal_attempts) };
    let (first_bin, last_bin) = (bins.first()?.0, bins.last()?.0);
    let span = last_bin - first_bin + 1;
    let data_begin = u32::try_from(facts.times.0 / 1000).unwrap_or_default() / BIN_SECONDS;
    let from_the_start = first_bin.saturating_sub(data_begin) <= 12;
    let steady = from_the_start && span >= STEADY_BINS && bins.len() as u64 * 5 >= u64::from(span) * 3;
    if steady && !external {
        return None;
    }
    let mut best: Option<Burst> = None;
    for (start, (bin, _)) in bins.iter().enumerate() {
        let end = bin.saturating_add(u32::try_from(window).unwrap_or(1));
        let inside = bins.iter().skip(start).take_while(|(other, _)| *other < end);
        let (mut all, mut attempts, mut even) = (0_u64, 0_u64, true);
        let mut last_ms = 0;
        for (_, sessions) in inside {
            all += u64::from(sessions.sessions);
            attempts += u64::from(sessions.attempts);
            even &= sessions.attempts < 5 || sessions.spread() <= limits.spread;
            last_ms = last_ms.max(sessions.last_ms);
        }
        let dense = attempts >= least && attempts as f64 >= limits.short_share * all as f64 && even;
        if dense && best.as_ref().is_none_or(|best| attempts > best.attempts) {
            let first_ms =
                best.as_ref().map_or(i64::from(*bin) * i64::from(BIN_SECONDS) * 1000, |b| b.first_ms);
            let later = bins.iter().skip(start).map(|(_, s)| u64::from(s.sessions - s.attempts));
            best = Some(Burst { attempts, first_ms, last_ms, other_sessions: later.sum() });
        }
    }
    best
}
