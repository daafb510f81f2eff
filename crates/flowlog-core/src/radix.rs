//! Sorting by numbers.

/// From so many rows on they are sorted by radix, which counts all digits first.
const MANY: usize = 1 << 10;

/// Puts `rows` in the order of their keys; those of one key in any.
pub(crate) fn sort_by_key<T, K: Ord + radsort::Key>(rows: &mut [T], key: impl Fn(&T) -> K) {
    if rows.len() < MANY {
        rows.sort_unstable_by_key(key);
    } else {
        radsort::sort_by_key(rows, key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_and_many_are_sorted_alike() {
        for count in [0, 1, 1000, MANY as u64, 5000] {
            let mut rows: Vec<u64> =
                (0..count).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (n % 60)).collect();
            let mut expected = rows.clone();
            expected.sort_unstable();
            sort_by_key(&mut rows, |row| *row);
            assert_eq!(rows, expected);
        }
    }
}
