//! Proving a tree complete against its source: names, lengths, content where the service keeps a hash,
//! JSON closed. Nothing is fetched and nothing is changed.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{self, Read as _, Write},
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use azure_core::http::StatusCode;
use azure_storage_blob::{BlobContainerClient, models::BlobClientGetPropertiesResultHeaders as _};
use futures::{StreamExt as _, stream};
use indicatif::HumanCount;
use serde_json::{Value, json};

use crate::{
    digest::md5_of,
    error::{Failure, Kind, chain},
    listing::{Listed, Listing},
    manifest::Entry,
    place::{Relation, relation},
    progress::{amount, shown},
};

/// How many differences are listed one by one.
const SHOWN: usize = 20;

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
    /// Blobs whose file has the content that the service's hash, or the source file, says.
    pub by_content: u64,
    /// Blobs whose file has the recorded version's length; the service keeps no hash of them.
    pub by_length: u64,
    /// Blobs with the right content whose JSON is open in the source, too.
    pub broken_at_source: Vec<String>,
    /// Blobs downloaded once and no longer in the source; their files are kept.
    pub only_here: u64,
    /// What is wrong, in the order of the listing.
    pub findings: Vec<Finding>,
    /// Wall time.
    pub elapsed: Duration,
}

/// The MD5 that the service keeps of each blob it keeps one of.
pub async fn hashes(
    container: &BlobContainerClient,
    blobs: &[&Listed],
    at_once: usize,
) -> Result<HashMap<String, Vec<u8>>, Failure> {
    let asked = stream::iter(blobs.iter().map(|blob| blob.id.clone())).map(|id| async move {
        let properties = container.blob_client(&id).get_properties(None).await;
        properties.map(|properties| (id, properties.content_md5().ok().flatten()))
    });
    let mut asked = asked.buffer_unordered(at_once);
    let mut md5s = HashMap::new();
    while let Some(answer) = asked.next().await {
        match answer {
            Ok((id, Some(md5))) => {
                md5s.insert(id, md5);
            }
            Ok((_, None)) => {}
            // Deleted since it was listed: there is nothing left to compare with.
            Err(error) if error.http_status() == Some(StatusCode::NotFound) => {}
            Err(error) => {
                let told = format!("cannot ask for the properties of a blob: {}", chain(&error));
                return Err(Failure::new(Kind::Failed, told));
            }
        }
    }
    Ok(md5s)
}

/// How one blob's file was found right.
enum Right {
    Content { closed: bool },
    Length,
}

/// Compares every listed blob with the tree, on all cores.
pub fn verify<S: std::hash::BuildHasher + Sync>(
    listing: &Listing,
    known: &HashMap<String, Entry, S>,
    md5s: &HashMap<String, Vec<u8>, S>,
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
                    let result = check(blob, known.get(&blob.id), md5s.get(&blob.id), root);
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
            Ok(Right::Length) => verified.by_length += 1,
            Ok(Right::Content { closed }) => {
                verified.by_content += 1;
                if !closed {
                    verified.broken_at_source.push(blob.name.clone());
                }
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
    md5: Option<&Vec<u8>>,
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
        return Ok(Right::Length);
    }
    if metadata.len() != blob.length {
        let told = format!("{} has {} bytes, the blob {}", entry.path, metadata.len(), blob.length);
        return Err((Difference::Length, told));
    }
    let closed = is_closed(&path, &blob.name).map_err(unreadable)?;
    let same = match (md5, &blob.file) {
        (Some(md5), _) => Some(md5_of(&path).map_err(unreadable)?.as_slice() == md5.as_slice()),
        (None, Some(file)) => Some(relation(&path, file).map_err(unreadable)? == Relation::Same),
        (None, None) => None,
    };
    match same {
        Some(true) => Ok(Right::Content { closed }),
        Some(false) => Err((Difference::Content, format!("{} has other content than the blob", entry.path))),
        None if closed => Ok(Right::Length),
        None => {
            Err((Difference::Open, format!("{} ends inside its JSON: a bracket is not closed", entry.path)))
        }
    }
}

