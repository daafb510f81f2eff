//! Chunks of rows on disk: in a temporary file, when memory has a limit, and in a written state.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
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
    /// What it is a part of.
    whole: Option<Arc<Self>>,
}

impl Budget {
    /// So many bytes, and temporary files in `folder` beyond them.
    pub fn new(limit: u64, folder: PathBuf) -> Arc<Self> {
        Arc::new(Self::of(limit, folder, None))
    }

    fn of(limit: u64, folder: PathBuf, whole: Option<Arc<Self>>) -> Self {
        Self { limit, folder, used: AtomicU64::new(0), written: AtomicU64::new(0), whole }
    }

    /// So many bytes for something else than the rows that are read: what is written then counts here, too.
    pub(super) fn beside(self: &Arc<Self>, limit: u64) -> Arc<Self> {
        Arc::new(Self::of(limit, self.folder.clone(), Some(Arc::clone(self))))
    }

    /// Everything in memory.
    pub fn unlimited() -> Arc<Self> {
        Self::new(u64::MAX, PathBuf::new())
    }

    /// Bytes written to temporary files up to now.
    pub fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Whether there were too many rows: gathering needs the memory that the last ones have.
    pub(super) fn has_begun(&self) -> bool {
        self.written() > 0
    }

    fn wrote(&self, bytes: u64) {
        self.written.fetch_add(bytes, Ordering::Relaxed);
        if let Some(whole) = &self.whole {
            whole.wrote(bytes);
        }
    }
}

/// A compressed chunk in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Packed {
    /// Place in the list of files.
    pub(super) file: u32,
    /// Rows in it, as its writer has said.
    pub(super) rows: u32,
    pub(super) offset: u64,
    /// Bytes in the file, and of the rows.
    pub(super) length: u32,
    pub(super) plain: u32,
    /// Of the bytes in the file (`XXH3`, 64 bits).
    pub(super) checksum: u64,
}

impl Packed {
    /// What stands at `offset` of the first file: so many rows of `plain` bytes, compressed to these `bytes`.
    pub(super) fn new(offset: u64, rows: u32, plain: u32, bytes: &[u8]) -> Self {
        let checksum = XxHash3_64::oneshot(bytes);
        Self { file: 0, rows, offset, length: count(bytes.len()), plain, checksum }
    }
}

/// A number of a chunk, which is small.
pub(super) fn count(number: impl TryInto<u32>) -> u32 {
    number.try_into().unwrap_or(u32::MAX)
}

/// Compresses a chunk to the end of `out`; LZ4, block format.
pub(super) fn pack(plain: &[u8], out: &mut Vec<u8>) {
    let begin = out.len();
    out.resize(begin + lz4_flex::block::get_maximum_output_size(plain.len()), 0);
    let room = out.get_mut(begin..).unwrap_or_default();
    // There is room for the worst case.
    let length = lz4_flex::block::compress_into(plain, room).unwrap_or_default();
    out.truncate(begin + length);
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

    /// Writes a chunk of so many rows. Nothing if that fails: then it stays in memory, and the failure is told by
    /// [`Self::finish`].
    ///
    /// In front of it stands where the chunk `before` it is: of a chain of chunks only the last one has to be known.
    pub(super) fn write(&mut self, plain: &[u8], rows: u32, before: Option<Packed>) -> Option<Packed> {
        if self.error.is_some() {
            return None;
        }
        self.packed.clear();
        // A list always has room.
        self.packed = postcard::to_extend(&before, std::mem::take(&mut self.packed)).unwrap_or_default();
        pack(plain, &mut self.packed);
        match self.append() {
            Ok(offset) => {
                self.budget.wrote(self.packed.len() as u64);
                Some(Packed::new(offset, rows, count(plain.len()), &self.packed))
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

    /// Reads the compressed bytes of a chunk, by way of `room`. Returns them, and the chunk before it in its chain.
    pub(super) fn read_packed<'r>(
        &self,
        packed: &Packed,
        room: &'r mut Vec<u8>,
    ) -> Result<(&'r [u8], Option<Packed>), SpillError> {
        room.resize(packed.length as usize, 0);
        let read = |room: &mut Vec<u8>| {
            let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            file.seek(SeekFrom::Start(packed.offset))?;
            file.read_exact(room)
        };
        read(room).map_err(|source| match &self.origin {
            FileOrigin::Temporary(folder) => SpillError::Temporary { folder: folder.clone(), source },
            FileOrigin::State(path) => SpillError::State { path: path.clone(), source },
        })?;
        if XxHash3_64::oneshot(room) != packed.checksum {
            return Err(self.damaged());
        }
        if let FileOrigin::State(_) = self.origin {
            return Ok((room, None));
        }
        let (before, bytes): (Option<Packed>, _) =
            postcard::take_from_bytes(room).map_err(|_| self.damaged())?;
        Ok((bytes, before.map(|before| Packed { file: packed.file, ..before })))
    }

    /// Reads a chunk's rows. Returns the chunk before it in its chain.
    pub(super) fn read(&self, packed: &Packed, out: &mut Vec<u8>) -> Result<Option<Packed>, SpillError> {
        let mut room = Vec::new();
        let (bytes, before) = self.read_packed(packed, &mut room)?;
        out.resize(packed.plain as usize, 0);
        match lz4_flex::block::decompress_into(bytes, out) {
            Ok(length) if length == packed.plain as usize => Ok(before),
            _ => Err(self.damaged()),
        }
    }

    fn damaged(&self) -> SpillError {
        SpillError::Damaged { path: self.path() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_chain_the_last_chunk_leads_to_all() {
        let folder = tempfile::tempdir().unwrap();
        let budget = Budget::new(0, folder.path().to_owned());
        let mut spill = Spill::new(&budget);
        let chunk = |n: u8| vec![n; 100 * usize::from(n)];
        let (mut even, mut odd) = (None, None);
        for n in 0..10 {
            let last = if n % 2 == 0 { &mut even } else { &mut odd };
            *last = Some(spill.write(&chunk(n), n.into(), *last).unwrap());
        }
        let file = spill.finish().unwrap().unwrap();
        let (mut found, mut room) = (Vec::new(), Vec::new());
        let mut next = odd.map(|last| Packed { file: 7, ..last });
        while let Some(packed) = next {
            next = file.read(&packed, &mut room).unwrap();
            assert_eq!((packed.file, packed.plain as usize), (7, room.len()));
            assert_eq!(room, chunk(u8::try_from(packed.rows).unwrap()));
            found.push(packed.rows);
        }
        assert_eq!(found, [9, 7, 5, 3, 1]);
        let other = Packed { checksum: odd.unwrap().checksum, ..even.unwrap() };
        assert!(matches!(file.read(&other, &mut room), Err(SpillError::Damaged { path: None })));
    }
}
