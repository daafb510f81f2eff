//! Proving a tree complete against its source: names, versions, lengths, content, JSON closed. Nothing is
//! fetched into the tree and nothing is changed.
//!
//! Content is proved by the service's hash where it keeps one, by the source file, or, if asked for, by
//! reading the blob again. Else the digest of what was fetched proves that the file still holds it.

mod closed;
mod service;
mod tell;

use std::{
    collections::HashMap,
    fs,
    hash::BuildHasher,
    io,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

pub use service::{hashes, reread};

use self::closed::is_closed;
use crate::{
    digest::{content_of, md5_of},
    listing::{Archived, Listed, Listing, PassedOver},
    manifest::Entry,
    place::{Relation, relation},
};

/// What is wrong with one blob's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// Never downloaded.
    Missing,
    /// The blob has changed since it was downloaded.
    Outdated,
    /// The file is gone.
    Gone,
    /// The file has another length than the blob.
    Length,
    /// The file has the blob's length and other content.
    Content,
    /// The file cannot be read.
    Unreadable,
    /// The JSON does not end as JSON does, and no hash says that the blob is so.
    Open,
}

impl Difference {
    /// One word for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Outdated => "outdated",
            Self::Gone => "gone",
            Self::Length => "length",
            Self::Content => "content",
            Self::Unreadable => "unreadable",
            Self::Open => "open-json",
        }
    }
}

/// One blob whose file is not as it should be.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Blob name.
    pub name: String,
    /// Local path below the tree, if one is known.
    pub path: Option<String>,
    /// What is wrong.
    pub difference: Difference,
    /// The same in words.
    pub told: String,
}

/// A checked tree.
#[derive(Debug, Default)]
pub struct Verified {
    /// The container's address or the source folder.
    pub source: String,
    /// Where the tree is.
    pub root: PathBuf,
    /// Blobs compared.
    pub checked: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Blobs whose file has the content that the source has: by the service's hash, by its bytes read once
    /// more, or by the source file.
    pub by_content: u64,
    /// Of the others, blobs whose file still holds the bytes that came for this version, by the digest in
    /// the record.
    pub by_record: u64,
    /// Of the rest, blobs whose file has the recorded version's length: fetched before the record held
    /// digests, or covered by a later file of another source.
    pub by_length: u64,
    /// Blobs with the right content whose JSON is open in the source, too.
    pub broken_at_source: Vec<String>,
    /// Blobs downloaded once and no longer in the source; their files are kept.
    pub only_here: u64,
    /// What is in the source and was not asked for.
    pub passed: PassedOver,
    /// Blobs left out because their names do not tell what the filter asks about.
    pub left_out: u64,
    /// Blobs in the archive tier that are not here in the version the source has.
    pub archived: u64,
    /// Of these, blobs that are being rehydrated.
    pub rehydrating: u64,
    /// Whether these count as differences.
    pub strict: bool,
    /// What is wrong, in the order of the listing.
    pub findings: Vec<Finding>,
    /// Wall time.
    pub elapsed: Duration,
}

/// How one blob's file was found right.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Proof {
    /// With what the source has.
    Source,
    /// With the digest in the record.
    Record,
    /// Length and version alone.
    Length,
}

struct Right {
    proof: Proof,
    closed: bool,
}

/// What the service told of its blobs' contents, by blob id.
#[derive(Debug, Default)]
pub struct Told {
    /// The MD5s it keeps.
    pub md5s: HashMap<String, Vec<u8>>,
    /// Whether blobs that were read again have the same bytes as their files.
    pub reread: HashMap<String, bool>,
}

/// The blobs that the service keeps no hash of, each with its file, if the file may be this version.
pub fn to_reread<S: BuildHasher>(
    listing: &Listing,
    known: &HashMap<String, Entry, S>,
    told: &Told,
    root: &Path,
) -> Vec<(Listed, PathBuf)> {
    let current = |blob: &&Listed| {
        let entry = known.get(&blob.id).filter(|entry| !entry.covered && entry.version == blob.version)?;
        let path = root.join(&entry.path);
        let whole = fs::symlink_metadata(&path).is_ok_and(|file| file.is_file() && file.len() == blob.length);
        let readable = !listing.archived.contains_key(&blob.id);
        (whole && readable && !told.md5s.contains_key(&blob.id)).then(|| ((*blob).clone(), path))
    };
    listing.blobs.iter().filter_map(|blob| current(&blob)).collect()
}

