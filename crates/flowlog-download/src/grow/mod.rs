//! Blobs that grow: only what is new is asked for, the beginning is already here.
//!
//! Azure writes an hour's blob block by block, each minute's records in front of a closing block of
//! two bytes, `]}` (Microsoft Learn, "Read flow logs": block structure). What was read once stays
//! where it is; only the closing block moves. [`Growth`] remembers a blob's beginning; [`Growing`]
//! recognises it in the blob's block list and in the local file, so that one range request brings
//! the rest. Whatever does not fit is fetched whole.

mod splice;

use std::{
    collections::HashMap,
    fmt::Write as _,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use azure_storage_blob::{
    BlobClient,
    models::{BlobClientGetPropertiesResultHeaders as _, Block, BlockListType},
};
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};

pub use splice::Beginning;

use crate::{
    listing::{Filter, Hour, Hours, Verdict, quoted},
    manifest::Growth,
    plan::Job,
};

/// What closes a flow-log blob: a block of its own.
pub const CLOSING: &[u8] = b"]}";
/// An hour's blob still grows this long after the hour began.
const GROWS_FOR: TimeDelta = TimeDelta::hours(2);

/// A block's id, decoded, and behind it in pairs the block's bytes.
type BlockId = Vec<u8>;

/// A version of a blob and its committed blocks.
#[derive(Clone, Debug)]
pub struct Blocks {
    /// Version the list belongs to.
    pub version: String,
    /// Bytes of the blob.
    pub length: u64,
    list: Vec<(BlockId, u64)>,
}

impl Blocks {
    /// Asks for a blob's committed blocks. `None` if the answer does not add up: the blob was put in
    /// one piece, or the service tells no version or length.
    pub async fn fetch(client: &BlobClient) -> azure_core::Result<Option<Self>> {
        let answer = client.block_blob_client().get_block_list(BlockListType::Committed, None).await?;
        let headers = answer.headers();
        let header = |name: &'static str| headers.get_optional_string(&name.into());
        let version = header("etag").map(quoted);
        let length = header("x-ms-blob-content-length").and_then(|length| length.parse().ok());
        let list = answer.into_model()?.committed_blocks.unwrap_or_default();
        let blocks: Option<Vec<_>> = list.into_iter().map(block).collect();
        let (Some(version), Some(length), Some(list)) = (version, length, blocks) else { return Ok(None) };
        let whole = list.iter().try_fold(0u64, |sum, (_, size)| sum.checked_add(*size));
        Ok((whole == Some(length)).then_some(Self { version, length, list }))
    }

    /// The blocks before a closing block of two bytes, and their bytes together.
    fn before_closing(&self) -> Option<(&[(BlockId, u64)], u64)> {
        let (closing, data) = self.list.split_last()?;
        let ends = closing.1 == CLOSING.len() as u64 && !data.is_empty();
        ends.then(|| (data, self.length - closing.1))
    }

    /// Whether these blocks begin with the ones `growth` remembers, and end in a closing block.
    fn continues(&self, growth: &Growth) -> bool {
        let Some((data, _)) = self.before_closing() else { return false };
        let Some(beginning) = data.get(..growth.blocks) else { return false };
        beginning.iter().map(|(_, size)| size).sum::<u64>() == growth.data_end
            && digest_of_list(beginning) == growth.list
    }

    /// What to remember of the file at `path`, which is this version of the blob. Reads the file.
    pub fn growth(&self, path: &Path) -> Option<Growth> {
        let (data, data_end) = self.before_closing()?;
        let mut file = File::open(path).ok()?;
        let content = copy_start(&mut file, &mut io::sink(), data_end).ok()?;
        let mut closing = Vec::new();
        file.read_to_end(&mut closing).ok()?;
        (closing == CLOSING).then(|| Growth {
            version: self.version.clone(),
            blocks: data.len(),
            list: digest_of_list(data),
            data_end,
            content,
        })
    }
}

fn block(block: Block) -> Option<(BlockId, u64)> {
    Some((block.name?, u64::try_from(block.size?).ok()?))
}

/// Ids and sizes, each behind its length, so that no two lists look alike.
fn digest_of_list(list: &[(BlockId, u64)]) -> String {
    let mut hasher = Sha256::new();
    for (id, size) in list {
        hasher.update((id.len() as u64).to_le_bytes());
        hasher.update(id);
        hasher.update(size.to_le_bytes());
    }
    hex(&hasher.finalize())
}

