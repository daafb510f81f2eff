//! The connections of one file that are open or ended lately.
//!
//! Tuples of one log and 5-tuple are joined while they are here. Whatever leaves too early (at the end of the file, or
//! since there are too many) is joined later, when all rows of two hosts are together: leaving early costs a row and
//! changes no result. So the table is small, and any file can be read on any core, in any order.

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

use super::evidence::bin_of;
use super::hosts::HostId;
use super::row::{Row, RowKind};
use crate::connection::{Connection, ConnectionKey, SETTLE_MS, SILENT_MS};
use crate::flow::{Direction, Encryption, FlowTuple, Protocol, State};

/// Fewer connections are not searched for those that have ended: they stay in the processor's cache.
const FEW: usize = 1 << 10;
/// So many connections at most: some 10 MB. With more, all leave.
const MOST: usize = 1 << 16;
/// Denied attempts held: a packet that is sent again finds the one before it, if it follows soon.
const DENIALS: usize = 1 << 8;

/// A log's place, the two ends, ports, protocol and direction: an appliance with one NIC logs what it passes on twice,
/// coming in and going out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    ends: u64,
    rest: u64,
    /// In eight bytes: what is written as four and copied as eight, with what is beside it, is waited for.
    log: u64,
}

impl Key {
    #[inline]
    fn of(log: u32, tuple: &FlowTuple, source: HostId, destination: HostId) -> Self {
        let ports = u64::from(tuple.source_port) << 48 | u64::from(tuple.destination_port) << 32;
        let outbound = u64::from(tuple.direction == Direction::Outbound);
        Self {
            ends: u64::from(source.0) << 32 | u64::from(destination.0),
            rest: ports | u64::from(tuple.protocol.0) << 1 | outbound,
            log: log.into(),
        }
    }

    /// Its place among [`DENIALS`]. Whoever chooses keys that drive others out of theirs makes some rows more.
    fn place(self) -> usize {
        // Fibonacci hashing: the top bits of the product depend on all bits of the key.
        let mixed = self.ends ^ self.rest.rotate_left(24) ^ self.log;
        (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize % DENIALS
    }

    #[allow(clippy::cast_possible_truncation)] // it was one of four bytes
    fn log(self) -> u32 {
        self.log as u32
    }

    fn direction(self) -> Direction {
        if self.rest & 1 == 0 { Direction::Inbound } else { Direction::Outbound }
    }

    fn connection(self) -> ConnectionKey<HostId> {
        let ([source_port @ .., _, _, _, _, _, _], [_, _, high, low, ..]) =
            (self.rest.to_be_bytes(), self.rest.to_be_bytes());
        let [.., protocol] = (self.rest >> 1).to_be_bytes();
        let [source @ .., _, _, _, _] = self.ends.to_be_bytes();
        let [_, _, _, _, destination @ ..] = self.ends.to_be_bytes();
        ConnectionKey {
            source: HostId(u32::from_be_bytes(source)),
            destination: HostId(u32::from_be_bytes(destination)),
            source_port: u16::from_be_bytes(source_port),
            destination_port: u16::from_be_bytes([high, low]),
            protocol: Protocol(protocol),
        }
    }
}

/// A connection as far as its tuples are known, all decided by one rule and with one encryption word.
#[derive(Clone, Copy, Debug)]
struct Open {
    connection: Connection,
    rule: u32,
    encryption: Encryption,
    answered: bool,
    /// Whether what follows belongs to it says only who sees all: nothing is joined to it here.
    sealed: bool,
    /// As in [`Seen`].
    chosen: u32,
}

impl Open {
    /// One of which a tuple is the first known.
    #[inline]
    fn new(connection: Connection, tuple: &FlowTuple, seen: &Seen) -> Self {
        let Seen { rule, answered, chosen, .. } = *seen;
        Self { connection, rule, encryption: tuple.encryption, answered, sealed: false, chosen }
    }

    /// Begun once and ended once, later.
    fn is_whole(&self) -> bool {
        let Connection { begun_ms, ended_ms, begins, ends, .. } = self.connection;
        (begins, ends) == (1, 1) && begun_ms < ended_ms
    }

    fn row(&self, key: Key, kind: RowKind) -> Row {
        let Self { connection, rule, encryption, answered, .. } = *self;
        Row { kind, key: key.connection(), log: key.log(), rule, encryption, answered, connection }
    }
}

/// Packets of one 5-tuple that one rule denied, with one encryption word: as much of an [`Open`] as there is of them. With
/// their key they are one line of the processor's cache.
#[derive(Clone, Copy, Debug)]
struct Attempt {
    first_ms: i64,
    last_ms: i64,
    packets: u32,
    rule: u32,
    /// As in [`Seen`].
    chosen: u32,
    encryption: Encryption,
}

const _: () = assert!(size_of::<Option<(Key, Attempt)>>() <= 64);

impl Attempt {
    #[inline]
    fn new(tuple: &FlowTuple, seen: &Seen) -> Self {
        let (first_ms, last_ms) = (tuple.time_ms, tuple.time_ms);
        let Seen { rule, chosen, .. } = *seen;
        Self { first_ms, last_ms, packets: 1, rule, chosen, encryption: tuple.encryption }
    }