/// Whether every bracket of a JSON file is closed; files of other kinds have none.
fn is_closed(path: &Path, name: &str) -> io::Result<bool> {
    if !name.to_ascii_lowercase().ends_with(".json") {
        return Ok(true);
    }
    let (mut file, mut brackets) = (File::open(path)?, Brackets::default());
    let mut buffer = vec![0; 256 * 1024];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(brackets.depth == 0 && !brackets.in_text),
            Ok(read) => brackets.advance(buffer.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Counts brackets outside of texts. Whether the rest is JSON is the analyser's business.
#[derive(Default)]
struct Brackets {
    depth: i64,
    in_text: bool,
    escaped: bool,
}

impl Brackets {
    fn advance(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match (self.in_text, byte) {
                _ if self.escaped => self.escaped = false,
                (true, b'\\') => self.escaped = true,
                (_, b'"') => self.in_text = !self.in_text,
                (false, b'{' | b'[') => self.depth += 1,
                (false, b'}' | b']') => self.depth -= 1,
                _ => {}
            }
        }
    }
}

impl Verified {
    /// 0 if every blob's file is right, else 3.
    pub fn exit_code(&self) -> u8 {
        if self.findings.is_empty() { 0 } else { 3 }
    }

    /// Writes the result for people.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut line = |label: &str, text: String| writeln!(out, "{label:<11} {text}");
        line("Source", shown(&self.source))?;
        line("Tree", shown(&self.root.display().to_string()))?;
        line("Checked", amount(self.checked, self.bytes))?;
        line("Content", format!("{} proved the same", HumanCount(self.by_content)))?;
        line(
            "Length",
            format!(
                "{} of the right version and length; the service keeps no hash",
                HumanCount(self.by_length)
            ),
        )?;
        if self.only_here > 0 {
            line("Only here", format!("{} no longer in the source, kept", HumanCount(self.only_here)))?;
        }
        if !self.broken_at_source.is_empty() {
            let count = HumanCount(self.broken_at_source.len() as u64);
            line("Broken", format!("{count} whose JSON is not closed in the source either"))?;
        }
        line("Different", HumanCount(self.findings.len() as u64).to_string())?;
        line("Seconds", format!("{:.1}", self.elapsed.as_secs_f64()))?;
        if self.findings.is_empty() {
            return writeln!(out, "\nThe tree is complete");
        }
        writeln!(out, "\nDifferent (a run without --verify brings what is missing, outdated, gone or cut):")?;
        for finding in self.findings.iter().take(SHOWN) {
            writeln!(out, "  {}\n    {}", shown(&finding.name), shown(&finding.told))?;
        }
        match self.findings.len().saturating_sub(SHOWN) {
            0 => {}
            more => writeln!(out, "  and {} more; --format json lists all", HumanCount(more as u64))?,
        }
        if self.findings.iter().any(|finding| finding.difference == Difference::Content) {
            writeln!(
                out,
                "A file with other content is not fetched again by itself: remove it, then run again"
            )?;
        }
        Ok(())
    }

    /// The result for programs.
    pub fn to_json(&self) -> Value {
        let findings: Vec<Value> = self
            .findings
            .iter()
            .map(|f| json!({"name": f.name, "path": f.path, "difference": f.difference.word(), "reason": f.told}))
            .collect();
        json!({
            "kind": "verify",
            "outcome": if self.findings.is_empty() { "complete" } else { "different" },
            "exit_code": self.exit_code(),
            "source": self.source,
            "tree": self.root.display().to_string(),
            "checked": self.checked,
            "checked_bytes": self.bytes,
            "same_content": self.by_content,
            "same_length": self.by_length,
            "only_here": self.only_here,
            "broken_at_source": self.broken_at_source,
            "different": findings,
            "seconds": (self.elapsed.as_secs_f64() * 1000.0).round() / 1000.0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_end_is_seen_and_white_space_is_none() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("f");
        for (text, closed) in [
            ("{\"records\":[]}", true),
            ("{\"records\":[]}\r\n  ", true),
            ("{\"records\":[{}", false),
            ("{\"a\":\"]}\\\"", false),
            ("{\"a\":[1,", false),
            ("", true),
        ] {
            fs::write(&path, text).expect("written");
            assert_eq!(is_closed(&path, "x/PT1H.json").expect("readable"), closed, "{text}");
        }
        fs::write(&path, "binary").expect("written");
        assert!(is_closed(&path, "x/PT1H.json.gz").expect("readable"));
    }
}
