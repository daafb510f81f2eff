//! Work shared out among threads: those of the [`rayon::ThreadPool`] that the caller runs in, or of rayon's global one.
//!
//! All phases of a run have the same threads, so that what a thread's part of the heap has left of one phase is used in
//! the next.

use std::sync::{Mutex, PoisonError};

use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

/// How many threads there are.
pub(crate) fn threads() -> usize {
    rayon::current_num_threads()
}

/// `work` done once by each thread; what each has made of it.
pub(crate) fn on_all<T: Send>(work: impl Fn() -> T + Sync) -> Vec<T> {
    rayon::broadcast(|_| work())
}

/// `work` done on each of `items`; the results in the order of the items.
pub(crate) fn map<I: Send, T: Send>(items: Vec<I>, work: impl Fn(I) -> T + Send + Sync) -> Vec<T> {
    items.into_par_iter().with_max_len(1).map(work).collect()
}

/// Does `work` for each of `items`, with its place; what each thread has made of its items comes back. Which thread gets
/// which item is chance.
///
/// # Errors
/// Those of `work`.
pub(crate) fn share<T: Send, R: Send, E: Send>(
    items: Vec<T>,
    new: impl Fn() -> R + Sync,
    work: impl Fn(&mut R, usize, T) -> Result<(), E> + Sync,
) -> Result<Vec<R>, E> {
    let items = Mutex::new(items.into_iter().enumerate());
    let next = || items.lock().unwrap_or_else(PoisonError::into_inner).next();
    let made = on_all(|| {
        let mut made = new();
        while let Some((place, item)) = next() {
            work(&mut made, place, item)?;
        }
        Ok(made)
    });
    made.into_iter().collect()
}

/// All `parts` as one: two at a time, and what comes of them again, on all threads. `None` if there is none.
pub(crate) fn merged<T: Send>(parts: Vec<T>, merge: impl Fn(&mut T, T) + Send + Sync) -> Option<T> {
    parts.into_par_iter().with_max_len(1).reduce_with(|mut one, other| {
        merge(&mut one, other);
        one
    })
}

/// What `work` gives in a pool of so many threads.
#[cfg(test)]
pub(crate) fn within<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_stand_in_the_order_of_the_items_whoever_did_them() {
        for threads in [1, 2, 7] {
            let squares = within(threads, || map((0..100_u64).collect(), |item| item * item));
            assert_eq!(squares, (0..100).map(|item| item * item).collect::<Vec<u64>>());
            assert!(map(Vec::new(), |item: u64| item).is_empty());
        }
    }

    #[test]
    fn parts_are_merged_in_their_order() {
        for (threads, count) in [(1, 5), (2, 1), (7, 16), (7, 17)] {
            let parts: Vec<Vec<u32>> = (0..count).map(|part| vec![part]).collect();
            let all = within(threads, || merged(parts, |one, mut other| one.append(&mut other)));
            assert_eq!(all, Some((0..count).collect()));
        }
        assert_eq!(merged(Vec::<u32>::new(), |one, other| *one += other), None);
    }

    #[test]
    fn each_item_goes_to_one_thread_and_an_error_is_told() {
        for threads in [1, 2, 7] {
            let sums = |bad: usize| {
                let add = |sum: &mut u64, place: usize, item: u64| {
                    *sum += item;
                    if place == bad { Err(place) } else { Ok(()) }
                };
                within(threads, || share((0..100_u64).collect(), || 0, add))
            };
            let all = sums(100).unwrap();
            assert_eq!((all.len(), all.iter().sum::<u64>()), (threads, 4950));
            assert_eq!(sums(7), Err(7));
        }
    }
}
