//! The same work on each of many things, by several threads.

use std::sync::{Mutex, PoisonError};

/// `work` done on each of `items` by `threads` threads; the results in the order of the items.
pub(super) fn map<I: Send, T: Send>(threads: usize, items: Vec<I>, work: impl Fn(I) -> T + Sync) -> Vec<T> {
    if threads <= 1 || items.len() <= 1 {
        return items.into_iter().map(work).collect();
    }
    let helpers = threads.min(items.len());
    let waiting = Mutex::new(items.into_iter().enumerate());
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
    let share = || {
        let mut done = Vec::new();
        while let Some((place, item)) = next() {
            done.push((place, work(item)));
        }
        done
    };
    let mut done: Vec<(usize, T)> = std::thread::scope(|scope| {
        let helpers: Vec<_> = (1..helpers).map(|_| scope.spawn(share)).collect();
        let mut done = share();
        for helper in helpers {
            done.extend(helper.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        done
    });
    done.sort_unstable_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_stand_in_the_order_of_the_items_whoever_did_them() {
        for threads in [0, 1, 2, 7] {
            let squares = map(threads, (0..100_u64).collect(), |item| item * item);
            assert_eq!(squares, (0..100).map(|item| item * item).collect::<Vec<u64>>());
            assert!(map(threads, Vec::new(), |item: u64| item).is_empty());
        }
    }
}
