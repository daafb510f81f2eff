//! Giving fetched files their final names, in batches, so that no crash leaves a wrong tree.
//!
//! One place does all of it, one batch after the other: two blobs cannot take one path, and a batch
//! costs two syncs of the store instead of two a blob.

use std::{
    collections::HashSet,
    fs::{self, File, Metadata},
    io::{self, BufReader, Read},
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use flowlog_core::blob_path::{Form, LocalName, PEEK_BYTES, first_record_time};

use crate::{
    error::Failure,
    fetch::Fetched,
    listing::version_of,
    manifest::{Claim, Entry, Manifest, key},
};

/// Bytes of the closing `]}` that a grown blob no longer has in the same place.
const CLOSER: u64 = 2;

/// Places files into the tree of one manifest.
pub struct Placer {
    /// Record of the download folder.
    pub manifest: Arc<Manifest>,
    /// Download folder.
    pub root: PathBuf,
    /// Name of the source in the manifest.
    pub source: String,
    /// Remove a source file once its copy is recorded.
    pub move_files: bool,
}

/// How one blob ended.
#[derive(Debug)]
pub struct Placed {
    /// Blob name.
    pub name: String,
    /// Bytes.
    pub length: u64,
    /// Why it has no file, if it has none.
    pub error: Option<String>,
}

/// What is to happen with one fetched file.
enum Step {
    /// Take this path, over our own older file if there is one. A blob of another source whose
    /// older content stood there loses the path.
    Rename { path: String, loser: Option<(String, Entry)> },
    /// The same bytes are there, or later ones of the same blob.
    Leave { path: String, covered: bool },
}

impl Placer {
    /// Places a batch. Fails only if the record cannot be written.
    pub fn place(&self, batch: Vec<Fetched>) -> Result<Vec<Placed>, Failure> {
        let mut done = Vec::with_capacity(batch.len());
        let mut waiting = batch;
        while !waiting.is_empty() {
            waiting = self.place_some(waiting, &mut done)?;
        }
        Ok(done)
    }

    /// Places what does not collide within the batch and returns the rest.
    fn place_some(&self, batch: Vec<Fetched>, done: &mut Vec<Placed>) -> Result<Vec<Fetched>, Failure> {
        let (mut ready, mut waiting, mut taken) = (Vec::new(), Vec::new(), HashSet::new());
        for fetched in batch {
            match self.decide(&fetched)? {
                Err(reason) => done.push(ended(&fetched, Some(reason))),
                Ok(step) => {
                    let (Step::Rename { path, .. } | Step::Leave { path, .. }) = &step;
                    if taken.insert(path.to_lowercase()) {
                        ready.push((fetched, step));
                    } else {
                        waiting.push(fetched);
                    }
                }
            }
        }
        let claims: Vec<Claim> =
            ready.iter().filter_map(|(fetched, step)| self.claim(fetched, step)).collect();
        self.manifest.claim(&claims)?;
        let (mut entries, mut temps, mut finished) = (Vec::new(), Vec::new(), Vec::new());
        for (fetched, step) in ready {
            temps.push(fetched.temp.name.clone());
            if let Err(reason) = self.carry_out(&fetched, &step) {
                done.push(ended(&fetched, Some(reason)));
                continue;
            }
            let (path, covered) = match step {
                Step::Rename { path, loser } => {
                    entries.extend(loser.map(|(key, entry)| (key, Entry { covered: true, ..entry })));
                    (path, false)
                }
                Step::Leave { path, covered } => (path, covered),
            };
            entries.push((key(&self.source, &fetched.job.blob.id), entry(&fetched, path, covered)));
            finished.push(fetched);
        }
        let remember =
            |fetched: &Fetched| Some((key(&self.source, &fetched.job.blob.id), fetched.growth.clone()?));
        let growths: Vec<_> = finished.iter().filter_map(remember).collect();
        self.manifest.record(&entries, &growths, &temps)?;
        for fetched in finished {
            done.push(ended(&fetched, None));
            self.after(fetched, &entries);
        }
        Ok(waiting)
    }

    fn claim(&self, fetched: &Fetched, step: &Step) -> Option<Claim> {
        let Step::Rename { path, .. } = step else { return None };
        let temp = fetched.temp.name.clone();
        let key = key(&self.source, &fetched.job.blob.id);
        Some(Claim { temp, key, entry: entry(fetched, path.clone(), false) })
    }

    /// Finds the file's path. The inner error is this blob's own.
    fn decide(&self, fetched: &Fetched) -> Result<Result<Step, String>, Failure> {
        let me = key(&self.source, &fetched.job.blob.id);
        let mut name = LocalName::new(&fetched.job.blob.name);
        if !name.has_time() {
            name = name.or_time(peek(&fetched.temp.path).ok().and_then(|start| first_record_time(&start)));
        }
        let candidates = match fetched.job.kept_path().filter(|path| is_inside(path)) {
            Some(path) => vec![path.to_owned()],
            None => vec![name.path(fetched.job.form, &self.source), name.path(Form::Apart, &self.source)],
        };
        for path in candidates {
            let target = self.root.join(&path);
            if let Some(link) = link_above(&self.root, &path) {
                return Ok(Err(leads_out(&link)));
            }
            let standing = match fs::symlink_metadata(&target) {
                Ok(metadata) => Some(metadata),
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                Err(error) => return Ok(Err(format!("cannot look at {}: {error}", target.display()))),
            };
            let owner = self.manifest.owner(&path)?;
            let decided = decide_one(fetched, &me, path, &target, standing.as_ref(), owner);
            if let Some(step) = decided.transpose() {
                return Ok(step);
            }
        }
        Ok(Err("two other blobs have this blob's paths".to_owned()))
    }

    fn carry_out(&self, fetched: &Fetched, step: &Step) -> Result<(), String> {
        let Step::Rename { path, .. } = step else { return Ok(()) };
        let target = self.root.join(path);
        let parent = target.parent().unwrap_or(&self.root);
        fs::create_dir_all(parent).map_err(|error| format!("cannot create {}: {error}", parent.display()))?;
        fs::rename(&fetched.temp.path, &target)
            .map_err(|error| format!("cannot write {}: {error}", target.display()))
    }

    /// Once the record is safe: a moved source goes, and so does our own older copy in `unknown/`.
    fn after(&self, fetched: Fetched, entries: &[(String, Entry)]) {
        let job = &fetched.job;
        let me = key(&self.source, &job.blob.id);
        let entry = entries.iter().rev().find(|(key, _)| *key == me).map(|(_, entry)| entry);
        let covered = entry.is_some_and(|entry| entry.covered);
        if let (Some(prior), Some(entry)) = (&job.prior, entry)
            && !prior.covered
            && prior.path != entry.path
            && is_inside(&prior.path)
            && link_above(&self.root, &prior.path).is_none()
        {
            remove_if(&self.root.join(&prior.path), |file| file.len() == prior.length);
        }
        if let Some(file) = job.blob.file.as_deref().filter(|_| self.move_files && !covered) {
            remove_if(file, |metadata| version_of(metadata) == fetched.version);
        }
        // Renamed or not needed: what is left under the temporary name goes with the guard.
        drop(fetched.temp);
    }
}

/// What to do about one path; `None` means: try the next one.
fn decide_one(
    fetched: &Fetched,
    me: &str,
    path: String,
    target: &Path,
    standing: Option<&Metadata>,
    owner: Option<(String, Entry)>,
) -> Result<Option<Step>, String> {
    let unreadable = |error: io::Error| format!("cannot read {}: {error}", target.display());
    match (standing, owner) {
        (Some(file), _) if !file.is_file() => {
            Err(format!("{} is in the way: it is not a file", target.display()))
        }
        (_, Some((owner, _))) if owner == me => Ok(Some(Step::Rename { path, loser: None })),
        (None, None) => Ok(Some(Step::Rename { path, loser: None })),
        (None, Some(loser)) => Ok(Some(Step::Rename { path, loser: Some(loser) })),
        (Some(_), None) => match relation(target, &fetched.temp.path).map_err(unreadable)? {
            Relation::Same => Ok(Some(Step::Leave { path, covered: false })),
            _ => Err(format!(
                "{} is in the way: it was not written by this tool and differs; move it away and run again",
                target.display()
            )),
        },
        (Some(_), Some(loser)) => match relation(target, &fetched.temp.path).map_err(unreadable)? {
            Relation::Same | Relation::Later => Ok(Some(Step::Leave { path, covered: true })),
            Relation::Earlier => Ok(Some(Step::Rename { path, loser: Some(loser) })),
            Relation::Different => Ok(None),
        },
    }
}

fn entry(fetched: &Fetched, path: String, covered: bool) -> Entry {
    let content = Some(fetched.content.clone());
    Entry { version: fetched.version.clone(), length: fetched.length, path, covered, content }
}

fn ended(fetched: &Fetched, error: Option<String>) -> Placed {
    Placed { name: fetched.job.blob.name.clone(), length: fetched.length, error }
}

fn remove_if(path: &Path, condition: impl Fn(&Metadata) -> bool) {
    // A file that cannot be removed stays: nothing is lost, and the next run may try again.
    if fs::symlink_metadata(path).is_ok_and(|file| file.is_file() && condition(&file)) {
        let _ = fs::remove_file(path);
    }
}

/// Whether a recorded path stays below the folder it is joined to.
fn is_inside(path: &str) -> bool {
    !path.is_empty() && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
}

/// The first folder between the tree's root and a file that is a link: what is written there would lie
/// outside the tree. (On Windows a junction is one, too.)
fn link_above(root: &Path, path: &str) -> Option<PathBuf> {
    let mut folder = root.to_owned();
    Path::new(path).parent()?.components().find_map(|part| {
        folder.push(part);
        fs::symlink_metadata(&folder).is_ok_and(|file| file.is_symlink()).then(|| folder.clone())
    })
}

fn leads_out(link: &Path) -> String {
    let to = fs::read_link(link).map_or_else(|_| "elsewhere".to_owned(), |to| to.display().to_string());
    format!(
        "{} is a link to {to}: nothing is written outside the tree; remove the link, or give the folder it leads to with --download-path",
        link.display()
    )
}

fn peek(path: &Path) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    File::open(path)?.take(PEEK_BYTES as u64).read_to_end(&mut start)?;
    Ok(start)
}

