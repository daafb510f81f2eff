//! What hosts get, in bins of time: each host's own sum, over all pairs it is in.
//!
//! It grows with hosts and with time. Beyond the limit it goes to disk, spread by host, and is read again some hosts at a
//! time.

use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use super::bucket::{BUCKETS, bucket_of};
use super::evidence::{BIN_SECONDS, Bins, Load, Side};
use super::hosts::HostId;
use super::shelf::{Away, Shelf};
use super::spill::SpillError;

/// Bytes of a host in a table, beside its bins.
const ENTRY_BYTES: usize = size_of::<((HostId, Side), Bins<Load>)>() + 1;

/// Connections and denied packets that some hosts got, as the NIC of one end logged them.
pub(crate) type HostLoads = HashMap<(HostId, Side), Bins<Load>, RandomState>;

/// Connections and denied packets that all hosts got, as the NIC of one end logged them, in bins of time.
#[derive(Debug, Default)]
pub struct LoadTable {
    here: HostLoads,
    /// Of `here`.
    bytes: usize,
    /// By bucket of the hosts; empty if everything is `here`.
    away: Vec<Away>,
}

impl LoadTable {
    #[inline]
    pub(super) fn add(&mut self, host: HostId, side: Side, bin: u32, load: &Load) {
        let grown = self.here.entry((host, side)).or_default().add(bin, load);
        self.bytes += grown;
    }

    /// Bytes in memory.
    pub(super) fn bytes(&self) -> u64 {
        (self.bytes + self.here.len() * ENTRY_BYTES) as u64
    }

    /// Everything goes to disk.
    pub(super) fn put_away(&mut self, shelf: &Arc<Shelf>) {
        self.bytes = 0;
        self.away.resize_with(BUCKETS, Away::default);
        let mut parts: Vec<Vec<Row>> = (0..BUCKETS).map(|_| Vec::new()).collect();
        for (key, bins) in self.here.drain() {
            if let Some(part) = parts.get_mut(bucket_of(key.0.0)) {
                part.push((key, bins));
            }
        }
        for (away, rows) in self.away.iter_mut().zip(parts) {
            away.put(shelf, rows.into_iter().map(|(key, bins)| Written::of(key, &bins)));
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn merge(&mut self, other: Self) {
        if self.here.is_empty() {
            (self.here, self.bytes) = (other.here, other.bytes);
        } else {
            for (key, bins) in other.here {
                self.bytes += self.here.entry(key).or_default().merge(bins);
            }
        }
        if self.away.is_empty() {
            self.away = other.away;
        } else {
            self.away.iter_mut().zip(other.away).for_each(|(mine, theirs)| mine.merge(theirs));
        }
    }

    /// Everything that is on disk, or nothing: no part of it is looked for in two places then.
    pub(super) fn settle(&mut self, shelf: &Arc<Shelf>) {
        if !self.away.is_empty() {
            self.put_away(shelf);
        }
    }

    /// The parts that the hosts come in: all that is known of one host is in one part.
    pub(crate) fn parts(&self) -> Vec<LoadPart<'_>> {
        if self.away.is_empty() {
            return vec![LoadPart::Here(&self.here)];
        }
        self.away.iter().map(LoadPart::Away).collect()
    }
}

type Row = ((HostId, Side), Bins<Load>);

/// What some of the hosts got.
pub(crate) enum LoadPart<'a> {
    Here(&'a HostLoads),
    Away(&'a Away),
}

impl LoadPart<'_> {
    /// What `with` makes of it.
    ///
    /// # Errors
    /// The temporary file could not be read.
    pub(crate) fn with<R>(&self, with: impl FnOnce(&HostLoads) -> R) -> Result<R, SpillError> {
        let away = match self {
            Self::Here(loads) => return Ok(with(loads)),
            Self::Away(away) => away,
        };
        let mut loads = HostLoads::default();
        away.each(|written: Written| written.add_to(&mut loads))?;
        Ok(with(&loads))
    }
}

/// The load of one host as it is written: times are counted from the bin's begin, which leaves a few bytes of each number.
#[derive(Serialize, Deserialize)]
struct Written {
    host: u32,
    at_source: bool,
    bins: Vec<(u32, [u32; 4], (i64, i64))>,
}

impl Written {
    fn of((host, side): (HostId, Side), bins: &Bins<Load>) -> Self {
        let mut before = 0;
        let bins = bins.sorted().into_iter().map(|(bin, load)| {
            let Load { attempts, failed, silent, open, first_ms, last_ms } = load;
            let times = (first_ms.wrapping_sub(begin_ms(bin)), last_ms.wrapping_sub(first_ms));
            (bin - std::mem::replace(&mut before, bin), [attempts, failed, silent, open], times)
        });
        Self { host: host.0, at_source: side == Side::Source, bins: bins.collect() }
    }

    fn add_to(self, loads: &mut HostLoads) {
        let side = if self.at_source { Side::Source } else { Side::Destination };
        let known = loads.entry((HostId(self.host), side)).or_default();
        let mut bin: u32 = 0;
        for (after, [attempts, failed, silent, open], (first, span)) in self.bins {
            bin = bin.saturating_add(after);
            let first_ms = begin_ms(bin).wrapping_add(first);
            let last_ms = first_ms.wrapping_add(span);
            known.add(bin, &Load { attempts, failed, silent, open, first_ms, last_ms });
        }
    }
}

fn begin_ms(bin: u32) -> i64 {
    i64::from(bin) * i64::from(BIN_SECONDS) * 1000
}
