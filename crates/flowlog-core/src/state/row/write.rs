//! Rows -> bytes.

use std::net::IpAddr;

use super::{
    ANSWERED, BEGUN, COUNTERS, ENDED, GROUP, KIND, LENGTHS, LONGEST_ROW, OUTBOUND, PLAIN, ROW_ANSWERED, Row,
    SINGLE, STATELESS, V6, unzigzag, zigzag,
};
use crate::connection::{Connection, UNKNOWN};
use crate::flow::{Counters, Direction};
use crate::state::ahead::list;
use crate::state::hosts::Hosts;
use crate::state::overall::encryption_index;

/// Bytes of room that is made beyond a row.
const AHEAD: usize = 512;

/// Writes rows one behind the other. Times stand as differences to the row before.
#[derive(Debug, Default)]
pub(in crate::state) struct RowWriter {
    /// Rows, and room for those that follow.
    bytes: Vec<u8>,
    used: usize,
    pub(in crate::state) rows: u32,
    /// Time of the last row.
    pub(in crate::state) last_ms: i64,
}

impl RowWriter {
    /// Forgets what was written. What follows has room for so many bytes.
    pub(in crate::state) fn clear(&mut self, room: usize) {
        (self.used, self.rows, self.last_ms) = (0, 0, 0);
        if self.bytes.capacity() != room {
            self.bytes = list(room);
        }
    }

    /// Bytes written.
    #[inline]
    pub(in crate::state) fn len(&self) -> usize {
        self.used
    }

    /// What was written.
    pub(in crate::state) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.used).unwrap_or_default()
    }

    #[inline]
    pub(in crate::state) fn write(&mut self, row: &Row, hosts: &Hosts) {
        if self.bytes.len() - self.used < LONGEST_ROW {
            self.make_room();
        }
        let room = self.bytes.get_mut(self.used..).and_then(<[u8]>::first_chunk_mut);
        let Some(mut draft) = room.map(Draft::new) else { return };
        let time = zigzag(row.connection.first_ms.wrapping_sub(self.last_ms));
        self.last_ms = row.connection.first_ms;
        // A chunk may be put behind another, and the time of its first row be written anew: that one has room for any.
        let plain = if self.rows > 0 { Plain::of(row, time) } else { None };
        draft.head(row, hosts, plain.is_some());
        match plain {
            Some(plain) => draft.plain(&plain, &row.connection),
            None => draft.numbers(&Numbers::of(row, time)),
        }
        self.used += draft.length;
        self.rows += 1;
    }

    /// Makes room for a row, and for some more if there is memory: what is filled with zeros here is still in the
    /// processor's cache when rows come. Room that was there before needs none.
    #[inline(never)]
    fn make_room(&mut self) {
        let least = self.used + LONGEST_ROW;
        self.bytes.resize((least + AHEAD).min(self.bytes.capacity()).max(least), 0);
    }
}

/// Bytes before the numbers of a row.
const HEADS: [usize; 2] = [15, 39];

/// Adds the rows of a chunk to those of another, of which the last row is of `last_ms`: only the time of the chunk's first
/// row is written anew. `None` for what is no chunk.
pub(in crate::state) fn follow(rows: &mut Vec<u8>, chunk: &[u8], last_ms: i64) -> Option<()> {
    let (flags, more) = (chunk.first()?, chunk.get(1)?);
    if more & PLAIN != 0 {
        return None;
    }
    let head = HEADS[usize::from(flags & V6)];
    let (head, [codes, numbers @ ..]) = chunk.split_at_checked(head)? else { return None };
    let length = |place: u8| LENGTHS[usize::from(codes >> (2 * place) & 3)];
    // Log and rule stand before it.
    let (places, rest) = numbers.split_at_checked(length(0) + length(1))?;
    let (time, rest) = rest.split_at_checked(length(2))?;
    let first_ms = unzigzag(time.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)));
    let time = zigzag(first_ms.wrapping_sub(last_ms));
    rows.extend_from_slice(head);
    rows.push(codes & !(3 << 4) | code(time) << 4);
    rows.extend_from_slice(places);
    rows.extend_from_slice(time.to_le_bytes().get(..LENGTHS[usize::from(code(time))])?);
    rows.extend_from_slice(rest);
    Some(())
}

