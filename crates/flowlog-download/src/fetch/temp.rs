//! Temporary files, and getting them onto the disk.

use std::{
    fs::{self, File},
    io::{self, Seek as _, Write},
    path::{Path, PathBuf},
};

use futures::FutureExt as _;
use tokio::{
    runtime::Handle,
    task::{JoinHandle, spawn_blocking},
};

/// The disk begins with a file when so many bytes are new: a large blob would otherwise wait as long
/// again as it took to come.
const EARLY: u64 = 8 * 1024 * 1024;

/// A temporary file; dropping it removes what is still there under its name.
#[derive(Debug)]
pub struct TempFile {
    /// Its name in `.flowlog/tmp`.
    pub name: String,
    /// Its path.
    pub path: PathBuf,
}

impl Drop for TempFile {
    fn drop(&mut self) {
        // It fails for a file that was renamed into the tree; any other is swept by the next run.
        let _ = fs::remove_file(&self.path);
    }
}

/// A file that is being written. The disk works on its beginning while the rest still comes.
#[derive(Debug)]
pub(super) struct Draft {
    file: File,
    /// Bytes the disk was not told of yet.
    fresh: u64,
    /// The disk at work. What it says must be heard: the system tells of an error only once.
    syncing: Option<JoinHandle<io::Result<()>>>,
}

impl Draft {
    /// An empty file, in place of what may be there: never through a link. Needs a tokio runtime.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(Self { file: File::create_new(path)?, fresh: 0, syncing: None }),
        }
    }

    /// Nothing of it was right: begins again at the first byte.
    pub(super) fn rewind(&mut self) -> io::Result<()> {
        self.fresh = 0;
        self.file.set_len(0)?;
        self.file.rewind()
    }

    /// Waits, blocking, until all bytes are on the disk. Not on a thread of the runtime's own.
    pub(super) fn sync(mut self) -> io::Result<()> {
        if let Some(running) = self.syncing.take() {
            Handle::current().block_on(running)??;
        }
        // The bytes and the length; times and owner may follow later.
        self.file.sync_data()
    }

    fn sync_early(&mut self) -> io::Result<()> {
        if let Some(running) = &mut self.syncing {
            let Some(ended) = running.now_or_never() else { return Ok(()) };
            self.syncing = None;
            ended??;
        }
        let file = self.file.try_clone()?;
        self.fresh = 0;
        self.syncing = Some(spawn_blocking(move || file.sync_data()));
        Ok(())
    }
}

impl Write for Draft {
    /// Into the system's memory: that is fast, and what is slow happens elsewhere.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.fresh += written as u64;
        if self.fresh >= EARLY {
            self.sync_early()?;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_large_file_is_whole_though_the_disk_began_early_and_it_was_begun_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("draft");
        let mut draft = Draft::create(&path).unwrap();
        let piece = vec![b'x'; 1024 * 1024];
        for _ in 0..EARLY / piece.len() as u64 + 3 {
            draft.write_all(&piece).unwrap();
        }
        assert!(draft.syncing.is_some(), "the disk has begun");
        draft.rewind().unwrap();
        let right: Vec<u8> = (0..3 * EARLY).map(|at| (at / 1000 % 251) as u8).collect();
        for part in right.chunks(100_000) {
            draft.write_all(part).unwrap();
        }
        spawn_blocking(move || draft.sync()).await.unwrap().unwrap();
        assert!(fs::read(&path).unwrap() == right);
    }
}
