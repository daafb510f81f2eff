//! Numbers behind a table's cells that more than one renderer shows.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use flowlog_core::report::Report;

/// Entries of a map by count, largest first; equal ones keep the order of their keys.
pub(crate) fn ranked<K: Copy>(counts: &BTreeMap<K, u64>) -> Vec<(K, u64)> {
    let mut rows: Vec<(K, u64)> = counts.iter().map(|(key, count)| (*key, *count)).collect();
    rows.sort_by_key(|(_, count)| Reverse(*count));
    rows
}

/// Encryption words and their tuples, the most frequent first.
pub(crate) fn encryption_words(report: &Report) -> Vec<(&str, u64)> {
    ranked(&report.encryption.iter().map(|(word, &tuples)| (word.as_str(), tuples)).collect())
}

/// Bytes a packet on average, both ways; nothing without packets.
pub(crate) fn bytes_per_packet(bytes: u64, packets: u64) -> Option<u64> {
    bytes.checked_div(packets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_counts_keep_the_order_of_their_keys() {
        assert_eq!(ranked(&BTreeMap::from([(1, 5), (6, 9), (17, 5)])), [(6, 9), (1, 5), (17, 5)]);
        assert_eq!((bytes_per_packet(100, 3), bytes_per_packet(0, 0)), (Some(33), None));
    }
}
