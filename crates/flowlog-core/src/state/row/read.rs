//! Bytes -> rows.

use std::net::IpAddr;

use super::{
    ANSWERED, BEGUN, COUNTERS, ENCRYPTION, ENDED, GROUP, KIND, LENGTHS, LONGEST_ROW, OUTBOUND, ROW_ANSWERED,
    Row, RowKind, SINGLE, STATELESS, V6, unzigzag,
};
use crate::connection::{Connection, ConnectionKey, UNKNOWN};
use crate::flow::{Counters, Direction, Encryption, Protocol};
use crate::state::hosts::{HostId, Hosts};

/// Reads what a [`RowWriter`](super::RowWriter) has written. Ends early, with `is_damaged`, at bytes that are none of its.
#[derive(Debug)]
pub(in crate::state) struct RowReader<'b> {
    bytes: &'b [u8],
    last_ms: i64,
    pub(in crate::state) is_damaged: bool,
}

impl<'b> RowReader<'b> {
    pub(in crate::state) fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, last_ms: 0, is_damaged: false }
    }

    /// The next row; its log and rule are places in the lists of the one who wrote it.
    #[inline]
    pub(in crate::state) fn next(&mut self, hosts: &mut Hosts) -> Option<Row> {
        if self.bytes.is_empty() {
            return None;
        }
        let row = match self.bytes.first_chunk() {
            Some(bytes) => self.row(bytes, hosts),
            // Near the end of the chunk. Zeros behind it are no row's: they are missed when it is to move behind them.
            None => self.row(&padded(self.bytes), hosts),
        };
        self.is_damaged |= row.is_none();
        if row.is_none() {
            self.bytes = &[];
        }
        row
    }

    #[inline]
    fn row(&mut self, bytes: &[u8; LONGEST_ROW], hosts: &mut Hosts) -> Option<Row> {
        let mut cursor = Cursor { bytes, at: 0, codes: (0, 0) };
        let (flags, more, key) = cursor.head(hosts)?;
        let kind = match flags >> KIND & 3 {
            0 => RowKind::Life,
            1 => RowKind::Denied,
            2 => RowKind::Allowed,
            _ => return None,
        };
        let (log, rule) = (cursor.small()?, cursor.small()?);
        let first_ms = self.last_ms.wrapping_add(unzigzag(cursor.number()?));
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
            cursor.several(&mut connection)?;
        }
        if flags & COUNTERS != 0 {
            connection.counters = Counters {
                packets_sent: cursor.number()?,
                bytes_sent: cursor.number()?,
                packets_received: cursor.number()?,
                bytes_received: cursor.number()?,
            };
        }
        let encryption = *Encryption::ALL.get(usize::from(more & ENCRYPTION))?;
        self.bytes = self.bytes.get(cursor.at..)?;
        Some(Row { kind, key, log, rule, encryption, answered: flags & ROW_ANSWERED != 0, connection })
    }
}

fn padded(bytes: &[u8]) -> [u8; LONGEST_ROW] {
    let mut padded = [0; LONGEST_ROW];
    padded.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    padded
}

/// A row being read.
struct Cursor<'b> {
    bytes: &'b [u8; LONGEST_ROW],
    at: usize,
    /// Lengths of the numbers that come next, and of how many.
    codes: (u8, usize),
}

impl Cursor<'_> {
    #[inline]
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let taken = self.bytes.get(self.at..)?.first_chunk()?;
        self.at += N;
        Some(*taken)
    }

    /// Flags, and who spoke with whom.
    #[inline]
    fn head(&mut self, hosts: &mut Hosts) -> Option<(u8, u8, ConnectionKey<HostId>)> {
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
        let protocol = Protocol(protocol);
        Some((flags, more, ConnectionKey { source, destination, source_port, destination_port, protocol }))
    }

    /// What stands only in rows of several tuples.
    #[inline]
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
    fn number(&mut self) -> Option<u64> {
        if self.codes.1 == 0 {
            let [codes] = self.take()?;
            self.codes = (codes, GROUP);
        }
        let (codes, left) = self.codes;
        self.codes = (codes >> 2, left - 1);
        let length = LENGTHS[usize::from(codes & 3)];
        let bytes = self.bytes.get(self.at..)?.first_chunk()?;
        self.at += length;
        Some(u64::from_le_bytes(*bytes) & u64::MAX >> (u64::BITS as usize - 8 * length))
    }

    #[inline]
    fn small(&mut self) -> Option<u32> {
        u32::try_from(self.number()?).ok()
    }
}
