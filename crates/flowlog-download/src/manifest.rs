//! What the download folder holds and where it came from: a crash-safe store in `.flowlog/`.
//!
//! Four tables. `growth`: source and blob -> the beginning of a blob that may grow. `blobs`: source and blob -> [`Entry`]. `paths`: lower-case local path -> the blob
//! that owns it. `claims`: temporary file -> what it is about to become. A claim is written before
//! the rename and removed with the entry's write after it, so that a run killed in between leaves
//! neither an unknown file nor a lost one: the next [`Manifest::open`] settles each claim.

use std::{
    collections::HashMap,
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
};

use redb::{
    Database, ReadableDatabase as _, StorageBackend as _, TableDefinition, backends::InMemoryBackend,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::error::{Failure, Kind};

/// Folder of the record and of temporary files, below the download folder.
pub(crate) const STATE_FOLDER: &str = ".flowlog";
const BLOBS: TableDefinition<'_, &str, &str> = TableDefinition::new("blobs-1");
const PATHS: TableDefinition<'_, &str, &str> = TableDefinition::new("paths-1");
const GROWTH: TableDefinition<'_, &str, &str> = TableDefinition::new("growth-1");
const CLAIMS: TableDefinition<'_, &str, &str> = TableDefinition::new("claims-1");

/// What is known of a blob that was fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Version fetched: `ETag`, or length and time of a file.
    pub version: String,
    /// Bytes of that version.
    pub length: u64,
    /// Local path below the download folder, `/` between its parts.
    pub path: String,
    /// The file at `path` is a later version of this blob, brought by another source.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub covered: bool,
    /// Digest of the bytes that were fetched ([`crate::digest::Content`]); records of older versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

/// The beginning of a blob as it was fetched: all blocks but the closing one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Growth {
    /// Version of the blob this was taken from.
    pub version: String,
    /// Blocks before the closing one.
    pub blocks: usize,
    /// SHA-256 of their ids and sizes, hex.
    pub list: String,
    /// Bytes of these blocks: where the closing block begins.
    pub data_end: u64,
    /// SHA-256 of the file's bytes up to `data_end`, hex.
    pub content: String,
}

/// A temporary file and the entry it becomes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claim {
    /// Name of the temporary file in `.flowlog/tmp`.
    pub temp: String,
    /// Source and blob.
    pub key: String,
    /// The entry once the file is in place.
    pub entry: Entry,
}

/// The open store; holding it holds the folder's lock.
#[derive(Debug)]
pub struct Manifest {
    root: PathBuf,
    db: Database,
    /// Held while the tree may be written; a look alone needs none where there is nothing yet.
    _lock: Option<File>,
}

/// The key of a blob of a source.
pub fn key(source: &str, id: &str) -> String {
    format!("{source}\n{id}")
}

impl Manifest {
    /// Opens or creates the store of a download folder, settles what a killed run left, and removes
    /// its temporary files. Fails clearly while another run has the folder.
    pub fn open(root: &Path) -> Result<Self, Failure> {
        let state = root.join(STATE_FOLDER);
        fs::create_dir_all(state.join("tmp")).map_err(|error| {
            failed(format!("cannot write to the download folder {}: {error}", root.display()))
        })?;
        let lock = take_lock(&state, root)?;
        let store = state.join("manifest.redb");
        let db = open_store(&state, &store).map_err(|error| {
            failed(format!("cannot open the download record {}: {error}", store.display()))
                .hint("if it is damaged, move it away: files already here are recognised by their content")
        })?;
        let manifest = Self { root: root.to_owned(), db, _lock: Some(lock) };
        manifest.settle().map_err(|error| store_error(&error))?;
        manifest.sweep().map_err(|error| failed(format!("cannot clean {}: {error}", state.display())))?;
        Ok(manifest)
    }

    /// Opens a copy of the store in memory, to look without changing anything on disk; an empty one
    /// where there is none.
    pub fn look(root: &Path) -> Result<Self, Failure> {
        let store = root.join(STATE_FOLDER).join("manifest.redb");
        let unreadable = |error: &dyn std::fmt::Display| {
            failed(format!("cannot read the download record {}: {error}", store.display()))
        };
        let (lock, content) = if store.exists() {
            let lock = take_lock(&root.join(STATE_FOLDER), root)?;
            (Some(lock), fs::read(&store).map_err(|error| unreadable(&error))?)
        } else {
            (None, Vec::new())
        };
        let memory = InMemoryBackend::new();
        memory
            .set_len(content.len() as u64)
            .and_then(|()| memory.write(0, &content))
            .map_err(|e| unreadable(&e))?;
        let db = Database::builder().create_with_backend(memory).map_err(|error| unreadable(&error))?;
        let manifest = Self { root: root.to_owned(), db, _lock: lock };
        manifest.settle().map_err(|error| store_error(&error))?;
        Ok(manifest)
    }

    /// The folder for files being fetched; on the same file system as the tree.
    pub fn temp_folder(&self) -> PathBuf {
        self.root.join(STATE_FOLDER).join("tmp")
    }

