//! What the tuples of one record are, as a whole: how a record is known again in other bytes.

use std::hash::{BuildHasher, Hasher};

use super::SEED;

/// Counts the tuples of a record and hashes their texts, in their order.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rows {
    /// Tuples up to now, well-formed or not.
    pub(super) count: u64,
    /// Hash of all of them.
    pub(super) hash: u64,
    /// Hash of the first one; 0 if there is none.
    pub(super) first: u64,
    /// So many tuples at the beginning are known from another file and passed over.
    skip: u64,
    /// The hash is wanted when so many tuples were met...
    mark: u64,
    /// ... and is this then.
    pub(super) hash_at_mark: u64,
}

impl Rows {
    /// All tuples but the first `skip`.
    pub(super) fn behind(skip: u64) -> Self {
        Self { skip, ..Self::default() }
    }

    /// All tuples, and the hash of the first `mark`.
    pub(super) fn marked(mark: u64) -> Self {
        Self { mark, ..Self::default() }
    }

    /// Takes one tuple's text in. True if it is to be passed over.
    #[inline]
    pub(super) fn take(&mut self, text: &[u8]) -> bool {
        let mut hasher = SEED.build_hasher();
        hasher.write(text);
        self.hash = (self.hash.rotate_left(23) ^ hasher.finish()).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        if self.count == 0 {
            self.first = self.hash;
        }
        self.count += 1;
        if self.count == self.mark {
            self.hash_at_mark = self.hash;
        }
        self.count <= self.skip
    }
}