/// Copies exactly `length` bytes and gives their SHA-256 in hex.
fn copy_start(from: &mut impl Read, to: &mut impl io::Write, length: u64) -> io::Result<String> {
    let mut hasher = Sha256::new();
    let (mut left, mut buffer) = (length, vec![0; 64 * 1024]);
    while left > 0 {
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let read = match from.read(buffer.get_mut(..most).unwrap_or_default()) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let bytes = buffer.get(..read).unwrap_or_default();
        hasher.update(bytes);
        to.write_all(bytes)?;
        left -= bytes.len() as u64;
    }
    Ok(hex(&hasher.finalize()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What is known of growing blobs, and how much it saved.
#[derive(Debug, Default)]
pub struct Growing {
    /// The download folder.
    root: PathBuf,
    /// Beginnings that are on disk, by blob id.
    known: HashMap<String, Growth>,
    /// Blobs whose beginning was here.
    spliced: AtomicU64,
    /// Bytes of these beginnings.
    kept: AtomicU64,
}

impl Growing {
    /// Knows what earlier runs remembered about blobs in the tree at `root`.
    pub fn new(root: PathBuf, known: HashMap<String, Growth>) -> Self {
        Self { root, known, ..Self::default() }
    }

    /// Whether the blob is one whose block list is worth a request: it grew before, or its name says
    /// that it still does.
    pub fn is_likely(job: &Job, now: DateTime<Utc>) -> bool {
        let lately = Hours::default().since(Hour::of(now.checked_sub_signed(GROWS_FOR).unwrap_or(now)));
        let filter = Filter { hours: lately, ..Filter::default() };
        let grew = job.prior.as_ref().is_some_and(|prior| !prior.covered && job.blob.length > prior.length);
        grew || filter.blob(&job.blob.name) == Verdict::Wanted
    }

    /// The beginning of the blob that is on disk, if `blocks` continue it.
    pub fn beginning(&self, job: &Job, blocks: &Blocks) -> Option<Beginning> {
        let prior = job.prior.as_ref().filter(|prior| !prior.covered)?;
        let growth = self.known.get(&job.blob.id).filter(|growth| growth.version == prior.version)?;
        let fits = growth.data_end.checked_add(CLOSING.len() as u64) == Some(prior.length);
        (fits && blocks.continues(growth))
            .then(|| Beginning { path: self.root.join(&prior.path), growth: growth.clone() })
    }

    /// A blob's beginning of so many bytes was here.
    pub fn saved(&self, bytes: u64) {
        self.spliced.fetch_add(1, Ordering::Relaxed);
        self.kept.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Blobs whose beginning was here, and its bytes.
    pub fn savings(&self) -> (u64, u64) {
        (self.spliced.load(Ordering::Relaxed), self.kept.load(Ordering::Relaxed))
    }
}

/// The version and length of a blob as it is now.
pub async fn properties(client: &BlobClient) -> azure_core::Result<(String, u64)> {
    let properties = client.get_properties(None).await?;
    let version = quoted(properties.etag().ok().flatten().map(String::from).unwrap_or_default());
    Ok((version, properties.content_length().ok().flatten().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(sizes: &[u64]) -> Blocks {
        let list: Vec<_> = (0u8..).zip(sizes).map(|(id, size)| (vec![id; 4], *size)).collect();
        Blocks { version: "v".into(), length: sizes.iter().sum(), list }
    }

    fn remembered(of: &Blocks, content: &[u8]) -> Option<Growth> {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), content).expect("written");
        of.growth(file.path())
    }

    #[test]
    fn a_beginning_is_recognised_by_ids_and_sizes() {
        let growth = remembered(&blocks(&[3, 4, 2]), b"{[:abcd]}").expect("a closing block");
        assert_eq!((growth.blocks, growth.data_end), (2, 7));
        let grown = |sizes: &[u64]| {
            let mut grown = blocks(sizes);
            grown.list.last_mut().expect("a block").0 = vec![9; 4];
            grown
        };
        assert!(grown(&[3, 4, 8, 2]).continues(&growth));
        assert!(grown(&[3, 4, 2]).continues(&growth));
        for other in [&[3, 5, 8, 2][..], &[4, 3, 8, 2], &[3, 4, 8], &[3, 2], &[2], &[]] {
            assert!(
                !Blocks { version: "w".into(), length: other.iter().sum(), ..blocks(other) }
                    .continues(&growth),
                "{other:?}"
            );
        }
        let mut renamed = grown(&[3, 4, 8, 2]);
        renamed.list[1].0 = vec![7; 4];
        assert!(!renamed.continues(&growth));
    }

    #[test]
    fn only_a_file_that_ends_in_the_closing_block_is_remembered() {
        assert_eq!(remembered(&blocks(&[3, 4, 2]), b"{[:abcd}}"), None);
        assert_eq!(remembered(&blocks(&[3, 4, 2]), b"{[:abcd]}x"), None);
        assert_eq!(remembered(&blocks(&[3, 4, 2]), b"{[:ab]}"), None);
        assert_eq!(remembered(&blocks(&[3, 4, 3]), b"{[:abcd]}x"), None);
        assert_eq!(remembered(&blocks(&[2]), b"]}"), None);
    }
}