    /// The entries of a source, by blob id.
    pub fn entries(&self, source: &str) -> Result<HashMap<String, Entry>, Failure> {
        self.rows(BLOBS, source)
    }

    /// What is remembered of a source's growing blobs, by blob id.
    pub fn growths(&self, source: &str) -> Result<HashMap<String, Growth>, Failure> {
        self.rows(GROWTH, source)
    }

    fn rows<T: DeserializeOwned>(
        &self,
        table: TableDefinition<'_, &'static str, &'static str>,
        source: &str,
    ) -> Result<HashMap<String, T>, Failure> {
        let read = || -> Result<HashMap<String, T>, redb::Error> {
            let start = key(source, "");
            let mut rows = HashMap::new();
            let table = self.db.begin_read()?.open_table(table)?;
            for row in table.range(start.as_str()..)? {
                let (found, value) = row?;
                let Some(id) = found.value().strip_prefix(&start) else { break };
                if let Ok(value) = serde_json::from_str(value.value()) {
                    rows.insert(id.to_owned(), value);
                }
            }
            Ok(rows)
        };
        read().map_err(|error| store_error(&error))
    }

    /// The blob that owns a path, if any: its key and entry.
    pub fn owner(&self, path: &str) -> Result<Option<(String, Entry)>, Failure> {
        let read = || -> Result<Option<(String, Entry)>, redb::Error> {
            let transaction = self.db.begin_read()?;
            let paths = transaction.open_table(PATHS)?;
            let Some(owner) = paths.get(path.to_lowercase().as_str())? else { return Ok(None) };
            let blobs = transaction.open_table(BLOBS)?;
            let Some(entry) = blobs.get(owner.value())? else { return Ok(None) };
            // A blob that moved on (from `unknown/` to its hour) leaves its old row behind.
            let entry = serde_json::from_str::<Entry>(entry.value()).ok();
            let here = entry.filter(|entry| entry.path.eq_ignore_ascii_case(path) && !entry.covered);
            Ok(here.map(|entry| (owner.value().to_owned(), entry)))
        };
        read().map_err(|error| store_error(&error))
    }

    /// Announces renames; durable when this returns.
    pub fn claim(&self, claims: &[Claim]) -> Result<(), Failure> {
        let write = || -> Result<(), redb::Error> {
            let transaction = self.db.begin_write()?;
            {
                let mut table = transaction.open_table(CLAIMS)?;
                for claim in claims {
                    table.insert(claim.temp.as_str(), to_json(claim).as_str())?;
                }
            }
            Ok(transaction.commit()?)
        };
        write().map_err(|error| store_error(&error))
    }

    /// Records entries and what is remembered of growing blobs, and removes the claims of `temps`;
    /// durable when this returns.
    pub fn record(
        &self,
        entries: &[(String, Entry)],
        growths: &[(String, Growth)],
        temps: &[String],
    ) -> Result<(), Failure> {
        let write = || -> Result<(), redb::Error> {
            let transaction = self.db.begin_write()?;
            {
                let mut claims = transaction.open_table(CLAIMS)?;
                for temp in temps {
                    claims.remove(temp.as_str())?;
                }
                let mut table = transaction.open_table(GROWTH)?;
                for (key, growth) in growths {
                    table.insert(key.as_str(), to_json(growth).as_str())?;
                }
                let mut blobs = transaction.open_table(BLOBS)?;
                let mut paths = transaction.open_table(PATHS)?;
                for (key, entry) in entries {
                    blobs.insert(key.as_str(), to_json(entry).as_str())?;
                    if !entry.covered {
                        paths.insert(entry.path.to_lowercase().as_str(), key.as_str())?;
                    }
                }
            }
            Ok(transaction.commit()?)
        };
        write().map_err(|error| store_error(&error))
    }

    /// Turns claims whose rename happened into entries and forgets the others.
    fn settle(&self) -> Result<(), redb::Error> {
        let transaction = self.db.begin_write()?;
        {
            let mut claims = transaction.open_table(CLAIMS)?;
            let mut blobs = transaction.open_table(BLOBS)?;
            let mut paths = transaction.open_table(PATHS)?;
            // Reading needs every table to be there.
            transaction.open_table(GROWTH)?;
            while let Some((temp, value)) = claims.pop_first()? {
                let renamed = !self.temp_folder().join(temp.value()).exists();
                let Ok(claim) = serde_json::from_str::<Claim>(value.value()) else { continue };
                let target = fs::symlink_metadata(self.root.join(&claim.entry.path));
                if renamed && target.is_ok_and(|file| file.is_file() && file.len() == claim.entry.length) {
                    blobs.insert(claim.key.as_str(), to_json(&claim.entry).as_str())?;
                    paths.insert(claim.entry.path.to_lowercase().as_str(), claim.key.as_str())?;
                }
            }
        }
        Ok(transaction.commit()?)
    }

    /// Removes temporary files of killed runs: only names this tool gives, only in its own folder.
    fn sweep(&self) -> std::io::Result<()> {
        for file in fs::read_dir(self.temp_folder())? {
            let file = file?;
            if file.file_name().to_str().is_some_and(is_temp_name) && file.file_type()?.is_file() {
                fs::remove_file(file.path())?;
            }
        }
        Ok(())
    }
}