/// Compares every listed blob with the tree, on all cores.
pub fn verify<S: BuildHasher + Sync>(
    listing: &Listing,
    known: &HashMap<String, Entry, S>,
    told: &Told,
    root: &Path,
) -> Verified {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(blob) = listing.blobs.get(number) else { return };
                    let result = check(blob, known.get(&blob.id), told, root);
                    results.lock().unwrap_or_else(PoisonError::into_inner).push((number, result));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(number, _)| *number);
    let mut verified =
        Verified { checked: listing.blobs.len() as u64, bytes: listing.bytes(), ..Verified::default() };
    for (number, result) in results {
        let Some(blob) = listing.blobs.get(number) else { continue };
        match result {
            Ok(right) => {
                match right.proof {
                    Proof::Source => verified.by_content += 1,
                    Proof::Record => verified.by_record += 1,
                    Proof::Length => verified.by_length += 1,
                }
                if !right.closed {
                    verified.broken_at_source.push(blob.name.clone());
                }
            }
            Err((Difference::Missing | Difference::Outdated, _))
                if listing.archived.contains_key(&blob.id) =>
            {
                verified.archived += 1;
                verified.rehydrating +=
                    u64::from(listing.archived.get(&blob.id) == Some(&Archived::Rehydrating));
            }
            Err((difference, told)) => {
                let path = known.get(&blob.id).map(|entry| entry.path.clone());
                verified.findings.push(Finding { name: blob.name.clone(), path, difference, told });
            }
        }
    }
    let listed: std::collections::HashSet<&str> = listing.blobs.iter().map(|blob| blob.id.as_str()).collect();
    verified.only_here = known.keys().filter(|id| !listed.contains(id.as_str())).count() as u64;
    verified
}

fn check(
    blob: &Listed,
    entry: Option<&Entry>,
    told: &Told,
    root: &Path,
) -> Result<Right, (Difference, String)> {
    let Some(entry) = entry else { return Err((Difference::Missing, "not downloaded".to_owned())) };
    if entry.version != blob.version {
        return Err((Difference::Outdated, "changed in the source since it was downloaded".to_owned()));
    }
    let path = root.join(&entry.path);
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => (Difference::Gone, format!("{} is gone", entry.path)),
        _ => (Difference::Unreadable, format!("{} cannot be read: {error}", entry.path)),
    };
    let metadata = fs::symlink_metadata(&path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err((Difference::Gone, format!("{} is no file", entry.path)));
    }
    if entry.covered {
        // The file is a later state of this blob, from another source; there is nothing to compare.
        return Ok(Right { proof: Proof::Length, closed: true });
    }
    if metadata.len() != blob.length {
        let told = format!("{} has {} bytes, the blob {}", entry.path, metadata.len(), blob.length);
        return Err((Difference::Length, told));
    }
    let closed = is_closed(&path, &blob.name).map_err(unreadable)?;
    let (same, proof) = content(blob, entry, told, &path).map_err(unreadable)?;
    match proof {
        Proof::Length if !closed => {
            Err((Difference::Open, format!("{} ends inside its JSON: a bracket is not closed", entry.path)))
        }
        _ if same => Ok(Right { proof, closed }),
        Proof::Record => {
            let told =
                format!("{} has other content than what was fetched: changed on this side", entry.path);
            Err((Difference::Content, told))
        }
        _ => Err((Difference::Content, format!("{} has other content than the blob", entry.path))),
    }
}

/// Whether the file has the right content, by the best proof there is.
fn content(blob: &Listed, entry: &Entry, told: &Told, path: &Path) -> io::Result<(bool, Proof)> {
    if let Some(md5) = told.md5s.get(&blob.id) {
        return Ok((md5_of(path)?.as_slice() == md5.as_slice(), Proof::Source));
    }
    if let Some(same) = told.reread.get(&blob.id) {
        return Ok((*same, Proof::Source));
    }
    if let Some(file) = &blob.file {
        return Ok((relation(path, file)? == Relation::Same, Proof::Source));
    }
    match &entry.content {
        Some(content) => Ok((content_of(path)? == *content, Proof::Record)),
        None => Ok((true, Proof::Length)),
    }
}
