//! Counts in bins of time, for what comes nearly in time order.

use std::collections::BTreeMap;

/// Length of a bin, seconds: the window of most published thresholds.
pub const BIN_SECONDS: u32 = 300;

/// The bin of a time in Unix ms.
pub fn bin_of(ms: i64) -> u32 {
    super::seconds(ms) / BIN_SECONDS
}

/// What can be counted in a bin.
pub trait Tally: Copy {
    /// Adds `other`.
    fn add(&mut self, other: &Self);
}

/// Counts by bin, in order of time; only bins with something in them.
// Most have one bin: they need no allocation, and a busy one is found without a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bins<T> {
    /// The bin counted last.
    last: Option<(u32, T)>,
    /// The others.
    rest: BTreeMap<u32, T>,
}

impl<T> Default for Bins<T> {
    fn default() -> Self {
        Self { last: None, rest: BTreeMap::new() }
    }
}

impl<T: Tally> Bins<T> {
    #[inline]
    pub(super) fn add(&mut self, bin: u32, tally: &T) {
        match &mut self.last {
            Some((last, present)) if *last == bin => present.add(tally),
            _ => self.turn_to(bin, tally),
        }
    }

    fn turn_to(&mut self, bin: u32, tally: &T) {
        let mut counts = *tally;
        if let Some(known) = self.rest.remove(&bin) {
            counts.add(&known);
        }
        if let Some((last, counts)) = self.last.replace((bin, counts)) {
            self.rest.insert(last, counts);
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        if self.last.is_none() {
            *self = other;
            return;
        }
        for (bin, tally) in other.iter() {
            self.add(bin, tally);
        }
    }

    /// Bin and counts, in order of time.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (u32, &T)> {
        let (at, last) = self.last.as_ref().map_or((0, None), |(bin, counts)| (*bin, Some((*bin, counts))));
        let before = self.rest.range(..at).map(|(bin, counts)| (*bin, counts));
        before.chain(last).chain(self.rest.range(at..).map(|(bin, counts)| (*bin, counts)))
    }
}

/// Answered sessions to a service one can log in to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sessions {
    /// All.
    pub sessions: u32,
    /// Of these, as short and small as a failed attempt to log in.
    pub attempts: u32,
    /// Bytes both ways of the attempts, and the sum of their squares (for their spread).
    pub bytes: u64,
    /// See `bytes`.
    pub squares: u64,
    /// Bytes of the largest session.
    pub largest: u64,
    /// Newest tuple of any, Unix ms.
    pub last_ms: i64,
}

impl Sessions {
    pub(super) fn once(bytes: u64, last_ms: i64, attempt: bool) -> Self {
        let counted = if attempt { bytes } else { 0 };
        Self {
            sessions: 1,
            attempts: u32::from(attempt),
            bytes: counted,
            squares: counted.saturating_mul(counted),
            largest: bytes,
            last_ms,
        }
    }

    /// Standard deviation of the attempts' bytes, as a share of their mean.
    pub fn spread(&self) -> f64 {
        let count = f64::from(self.attempts.max(1));
        let mean = self.bytes as f64 / count;
        let variance = (self.squares as f64 / count - mean * mean).max(0.0);
        if mean > 0.0 { variance.sqrt() / mean } else { 0.0 }
    }
}

impl Tally for Sessions {
    fn add(&mut self, other: &Self) {
        self.sessions = self.sessions.saturating_add(other.sessions);
        self.attempts = self.attempts.saturating_add(other.attempts);
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.squares = self.squares.saturating_add(other.squares);
        self.largest = self.largest.max(other.largest);
        self.last_ms = self.last_ms.max(other.last_ms);
    }
}

/// What a host got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Connections begun and packets denied.
    pub attempts: u32,
    /// Of these, without an answer.
    pub failed: u32,
}

impl Tally for Load {
    fn add(&mut self, other: &Self) {
        self.attempts = self.attempts.saturating_add(other.attempts);
        self.failed = self.failed.saturating_add(other.failed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_stay_sorted_whatever_the_order_and_add_up() {
        let once = Load { attempts: 1, failed: 0 };
        let mut bins = Bins::default();
        for bin in [5, 7, 6, 5, 1, 7] {
            bins.add(bin, &once);
        }
        let found: Vec<_> = bins.iter().map(|(bin, load)| (bin, load.attempts)).collect();
        assert_eq!(found, [(1, 1), (5, 2), (6, 1), (7, 2)]);
    }

    #[test]
    fn spread_is_the_coefficient_of_variation() {
        let mut sessions = Sessions::once(100, 0, true);
        sessions.add(&Sessions::once(300, 0, true));
        sessions.add(&Sessions::once(90_000, 0, false));
        assert!((sessions.spread() - 0.5).abs() < 1e-9);
        assert_eq!((sessions.sessions, sessions.attempts, sessions.largest), (3, 2, 90_000));
    }
}
