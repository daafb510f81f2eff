//! When a NIC's log has tuples, to the minute.

use std::collections::BTreeMap;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// The minutes (UTC) in which a NIC's log has tuples. A busy NIC has some in each; an hour's blob that is
/// missing, or a log that begins later, leaves a hole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NicTimes {
    first_ms: i64,
    last_ms: i64,
    /// One bit a minute, by hours since 1970.
    minutes: BTreeMap<i64, u64>,
}

impl Default for NicTimes {
    fn default() -> Self {
        Self { first_ms: i64::MAX, last_ms: i64::MIN, minutes: BTreeMap::new() }
    }
}

impl NicTimes {
    pub(super) fn see(&mut self, time_ms: i64) {
        self.first_ms = self.first_ms.min(time_ms);
        self.last_ms = self.last_ms.max(time_ms);
        *self.minutes.entry(time_ms.div_euclid(HOUR_MS)).or_default() |= 1 << minute(time_ms);
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.first_ms = self.first_ms.min(other.first_ms);
        self.last_ms = self.last_ms.max(other.last_ms);
        for (hour, minutes) in &other.minutes {
            *self.minutes.entry(*hour).or_default() |= minutes;
        }
    }

    /// Hours since 1970 (UTC) with tuples.
    pub(super) fn hours(&self) -> impl Iterator<Item = i64> {
        self.minutes.keys().copied()
    }

    /// True if there are tuples around that time: it does not lie before the first or after the last
    /// second, and one of its minutes has some.
    pub(crate) fn has_any(&self, first_ms: i64, last_ms: i64) -> bool {
        // NSG logs cut times down to the second.
        if last_ms < self.first_ms.saturating_sub(999) || first_ms > self.last_ms.saturating_add(999) {
            return false;
        }
        let (from, to) = (first_ms.div_euclid(HOUR_MS), last_ms.div_euclid(HOUR_MS));
        let mut hours = self.minutes.range(from..=to.max(from));
        hours.any(|(hour, minutes)| {
            let since = if *hour == from { u64::MAX << minute(first_ms) } else { u64::MAX };
            let until = if *hour == to { u64::MAX >> (63 - minute(last_ms)) } else { u64::MAX };
            minutes & since & until != 0
        })
    }
}

/// Minute of the hour.
fn minute(time_ms: i64) -> i64 {
    time_ms.rem_euclid(HOUR_MS) / MINUTE_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hole_of_minutes_is_found_and_the_edges_count() {
        let mut times = NicTimes::default();
        // 00:05:30, 02:00:10 and 02:59:59.
        for second in [330, 7210, 10_799] {
            times.see(second * 1000);
        }
        let has = |from: i64, to: i64| times.has_any(from * 1000, to * 1000);
        assert!(has(330, 330) && has(310, 340) && has(0, 20_000) && has(400, 7200 + 59));
        assert!(!has(0, 300), "before the first");
        assert!(!has(360, 7199), "between");
        assert!(!has(7260, 10_739) && !has(10_801, 99_999));
        assert_eq!(times.hours().collect::<Vec<_>>(), [0, 2]);
        let mut other = NicTimes::default();
        other.see(5_000_000);
        other.add(&times);
        assert!(other.has_any(5_000_000, 5_000_000) && other.has_any(330_000, 330_000));
    }
}
