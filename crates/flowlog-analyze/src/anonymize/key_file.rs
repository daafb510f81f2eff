//! The file with the key.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use flowlog_core::anonymize::{BadKey, KEY_BYTES, Key};

/// A key file has 65 bytes; a file that is none need not be read to its end.
const LONGEST: u64 = 4096;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file holds something else.
    #[error("{} is no key file: {source}; to have one made, name a file that does not exist", path.display())]
    Bad {
        /// The file.
        path: PathBuf,
        /// What a key is.
        source: BadKey,
    },
    /// The file cannot be read.
    #[error("cannot read the key {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file cannot be made.
    #[error("cannot make the key {}: {source}", path.display())]
    Make {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The key in a file; `None` if there is no such file.
///
/// # Errors
/// It cannot be read, or holds something else.
pub(super) fn read(path: &Path) -> Result<Option<Key>, KeyError> {
    let failed = |source| KeyError::Read { path: path.to_owned(), source };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let mut bytes = Vec::new();
    file.take(LONGEST).read_to_end(&mut bytes).map_err(failed)?;
    let key = Key::parse(&String::from_utf8_lossy(&bytes));
    key.map(Some).map_err(|source| KeyError::Bad { path: path.to_owned(), source })
}

/// Makes a file with a random key, which nobody else may read. A file that is there meanwhile stays.
///
/// # Errors
/// There is no randomness, or the file cannot be written.
pub(super) fn make(path: &Path) -> Result<Key, KeyError> {
    let made = || {
        let mut bytes = [0; KEY_BYTES];
        getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
        let key = Key::new(bytes);
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        // A temporary file is its maker's alone to read, and so it stays.
        let mut file = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
        writeln!(file, "{}", key.to_hex())?;
        file.as_file().sync_all()?;
        file.persist_noclobber(path).map_err(|error| error.error)?;
        Ok(key)
    };
    made().map_err(|source| KeyError::Make { path: path.to_owned(), source })
}
