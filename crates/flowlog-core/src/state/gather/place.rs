//! What the rows of a partition are sorted by, so that whatever is summed stands side by side.

use crate::state::row::Row;

/// Bits of the place of a row in [`Narrow`].
const PLACE_BITS: u32 = 23;

/// The two hosts of a row (64 bits), who calls (1), port (16), protocol (8) and caller's port (16), as one number with
/// [`PLACE_BITS`] left over.
fn key(row: &Row) -> u128 {
    let key = &row.key;
    let (source, destination) = (key.source.0, key.destination.0);
    let ends = u64::from(source.min(destination)) << 32 | u64::from(source.max(destination));
    let calls = u64::from(source > destination) << 40
        | u64::from(key.destination_port) << 24
        | u64::from(key.protocol.0) << 16
        | u64::from(key.source_port);
    u128::from(ends) << 64 | u128::from(calls << PLACE_BITS)
}

/// A row's key, and which row it is.
pub(super) trait Place: Copy + Ord {
    /// Of the row at `place`.
    fn new(row: &Row, place: u32) -> Self;
    /// The key.
    fn key(self) -> u128;
    /// The place of the row.
    fn row(self) -> usize;

    /// Equal for rows of one pair of hosts.
    fn pair(self) -> u128 {
        self.key() >> 64
    }

    /// Equal for rows of one conversation.
    fn conversation(self) -> u128 {
        self.key() >> (PLACE_BITS + 16)
    }

    /// Equal for rows of one 5-tuple.
    fn five_tuple(self) -> u128 {
        self.key() >> PLACE_BITS
    }
}

/// Key and place in one number, which is sorted fastest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Narrow(u128);

impl Narrow {
    /// So many rows have places.
    pub(super) const MOST: usize = 1 << PLACE_BITS;
}

impl Place for Narrow {
    fn new(row: &Row, place: u32) -> Self {
        Self(key(row) | u128::from(place))
    }

    fn key(self) -> u128 {
        self.0
    }

    #[allow(clippy::cast_possible_truncation)] // the low bits are what is asked for
    fn row(self) -> usize {
        (self.0 & ((1 << PLACE_BITS) - 1)) as usize
    }
}

/// The same for any number of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Wide(u128, u32);

impl Place for Wide {
    fn new(row: &Row, place: u32) -> Self {
        Self(key(row), place)
    }

    fn key(self) -> u128 {
        self.0
    }

    fn row(self) -> usize {
        self.1 as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::{Connection, ConnectionKey};
    use crate::flow::{Counters, Direction, Encryption, Protocol};
    use crate::state::HostId;
    use crate::state::row::RowKind;

    fn row(source: u32, destination: u32, source_port: u16, destination_port: u16, protocol: u8) -> Row {
        let (source, destination) = (HostId(source), HostId(destination));
        let protocol = Protocol(protocol);
        let connection = Connection {
            begun_ms: 0,
            ended_ms: 0,
            first_ms: 0,
            last_ms: 0,
            counters: Counters::default(),
            tuples: 1,
            begins: 0,
            ends: 0,
            direction: Direction::Inbound,
            answered: false,
            denied: false,
            stateless: false,
        };
        Row {
            kind: RowKind::Life,
            key: ConnectionKey { source, destination, source_port, destination_port, protocol },
            log: 0,
            rule: 0,
            encryption: Encryption::NotEncrypted,
            answered: false,
            connection,
        }
    }

    #[test]
    fn rows_of_a_pair_stand_in_the_order_of_their_conversations_however_wide_places_are() {
        let (few, many) = (u16::MIN, u16::MAX);
        let rows = [
            row(1, u32::MAX, few, few, 0),
            row(1, u32::MAX, many, few, 0),
            row(1, u32::MAX, few, few, 255),
            row(1, u32::MAX, few, many, 0),
            row(u32::MAX, 1, few, few, 0),
            row(2, 3, few, few, 0),
        ];
        let narrow = |place: usize| Narrow::new(&rows[place], u32::try_from(place).unwrap());
        let wide = |place: usize| Wide::new(&rows[place], u32::try_from(place).unwrap());
        for place in 1..rows.len() {
            let (a, b) = (narrow(place - 1), narrow(place));
            assert!(a < b && wide(place - 1) < wide(place), "{place}");
            assert_eq!((b.row(), wide(place).row()), (place, place));
            assert_eq!(a.pair() == b.pair(), place < 5);
            assert_eq!(a.conversation() == b.conversation(), place == 1);
            assert!(a.five_tuple() != b.five_tuple());
        }
        assert!(narrow(0).five_tuple() == Narrow::new(&rows[0], 77).five_tuple());
    }
}
