//! Counts in bins of time: a short sorted list, for what comes nearly in time order.

use super::settled::{Fate, Settled};

/// A session up to this long and this large can be one attempt to log in. `OpenSSH` lets an idle login
/// stand for 120 s (`LoginGraceTime`).
pub const ATTEMPT_MS: i64 = 130_000;
/// See [`ATTEMPT_MS`].
pub const ATTEMPT_BYTES: u64 = 32 << 10;

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

/// Counts by bin; only bins with something in them. Times may come in any order at no more than the cost of
/// sorting them.
#[derive(Clone, Debug)]
pub struct Bins<T>(Vec<(u32, T)>);

impl<T> Default for Bins<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// Connections settle nearly in the order of time: their bin is one of the last met.
const NEAR: usize = 4;

impl<T: Tally> Bins<T> {
    /// Adds to a bin.
    #[inline]
    pub(in crate::state) fn add(&mut self, bin: u32, tally: &T) {
        // Where every bin has something in it, each stands at its place once they are sorted.
        let first = self.0.first().map_or(bin, |(first, _)| *first);
        let place = bin.wrapping_sub(first) as usize;
        if let Some((_, present)) = self.0.get_mut(place).filter(|(known, _)| *known == bin) {
            present.add(tally);
            return;
        }
        let near = self.0.len().saturating_sub(NEAR);
        if let Some((_, present)) = self.0.iter_mut().skip(near).rfind(|(known, _)| *known == bin) {
            present.add(tally);
            return;
        }
        if self.0.len() == self.0.capacity() {
            self.make_room();
        }
        self.0.push((bin, *tally));
    }

    #[cold]
    fn make_room(&mut self) {
        tidy(&mut self.0);
        // Room for half as many again, so that it pays to have tidied up. No more than that: a million hosts may have one bin
        // each, and one pair those of months.
        self.0.reserve_exact(self.0.len().div_ceil(2).max(1));
    }

    /// Adds to a bin.
    #[cfg(test)]
    pub(crate) fn put(&mut self, bin: u32, tally: &T) {
        self.add(bin, tally);
    }

    /// The counts, in no order; of one bin there may be several.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|(_, tally)| tally)
    }

    /// Bin and counts, in order of time, each bin once.
    pub fn sorted(&self) -> Vec<(u32, T)> {
        let mut bins = self.0.clone();
        tidy(&mut bins);
        bins
    }
}

/// Sorts bins and adds up those that stand twice. What is in order already costs little.
pub(in crate::state) fn tidy<B: Ord + Copy, T: Tally>(bins: &mut Vec<(B, T)>) {
    bins.sort_by_key(|(bin, _)| *bin);
    bins.dedup_by(|(bin, tally), (kept, present)| {
        let same = bin == kept;
        if same {
            present.add(tally);
        }
        same
    });
}

/// Parts of a bin in which attempts are counted: windows of time slide by these.
pub const SLOTS: u32 = 10;
/// Length of such a part, seconds.
pub const SLOT_SECONDS: u32 = BIN_SECONDS / SLOTS;

/// Answered sessions to a service one can log in to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sessions {
    /// All.
    pub sessions: u32,
    /// Of these, as short and small as a failed attempt to log in.
    pub attempts: u32,
    /// The attempts by the part of the bin they began in.
    pub slots: [u16; SLOTS as usize],
    /// Bytes both ways of the attempts, and the sum of their squares (for their spread).
    pub bytes: u64,
    /// See `bytes`.
    pub squares: u64,
    /// Seconds that the longest session lasted, and when it began (Unix seconds).
    pub longest: (u32, u32),
    /// Bytes of the largest session, and when it began (Unix seconds).
    pub largest: (u64, u32),
    /// The first begin and the newest tuple of any session, Unix ms.
    pub times: (i64, i64),
    /// The first begin of an attempt, Unix ms; [`i64::MAX`] without any.
    pub first_ms: i64,
    /// The newest tuple of an attempt, Unix ms; [`i64::MIN`] without any.
    pub last_ms: i64,
}