    /// Denied by the same rule, with the same encryption word, and of no other chosen connection.
    fn is_like(&self, other: &Self) -> bool {
        (self.rule, self.encryption, self.chosen) == (other.rule, other.encryption, other.chosen)
    }

    fn join(&mut self, time_ms: i64) {
        self.packets = self.packets.saturating_add(1);
        self.first_ms = self.first_ms.min(time_ms);
        self.last_ms = self.last_ms.max(time_ms);
    }

    #[inline]
    fn row(&self, key: Key) -> Row {
        let Self { first_ms, last_ms, packets, rule, encryption, .. } = *self;
        Row {
            kind: RowKind::Denied,
            key: key.connection(),
            log: key.log(),
            rule,
            encryption,
            answered: false,
            connection: Connection::attempt(key.direction(), (first_ms, last_ms), packets),
        }
    }
}

type Table = HashMap<Key, Open, RandomState>;

/// What is to be known of a tuple beside itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) source: HostId,
    pub(super) destination: HostId,
    /// Places in the lists of logs and rules.
    pub(super) log: u32,
    pub(super) rule: u32,
    /// Payload came back by this tuple alone.
    pub(super) answered: bool,
    /// Its log has neither ends nor counters for it, whatever becomes of the connection.
    pub(super) stateless: bool,
    /// Which of the chosen connections of its 5-tuple it belongs to, if connections were chosen.
    pub(super) chosen: u32,
}

/// The connections and the denied attempts of one file.
pub(super) struct Track {
    lives: Table,
    /// Each in the one place its key leads to. Most packets of the internet's noise come once: they wait until another
    /// needs their place. Apart, since a 5-tuple that was denied may be let through a moment later, and the other way
    /// round.
    denials: Vec<Option<(Key, Attempt)>>,
    /// With so many connections the next search for those that have ended is due: twice as many as the last one
    /// left, so that each connection is looked at twice or so whatever stays open.
    room: usize,
}

impl Default for Track {
    fn default() -> Self {
        Self { lives: Table::default(), denials: vec![None; DENIALS], room: FEW }
    }
}

impl Track {
    /// Adds a tuple. A row that can get no more goes to `out`.
    #[inline]
    pub(super) fn add(&mut self, tuple: &FlowTuple, seen: &Seen, out: &mut impl FnMut(&Row)) {
        let key = Key::of(seen.log, tuple, seen.source, seen.destination);
        match tuple.state {
            State::Allow => {
                let connection = Connection { denied: false, ..Connection::denied(tuple) };
                out(&Open::new(connection, tuple, seen).row(key, RowKind::Allowed));
            }
            State::Deny if seen.answered || tuple.counters.is_some_and(|counters| !counters.is_zero()) => {
                // No log has it: a denied packet with bytes. It is joined later.
                out(&Open::new(Connection::denied(tuple), tuple, seen).row(key, RowKind::Denied));
            }
            State::Deny => self.deny(key, Attempt::new(tuple, seen), out),
            State::Begin | State::Continue | State::End => self.live(key, tuple, seen, out),
        }
        if self.lives.len() >= MOST {
            self.flush(out);
        }
    }

    #[inline]
    fn live(&mut self, key: Key, tuple: &FlowTuple, seen: &Seen, out: &mut impl FnMut(&Row)) {
        let stateless = seen.stateless && tuple.state == State::Begin;
        let new = || {
            let connection = Connection { stateless, ..Connection::of(tuple) };
            Open::new(connection, tuple, seen)
        };
        match self.lives.entry(key) {
            Entry::Vacant(slot) => {
                slot.insert(new());
            }
            Entry::Occupied(mut slot) => {
                let open = slot.get_mut();
                // An end without a begin may be that of another file's: then the begin of the same millisecond is another
                // connection's, and so is what follows it.
                let is_unsure = tuple.state == State::Begin
                    && open.connection.begun_ms().is_none()
                    && open.connection.ended_ms() == Some(tuple.time_ms);
                let joins = !open.sealed
                    && !is_unsure
                    && open.connection.goes_on(tuple.state, tuple.time_ms)
                    && (open.rule, open.encryption, open.chosen)
                        == (seen.rule, tuple.encryption, seen.chosen);
                if joins {
                    open.connection.add(tuple);
                    open.connection.stateless |= stateless;
                    open.answered |= seen.answered;
                    if open.is_whole() {
                        let over = slot.remove();
                        out(&over.row(key, RowKind::Life));
                    }
                } else {
                    // The newer one stays; the older one can get no more tuples.
                    let new = Open { sealed: is_unsure, ..new() };
                    let newer = new.connection.last_ms >= open.connection.begun_ms;
                    let over = if newer { std::mem::replace(open, new) } else { new };
                    out(&over.row(key, RowKind::Life));
                }
            }
        }
    }

