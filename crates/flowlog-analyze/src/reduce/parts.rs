//! A file of rows while several workers write it: a part a task, joined in the order of the tasks,
//! so that the file does not depend on who was faster.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::export::{ExportError, Output};

/// The parts of a file to be. Those that are left when it is dropped are removed.
pub(super) struct Parts<'a> {
    output: &'a Output,
    header: &'static str,
    count: usize,
    whole: bool,
}

impl<'a> Parts<'a> {
    /// So many parts of `output`.
    pub(super) fn new(output: &'a Output, header: &'static str, count: usize) -> Self {
        Self { output, header, count, whole: false }
    }

    pub(super) fn part(&self, number: usize) -> Result<File, ExportError> {
        self.told(new(&self.output.part(number)))
    }

    /// Says which file it was that could not be written.
    pub(super) fn told<T>(&self, result: io::Result<T>) -> Result<T, ExportError> {
        result.map_err(|source| ExportError::Write { path: self.output.path().to_owned(), source })
    }

    /// Joins the parts behind the header; all is on the disk then, and waits for its name.
    pub(super) fn join(mut self) -> Result<(), ExportError> {
        let join = || {
            let mut out = new(&self.output.whole())?;
            io::copy(&mut self.header.as_bytes(), &mut out)?;
            for number in 0..self.count {
                let part = self.output.part(number);
                io::copy(&mut File::open(&part)?, &mut out)?;
                fs::remove_file(&part)?;
            }
            out.sync_all()
        };
        let joined = join();
        self.whole = joined.is_ok();
        self.told(joined)
    }
}

fn new(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

impl Drop for Parts<'_> {
    fn drop(&mut self) {
        let whole: Option<PathBuf> = (!self.whole).then(|| self.output.whole());
        for path in (0..self.count).map(|number| self.output.part(number)).chain(whole) {
            fs::remove_file(path).ok();
        }
    }
}
