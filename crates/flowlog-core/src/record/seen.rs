//! Records that were read before from another file: copies of the same hour that overlap.
//!
//! An hour's blob grows for an hour. Whoever kept an early copy beside a later one has most of its
//! records twice. Azure writes a record once and never changes it, so that a record with the same
//! bytes is the same record; the same tuple in two records of one file is not.

use std::hash::BuildHasher;

use foldhash::quality::FixedState;
use hashbrown::HashMap;

/// By its first so many bytes a record is known again when it is cut off: time and NIC stand in the first 512, and
/// whoever holds a record of the same NIC and minute holds that minute.
const HEADS: [usize; 3] = [2048, 1024, 512];

/// Hash of a record, and the file it was first read from.
type Table = HashMap<u64, u32, foldhash::fast::FixedState>;

/// The records read of late from the files of one NIC.
#[derive(Debug, Default)]
pub struct SeenRecords {
    file: u32,
    /// Of now, and of the time before the last [`SeenRecords::forget`].
    whole: [Table; 2],
    heads: [Table; 2],
}

impl SeenRecords {
    /// The records that follow are of another file.
    pub fn begin_file(&mut self) {
        self.file += 1;
    }

    /// Whether the record was read from another file before. A record that is cut off is known by its beginning.
    pub(super) fn is_repeated(&mut self, record: &[u8], complete: bool) -> bool {
        let mut heads = HEADS.iter().filter_map(|&length| record.get(..length)).map(hash);
        if !complete {
            return heads.next().is_some_and(|longest| self.known(&self.heads, longest));
        }
        let whole = hash(record);
        if self.known(&self.whole, whole) {
            return true;
        }
        self.whole[0].entry(whole).or_insert(self.file);
        for head in heads {
            self.heads[0].entry(head).or_insert(self.file);
        }
        false
    }

    fn known(&self, tables: &[Table; 2], hash: u64) -> bool {
        tables.iter().filter_map(|table| table.get(&hash)).any(|&file| file != self.file)
    }

    /// Some hours have passed: what was read before the last such call is forgotten.
    pub fn forget(&mut self) {
        for tables in [&mut self.whole, &mut self.heads] {
            tables[1] = std::mem::take(&mut tables[0]);
        }
    }
}

fn hash(bytes: &[u8]) -> u64 {
    FixedState::default().hash_one(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_repeated_only_by_another_file_and_for_a_while() {
        let mut seen = SeenRecords::default();
        seen.begin_file();
        assert!(!seen.is_repeated(b"a", true));
        assert!(!seen.is_repeated(b"a", true), "twice in one file is written twice");
        seen.begin_file();
        assert!(seen.is_repeated(b"a", true));
        assert!(!seen.is_repeated(b"b", true));
        seen.forget();
        seen.begin_file();
        assert!(seen.is_repeated(b"b", true));
        seen.forget();
        assert!(!seen.is_repeated(b"b", true));
    }

    #[test]
    fn a_cut_record_is_known_by_its_beginning_if_that_says_enough() {
        let record = vec![b'x'; 5000];
        let mut seen = SeenRecords::default();
        seen.begin_file();
        assert!(!seen.is_repeated(&record, true));
        seen.begin_file();
        assert!(seen.is_repeated(&record[..3000], false));
        assert!(seen.is_repeated(&record[..600], false));
        assert!(!seen.is_repeated(&record[..500], false));
    }
}
