//! The rows of files, packed: there may be a million.

use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One input file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct FileRow {
    /// As found: `-` for standard input.
    pub path: String,
    /// Bytes read, after decompression.
    pub bytes: u64,
    pub records: u64,
    pub tuples: u64,
    pub malformed: u64,
    /// Of the malformed tuples, those in values that stand where a flow log has something else.
    pub misshapen: u64,
    /// Records passed over because another file held them before.
    pub repeated_records: u64,
    /// Bytes of records that break off and of what stands between records, which could not be read.
    pub left_out_bytes: u64,
    pub first_time_ms: Option<i64>,
    pub last_time_ms: Option<i64>,
    /// Why the file could not be read whole, or is no flow log; nothing if all is well.
    pub error: Option<String>,
}

impl FileRow {
    /// True if nothing could be read of a file that is not simply empty of flows. A file in an unexpected shape has
    /// been read: its rows are told one by one.
    pub fn is_nothing(&self) -> bool {
        self.error.is_some() && self.tuples == 0 && self.misshapen == 0
    }
}

/// Bytes of rows that are compressed as one.
const BLOCK: usize = 16 << 10;

/// Rows of files, in order. Azure's paths have 250 bytes that are mostly those of the path before: a row takes some 50
/// bytes, a seventh of a [`FileRow`].
#[derive(Clone, Default, PartialEq, Eq)]
pub struct FileRows {
    /// Full blocks, each compressed (LZ4).
    blocks: Vec<Box<[u8]>>,
    /// The one that is being filled.
    open: Vec<u8>,
    sums: FileSums,
}

/// Sums over files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileSums {
    /// Files.
    pub files: u64,
    /// Of which nothing could be read ([`FileRow::is_nothing`]).
    pub nothing: u64,
    /// With an error.
    pub errors: u64,
    /// Bytes read, after decompression.
    pub bytes: u64,
    /// Records read.
    pub records: u64,
    /// Tuples that could not be read.
    pub malformed: u64,
    /// Records passed over because another file held them before.
    pub repeated_records: u64,
}

impl FileSums {
    /// Not one of them is a flow log that could be read.
    pub fn is_nothing(&self) -> bool {
        self.nothing == self.files
    }

    fn add(&mut self, row: &FileRow) {
        self.files += 1;
        self.nothing += u64::from(row.is_nothing());
        self.errors += u64::from(row.error.is_some());
        self.bytes = self.bytes.saturating_add(row.bytes);
        self.records = self.records.saturating_add(row.records);
        self.malformed = self.malformed.saturating_add(row.malformed);
        self.repeated_records = self.repeated_records.saturating_add(row.repeated_records);
    }
}

impl FileRows {
    /// Adds a row behind the others.
    pub fn push(&mut self, row: &FileRow) {
        // A list always has room.
        self.open = postcard::to_extend(row, std::mem::take(&mut self.open)).unwrap_or_default();
        self.sums.add(row);
        if self.open.len() >= BLOCK {
            self.blocks.push(lz4_flex::compress_prepend_size(&self.open).into_boxed_slice());
            self.open.clear();
        }
    }

    /// Sums over all of them.
    pub fn sums(&self) -> &FileSums {
        &self.sums
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.sums.files
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of them, in order; each is unpacked.
    pub fn iter(&self) -> impl Iterator<Item = FileRow> {
        // What was packed here is whole.
        let unpacked = |block: &[u8]| lz4_flex::decompress_size_prepended(block).unwrap_or_default();
        let full = self.blocks.iter().flat_map(move |block| Unpacked::of(unpacked(block)));
        full.chain(Unpacked::of(self.open.clone()))
    }
}

/// The rows of a block.
struct Unpacked {
    bytes: Vec<u8>,
    done: usize,
}

impl Unpacked {
    fn of(bytes: Vec<u8>) -> Self {
        Self { bytes, done: 0 }
    }
}

impl Iterator for Unpacked {
    type Item = FileRow;

    fn next(&mut self) -> Option<FileRow> {
        let (row, rest) = postcard::take_from_bytes(self.bytes.get(self.done..)?).ok()?;
        self.done = self.bytes.len() - rest.len();
        Some(row)
    }
}

impl FromIterator<FileRow> for FileRows {
    fn from_iter<I: IntoIterator<Item = FileRow>>(rows: I) -> Self {
        let mut all = Self::default();
        rows.into_iter().for_each(|row| all.push(&row));
        all
    }
}

impl fmt::Debug for FileRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl Serialize for FileRows {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for FileRows {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Rows)
    }
}

/// Takes rows one by one.
struct Rows;

impl<'de> Visitor<'de> for Rows {
    type Value = FileRows;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rows of files")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<FileRows, A::Error> {
        let mut all = FileRows::default();
        while let Some(row) = rows.next_element()? {
            all.push(&row);
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(n: u64) -> FileRow {
        let path = format!(
            "logs/flowLogResourceID=/B9A59A75_NETWORKWATCHERRG/NETWORKWATCHER_WESTEUROPE_VNET-SHOP-FLOWLOG/y=2026/m=01/\
             d={:02}/h={:02}/m=00/macAddress=000D3A{:06X}/PT1H.json",
            n / 2400 % 28 + 1,
            n / 100 % 24,
            n * 7919 % 97
        );
        FileRow {
            path,
            bytes: n * 1_001,
            tuples: n,
            first_time_ms: Some(1_767_225_600_000 + i64::try_from(n).unwrap() * 36_000),
            error: (n.is_multiple_of(50)).then(|| "cut".to_owned()),
            ..FileRow::default()
        }
    }

    #[test]
    fn rows_come_back_as_they_were_in_a_fraction_of_their_bytes() {
        for number in [0, 1, 3_000] {
            let plain: Vec<FileRow> = (0..number).map(row).collect();
            let rows: FileRows = plain.iter().cloned().collect();
            assert_eq!(rows.len(), plain.len() as u64);
            assert_eq!(rows.sums().bytes, plain.iter().map(|row| row.bytes).sum::<u64>());
            assert_eq!(rows.sums().errors, plain.iter().filter(|row| row.error.is_some()).count() as u64);
            assert_eq!(rows.is_empty(), plain.is_empty());
            assert!(rows.iter().eq(plain.iter().cloned()));
            let json = serde_json::to_string(&rows).unwrap();
            assert_eq!(json, serde_json::to_string(&plain).unwrap());
            assert_eq!(serde_json::from_str::<FileRows>(&json).unwrap(), rows);
        }
        let rows: FileRows = (0..3_000).map(row).collect();
        let packed: usize = rows.blocks.iter().map(|block| block.len()).sum();
        assert!(packed / 3_000 < 60, "{} bytes a row", packed / 3_000);
    }
}