/// A row being written.
struct Draft<'r> {
    room: &'r mut [u8; LONGEST_ROW],
    length: usize,
}

impl<'r> Draft<'r> {
    fn new(room: &'r mut [u8; LONGEST_ROW]) -> Self {
        Self { room, length: 0 }
    }

    /// Writes `bytes`, of which `length` belong to the row: what follows is written over the rest. Always the same
    /// number of bytes is written fastest.
    #[inline]
    fn put<const N: usize>(&mut self, bytes: [u8; N], length: usize) {
        if let Some(room) = self.room.get_mut(self.length..).and_then(<[u8]>::first_chunk_mut) {
            *room = bytes;
            self.length += length;
        }
    }

    /// Flags, addresses, ports and protocol.
    #[inline]
    fn head(&mut self, row: &Row, hosts: &Hosts, is_plain: bool) {
        let Row { key, connection, .. } = row;
        let bit = |condition: bool, bit: u8| if condition { bit } else { 0 };
        let flags = bit(connection.direction == Direction::Outbound, OUTBOUND)
            | (row.kind as u8) << KIND
            | bit(!connection.counters.is_zero(), COUNTERS)
            | bit(connection.tuples == 1, SINGLE)
            | bit(row.answered, ROW_ANSWERED)
            | bit(connection.stateless, STATELESS);
        // There are ten words.
        let encryption = u8::try_from(encryption_index(row.encryption)).unwrap_or_default();
        let more = encryption
            | bit(connection.begun_ms != UNKNOWN, BEGUN)
            | bit(connection.ended_ms != UNKNOWN, ENDED)
            | bit(connection.answered, ANSWERED)
            | bit(is_plain, PLAIN);
        let ports = [key.source_port.to_le_bytes(), key.destination_port.to_le_bytes()];
        let [[s0, s1], [d0, d1]] = ports;
        let protocol = key.protocol.0;
        let ends = [key.source, key.destination];
        if let [Some(source), Some(destination)] = ends.map(|host| hosts.address_v4(host)) {
            let ([a0, a1, a2, a3], [b0, b1, b2, b3]) = (source.octets(), destination.octets());
            let head = [flags, more, a0, a1, a2, a3, b0, b1, b2, b3, s0, s1, d0, d1, protocol, 0];
            return self.put(head, 15);
        }
        self.put([flags | V6, more], 2);
        for end in ends {
            let octets = match hosts.address(end) {
                Some(IpAddr::V4(v4)) => v4.to_ipv6_mapped().octets(),
                Some(IpAddr::V6(v6)) => v6.octets(),
                None => [0; 16],
            };
            self.put(octets, 16);
        }
        self.put([s0, s1, d0, d1, protocol], 5);
    }

    /// What follows the head of a plain row.
    #[inline]
    fn plain(&mut self, plain: &Plain, connection: &Connection) {
        let Plain {
            log: [l0, l1], rule: [r0, r1], time: [t0, t1, t2, t3], duration: [d0, d1, d2, d3], ..
        } = *plain;
        let [n0, n1] = plain.tuples;
        self.put([l0, l1, r0, r1, t0, t1, t2, t3], 8);
        // What is not there is written over.
        self.put([d0, d1, d2, d3, n0, n1], if connection.tuples == 1 { 0 } else { 6 });
        let [[p0, p1], [q0, q1]] = plain.packets;
        let [[b0, b1, b2, b3], [c0, c1, c2, c3]] = plain.bytes;
        let counters = [p0, p1, q0, q1, b0, b1, b2, b3, c0, c1, c2, c3];
        self.put(counters, if connection.counters.is_zero() { 0 } else { 12 });
    }

    #[inline]
    fn numbers(&mut self, numbers: &Numbers) {
        let mut left = numbers.count;
        for group in numbers.all.chunks(GROUP).take(numbers.count.div_ceil(GROUP)) {
            let (at, mut codes) = (self.length, 0);
            self.length += 1;
            for (place, &number) in group.iter().enumerate() {
                let is_here = place < left;
                let code = if is_here { code(number) } else { 0 };
                codes |= code << (2 * place);
                self.put(number.to_le_bytes(), if is_here { LENGTHS[usize::from(code)] } else { 0 });
            }
            if let Some(before) = self.room.get_mut(at) {
                *before = codes;
            }
            left = left.saturating_sub(GROUP);
        }
    }
}

