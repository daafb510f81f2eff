//! The connections of one NIC's log that are open or ended lately.

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

use super::{Connection, ConnectionKey, SETTLE_MS, SILENT_MS};
use crate::flow::{Direction, FlowTuple, State};

/// How often the table is searched for connections that have settled, in ms of log time.
pub(super) const SWEEP_EVERY_MS: i64 = 300_000;

type Table<H> = HashMap<ConnectionKey<H>, Connection, RandomState>;

/// The connections of one NIC that are open or ended lately, and its denied attempts of late. An appliance with one
/// NIC logs what it passes on twice, coming in and going out: each direction has tables of its own.
pub struct Connections<H> {
    lives: [Table<H>; 2],
    /// Apart, since a 5-tuple that was denied may be let through a moment later, and the other way round.
    denials: [Table<H>; 2],
    next_sweep_ms: i64,
    /// Connections that the last look found far ahead of the log's time: with wrong dates, they stay for long.
    ahead: usize,
    /// Tuples since that look.
    added: usize,
}

impl<H> Default for Connections<H> {
    fn default() -> Self {
        let tables = || [HashMap::default(), HashMap::default()];
        Self { lives: tables(), denials: tables(), next_sweep_ms: i64::MIN, ahead: 0, added: 0 }
    }
}

/// The place of a direction's table.
fn place(direction: Direction) -> usize {
    usize::from(direction == Direction::Outbound)
}

impl<H: Copy + Eq + std::hash::Hash> Connections<H> {
    /// Adds a tuple with a life cycle, or a denial. A connection that is over because its 5-tuple is used again
    /// goes to `settled`.
    #[inline]
    pub fn add(
        &mut self,
        key: ConnectionKey<H>,
        tuple: &FlowTuple,
        mut settled: impl FnMut(ConnectionKey<H>, Connection),
    ) {
        self.added += 1;
        let over = if tuple.state == State::Deny { self.deny(key, tuple) } else { self.live(key, tuple) };
        if let Some(over) = over {
            settled(key, over);
        }
    }

    /// Adds a begin of which the log has neither end nor counters, whatever becomes of the connection.
    pub fn add_stateless(
        &mut self,
        key: ConnectionKey<H>,
        tuple: &FlowTuple,
        settled: impl FnMut(ConnectionKey<H>, Connection),
    ) {
        self.add(key, tuple, settled);
        if let Some(connection) = self.lives[place(tuple.direction)].get_mut(&key) {
            connection.set_stateless();
        }
    }

    #[inline]
    fn live(&mut self, key: ConnectionKey<H>, tuple: &FlowTuple) -> Option<Connection> {
        match self.lives[place(tuple.direction)].entry(key) {
            Entry::Vacant(slot) => {
                slot.insert(Connection::of(tuple));
                None
            }
            Entry::Occupied(mut slot) if slot.get().takes(tuple.state, tuple.time_ms) => {
                slot.get_mut().add(tuple);
                None
            }
            Entry::Occupied(mut slot) => {
                let other = Connection::of(tuple);
                // The newer one stays; the older one can get no more tuples.
                let newer = other.last_ms >= slot.get().begun_ms().unwrap_or(i64::MIN);
                Some(if newer { slot.insert(other) } else { other })
            }
        }
    }

    #[inline]
    fn deny(&mut self, key: ConnectionKey<H>, tuple: &FlowTuple) -> Option<Connection> {
        match self.denials[place(tuple.direction)].entry(key) {
            Entry::Vacant(slot) => {
                slot.insert(Connection::denied(tuple));
                None
            }
            Entry::Occupied(mut slot) => {
                let attempt = slot.get_mut();
                let near =
                    attempt.first_ms.saturating_sub(SETTLE_MS)..=attempt.last_ms.saturating_add(SETTLE_MS);
                if near.contains(&tuple.time_ms) {
                    attempt.add(tuple);
                    return None;
                }
                let other = Connection::denied(tuple);
                Some(if other.last_ms >= attempt.last_ms { slot.insert(other) } else { other })
            }
        }
    }

    /// Tells that the log has come to `now_ms`: connections that ended long enough before, or have been
    /// silent for too long, go to `settled`.
    #[inline]
    pub fn advance(&mut self, now_ms: i64, settled: impl FnMut(ConnectionKey<H>, Connection)) {
        // Looking at all that stays would be the square of its number, if there were not as many new ones between.
        if now_ms >= self.next_sweep_ms && self.added >= self.ahead {
            self.sweep(now_ms, settled);
        }
    }

    /// The same, however short a time ago the last look was.
    pub fn sweep(&mut self, now_ms: i64, mut settled: impl FnMut(ConnectionKey<H>, Connection)) {
        self.next_sweep_ms = now_ms.saturating_add(SWEEP_EVERY_MS);
        let ahead_ms = now_ms.saturating_add(SILENT_MS);
        let mut ahead = 0;
        let (ended_ms, silent_ms) = (now_ms.saturating_sub(SETTLE_MS), now_ms.saturating_sub(SILENT_MS));
        for lives in &mut self.lives {
            lives.retain(|key, connection| {
                let over = connection.ended_ms().is_some_and(|ended| ended < ended_ms)
                    || connection.last_ms < silent_ms;
                if over {
                    settled(*key, *connection);
                }
                ahead += usize::from(!over && connection.last_ms > ahead_ms);
                !over
            });
        }
        for denials in &mut self.denials {
            denials.retain(|key, attempt| {
                let over = attempt.last_ms < ended_ms;
                if over {
                    settled(*key, *attempt);
                }
                ahead += usize::from(!over && attempt.last_ms > ahead_ms);
                !over
            });
        }
        (self.ahead, self.added) = (ahead, 0);
    }

    /// The end of the data: hands out everything that is left.
    pub fn finish(&mut self, mut settled: impl FnMut(ConnectionKey<H>, Connection)) {
        for table in self.lives.iter_mut().chain(&mut self.denials) {
            for (key, connection) in table.drain() {
                settled(key, connection);
            }
        }
    }
}
