//! Connections: B, C and E tuples of one NIC and 5-tuple joined.
//!
//! Tuples arrive nearly in time order, but not quite: across rule groups of a record they are
//! unordered, an E may stand before its B of the same millisecond, and a record holds tuples up to
//! a minute older than itself. A connection that ended is therefore kept for [`SETTLE_MS`] before
//! it is handed out, so that the table holds what is open and what ended lately, never every
//! connection of the data.

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

use crate::flow::{Counters, Protocol, State};

/// How long after its end a connection waits for a tuple that stands out of order, in ms of log time.
/// Records hold tuples up to 63 s older than themselves; the double leaves room for late records.
pub const SETTLE_MS: i64 = 120_000;

/// How often the table is searched for connections that have settled, in ms of log time.
const SWEEP_EVERY_MS: i64 = 300_000;

/// The 5-tuple. `H` names a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionKey<H> {
    /// Initiator.
    pub source: H,
    /// Responder.
    pub destination: H,
    /// Port of the initiator.
    pub source_port: u16,
    /// Port of the responder.
    pub destination_port: u16,
    /// IANA protocol number.
    pub protocol: Protocol,
}

/// One connection as one NIC saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connection {
    /// When it began, Unix ms; `None` if it began before the data.
    pub begun_ms: Option<i64>,
    /// When it ended, Unix ms; `None` if its end was not seen.
    pub ended_ms: Option<i64>,
    /// Its newest tuple, Unix ms.
    pub last_ms: i64,
    /// Continued or ended at or after its last begin.
    pub answered: bool,
    /// Tuples.
    pub tuples: u64,
    /// Of these, begins (more than one: begun again while nothing else was seen).
    pub begins: u64,
    /// Sums of the tuples' counters.
    pub counters: Counters,
}

impl Connection {
    fn new(time_ms: i64) -> Self {
        Self {
            begun_ms: None,
            ended_ms: None,
            last_ms: time_ms,
            answered: false,
            tuples: 0,
            begins: 0,
            counters: Counters::default(),
        }
    }

    /// Begun, and never continued or ended.
    pub fn is_incomplete(&self) -> bool {
        self.begun_ms.is_some() && !self.answered
    }

    /// Sent packets over its whole life and got none back.
    pub fn is_one_way(&self) -> bool {
        self.answered && self.counters.packets_sent > 0 && self.counters.packets_received == 0
    }

    /// Whether a tuple belongs to this connection, or to another one with the same 5-tuple.
    fn takes(&self, state: State, time_ms: i64) -> bool {
        match (state, self.ended_ms) {
            // A begin that stands behind the end it belongs to, in the file but not in time.
            (State::Begin, Some(ended)) => time_ms < ended || (time_ms == ended && self.begun_ms.is_none()),
            // Begun again: the 5-tuple is in use again if the first use went on in between.
            (State::Begin, None) => !self.answered || time_ms <= self.last_ms,
            (_, Some(ended)) => time_ms < ended,
            // Older than the begin: the rest of an earlier use.
            (_, None) => self.begun_ms.is_none_or(|begun| time_ms >= begun),
        }
    }

    #[inline]
    fn add(&mut self, state: State, time_ms: i64, counters: Option<&Counters>) {
        self.tuples += 1;
        match state {
            State::Begin => {
                self.begins += 1;
                let begun = self.begun_ms.unwrap_or(i64::MIN).max(time_ms);
                self.begun_ms = Some(begun);
            }
            State::End => {
                self.ended_ms = Some(time_ms);
                self.answered = true;
            }
            _ => self.answered = true,
        }
        self.last_ms = self.last_ms.max(time_ms);
        if let Some(counters) = counters {
            self.counters.add(counters);
        }
    }
}

/// The connections of one NIC that are open or ended lately.
pub struct Connections<H> {
    table: HashMap<ConnectionKey<H>, Connection, FixedState>,
    next_sweep_ms: i64,
}

impl<H> Default for Connections<H> {
    fn default() -> Self {
        Self { table: HashMap::default(), next_sweep_ms: i64::MIN }
    }
}

impl<H: Copy + Eq + std::hash::Hash> Connections<H> {
    /// Adds a tuple that is neither a denial nor without life cycle. A connection that is over
    /// because its 5-tuple is used again goes to `settled`.
    #[inline]
    pub fn add(
        &mut self,
        key: ConnectionKey<H>,
        state: State,
        time_ms: i64,
        counters: Option<&Counters>,
        mut settled: impl FnMut(ConnectionKey<H>, Connection),
    ) {
        match self.table.entry(key) {
            Entry::Vacant(slot) => {
                slot.insert(Connection::new(time_ms)).add(state, time_ms, counters);
            }
            Entry::Occupied(mut slot) if slot.get().takes(state, time_ms) => {
                slot.get_mut().add(state, time_ms, counters);
            }
            Entry::Occupied(mut slot) => {
                let mut other = Connection::new(time_ms);
                other.add(state, time_ms, counters);
                // The newer one stays; the older one can get no more tuples.
                let over = if other.last_ms >= slot.get().begun_ms.unwrap_or(i64::MIN) {
                    slot.insert(other)
                } else {
                    other
                };
                settled(key, over);
            }
        }
    }

    /// Tells that the log has come to `now_ms`: connections that ended long enough before go to `settled`.
    #[inline]
    pub fn advance(&mut self, now_ms: i64, settled: impl FnMut(ConnectionKey<H>, Connection)) {
        if now_ms >= self.next_sweep_ms {
            self.next_sweep_ms = now_ms.saturating_add(SWEEP_EVERY_MS);
            self.sweep(now_ms.saturating_sub(SETTLE_MS), settled);
        }
    }

    fn sweep(&mut self, until_ms: i64, mut settled: impl FnMut(ConnectionKey<H>, Connection)) {
        self.table.retain(|key, connection| {
            let over = connection.ended_ms.is_some_and(|ended| ended < until_ms);
            if over {
                settled(*key, *connection);
            }
            !over
        });
    }

    /// The end of the data: hands out everything that is left.
    pub fn finish(self, mut settled: impl FnMut(ConnectionKey<H>, Connection)) {
        for (key, connection) in self.table {
            settled(key, connection);
        }
    }
}

#[cfg(test)]
mod tests;
