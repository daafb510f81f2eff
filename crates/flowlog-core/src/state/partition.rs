//! Rows spread over partitions by their two hosts.
//!
//! All that two hosts said to each other, in both directions and as every log tells it, is in one partition. Which one
//! says a keyed hash: nobody who does not know the key can choose addresses that fill one partition. Under a random key
//! any two pairs of hosts go where they go independently of each other (multilinear hashing, which is strongly universal:
//! Lemire and Kaser, "Strongly universal string hashing is fast", 2014).

use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use super::hosts::{HostId, Hosts};
use super::row::{Row, RowReader, RowWriter};
use super::segments::{Held, Segments};
use super::spill::{Packed, SpillError, Spilled};

/// Partitions of a state: enough that the rows of one, of a gigabyte of logs, fit the processor's cache.
pub(super) const PARTITIONS: usize = 1024;
/// Words of 32 bits in an address.
const WORDS: usize = 4;
/// Numbers in a [`PartitionKey`].
pub(super) const KEY_WORDS: usize = 1 + 2 * WORDS;

/// What partitions are chosen by: a summand, and a factor for each word of the addresses of two hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartitionKey(pub(super) [u64; KEY_WORDS]);

impl PartitionKey {
    /// A key that nobody knows.
    pub fn random() -> Self {
        Self(std::array::from_fn(|_| RandomState::new().build_hasher().finish()))
    }

    /// The hash of a row's two hosts.
    #[inline]
    pub(super) fn of(self, row: &Row, hosts: &Hosts) -> u64 {
        self.hash(row.key.source, row.key.destination, hosts)
    }

    /// The hash of two hosts, whichever comes first; its upper half is what counts.
    #[inline]
    fn hash(self, a: HostId, b: HostId, hosts: &Hosts) -> u64 {
        if let (Some(a), Some(b)) = (hosts.address_v4(a), hosts.address_v4(b)) {
            let Self([start, low, high, ..]) = self;
            let product = |factor: u64, address: Ipv4Addr| factor.wrapping_mul(address.to_bits().into());
            return start.wrapping_add(product(low, a.min(b))).wrapping_add(product(high, a.max(b)));
        }
        let Self([start, factors @ ..]) = self;
        let (a, b) = (hosts.address(a), hosts.address(b));
        let words = [a.min(b), a.max(b)].into_iter().flat_map(words);
        factors
            .into_iter()
            .zip(words)
            .fold(start, |sum, (factor, word)| sum.wrapping_add(factor.wrapping_mul(word.into())))
    }
}

/// The first word first.
#[allow(clippy::cast_possible_truncation)] // parts of the number
fn words(address: Option<IpAddr>) -> [u32; WORDS] {
    let bits = match address {
        Some(IpAddr::V4(v4)) => v4.to_ipv6_mapped().to_bits(),
        Some(IpAddr::V6(v6)) => v6.to_bits(),
        None => 0,
    };
    [96, 64, 32, 0].map(|shift| (bits >> shift) as u32)
}

/// The partition of a hash.
#[allow(clippy::cast_possible_truncation)] // ten bits
pub(super) fn partition_of(hash: u64) -> usize {
    (hash >> (64 - PARTITIONS.ilog2())) as usize % PARTITIONS
}

/// The part of a partition that a hash is in, if there are so many (a power of two, of 1,024 at most): by those bits that
/// follow the partition's.
#[allow(clippy::cast_possible_truncation)] // ten bits
pub(super) fn part_of(hash: u64, parts: usize) -> usize {
    (hash >> (64 - 2 * PARTITIONS.ilog2())) as usize % PARTITIONS * parts / PARTITIONS
}

/// Rows of one partition, one behind the other; on disk in a chain of chunks.
#[derive(Debug)]
pub(super) struct Chunk {
    /// Whose lists of logs and rules its rows speak of: a place in [`Rows::origins`].
    pub(super) origin: u32,
    /// All of the chain.
    pub(super) rows: u64,
    pub(super) place: Place,
}

impl Chunk {
    /// Of all rows of a writer, which lie there.
    pub(super) fn held(written: &RowWriter, held: Held) -> Self {
        Self { origin: 0, rows: written.rows.into(), place: Place::Memory { held, last_ms: written.last_ms } }
    }
}

/// Where a chunk is.
#[derive(Debug)]
pub(super) enum Place {
    Memory {
        held: Held,
        /// Time of the last row, which one that follows would be told by.
        last_ms: i64,
    },
    /// The last of a chain.
    Disk(Packed),
}

/// What places of logs and rules in the lists of one worker, or of one written state, are in the lists of all.
#[derive(Clone, Debug, Default)]
pub(super) struct Origin {
    pub(super) logs: Vec<u32>,
    pub(super) rules: Vec<u32>,
}

impl Origin {
    /// Of one whose lists are those of all.
    pub(super) fn of(logs: usize, rules: usize) -> Self {
        let places = |length: usize| (0..u32::try_from(length).unwrap_or(u32::MAX)).collect();
        Self { logs: places(logs), rules: places(rules) }
    }
}

/// All rows, by partition; or all of a partition, by part.
pub(super) struct Rows {
    pub(super) key: PartitionKey,
    /// None if all speak of the lists of all.
    pub(super) origins: Vec<Origin>,
    pub(super) partitions: Vec<Vec<Chunk>>,
    /// What the chunks in memory are.
    pub(super) full: Segments,
    pub(super) files: Vec<Arc<Spilled>>,
}

impl Rows {
    pub(super) fn new(key: PartitionKey) -> Self {
        let partitions = (0..PARTITIONS).map(|_| Vec::new()).collect();
        Self { key, origins: Vec::new(), partitions, full: Segments::default(), files: Vec::new() }
    }

