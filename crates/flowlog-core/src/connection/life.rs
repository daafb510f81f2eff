//! One connection as one NIC's log tells it.

use super::{OPEN_MS, Outcome, SETTLE_MS, SILENT_MS};
use crate::flow::{Counters, Direction, FlowTuple, Protocol, State};

/// Stands for a time that is not known: smaller than any time of a log.
pub(crate) const UNKNOWN: i64 = i64::MIN;
/// A packet of at most so many bytes carries no payload (IPv6 and TCP headers with options).
const BARE_PACKET: u64 = 80;

/// One connection as one NIC saw it, or one attempt that its NIC denied.
///
/// Begins and ends that cannot be told apart (the same 5-tuple twice in the same millisecond) are
/// one value, which [`Connection::count`] says the number of.
// Compact, since the tables hold many: times instead of options of times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connection {
    pub(crate) begun_ms: i64,
    pub(crate) ended_ms: i64,
    /// Its oldest tuple, Unix ms.
    pub first_ms: i64,
    /// Its newest tuple, Unix ms.
    pub last_ms: i64,
    /// Sums of the tuples' counters.
    pub counters: Counters,
    pub(crate) tuples: u32,
    pub(crate) begins: u32,
    pub(crate) ends: u32,
    /// As the NIC saw it.
    pub direction: Direction,
    /// Continued or ended at or after its last begin.
    pub(crate) answered: bool,
    pub(crate) denied: bool,
    /// Its log has no ends and no counters for it, whatever became of it.
    pub(crate) stateless: bool,
}

impl Connection {
    /// The connection that a tuple, not a denial, is the first known of.
    pub(crate) fn of(tuple: &FlowTuple) -> Self {
        let mut connection = Self::denied(tuple);
        connection.denied = false;
        connection.counters = Counters::default();
        connection.tuples = 0;
        connection.add(tuple);
        connection
    }

    /// The attempt that a denied tuple is the first known of.
    pub(crate) fn denied(tuple: &FlowTuple) -> Self {
        let counters = tuple.counters.unwrap_or_default();
        Self { counters, ..Self::attempt(tuple.direction, (tuple.time_ms, tuple.time_ms), 1) }
    }

    /// An attempt that was denied, of so many packets, from the first to the last.
    pub(crate) fn attempt(direction: Direction, (first_ms, last_ms): (i64, i64), packets: u32) -> Self {
        Self {
            begun_ms: UNKNOWN,
            ended_ms: UNKNOWN,
            first_ms,
            last_ms,
            counters: Counters::default(),
            tuples: packets,
            begins: 0,
            ends: 0,
            direction,
            answered: false,
            denied: true,
            stateless: false,
        }
    }

    /// When it began (the last time, if it was begun again and again), Unix ms; `None` if it began before the data.
    pub fn begun_ms(&self) -> Option<i64> {
        (self.begun_ms != UNKNOWN).then_some(self.begun_ms)
    }

    /// When it ended, Unix ms; `None` if its end was not seen.
    pub fn ended_ms(&self) -> Option<i64> {
        (self.ended_ms != UNKNOWN).then_some(self.ended_ms)
    }

    /// Tuples.
    pub fn tuples(&self) -> u64 {
        self.tuples.into()
    }

    /// Of these, begins (more than one: begun again while nothing else was seen).
    pub fn begins(&self) -> u64 {
        self.begins.into()
    }

    /// Of these, ends.
    pub fn ends(&self) -> u64 {
        self.ends.into()
    }

    /// So many connections of the same 5-tuple and time these are; mostly 1.
    pub fn count(&self) -> u64 {
        let pairs = if self.begins == 0 { self.ends } else { self.ends.min(self.begins) };
        pairs.max(1).into()
    }

    /// Begun, and never continued or ended.
    pub fn is_incomplete(&self) -> bool {
        self.begun_ms != UNKNOWN && !self.answered
    }

    /// Nothing but its begin was logged, by a rule whose rows never have an end.
    pub fn is_stateless(&self) -> bool {
        self.stateless && self.is_incomplete()
    }

    /// Sent packets over its whole life and got none back.
    pub fn is_one_way(&self) -> bool {
        self.answered && self.counters.packets_sent > 0 && self.counters.packets_received == 0
    }

    /// TCP: few packets each way, none with payload. A reset, as far as counters can tell.
    pub fn is_refused(&self, protocol: Protocol) -> bool {
        let counters = &self.counters;
        protocol == Protocol::TCP
            && self.begun_ms != UNKNOWN
            && self.ended_ms != UNKNOWN
            && (1..=3).contains(&counters.packets_received)
            && counters.packets_sent <= 3
            && counters.bytes_received <= counters.packets_received * BARE_PACKET
            && counters.bytes_sent <= counters.packets_sent * BARE_PACKET
    }

