//! What hosts get, in bins of time: each host's own sum, over all pairs it is in.
//!
//! It grows with hosts and with time. Beyond the limit it goes to disk, spread by host, and is read again some hosts at a
//! time.

use std::borrow::Cow;
use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use super::bucket::{BUCKETS, bucket_of};
use super::evidence::{BIN_SECONDS, Load, Side, tidy};
use super::hosts::HostId;
use super::shelf::{Away, Shelf};
use super::spill::SpillError;
use crate::parallel;
use crate::radix;

/// Bytes of a bin in a table, which has more places than bins.
const BIN_BYTES: usize = 2 * size_of::<HostLoad>();
/// Loads that wait to be looked up.
const WAITING: usize = 64;
/// Bins that are looked at by one thread at a time, about.
const PART: usize = 1 << 14;

/// A host, the side whose NIC logged what it got, and a bin: in this order. One number, so that one fetch finds a bin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct HostBin(u64);

impl HostBin {
    #[inline]
    fn new(host: HostId, side: Side, bin: u32) -> Self {
        // No bin of any time is above 2^24.
        let side = u64::from(side == Side::Destination) << 31;
        Self(u64::from(host.0) << 32 | side | u64::from(bin) & 0x7fff_ffff)
    }

    pub(crate) fn host(self) -> HostId {
        HostId((self.0 >> 32) as u32)
    }

    pub(crate) fn side(self) -> Side {
        if self.0 >> 31 & 1 == 0 { Side::Source } else { Side::Destination }
    }

    #[allow(clippy::cast_possible_truncation)] // 31 bits
    pub(crate) fn bin(self) -> u32 {
        (self.0 & 0x7fff_ffff) as u32
    }
}

/// What a host got in a bin.
pub(crate) type HostLoad = (HostBin, Load);

type Table = HashMap<HostBin, Load, RandomState>;

/// Connections and denied packets that all hosts got, as the NIC of one end logged them, in bins of time.
#[derive(Debug, Default)]
pub struct LoadTable {
    /// What is not in the table yet: places that are looked up one behind the other are fetched at once.
    waiting: Vec<HostLoad>,
    here: Table,
    /// Those of other threads.
    others: Vec<Table>,
    /// All of them in order, once there are no more; each host is in one list.
    sorted: Vec<Vec<HostLoad>>,
    /// By bucket of the hosts; empty if everything is here.
    away: Vec<Away>,
}

impl LoadTable {
    #[inline]
    pub(super) fn add(&mut self, host: HostId, side: Side, bin: u32, load: &Load) {
        if self.waiting.len() >= WAITING {
            self.look_up();
        }
        self.waiting.push((HostBin::new(host, side, bin), *load));
    }

    fn look_up(&mut self) {
        for (bin, load) in self.waiting.drain(..) {
            self.here.entry(bin).and_modify(|known| known.join(&load)).or_insert(load);
        }
    }

    /// Bytes in memory.
    pub(super) fn bytes(&self) -> u64 {
        (self.here.len() * BIN_BYTES) as u64
    }

