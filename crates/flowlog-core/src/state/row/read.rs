//! Bytes -> rows.

use std::net::IpAddr;

use super::{
    ANSWERED, BEGUN, COUNTERS, ENCRYPTION, ENDED, GROUP, KIND, LENGTHS, LONGEST_ROW, OUTBOUND, PLAIN,
    ROW_ANSWERED, Row, RowKind, SINGLE, STATELESS, V6, unzigzag,
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
        let flags = Flags { first: flags, second: more, kind };
        let (log, rule, connection) = if more & PLAIN != 0 {
            cursor.plain(flags, self.last_ms)?
        } else {
            cursor.numbers(flags, self.last_ms)?
        };
        self.last_ms = connection.first_ms;
        let encryption = *Encryption::ALL.get(usize::from(more & ENCRYPTION))?;
        self.bytes = self.bytes.get(cursor.at..)?;
        let answered = flags.first & ROW_ANSWERED != 0;
        Some(Row { kind, key, log, rule, encryption, answered, connection })
    }
}

/// The first two bytes of a row.
#[derive(Clone, Copy)]
struct Flags {
    first: u8,
    second: u8,
    kind: RowKind,
}

impl Flags {
    fn is_single(self) -> bool {
        self.first & SINGLE != 0
    }

    fn has_counters(self) -> bool {
        self.first & COUNTERS != 0
    }

    /// The connection if it is of one tuple, of this time.
    #[inline]
    fn connection(self, first_ms: i64) -> Connection {
        let Self { first, second, kind } = self;
        let (begun, ended) = (second & BEGUN != 0, second & ENDED != 0);
        Connection {
            begun_ms: if begun { first_ms } else { UNKNOWN },
            ended_ms: if ended { first_ms } else { UNKNOWN },
            first_ms,
            last_ms: first_ms,
            counters: Counters::default(),
            tuples: 1,
            begins: begun.into(),
            ends: ended.into(),
            direction: if first & OUTBOUND == 0 { Direction::Inbound } else { Direction::Outbound },
            answered: second & ANSWERED != 0,
            denied: kind == RowKind::Denied,
            stateless: first & STATELESS != 0,
        }
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
        let [source, destination] = if flags & V6 == 0 {
            [self.take::<4>()?, self.take()?].map(|octets| hosts.id_v4(octets.into()))
        } else {
            [self.take::<16>()?, self.take()?].map(|octets| hosts.id(IpAddr::V6(octets.into())))
        };
        let [s0, s1, d0, d1, protocol] = self.take()?;
        let (source_port, destination_port) = (u16::from_le_bytes([s0, s1]), u16::from_le_bytes([d0, d1]));
        let protocol = Protocol(protocol);
        Some((flags, more, ConnectionKey { source, destination, source_port, destination_port, protocol }))
    }

    /// Log, rule and connection of a plain row.
    #[inline]
    fn plain(&mut self, flags: Flags, before_ms: i64) -> Option<(u32, u32, Connection)> {
        let [l0, l1, r0, r1, time @ ..] = self.take::<8>()?;
        let mut connection =
            flags.connection(before_ms.wrapping_add(unzigzag(u32::from_le_bytes(time).into())));
        if !flags.is_single() {
            let [d0, d1, d2, d3, n0, n1] = self.take()?;
            let duration = u32::from_le_bytes([d0, d1, d2, d3]);
            connection.last_ms = connection.first_ms.checked_add(duration.into())?;
            connection.tuples = u16::from_le_bytes([n0, n1]).into();
            if connection.ended_ms != UNKNOWN {
                connection.ended_ms = connection.last_ms;
            }
        }
        if flags.has_counters() {
            let [p0, p1, q0, q1, b0, b1, b2, b3, c0, c1, c2, c3] = self.take()?;
            connection.counters = Counters {
                packets_sent: u16::from_le_bytes([p0, p1]).into(),
                bytes_sent: u32::from_le_bytes([b0, b1, b2, b3]).into(),
                packets_received: u16::from_le_bytes([q0, q1]).into(),
                bytes_received: u32::from_le_bytes([c0, c1, c2, c3]).into(),
            };
        }
        Some((u16::from_le_bytes([l0, l1]).into(), u16::from_le_bytes([r0, r1]).into(), connection))
    }

    /// The same of any other row.
    #[inline]
    fn numbers(&mut self, flags: Flags, before_ms: i64) -> Option<(u32, u32, Connection)> {
        let (log, rule) = (self.small()?, self.small()?);
        let mut connection = flags.connection(before_ms.wrapping_add(unzigzag(self.number()?)));
        if !flags.is_single() {
            self.several(&mut connection)?;
        }
        if flags.has_counters() {
            connection.counters = Counters {
                packets_sent: self.number()?,
                bytes_sent: self.number()?,
                packets_received: self.number()?,
                bytes_received: self.number()?,
            };
        }
        Some((log, rule, connection))
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
