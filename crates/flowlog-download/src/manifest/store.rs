//! redb behind one door: what a damaged file makes it do comes out as an error.
//!
//! A file is opened with redb's check of every page's checksum, so that damage is found before anything is
//! believed. What such a file can do to redb before or besides that is a panic; it is caught here, without
//! the message and backtrace that help nobody who is not its author.

use std::{
    cell::Cell,
    fs, io,
    panic::{self, AssertUnwindSafe},
    path::Path,
    sync::Once,
};

use redb::{Builder, Database, StorageBackend as _, StorageError, backends::InMemoryBackend};

use super::folder::NEW;

/// Why the store cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum StoreError {
    /// Its bytes are not what was written.
    #[error("{0}")]
    Damaged(String),
    /// The disk, or the system.
    #[error(transparent)]
    Failed(redb::Error),
}

impl From<redb::Error> for StoreError {
    fn from(error: redb::Error) -> Self {
        use io::ErrorKind::{InvalidData, UnexpectedEof};
        match error {
            redb::Error::Io(ref cause) if matches!(cause.kind(), InvalidData | UnexpectedEof) => {
                Self::Damaged(error.to_string())
            }
            // Whoever tells apart the tables of a file that passes its checks made it.
            redb::Error::Corrupted(_)
            | redb::Error::TableTypeMismatch { .. }
            | redb::Error::TypeDefinitionChanged { .. }
            | redb::Error::TableDoesNotExist(_)
            | redb::Error::TableIsMultimap(_)
            | redb::Error::TableIsNotMultimap(_)
            | redb::Error::RepairAborted => Self::Damaged(error.to_string()),
            _ => Self::Failed(error),
        }
    }
}

/// An open store.
#[derive(Debug)]
pub(super) struct Store(Option<Database>);

impl Store {
    /// Opens the store at `path`; a new one gets its name only when it is whole: a run killed while it is
    /// being created would leave a file that is no store and stops every later run.
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let new = path.with_extension(NEW);
        match fs::symlink_metadata(path) {
            // redb would make an empty file a new store, and nobody would hear of what is gone.
            Ok(file) if file.len() == 0 => return Err(StoreError::Damaged("it is empty".to_owned())),
            Ok(_) => {}
            Err(_) => guarded(|| {
                match fs::remove_file(&new) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                    _ => drop(Database::create(&new)?),
                }
                Ok(fs::rename(&new, path)?)
            })?,
        }
        let db = guarded(|| Ok(checked().open(path)?))?;
        Ok(Self(Some(db)))
    }

    /// Opens a copy in memory of a store's bytes; none are a new store.
    pub(super) fn in_memory(bytes: &[u8]) -> Result<Self, StoreError> {
        let db = guarded(|| {
            let memory = InMemoryBackend::new();
            memory.set_len(bytes.len() as u64)?;
            memory.write(0, bytes)?;
            Ok(checked().create_with_backend(memory)?)
        })?;
        Ok(Self(Some(db)))
    }

    /// Works on the open store.
    pub(super) fn with<T>(
        &self,
        work: impl FnOnce(&Database) -> Result<T, redb::Error>,
    ) -> Result<T, StoreError> {
        guarded(|| work(self.0.as_ref().ok_or(StorageError::DatabaseClosed)?))
    }

    /// Closes the store; later work fails.
    pub(super) fn close(&mut self) {
        let db = self.0.take();
        // Every commit was durable before it returned: closing has nothing left to lose.
        let _ = guarded(|| {
            drop(db);
            Ok(())
        });
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.close();
    }
}

fn checked() -> Builder {
    let mut builder = Builder::new();
    builder.set_check_integrity_on_open(true);
    builder
}

thread_local! {
    /// This thread is inside [`guarded`].
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work`, whose panics become errors and say nothing. redb works on the thread that calls it.
fn guarded<T>(work: impl FnOnce() -> Result<T, redb::Error>) -> Result<T, StoreError> {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let outside = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !GUARDED.get() {
                outside(info);
            }
        }));
    });
    GUARDED.set(true);
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(false);
    match result {
        Ok(result) => Ok(result?),
        Err(_) => Err(StoreError::Damaged("its pages contradict each other".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_inside_becomes_an_error_and_one_outside_stays() {
        let inside: Result<(), _> = guarded(|| panic!("inside"));
        assert!(matches!(inside, Err(StoreError::Damaged(_))));
        assert!(!GUARDED.get());
        assert!(panic::catch_unwind(|| panic!("outside, as it should")).is_err());
    }

    #[test]
    fn a_closed_store_answers_with_an_error() {
        let mut store = Store::in_memory(&[]).expect("a new store");
        store.close();
        assert!(matches!(store.with(|_| Ok(())), Err(StoreError::Failed(_))));
    }
}
