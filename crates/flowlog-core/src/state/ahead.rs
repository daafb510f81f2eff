//! Lists of one size, and memory for many of them at once.
//!
//! Where a thread's heap ends, glibc makes it longer by what is asked for and no more: a system call for each list,
//! during which no other thread of the process can get a page. A larger piece that is asked for and given back
//! leaves the heap longer. Allocators that do not work like that lose one call in a hundred to it.

use std::cell::Cell;
use std::hint::black_box;

/// Bytes that the heap is made longer by.
const AHEAD: usize = 1 << 20;

thread_local! {
    /// Bytes that are left of the last piece, if nothing else took them.
    static LEFT: Cell<usize> = const { Cell::new(0) };
}

/// An empty list with room for `length` items.
pub(crate) fn list<T>(length: usize) -> Vec<T> {
    let bytes = length.saturating_mul(size_of::<T>());
    LEFT.with(|left| {
        let rest = left.get().checked_sub(bytes).unwrap_or_else(|| {
            // The compiler may leave out what nobody looks at.
            drop(black_box(Vec::<u8>::with_capacity(AHEAD)));
            AHEAD.saturating_sub(bytes)
        });
        left.set(rest);
    });
    Vec::with_capacity(length)
}
