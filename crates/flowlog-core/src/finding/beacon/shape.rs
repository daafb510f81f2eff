//! The shape of the gaps between connections: that of a clock, however it jitters, or that of chance.
//!
//! Gaps of chance are distributed exponentially, which is the gamma distribution of shape 1; gaps of a
//! clock are the narrower the larger their shape. The shape is estimated in closed form from the mean of
//! the gaps and the mean of their logarithms (Minka 2002). Begins of one call that opens several
//! connections are taken as one, and pauses (nights) are no gaps.

use crate::finding::statistics::{median, sort};
use crate::state::evidence::Beat;

/// Begins closer than this are one call, seconds.
const MERGE_SECONDS: u32 = 10;
/// A gap that is longer than so many usual ones is a pause.
const PAUSE: f64 = 20.0;
/// Merging cuts off short gaps, which makes gaps of chance look alike unless they are far longer, seconds.
const LEAST_MEAN: f64 = 6.0 * MERGE_SECONDS as f64;
/// No gaps are so regular that more can be said.
const MOST: f64 = 1000.0;

/// Cuts `beats`, in order of time, where they pause. Each part has one beat or more.
pub(super) fn parts(beats: &[Beat]) -> impl Iterator<Item = &[Beat]> {
    let pause = PAUSE * median(&sorted_gaps(beats)).max(f64::from(MERGE_SECONDS));
    beats.chunk_by(move |a, b| f64::from(b.seconds - a.seconds) <= pause)
}

/// The shape of the gaps between `beats` in order of time, if there are `least` gaps or more and they are long enough.
pub(super) fn shape(beats: &[Beat], least: usize) -> Option<f64> {
    let calls: Vec<Beat> = merged(beats);
    let (mut count, mut sum, mut logs) = (0_usize, 0.0, 0.0);
    for part in parts(&calls) {
        for pair in part.windows(2) {
            let [a, b] = pair else { continue };
            let gap = f64::from(b.seconds - a.seconds);
            count += 1;
            sum += gap;
            logs += gap.ln();
        }
    }
    let mean = sum / count as f64;
    if count < least.max(2) || mean < LEAST_MEAN {
        return None;
    }
    let s = mean.ln() - logs / count as f64;
    Some(if s > 1e-4 { gamma_shape(s).min(MOST) } else { MOST })
}

/// The shape of the gamma distribution where the logarithm of the mean is `s` above the mean of the logarithms.
fn gamma_shape(s: f64) -> f64 {
    (3.0 - s + ((s - 3.0).powi(2) + 24.0 * s).sqrt()) / (12.0 * s)
}

/// The first of each group of beats that are [`MERGE_SECONDS`] apart or less.
fn merged(beats: &[Beat]) -> Vec<Beat> {
    let mut calls: Vec<Beat> = Vec::new();
    for beat in beats {
        if calls.last().is_none_or(|last| beat.seconds - last.seconds >= MERGE_SECONDS) {
            calls.push(*beat);
        }
    }
    calls
}

/// Gaps between beats in order of time that are not 0, sorted.
pub(super) fn sorted_gaps(beats: &[Beat]) -> Vec<f64> {
    let pairs = beats.iter().zip(beats.iter().skip(1));
    let mut gaps: Vec<f64> =
        pairs.map(|(a, b)| f64::from(b.seconds - a.seconds)).filter(|&gap| gap > 0.0).collect();
    sort(&mut gaps);
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Beats at the sums of `gap(n)`; a number of chance between 0 and 1 is handed in.
    fn beats(count: u32, gap: impl Fn(f64) -> f64) -> Vec<Beat> {
        let mut time = 0.0_f64;
        let mut state = 1_u64;
        (0..count)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                time += gap((state >> 11) as f64 / (1_u64 << 53) as f64);
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                Beat { seconds: time as u32, bytes: 0 }
            })
            .collect()
    }

    fn double(beats: &[Beat]) -> Vec<Beat> {
        let twice = |beat: &Beat| [*beat, Beat { seconds: beat.seconds + 3, ..*beat }];
        beats.iter().flat_map(twice).collect()
    }

    #[test]
    fn chance_has_shape_one_and_a_clock_a_large_one() {
        let chance = shape(&beats(2000, |share| -300.0 * (1.0 - share).ln()), 24).unwrap();
        assert!((0.8..1.3).contains(&chance), "{chance}");
        let jitter = shape(&beats(200, |share| 300.0 * (0.5 + share)), 24).unwrap();
        assert!(jitter > 8.0, "{jitter}");
        let wide = shape(&beats(200, |share| 300.0 * (0.1 + 1.8 * share)), 24).unwrap();
        assert!(wide > 2.0, "{wide}");
        assert!(shape(&beats(50, |_| 60.0), 24).unwrap() > 100.0);
    }

    #[test]
    fn calls_of_two_connections_and_pauses_change_nothing() {
        let plain = beats(100, |share| 300.0 * (0.5 + share));
        let alone = shape(&plain, 24).unwrap();
        let twice = shape(&double(&plain), 24).unwrap();
        assert!((twice / alone - 1.0).abs() < 0.2, "{alone} {twice}");
        let night = plain.iter().enumerate().map(|(place, beat)| {
            let later = if place >= 50 { 50_000 } else { 0 };
            Beat { seconds: beat.seconds + later, ..*beat }
        });
        let night = shape(&night.collect::<Vec<_>>(), 24).unwrap();
        assert!((night / alone - 1.0).abs() < 0.2, "{alone} {night}");
    }

    #[test]
    fn few_or_short_gaps_have_no_shape() {
        assert_eq!(shape(&beats(20, |_| 300.0), 24), None);
        assert_eq!(shape(&beats(500, |_| 20.0), 24), None);
        assert_eq!(shape(&[], 0), None);
    }
}
