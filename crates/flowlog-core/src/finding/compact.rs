//! Rows by source of which nearly all fit into fewer bytes than the largest need.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::scene::Scene;
use crate::state::lists::{Rows, Scattered};
use crate::state::{HostId, Shelf, SpillError};

/// A row that has a short form if its numbers are small.
pub(super) trait Compact: Copy + Serialize + DeserializeOwned {
    /// The row in fewer bytes.
    type Short: Copy + Serialize + DeserializeOwned;

    /// The host whose bucket it is in.
    fn source(&self) -> HostId;

    /// `None` if it does not fit.
    fn shorten(&self, scene: &Scene<'_>) -> Option<Self::Short>;

    /// The row that was shortened.
    fn restore(short: &Self::Short, scene: &Scene<'_>) -> Self;
}

/// Rows, each in its short form if it has one; by source.
pub(super) struct CompactRows<T: Compact> {
    short: Scattered<T::Short>,
    long: Scattered<T>,
}

impl<T: Compact> Default for CompactRows<T> {
    fn default() -> Self {
        Self { short: Scattered::default(), long: Scattered::default() }
    }
}

impl<T: Compact> CompactRows<T> {
    #[inline]
    pub(super) fn push(&mut self, scene: &Scene<'_>, row: T) {
        let source = row.source();
        match row.shorten(scene) {
            Some(short) => self.short.push(source, short),
            None => self.long.push(source, row),
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.short.merge(other.short);
        self.long.merge(other.long);
    }

    /// Bytes of full lists.
    pub(super) fn bytes(&self) -> u64 {
        self.short.bytes() + self.long.bytes()
    }

    /// Full lists go to disk.
    pub(super) fn put_away(&mut self, shelf: &Arc<Shelf>) {
        self.short.put_away(shelf);
        self.long.put_away(shelf);
    }

    /// Those of each bucket of sources.
    pub(super) fn into_buckets(self) -> impl Iterator<Item = CompactBucket<T>> {
        let all = self.short.into_buckets().into_iter().zip(self.long.into_buckets());
        all.map(|(short, long)| CompactBucket { short, long })
    }
}

/// The [`CompactRows`] of a bucket.
pub(super) struct CompactBucket<T: Compact> {
    short: Rows<T::Short>,
    long: Rows<T>,
}

impl<T: Compact> CompactBucket<T> {
    /// How many are in memory.
    pub(super) fn in_memory(&self) -> usize {
        self.short.len() + self.long.len()
    }

    /// Each of them, wherever it is.
    ///
    /// # Errors
    /// Those on disk cannot be read.
    pub(super) fn each(&self, scene: &Scene<'_>, mut take: impl FnMut(&T)) -> Result<(), SpillError> {
        self.short.each(|short| take(&T::restore(short, scene)))?;
        self.long.each(take)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::FindingOptions;
    use crate::state::{Budget, Hosts, NearEnds, Overall};

    /// Of a host, and a number that is short below 256.
    impl Compact for (HostId, u32) {
        type Short = (HostId, u8);

        fn source(&self) -> HostId {
            self.0
        }

        fn shorten(&self, _: &Scene<'_>) -> Option<(HostId, u8)> {
            Some((self.0, u8::try_from(self.1).ok()?))
        }

        fn restore(short: &(HostId, u8), _: &Scene<'_>) -> Self {
            (short.0, short.1.into())
        }
    }

    #[test]
    fn rows_of_both_forms_come_back_from_memory_and_from_disk() {
        let (hosts, near, options) = (Hosts::default(), NearEnds::default(), FindingOptions::default());
        let scene = Scene::new(&hosts, &near, &Overall::default(), &options);
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(&Budget::new(0, folder.path().to_owned()));
        let all: Vec<(HostId, u32)> = (0..400_000).map(|n| (HostId(n % 100), n % 512)).collect();
        let mut rows = CompactRows::default();
        for part in all.chunks(100_000) {
            let mut other = CompactRows::default();
            for row in part {
                other.push(&scene, *row);
            }
            other.put_away(&shelf);
            rows.merge(other);
        }
        shelf.close().unwrap();
        let mut found = Vec::new();
        let buckets: Vec<CompactBucket<_>> = rows.into_buckets().collect();
        let in_memory: usize = buckets.iter().map(CompactBucket::in_memory).sum();
        assert!(0 < in_memory && in_memory < all.len());
        for bucket in buckets {
            bucket.each(&scene, |row| found.push(*row)).unwrap();
        }
        found.sort_unstable();
        let mut all = all;
        all.sort_unstable();
        assert!(found == all);
    }
}
