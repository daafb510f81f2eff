//! Tuples over time.

use serde::{Deserialize, Serialize};

use super::entries::{Entries, Entry};
use crate::flow::{FlowTuple, State};

/// A minute, an hour, a day, ms.
const WIDTHS: [i64; 3] = [60_000, 3_600_000, 86_400_000];
/// More buckets than these, three months of minutes, are joined to wider ones (few in tests).
const MOST: usize = if cfg!(test) { 64 } else { 1 << 17 };

/// What the tuples of one span of time hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// Number of the span since 1970: Unix ms divided by the timeline's width.
    pub index: i64,
    /// Tuples.
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

impl Bucket {
    #[inline]
    fn count(&mut self, tuple: &FlowTuple) {
        self.tuples += 1;
        self.begun += u64::from(matches!(tuple.state, State::Begin | State::Allow));
        self.denied += u64::from(tuple.state == State::Deny);
        if let Some(counters) = &tuple.counters {
            self.bytes_sent = self.bytes_sent.saturating_add(counters.bytes_sent);
            self.bytes_received = self.bytes_received.saturating_add(counters.bytes_received);
        }
    }
}

impl Entry for Bucket {
    type Key = i64;

    fn key(&self) -> i64 {
        self.index
    }

    fn add(&mut self, other: &Self) {
        self.tuples += other.tuples;
        self.begun += other.begun;
        self.denied += other.denied;
        self.bytes_sent = self.bytes_sent.saturating_add(other.bytes_sent);
        self.bytes_received = self.bytes_received.saturating_add(other.bytes_received);
    }
}

/// Sums of all tuples by minute; by hour or by day if there are more than 131,072 minutes or hours with tuples. Every
/// tuple counts in the span of its own time, as often as logs tell of it.
///
/// Memory: 48 bytes a bucket, of which there are at most four times as many as that.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct Timeline {
    width: usize,
    buckets: Entries<Bucket>,
    /// With so many buckets, doubles among them, it is looked whether they are too many.
    check_at: usize,
}

/// How a timeline is written: width of its buckets as a place in [`WIDTHS`], and the buckets in order.
#[derive(Serialize, Deserialize)]
struct Written(usize, Vec<Bucket>);

impl From<Written> for Timeline {
    fn from(Written(width, buckets): Written) -> Self {
        let buckets = buckets.into_iter().collect();
        Self { width: width.min(WIDTHS.len() - 1), buckets, check_at: MOST + 1 }
    }
}

impl From<Timeline> for Written {
    fn from(mut timeline: Timeline) -> Self {
        Self(timeline.width, timeline.tidy().to_vec())
    }
}

impl Default for Timeline {
    fn default() -> Self {
        Self { width: 0, buckets: Entries::default(), check_at: MOST + 1 }
    }
}

impl Timeline {
    /// How long a bucket is, ms.
    pub fn width_ms(&self) -> i64 {
        WIDTHS.get(self.width).copied().unwrap_or(60_000)
    }

    /// Buckets with tuples, in order.
    pub fn buckets(&self) -> Vec<Bucket> {
        self.clone().tidy().to_vec()
    }

    /// Counts tuples: those of one bucket mostly follow each other.
    pub(super) fn count(&mut self, mut tuples: &[FlowTuple]) {
        while let Some(first) = tuples.first() {
            let width = self.width_ms();
            let index = first.time_ms.div_euclid(width);
            let since = |tuple: &FlowTuple| tuple.time_ms.saturating_sub(index.saturating_mul(width));
            let end = tuples.iter().position(|tuple| !(0..width).contains(&since(tuple)));
            let (run, behind) = tuples.split_at(end.unwrap_or(tuples.len()).max(1));
            let mut bucket = Bucket { index, ..Bucket::default() };
            for tuple in run {
                bucket.count(tuple);
            }
            match self.buckets.last_mut() {
                Some(last) if last.index == index => last.add(&bucket),
                _ => self.push(bucket),
            }
            tuples = behind;
        }
    }

    fn push(&mut self, bucket: Bucket) {
        self.buckets.push(bucket);
        if self.buckets.as_slice().len() >= self.check_at {
            self.tidy();
        }
    }

    /// Adds everything of `other`.
    pub(super) fn merge(&mut self, mut other: Self) {
        while self.width < other.width {
            self.widen();
        }
        while other.width < self.width {
            other.widen();
        }
        self.buckets.merge(other.buckets);
        self.tidy();
    }

    /// Joins what can be joined. How wide buckets become depends on the minutes that have tuples alone, not on who
    /// counted which.
    fn tidy(&mut self) -> &[Bucket] {
        while self.buckets.tidy().len() > MOST && self.width + 1 < WIDTHS.len() {
            self.widen();
        }
        self.check_at = self.buckets.as_slice().len().saturating_mul(2).max(MOST + 1);
        self.buckets.as_slice()
    }

    fn widen(&mut self) {
        let from = self.width_ms();
        self.width = (self.width + 1).min(WIDTHS.len() - 1);
        let times = self.width_ms() / from;
        let wider = |bucket: &Bucket| Bucket { index: bucket.index.div_euclid(times), ..*bucket };
        self.buckets = self.buckets.as_slice().iter().map(wider).collect();
        self.buckets.tidy();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::net::{IpAddr, Ipv4Addr};

    use proptest::prelude::*;

    use super::*;
    use crate::flow::{Counters, Direction, Encryption, Protocol};

    fn tuple(time_ms: i64, state: State, bytes: u64) -> FlowTuple {
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        FlowTuple {
            time_ms,
            source: address,
            destination: address,
            source_port: 1,
            destination_port: 2,
            protocol: Protocol::TCP,
            direction: Direction::Inbound,
            state,
            encryption: Encryption::NotRecorded,
            counters: Some(Counters { bytes_sent: bytes, bytes_received: 1, ..Counters::default() }),
        }
    }

    proptest! {
        /// Whoever counts which tuples: the sums are those of a tree, and as wide as all minutes together need.
        #[test]
        fn the_sums_do_not_depend_on_who_counts(
            times in prop::collection::vec((-3_i64..400, 0_i64..60_000, any::<prop::sample::Index>()), 0..400),
            minutes in prop::sample::select(vec![1_i64, 61, 1_441]),
            cut in 0_usize..400,
            chunk in 1_usize..9,
        ) {
            let mut parts = [Timeline::default(), Timeline::default()];
            let mut all = Vec::new();
            for (minute, ms, state) in &times {
                let tuple = tuple(minute * minutes * 60_000 + ms, *state.get(&State::ALL), 7);
                all.push(tuple);
            }
            let (first, second) = all.split_at(cut.min(all.len()));
            parts[0].count(first);
            second.chunks(chunk).for_each(|tuples| parts[1].count(tuples));
            let [mut merged, other] = parts;
            merged.merge(other);
            let distinct = |width: i64| {
                let mut sums: BTreeMap<i64, Bucket> = BTreeMap::new();
                for tuple in &all {
                    let index = tuple.time_ms.div_euclid(width);
                    sums.entry(index).or_insert(Bucket { index, ..Bucket::default() }).count(tuple);
                }
                sums
            };
            let width = *WIDTHS.iter().find(|&&width| distinct(width).len() <= MOST).unwrap_or(&WIDTHS[2]);
            prop_assert_eq!(merged.width_ms(), width);
            prop_assert_eq!(merged.buckets(), distinct(width).into_values().collect::<Vec<_>>());
        }
    }
}
