//! Lone denials: two hosts of which there is one denied attempt and no more, nearly all that the internet's noise leaves.
//!
//! Who ranks sources, who counts those that a rule met, and who looks for scanners all ask for the same: the denials of one
//! source after the other. They are kept once for all of them, 16 bytes each, by bucket of their sources. Beyond the limit
//! they go to disk.

use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::conversation::ConversationKey;
use super::hosts::HostId;
use super::lists::{Rows, Scattered};
use super::pair::LoneDenial;
use super::shelf::Shelf;
use super::spill::SpillError;
use crate::flow::Protocol;
use crate::radix;

/// A [`LoneDenial`] without its destination, in one number. From the top: source (32 bits), port (16), protocol (8), packets
/// (5), rule (16), ms since the data begin (35: 397 days) and from the first packet to the last (16).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Denial(u128);

/// Bits of each part but the source, the lowest first.
const SPAN: u32 = 16;
const FIRST: u32 = 35;
const RULE: u32 = 16;
const PACKETS: u32 = 5;
const PROTOCOL: u32 = 8;
const PORT: u32 = 16;
const _: () = assert!(SPAN + FIRST + RULE + PACKETS + PROTOCOL + PORT + 32 == u128::BITS);

impl Denial {
    /// `None` if a part of it needs more bits.
    #[inline]
    pub(super) fn new(denial: &LoneDenial, begin_ms: i64) -> Option<Self> {
        let LoneDenial { key, denied, rule } = denial;
        let fits = |number: u64, bits: u32| (number >> bits == 0).then_some(u128::from(number));
        let packets = fits(denied.tuples, PACKETS)?;
        let rule = fits(u64::try_from(*rule).ok()?, RULE)?;
        let first = fits(u64::try_from(denied.first_ms.checked_sub(begin_ms)?).ok()?, FIRST)?;
        let span = fits(u64::try_from(denied.last_ms.checked_sub(denied.first_ms)?).ok()?, SPAN)?;
        let ConversationKey { source, port, protocol, .. } = key;
        let ends = u128::from(source.0) << PORT | u128::from(*port);
        let service = (ends << PROTOCOL | u128::from(protocol.0)) << PACKETS | packets;
        Some(Self(((service << RULE | rule) << FIRST | first) << SPAN | span))
    }

    /// `bits` of it that stand above `below` others.
    #[inline]
    #[allow(clippy::cast_possible_truncation)] // no part has more bits
    fn part(self, below: u32, bits: u32) -> u64 {
        (self.0 >> below) as u64 & (u64::MAX >> (u64::BITS - bits))
    }

    /// Who tried.
    #[inline]
    #[allow(clippy::cast_possible_truncation)] // 32 bits
    pub(crate) fn source(self) -> HostId {
        HostId((self.0 >> 96) as u32)
    }

    /// Protocol and port that were denied.
    #[allow(clippy::cast_possible_truncation)] // their bits
    pub(crate) fn service(self) -> (Protocol, u16) {
        let protocol = self.part(SPAN + FIRST + RULE + PACKETS, PROTOCOL) as u8;
        (Protocol(protocol), self.part(SPAN + FIRST + RULE + PACKETS + PROTOCOL, PORT) as u16)
    }

    /// Denied packets.
    #[inline]
    pub(crate) fn packets(self) -> u64 {
        self.part(SPAN + FIRST + RULE, PACKETS)
    }

    /// Place of the rule in the list of rules.
    #[inline]
    #[allow(clippy::cast_possible_truncation)] // its bits
    pub(crate) fn rule(self) -> u32 {
        self.part(SPAN + FIRST, RULE) as u32
    }

    /// First and last packet, ms since the data begin.
    #[inline]
    fn times(self) -> (i64, i64) {
        let (first, span) = (self.part(SPAN, FIRST).cast_signed(), self.part(0, SPAN).cast_signed());
        (first, first + span)
    }
}

/// The lone denials of a state.
#[derive(Default)]
pub struct Denials {
    /// First tuple of the data, Unix ms.
    begin_ms: i64,
    /// By source, until all are here.
    rows: Scattered<Denial>,
    /// By bucket, from then on.
    kept: Vec<Mutex<Kept>>,
}

/// Those of a bucket.
#[derive(Default)]
struct Kept {
    rows: Rows<Denial>,
    /// They stand in the order of sources: somebody has asked for them before.
    is_sorted: bool,
}

impl Denials {
    /// None, of data that begin then.
    pub(crate) fn new(begin_ms: i64) -> Self {
        Self { begin_ms, ..Self::default() }
    }

    /// Takes one in. False if there is no room for one of its parts.
    #[inline]
    pub(crate) fn push(&mut self, denial: &LoneDenial) -> bool {
        let row = Denial::new(denial, self.begin_ms);
        if let Some(row) = row {
            self.rows.push(denial.key.source, row);
        }
        row.is_some()
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.rows.merge(other.rows);
    }

    /// Bytes in memory.
    pub(super) fn bytes(&self) -> u64 {
        self.rows.bytes()
    }

    /// What is in memory goes to disk.
    pub(super) fn put_away(&mut self, shelf: &Arc<Shelf>) {
        self.rows.put_away(shelf);
    }

    /// Forgets them.
    pub(super) fn clear(&mut self) {
        self.rows = Scattered::default();
    }

    /// No more follow.
    pub(crate) fn close(&mut self) {
        let buckets = std::mem::take(&mut self.rows).into_buckets();
        self.kept = buckets.into_iter().map(|rows| Mutex::new(Kept { rows, is_sorted: false })).collect();
    }

