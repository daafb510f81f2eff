//! Records that were read before from another file: copies of the same hour that overlap.
//!
//! An hour's blob grows for an hour. Whoever kept an early copy beside a later one has most of its
//! records twice, and an editor or `jq` writes the same records in other bytes. Azure writes a record once and
//! never changes it, so that a record of the same NIC, resource, time and tuples, in this order, is the same
//! record; the same tuple in two records of one file is not.

use std::hash::BuildHasher;

use hashbrown::HashMap;

use super::SEED;
use super::rows::Rows;

/// Hash of a record, or of its beginning, and the file it was first read from.
type Table = HashMap<u64, u32, foldhash::fast::RandomState>;

/// What is known of a record before it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// Nothing: it is new.
    New,
    /// Another file broke off inside it: its first so many tuples are known.
    Begun(u64),
    /// Another file holds it.
    Whole,
}

/// So many records are known at least before older ones are forgotten: those of one NIC in six weeks. Memory: 10 MB.
const MANY: usize = 1 << 16;

/// The records read of late from the files of one NIC.
#[derive(Debug, Default)]
pub struct SeenRecords {
    file: u32,
    now: Lately,
    /// Of the time before the last [`SeenRecords::forget`].
    before: Lately,
}

#[derive(Debug, Default)]
struct Lately {
    /// By the record's head: whether a closer look is worth while.
    heads: Table,
    /// By head and first tuple: a record that breaks off is known by them.
    begun: Table,
    /// By head and all tuples.
    whole: Table,
    /// By head, of records that broke off: file, number of tuples and their hash.
    cut: HashMap<u64, (u32, u64, u64), foldhash::fast::RandomState>,
}

impl SeenRecords {
    /// The records that follow are of another file.
    pub fn begin_file(&mut self) {
        self.file += 1;
        if self.now.heads.len() >= MANY {
            self.forget();
        }
    }

    /// Whether another file holds a record with this head, so that its tuples are to be looked at.
    pub(super) fn knows(&self, head: u64) -> bool {
        self.known(head, |lately| &lately.heads)
    }

    /// How many tuples of a record with this head broke off in another file.
    pub(super) fn cut_at(&self, head: u64) -> u64 {
        self.cut(head).map_or(0, |(_, count, _)| count)
    }

    /// What is known of the record with this head and these `rows`, which were marked at [`Self::cut_at`].
    pub(super) fn find(&self, head: u64, rows: &Rows, complete: bool) -> Known {
        let key = if complete { mix(head, rows.hash) } else { mix(head, rows.first) };
        if complete && self.known(key, |lately| &lately.whole) {
            return Known::Whole;
        }
        match self.cut(head) {
            Some((_, count, hash)) if rows.count >= count && rows.hash_at_mark == hash => Known::Begun(count),
            // Another file holds more of it.
            _ if !complete && self.known(key, |lately| &lately.begun) => Known::Whole,
            _ => Known::New,
        }
    }

    /// Keeps in mind a record that was read.
    pub(super) fn keep(&mut self, head: u64, rows: &Rows, complete: bool) {
        let (now, file) = (&mut self.now, self.file);
        now.heads.entry(head).or_insert(file);
        now.begun.entry(mix(head, rows.first)).or_insert(file);
        if complete {
            now.whole.entry(mix(head, rows.hash)).or_insert(file);
        } else if rows.count > 0 {
            now.cut.insert(head, (file, rows.count, rows.hash));
        }
    }

    fn known(&self, key: u64, table: impl Fn(&Lately) -> &Table) -> bool {
        [&self.now, &self.before]
            .into_iter()
            .filter_map(|lately| table(lately).get(&key))
            .any(|&file| file != self.file)
    }

    fn cut(&self, head: u64) -> Option<(u32, u64, u64)> {
        [&self.now, &self.before]
            .into_iter()
            .find_map(|lately| lately.cut.get(&head).copied())
            .filter(|&(file, ..)| file != self.file)
    }

    /// What was read before the last such call is forgotten.
    fn forget(&mut self) {
        self.before = std::mem::take(&mut self.now);
    }
}

/// What tells a NIC's records apart, as one number: MAC address, resource and time, however they are written.
pub(super) fn head(time_ms: i64, mac: &str, resource: &str) -> u64 {
    let mac = mac.replace([':', '-'], "").to_ascii_lowercase();
    SEED.hash_one((time_ms, mac, resource.to_ascii_lowercase()))
}

fn mix(head: u64, rows: u64) -> u64 {
    head ^ rows.rotate_left(32)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: u64 = 7;

    #[test]
    fn a_head_is_the_same_however_it_is_written() {
        let first = head(5, "000D3A000001", "/A/b");
        assert_eq!(head(5, "00-0d-3a-00-00-01", "/a/B"), first);
        for other in [
            head(6, "000D3A000001", "/A/b"),
            head(5, "000D3A000002", "/A/b"),
            head(5, "000D3A000001", "/A/c"),
        ] {
            assert_ne!(other, first);
        }
    }

    fn rows(texts: &[&str], mark: u64) -> Rows {
        let mut rows = Rows::marked(mark);
        for text in texts {
            rows.take(text.as_bytes());
        }
        rows
    }

    /// What a reader does with a record: looks, and keeps it if it is new.
    fn read(seen: &mut SeenRecords, texts: &[&str], complete: bool) -> Known {
        let rows = rows(texts, seen.cut_at(HEAD));
        let known = if seen.knows(HEAD) { seen.find(HEAD, &rows, complete) } else { Known::New };
        if known != Known::Whole {
            seen.keep(HEAD, &rows, complete);
        }
        known
    }

    #[test]
    fn a_record_is_repeated_only_by_another_file_and_for_a_while() {
        let mut seen = SeenRecords::default();
        seen.begin_file();
        assert_eq!(read(&mut seen, &["a", "b"], true), Known::New);
        assert_eq!(read(&mut seen, &["a", "b"], true), Known::New, "twice in one file is written twice");
        seen.begin_file();
        assert_eq!(read(&mut seen, &["a", "b"], true), Known::Whole);
        assert_eq!(read(&mut seen, &["b", "a"], true), Known::New, "the order is part of it");
        seen.forget();
        seen.begin_file();
        assert_eq!(read(&mut seen, &["b", "a"], true), Known::Whole);
        seen.forget();
        seen.forget();
        assert_eq!(read(&mut seen, &["b", "a"], true), Known::New);
    }

    #[test]
    fn a_cut_record_adds_nothing_to_the_whole_one_and_the_whole_one_only_its_rest() {
        let mut seen = SeenRecords::default();
        seen.begin_file();
        assert_eq!(read(&mut seen, &["a", "b"], false), Known::New);
        seen.begin_file();
        assert_eq!(read(&mut seen, &["a", "b", "c"], false), Known::Begun(2), "another cut, further on");
        seen.begin_file();
        assert_eq!(read(&mut seen, &["a"], false), Known::Whole);
        seen.begin_file();
        assert_eq!(read(&mut seen, &["a", "b", "c", "d"], true), Known::Begun(3));
        seen.begin_file();
        assert_eq!(read(&mut seen, &["a", "b", "c", "d"], true), Known::Whole);
        assert_eq!(read(&mut seen, &["a", "x"], true), Known::New, "another record of the same time");
    }
}
