//! Rows -> bytes.

use std::net::IpAddr;

use super::{
    ANSWERED, BEGUN, COUNTERS, ENDED, GROUP, KIND, LENGTHS, LONGEST_ROW, OUTBOUND, ROW_ANSWERED, Row, SINGLE,
    STATELESS, V6, unzigzag, zigzag,
};
use crate::connection::UNKNOWN;
use crate::flow::{Counters, Direction};
use crate::state::ahead::list;
use crate::state::hosts::Hosts;
use crate::state::overall::encryption_index;

/// Writes rows one behind the other. Times stand as differences to the row before.
#[derive(Debug, Default)]
pub(in crate::state) struct RowWriter {
    /// Rows, and zeros behind them: room for those that follow.
    bytes: Vec<u8>,
    used: usize,
    pub(in crate::state) rows: u32,
    /// Time of the last row.
    pub(in crate::state) last_ms: i64,
}

impl RowWriter {
    /// One with room for so many bytes.
    pub(in crate::state) fn with_room(bytes: usize) -> Self {
        let mut room = list(bytes);
        room.resize(bytes, 0);
        Self { bytes: room, ..Self::default() }
    }

    /// Bytes written.
    #[inline]
    pub(in crate::state) fn len(&self) -> usize {
        self.used
    }

    /// What was written.
    pub(in crate::state) fn into_bytes(mut self) -> Vec<u8> {
        self.bytes.truncate(self.used);
        self.bytes
    }

    #[inline]
    pub(in crate::state) fn write(&mut self, row: &Row, hosts: &Hosts) {
        if self.bytes.len() - self.used < LONGEST_ROW {
            self.make_room();
        }
        let room = self.bytes.get_mut(self.used..).and_then(<[u8]>::first_chunk_mut);
        let Some(mut draft) = room.map(Draft::new) else { return };
        let connection = &row.connection;
        draft.head(row, hosts);
        // Whether a number is written decides where the next one stands, and no branch: what rows hold follows no pattern
        // that a processor could guess.
        let several = connection.tuples != 1;
        let (begun, ended) = (connection.begun_ms != UNKNOWN, connection.ended_ms != UNKNOWN);
        let behind = |time_ms: i64| time_ms.abs_diff(connection.first_ms);
        let mut numbers = Numbers::default();
        numbers.push(row.log.into(), true);
        numbers.push(row.rule.into(), true);
        numbers.push(zigzag(connection.first_ms.wrapping_sub(self.last_ms)), true);
        self.last_ms = connection.first_ms;
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
        draft.numbers(&numbers);
        self.used += draft.length;
        self.rows += 1;
    }

    #[cold]
    fn make_room(&mut self) {
        self.bytes.resize((2 * self.used).max(self.used + LONGEST_ROW), 0);
    }
}

/// Bytes before the numbers of a row.
const HEADS: [usize; 2] = [15, 39];

/// Adds the rows of a chunk to those of another, of which the last row is of `last_ms`: only the time of the chunk's first
/// row is written anew. `None` for what is no chunk.
pub(in crate::state) fn follow(rows: &mut Vec<u8>, chunk: &[u8], last_ms: i64) -> Option<()> {
    let head = HEADS[usize::from(chunk.first()? & V6)];
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
    fn head(&mut self, row: &Row, hosts: &Hosts) {
        let Row { key, connection, .. } = row;
        let ends = [hosts.address(key.source), hosts.address(key.destination)];
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
            | bit(connection.answered, ANSWERED);
        let ports = [key.source_port.to_le_bytes(), key.destination_port.to_le_bytes()];
        let [[s0, s1], [d0, d1]] = ports;
        let protocol = key.protocol.0;
        if let [Some(IpAddr::V4(source)), Some(IpAddr::V4(destination))] = ends {
            let ([a0, a1, a2, a3], [b0, b1, b2, b3]) = (source.octets(), destination.octets());
            let head = [flags, more, a0, a1, a2, a3, b0, b1, b2, b3, s0, s1, d0, d1, protocol, 0];
            return self.put(head, 15);
        }
        self.put([flags | V6, more], 2);
        for end in ends {
            let octets = match end {
                Some(IpAddr::V4(v4)) => v4.to_ipv6_mapped().octets(),
                Some(IpAddr::V6(v6)) => v6.octets(),
                None => [0; 16],
            };
            self.put(octets, 16);
        }
        self.put([s0, s1, d0, d1, protocol], 5);
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
