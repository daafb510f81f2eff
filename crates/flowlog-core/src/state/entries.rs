//! Sums by key, in a list that is put in order now and then.

use crate::radix;

/// One sum of [`Entries`].
pub(super) trait Entry {
    /// What tells sums apart.
    type Key: Ord + radsort::Key;

    fn key(&self) -> Self::Key;

    /// Adds what another one of the same key counted.
    fn add(&mut self, other: &Self);
}

/// Entries in any order. Those of one key are joined whenever there is no more room, so that no more than four times as
/// many are kept as are distinct: of a million lists with one entry each, none has a table of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entries<E>(Vec<E>);

impl<E> Default for Entries<E> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<E: Entry> Entries<E> {
    /// The entry pushed last, until another one is.
    #[inline]
    pub(super) fn last_mut(&mut self) -> Option<&mut E> {
        self.0.last_mut()
    }

    #[inline]
    pub(super) fn push(&mut self, entry: E) {
        if self.0.len() == self.0.capacity() {
            self.make_room();
        }
        self.0.push(entry);
    }

    #[cold]
    fn make_room(&mut self) {
        self.tidy();
        let distinct = self.0.len();
        let room = self.0.capacity();
        if distinct > room - room / 4 {
            // Hardly any comes twice: putting them in order is for nothing, and is not done so soon again.
            self.0.reserve_exact(3 * distinct);
        } else if distinct > room / 2 {
            self.0.reserve_exact(distinct);
        } else if distinct == 0 {
            self.0.reserve_exact(1);
        }
    }

    /// Adds everything of `other`.
    pub(super) fn merge(&mut self, other: Self) {
        if self.0.is_empty() {
            *self = other;
        } else {
            other.0.into_iter().for_each(|entry| self.push(entry));
        }
    }

    /// One entry a key, the smallest first.
    pub(super) fn tidy(&mut self) -> &mut [E] {
        radix::sort_by_key(&mut self.0, Entry::key);
        self.0.dedup_by(|other, mine| {
            let same = other.key() == mine.key();
            if same {
                mine.add(other);
            }
            same
        });
        &mut self.0
    }

    /// As they are: in order only after [`Entries::tidy`].
    pub(super) fn as_slice(&self) -> &[E] {
        &self.0
    }
}

impl<E: Entry> FromIterator<E> for Entries<E> {
    fn from_iter<I: IntoIterator<Item = E>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    impl Entry for (u8, u64) {
        type Key = u8;

        fn key(&self) -> u8 {
            self.0
        }

        fn add(&mut self, other: &Self) {
            self.1 += other.1;
        }
    }

    proptest! {
        #[test]
        fn the_sums_are_those_of_a_tree(
            entries in prop::collection::vec((0_u8..20, 0_u64..9), 0..300),
            cut in 0_usize..300,
        ) {
            let mut expected: BTreeMap<u8, u64> = BTreeMap::new();
            let mut parts = [Entries::default(), Entries::default()];
            for (place, &(key, count)) in entries.iter().enumerate() {
                *expected.entry(key).or_default() += count;
                parts[usize::from(place < cut)].push((key, count));
                prop_assert!(parts.iter().all(|part| part.0.capacity() <= 4 * expected.len()));
            }
            let [mut all, other] = parts;
            all.merge(other);
            prop_assert_eq!(all.tidy().to_vec(), expected.into_iter().collect::<Vec<_>>());
        }
    }
}
