//! Rows that several threads gather side by side, and that are never copied into one list.
//!
//! Lists of one size: what one kind of rows gives back, another can take, and none is moved to grow.

use super::scene::BUCKETS;
use crate::state::list;

/// Bytes of a list: those that are full are put away, so that none has to be moved for want of room.
const FULL: usize = 8 << 10;

/// Rows in no order, in lists.
#[derive(Clone, Debug)]
pub(crate) struct Rows<T> {
    mine: Vec<T>,
    others: Vec<Vec<T>>,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self { mine: Vec::new(), others: Vec::new() }
    }
}

impl<T> Rows<T> {
    /// Rows of a full list.
    const FULL: usize = FULL / size_of::<T>();

    #[inline]
    pub(crate) fn push(&mut self, row: T) {
        if self.mine.len() >= Self::FULL {
            self.put_away();
        }
        self.mine.push(row);
    }

    #[cold]
    fn put_away(&mut self) {
        self.others.push(std::mem::replace(&mut self.mine, list(Self::FULL)));
    }

    /// Adds those of `other`.
    pub(crate) fn merge(&mut self, mut other: Self) {
        self.others.append(&mut other.others);
        if !other.mine.is_empty() {
            self.others.push(other.mine);
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.mine.iter().chain(self.others.iter().flatten())
    }

    pub(crate) fn len(&self) -> usize {
        self.mine.len() + self.others.iter().map(Vec::len).sum::<usize>()
    }

    /// The lists.
    pub(super) fn lists(&self) -> impl Iterator<Item = &[T]> {
        std::iter::once(&self.mine).chain(&self.others).map(Vec::as_slice)
    }

    /// All in one list.
    pub(crate) fn into_list(self) -> Vec<T> {
        let mut all = Vec::with_capacity(self.len());
        self.others.into_iter().chain([self.mine]).for_each(|mut list| all.append(&mut list));
        all
    }
}

/// Rows by the bucket of a host ([`Scene::bucket`](super::scene::Scene::bucket)): all of one host are in one.
#[derive(Debug)]
pub(super) struct Scattered<T>(Vec<Rows<T>>);

impl<T> Default for Scattered<T> {
    fn default() -> Self {
        Self((0..BUCKETS).map(|_| Rows::default()).collect())
    }
}

impl<T> Scattered<T> {
    #[inline]
    pub(super) fn push(&mut self, bucket: usize, row: T) {
        if let Some(rows) = self.0.get_mut(bucket) {
            rows.push(row);
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.0.iter_mut().zip(other.0).for_each(|(mine, other)| mine.merge(other));
    }

    /// The rows of each bucket.
    pub(super) fn into_buckets(self) -> Vec<Rows<T>> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
