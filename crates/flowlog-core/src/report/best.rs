//! The first of many rows, without keeping many.

use std::cmp::Ordering;

use rayon::iter::{IntoParallelIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;

/// Keeps the first `limit` of `rows` in the order of `by`.
pub(crate) fn first<T>(rows: &mut Vec<T>, limit: usize, by: impl Fn(&T, &T) -> Ordering) {
    choose(rows, limit, &by);
    rows.sort_unstable_by(by);
}

/// The same in no order. Choosing costs one pass; sorting all of a million rows to show fifteen would not.
fn choose<T>(rows: &mut Vec<T>, limit: usize, by: impl Fn(&T, &T) -> Ordering) {
    if limit < rows.len() {
        rows.select_nth_unstable_by(limit, by);
        rows.truncate(limit);
    }
}

/// The rows of the greatest weight, and of equal weight the first in the order of `O`, which no two rows share.
///
/// At most a quarter more are kept than are asked for. Which are kept does not depend on the order they come in.
#[derive(Clone, Debug)]
pub(super) struct Best<O, V, W = u64> {
    limit: usize,
    found: u64,
    rows: Vec<Row<O, V, W>>,
    /// The last of those kept at the last cut: what comes behind it need not be looked at.
    last: Option<(W, O)>,
}

#[derive(Clone, Debug)]
struct Row<O, V, W> {
    weight: W,
    order: O,
    value: V,
}

fn compare<O: Ord, W: Ord + Copy>(a: (W, &O), b: (W, &O)) -> Ordering {
    b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1))
}

fn by<O: Ord, V, W: Ord + Copy>(a: &Row<O, V, W>, b: &Row<O, V, W>) -> Ordering {
    compare((a.weight, &a.order), (b.weight, &b.order))
}

impl<O: Ord + Copy, V, W: Ord + Copy> Best<O, V, W> {
    /// The best `limit` of what will be offered.
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, found: 0, rows: Vec::new(), last: None }
    }

    /// How many were offered.
    pub(super) fn found(&self) -> u64 {
        self.found
    }

    /// Offers a row. Its order is asked for only where its weight does not decide, the rest only if it is kept.
    #[inline]
    pub(super) fn offer(&mut self, weight: W, order: impl FnOnce() -> O, value: impl FnOnce() -> V) {
        self.found += 1;
        if self.last.as_ref().is_none_or(|(last, _)| weight >= *last) {
            let order = order();
            self.keep(weight, order, value);
        }
    }

    fn keep(&mut self, weight: W, order: O, value: impl FnOnce() -> V) {
        let behind = |(last, at): &(W, O)| compare((weight, &order), (*last, at)).is_gt();
        if self.limit == 0 || self.last.as_ref().is_some_and(behind) {
            return;
        }
        let most = self.limit.saturating_add(self.limit / 4 + 1);
        if self.rows.len() == self.rows.capacity() {
            // Each thread has such lists: they have no room for rows that never come.
            self.rows.reserve_exact(self.rows.len().max(4).min(most - self.rows.len()));
        }
        self.rows.push(Row { weight, order, value: value() });
        if self.rows.len() >= most {
            self.cut();
        }
    }

    fn cut(&mut self) {
        let Some(last) = self.limit.checked_sub(1).filter(|&last| last < self.rows.len()) else { return };
        let (_, row, _) = self.rows.select_nth_unstable_by(last, by);
        self.last = Some((row.weight, row.order));
        self.rows.truncate(self.limit);
    }

    /// Adds everything that `other` was offered.
    pub(super) fn merge(&mut self, other: Self) {
        self.found += other.found;
        for Row { weight, order, value } in other.rows {
            self.keep(weight, order, || value);
        }
    }

    /// No more than `limit` are asked for.
    #[must_use]
    pub(super) fn limited(mut self, limit: usize) -> Self {
        self.limit = self.limit.min(limit);
        self
    }

    /// The rows that were asked for, the best first, as `row` makes them of what they are ordered by and the rest.
    pub(super) fn finish<R: Send>(mut self, row: impl Fn(O, V) -> R + Send + Sync) -> Vec<R>
    where
        O: Send + Sync,
        V: Send,
        W: Send + Sync,
        Self: Send,
    {
        choose(&mut self.rows, self.limit, by);
        self.rows.par_sort_unstable_by(by);
        self.rows.into_par_iter().map(|Row { order, value, .. }| row(order, value)).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_best_are_those_a_sort_puts_first(
            weights in prop::collection::vec(0_u64..5, 0..200),
            limit in 0_usize..20,
            parts in 1_usize..4,
        ) {
            let mut rows: Vec<(u64, usize)> = weights.iter().copied().zip(0..).collect();
            let mut several: Vec<Best<usize, (u64, usize)>> = vec![Best::new(limit); parts];
            for &(weight, order) in rows.iter().rev() {
                several[order % parts].offer(weight, || order, || (weight, order));
                prop_assert!(several[order % parts].rows.len() <= limit + limit / 4);
            }
            let mut best = several.pop().unwrap();
            for other in several {
                best.merge(other);
            }
            prop_assert_eq!(best.found(), rows.len() as u64);
            rows.sort_by_key(|&(weight, order)| (std::cmp::Reverse(weight), order));
            rows.truncate(limit);
            prop_assert_eq!(best.finish(|_, row| row), rows);
        }
    }
}