/// What a plain row has behind its head, each as wide as it is written.
struct Plain {
    log: [u8; 2],
    rule: [u8; 2],
    time: [u8; 4],
    duration: [u8; 4],
    tuples: [u8; 2],
    packets: [[u8; 2]; 2],
    bytes: [[u8; 4]; 2],
}

impl Plain {
    /// `None` for a row that began or ended more than once or elsewhere than with its first or last tuple, or that has
    /// a number that is too large.
    #[inline]
    fn of(row: &Row, time: u64) -> Option<Self> {
        let connection = &row.connection;
        let Connection { begun_ms, ended_ms, first_ms, last_ms, tuples, begins, ends, .. } = *connection;
        let Counters { packets_sent, bytes_sent, packets_received, bytes_received } = connection.counters;
        let duration = last_ms.abs_diff(first_ms);
        let begun_once = begun_ms == UNKNOWN || (begun_ms == first_ms && begins == 1);
        let ended_once = ended_ms == UNKNOWN || (ended_ms == last_ms && ends == 1);
        let wide = u64::from((row.log | row.rule | tuples) >> u16::BITS)
            | (packets_sent | packets_received) >> u16::BITS
            | (time | duration | bytes_sent | bytes_received) >> u32::BITS;
        (begun_once && ended_once && wide == 0).then(|| Self {
            log: low(row.log.into()),
            rule: low(row.rule.into()),
            time: low(time),
            duration: low(duration),
            tuples: low(tuples.into()),
            packets: [low(packets_sent), low(packets_received)],
            bytes: [low(bytes_sent), low(bytes_received)],
        })
    }
}

/// The lowest bytes of a number.
#[inline]
fn low<const N: usize>(number: u64) -> [u8; N] {
    number.to_le_bytes().first_chunk().copied().unwrap_or([0; N])
}

/// Room for the numbers of a row, of which there are 13 at most, in groups.
const MOST_NUMBERS: usize = 4 * GROUP;

/// The numbers of a row, before they are written. In groups with their lengths ahead, and not with a bit in each byte
/// that says whether more follow: this is read and written a number at a time and not a byte.
#[derive(Default)]
struct Numbers {
    all: [u64; MOST_NUMBERS],
    count: usize,
}

impl Numbers {
    /// Those of a row of which the time is told by `time`.
    // Whether a number is written decides where the next one stands, and no branch: what rows hold follows no pattern
    // that a processor could guess.
    fn of(row: &Row, time: u64) -> Self {
        let connection = &row.connection;
        let several = connection.tuples != 1;
        let (begun, ended) = (connection.begun_ms != UNKNOWN, connection.ended_ms != UNKNOWN);
        let behind = |time_ms: i64| time_ms.abs_diff(connection.first_ms);
        let mut numbers = Self::default();
        numbers.push(row.log.into(), true);
        numbers.push(row.rule.into(), true);
        numbers.push(time, true);
        numbers.push(behind(connection.last_ms), several);
        numbers.push(connection.tuples.into(), several);
        numbers.push(behind(connection.begun_ms), several & begun);
        numbers.push(connection.begins.into(), several & begun);
        numbers.push(behind(connection.ended_ms), several & ended);
        numbers.push(connection.ends.into(), several & ended);
        let has_counters = !connection.counters.is_zero();
        let Counters { packets_sent, bytes_sent, packets_received, bytes_received } = connection.counters;
        for counter in [packets_sent, bytes_sent, packets_received, bytes_received] {
            numbers.push(counter, has_counters);
        }
        numbers
    }

    /// Adds a number if `is_here`; else the next one takes its place.
    #[inline]
    fn push(&mut self, number: u64, is_here: bool) {
        self.all[self.count % MOST_NUMBERS] = number;
        self.count += usize::from(is_here);
    }
}

/// Places in [`LENGTHS`] by the place of a number's highest bit.
#[allow(clippy::cast_possible_truncation)] // below 3
const CODES: [u8; 64] = {
    let mut codes = [3; 64];
    let mut bit = 0;
    while bit < 24 {
        codes[bit] = (bit / 8) as u8;
        bit += 1;
    }
    codes
};

/// The place in [`LENGTHS`] of what a number needs.
#[inline]
fn code(number: u64) -> u8 {
    CODES[(number | 1).ilog2() as usize]
}
