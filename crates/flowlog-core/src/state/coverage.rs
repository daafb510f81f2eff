//! What there is: which NICs, which hours, which kinds of tuples.

use std::collections::BTreeMap;

use super::overall::state_index;
use crate::flow::State;
use crate::record::{LogKind, RecordContext};

/// An hour, ms.
pub const HOUR_MS: i64 = 3_600_000;
/// A record is written up to so long after the tuples it holds, ms.
const LATE_RECORD_MS: i64 = 120_000;

/// What one hour of a NIC's log holds, by the time of its records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HourCounts {
    /// Tuples of the hour's records.
    pub tuples: u64,
    /// Its newest record, Unix ms.
    pub last_ms: i64,
}

/// One NIC's log: what was read of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogCoverage {
    /// MAC address, upper case without separators.
    pub mac: String,
    /// The resource whose log it is, lower case; empty if the records do not say.
    pub resource: String,
    /// VNet or NSG.
    pub kind: LogKind,
    /// Tuples by state, in the order of [`State::ALL`].
    pub states: [u64; State::ALL.len()],
    /// Hours (Unix ms / [`HOUR_MS`]) with records.
    pub hours: BTreeMap<i64, HourCounts>,
    /// Tuples of records without a time that could be read: they are in none of the hours.
    pub untimed: u64,
    /// The hour being read, kept apart from the map: tuples come by the million.
    current: Option<(i64, HourCounts)>,
}

impl LogCoverage {
    /// Of a log that nothing was read of yet.
    pub fn of(mac: &str, resource: &str, kind: LogKind) -> Self {
        let states = [0; State::ALL.len()];
        let (mac, resource) = (mac.to_owned(), resource.to_owned());
        Self { mac, resource, kind, states, hours: BTreeMap::new(), untimed: 0, current: None }
    }

    /// The tuples that follow stand in this record.
    pub(super) fn record(&mut self, record: &RecordContext<'_>) {
        let Some(time_ms) = record.time_ms else { return self.put_away() };
        let hour = time_ms.div_euclid(HOUR_MS);
        match &mut self.current {
            Some((current, counts)) if *current == hour => counts.last_ms = counts.last_ms.max(time_ms),
            _ => {
                self.put_away();
                self.current = Some((hour, HourCounts { tuples: 0, last_ms: time_ms }));
            }
        }
    }

    #[inline]
    pub(super) fn count(&mut self, state: State) {
        self.states[state_index(state)] += 1;
        match &mut self.current {
            Some((_, counts)) => counts.tuples += 1,
            None => self.untimed += 1,
        }
    }

    /// Adds everything of `other`, another part of the same log.
    pub(super) fn add(&mut self, mut other: Self) {
        self.put_away();
        other.put_away();
        for (mine, theirs) in self.states.iter_mut().zip(other.states) {
            *mine += theirs;
        }
        for (hour, counts) in other.hours {
            self.enter(hour, counts);
        }
        self.untimed += other.untimed;
    }

    /// Enters the hour being read.
    pub(super) fn put_away(&mut self) {
        if let Some((hour, counts)) = self.current.take() {
            self.enter(hour, counts);
        }
    }

    fn enter(&mut self, hour: i64, counts: HourCounts) {
        let known = self.hours.entry(hour).or_default();
        known.tuples += counts.tuples;
        known.last_ms = known.last_ms.max(counts.last_ms);
    }

    /// Whether it tells anything of the hour that a time (Unix ms) is in; true if it has no hours at all. Records of an
    /// hour's first minutes may be the last ones of the blob before.
    pub fn tells_of_hour(&self, time_ms: i64) -> bool {
        let hour = time_ms.div_euclid(HOUR_MS);
        let tells = |counts: &HourCounts| {
            counts.last_ms.saturating_sub(hour.saturating_mul(HOUR_MS)) > LATE_RECORD_MS
        };
        self.current.as_ref().is_some_and(|(current, counts)| *current == hour && tells(counts))
            || self.hours.get(&hour).is_some_and(tells)
            || self.current.is_none() && self.hours.is_empty()
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
        self.hours.values().map(|hour| hour.last_ms).max()
    }
}
