//! The details CSV while several workers write it: a part a group, joined in the order of the groups,
//! so that the file does not depend on who was faster.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::render::csv_details::{DetailsWriter, HEADER};

/// The details CSV cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {source}", path.display())]
pub struct DetailsError {
    path: PathBuf,
    source: io::Error,
}

/// One group's rows.
pub(super) type Part = DetailsWriter<File>;

/// The file to be, and its parts. Parts that are left when it is dropped are removed.
pub(super) struct Details {
    path: PathBuf,
    groups: usize,
}

impl Details {
    /// Prepares the file at `path` with so many parts. Nothing but parts is written before [`Self::finish`].
    pub(super) fn create(path: &Path, groups: usize) -> Result<Self, DetailsError> {
        let details = Self { path: path.to_owned(), groups };
        // A folder that does not take files is better found now than after an hour of reading.
        named(details.joined(), |joined| File::create(joined))?;
        Ok(details)
    }

    pub(super) fn part(&self, group: usize) -> Result<Part, DetailsError> {
        named(self.part_path(group), |part| File::create(part)).map(Part::part)
    }

    /// Writes out what `part` still holds.
    pub(super) fn end_part(&self, group: usize, part: Part) -> Result<(), DetailsError> {
        named(self.part_path(group), |_| part.finish().map(drop))
    }

    /// Joins the parts behind a header and gives the file its name.
    pub(super) fn finish(self) -> Result<(), DetailsError> {
        named(self.joined(), |joined| {
            let mut out = File::create(joined)?;
            io::copy(&mut HEADER.as_bytes(), &mut out)?;
            for group in 0..self.groups {
                let part = self.part_path(group);
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

    fn part_path(&self, group: usize) -> PathBuf {
        self.beside(&format!("part{group}"))
    }

    fn beside(&self, extension: &str) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".");
        name.push(extension);
        name.into()
    }
}

/// Says which file the work failed on.
fn named<T>(path: PathBuf, work: impl FnOnce(&Path) -> io::Result<T>) -> Result<T, DetailsError> {
    work(&path).map_err(|source| DetailsError { path, source })
}

impl Drop for Details {
    fn drop(&mut self) {
        // Only names made here: after a success none is left, after a failure the rows are incomplete.
        for path in (0..self.groups).map(|group| self.part_path(group)).chain([self.joined()]) {
            fs::remove_file(path).ok();
        }
    }
}