    /// Everything goes to disk.
    pub(super) fn put_away(&mut self, shelf: &Arc<Shelf>) {
        self.look_up();
        self.away.resize_with(BUCKETS, Away::default);
        // Written a bin at a time: there is no memory left for a copy.
        let mut open = vec![Vec::new(); BUCKETS];
        let others = std::mem::take(&mut self.others).into_iter().flatten();
        for row in self.here.drain().chain(others) {
            let bucket = bucket_of(row.0.host().0);
            if let (Some(away), Some(open)) = (self.away.get_mut(bucket), open.get_mut(bucket)) {
                away.put_one(shelf, open, &Written::of(&row));
            }
        }
        for (away, open) in self.away.iter_mut().zip(open) {
            away.end_piece(shelf, &open);
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn merge(&mut self, mut other: Self) {
        other.look_up();
        self.others.extend(other.others);
        self.others.extend(Some(other.here).filter(|table| !table.is_empty()));
        if self.away.is_empty() {
            self.away = other.away;
        } else {
            self.away.iter_mut().zip(other.away).for_each(|(mine, theirs)| mine.merge(theirs));
        }
    }

    /// No more follow. Everything is on disk then, or nothing: no part of it is looked for in two places.
    pub(super) fn close(&mut self, shelf: &Arc<Shelf>) {
        self.look_up();
        if self.away.is_empty() {
            self.others.push(std::mem::take(&mut self.here));
            self.sorted = joined(std::mem::take(&mut self.others));
        } else {
            self.put_away(shelf);
        }
    }

    /// The parts that the hosts come in: all that is known of one host is in one part.
    pub(crate) fn parts(&self) -> Vec<LoadPart<'_>> {
        let mut parts: Vec<_> = self.away.iter().map(LoadPart::Away).collect();
        for sorted in &self.sorted {
            let mut rest = sorted.as_slice();
            while let Some((last, _)) = rest.get(..PART).unwrap_or(rest).last() {
                let end = rest.partition_point(|(bin, _)| bin.host() <= last.host());
                let (part, others) = rest.split_at_checked(end).unwrap_or_default();
                parts.push(LoadPart::Here(part));
                rest = others;
            }
        }
        parts
    }
}

fn in_order(table: Table) -> Vec<HostLoad> {
    let mut all: Vec<HostLoad> = table.into_iter().collect();
    radix::sort_by_key(&mut all, |(bin, _)| bin.0);
    all
}

/// All that `tables` hold, in order, in lists of some hosts each. All threads do it: a host is in the tables of most.
fn joined(tables: Vec<Table>) -> Vec<Vec<HostLoad>> {
    let sorted = parallel::map(tables, in_order);
    if sorted.len() == 1 {
        return sorted;
    }
    let all: usize = sorted.iter().map(Vec::len).sum();
    let hosts =
        sorted.iter().filter_map(|bins| bins.last()).map(|(bin, _)| u64::from(bin.host().0) + 1).max();
    let (hosts, parts) = (hosts.unwrap_or_default(), (all / PART + 1) as u64);
    let part = |part: u64| {
        let [begin, end] = [part, part + 1].map(|part| hosts * part / parts);
        let mut bins: Vec<HostLoad> = Vec::new();
        for sorted in &sorted {
            let place = |host: u64| sorted.partition_point(|(bin, _)| u64::from(bin.host().0) < host);
            bins.extend_from_slice(sorted.get(place(begin)..place(end)).unwrap_or_default());
        }
        tidy(&mut bins);
        bins
    };
    parallel::map((0..parts).collect(), part)
}

/// What some of the hosts got.
pub(crate) enum LoadPart<'a> {
    Here(&'a [HostLoad]),
    Away(&'a Away),
}

impl LoadPart<'_> {
    /// Every bin of each host once, in the order of [`HostBin`].
    ///
    /// # Errors
    /// The temporary file could not be read.
    pub(crate) fn bins(&self) -> Result<Cow<'_, [HostLoad]>, SpillError> {
        let away = match self {
            Self::Here(bins) => return Ok(Cow::Borrowed(bins)),
            Self::Away(away) => away,
        };
        let mut table = LoadTable::default();
        away.each(|written: Written| written.add_to(&mut table))?;
        table.look_up();
        Ok(Cow::Owned(in_order(table.here)))
    }
}

/// What a host got in a bin as it is written: times are counted from the bin's begin, which leaves a few bytes of each
/// number.
#[derive(Serialize, Deserialize)]
struct Written {
    host: u32,
    at_source: bool,
    bin: u32,
    counts: [u32; 4],
    first: i64,
    span: i64,
}

impl Written {
    fn of((bin, load): &HostLoad) -> Self {
        let Load { attempts, failed, silent, open, first_ms, last_ms } = *load;
        Self {
            host: bin.host().0,
            at_source: bin.side() == Side::Source,
            bin: bin.bin(),
            counts: [attempts, failed, silent, open],
            first: first_ms.wrapping_sub(begin_ms(bin.bin())),
            span: last_ms.wrapping_sub(first_ms),
        }
    }

    fn add_to(self, loads: &mut LoadTable) {
        let side = if self.at_source { Side::Source } else { Side::Destination };
        let [attempts, failed, silent, open] = self.counts;
        let first_ms = begin_ms(self.bin).wrapping_add(self.first);
        let last_ms = first_ms.wrapping_add(self.span);
        let load = Load { attempts, failed, silent, open, first_ms, last_ms };
        loads.add(HostId(self.host), side, self.bin, &load);
    }
}

fn begin_ms(bin: u32) -> i64 {
    i64::from(bin) * i64::from(BIN_SECONDS) * 1000
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::parallel::within;
    use crate::state::spill::Budget;

    #[test]
    fn what_threads_know_of_a_host_is_added_up_and_stands_in_one_part() {
        let mut expected: BTreeMap<HostBin, Load> = BTreeMap::new();
        let mut tables: Vec<LoadTable> = (0..5).map(|_| LoadTable::default()).collect();
        for n in 0..200_000_u32 {
            // Some hosts have most of the bins.
            let (host, bin) = (HostId(n % 7 * (n % 1000)), n / 50_000);
            let side = if n % 3 == 0 { Side::Source } else { Side::Destination };
            let load = Load::denied(i64::from(n), i64::from(n) + 5, 1);
            let of_all = expected.entry(HostBin::new(host, side, bin));
            of_all.and_modify(|known| known.join(&load)).or_insert(load);
            tables[n as usize % 4].add(host, side, bin, &load);
        }
        let shelf = Shelf::new(&Budget::unlimited());
        let all = within(3, || {
            let mut all = LoadTable::default();
            for table in tables {
                all.merge(table);
            }
            all.close(&shelf);
            all
        });
        let parts: Vec<Vec<HostLoad>> =
            all.parts().iter().map(|part| part.bins().unwrap().into_owned()).collect();
        assert!(parts.len() > 1);
        for (before, after) in parts.iter().zip(&parts[1..]) {
            assert!(before.last().unwrap().0.host() < after[0].0.host());
        }
        assert!(parts.into_iter().flatten().eq(expected));
    }
}
