//! Hosts spread over buckets: what is kept of each of them is looked at bucket by bucket, side by side.
//!
//! A bucket of a million hosts in all has some 16,000: sorting it stays in the processor's cache, and nothing but a
//! bucket is ever sorted.

use std::hash::BuildHasher;
use std::sync::LazyLock;

use foldhash::fast::RandomState;

/// So many: few enough that all that are being filled stay in the processor's cache.
pub(crate) const BUCKETS: usize = 64;

/// Nobody outside can choose addresses that fall into one bucket. All threads of a process have the same key.
static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::default);

/// The bucket of a host's number, or of another member, below [`BUCKETS`]; another one in every run.
#[inline]
#[allow(clippy::cast_possible_truncation)] // half of its bits are enough
pub(crate) fn bucket_of(member: u32) -> usize {
    KEY.hash_one(member) as usize % BUCKETS
}
