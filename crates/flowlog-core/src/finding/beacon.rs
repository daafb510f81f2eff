//! Beacons: connections to the internet by the clock, scored as RITA version 5 does.
//!
//! Source of the formulas: activecm/rita, `analysis/beacons.go` and `default_config.hjson`
//! (docs/detection.md names what differs here).

use super::facts::{Facts, shown};
use super::statistics::{mad, median, quantile, sort};
use super::{Finding, Severity};
use crate::aggregate::ConversationKey;
use crate::aggregate::evidence::Beat;
use crate::flow::Protocol;

pub(super) const RULE: &str = "beacon";
/// Network time: clients ask by the clock (RFC 5905), and nothing else tells them from beacons.
const NTP: u16 = 123;
const BARS: usize = 24;
/// Taken from the score if half of the hosts use the destination (RITA's prevalence modifier).
const COMMON: f64 = 0.15;

/// The four parts of the score, each 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Score {
    pub(super) times: f64,
    pub(super) sizes: f64,
    pub(super) histogram: f64,
    pub(super) duration: f64,
}

impl Score {
    pub(super) fn total(&self) -> f64 {
        thousandths(0.25 * (self.times + self.sizes + self.histogram + self.duration))
    }
}

pub(super) fn find(facts: &Facts<'_>) -> Vec<Finding> {
    let limits = &facts.thresholds.beacon;
    let hosts = facts.talkers();
    let mut findings = Vec::new();
    for (key, rhythm) in &facts.evidence.rhythms {
        let clock = key.protocol == Protocol::UDP && key.port == NTP;
        if rhythm.len() < limits.connections || clock || !facts.is_internet(key.destination) {
            continue;
        }
        let beats = rhythm.sorted();
        let (Some(first), Some(last)) = (beats.first(), beats.last()) else { continue };
        if last.seconds - first.seconds < limits.span_seconds {
            continue;
        }
        let seconds = |ms: i64| u32::try_from(ms / 1000).unwrap_or_default();
        let Some(score) = score(&beats, seconds(facts.times.0), seconds(facts.times.1)) else { continue };
        if score.total() >= limits.low {
            findings.push((*key, beats.len(), *first, *last, score));
        }
    }
    let users = |wanted: &ConversationKey| {
        let mut users: Vec<_> = facts
            .outbound
            .iter()
            .filter(|(key, _)| key.destination == wanted.destination)
            .map(|(key, _)| key.source)
            .collect();
        users.sort_unstable();
        users.dedup();
        users.len()
    };
    let finding = |(key, count, first, last, score): (ConversationKey, usize, Beat, Beat, Score)| {
        let entity = facts.name(key.source);
        let users = users(&key);
        // What half the hosts do is the landscape's own.
        let common = hosts >= 4 && users * 2 >= hosts;
        let total = score.total() - if common { COMMON } else { 0.0 };
        if total < limits.low {
            return None;
        }
        let severity = if total >= limits.medium { Severity::Medium } else { Severity::Low };
        let day = f64::from(last.seconds - first.seconds) >= 0.9 * 86_400.0;
        let span = facts.span_ms() / 3_600_000;
        let short =
            if day { String::new() } else { format!(" The data cover {span} h: less than a day says less.") };
        let (evidence, evidence_rows) = shown(vec![facts.row(&key, count as u64, "connections judged")]);
        let (destination, port) = (facts.name(key.destination), key.port);
        Some(Finding {
            id: format!("{RULE}:{entity}:{destination}:{port}"),
            rule: RULE,
            severity,
            title: format!("{entity} calls {destination}:{port} by the clock (score {total:.2})"),
            reason: format!(
                "Regular intervals {:.2}, like sizes {:.2}, even spread over time {:.2}, duration {:.2} (each 0 to 1); \
                 {users} of {hosts} hosts use the destination.{short} Updates, monitoring and polling look the same.",
                score.times, score.sizes, score.histogram, score.duration
            ),
            entity,
            first_time_ms: i64::from(first.seconds) * 1000,
            last_time_ms: i64::from(last.seconds) * 1000,
            techniques: &["T1071 Application Layer Protocol", "T1571 Non-Standard Port"],
            next_step: "Find the program on the source that opens these connections, and who runs the destination.",
            evidence,
            evidence_rows,
        })
    };
    findings.into_iter().filter_map(finding).collect()
}

/// The score of `beats` in order of time, in data from `start` to `end` (Unix seconds). `None` with
/// fewer than three intervals.
pub(super) fn score(beats: &[Beat], start: u32, end: u32) -> Option<Score> {
    let pairs = beats.iter().zip(beats.iter().skip(1));
    let mut intervals: Vec<f64> =
        pairs.map(|(a, b)| f64::from(b.seconds - a.seconds)).filter(|&interval| interval > 0.0).collect();
    if intervals.len() < 3 {
        return None;
    }
    let mut sizes: Vec<f64> = beats.iter().map(|beat| f64::from(beat.bytes)).collect();
    sort(&mut intervals);
    sort(&mut sizes);
    let bars = bars(beats, start, end);
    Some(Score {
        times: evenness(&intervals, 1.0),
        sizes: evenness(&sizes, 0.0),
        histogram: histogram(&bars),
        duration: duration(beats, &bars, start, end),
    })
}

