//! Tuples over time, in buckets that fit a screen.

use serde::Serialize;

use crate::state::{Bucket, Timeline};

/// Widths that people count in, ms: 1, 5, 10 and 30 minutes, 1, 3, 6 and 12 hours, 1, 7 and 30 days, a year.
const WIDTHS: [i64; 12] = [
    60_000,
    300_000,
    600_000,
    1_800_000,
    3_600_000,
    10_800_000,
    21_600_000,
    43_200_000,
    86_400_000,
    604_800_000,
    2_592_000_000,
    31_536_000_000,
];
/// At most so many buckets, from the first to the last, if nobody asks for a width: they fit a line of a terminal.
const FIT: i64 = 61;

/// What all logs tell of one span of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TimelineRow {
    /// Its beginning, Unix ms UTC; it is as long as [`Report::timeline_bucket_ms`](super::Report::timeline_bucket_ms).
    pub time_ms: i64,
    /// Tuples, by their own times.
    pub tuples: u64,
    /// Connections begun: B tuples, and the allowed tuples of NSG logs version 1.
    pub begun: u64,
    /// Denied tuples.
    pub denied: u64,
    /// Bytes from initiator to responder.
    pub bytes_sent: u64,
    /// Bytes from responder to initiator.
    pub bytes_received: u64,
}

/// Tuples over time, and how long a row is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// How long each row is, ms.
    pub width_ms: u64,
    /// Spans with tuples, in order.
    pub rows: Vec<TimelineRow>,
}

/// The smallest width, ms, of which at most 61 buckets hold all times from the first to the last (Unix ms); a year if none
/// is wide enough.
pub fn fitting_width(first_ms: i64, last_ms: i64) -> i64 {
    fitting_width_of(first_ms, last_ms, FIT)
}

/// The same with another number of buckets.
pub(crate) fn fitting_width_of(first_ms: i64, last_ms: i64, most: i64) -> i64 {
    let buckets = |width: i64| last_ms.div_euclid(width).saturating_sub(first_ms.div_euclid(width));
    let [.., widest] = WIDTHS;
    WIDTHS.into_iter().find(|&width| buckets(width) < most).unwrap_or(widest)
}

/// The timeline in at most so many rows, from the first to the last; wider ones if it is not known so finely.
pub(crate) fn line(known: &Timeline, most: i64) -> Line {
    let (finest, buckets) = (known.width_ms(), known.buckets());
    let time = |bucket: &Bucket| bucket.index.saturating_mul(finest);
    let (first, last) = buckets.first().zip(buckets.last()).map_or((0, 0), |(a, b)| (time(a), time(b)));
    let (width_ms, rows) = timeline(known, Some(fitting_width_of(first, last, most)));
    Line { width_ms, rows }
}

/// The timeline in buckets of `wanted` ms, or of what fits; wider if it is not known so finely. Buckets without tuples are
/// left out. Returns the width, too.
pub(super) fn timeline(known: &Timeline, wanted: Option<i64>) -> (u64, Vec<TimelineRow>) {
    let (finest, buckets) = (known.width_ms(), known.buckets());
    let ends = buckets.first().zip(buckets.last());
    let (first, last) = ends.map_or((0, 0), |(first, last)| (first.index, last.index));
    let time = |index: i64| index.saturating_mul(finest);
    let fitting = || fitting_width(time(first), time(last)).max(finest);
    let width = wanted.map_or_else(fitting, |wanted| wanted.max(finest));
    let mut rows: Vec<TimelineRow> = Vec::new();
    for bucket in buckets {
        let start = bucket.index.saturating_mul(finest).div_euclid(width).saturating_mul(width);
        if rows.last().is_none_or(|row| row.time_ms != start) {
            rows.push(TimelineRow { time_ms: start, ..TimelineRow::default() });
        }
        if let Some(row) = rows.last_mut() {
            row.tuples += bucket.tuples;
            row.begun += bucket.begun;
            row.denied += bucket.denied;
            row.bytes_sent = row.bytes_sent.saturating_add(bucket.bytes_sent);
            row.bytes_received = row.bytes_received.saturating_add(bucket.bytes_received);
        }
    }
    (width.unsigned_abs(), rows)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::state::testing::gatherer;

    fn known(minutes: &[i64]) -> Timeline {
        let time = |minute: &i64| 1_764_547_200_000 + minute * 60_000;
        let tuple = |ms: i64| format!(r#""{ms},10.0.0.2,10.0.0.1,40000,22,6,I,B,NX,0,0,0,0""#);
        let tuples: Vec<String> = minutes.iter().map(|minute| tuple(time(minute))).collect();
        let text = format!(
            r#"{{"records":[{{"time":"2025-12-01T00:00:00Z","macAddress":"000D3A000001","category":"FlowLogFlowEvent","targetResourceID":"/s/virtualNetworks/hub","flowLogVersion":4,"flowRecords":{{"flows":[{{"aclID":"a","flowGroups":[{{"rule":"r","flowTuples":[{}]}}]}}]}}}}]}}"#,
            tuples.join(",")
        );
        gatherer(&text).summary.timeline
    }

    proptest! {
        #[test]
        fn every_tuple_is_in_the_row_of_its_time(minutes in prop::collection::vec(0_i64..3_000, 1..60), wanted in prop::option::of(1_i64..200)) {
            let wanted = wanted.map(|minutes| minutes * 60_000);
            let (width, rows) = timeline(&known(&minutes), wanted);
            prop_assert_eq!(rows.iter().map(|row| row.begun).sum::<u64>(), minutes.len() as u64);
            let width = i64::try_from(width).unwrap();
            prop_assert!(rows.iter().all(|row| row.tuples > 0 && row.time_ms % width == 0));
            prop_assert!(rows.is_sorted_by(|a, b| a.time_ms < b.time_ms));
            match wanted {
                Some(wanted) => prop_assert_eq!(width, wanted),
                None => prop_assert!(rows.len() <= 61),
            }
        }
    }

    #[test]
    fn an_hour_has_minutes_and_a_day_half_hours() {
        let hour: Vec<i64> = (0..60).collect();
        let day: Vec<i64> = (0..24).map(|hour| hour * 60).collect();
        assert_eq!((timeline(&known(&hour), None).0, timeline(&known(&day), None).0), (60_000, 1_800_000));
        assert_eq!(timeline(&Timeline::default(), None), (60_000, Vec::new()));
    }
}
