//! What one log tells of one connection, or of a part of it: a compact row, and its bytes.
//!
//! docs/state.md gives the format byte by byte: rows in memory, in a temporary file and in a written state are the same.

use std::net::IpAddr;

use super::hosts::{HostId, Hosts};
use super::overall::encryption_index;
use crate::connection::{Connection, ConnectionKey, UNKNOWN};
use crate::flow::{Counters, Direction, Encryption, Protocol};

/// What a row tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum RowKind {
    /// A connection with a life cycle.
    Life,
    /// An attempt that was denied.
    Denied,
    /// One connection let through, of which nothing more is logged (NSG flow logs version 1).
    Allowed,
}

/// One row. Its bytes are 20 to 60 with IPv4, 24 more with IPv6.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) kind: RowKind,
    pub(super) key: ConnectionKey<HostId>,
    /// Place in the list of logs.
    pub(super) log: u32,
    /// Place in the list of rules: all its tuples were decided by that one.
    pub(super) rule: u32,
    /// Of all its tuples.
    pub(super) encryption: Encryption,
    /// Payload came back by one of its tuples alone.
    pub(super) answered: bool,
    pub(super) connection: Connection,
}

const V6: u8 = 1;
const OUTBOUND: u8 = 1 << 1;
const KIND: u8 = 2;
const COUNTERS: u8 = 1 << 4;
const SINGLE: u8 = 1 << 5;
const ROW_ANSWERED: u8 = 1 << 6;
const STATELESS: u8 = 1 << 7;

const ENCRYPTION: u8 = 0x0f;
const BEGUN: u8 = 1 << 4;
const ENDED: u8 = 1 << 5;
const ANSWERED: u8 = 1 << 6;

/// Writes rows one behind the other. Times stand as differences to the row before.
#[derive(Debug, Default)]
pub(super) struct RowWriter {
    pub(super) bytes: Vec<u8>,
    pub(super) rows: u32,
    last_ms: i64,
}

impl RowWriter {
    pub(super) fn write(&mut self, row: &Row, hosts: &Hosts) {
        let Row { key, connection, .. } = row;
        let (source, destination) = (hosts.address(key.source), hosts.address(key.destination));
        let v6 = !matches!((source, destination), (Some(IpAddr::V4(_)), Some(IpAddr::V4(_))));
        let single = connection.tuples == 1;
        let bit = |condition: bool, bit: u8| if condition { bit } else { 0 };
        let counters = connection.counters != Counters::default();
        let begun = connection.begun_ms != UNKNOWN;
        let ended = connection.ended_ms != UNKNOWN;
        let flags = bit(v6, V6)
            | bit(connection.direction == Direction::Outbound, OUTBOUND)
            | (row.kind as u8) << KIND
            | bit(counters, COUNTERS)
            | bit(single, SINGLE)
            | bit(row.answered, ROW_ANSWERED)
            | bit(connection.stateless, STATELESS);
        // There are ten words.
        let encryption = u8::try_from(encryption_index(row.encryption)).unwrap_or_default();
        let more = encryption | bit(begun, BEGUN) | bit(ended, ENDED) | bit(connection.answered, ANSWERED);
        write_head(&mut self.bytes, [flags, more], [source, destination], key);
        let mut numbers = Numbers::default();
        numbers.push(row.log.into());
        numbers.push(row.rule.into());
        numbers.push(zigzag(connection.first_ms.wrapping_sub(self.last_ms)));
        self.last_ms = connection.first_ms;
        if !single {
            let behind = |time_ms: i64| time_ms.abs_diff(connection.first_ms);
            numbers.push(behind(connection.last_ms));
            numbers.push(connection.tuples.into());
            if begun {
                numbers.push(behind(connection.begun_ms));
                numbers.push(connection.begins.into());
            }
            if ended {
                numbers.push(behind(connection.ended_ms));
                numbers.push(connection.ends.into());
            }
        }
        if counters {
            let Counters { packets_sent, bytes_sent, packets_received, bytes_received } = connection.counters;
            for counter in [packets_sent, bytes_sent, packets_received, bytes_received] {
                numbers.push(counter);
            }
        }
        numbers.write(&mut self.bytes);
        self.rows += 1;
    }
}

