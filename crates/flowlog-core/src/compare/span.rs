//! How long each set is, and when counts must be compared by the hour.

use super::model::{Counts, Ratios};
use crate::state::Summary;

const HOUR_MS: i64 = 3_600_000;
/// Sets whose lengths differ by no more than 1 in this are of one length: the oldest and the newest tuple
/// of a whole hour stand up to two minutes inside it.
const TOLERANCE: u64 = 20;

/// Time with data, ms: from the oldest to the newest tuple without whole hours (UTC) that have none.
/// A gap of minutes may be a quiet NIC; an hour's blob that is missing is none.
pub(super) fn covered_ms(set: &Summary) -> u64 {
    let Some((first, last)) = set.overall.times else { return 0 };
    let hours = set.provenance.hours().into_iter().map(|hour| {
        let start = hour.saturating_mul(HOUR_MS);
        start.max(first).abs_diff(start.saturating_add(HOUR_MS).min(last))
    });
    hours.fold(0, u64::saturating_add)
}

/// How the counts of two sets are made comparable.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    covered_ms: [u64; 2],
    pub(super) per_hour: bool,
}

impl Scale {
    pub(super) fn new(covered_ms: [u64; 2]) -> Self {
        let [a, b] = covered_ms;
        let per_hour = a > 0 && b > 0 && a.abs_diff(b) > a.max(b) / TOLERANCE;
        Self { covered_ms, per_hour }
    }

    fn ratio(&self, a: u64, b: u64) -> Option<f64> {
        let plain = (a > 0).then(|| b as f64 / a as f64)?;
        let [time_a, time_b] = self.covered_ms;
        Some(if self.per_hour { plain * (time_a as f64 / time_b as f64) } else { plain })
    }

    /// B by A, count by count.
    pub(super) fn ratios(&self, a: &Counts, b: &Counts) -> Ratios {
        Ratios {
            connections: self.ratio(a.connections, b.connections),
            denied: self.ratio(a.denied, b.denied),
            packets: self.ratio(a.packets, b.packets),
            bytes: self.ratio(a.bytes, b.bytes),
        }
    }

    /// How far the counts are apart, for ranking: exact, and the same seen from either side.
    pub(super) fn distance(&self, a: u64, b: u64) -> u128 {
        let [time_a, time_b] = if self.per_hour { self.covered_ms } else { [1, 1] };
        (u128::from(a) * u128::from(time_b)).abs_diff(u128::from(b) * u128::from(time_a))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_one_length_are_compared_as_they_are() {
        let scale = Scale::new([3_600_000, 3_480_000]);
        assert!(!scale.per_hour);
        assert_eq!((scale.ratio(10, 25), scale.ratio(0, 25), scale.distance(10, 25)), (Some(2.5), None, 15));
    }

    #[test]
    fn others_are_compared_by_the_hour() {
        let scale = Scale::new([7_200_000, 3_600_000]);
        assert!(scale.per_hour);
        assert_eq!(scale.ratio(20, 10), Some(1.0));
        assert_eq!((scale.distance(20, 10), scale.distance(20, 20)), (0, 72_000_000));
        assert!(!Scale::new([7_200_000, 0]).per_hour, "an empty set has no rate");
    }
}