impl Sessions {
    pub(in crate::state) fn once(settled: &Settled) -> Self {
        let (begun, size) = (settled.seconds(), settled.counters.bytes());
        let attempt = settled.duration_ms <= ATTEMPT_MS && size <= ATTEMPT_BYTES;
        let counted = if attempt { size } else { 0 };
        let mut slots = [0; SLOTS as usize];
        if let Some(slot) = slots.get_mut((begun % BIN_SECONDS / SLOT_SECONDS) as usize) {
            *slot = u16::from(attempt);
        }
        Self {
            sessions: 1,
            attempts: u32::from(attempt),
            slots,
            bytes: counted,
            squares: counted.saturating_mul(counted),
            longest: (u32::try_from(settled.duration_ms / 1000).unwrap_or(u32::MAX), begun),
            largest: (size, begun),
            times: (settled.first_ms, settled.last_ms),
            first_ms: if attempt { settled.first_ms } else { i64::MAX },
            last_ms: if attempt { settled.last_ms } else { i64::MIN },
        }
    }
}

impl Tally for Sessions {
    fn add(&mut self, other: &Self) {
        self.sessions = self.sessions.saturating_add(other.sessions);
        self.attempts = self.attempts.saturating_add(other.attempts);
        for (slot, more) in self.slots.iter_mut().zip(&other.slots) {
            *slot = slot.saturating_add(*more);
        }
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.squares = self.squares.saturating_add(other.squares);
        self.longest = self.longest.max(other.longest);
        self.largest = self.largest.max(other.largest);
        self.times = (self.times.0.min(other.times.0), self.times.1.max(other.times.1));
        self.first_ms = self.first_ms.min(other.first_ms);
        self.last_ms = self.last_ms.max(other.last_ms);
    }
}

/// What a host got, or tried in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Connections begun and packets denied.
    pub attempts: u32,
    /// Of these, denied, refused or unanswered.
    pub failed: u32,
    /// Of these, begun and not heard of again.
    pub silent: u32,
    /// Of these, begun so shortly before the log's end that nothing is known of them, or let in by a stateless rule.
    pub open: u32,
    /// The first of them, Unix ms.
    pub first_ms: i64,
    /// The last of them, Unix ms.
    pub last_ms: i64,
}

impl Load {
    pub(in crate::state) fn denied(first_ms: i64, last_ms: i64, packets: u32) -> Self {
        Self { attempts: packets, failed: packets, silent: 0, open: 0, first_ms, last_ms }
    }

    pub(in crate::state) fn once(settled: &Settled) -> Self {
        Self {
            attempts: 1,
            failed: u32::from(settled.fate.failed()),
            silent: u32::from(settled.fate == Fate::Silent),
            open: u32::from(settled.fate == Fate::Open),
            first_ms: settled.first_ms,
            last_ms: settled.first_ms,
        }
    }
}

impl Load {
    /// Adds `other`.
    pub fn join(&mut self, other: &Self) {
        self.add(other);
    }
}

impl Tally for Load {
    fn add(&mut self, other: &Self) {
        self.attempts = self.attempts.saturating_add(other.attempts);
        self.failed = self.failed.saturating_add(other.failed);
        self.silent = self.silent.saturating_add(other.silent);
        self.open = self.open.saturating_add(other.open);
        self.first_ms = self.first_ms.min(other.first_ms);
        self.last_ms = self.last_ms.max(other.last_ms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_sorted_whatever_the_order_and_add_up() {
        let mut bins = Bins::default();
        for bin in [5, 7, 6, 5, 1, 7] {
            bins.add(bin, &Load::denied(i64::from(bin), i64::from(bin), 1));
        }
        let found: Vec<_> = bins.sorted().iter().map(|(bin, load)| (*bin, load.attempts)).collect();
        assert_eq!(found, [(1, 1), (5, 2), (6, 1), (7, 2)]);
    }

    /// Quadratic time would take minutes here.
    #[test]
    fn falling_times_cost_no_more_than_rising_ones() {
        let mut bins = Bins::default();
        for round in 0..2 {
            for bin in (0..400_000).rev() {
                bins.add(bin, &Load::denied(round, round, 1));
            }
        }
        let sorted = bins.sorted();
        assert_eq!(sorted.len(), 400_000);
        assert!(sorted.iter().all(|(_, load)| load.attempts == 2));
    }
}
