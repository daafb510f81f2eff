//! Which rows of a large partition are gathered at once.
//!
//! All rows of a pair of hosts have to be seen before the pair is handed on. Pairs are shared out so that no portion has
//! more rows than may be in memory. A pair with more of them by itself is gathered slice by slice: what is made of a
//! 5-tuple's rows is added up to conversations, in any order.

use std::ops::Range;

use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashSet};

use super::{AtHand, Gather, Worker};
use crate::state::partition::Rows;
use crate::state::row::Row;
use crate::state::spill::SpillError;
use crate::state::{HostId, Hosts};

/// Pairs of a partition are counted by so many hashes, and one by one only where one of these has too many rows.
const BUCKETS: usize = 1024;

/// Two hosts, the lower number first.
type Ends = (HostId, HostId);

fn ends(row: &Row) -> Ends {
    let (source, destination) = (row.key.source, row.key.destination);
    (source.min(destination), source.max(destination))
}

/// Rows that are gathered at once.
enum Portion {
    /// Of the pairs with these hashes.
    Buckets(Range<usize>),
    /// Of these pairs.
    Pairs(HashSet<Ends, RandomState>),
    /// Of this pair alone, in so many slices.
    Slices(Ends, u64),
}

/// The bucket of a row's pair.
#[allow(clippy::cast_possible_truncation)] // below BUCKETS
fn bucket_of(rows: &Rows, row: &Row, hosts: &Hosts) -> usize {
    rows.key.hash(row.key.source, row.key.destination, hosts) as usize % BUCKETS
}

impl<G: Gather> Worker<'_, G> {
    /// The pairs of a partition that has more than `most` rows.
    pub(super) fn large(
        &mut self,
        partition: usize,
        most: u64,
        wanted: &impl Fn(&Row) -> bool,
        mut done: impl FnMut(&mut Self),
    ) -> Result<(), SpillError> {
        for portion in self.portions(partition, most, wanted)? {
            match portion {
                Portion::Buckets(buckets) => {
                    self.read(partition, most, |row, bucket| buckets.contains(&bucket) && wanted(row))?;
                    self.gather(AtHand::Pairs);
                }
                Portion::Pairs(pairs) => {
                    self.read(partition, most, |row, _| pairs.contains(&ends(row)) && wanted(row))?;
                    self.gather(AtHand::Pairs);
                }
                Portion::Slices(pair, slices) => {
                    for slice in 0..slices {
                        let is_here = |row: &Row| ends(row) == pair && slice_of(row, slices) == slice;
                        self.read(partition, most, |row, _| is_here(row) && wanted(row))?;
                        self.gather(AtHand::Slice);
                        done(self);
                    }
                    self.pair.rules.sort_unstable();
                    self.pair.rules.dedup();
                    self.end_pair();
                }
            }
            done(self);
        }
        Ok(())
    }

    /// Reads those rows that `is_here` takes, by the row and the bucket of its pair.
    fn read(
        &mut self,
        partition: usize,
        most: u64,
        is_here: impl Fn(&Row, usize) -> bool,
    ) -> Result<(), SpillError> {
        self.rows.clear();
        let Self { rows: held, hosts, gatherer, .. } = self;
        // As many as there may be, so that the list is never there twice.
        held.reserve_exact(usize::try_from(most).unwrap_or_default());
        let rows = &gatherer.rows;
        rows.each(partition, hosts, |row, hosts| {
            if is_here(&row, bucket_of(rows, &row, hosts)) {
                if held.len() == held.capacity() {
                    // A 5-tuple of many rows: not twice as many as there is room for.
                    held.reserve_exact(held.len() / 8);
                }
                held.push(row);
            }
        })
    }

    fn portions(
        &mut self,
        partition: usize,
        most: u64,
        wanted: &impl Fn(&Row) -> bool,
    ) -> Result<Vec<Portion>, SpillError> {
        let rows = &self.gatherer.rows;
        let mut counts = vec![0_u64; BUCKETS];
        rows.each(partition, &mut self.hosts, |row, hosts| {
            let bucket = bucket_of(rows, &row, hosts);
            if let Some(count) = counts.get_mut(bucket).filter(|_| wanted(&row)) {
                *count += 1;
            }
        })?;
        let mut portions = Vec::new();
        let (mut from, mut sum) = (0, 0);
        for (bucket, &count) in counts.iter().enumerate() {
            if sum + count > most {
                portions.push(Portion::Buckets(from..bucket));
                (from, sum) = (bucket, 0);
            }
            sum += count;
        }
        portions.push(Portion::Buckets(from..BUCKETS));
        let is_heavy = |bucket: usize| counts.get(bucket).is_some_and(|count| *count > most);
        // One that has too many by itself begins a portion, and the next one does, too.
        portions.retain(|portion| match portion {
            Portion::Buckets(buckets) => !buckets.is_empty() && !is_heavy(buckets.start),
            _ => true,
        });
        if counts.iter().any(|count| *count > most) {
            let mut pairs: HashMap<Ends, u64, RandomState> = HashMap::default();
            rows.each(partition, &mut self.hosts, |row, hosts| {
                if is_heavy(bucket_of(rows, &row, hosts)) && wanted(&row) {
                    *pairs.entry(ends(&row)).or_default() += 1;
                }
            })?;
            portions.extend(by_pair(pairs, most));
        }
        Ok(portions)
    }
}

/// Heavy pairs alone, the others together.
fn by_pair(pairs: HashMap<Ends, u64, RandomState>, most: u64) -> Vec<Portion> {
    let mut portions = Vec::new();
    let (mut few, mut sum) = (HashSet::default(), 0);
    for (pair, count) in pairs {
        if count > most {
            portions.push(Portion::Slices(pair, slices(count, most)));
            continue;
        }
        if sum + count > most && !few.is_empty() {
            portions.push(Portion::Pairs(std::mem::take(&mut few)));
            sum = 0;
        }
        few.insert(pair);
        sum += count;
    }
    if !few.is_empty() {
        portions.push(Portion::Pairs(few));
    }
    portions
}

/// How many slices so many rows are gathered in. They are not of one size: an eighth of the room is left for that.
fn slices(count: u64, most: u64) -> u64 {
    count.div_ceil((most - most / 8).max(1))
}

/// The slice of a row: all rows of a 5-tuple are in one.
fn slice_of(row: &Row, slices: u64) -> u64 {
    let key = &row.key;
    let ports = u64::from(key.source_port) << 32 | u64::from(key.destination_port) << 16;
    let tuple = ports | u64::from(key.protocol.0) << 1 | u64::from(key.source > key.destination);
    // Fibonacci hashing: the top bits of the product depend on all bits.
    (tuple.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) % slices
}
