//! Robust statistics on short lists.

/// The value at share `q` (0 to 1) of a sorted list, interpolated linearly; 0 of an empty one.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a place within the list
pub(super) fn quantile(sorted: &[f64], q: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    let place = q * last as f64;
    let (low, high) = (place.floor() as usize, place.ceil() as usize);
    let at = |place: usize| sorted.get(place).copied().unwrap_or_default();
    at(low) + (at(high) - at(low)) * (place - place.floor())
}

pub(super) fn sort(values: &mut [f64]) {
    values.sort_unstable_by(f64::total_cmp);
}

/// Median of a sorted list.
pub(super) fn median(sorted: &[f64]) -> f64 {
    quantile(sorted, 0.5)
}

/// Median of the distances from the median.
pub(super) fn mad(sorted: &[f64]) -> f64 {
    let middle = median(sorted);
    let mut distances: Vec<f64> = sorted.iter().map(|value| (value - middle).abs()).collect();
    sort(&mut distances);
    median(&distances)
}

/// The most of `sorted` times that lie within `window`: their first and last place.
pub(super) fn densest(sorted: &[i64], window: i64) -> (usize, usize) {
    let (mut start, mut best) = (0, (0, 0));
    for (end, &time) in sorted.iter().enumerate() {
        while sorted.get(start).is_some_and(|first| time.saturating_sub(*first) > window) {
            start += 1;
        }
        if end + 1 - start > best.1 - best.0 {
            best = (start, end + 1);
        }
    }
    best
}

/// Widens a part of `sorted` times as long as the next one is no farther than `window`: what else belongs to it.
pub(super) fn around(sorted: &[i64], (start, end): (usize, usize), window: i64) -> (usize, usize) {
    let near = |pair: &&[i64]| matches!(pair, [a, b] if b.saturating_sub(*a) <= window);
    let before = sorted.get(..=start).unwrap_or_default().windows(2).rev().take_while(near).count();
    let after = sorted.get(end.saturating_sub(1)..).unwrap_or_default().windows(2).take_while(near).count();
    (start - before, end + after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_interpolate() {
        let values = [1.0, 2.0, 3.0, 10.0];
        assert!((median(&values) - 2.5).abs() < 1e-9);
        assert!((quantile(&values, 1.0) - 10.0).abs() < 1e-9);
        assert!((mad(&values) - 1.0).abs() < 1e-9);
        assert!(median(&[]).abs() < 1e-9);
    }

    #[test]
    fn the_densest_window_includes_both_its_ends() {
        assert_eq!(densest(&[0, 1, 2, 100, 101, 102, 103], 3), (3, 7));
        assert_eq!(densest(&[], 3), (0, 0));
    }

    #[test]
    fn what_is_near_belongs_to_a_burst_and_what_is_far_does_not() {
        let times = [0, 90, 95, 100, 101, 102, 103, 106, 200];
        assert_eq!(around(&times, densest(&times, 3), 5), (1, 8));
        assert_eq!(around(&times, (0, 9), 5), (0, 9));
        assert_eq!(around(&[], (0, 0), 5), (0, 0));
    }
}
