//! Partitions with more rows than may be in memory at once.
//!
//! All rows of a pair of hosts have to be seen before the pair is handed on. A large partition is spread over parts, as
//! small as their rows are when they are written, and parts are gathered together as far as there is room. A pair with too
//! many rows by itself is spread by 5-tuple, and gathered slice by slice: what is made of a 5-tuple's rows is added up to
//! conversations, in any order. So each row is read and written a few times, whatever the number of parts.

use std::ops::Range;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::{AtHand, Gather, Room, Worker};
use crate::state::partition::{PARTITIONS, Rows, part_of};
use crate::state::row::Row;
use crate::state::scatter::Scatter;
use crate::state::spill::{Spill, SpillError};
use crate::state::{HostId, Hosts};

/// Parts that would be gathered together if all were of one size: the more, the less room is left over.
const PARTS_AT_ONCE: u64 = 4;

/// Two hosts, the lower number first.
type Ends = (HostId, HostId);

fn ends(row: &Row) -> Ends {
    let (source, destination) = (row.key.source, row.key.destination);
    (source.min(destination), source.max(destination))
}

/// Pairs of a part that are gathered together.
enum Group {
    /// So many that their rows fit.
    Pairs,
    /// One that has more rows than fit, in so many slices.
    Slices(usize),
}

impl<G: Gather> Worker<'_, G> {
    /// The pairs of a partition that has more rows than there is room for.
    pub(super) fn large(
        &mut self,
        partition: usize,
        room: &Room<'_>,
        wanted: &impl Fn(&Row) -> bool,
    ) -> Result<(), SpillError> {
        let all = &self.gatherer.rows;
        let parts = all.count(partition).saturating_mul(PARTS_AT_ONCE) / room.most;
        let parts = usize::try_from(parts).unwrap_or(PARTITIONS).min(PARTITIONS).next_power_of_two();
        let key = all.key;
        let rows = self.spread((all, partition), parts, |row, hosts| {
            wanted(row).then(|| part_of(key.of(row, hosts), parts))
        })?;
        // At once: a list that grows is there twice for a while, and leaves holes.
        self.rows.clear();
        self.rows.reserve_exact(usize::try_from(room.most).unwrap_or_default());
        let mut begin = 0;
        while begin < parts {
            let mut sum = rows.count(begin);
            let mut end = begin + 1;
            while end < parts && sum + rows.count(end) <= room.most {
                sum += rows.count(end);
                end += 1;
            }
            if sum <= room.most {
                self.pairs(&rows, begin..end, room)?;
            } else {
                self.heavy(&rows, begin, room)?;
            }
            begin = end;
        }
        self.spare.extend(rows.full.into_spare());
        Ok(())
    }

    /// The pairs of a part that has more rows than there is room for.
    fn heavy(&mut self, rows: &Rows, part: usize, room: &Room<'_>) -> Result<(), SpillError> {
        let mut counts: HashMap<Ends, u64, RandomState> = HashMap::default();
        rows.each(part, &mut self.hosts, |row, _| *counts.entry(ends(&row)).or_default() += 1)?;
        let (groups, group_of) = grouped(counts, room.most);
        let rows = self.spread((rows, part), groups.len(), |row, _| group_of.get(&ends(row)).copied())?;
        for (place, group) in groups.into_iter().enumerate() {
            match group {
                Group::Pairs => self.pairs(&rows, place..place + 1, room)?,
                Group::Slices(slices) => self.slices(&rows, place, slices, room)?,
            }
        }
        self.spare.extend(rows.full.into_spare());
        Ok(())
    }

    /// All pairs of some parts.
    fn pairs(&mut self, rows: &Rows, parts: Range<usize>, room: &Room<'_>) -> Result<(), SpillError> {
        self.read(rows, parts, &|_| true)?;
        self.gather(AtHand::Pairs);
        self.gathered(room);
        Ok(())
    }

    /// The one pair of a part.
    fn slices(&mut self, rows: &Rows, part: usize, slices: usize, room: &Room<'_>) -> Result<(), SpillError> {
        let rows = self.spread((rows, part), slices, |row, _| Some(slice_of(row, slices)))?;
        for slice in 0..slices {
            self.read(&rows, slice..slice + 1, &|_| true)?;
            self.gather(AtHand::Slice);
            self.gathered(room);
        }
        self.pair.rules.sort_unstable();
        self.pair.rules.dedup();
        self.end_pair();
        self.spare.extend(rows.full.into_spare());
        Ok(())
    }

    /// Spreads the rows of a partition over so many parts.
    fn spread(
        &mut self,
        (rows, partition): (&Rows, usize),
        parts: usize,
        part: impl Fn(&Row, &Hosts) -> Option<usize>,
    ) -> Result<Rows, SpillError> {
        let spill = Spill::new(&self.parts);
        let mut scatter = Scatter::new(rows.key, parts, spill).using(std::mem::take(&mut self.spare));
        rows.each(partition, &mut self.hosts, |row, hosts| {
            if let Some(part) = part(&row, hosts) {
                scatter.write_to(part, &row, hosts);
            }
        })?;
        scatter.finish(Vec::new(), false)
    }

    /// The rows of some partitions that are `wanted` are at hand.
    pub(super) fn read(
        &mut self,
        rows: &Rows,
        partitions: Range<usize>,
        wanted: &impl Fn(&Row) -> bool,
    ) -> Result<(), SpillError> {
        self.rows.clear();
        let count: u64 = partitions.clone().map(|partition| rows.count(partition)).sum();
        let Self { rows: held, hosts, .. } = self;
        // Where a list has to grow, it is there twice for a while.
        held.reserve_exact(usize::try_from(count).unwrap_or_default());
        for partition in partitions {
            rows.each(partition, hosts, |row, _| {
                if wanted(&row) {
                    held.push(row);
                }
            })?;
        }
        Ok(())
    }
}