/// What a file that stands is to the one that comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// The same bytes.
    Same,
    /// The standing file is an earlier state of the same growing blob.
    Earlier,
    /// The standing file is a later state.
    Later,
    /// Something else.
    Different,
}

/// Compares two files as states of a blob that only grows, before its closing `]}`.
pub fn relation(standing: &Path, coming: &Path) -> io::Result<Relation> {
    let (old, new) = (File::open(standing)?, File::open(coming)?);
    let (old_length, new_length) = (old.metadata()?.len(), new.metadata()?.len());
    let common = common_start(BufReader::new(old), BufReader::new(new))?;
    let shorter = old_length.min(new_length);
    Ok(if old_length == new_length && common == old_length {
        Relation::Same
    } else if old_length == new_length || common.saturating_add(CLOSER) < shorter {
        Relation::Different
    } else if old_length < new_length {
        Relation::Earlier
    } else {
        Relation::Later
    })
}

fn common_start(mut one: impl Read, mut other: impl Read) -> io::Result<u64> {
    let (mut left, mut right) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    let mut common = 0u64;
    loop {
        let read = fill(&mut one, &mut left)?.min(fill(&mut other, &mut right)?);
        let same = left.iter().zip(&right).take(read).take_while(|(a, b)| a == b).count();
        common += same as u64;
        if same < read || read < left.len() {
            return Ok(common);
        }
    }
}

fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn related(standing: &[u8], coming: &[u8]) -> Relation {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let (old, new) = (dir.path().join("old"), dir.path().join("new"));
        fs::write(&old, standing).expect("a file");
        fs::write(&new, coming).expect("a file");
        relation(&old, &new).expect("readable files")
    }

    #[test]
    fn a_grown_blob_is_known_by_its_beginning() {
        assert_eq!(related(br#"{"records":[1]}"#, br#"{"records":[1,2]}"#), Relation::Earlier);
        assert_eq!(related(br#"{"records":[1,2]}"#, br#"{"records":[1]}"#), Relation::Later);
        assert_eq!(related(br#"{"records":[1]}"#, br#"{"records":[1]}"#), Relation::Same);
        assert_eq!(related(br#"{"records":[1]}"#, br#"{"records":[3]}"#), Relation::Different);
        assert_eq!(related(br#"{"records":[1]}"#, br#"{"records":[3,4,5]}"#), Relation::Different);
        assert_eq!(related(b"", b"x"), Relation::Earlier);
        let long = vec![b'x'; 200_000];
        assert_eq!(related(&long, &[&long[..], b"y"].concat()), Relation::Earlier);
    }

    #[test]
    fn paths_that_lead_out_are_not_inside() {
        assert!(is_inside("2025-01-01/00/x.json"));
        for path in ["", "../x", "/etc/x", "a/../../x"] {
            assert!(!is_inside(path), "{path}");
        }
    }
}