/// Opens the store; a new one gets its name only when it is whole: a run killed while it is being
/// created would leave a file that is no store and stops every later run.
fn open_store(state: &Path, store: &Path) -> Result<Database, redb::Error> {
    if !store.exists() {
        let new = state.join("manifest.redb.new");
        match fs::remove_file(&new) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => drop(Database::create(&new)?),
        }
        fs::rename(&new, store)?;
    }
    Ok(Database::create(store)?)
}

/// Name of the `number`th temporary file of this process.
pub fn temp_name(number: u64) -> String {
    format!("{}-{number}.part", std::process::id())
}

fn is_temp_name(name: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    name.strip_suffix(".part")
        .and_then(|stem| stem.split_once('-'))
        .is_some_and(|(process, number)| digits(process) && digits(number))
}

/// The operating system drops the lock with the process, however that ends.
fn take_lock(state: &Path, root: &Path) -> Result<File, Failure> {
    let path = state.join("lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|error| failed(format!("cannot open {}: {error}", path.display())))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(failed(format!("another run is writing to {}", root.display()))
            .hint("wait for it to end, or give another --download-path")),
        Err(TryLockError::Error(error)) => Err(failed(format!("cannot lock {}: {error}", path.display()))),
    }
}

fn to_json(value: &impl Serialize) -> String {
    // Strings and numbers always serialise.
    serde_json::to_string(value).unwrap_or_default()
}

fn failed(message: String) -> Failure {
    Failure::new(Kind::Failed, message)
}

fn store_error(error: &redb::Error) -> Failure {
    failed(format!("the download record cannot be read or written: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str, length: u64) -> Entry {
        Entry { version: "\"0x1\"".into(), length, path: path.into(), covered: false, content: None }
    }

    #[test]
    fn entries_survive_closing_and_belong_to_their_source() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let manifest = Manifest::open(dir.path()).expect("a new store");
        let rows =
            [(key("https://a/c", "x"), entry("d/X.json", 3)), (key("https://a/c2", "y"), entry("d/y", 4))];
        manifest.record(&rows, &[], &[]).expect("recorded");
        drop(manifest);
        let manifest = Manifest::open(dir.path()).expect("the same store");
        let entries = manifest.entries("https://a/c").expect("read");
        assert_eq!(entries, HashMap::from([("x".to_owned(), entry("d/X.json", 3))]));
        assert_eq!(manifest.owner("D/x.JSON").expect("read").expect("an owner").0, rows[0].0);
        assert_eq!(manifest.owner("d/z").expect("read"), None);
    }

    #[test]
    fn a_store_that_was_killed_while_new_is_made_anew() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let state = dir.path().join(STATE_FOLDER);
        fs::create_dir(&state).expect("a folder");
        fs::write(state.join("manifest.redb.new"), [0; 4096]).expect("half a store");
        Manifest::open(dir.path()).expect("a new store");
        assert!(!state.join("manifest.redb.new").exists());
    }

    #[test]
    fn a_second_run_on_the_folder_is_told_so() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let first = Manifest::open(dir.path()).expect("a new store");
        let second = Manifest::open(dir.path()).expect_err("locked");
        assert!(second.message.contains("another run"), "{second}");
        drop(first);
        Manifest::open(dir.path()).expect("free again");
    }

    #[test]
    fn a_claim_counts_only_if_its_rename_happened() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let manifest = Manifest::open(dir.path()).expect("a new store");
        let claim = |temp: &str, id: &str, path: &str| Claim {
            temp: temp.into(),
            key: key("s", id),
            entry: entry(path, 3),
        };
        let claims = [
            claim("1-1.part", "renamed", "r.json"),
            claim("1-2.part", "not", "n.json"),
            claim("1-3.part", "cut", "c.json"),
        ];
        manifest.claim(&claims).expect("claimed");
        fs::write(dir.path().join("r.json"), "abc").expect("a file");
        fs::write(dir.path().join("c.json"), "a").expect("a file");
        fs::write(manifest.temp_folder().join("1-2.part"), "abc").expect("a file");
        drop(manifest);
        let manifest = Manifest::open(dir.path()).expect("the same store");
        let entries = manifest.entries("s").expect("read");
        assert_eq!(entries.keys().collect::<Vec<_>>(), ["renamed"]);
    }

    #[test]
    fn only_our_own_temporary_files_are_swept() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let temp = Manifest::open(dir.path()).expect("a new store").temp_folder();
        for name in ["12-3.part", "notes.part", "12-3.json", "a-3.part"] {
            fs::write(temp.join(name), "x").expect("a file");
        }
        drop(Manifest::open(dir.path()).expect("the same store"));
        let mut left: Vec<_> =
            fs::read_dir(&temp).expect("the folder").map(|f| f.expect("a file").file_name()).collect();
        left.sort();
        assert_eq!(left, ["12-3.json", "a-3.part", "notes.part"]);
    }
}
