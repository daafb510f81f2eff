//! Random numbers that stay the same for ever: a fixed algorithm (PCG XSL 128/64 MCG) and only
//! integer arithmetic or exactly rounded floating-point operations on top, so that one seed gives
//! the same bytes on every system. No `ln`, `exp` or `powf`: their last bit differs between systems.

// Results are below limits that came from the same types.
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]

use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::Rng as _;

/// A deterministic source of random numbers.
pub(crate) struct Rng(Pcg64Mcg);

impl Rng {
    /// Each `stream` of one seed is a sequence of its own.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        Self(Pcg64Mcg::new((u128::from(mix(seed)) << 64) | u128::from(mix(stream ^ seed.rotate_left(32)))))
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number below `n`; 0 if `n` is 0.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(n)) >> 64) as u64
    }

    /// An index below `n`.
    pub(crate) fn index(&mut self, n: usize) -> usize {
        self.below(n as u64) as usize
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn range(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low).saturating_add(1))
    }

    /// True with the given probability (0 to 1).
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// A number from 0 to 1, 1 excluded.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// An index below `n`, small ones far more often: popularity as real hosts have it.
    pub(crate) fn skewed(&mut self, n: usize) -> usize {
        let u = self.unit();
        ((u * u * u * n as f64) as usize).min(n.saturating_sub(1))
    }

    /// A size whose number of bits is bell-shaped between `low` and `high` bits: many small ones, few huge ones.
    pub(crate) fn magnitude(&mut self, low: u32, high: u32) -> u64 {
        let width = u64::from(high - low);
        let bits = low + u64::midpoint(self.below(width + 1), self.below(width + 1)) as u32;
        let base = 1_u64 << bits;
        base + self.below(base)
    }

    /// One of `items`, which must not be empty.
    pub(crate) fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.index(items.len())]
    }
}

/// Scrambles a number: a hash for decisions that must not consume random numbers (`SplitMix64`'s finaliser).
pub fn mix(n: u64) -> u64 {
    let n = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}
