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

    /// One of so many bits for all rows of a pair. Whoever chooses pairs that fall into one makes it slower to sort, as
    /// slow as all of them together would be.
    #[allow(clippy::cast_possible_truncation)] // a few bits
    fn bucket(self, bits: u32) -> usize {
        // Fibonacci hashing: the top bits of the product depend on all bits of the pair.
        let mixed = (self.pair() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (u128::from(mixed) >> (64 - bits)) as usize
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
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

/// Rows of a bucket, about: few enough to be put in order one by one.
const IN_BUCKET: usize = 4;

/// The places of rows in an order in which what is summed stands side by side: by key within a pair of hosts, pairs in
/// no order. They are spread over buckets by their pair first, since few are sorted cheaply.
#[derive(Default)]
pub(super) struct Order<P> {
    /// As the rows stand.
    places: Vec<P>,
    spread: Vec<P>,
    /// Where the next place of each bucket goes; in the end, where the bucket ends.
    ends: Vec<usize>,
}

impl<P: Place> Order<P> {
    pub(super) fn of(&mut self, rows: &[Row]) -> &[P] {
        let Self { places, spread, ends } = self;
        places.clear();
        places.reserve_exact(rows.len());
        places.extend((0_u32..).zip(rows).map(|(place, row)| P::new(row, place)));
        spread.clear();
        spread.reserve_exact(rows.len());
        spread.extend_from_slice(places);
        ends.clear();
        let bits = (rows.len() / IN_BUCKET).max(1).ilog2();
        ends.resize(1 << bits, 0);
        for place in places.iter() {
            if let Some(count) = ends.get_mut(place.bucket(bits)) {
                *count += 1;
            }
        }
        let mut begin = 0;
        for end in ends.iter_mut() {
            begin += std::mem::replace(end, begin);
        }
        for place in places.iter() {
            let Some(next) = ends.get_mut(place.bucket(bits)) else { continue };
            if let Some(slot) = spread.get_mut(*next) {
                *slot = *place;
            }
            *next += 1;
        }
        let mut rest = spread.as_mut_slice();
        let mut begin = 0;
        for end in ends {
            let (bucket, behind) = rest.split_at_mut_checked(*end - begin).unwrap_or_default();
            bucket.sort_unstable();
            (rest, begin) = (behind, *end);
        }
        spread
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

    #[test]
    fn however_many_rows_there_are_those_of_a_pair_stand_side_by_side_and_in_order() {
        for count in [0, 1, 31, 32, 1000, 5000] {
            let rows: Vec<Row> =
                (0..count).map(|n| row(n * 7919 % 83, n % 5, (n * 31 % 64) as u16, 443, 6)).collect();
            let mut order = Order::<Narrow>::default();
            let found = order.of(&rows);
            let mut all: Vec<usize> = found.iter().copied().map(Place::row).collect();
            assert!(found.iter().all(|place| place.pair() == Narrow::new(&rows[place.row()], 0).pair()));
            let pairs = found.chunk_by(|a, b| a.pair() == b.pair());
            assert!(pairs.clone().all(<[Narrow]>::is_sorted));
            let distinct: std::collections::HashSet<u128> = found.iter().map(|place| place.pair()).collect();
            assert_eq!(pairs.count(), distinct.len());
            all.sort_unstable();
            assert!(all.into_iter().eq(0..rows.len()));
        }
    }
}