    /// Adds those of `other`, which has the same key.
    pub(super) fn append(&mut self, other: Self) {
        let origins = u32::try_from(self.origins.len()).unwrap_or(u32::MAX);
        let files = u32::try_from(self.files.len()).unwrap_or(u32::MAX);
        let segments = self.full.append(other.full);
        self.origins.extend(other.origins);
        self.files.extend(other.files);
        for (mine, chunks) in self.partitions.iter_mut().zip(other.partitions) {
            let chunks = chunks.into_iter().map(|mut chunk| {
                chunk.origin += origins;
                match &mut chunk.place {
                    Place::Memory { held, .. } => held.segment += segments,
                    Place::Disk(packed) => packed.file += files,
                }
                chunk
            });
            if mine.is_empty() {
                // In the same memory.
                *mine = chunks.collect();
            } else {
                mine.extend(chunks);
            }
        }
    }

    /// No more follow: what lists of chunks have taken ahead is given back.
    pub(super) fn fit(&mut self) {
        self.partitions.iter_mut().for_each(Vec::shrink_to_fit);
    }

    /// Rows of a partition.
    pub(super) fn count(&self, partition: usize) -> u64 {
        let chunks = self.partitions.get(partition).into_iter().flatten();
        chunks.map(|chunk| chunk.rows).sum()
    }

    /// Each row of a partition, with the places of its log and its rule in the lists of all.
    ///
    /// # Errors
    /// A temporary file or a written state could not be read, or is damaged.
    pub(super) fn each(
        &self,
        partition: usize,
        hosts: &mut Hosts,
        mut take: impl FnMut(Row, &Hosts),
    ) -> Result<(), SpillError> {
        let mut unpacked = Vec::new();
        for chunk in self.partitions.get(partition).into_iter().flatten() {
            match &chunk.place {
                Place::Memory { held, .. } => self.rows_of(chunk, self.full.get(*held), hosts, &mut take)?,
                Place::Disk(last) => {
                    let mut next = Some(*last);
                    while let Some(packed) = next {
                        next = self.file(packed.file)?.read(&packed, &mut unpacked)?;
                        self.rows_of(chunk, &unpacked, hosts, &mut take)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The rows that stand in `bytes`, all of a chunk or one of its chain.
    fn rows_of(
        &self,
        chunk: &Chunk,
        bytes: &[u8],
        hosts: &mut Hosts,
        take: &mut impl FnMut(Row, &Hosts),
    ) -> Result<(), SpillError> {
        let damaged = || SpillError::Damaged { path: self.path_of(chunk) };
        let origin = match self.origins.as_slice() {
            [] => None,
            origins => Some(origins.get(chunk.origin as usize).ok_or_else(damaged)?),
        };
        let mut reader = RowReader::new(bytes);
        while let Some(mut row) = reader.next(hosts) {
            if let Some(origin) = origin {
                row.log = *origin.logs.get(row.log as usize).ok_or_else(damaged)?;
                row.rule = *origin.rules.get(row.rule as usize).ok_or_else(damaged)?;
            }
            take(row, hosts);
        }
        if reader.is_damaged { Err(damaged()) } else { Ok(()) }
    }

    /// A file, by its place in the list of all.
    pub(super) fn file(&self, place: u32) -> Result<&Spilled, SpillError> {
        self.files.get(place as usize).map(|file| &**file).ok_or(SpillError::Damaged { path: None })
    }

    fn path_of(&self, chunk: &Chunk) -> Option<std::path::PathBuf> {
        match &chunk.place {
            Place::Memory { .. } => None,
            Place::Disk(packed) => self.file(packed.file).ok()?.path(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Any key, always the same one.
    const KEY: PartitionKey = PartitionKey([
        0x243f_6a88_85a3_08d3,
        0x1319_8a2e_0370_7344,
        0xa409_3822_299f_31d0,
        0x082e_fa98_ec4e_6c89,
        0x4528_21e6_38d0_1377,
        0xbe54_66cf_34e9_0c6c,
        0xc0ac_29b7_c97c_50dd,
        0x3f84_d5b5_b547_0917,
        0x9216_d5d9_8979_fb1b,
    ]);

    /// Pairs in so many partitions, of which the fullest has so many.
    fn spread(pairs: impl Iterator<Item = (IpAddr, IpAddr)>) -> (usize, u32) {
        let (mut hosts, mut partitions) = (Hosts::default(), vec![0; PARTITIONS]);
        for (a, b) in pairs {
            let (a, b) = (hosts.id(a), hosts.id(b));
            let hash = KEY.hash(a, b, &hosts);
            assert_eq!(hash, KEY.hash(b, a, &hosts));
            partitions[partition_of(hash)] += 1;
        }
        (partitions.iter().filter(|&&pairs| pairs > 0).count(), partitions.into_iter().max().unwrap())
    }

    #[test]
    fn addresses_that_follow_each_other_are_spread_evenly() {
        let to = IpAddr::from([10, 0, 0, 4]);
        let v4 = |step: u32| (0..102_400_u32).map(move |n| (IpAddr::V4((0x5000_0000 + n * step).into()), to));
        for step in [1, 256, 1024] {
            let (used, most) = spread(v4(step));
            assert!(used > 1000 && most < 300, "step {step}: {used} {most}");
        }
        let v6 = |word: u32| IpAddr::V6((0x2001_0db8 << 96 | u128::from(word)).into());
        let far = |word: u32| IpAddr::V6((0x2001_0db8 << 96 | u128::from(word) << 64).into());
        for (used, most) in
            [spread((0..102_400).map(|n| (v6(n), v6(1 << 31)))), spread((0..102_400).map(|n| (far(n), to)))]
        {
            assert!(used > 1000 && most < 300, "{used} {most}");
        }
    }
}
