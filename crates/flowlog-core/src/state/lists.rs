//! Rows that several threads gather side by side, and that are never copied into one list.
//!
//! Lists of one size: what one kind of rows gives back, another can take, and none is moved to grow. When memory has a
//! limit, full lists go to disk, and come back when the rows of their bucket are looked at.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::ahead::list;
use super::bucket::{BUCKETS, bucket_of};
use super::hosts::HostId;
use super::shelf::{Away, Shelf};
use super::spill::SpillError;

/// Bytes of a list: those that are full are put away, so that none has to be moved for want of room.
const FULL: usize = 8 << 10;

/// Rows in no order, in lists.
#[derive(Clone, Debug)]
pub(crate) struct Rows<T> {
    mine: Vec<T>,
    others: Vec<Vec<T>>,
    /// Those on disk, of which [`Rows::bring_back`] and [`Rows::each`] alone know.
    away: Away,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self { mine: Vec::new(), others: Vec::new(), away: Away::default() }
    }
}

impl<T> Rows<T> {
    /// Rows of a full list.
    const FULL: usize = FULL / size_of::<T>();

    #[inline]
    pub(crate) fn push(&mut self, row: T) {
        if self.mine.len() >= Self::FULL {
            self.next_list();
        }
        self.mine.push(row);
    }

    #[cold]
    fn next_list(&mut self) {
        self.others.push(std::mem::replace(&mut self.mine, list(Self::FULL)));
    }

    /// Adds those of `other`.
    pub(crate) fn merge(&mut self, mut other: Self) {
        self.others.append(&mut other.others);
        self.away.merge(other.away);
        if !other.mine.is_empty() {
            self.others.push(other.mine);
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.mine.iter().chain(self.others.iter().flatten())
    }

    /// In the order of [`Rows::iter`].
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.mine.iter_mut().chain(self.others.iter_mut().flatten())
    }

    pub(crate) fn len(&self) -> usize {
        self.mine.len() + self.others.iter().map(Vec::len).sum::<usize>()
    }

    /// The lists.
    pub(crate) fn lists(&self) -> impl Iterator<Item = &[T]> {
        std::iter::once(&self.mine).chain(&self.others).map(Vec::as_slice)
    }

    /// All in one list.
    pub(crate) fn into_list(self) -> Vec<T> {
        let mut all = Vec::with_capacity(self.len());
        self.others.into_iter().chain([self.mine]).for_each(|mut list| all.append(&mut list));
        all
    }
}

impl<T: Serialize + DeserializeOwned> Rows<T> {
    /// Bytes of full lists.
    pub(crate) fn bytes(&self) -> u64 {
        (self.others.len() * FULL) as u64
    }

    /// Full lists go to disk.
    pub(crate) fn put_away(&mut self, shelf: &Arc<Shelf>) {
        self.away.put(shelf, std::mem::take(&mut self.others).iter().flatten());
    }

    /// Whether some are on disk.
    pub(crate) fn is_away(&self) -> bool {
        !self.away.is_empty()
    }

    /// What is on disk comes back.
    ///
    /// # Errors
    /// The temporary file could not be read.
    pub(crate) fn bring_back(&mut self) -> Result<(), SpillError> {
        std::mem::take(&mut self.away).each(|row| self.push(row))
    }

    /// Each row that is on disk.
    ///
    /// # Errors
    /// The temporary file could not be read.
    pub(crate) fn each_away(&self, take: impl FnMut(T)) -> Result<(), SpillError> {
        self.away.each(take)
    }

    /// Each row, wherever it is.
    ///
    /// # Errors
    /// The temporary file could not be read.
    pub(crate) fn each(&self, mut take: impl FnMut(&T)) -> Result<(), SpillError> {
        self.iter().for_each(&mut take);
        self.away.each(|row| take(&row))
    }
}

/// Rows by the bucket of a host ([`bucket_of`](super::bucket::bucket_of)): all of one host are in one.
#[derive(Debug)]
pub(crate) struct Scattered<T>(Vec<Rows<T>>);

impl<T> Default for Scattered<T> {
    fn default() -> Self {
        Self((0..BUCKETS).map(|_| Rows::default()).collect())
    }
}

impl<T> Scattered<T> {
    #[inline]
    pub(crate) fn push(&mut self, host: HostId, row: T) {
        if let Some(rows) = self.0.get_mut(bucket_of(host.0)) {
            rows.push(row);
        }
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.0.iter_mut().zip(other.0).for_each(|(mine, other)| mine.merge(other));
    }

    /// Bytes of full lists.
    pub(crate) fn bytes(&self) -> u64
    where
        T: Serialize + DeserializeOwned,
    {
        self.0.iter().map(Rows::bytes).sum()
    }

    /// Full lists go to disk.
    pub(crate) fn put_away(&mut self, shelf: &Arc<Shelf>)
    where
        T: Serialize + DeserializeOwned,
    {
        self.0.iter_mut().for_each(|rows| rows.put_away(shelf));
    }

    /// The rows of each bucket.
    pub(crate) fn buckets(&self) -> &[Rows<T>] {
        &self.0
    }

    /// The rows of each bucket.
    pub(crate) fn into_buckets(self) -> Vec<Rows<T>> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::spill::Budget;

    #[test]
    fn full_lists_are_put_away_and_nothing_is_lost() {
        let of = |range: std::ops::Range<u32>| {
            let mut rows = Rows::default();
            range.for_each(|row| rows.push(row));
            rows
        };
        let mut rows = of(0..10_000);
        rows.merge(of(10_000..10_001));
        rows.merge(Rows::default());
        assert_eq!((rows.len(), rows.iter().count()), (10_001, 10_001));
        assert!(rows.lists().all(|list| list.len() <= Rows::<u32>::FULL));
        let mut all = rows.into_list();
        all.sort_unstable();
        assert_eq!(all, (0..10_001).collect::<Vec<u32>>());
    }

    #[test]
    fn full_lists_go_to_disk_and_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(&Budget::new(0, folder.path().to_owned()));
        let mut all = Rows::default();
        for part in 0..3_u64 {
            let mut rows = Rows::default();
            (0..10_000).for_each(|row| rows.push(part * 10_000 + row));
            assert!(rows.bytes() > 60_000);
            rows.put_away(&shelf);
            assert_eq!(rows.bytes(), 0);
            assert!(rows.len() <= Rows::<u64>::FULL);
            all.merge(rows);
        }
        shelf.close().unwrap();
        let mut each = Vec::new();
        all.each(|row| each.push(*row)).unwrap();
        all.bring_back().unwrap();
        assert_eq!((each.len(), all.len()), (30_000, 30_000));
        for mut found in [each, all.into_list()] {
            found.sort_unstable();
            assert!(found.into_iter().eq(0..30_000));
        }
    }
}
