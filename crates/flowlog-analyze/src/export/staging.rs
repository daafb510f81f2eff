//! Where a file grows before it has its name: a hidden folder beside it, `.NAME.flowlog-analyze`.
//!
//! A lock on a file in it says that its run lives; the system frees the lock with the process, however that
//! ends. Without the lock the folder is a dead run's, and the next run into the same place removes it. What
//! is removed is known by its name and by the text in the lock file; everything else stays.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use same_file::Handle;

use super::{ExportError, folder_of};

const SUFFIX: &str = ".flowlog-analyze";
const LOCK: &str = "lock";
const WHOLE: &str = "whole";
const PART: &str = "part";
/// What stands in the lock file.
const SIGNATURE: &str = "Parts of a file that flowlog-analyze has not finished. If no run is going on, the next one into this folder removes them.\n";
/// A sweep holds a lock for moments only: so often a claim tries again, and waits in between.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(10);

/// What is not finished yet, and goes when the run is told to end.
#[derive(Clone, Debug, Default)]
pub struct Unfinished(Arc<Mutex<State>>);

#[derive(Debug, Default)]
pub(super) struct State {
    folders: Vec<PathBuf>,
    abandoned: bool,
}

impl Unfinished {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the run from being abandoned while the guard lives.
    pub(super) fn running(&self) -> Result<MutexGuard<'_, State>, ExportError> {
        let state = self.state();
        if state.abandoned { Err(ExportError::Interrupted) } else { Ok(state) }
    }

    /// Removes everything that is unfinished; nothing is claimed or finished from now on. Returns how much there was.
    pub fn abandon(&self) -> usize {
        let mut state = self.state();
        state.abandoned = true;
        let folders = std::mem::take(&mut state.folders);
        for folder in &folders {
            // Workers may still be making parts; without the folder they cannot.
            for _ in 0..TRIES {
                if remove(folder) {
                    break;
                }
                thread::sleep(PAUSE);
            }
        }
        folders.len()
    }

    /// True from [`Self::abandon`] on: the process is about to end, and errors are its consequences.
    pub fn is_abandoned(&self) -> bool {
        self.state().abandoned
    }
}

/// A folder held by this run.
pub(super) struct Staging {
    folder: PathBuf,
    unfinished: Unfinished,
    /// Held as long as it is open.
    _lock: File,
}

impl Staging {
    /// Makes the folder for the file at `target`, or takes over a dead run's.
    pub(super) fn claim(target: &Path, unfinished: &Unfinished) -> Result<Self, ExportError> {
        let write = |source| ExportError::Write { path: target.to_owned(), source };
        let mut name = OsString::from(".");
        name.push(target.file_name().unwrap_or_default());
        name.push(SUFFIX);
        let folder = folder_of(target).join(name);
        let mut running = unfinished.running()?;
        for _ in 0..TRIES {
            match fs::create_dir(&folder) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(write(error)),
                _ => {}
            }
            match hold(&folder, true).map_err(write)? {
                Held::Mine { lock, inherited } => {
                    running.folders.push(folder.clone());
                    if inherited {
                        empty(&folder);
                    }
                    return Ok(Self { folder, unfinished: unfinished.clone(), _lock: lock });
                }
                Held::Gone => {}
                Held::Living => thread::sleep(PAUSE),
                Held::Foreign => return Err(ExportError::InTheWay(folder)),
            }
        }
        Err(ExportError::Busy(target.to_owned()))
    }

    pub(super) fn part(&self, number: usize) -> PathBuf {
        self.folder.join(format!("{PART}{number}"))
    }

    pub(super) fn whole(&self) -> PathBuf {
        self.folder.join(WHOLE)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        let mut state = self.unfinished.state();
        state.folders.retain(|folder| *folder != self.folder);
        if !state.abandoned {
            remove(&self.folder);
        }
    }
}