    /// Those of a bucket of sources ([`bucket_of`](super::bucket_of)), one source after the other.
    ///
    /// # Errors
    /// The temporary file could not be read.
    pub(crate) fn by_source(&self, bucket: usize) -> Result<Vec<Denial>, SpillError> {
        let Some(kept) = self.kept.get(bucket) else { return Ok(Vec::new()) };
        let Kept { rows, is_sorted } = &mut *kept.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = Vec::with_capacity(rows.len());
        rows.each(|row| all.push(*row))?;
        if !*is_sorted {
            radix::sort_by_key(&mut all, |denial| denial.source().0);
            // In the same memory, for the next who asks; not if some are on disk, since there is too much in memory.
            if !rows.is_away() {
                rows.iter_mut().zip(&all).for_each(|(row, sorted)| *row = *sorted);
                *is_sorted = true;
            }
        }
        Ok(all)
    }

    /// First and last packet, Unix ms.
    pub(crate) fn times(&self, denial: Denial) -> (i64, i64) {
        let (first, last) = denial.times();
        (self.begin_ms + first, self.begin_ms + last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::spill::Budget;
    use crate::state::{BUCKETS, Denied, bucket_of};

    const BEGIN_MS: i64 = 1_768_000_000_000;

    fn denial(
        source: u32,
        (port, protocol): (u16, u8),
        tuples: u64,
        rule: usize,
        times: (i64, i64),
    ) -> LoneDenial {
        let (source, destination) = (HostId(source), HostId(7));
        let key = ConversationKey { source, destination, port, protocol: Protocol(protocol) };
        let (first_ms, last_ms) = (BEGIN_MS + times.0, BEGIN_MS + times.1);
        let denied = Denied { tuples, attempts: 1, first_ms, last_ms, inbound: true, outbound: false };
        LoneDenial { key, denied, rule }
    }

    #[test]
    fn a_denial_says_the_same_in_few_bytes_or_is_not_taken() {
        let most = (1 << FIRST) - 1;
        for source in [0, 1, u32::MAX] {
            for service in [(0, 0), (u16::MAX, 0), (0, u8::MAX), (443, 6)] {
                for (tuples, rule) in [(1, 0), (31, 65_535)] {
                    for times in [(0, 0), (most, most), (0, 65_535), (most, most + 65_535)] {
                        let mut denials = Denials::new(BEGIN_MS);
                        assert!(denials.push(&denial(source, service, tuples, rule, times)));
                        denials.close();
                        let found = denials.by_source(bucket_of(source)).unwrap()[0];
                        let (protocol, port) = found.service();
                        assert_eq!((found.source(), (port, protocol.0)), (HostId(source), service));
                        assert_eq!((found.packets(), found.rule() as usize), (tuples, rule));
                        assert_eq!(denials.times(found), (BEGIN_MS + times.0, BEGIN_MS + times.1));
                    }
                }
            }
        }
        let mut denials = Denials::new(BEGIN_MS);
        for (tuples, rule, times) in [
            (32, 0, (0, 0)),
            (1, 65_536, (0, 0)),
            (1, 0, (most + 1, most + 1)),
            (1, 0, (0, 65_536)),
            (1, 0, (-1, 0)),
            (1, 0, (1, 0)),
        ] {
            assert!(!denials.push(&denial(1, (443, 6), tuples, rule, times)), "{tuples} {rule} {times:?}");
        }
        assert_eq!(denials.rows.into_buckets().iter().map(Rows::len).sum::<usize>(), 0);
    }

    #[test]
    fn each_source_stands_together_in_memory_and_on_disk() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(&Budget::new(0, folder.path().to_owned()));
        let mut parts = [(); 3].map(|()| Denials::new(BEGIN_MS));
        let all: Vec<LoneDenial> = (0..270_000_u32)
            .map(|n| denial(n.wrapping_mul(7919) % 20_000, (1, 6), 1, 0, (n.into(), n.into())))
            .collect();
        for (place, denial) in all.iter().enumerate() {
            assert!(parts[place % 3].push(denial));
        }
        let [here, mut away, other] = parts;
        let mut whole = Denials::new(BEGIN_MS);
        whole.merge(here);
        assert!(away.bytes() > 64 * 1024);
        away.put_away(&shelf);
        assert_eq!(away.bytes(), 0);
        shelf.close().unwrap();
        let looked_at = |denials: &Denials| {
            let mut times = Vec::new();
            for bucket in 0..BUCKETS {
                let rows = denials.by_source(bucket).unwrap();
                assert!(rows.is_sorted_by_key(|denial| denial.source()));
                assert_eq!(rows, denials.by_source(bucket).unwrap(), "the same when it is asked again");
                assert!(rows.iter().all(|denial| bucket_of(denial.source().0) == bucket));
                times.extend(rows.iter().map(|denial| denials.times(*denial).0));
            }
            times.sort_unstable();
            times
        };
        whole.merge(other);
        let mut with_some_away = Denials::new(BEGIN_MS);
        with_some_away.merge(away);
        for denial in all.iter().step_by(3).chain(all.iter().skip(2).step_by(3)) {
            with_some_away.push(denial);
        }
        let times = |steps: &[usize]| {
            let of_steps = |(place, _): &(usize, &LoneDenial)| steps.contains(&(place % 3));
            let times = all.iter().enumerate().filter(of_steps).map(|(_, denial)| denial.denied.first_ms);
            times.collect::<Vec<i64>>()
        };
        whole.close();
        with_some_away.close();
        assert_eq!(looked_at(&whole), times(&[0, 2]));
        assert_eq!(looked_at(&with_some_away), times(&[0, 1, 2]));
    }
}