/// Flags, addresses, ports and protocol.
#[inline]
fn write_head(
    out: &mut Vec<u8>,
    [flags, more]: [u8; 2],
    ends: [Option<IpAddr>; 2],
    key: &ConnectionKey<HostId>,
) {
    let ports = [key.source_port.to_le_bytes(), key.destination_port.to_le_bytes()];
    let [[s0, s1], [d0, d1]] = ports;
    let protocol = key.protocol.0;
    if let [Some(IpAddr::V4(source)), Some(IpAddr::V4(destination))] = ends {
        // At once: a list asks before everything it takes whether it has room.
        let (from, to) = (source.octets(), destination.octets());
        out.extend_from_slice(&[
            flags, more, from[0], from[1], from[2], from[3], to[0], to[1], to[2], to[3], s0, s1, d0, d1,
            protocol,
        ]);
        return;
    }
    out.extend_from_slice(&[flags, more]);
    for end in ends {
        out.extend_from_slice(&match end {
            Some(IpAddr::V4(v4)) => v4.to_ipv6_mapped().octets(),
            Some(IpAddr::V6(v6)) => v6.octets(),
            None => [0; 16],
        });
    }
    out.extend_from_slice(&[s0, s1, d0, d1, protocol]);
}

/// Numbers of a row, at most.
const MOST_NUMBERS: usize = 13;
/// Numbers whose lengths share a byte, two bits each, the first one's lowest.
const GROUP: u8 = 4;
/// What these two bits say: bytes of the number.
const LENGTHS: [usize; 4] = [1, 2, 3, 8];

/// The numbers of a row, before they are written. In groups with their lengths ahead, and not with a bit in each byte
/// that says whether more follow: this is read and written a number at a time and not a byte.
#[derive(Default)]
struct Numbers {
    all: [u64; MOST_NUMBERS],
    count: usize,
}

impl Numbers {
    #[inline]
    fn push(&mut self, number: u64) {
        if let Some(place) = self.all.get_mut(self.count) {
            *place = number;
            self.count += 1;
        }
    }

    #[inline]
    fn write(&self, out: &mut Vec<u8>) {
        for group in self.all.get(..self.count).unwrap_or_default().chunks(GROUP.into()) {
            out.push(group.iter().rev().fold(0, |codes, number| codes << 2 | code(*number)));
            for &number in group {
                let end = out.len() + LENGTHS[usize::from(code(number))];
                out.extend_from_slice(&number.to_le_bytes());
                out.truncate(end);
            }
        }
    }
}

/// The place in [`LENGTHS`] of what a number needs.
#[inline]
fn code(number: u64) -> u8 {
    u8::from(number >= 1 << 8) + u8::from(number >= 1 << 16) + u8::from(number >= 1 << 24)
}

/// Small numbers of either sign as small numbers.
fn zigzag(number: i64) -> u64 {
    (number << 1 ^ number >> 63).cast_unsigned()
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

/// Reads what a [`RowWriter`] has written. Ends early, with `is_damaged`, at bytes that are none of its.
#[derive(Debug)]
pub(super) struct RowReader<'b> {
    bytes: &'b [u8],
    /// Lengths of the numbers that come next, and of how many.
    codes: (u8, u8),
    last_ms: i64,
    pub(super) is_damaged: bool,
}