/// Removes what dead runs have left in `folder`, and returns how many files they had begun.
pub(super) fn sweep(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let mut swept = 0;
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.as_encoded_bytes();
        let ours = name.starts_with(b".") && name.ends_with(SUFFIX.as_bytes());
        // Not a link to a folder.
        if !ours || !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        let path = entry.path();
        match hold(&path, false) {
            Ok(Held::Mine { lock: _lock, .. }) => swept += u64::from(remove(&path)),
            // Killed before it had signed its lock; goes only if nothing is in it.
            Ok(Held::Gone) => drop(fs::remove_dir(&path)),
            Ok(Held::Living | Held::Foreign) | Err(_) => {}
        }
    }
    swept
}

/// Whose a folder is.
enum Held {
    /// This run's.
    Mine {
        /// Held as long as it is open.
        lock: File,
        /// A dead run had it before, and may have left parts.
        inherited: bool,
    },
    /// Another run's, which lives.
    Living,
    /// Not of this tool's making.
    Foreign,
    /// Nobody's: there is no lock file.
    Gone,
}

/// Takes the lock in `folder`; with `make`, the lock file is made if there is none.
fn hold(folder: &Path, make: bool) -> io::Result<Held> {
    let path = folder.join(LOCK);
    // What is in the way without being ours (a link, a pipe that would never open) is left alone.
    match fs::symlink_metadata(folder) {
        Ok(found) if found.is_dir() => {}
        Ok(_) => return Ok(Held::Foreign),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Held::Gone),
        Err(error) => return Err(error),
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    let (lock, new) = match fs::symlink_metadata(&path) {
        Ok(found) if found.is_file() => (options.open(&path), false),
        Ok(_) => return Ok(Held::Foreign),
        Err(error) if error.kind() == io::ErrorKind::NotFound && make => {
            (options.create_new(true).open(&path), true)
        }
        Err(error) => (Err(error), false),
    };
    let mut lock = match lock {
        Ok(lock) => lock,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Held::Gone),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(Held::Living),
        Err(error) => return Err(error),
    };
    match lock.try_lock() {
        Ok(()) => {}
        // On a file system without locks, having made the file is the claim, and nobody sweeps.
        Err(TryLockError::Error(_)) if new => {}
        Err(_) => return Ok(Held::Living),
    }
    // A sweep may have removed the file between opening and locking.
    let same = Handle::from_path(&path).ok().zip(Handle::from_file(lock.try_clone()?).ok());
    if same.is_none_or(|(path, lock)| path != lock) {
        return Ok(Held::Gone);
    }
    let mut text = String::new();
    (&mut lock).take(SIGNATURE.len() as u64 + 1).read_to_string(&mut text).ok();
    match text.as_str() {
        SIGNATURE => Ok(Held::Mine { lock, inherited: true }),
        // New, or of a run that was killed before it had written anything.
        "" if make => {
            lock.write_all(SIGNATURE.as_bytes())?;
            Ok(Held::Mine { lock, inherited: false })
        }
        "" => {
            fs::remove_file(&path)?;
            Ok(Held::Gone)
        }
        _ => Ok(Held::Foreign),
    }
}

/// Removes what a run puts into its folder, and then the folder, if it has nothing else in it. True if it is gone.
fn remove(folder: &Path) -> bool {
    empty(folder);
    fs::remove_file(folder.join(LOCK)).ok();
    fs::remove_dir(folder).is_ok() || !folder.exists()
}

/// Removes the parts in a folder that is held.
fn empty(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_file && (name == OsStr::new(WHOLE) || is_part(&name)) {
            fs::remove_file(entry.path()).ok();
        }
        // A folder of files: all in it was made by the run that held it.
        if name == OsStr::new(WHOLE) && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            fs::remove_dir_all(entry.path()).ok();
        }
    }
}

fn is_part(name: &OsStr) -> bool {
    let number = name.to_str().and_then(|name| name.strip_prefix(PART));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}
