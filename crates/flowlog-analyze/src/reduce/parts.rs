//! A file of rows while several workers write it: a part a task, joined in the order of the tasks,
//! so that the file does not depend on who was faster.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// A file of rows cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {source}", path.display())]
pub struct PartsError {
    path: PathBuf,
    source: io::Error,
}

/// The file to be, and its parts. Parts that are left when it is dropped are removed.
pub(super) struct Parts {
    path: PathBuf,
    header: &'static str,
    count: usize,
}

impl Parts {
    /// Prepares the file at `path` with so many parts. Nothing but parts is written before [`Self::finish`].
    pub(super) fn create(path: &Path, header: &'static str, count: usize) -> Result<Self, PartsError> {
        let parts = Self { path: path.to_owned(), header, count };
        // A folder that does not take files is better found now than after an hour of reading.
        named(parts.joined(), |joined| File::create(joined))?;
        Ok(parts)
    }

    pub(super) fn part(&self, number: usize) -> Result<File, PartsError> {
        named(self.part_path(number), |part| File::create(part))
    }

    /// Says which part it was that could not be written.
    pub(super) fn told<T>(&self, number: usize, result: io::Result<T>) -> Result<T, PartsError> {
        named(self.part_path(number), |_| result)
    }

    /// Joins the parts behind the header and gives the file its name.
    pub(super) fn finish(self) -> Result<(), PartsError> {
        named(self.joined(), |joined| {
            let mut out = File::create(joined)?;
            io::copy(&mut self.header.as_bytes(), &mut out)?;
            for number in 0..self.count {
                let part = self.part_path(number);
                io::copy(&mut File::open(&part)?, &mut out)?;
                fs::remove_file(&part)?;
            }
            out.sync_all()?;
            fs::rename(joined, &self.path)
        })
    }

    fn joined(&self) -> PathBuf {
        self.beside("partial")
    }

    fn part_path(&self, number: usize) -> PathBuf {
        self.beside(&format!("part{number}"))
    }

    fn beside(&self, extension: &str) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".");
        name.push(extension);
        name.into()
    }
}

/// Says which file the work failed on.
fn named<T>(path: PathBuf, work: impl FnOnce(&Path) -> io::Result<T>) -> Result<T, PartsError> {
    work(&path).map_err(|source| PartsError { path, source })
}

impl Drop for Parts {
    fn drop(&mut self) {
        // Only names made here: after a success none is left, after a failure the rows are incomplete.
        for path in (0..self.count).map(|number| self.part_path(number)).chain([self.joined()]) {
            fs::remove_file(path).ok();
        }
    }
}