impl<'b> RowReader<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, codes: (0, 0), last_ms: 0, is_damaged: false }
    }

    /// The next row; its log and rule are places in the lists of the one who wrote it.
    pub(super) fn next(&mut self, hosts: &mut Hosts) -> Option<Row> {
        if self.bytes.is_empty() {
            return None;
        }
        let row = self.row(hosts);
        self.is_damaged |= row.is_none();
        if row.is_none() {
            self.bytes = &[];
        }
        row
    }

    fn row(&mut self, hosts: &mut Hosts) -> Option<Row> {
        let [flags, more] = self.take()?;
        let ends = if flags & V6 == 0 {
            let (source, destination) = (self.take::<4>()?, self.take::<4>()?);
            [source, destination].map(|octets| IpAddr::V4(octets.into()))
        } else {
            let (source, destination) = (self.take::<16>()?, self.take::<16>()?);
            [source, destination].map(|octets| IpAddr::V6(octets.into()))
        };
        let [source, destination] = ends.map(|address| hosts.id(address));
        let [s0, s1, d0, d1, protocol] = self.take()?;
        let (source_port, destination_port) = (u16::from_le_bytes([s0, s1]), u16::from_le_bytes([d0, d1]));
        self.codes = (0, 0);
        let kind = match flags >> KIND & 3 {
            0 => RowKind::Life,
            1 => RowKind::Denied,
            2 => RowKind::Allowed,
            _ => return None,
        };
        let (log, rule) = (self.small()?, self.small()?);
        let first_ms = self.last_ms.wrapping_add(unzigzag(self.number()?));
        self.last_ms = first_ms;
        let (begun, ended) = (more & BEGUN != 0, more & ENDED != 0);
        let mut connection = Connection {
            begun_ms: if begun { first_ms } else { UNKNOWN },
            ended_ms: if ended { first_ms } else { UNKNOWN },
            first_ms,
            last_ms: first_ms,
            counters: Counters::default(),
            tuples: 1,
            begins: begun.into(),
            ends: ended.into(),
            direction: if flags & OUTBOUND == 0 { Direction::Inbound } else { Direction::Outbound },
            answered: more & ANSWERED != 0,
            denied: kind == RowKind::Denied,
            stateless: flags & STATELESS != 0,
        };
        if flags & SINGLE == 0 {
            self.several(&mut connection)?;
        }
        if flags & COUNTERS != 0 {
            connection.counters = Counters {
                packets_sent: self.number()?,
                bytes_sent: self.number()?,
                packets_received: self.number()?,
                bytes_received: self.number()?,
            };
        }
        Some(Row {
            kind,
            key: ConnectionKey {
                source,
                destination,
                source_port,
                destination_port,
                protocol: Protocol(protocol),
            },
            log,
            rule,
            encryption: *Encryption::ALL.get(usize::from(more & ENCRYPTION))?,
            answered: flags & ROW_ANSWERED != 0,
            connection,
        })
    }

    /// What stands only in rows of several tuples.
    fn several(&mut self, connection: &mut Connection) -> Option<()> {
        connection.last_ms = connection.first_ms.checked_add_unsigned(self.number()?)?;
        connection.tuples = self.small()?;
        if connection.begun_ms != UNKNOWN {
            connection.begun_ms = connection.first_ms.checked_add_unsigned(self.number()?)?;
            connection.begins = self.small()?;
        }
        if connection.ended_ms != UNKNOWN {
            connection.ended_ms = connection.first_ms.checked_add_unsigned(self.number()?)?;
            connection.ends = self.small()?;
        }
        Some(())
    }

    #[inline]
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.bytes.split_first_chunk()?;
        self.bytes = rest;
        Some(*taken)
    }

    #[inline]
    fn number(&mut self) -> Option<u64> {
        if self.codes.1 == 0 {
            let [codes] = self.take()?;
            self.codes = (codes, GROUP);
        }
        let (codes, left) = self.codes;
        self.codes = (codes >> 2, left - 1);
        let length = LENGTHS[usize::from(codes & 3)];
        let number = match self.bytes.first_chunk() {
            Some(bytes) => u64::from_le_bytes(*bytes) & u64::MAX >> (u64::BITS as usize - 8 * length),
            // Near the end of the chunk.
            None => {
                self.bytes.get(..length)?.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
            }
        };
        self.bytes = self.bytes.get(length..)?;
        Some(number)
    }

    #[inline]
    fn small(&mut self) -> Option<u32> {
        u32::try_from(self.number()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn address() -> impl Strategy<Value = IpAddr> {
        prop_oneof![
            any::<[u8; 4]>().prop_map(|octets| IpAddr::V4(octets.into())),
            any::<[u8; 16]>().prop_map(|octets| IpAddr::V6(octets.into())),
        ]
    }

    prop_compose! {
        fn row()(
            ends in (address(), address()),
            ports in any::<(u16, u16, u8)>(),
            places in (0_u32..=u32::MAX, 0_u32..3000),
            times in (0_i64..300_000_000_000_000, 0_i64..90_000_000, 0_i64..90_000_000, 0_i64..90_000_000),
            counts in (1_u32..5, 0_u32..3, 0_u32..3),
            counters in prop::option::of(any::<[u64; 4]>()),
            flags in any::<[bool; 4]>(),
            kind in 0_usize..3,
            word in 0..Encryption::ALL.len(),
        ) -> (IpAddr, IpAddr, Row) {
            let (tuples, begins, ends_seen) = counts;
            let (first_ms, span, begun, ended) = times;
            let single = tuples == 1;
            let at = |known: u32, behind: i64| match known {
                0 => UNKNOWN,
                _ if single => first_ms,
                _ => first_ms + behind,
            };
            let known = |count: u32| if single { count.min(1) } else { count };
            let kind = [RowKind::Life, RowKind::Denied, RowKind::Allowed][kind];
            let [packets_sent, bytes_sent, packets_received, bytes_received] = counters.unwrap_or_default();
            let connection = Connection {
                begun_ms: at(begins, begun),
                ended_ms: at(ends_seen, ended),
                first_ms,
                last_ms: if single { first_ms } else { first_ms + span },
                counters: Counters { packets_sent, bytes_sent, packets_received, bytes_received },
                tuples,
                begins: known(begins),
                ends: known(ends_seen),
                direction: if flags[0] { Direction::Inbound } else { Direction::Outbound },
                answered: flags[1],
                denied: kind == RowKind::Denied,
                stateless: flags[2],
            };
            let (source_port, destination_port, protocol) = ports;
            let key = ConnectionKey {
                source: HostId(0),
                destination: HostId(0),
                source_port,
                destination_port,
                protocol: Protocol(protocol),
            };
            let (log, rule) = places;
            let encryption = Encryption::ALL[word];
            (ends.0, ends.1, Row { kind, key, log, rule, encryption, answered: flags[3], connection })
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(rows in prop::collection::vec(row(), 0..40), cut in any::<prop::sample::Index>()) {
            let mut hosts = Hosts::default();
            let mut writer = RowWriter::default();
            let mut expected = Vec::new();
            for (source, destination, mut row) in rows {
                row.key.source = hosts.id(source);
                row.key.destination = hosts.id(destination);
                writer.write(&row, &hosts);
                expected.push(row);
            }
            let mut reader = RowReader::new(&writer.bytes);
            let read: Vec<Row> = std::iter::from_fn(|| reader.next(&mut hosts)).collect();
            prop_assert_eq!(&read, &expected);
            prop_assert!(!reader.is_damaged);
            // What is cut off gives the rows before the cut, and no panic.
            let cut = cut.index(writer.bytes.len() + 1);
            let mut reader = RowReader::new(&writer.bytes[..cut]);
            let read: Vec<Row> = std::iter::from_fn(|| reader.next(&mut hosts)).collect();
            prop_assert_eq!(&read, &expected[..read.len()]);
        }

        #[test]
        fn any_bytes_do_no_harm(bytes: Vec<u8>) {
            let mut reader = RowReader::new(&bytes);
            while reader.next(&mut Hosts::default()).is_some() {}
        }
    }
}
