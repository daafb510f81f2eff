//! Small sums by conversation or pair.

use serde::{Deserialize, Serialize};

use super::settled::{Fate, Settled};

/// First and last of nothing yet, Unix ms.
pub(in crate::state) const NEVER: (i64, i64) = (i64::MAX, i64::MIN);

fn widest(a: (i64, i64), b: (i64, i64)) -> (i64, i64) {
    (a.0.min(b.0), a.1.max(b.1))
}

/// When the connections of a conversation were, and how many of them got payload back. 48 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Activity {
    /// The first begin (or oldest tuple) and the newest tuple, Unix ms.
    pub times: (i64, i64),
    /// The same of connections that were answered; `i64::MAX` and `i64::MIN` if there is none.
    pub answered_times: (i64, i64),
    /// Connections that were answered, by [`Side`](super::Side); a detector takes the larger.
    pub answered: [u64; 2],
}

impl Default for Activity {
    fn default() -> Self {
        Self { times: NEVER, answered_times: NEVER, answered: [0; 2] }
    }
}

impl Activity {
    pub(in crate::state) fn once(settled: &Settled) -> Self {
        let times = (settled.first_ms, settled.last_ms);
        let mut activity = Self { times, ..Self::default() };
        if settled.fate == Fate::Answered {
            activity.answered_times = times;
            activity.answered[settled.side as usize] = 1;
        }
        activity
    }

    /// Its times alone: how it went, another log tells.
    pub(in crate::state) fn seen(settled: &Settled) -> Self {
        Self { times: (settled.first_ms, settled.last_ms), ..Self::default() }
    }

    pub(in crate::state) fn add(&mut self, other: &Self) {
        self.times = widest(self.times, other.times);
        self.answered_times = widest(self.answered_times, other.answered_times);
        for (answered, more) in self.answered.iter_mut().zip(other.answered) {
            *answered = answered.saturating_add(more);
        }
    }
}

/// Connections of one conversation that got no service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failed {
    /// Unanswered or refused, by [`Side`](super::Side); a detector takes the larger.
    pub failed: [u64; 2],
    /// The first and last of these, Unix ms; `i64::MAX` and `i64::MIN` if there is none.
    pub times: (i64, i64),
    /// Begun and not heard of again although the log went on, by [`Side`](super::Side).
    pub silent: [u64; 2],
    /// The first and last of these.
    pub silent_times: (i64, i64),
}

impl Default for Failed {
    fn default() -> Self {
        Self { failed: [0; 2], times: NEVER, silent: [0; 2], silent_times: NEVER }
    }
}

impl Failed {
    pub(in crate::state) fn once(settled: &Settled) -> Self {
        let mut failed = Self::default();
        let (side, times) = (settled.side as usize, (settled.first_ms, settled.first_ms));
        if settled.fate == Fate::Silent {
            failed.silent[side] = 1;
            failed.silent_times = times;
        } else {
            failed.failed[side] = 1;
            failed.times = times;
        }
        failed
    }

    pub(in crate::state) fn add(&mut self, other: &Self) {
        for side in 0..2 {
            self.failed[side] = self.failed[side].saturating_add(other.failed[side]);
            self.silent[side] = self.silent[side].saturating_add(other.silent[side]);
        }
        self.times = widest(self.times, other.times);
        self.silent_times = widest(self.silent_times, other.silent_times);
    }
}

/// When one host first reached, or failed to reach, another: Unix seconds, [`u32::MAX`] for never.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// The first connection with an answer.
    pub reached: u32,
    /// The first one denied, refused or unanswered.
    pub failed: u32,
}

impl Contact {
    pub(in crate::state) fn add(&mut self, other: Self) {
        self.reached = self.reached.min(other.reached);
        self.failed = self.failed.min(other.failed);
    }
}

/// Long connections of one conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Long {
    /// So many lasted [`LONG_MS`](super::LONG_MS) or longer (per NIC that logged them).
    pub connections: u64,
    /// The longest, ms.
    pub longest_ms: i64,
    /// Begin (or oldest tuple) of the longest, Unix ms.
    pub first_ms: i64,
    /// The newest tuple of the longest, Unix ms.
    pub last_ms: i64,
    /// Bytes both ways of the largest.
    pub bytes: u64,
}

impl Long {
    pub(in crate::state) fn add(&mut self, other: &Self) {
        self.connections += other.connections;
        if (other.longest_ms, other.last_ms) > (self.longest_ms, self.last_ms) {
            self.longest_ms = other.longest_ms;
            (self.first_ms, self.last_ms) = (other.first_ms, other.last_ms);
        }
        self.bytes = self.bytes.max(other.bytes);
    }
}

/// Tuples of one conversation in an encrypted network that were not encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clear {
    /// Let through in clear (`NX_FALLBACK`, `NX_HW_NOT_SUPPORTED`).
    pub passed: u64,
    /// Dropped (`NX_SW_NOT_READY`, `NX_NOT_ACCEPTED`, `NX_NOT_SUPPORTED`).
    pub dropped: u64,
    /// First and last, Unix ms.
    pub times: (i64, i64),
}

impl Clear {
    pub(in crate::state) fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.dropped += other.dropped;
        self.times = widest(self.times, other.times);
    }
}
