//! What one log tells of one connection, or of a part of it: a compact row, and its bytes.
//!
//! docs/state.md gives the format byte by byte: rows in memory, in a temporary file and in a written state are the same.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

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
        let out = &mut self.bytes;
        out.push(
            bit(v6, V6)
                | bit(connection.direction == Direction::Outbound, OUTBOUND)
                | (row.kind as u8) << KIND
                | bit(counters, COUNTERS)
                | bit(single, SINGLE)
                | bit(row.answered, ROW_ANSWERED)
                | bit(connection.stateless, STATELESS),
        );
        // There are ten words.
        let encryption = u8::try_from(encryption_index(row.encryption)).unwrap_or_default();
        out.push(encryption | bit(begun, BEGUN) | bit(ended, ENDED) | bit(connection.answered, ANSWERED));
        for address in [source, destination] {
            write_address(out, address, v6);
        }
        out.extend(key.source_port.to_le_bytes());
        out.extend(key.destination_port.to_le_bytes());
        out.push(key.protocol.0);
        write_number(out, row.log.into());
        write_number(out, row.rule.into());
        write_number(out, zigzag(connection.first_ms.wrapping_sub(self.last_ms)));
        self.last_ms = connection.first_ms;
        if !single {
            let behind = |time_ms: i64| time_ms.abs_diff(connection.first_ms);
            write_number(out, behind(connection.last_ms));
            write_number(out, connection.tuples.into());
            if begun {
                write_number(out, behind(connection.begun_ms));
                write_number(out, connection.begins.into());
            }
            if ended {
                write_number(out, behind(connection.ended_ms));
                write_number(out, connection.ends.into());
            }
        }
        if counters {
            let Counters { packets_sent, bytes_sent, packets_received, bytes_received } = connection.counters;
            for counter in [packets_sent, bytes_sent, packets_received, bytes_received] {
                write_number(out, counter);
            }
        }
        self.rows += 1;
    }
}

fn write_address(out: &mut Vec<u8>, address: Option<IpAddr>, v6: bool) {
    match address {
        Some(IpAddr::V4(v4)) if v6 => out.extend(v4.to_ipv6_mapped().octets()),
        Some(IpAddr::V4(v4)) => out.extend(v4.octets()),
        Some(IpAddr::V6(v6)) => out.extend(v6.octets()),
        None => out.extend([0; 16]),
    }
}

/// Seven bits a byte, the low ones first; the top bit says that more follow (LEB128).
fn write_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
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
    last_ms: i64,
    pub(super) is_damaged: bool,
}

impl<'b> RowReader<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, last_ms: 0, is_damaged: false }
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
        let v6 = flags & V6 != 0;
        let (source, destination) = (self.address(v6, hosts)?, self.address(v6, hosts)?);
        let [s0, s1, d0, d1, protocol] = self.take()?;
        let (source_port, destination_port) = (u16::from_le_bytes([s0, s1]), u16::from_le_bytes([d0, d1]));
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

    /// Most have one byte.
    #[inline]
    fn number(&mut self) -> Option<u64> {
        match self.bytes {
            [byte @ ..0x80, rest @ ..] => {
                self.bytes = rest;
                Some(u64::from(*byte))
            }
            _ => self.long_number(),
        }
    }

    fn long_number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.bytes.split_first()?;
            self.bytes = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    #[inline]
    fn small(&mut self) -> Option<u32> {
        u32::try_from(self.number()?).ok()
    }

    #[inline]
    fn address(&mut self, v6: bool, hosts: &mut Hosts) -> Option<HostId> {
        let address = if v6 {
            IpAddr::V6(Ipv6Addr::from(self.take::<16>()?))
        } else {
            IpAddr::V4(Ipv4Addr::from(self.take::<4>()?))
        };
        Some(hosts.id(address))
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
