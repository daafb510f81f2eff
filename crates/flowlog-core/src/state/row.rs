//! What one log tells of one connection, or of a part of it: a compact row, and its bytes.
//!
//! docs/state.md gives the format byte by byte: rows in memory, in a temporary file and in a written state are the same.

mod read;
mod write;

use super::hosts::HostId;
use crate::connection::{Connection, ConnectionKey};
use crate::flow::Encryption;
pub(super) use read::RowReader;
pub(super) use write::{RowWriter, follow};

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
/// Nearly all rows: it began and ended once at most, with its first and its last tuple, and its numbers are small enough to
/// stand in fields of one width.
const PLAIN: u8 = 1 << 7;

/// No row has more bytes, and what is written or read of one at once stays below this, too.
pub(super) const LONGEST_ROW: usize = 192;

/// Numbers whose lengths share a byte, two bits each, the first one's lowest.
const GROUP: usize = 4;
/// What these two bits say: bytes of the number.
const LENGTHS: [usize; 4] = [1, 2, 3, 8];

/// Small numbers of either sign as small numbers.
fn zigzag(number: i64) -> u64 {
    (number << 1 ^ number >> 63).cast_unsigned()
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use proptest::prelude::*;

    use super::*;
    use crate::connection::UNKNOWN;
    use crate::flow::{Counters, Direction, Protocol};
    use crate::state::hosts::Hosts;

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
            is_small in any::<bool>(),
            kind in 0_usize..3,
            word in 0..Encryption::ALL.len(),
        ) -> (IpAddr, IpAddr, Row) {
            let (tuples, begins, ends_seen) = counts;
            let (first_ms, span, begun, ended) = times;
            // Small numbers, and no begin or end but those of the whole: what nearly all rows are like.
            let (first_ms, begun, ended) =
                if is_small { (1_768_000_000_000 + first_ms % 4_000_000_000, 0, span) } else { (first_ms, begun, ended) };
            let single = tuples == 1;
            let at = |known: u32, behind: i64| match known {
                0 => UNKNOWN,
                _ if single => first_ms,
                _ => first_ms + behind,
            };
            let known = |count: u32| if single || is_small { count.min(1) } else { count };
            let kind = [RowKind::Life, RowKind::Denied, RowKind::Allowed][kind];
            let counters = counters.unwrap_or_default().map(|counter| if is_small { counter >> 48 } else { counter });
            let [packets_sent, bytes_sent, packets_received, bytes_received] = counters;
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
            let (log, rule) = if is_small { (places.0 >> 16, places.1) } else { places };
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
            let bytes = writer.bytes();
            let mut reader = RowReader::new(bytes);
            let read: Vec<Row> = std::iter::from_fn(|| reader.next(&mut hosts)).collect();
            prop_assert_eq!(&read, &expected);
            prop_assert!(!reader.is_damaged);
            // In two chunks, the second of which is put behind the first.
            let place = cut.index(expected.len() + 1);
            let [first, second] = [&expected[..place], &expected[place..]].map(|rows| {
                let mut writer = RowWriter::default();
                for row in rows {
                    writer.write(row, &hosts);
                }
                (writer.last_ms, writer.bytes().to_owned())
            });
            let mut joined = first.1;
            prop_assert_eq!(follow(&mut joined, &second.1, first.0).is_some(), !second.1.is_empty());
            let mut reader = RowReader::new(&joined);
            let read: Vec<Row> = std::iter::from_fn(|| reader.next(&mut hosts)).collect();
            prop_assert_eq!(&read, &expected);
            prop_assert!(!reader.is_damaged);
            // What is cut off gives the rows before the cut, and no panic.
            let cut = cut.index(bytes.len() + 1);
            let mut reader = RowReader::new(&bytes[..cut]);
            let read: Vec<Row> = std::iter::from_fn(|| reader.next(&mut hosts)).collect();
            prop_assert_eq!(&read, &expected[..read.len()]);
        }

        #[test]
        fn any_bytes_do_no_harm(bytes: Vec<u8>) {
            let mut reader = RowReader::new(&bytes);
            while reader.next(&mut Hosts::default()).is_some() {}
        }

        /// Only the first row of a chunk, and rows with large numbers, are not plain.
        #[test]
        fn small_rows_are_plain_and_others_are_not(row in row(), first_ms in 1_768_000_000_000_i64..1_768_002_000_000) {
            let mut hosts = Hosts::default();
            let (source, destination, mut row) = row;
            (row.key.source, row.key.destination) = (hosts.id(source), hosts.id(destination));
            let before = Row { connection: Connection { first_ms, ..row.connection }, ..row };
            let mut writer = RowWriter::default();
            writer.write(&before, &hosts);
            let second = writer.len();
            writer.write(&row, &hosts);
            let bytes = writer.bytes();
            let is_plain = |at: usize| bytes[at + 1] & PLAIN != 0;
            let Connection { begun_ms, ended_ms, last_ms, tuples, begins, ends, counters, .. } = row.connection;
            let first = row.connection.first_ms;
            let small = [counters.packets_sent, counters.packets_received, row.log.into(), tuples.into()]
                .iter()
                .all(|&number| number < 1 << 16)
                && counters.bytes_sent.max(counters.bytes_received) < 1 << 32
                && (first - first_ms).unsigned_abs() < 1 << 31
                && last_ms - first < 1 << 32;
            let once = (begun_ms == UNKNOWN || (begun_ms, begins) == (first, 1))
                && (ended_ms == UNKNOWN || (ended_ms, ends) == (last_ms, 1));
            prop_assert!(!is_plain(0));
            prop_assert_eq!(is_plain(second), small && once);
        }
    }
}
