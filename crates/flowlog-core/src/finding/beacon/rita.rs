//! The score of RITA version 5: even intervals, like sizes, even spread over a window of time, duration.
//!
//! Source of the formulas: activecm/rita, `analysis/beacons.go` and `default_config.hjson`
//! (docs/detection.md names what differs here).

use serde::{Deserialize, Serialize};

use crate::finding::statistics::{mad, median, quantile, sort};
use crate::state::evidence::Beat;

const BARS: usize = 24;

/// The four parts of the score, each 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Score {
    pub(super) times: Thousandths,
    pub(super) sizes: Thousandths,
    pub(super) histogram: Thousandths,
    pub(super) duration: Thousandths,
}

impl Score {
    pub(super) fn total(self) -> f64 {
        let parts = [self.times, self.sizes, self.histogram, self.duration];
        thousandths(0.25 * parts.map(Thousandths::value).iter().sum::<f64>())
    }
}

/// A value of 0 to 1 with three places.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Thousandths(u16);

impl Thousandths {
    /// The nearest one.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a value of 0 to 1
    fn of(value: f64) -> Self {
        Self((value * 1000.0).round() as u16)
    }

    pub(super) fn value(self) -> f64 {
        f64::from(self.0) / 1000.0
    }
}

/// The score of `beats` in order of time, in a window from `start` to `end` (Unix seconds). `None` with
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
fn evenness(sorted: &[f64], without_median: f64) -> Thousandths {
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
    Thousandths::of(f64::midpoint(1.0 - bowley.abs(), concentration))
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

fn histogram(bars: &[u32; BARS]) -> Thousandths {
    let count = BARS as f64;
    let mean = bars.iter().copied().map(f64::from).sum::<f64>() / count;
    let variance = bars.iter().map(|&bar| (f64::from(bar) - mean).powi(2)).sum::<f64>() / count;
    let variation = if mean > 0.0 { variance.sqrt() / mean } else { 2.0 };
    let even = if variation > 1.0 { 0.0 } else { 1.0 - variation };
    Thousandths::of(even.max(two_heights(bars)))
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

fn duration(beats: &[Beat], bars: &[u32; BARS], start: u32, end: u32) -> Thousandths {
    if bars.iter().filter(|bar| **bar > 0).count() < 6 {
        return Thousandths(0);
    }
    let (Some(first), Some(last)) = (beats.first(), beats.last()) else { return Thousandths(0) };
    let covered = f64::from(last.seconds - first.seconds) / f64::from(end.saturating_sub(start).max(1));
    // The longest run of filled bars; the end of the data joins its beginning.
    let (mut run, mut longest) = (0_usize, 0);
    for bar in bars.iter().chain(bars) {
        run = if *bar > 0 { run + 1 } else { 0 };
        longest = run.max(longest);
    }
    let runs = longest.min(BARS) as f64 / 12.0;
    Thousandths::of(((covered.max(runs) * 1000.0).ceil() / 1000.0).min(1.0))
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
        assert!(score.duration == Thousandths(0) && score.total() <= 0.75, "{score:?}");
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
