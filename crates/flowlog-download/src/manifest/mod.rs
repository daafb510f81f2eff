//! What the download folder holds and where it came from: a crash-safe store in `.flowlog/`.
//!
//! Four tables. `growth`: source and blob -> the beginning of a blob that may grow. `blobs`: source and blob -> [`Entry`]. `paths`: lower-case local path -> the blob
//! that owns it. `claims`: temporary file -> what it is about to become. A claim is written before
//! the rename and removed with the entry's write after it, so that a run killed in between leaves
//! neither an unknown file nor a lost one: the next [`Manifest::open`] settles each claim.

mod damage;
mod folder;
mod store;

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use redb::{Database, ReadableDatabase as _, ReadableTableMetadata as _, TableDefinition};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use folder::StateFolder;
pub use folder::temp_name;
use store::{Store, StoreError};

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
    store: Store,
    /// Held while the tree may be written; a look alone needs none where there is nothing yet.
    folder: Option<StateFolder>,
}

/// The key of a blob of a source.
pub fn key(source: &str, id: &str) -> String {
    format!("{source}\n{id}")
}

impl Manifest {
    /// Opens or creates the store of a download folder, settles what a killed run left, and removes
    /// its temporary files. Fails clearly while another run has the folder. A folder that was made for this
    /// goes again with the [`Manifest`] if nothing was recorded.
    pub fn open(root: &Path) -> Result<Self, Failure> {
        let mut folder = StateFolder::open(root)?;
        let store = match Store::open(&folder.store()) {
            Ok(store) => store,
            Err(error) => {
                let failure = damage::explain(&error, root, &folder.store());
                if folder.fresh {
                    folder.remove();
                }
                return Err(failure);
            }
        };
        let manifest = Self { root: root.to_owned(), store, folder: Some(folder) };
        manifest.settle()?;
        manifest.folder.as_ref().map_or(Ok(()), StateFolder::sweep)?;
        Ok(manifest)
    }

    /// Opens a copy of the store in memory, to look without changing anything on disk; an empty one
    /// where there is none.
    pub fn look(root: &Path) -> Result<Self, Failure> {
        let folder = StateFolder::look(root)?;
        let store = match &folder {
            None => Store::in_memory(&[]),
            Some(folder) => {
                let path = folder.store();
                let content = fs::read(&path).map_err(|error| {
                    failed(format!("cannot read the download record {}: {error}", path.display()))
                })?;
                if content.is_empty() {
                    Err(StoreError::Damaged("it is empty".to_owned()))
                } else {
                    Store::in_memory(&content)
                }
            }
        };
        let path = root.join(STATE_FOLDER).join(folder::STORE);
        let store = store.map_err(|error| damage::explain(&error, root, &path))?;
        let manifest = Self { root: root.to_owned(), store, folder };
        manifest.settle()?;
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
        let start = key(source, "");
        let (rows, bad) = self.work(|db| {
            let (mut rows, mut bad) = (HashMap::new(), 0);
            let table = db.begin_read()?.open_table(table)?;
            for row in table.range(start.as_str()..)? {
                let (found, value) = row?;
                let Some(id) = found.value().strip_prefix(&start) else { break };
                match serde_json::from_str(value.value()) {
                    Ok(value) => drop(rows.insert(id.to_owned(), value)),
                    Err(_) => bad += 1,
                }
            }
            Ok((rows, bad))
        })?;
        match bad {
            0 => Ok(rows),
            _ => Err(damage::unreadable(bad, bad + rows.len() as u64, &self.path())),
        }
    }

    /// Keys and local paths of all blobs of all sources; of blobs that share a file, all.
    pub fn paths(&self) -> Result<Vec<(String, String)>, Failure> {
        self.work(|db| {
            let mut paths = Vec::new();
            for row in db.begin_read()?.open_table(BLOBS)?.range::<&str>(..)? {
                let (key, value) = row?;
                // `entries` tells of what cannot be read.
                if let Ok(entry) = serde_json::from_str::<Entry>(value.value()) {
                    paths.push((key.value().to_owned(), entry.path));
                }
            }
            Ok(paths)
        })
    }

    /// The blob that owns a path, if any: its key and entry.
    pub fn owner(&self, path: &str) -> Result<Option<(String, Entry)>, Failure> {
        self.work(|db| {
            let transaction = db.begin_read()?;
            let paths = transaction.open_table(PATHS)?;
            let Some(owner) = paths.get(path.to_lowercase().as_str())? else { return Ok(None) };
            let blobs = transaction.open_table(BLOBS)?;
            let Some(entry) = blobs.get(owner.value())? else { return Ok(None) };
            // A blob that moved on (from `unknown/` to its hour) leaves its old row behind.
            let entry = serde_json::from_str::<Entry>(entry.value()).ok();
            let here = entry.filter(|entry| entry.path.eq_ignore_ascii_case(path) && !entry.covered);
            Ok(here.map(|entry| (owner.value().to_owned(), entry)))
        })
    }

    /// Announces renames; durable when this returns.
    pub fn claim(&self, claims: &[Claim]) -> Result<(), Failure> {
        self.work(|db| {
            let transaction = db.begin_write()?;
            {
                let mut table = transaction.open_table(CLAIMS)?;
                for claim in claims {
                    table.insert(claim.temp.as_str(), to_json(claim).as_str())?;
                }
            }
            Ok(transaction.commit()?)
        })
    }

    /// Records entries and what is remembered of growing blobs, and removes the claims of `temps`;
    /// durable when this returns.
    pub fn record(
        &self,
        entries: &[(String, Entry)],
        growths: &[(String, Growth)],
        temps: &[String],
    ) -> Result<(), Failure> {
        self.work(|db| {
            let transaction = db.begin_write()?;
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
        })
    }

    /// Turns claims whose rename happened into entries and forgets the others.
    fn settle(&self) -> Result<(), Failure> {
        self.work(|db| {
            let transaction = db.begin_write()?;
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
                    if renamed && target.is_ok_and(|file| file.is_file() && file.len() == claim.entry.length)
                    {
                        blobs.insert(claim.key.as_str(), to_json(&claim.entry).as_str())?;
                        paths.insert(claim.entry.path.to_lowercase().as_str(), claim.key.as_str())?;
                    }
                }
            }
            Ok(transaction.commit()?)
        })
    }

    /// Nothing was ever recorded, nor announced.
    pub fn is_empty(&self) -> Result<bool, Failure> {
        self.work(|db| {
            let transaction = db.begin_read()?;
            Ok(transaction.open_table(BLOBS)?.is_empty()? && transaction.open_table(CLAIMS)?.is_empty()?)
        })
    }

    fn work<T>(&self, work: impl FnOnce(&Database) -> Result<T, redb::Error>) -> Result<T, Failure> {
        self.store.with(work).map_err(|error| damage::explain(&error, &self.root, &self.path()))
    }

    fn path(&self) -> PathBuf {
        self.root.join(STATE_FOLDER).join(folder::STORE)
    }
}

impl Drop for Manifest {
    fn drop(&mut self) {
        let empty = self.folder.as_ref().is_some_and(|folder| folder.fresh)
            && self.is_empty().is_ok_and(|empty| empty);
        self.store.close();
        if let Some(folder) = self.folder.as_mut().filter(|_| empty) {
            folder.remove();
        }
    }
}

fn to_json(value: &impl Serialize) -> String {
    // Strings and numbers always serialise.
    serde_json::to_string(value).unwrap_or_default()
}

fn failed(message: String) -> Failure {
    Failure::new(Kind::Failed, message)
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
}