    #[inline]
    fn deny(&mut self, key: Key, new: Attempt, out: &mut impl FnMut(&Row)) {
        let Some(slot) = self.denials.get_mut(key.place()) else { return };
        let known = match slot {
            Some((held, known)) if *held == key => known,
            _ => {
                if let Some((key, over)) = slot.replace((key, new)) {
                    out(&over.row(key));
                }
                return;
            }
        };
        let (time_ms, Attempt { first_ms, last_ms, .. }) = (new.first_ms, *known);
        let near = first_ms.saturating_sub(SETTLE_MS)..=last_ms.saturating_add(SETTLE_MS);
        // Loads are counted by bins of time: a row is of one bin.
        let together = near.contains(&time_ms) && bin_of(first_ms) == bin_of(time_ms);
        if together && known.is_like(&new) {
            known.join(time_ms);
        } else {
            let over = if time_ms >= last_ms { std::mem::replace(known, new) } else { new };
            out(&over.row(key));
        }
    }

    /// The log has come to `now_ms`: what ended long enough before, or has been silent for too long, leaves.
    #[inline]
    pub(super) fn advance(&mut self, now_ms: i64, out: &mut impl FnMut(&Row)) {
        if self.lives.len() >= self.room {
            self.sweep(now_ms, out);
        }
    }

    fn sweep(&mut self, now_ms: i64, out: &mut impl FnMut(&Row)) {
        let (ended_ms, silent_ms) = (now_ms.saturating_sub(SETTLE_MS), now_ms.saturating_sub(SILENT_MS));
        self.lives.retain(|key, open| {
            let connection = &open.connection;
            let over =
                connection.ended_ms().is_some_and(|ended| ended < ended_ms) || connection.last_ms < silent_ms;
            if over {
                out(&open.row(*key, RowKind::Life));
            }
            !over
        });
        self.room = FEW.max(2 * self.lives.len());
        // A table grows by what has left it, too. One that is mostly empty drives everything else out of the cache.
        if self.lives.capacity() > 4 * self.room {
            self.lives.shrink_to(self.room + self.room / 2);
        }
    }

    /// Everything leaves: the file is read, or there is too much.
    pub(super) fn flush(&mut self, out: &mut impl FnMut(&Row)) {
        for (key, open) in self.lives.drain() {
            out(&open.row(key, RowKind::Life));
        }
        for (key, attempt) in self.denials.iter_mut().filter_map(Option::take) {
            out(&attempt.row(key));
        }
        self.room = FEW;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tuple(time_ms: i64, source_port: u16, state: State) -> FlowTuple {
        let [source, destination] = ["10.0.0.4", "10.0.0.5"].map(|address| address.parse().unwrap());
        FlowTuple {
            time_ms,
            source,
            destination,
            source_port,
            destination_port: 443,
            protocol: Protocol::TCP,
            direction: Direction::Outbound,
            state,
            encryption: Encryption::NotEncrypted,
            counters: None,
        }
    }

    #[test]
    fn the_table_is_no_larger_than_what_is_open_whatever_has_been() {
        let (source, destination) = (HostId(1), HostId(2));
        let seen =
            Seen { source, destination, log: 0, rule: 0, answered: false, stateless: false, chosen: 0 };
        let (mut track, mut rows) = (Track::default(), 0);
        let mut out = |_: &Row| rows += 1;
        for port in 0..40_000 {
            track.add(&tuple(1, port, State::Begin), &seen, &mut out);
        }
        assert!(track.lives.capacity() > 40_000);
        track.advance(SILENT_MS + 2, &mut out);
        assert!(track.lives.is_empty() && track.lives.capacity() <= 4 * FEW);
        // Few are open at a time, and many come and go.
        for port in 0..60_000_u16 {
            let now = SILENT_MS + i64::from(port) * 1000;
            // Within a millisecond: one more life may follow, and they wait.
            track.add(&tuple(now, port, State::Begin), &seen, &mut out);
            track.add(&tuple(now, port, State::End), &seen, &mut out);
            track.advance(now, &mut out);
            assert!(track.lives.capacity() <= 4 * FEW);
        }
        track.flush(&mut out);
        assert_eq!(rows, 100_000);
    }

    #[test]
    fn what_has_ended_leaves_at_once() {
        let (source, destination) = (HostId(1), HostId(2));
        let seen =
            Seen { source, destination, log: 0, rule: 0, answered: false, stateless: false, chosen: 0 };
        let (mut track, mut rows) = (Track::default(), Vec::new());
        let states = [(1, State::Begin), (5, State::Continue), (9, State::End), (7, State::Continue)];
        for (time_ms, state) in states {
            track.add(&tuple(time_ms, 1, state), &seen, &mut |row| rows.push(*row));
        }
        assert_eq!((rows.len(), track.lives.len()), (1, 1), "what stands out of order is a row of its own");
        track.flush(&mut |row| rows.push(*row));
        let [mut whole, late] = [rows[0].connection, rows[1].connection];
        assert_eq!((whole.tuples, whole.first_ms, whole.ended_ms()), (3, 1, Some(9)));
        assert!(whole.join(&late));
        assert_eq!((whole.tuples, whole.ended_ms()), (4, Some(9)));
    }
}