/// Mean of the symmetry (Bowley) and the concentration (MAD) of sorted values.
fn evenness(sorted: &[f64], without_median: f64) -> f64 {
    let (low, middle, high) = (quantile(sorted, 0.25), median(sorted), quantile(sorted, 0.75));
    let width = high - low;
    let same = |a: f64, b: f64| (a - b).abs() < f64::EPSILON;
    let bowley = if width < 10.0 || same(middle, low) || same(middle, high) {
        0.0
    } else {
        (low + high - 2.0 * middle) / width
    };
    let concentration =
        if middle >= 1.0 { ((middle - mad(sorted)) / middle).max(0.0) } else { without_median };
    thousandths(f64::midpoint(1.0 - bowley.abs(), concentration))
}

/// Connections in each of 24 equal parts of the data.
#[allow(clippy::cast_possible_truncation)] // a place within 24
fn bars(beats: &[Beat], start: u32, end: u32) -> [u32; BARS] {
    let mut bars = [0; BARS];
    let span = u64::from(end.saturating_sub(start)) + 1;
    for beat in beats {
        let place = u64::from(beat.seconds.saturating_sub(start)) * BARS as u64 / span;
        if let Some(bar) = bars.get_mut((place as usize).min(BARS - 1)) {
            *bar += 1;
        }
    }
    bars
}

fn histogram(bars: &[u32; BARS]) -> f64 {
    let count = BARS as f64;
    let mean = bars.iter().copied().map(f64::from).sum::<f64>() / count;
    let variance = bars.iter().map(|&bar| (f64::from(bar) - mean).powi(2)).sum::<f64>() / count;
    let variation = if mean > 0.0 { variance.sqrt() / mean } else { 2.0 };
    let even = if variation > 1.0 { 0.0 } else { 1.0 - variation };
    thousandths(even.max(two_heights(bars)))
}

/// Bars of one or two heights only: on and off, but each time the same.
fn two_heights(bars: &[u32; BARS]) -> f64 {
    let filled = bars.iter().filter(|bar| **bar > 0).count();
    if filled < 11 {
        return 0.0;
    }
    let most = bars.iter().copied().max().unwrap_or_default();
    let step = most.div_ceil(20).max(1);
    let mut groups = std::collections::BTreeMap::new();
    for bar in bars.iter().filter(|bar| **bar > 0) {
        *groups.entry(bar / step).or_insert(0_u32) += 1;
    }
    let mut sizes: Vec<u32> = groups.into_values().collect();
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    let two = sizes.iter().take(2).sum::<u32>();
    (f64::from(two) / (filled - 1) as f64).min(1.0)
}

fn duration(beats: &[Beat], bars: &[u32; BARS], start: u32, end: u32) -> f64 {
    if bars.iter().filter(|bar| **bar > 0).count() < 6 {
        return 0.0;
    }
    let (Some(first), Some(last)) = (beats.first(), beats.last()) else { return 0.0 };
    let covered = f64::from(last.seconds - first.seconds) / f64::from(end.saturating_sub(start).max(1));
    // The longest run of filled bars; the end of the data joins its beginning.
    let (mut run, mut longest) = (0_usize, 0);
    for bar in bars.iter().chain(bars) {
        run = if *bar > 0 { run + 1 } else { 0 };
        longest = run.max(longest);
    }
    let runs = longest.min(BARS) as f64 / 12.0;
    ((covered.max(runs) * 1000.0).ceil() / 1000.0).min(1.0)
}

fn thousandths(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beats(times: impl Iterator<Item = u32>, bytes: impl Fn(u32) -> u32) -> Vec<Beat> {
        times.map(|seconds| Beat { seconds, bytes: bytes(seconds) }).collect()
    }

    #[test]
    fn a_perfect_beacon_over_a_day_scores_one() {
        let score = score(&beats((0..86_400).step_by(600), |_| 900), 0, 86_399).unwrap();
        assert!((score.total() - 1.0).abs() < 0.01, "{score:?}");
    }

    #[test]
    fn a_beacon_of_a_few_hours_cannot_exceed_three_quarters_of_a_day() {
        let score = score(&beats((0..14_400).step_by(60), |_| 900), 0, 86_399).unwrap();
        assert!(score.duration == 0.0 && score.total() <= 0.75, "{score:?}");
    }

    #[test]
    fn random_times_and_sizes_score_low() {
        let noise = |n: u32| n.wrapping_mul(2_654_435_761) >> 8;
        let mut times: Vec<u32> = (1..200).map(|n| noise(n) % 86_400).collect();
        times.sort_unstable();
        let score = score(&beats(times.into_iter(), |n| 200 + noise(n) % 1_000_000), 0, 86_399).unwrap();
        assert!(score.total() < 0.8, "{score:?}");
    }

    #[test]
    fn too_few_intervals_have_no_score() {
        assert_eq!(score(&beats([5, 5, 5, 65, 125].into_iter(), |_| 1), 0, 200), None);
    }
}
