//! What there is: which NICs, which hours, which kinds of tuples.

use std::sync::Arc;

use super::entries::{Entries, Entry};
use super::overall::{TupleSums, state_index};
use crate::flow::State;
use crate::record::{LogKind, RecordContext};

/// An hour, ms.
pub const HOUR_MS: i64 = 3_600_000;
/// A record is written up to so long after the tuples it holds, ms.
const LATE_RECORD_MS: i64 = 120_000;

/// What one hour of a NIC's log holds, by the time of its records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HourCounts {
    /// Unix ms / [`HOUR_MS`].
    pub hour: i64,
    /// Tuples of the hour's records.
    pub tuples: u64,
    /// Its newest record, Unix ms.
    pub last_ms: i64,
}

impl Entry for HourCounts {
    type Key = i64;

    fn key(&self) -> i64 {
        self.hour
    }

    fn add(&mut self, other: &Self) {
        self.tuples += other.tuples;
        self.last_ms = self.last_ms.max(other.last_ms);
    }
}

/// One NIC's log: what was read of it. There may be a million: names that many share are kept once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogCoverage {
    /// MAC address, upper case without separators.
    pub mac: Box<str>,
    /// The resource whose log it is, lower case; empty if the records do not say.
    pub resource: Arc<str>,
    /// VNet or NSG.
    pub kind: LogKind,
    /// The record being read has a time.
    timed: bool,
    /// Tuples by state, in the order of [`State::ALL`].
    pub states: [u64; State::ALL.len()],
    /// Hours with records; the last one is being read, if the record has a time.
    hours: Entries<HourCounts>,
    /// Tuples of records without a time that could be read: they are in none of the hours.
    pub untimed: u64,
}

impl LogCoverage {
    /// Of a log that nothing was read of yet.
    pub fn of(mac: &str, resource: Arc<str>, kind: LogKind) -> Self {
        let states = [0; State::ALL.len()];
        Self { mac: mac.into(), resource, kind, timed: false, states, hours: Entries::default(), untimed: 0 }
    }

    /// With these hours.
    #[must_use]
    pub fn with_hours(mut self, hours: impl IntoIterator<Item = HourCounts>) -> Self {
        self.hours = hours.into_iter().collect();
        self.put_away();
        self
    }

    /// Hours with records, in order.
    pub fn hours(&self) -> &[HourCounts] {
        self.hours.as_slice()
    }

    /// The tuples that follow stand in this record.
    pub(super) fn record(&mut self, record: &RecordContext<'_>) {
        self.timed = record.time_ms.is_some();
        let Some(time_ms) = record.time_ms else { return };
        let hour = time_ms.div_euclid(HOUR_MS);
        match self.hours.last_mut() {
            Some(counts) if counts.hour == hour => counts.last_ms = counts.last_ms.max(time_ms),
            _ => self.hours.push(HourCounts { hour, tuples: 0, last_ms: time_ms }),
        }
    }

    /// Counts tuples of the record.
    pub(super) fn count(&mut self, sums: &TupleSums) {
        for (mine, more) in self.states.iter_mut().zip(sums.states) {
            *mine += more;
        }
        match self.hours.last_mut().filter(|_| self.timed) {
            Some(counts) => counts.tuples += sums.tuples,
            None => self.untimed += sums.tuples,
        }
    }

    /// Adds everything of `other`, another part of the same log.
    pub(super) fn add(&mut self, other: Self) {
        self.timed = false;
        for (mine, theirs) in self.states.iter_mut().zip(other.states) {
            *mine += theirs;
        }
        self.hours.merge(other.hours);
        self.untimed += other.untimed;
    }

    /// No record is being read any more: puts the hours in order.
    pub(super) fn put_away(&mut self) {
        self.timed = false;
        self.hours.tidy();
    }

    /// Whether it tells anything of the hour that a time (Unix ms) is in; true if it has no hours at all. Records of an
    /// hour's first minutes may be the last ones of the blob before.
    pub fn tells_of_hour(&self, time_ms: i64) -> bool {
        let hour = time_ms.div_euclid(HOUR_MS);
        let tells = |counts: &HourCounts| {
            counts.last_ms.saturating_sub(hour.saturating_mul(HOUR_MS)) > LATE_RECORD_MS
        };
        let hours = self.hours();
        let place = hours.binary_search_by_key(&hour, |counts| counts.hour);
        hours.is_empty() || place.ok().and_then(|place| hours.get(place)).is_some_and(tells)
    }

    /// Tuples of one state.
    pub fn state(&self, state: State) -> u64 {
        self.states[state_index(state)]
    }

    /// All tuples.
    pub fn tuples(&self) -> u64 {
        self.states.iter().sum()
    }

    /// Its newest record, Unix ms.
    pub fn last_ms(&self) -> Option<i64> {
        self.hours().iter().map(|hour| hour.last_ms).max()
    }
}

/// The hours of several logs together, in order.
pub fn joined_hours<'a>(logs: impl IntoIterator<Item = &'a LogCoverage>) -> Vec<HourCounts> {
    let mut all = Entries::default();
    logs.into_iter().flat_map(LogCoverage::hours).for_each(|counts| all.push(*counts));
    all.tidy().to_vec()
}
