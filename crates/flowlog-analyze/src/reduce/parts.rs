//! The details CSV while several workers write it: a part a group, joined in the order of groups,
//! so that the file does not depend on who was faster.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::export::{ExportError, Output};
use crate::render::csv_details::DetailsWriter;

/// Bytes copied at once.
const BLOCK: usize = 1 << 20;

/// The parts of a file to be. Those that are left when it is dropped are removed.
pub(super) struct Parts<'a> {
    output: &'a Output,
    count: usize,
    whole: bool,
}

impl<'a> Parts<'a> {
    /// So many parts of `output`.
    pub(super) fn new(output: &'a Output, count: usize) -> Self {
        Self { output, count, whole: false }
    }

    /// Who writes the part of this number. The first one begins with the header, and all others will follow it.
    pub(super) fn part(&self, number: usize) -> Result<DetailsWriter<File>, ExportError> {
        let file = self.told(new(&self.output.part(number)))?;
        Ok(if number == 0 { DetailsWriter::new(file) } else { DetailsWriter::part(file) })
    }

    /// Says which file it was that could not be written.
    pub(super) fn told<T>(&self, result: io::Result<T>) -> Result<T, ExportError> {
        result.map_err(|source| ExportError::Write { path: self.output.path().to_owned(), source })
    }

    /// Joins the parts; all is on the disk then, and waits for its name.
    pub(super) fn join(mut self) -> Result<(), ExportError> {
        let joined = self.append_all();
        self.whole = joined.is_ok();
        self.told(joined)
    }

    fn append_all(&self) -> io::Result<()> {
        let whole = self.output.whole();
        if self.count == 0 {
            DetailsWriter::new(new(&whole)?).finish()?;
        } else {
            fs::rename(self.output.part(0), &whole)?;
        }
        let mut out = OpenOptions::new().append(true).open(&whole)?;
        let mut block = vec![0; BLOCK];
        for number in 1..self.count {
            let part = self.output.part(number);
            append(&part, &mut out, &mut block)?;
            fs::remove_file(&part)?;
        }
        out.sync_all()
    }
}

/// The system's own copying (`io::copy`) takes twice the time of reading and writing.
fn append(part: &Path, out: &mut File, block: &mut [u8]) -> io::Result<()> {
    let mut part = File::open(part)?;
    loop {
        match part.read(block) {
            Ok(0) => return Ok(()),
            Ok(length) => out.write_all(block.get(..length).unwrap_or_default())?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
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
