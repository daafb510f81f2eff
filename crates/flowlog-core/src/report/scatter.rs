//! Spreading what is kept of each host over buckets, which are then summed one by one, on all cores.

use crate::radix;
use crate::state::HostId;
use crate::state::lists::Rows;

/// Fewer entries are not looked through: 32 KiB of numbers, for each bucket and thread.
const FEW_VALUES: usize = 4096;

/// The place of a number among `places` ones met lately, without a key: whoever drives others out of theirs makes
/// some rows more, and nothing slow.
#[inline]
pub(super) fn place(number: u64, places: usize) -> usize {
    // Fibonacci hashing: the top bits of the product depend on all bits of the number.
    (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48) as usize % places
}

/// A host and 32 bits more as one number; numbers of one host stand together when they are sorted.
#[inline]
pub(super) fn packed(host: HostId, rest: u32) -> u64 {
    u64::from(host.0) << 32 | u64::from(rest)
}

/// The host of a [`packed`] number.
#[inline]
pub(super) fn host_of(packed: u64) -> HostId {
    HostId((packed >> 32) as u32)
}

/// A set of numbers, 8 bytes each: at most four times as many are kept as are distinct.
#[derive(Clone, Debug, Default)]
pub(super) struct Numbers {
    values: Rows<u64>,
    room: Room,
}

impl Numbers {
    #[inline]
    pub(super) fn insert(&mut self, value: u64) {
        if self.room.is_full() {
            self.clear_doubles();
        }
        self.room.add();
        self.values.push(value);
    }

    #[cold]
    fn clear_doubles(&mut self) {
        let all = self.values.len();
        let distinct = std::mem::take(self).finish();
        self.room = Room::after(all, distinct.len());
        for value in distinct {
            self.values.push(value);
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.room.merge(other.room);
        self.values.merge(other.values);
    }

    /// All of them, the smallest first.
    pub(super) fn finish(self) -> Vec<u64> {
        let mut values = self.values.into_list();
        radix::sort_by_key(&mut values, |value| *value);
        values.dedup();
        values
    }
}

/// When entries are looked through for those that can be made one.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Room {
    entries: usize,
    /// With so many it is looked.
    room: usize,
}

impl Room {
    /// After `all` entries were looked through and `distinct` of them are left.
    pub(super) fn after(all: usize, distinct: usize) -> Self {
        // Where hardly any comes twice, looking is for nothing.
        let room = if distinct > all - all / 4 { 4 * distinct } else { 2 * distinct };
        Self { entries: distinct, room }
    }

    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.entries >= self.room.max(FEW_VALUES)
    }

    /// Takes one more entry in.
    #[inline]
    pub(super) fn add(&mut self) {
        self.entries += 1;
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.entries += other.entries;
        self.room = self.room.max(other.room);
    }
}

#[cfg(test)]
impl Numbers {
    /// How many are kept, those that are there twice included.
    pub(super) fn values_kept(&self) -> usize {
        self.values.len()
    }
}
