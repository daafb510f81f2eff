//! Chunks of rows on disk: in a temporary file, when memory has a limit, and in a written state.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use twox_hash::XxHash3_64;

/// Why rows on disk cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SpillError {
    /// A temporary file that cannot be made, written or read.
    #[error("cannot keep rows in a temporary file in {}: {source}", .folder.display())]
    Temporary {
        /// Where it is, or should be.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A written state that cannot be read.
    #[error("cannot read the state {}: {source}", .path.display())]
    State {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Bytes that are not those that were written.
    #[error("{} is damaged: its rows are not those that were written", .path.as_deref().map_or("a temporary file".into(), |path| path.display().to_string()))]
    Damaged {
        /// The written state; `None` if it is a temporary file.
        path: Option<PathBuf>,
    },
}

/// How many bytes of rows may be in memory, over all workers.
#[derive(Debug)]
pub struct Budget {
    /// Bytes; [`u64::MAX`] for no limit.
    pub limit: u64,
    /// Where temporary files go.
    pub folder: PathBuf,
    used: AtomicU64,
    written: AtomicU64,
}

impl Budget {
    /// So many bytes, and temporary files in `folder` beyond them.
    pub fn new(limit: u64, folder: PathBuf) -> Arc<Self> {
        Arc::new(Self { limit, folder, used: AtomicU64::new(0), written: AtomicU64::new(0) })
    }

    /// Everything in memory.
    pub fn unlimited() -> Arc<Self> {
        Self::new(u64::MAX, PathBuf::new())
    }

    /// Bytes written to temporary files up to now.
    pub fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }
}

/// A compressed chunk in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Packed {
    /// Place in the list of files.
    pub(super) file: usize,
    pub(super) offset: u64,
    /// Bytes in the file, and of the rows.
    pub(super) length: u32,
    pub(super) plain: u32,
    /// Of the bytes in the file (`XXH3`, 64 bits).
    pub(super) checksum: u64,
}

/// Compresses a chunk into `out`; LZ4, block format.
pub(super) fn pack(plain: &[u8], out: &mut Vec<u8>) -> Packed {
    out.resize(lz4_flex::block::get_maximum_output_size(plain.len()), 0);
    // There is room for the worst case.
    let length = lz4_flex::block::compress_into(plain, out).unwrap_or_default();
    out.truncate(length);
    let size = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    Packed { file: 0, offset: 0, length: size(out), plain: size(plain), checksum: XxHash3_64::oneshot(out) }
}

/// One worker's way to disk.
pub(super) struct Spill {
    budget: Arc<Budget>,
    file: Option<(File, u64)>,
    error: Option<SpillError>,
    packed: Vec<u8>,
}

impl Spill {
    pub(super) fn new(budget: &Arc<Budget>) -> Self {
        Self { budget: Arc::clone(budget), file: None, error: None, packed: Vec::new() }
    }

    /// How many bytes may be in memory.
    pub(super) fn limit(&self) -> u64 {
        self.budget.limit
    }

    /// So many bytes more are in memory. True if there are too many.
    pub(super) fn grow(&self, bytes: usize) -> bool {
        let before = self.budget.used.fetch_add(bytes as u64, Ordering::Relaxed);
        before.saturating_add(bytes as u64) > self.budget.limit
    }

    pub(super) fn shrink(&self, bytes: usize) {
        self.budget.used.fetch_sub(bytes as u64, Ordering::Relaxed);
    }

    /// Whether some worker has written to disk.
    pub(super) fn has_begun(&self) -> bool {
        self.budget.written() > 0
    }

    /// Writes a chunk. Nothing if that fails: then it stays in memory, and the failure is told by [`Self::finish`].
    pub(super) fn write(&mut self, plain: &[u8]) -> Option<Packed> {
        if self.error.is_some() {
            return None;
        }
        let packed = pack(plain, &mut self.packed);
        match self.append() {
            Ok(offset) => {
                self.budget.written.fetch_add(packed.length.into(), Ordering::Relaxed);
                Some(Packed { offset, ..packed })
            }
            Err(source) => {
                self.error = Some(SpillError::Temporary { folder: self.budget.folder.clone(), source });
                None
            }
        }
    }

    fn append(&mut self) -> io::Result<u64> {
        if self.file.is_none() {
            // The file has no name, so that nothing is left of it however the process ends.
            self.file = Some((tempfile::tempfile_in(&self.budget.folder)?, 0));
        }
        let Some((file, end)) = &mut self.file else { return Ok(0) };
        file.write_all(&self.packed)?;
        let offset = *end;
        *end += self.packed.len() as u64;
        Ok(offset)
    }

    /// The file, if there is one.
    pub(super) fn finish(self) -> Result<Option<Spilled>, SpillError> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(self.file.map(|(file, _)| Spilled {
                file: Mutex::new(file),
                origin: FileOrigin::Temporary(self.budget.folder.clone()),
            })),
        }
    }
}

/// A file of chunks that is only read.
#[derive(Debug)]
pub(super) struct Spilled {
    file: Mutex<File>,
    origin: FileOrigin,
}

#[derive(Debug)]
enum FileOrigin {
    /// In this folder.
    Temporary(PathBuf),
    State(PathBuf),
}

impl Spilled {
    /// The chunks of a written state.
    pub(super) fn state(file: File, path: PathBuf) -> Self {
        Self { file: Mutex::new(file), origin: FileOrigin::State(path) }
    }

    pub(super) fn path(&self) -> Option<PathBuf> {
        match &self.origin {
            FileOrigin::Temporary(_) => None,
            FileOrigin::State(path) => Some(path.clone()),
        }
    }

    /// Reads a chunk's bytes as they stand in the file.
    pub(super) fn read_packed(&self, packed: &Packed, out: &mut Vec<u8>) -> Result<(), SpillError> {
        out.resize(packed.length as usize, 0);
        let read = || {
            let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            file.seek(SeekFrom::Start(packed.offset))?;
            file.read_exact(out)
        };
        let mut read = read;
        read().map_err(|source| match &self.origin {
            FileOrigin::Temporary(folder) => SpillError::Temporary { folder: folder.clone(), source },
            FileOrigin::State(path) => SpillError::State { path: path.clone(), source },
        })?;
        if XxHash3_64::oneshot(out) == packed.checksum { Ok(()) } else { Err(self.damaged()) }
    }

    /// Reads a chunk's rows.
    pub(super) fn read(&self, packed: &Packed, out: &mut Vec<u8>) -> Result<(), SpillError> {
        let mut bytes = Vec::new();
        self.read_packed(packed, &mut bytes)?;
        out.resize(packed.plain as usize, 0);
        match lz4_flex::block::decompress_into(&bytes, out) {
            Ok(length) if length == packed.plain as usize => Ok(()),
            _ => Err(self.damaged()),
        }
    }

    fn damaged(&self) -> SpillError {
        SpillError::Damaged { path: self.path() }
    }
}
