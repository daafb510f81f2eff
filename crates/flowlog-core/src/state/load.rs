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
use super::evidence::{BIN_SECONDS, Load, Side};
use super::hosts::HostId;
use super::shelf::{Away, Shelf};
use super::spill::SpillError;
use crate::radix;

/// Bytes of a bin in a table, which has more places than bins.
const BIN_BYTES: usize = 2 * size_of::<HostLoad>();
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

/// Connections and denied packets that all hosts got, as the NIC of one end logged them, in bins of time.
#[derive(Debug, Default)]
pub struct LoadTable {
    here: HashMap<HostBin, Load, RandomState>,
    /// The same in order, once there are no more.
    sorted: Vec<HostLoad>,
    /// By bucket of the hosts; empty if everything is here.
    away: Vec<Away>,
}

impl LoadTable {
    #[inline]
    pub(super) fn add(&mut self, host: HostId, side: Side, bin: u32, load: &Load) {
        self.join(HostBin::new(host, side, bin), load);
    }

    #[inline]
    fn join(&mut self, bin: HostBin, load: &Load) {
        self.here.entry(bin).and_modify(|known| known.join(load)).or_insert(*load);
    }

    /// Bytes in memory.
    pub(super) fn bytes(&self) -> u64 {
        (self.here.len() * BIN_BYTES) as u64
    }

    /// Everything goes to disk.
    pub(super) fn put_away(&mut self, shelf: &Arc<Shelf>) {
        self.away.resize_with(BUCKETS, Away::default);
        // Written a bin at a time: there is no memory left for a copy.
        let mut open = vec![Vec::new(); BUCKETS];
        for row in self.here.drain() {
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

    pub(super) fn merge(&mut self, other: Self) {
        if self.here.is_empty() {
            self.here = other.here;
        } else {
            for (bin, load) in other.here {
                self.join(bin, &load);
            }
        }
        if self.away.is_empty() {
            self.away = other.away;
        } else {
            self.away.iter_mut().zip(other.away).for_each(|(mine, theirs)| mine.merge(theirs));
        }
    }

    /// No more follow. Everything is on disk then, or nothing: no part of it is looked for in two places.
    pub(super) fn close(&mut self, shelf: &Arc<Shelf>) {
        if self.away.is_empty() {
            self.sorted = in_order(std::mem::take(&mut self.here));
        } else {
            self.put_away(shelf);
        }
    }

    /// The parts that the hosts come in: all that is known of one host is in one part.
    pub(crate) fn parts(&self) -> Vec<LoadPart<'_>> {
        let mut parts: Vec<_> = self.away.iter().map(LoadPart::Away).collect();
        let mut rest = self.sorted.as_slice();
        while let Some((last, _)) = rest.get(..PART).unwrap_or(rest).last() {
            let end = rest.partition_point(|(bin, _)| bin.host() <= last.host());
            let (part, others) = rest.split_at_checked(end).unwrap_or_default();
            parts.push(LoadPart::Here(part));
            rest = others;
        }
        parts
    }
}

fn in_order(table: HashMap<HostBin, Load, RandomState>) -> Vec<HostLoad> {
    let mut all: Vec<HostLoad> = table.into_iter().collect();
    radix::sort_by_key(&mut all, |(bin, _)| bin.0);
    all
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
