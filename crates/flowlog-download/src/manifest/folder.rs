//! The folder `.flowlog`: made, locked, swept, and taken away again where nothing came of it.

use std::{
    fs::{self, File, FileType, TryLockError},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{STATE_FOLDER, failed};
use crate::error::Failure;

/// Name of the store in the folder.
pub(super) const STORE: &str = "manifest.redb";

/// Extension of a store that is being made.
pub(super) const NEW: &str = "redb.new";

/// How often a lock that is taken is tried again, and how long after.
const LOCK_TRIES: u32 = 10;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// The state folder of a download folder, locked against other runs as long as this lives.
#[derive(Debug)]
pub(super) struct StateFolder {
    state: PathBuf,
    /// Folders this run made, the deepest first: `.flowlog` and those above it.
    made: Vec<PathBuf>,
    /// No store was here before.
    pub(super) fresh: bool,
    lock: Option<File>,
}

impl StateFolder {
    /// Makes the folder if it is not there, and locks it. Fails clearly while another run has it, and where
    /// something else than our own folders and files stands: a link would lead out of the tree, and
    /// opening a pipe would wait for ever.
    pub(super) fn open(root: &Path) -> Result<Self, Failure> {
        let state = root.join(STATE_FOLDER);
        let temp = state.join("tmp");
        is_plain(&state, FileType::is_dir, "folder")?;
        is_plain(&temp, FileType::is_dir, "folder")?;
        let made = state.ancestors().take_while(|path| fs::symlink_metadata(path).is_err());
        let made: Vec<PathBuf> = made.map(Path::to_owned).collect();
        fs::create_dir_all(&temp).map_err(|error| {
            failed(format!("cannot write to the download folder {}: {error}", root.display()))
        })?;
        let lock = take_lock(&state, root)?;
        let fresh = !is_plain(&state.join(STORE), FileType::is_file, "file")?;
        Ok(Self { state, made, fresh, lock: Some(lock) })
    }

    /// Locks the folder and makes nothing; `None` where there is no store.
    pub(super) fn look(root: &Path) -> Result<Option<Self>, Failure> {
        let state = root.join(STATE_FOLDER);
        is_plain(&state, FileType::is_dir, "folder")?;
        if !is_plain(&state.join(STORE), FileType::is_file, "file")? {
            return Ok(None);
        }
        let lock = take_lock(&state, root)?;
        Ok(Some(Self { state, made: Vec::new(), fresh: false, lock: Some(lock) }))
    }

    pub(super) fn store(&self) -> PathBuf {
        self.state.join(STORE)
    }

    pub(super) fn temp(&self) -> PathBuf {
        self.state.join("tmp")
    }

    /// Removes temporary files of killed runs: only names this tool gives, only in its own folder.
    pub(super) fn sweep(&self) -> Result<(), Failure> {
        let sweep = || -> io::Result<()> {
            for file in fs::read_dir(self.temp())? {
                let file = file?;
                if file.file_name().to_str().is_some_and(is_temp_name) && file.file_type()?.is_file() {
                    fs::remove_file(file.path())?;
                }
            }
            Ok(())
        };
        sweep().map_err(|error| failed(format!("cannot clean {}: {error}", self.state.display())))
    }

    /// Takes away what this run made, as far as nothing else is in it.
    pub(super) fn remove(&mut self) {
        // What cannot be removed stays: an empty folder is a nuisance, no harm.
        let store = self.store();
        let _ = fs::remove_file(store.with_extension(NEW));
        let _ = fs::remove_file(store);
        let _ = fs::remove_dir(self.temp());
        let _ = fs::remove_file(self.state.join("lock"));
        self.lock = None;
        let _ = fs::remove_dir(&self.state);
        for folder in self.made.iter().skip(1) {
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
    }
}

/// Whether something stands at `path`; an error if it is not what the tool puts there.
fn is_plain(path: &Path, wanted: fn(&FileType) -> bool, word: &str) -> Result<bool, Failure> {
    match fs::symlink_metadata(path) {
        Ok(standing) if wanted(&standing.file_type()) => Ok(true),
        Ok(standing) => {
            let what = if standing.is_symlink() { "is a link" } else { "is in the way" };
            Err(failed(format!("{} {what}: a {word} of the tool's own belongs there", path.display()))
                .hint("move it away and run again; the download folder itself may be a link"))
        }
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(false)
        }
        Err(error) => Err(failed(format!("cannot look at {}: {error}", path.display()))),
    }
}

/// The operating system drops the lock with the process, however that ends.
fn take_lock(state: &Path, root: &Path) -> Result<File, Failure> {
    let path = state.join("lock");
    is_plain(&path, FileType::is_file, "file")?;
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|error| failed(format!("cannot open {}: {error}", path.display())))?;
    // A child process that is being started has the locks of its parent for a moment, also of a parent that dropped them.
    for _ in 0..LOCK_TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
            Err(TryLockError::Error(error)) => {
                return Err(failed(format!("cannot lock {}: {error}", path.display())));
            }
        }
    }
    Err(failed(format!("another run is writing to {}", root.display()))
        .hint("wait for it to end, or give another --download-path"))
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

#[cfg(test)]
mod tests {
    use super::super::Manifest;
    use super::*;

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
    fn only_our_own_temporary_files_are_swept() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let manifest = Manifest::open(dir.path()).expect("a new store");
        let temp = manifest.temp_folder();
        for name in ["12-3.part", "notes.part", "12-3.json", "a-3.part"] {
            fs::write(temp.join(name), "x").expect("a file");
        }
        manifest.folder.as_ref().expect("a folder").sweep().expect("swept");
        let mut left: Vec<_> =
            fs::read_dir(&temp).expect("the folder").map(|f| f.expect("a file").file_name()).collect();
        left.sort();
        assert_eq!(left, ["12-3.json", "a-3.part", "notes.part"]);
    }

    #[test]
    fn where_nothing_came_of_it_nothing_is_left() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let root = dir.path().join("deep/tree");
        fs::write(dir.path().join("theirs"), "x").expect("a file");
        drop(Manifest::open(&root).expect("a new store"));
        let left: Vec<_> =
            fs::read_dir(dir.path()).expect("it").map(|f| f.expect("a file").file_name()).collect();
        assert_eq!(left, ["theirs"]);
        // A folder that was there stays, and so does one in which something else is.
        fs::create_dir_all(&root).expect("a folder");
        let manifest = Manifest::open(&root).expect("a new store");
        fs::write(manifest.temp_folder().join("theirs"), "x").expect("a file");
        drop(manifest);
        assert!(root.join(".flowlog/tmp/theirs").exists() && !root.join(".flowlog/manifest.redb").exists());
    }
}