/// Pairs with more than `most` rows alone, the others together; and the group of each pair.
fn grouped(
    counts: HashMap<Ends, u64, RandomState>,
    most: u64,
) -> (Vec<Group>, HashMap<Ends, usize, RandomState>) {
    let mut groups = Vec::new();
    let mut open = None;
    let mut sum = 0;
    let group_of = counts.into_iter().map(|(pair, count)| {
        if count > most {
            let slices = usize::try_from(count.div_ceil(most)).unwrap_or(PARTITIONS);
            groups.push(Group::Slices(slices.min(PARTITIONS)));
            return (pair, groups.len() - 1);
        }
        if sum + count > most {
            (open, sum) = (None, 0);
        }
        sum += count;
        let place = *open.get_or_insert_with(|| {
            groups.push(Group::Pairs);
            groups.len() - 1
        });
        (pair, place)
    });
    let group_of = group_of.collect();
    (groups, group_of)
}

/// The slice of a row: all rows of a 5-tuple are in one.
#[allow(clippy::cast_possible_truncation)] // half of the bits are enough
fn slice_of(row: &Row, slices: usize) -> usize {
    let key = &row.key;
    let ports = u64::from(key.source_port) << 32 | u64::from(key.destination_port) << 16;
    let tuple = ports | u64::from(key.protocol.0) << 1 | u64::from(key.source > key.destination);
    // Fibonacci hashing: the top bits of the product depend on all bits.
    (tuple.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize % slices
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_grouped_as_far_as_there_is_room_and_large_ones_stand_alone() {
        let counts =
            (0..100).map(|n| ((HostId(n), HostId(1000)), u64::from(if n % 10 == 0 { 25 } else { n % 10 })));
        let counts: HashMap<Ends, u64, RandomState> = counts.collect();
        let (groups, group_of) = grouped(counts.clone(), 10);
        assert_eq!(group_of.len(), 100);
        let mut sums = vec![0; groups.len()];
        for (pair, group) in group_of {
            sums[group] += counts[&pair];
        }
        for (group, sum) in groups.iter().zip(sums) {
            match group {
                Group::Pairs => assert!(0 < sum && sum <= 10),
                Group::Slices(slices) => assert_eq!((sum, *slices), (25, 3)),
            }
        }
    }
}