    /// How it went, where its NIC's log was read up to `log_ms` (Unix ms).
    pub fn outcome(&self, protocol: Protocol, log_ms: i64) -> Outcome {
        let begun = self.begun_ms != UNKNOWN;
        if self.denied {
            Outcome::Denied
        } else if self.is_incomplete() && log_ms.saturating_sub(self.begun_ms) >= OPEN_MS {
            Outcome::BegunOnly
        } else if begun && self.is_one_way() {
            Outcome::Unanswered
        } else if self.is_refused(protocol) {
            Outcome::Refused
        } else if self.ended_ms == UNKNOWN {
            Outcome::Open
        } else if begun {
            Outcome::Completed
        } else {
            Outcome::BeganBefore
        }
    }

    /// Whether a tuple that is no denial belongs to this connection, or to another one with the same 5-tuple.
    pub(super) fn takes(&self, state: State, time_ms: i64) -> bool {
        let begun = self.begun_ms();
        match (state, self.ended_ms()) {
            // A begin that stands behind the end it belongs to, in the file but not in time; or one more
            // life within the same millisecond.
            (State::Begin, Some(ended)) => {
                time_ms < ended || (time_ms == ended && begun.is_none_or(|begun| begun == ended))
            }
            // Begun again: the 5-tuple is in use again if the first use went on in between.
            (State::Begin, None) => !self.answered || time_ms <= self.last_ms,
            // The same, ended twice; or the end of a begin that has none yet.
            (State::End, Some(ended)) => {
                time_ms < ended
                    || self.begins > self.ends
                    || (time_ms == ended && begun.is_none_or(|begun| begun == ended))
            }
            (_, Some(ended)) => time_ms < ended || self.begins > self.ends,
            // Older than the begin: the rest of an earlier use.
            (_, None) => begun.is_none_or(|begun| time_ms >= begun),
        }
    }

    /// Whether a tuple can be of this connection: of its state and time, and not after so long a silence that the
    /// connection is given up.
    #[inline]
    pub(crate) fn goes_on(&self, state: State, time_ms: i64) -> bool {
        self.takes(state, time_ms) && time_ms.saturating_sub(self.last_ms) <= SILENT_MS
    }

    /// Joins a later part of the same connection to this one, if it is one. Parts come in the order of their first
    /// tuples: a log may be cut anywhere, and what is cut is joined as if it had not been.
    pub(crate) fn join(&mut self, later: &Self) -> bool {
        let first = match (later.begins, later.tuples == later.ends) {
            (0, true) => State::End,
            (0, false) => State::Continue,
            _ => State::Begin,
        };
        let joins = self.goes_on(first, later.first_ms);
        if joins {
            self.absorb(later);
        }
        joins
    }

    /// Joins later packets of the same denied attempt to it, if they follow soon enough.
    pub(crate) fn join_denied(&mut self, later: &Self) -> bool {
        let joins = later.first_ms <= self.last_ms.saturating_add(SETTLE_MS);
        if joins {
            self.absorb(later);
        }
        joins
    }

    fn absorb(&mut self, later: &Self) {
        self.begun_ms = self.begun_ms.max(later.begun_ms);
        self.ended_ms = self.ended_ms.max(later.ended_ms);
        self.first_ms = self.first_ms.min(later.first_ms);
        self.last_ms = self.last_ms.max(later.last_ms);
        self.counters.add(&later.counters);
        self.tuples = self.tuples.saturating_add(later.tuples);
        self.begins = self.begins.saturating_add(later.begins);
        self.ends = self.ends.saturating_add(later.ends);
        self.answered |= later.answered;
        self.stateless |= later.stateless;
    }

    #[inline]
    pub(crate) fn add(&mut self, tuple: &FlowTuple) {
        let time_ms = tuple.time_ms;
        self.tuples = self.tuples.saturating_add(1);
        match tuple.state {
            State::Begin => {
                self.begins = self.begins.saturating_add(1);
                self.begun_ms = self.begun_ms.max(time_ms);
            }
            State::End => {
                self.ends = self.ends.saturating_add(1);
                self.ended_ms = self.ended_ms.max(time_ms);
                self.answered = true;
            }
            State::Continue => self.answered = true,
            State::Deny | State::Allow => {}
        }
        self.first_ms = self.first_ms.min(time_ms);
        self.last_ms = self.last_ms.max(time_ms);
        if let Some(counters) = &tuple.counters {
            self.counters.add(counters);
        }
    }
}
