//! Sets of small numbers.

/// Numbers a page holds: 64 bytes of bits, one line of the processor's cache.
const PAGE: u32 = 512;

/// So many are a short list: four bytes a number, where a page and the way to it can take thousands.
const FEW: usize = 12;

/// A set of numbers that are mostly close together, such as [`super::HostId`]s: a short list of a few, then one
/// bit a number in the pages that hold any, so that neither a full set of many nor a sparse one of few costs much.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdSet {
    /// The smallest first; empty once there are pages.
    few: Vec<u32>,
    /// Place of each page in `bits`, counted from 1; 0 for a page that holds nothing.
    pages: Vec<u32>,
    bits: Vec<[u64; 8]>,
}

impl IdSet {
    /// Adds `id`.
    #[inline]
    pub(super) fn insert(&mut self, id: u32) {
        if self.bits.is_empty() {
            self.insert_in_few(id);
        } else {
            self.insert_in_pages(id);
        }
    }

    fn insert_in_few(&mut self, id: u32) {
        let Err(place) = self.few.binary_search(&id) else { return };
        if self.few.len() < FEW {
            self.few.insert(place, id);
            return;
        }
        std::mem::take(&mut self.few).into_iter().chain([id]).for_each(|id| self.insert_in_pages(id));
    }

    #[inline]
    fn insert_in_pages(&mut self, id: u32) {
        let place = self.pages.get((id / PAGE) as usize).copied().unwrap_or_default();
        match self.bits.get_mut((place as usize).wrapping_sub(1)) {
            Some(bits) => bits[word(id)] |= 1 << (id % 64),
            None => self.insert_in_new_page(id),
        }
    }

    #[cold]
    fn insert_in_new_page(&mut self, id: u32) {
        let page = (id / PAGE) as usize;
        if self.pages.len() <= page {
            self.pages.resize(page + 1, 0);
        }
        let mut bits = [0; 8];
        bits[word(id)] |= 1 << (id % 64);
        self.bits.push(bits);
        if let (Some(slot), Ok(place)) = (self.pages.get_mut(page), u32::try_from(self.bits.len())) {
            *slot = place;
        }
    }

    /// Adds everything of `other`.
    pub(super) fn add(&mut self, other: &Self) {
        other.iter().for_each(|id| self.insert(id));
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        let in_pages: u64 = self.bits.iter().flatten().map(|word| u64::from(word.count_ones())).sum();
        in_pages + self.few.len() as u64
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.few.is_empty() && self.bits.is_empty()
    }

    /// True if `id` was added.
    pub fn contains(&self, id: u32) -> bool {
        let place = self.pages.get((id / PAGE) as usize).copied().unwrap_or_default();
        let bits = self.bits.get((place as usize).wrapping_sub(1));
        bits.is_some_and(|bits| bits[word(id)] >> (id % 64) & 1 == 1) || self.few.binary_search(&id).is_ok()
    }

    /// All of them, the smallest first.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        let held = (0_u32..).zip(&self.pages).filter(|(_, place)| **place > 0);
        let in_pages = held.flat_map(|(page, place)| {
            let bits = self.bits.get((*place as usize).wrapping_sub(1)).copied().unwrap_or_default();
            (0..PAGE).filter(move |id| bits[word(*id)] >> (id % 64) & 1 == 1).map(move |id| page * PAGE + id)
        });
        self.few.iter().copied().chain(in_pages)
    }
}

/// Which word of its page a number's bit is in.
fn word(id: u32) -> usize {
    (id / 64 % 8) as usize
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_holds_what_a_tree_holds(near in prop::collection::vec(0_u32..3000, 0..200), far: Vec<u16>) {
            let ids = near.into_iter().chain(far.into_iter().map(|id| u32::from(id) * 977));
            let ids: Vec<u32> = ids.collect();
            let mut set = IdSet::default();
            for &id in &ids {
                set.insert(id);
            }
            let expected: BTreeSet<u32> = ids.into_iter().collect();
            prop_assert_eq!(set.iter().collect::<Vec<_>>(), expected.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(set.len(), expected.len() as u64);
            prop_assert_eq!(set.is_empty(), expected.is_empty());
            prop_assert!((0..4000).all(|id| set.contains(id) == expected.contains(&id)));
        }
    }
}
