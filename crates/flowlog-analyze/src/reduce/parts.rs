//! A file of one row a tuple: its rows stand in the order of groups, so that it does not depend on who was faster.
//!
//! Where groups are read in turn, each is written behind the one before it. Several workers write a part a group each,
//! and the parts are joined, by which nearly all is written twice.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flowlog_core::enrich::AddressBook;

use super::details::Rows;
use crate::export::{ExportError, Output};
use crate::render::CsvStyle;
use crate::render::connections::ConnectionFormat;
use crate::render::csv_details::DetailsWriter;
use crate::render::tuples::TupleWriter;

/// What a file of one row a tuple looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TupleForm {
    /// The details CSV, which has the columns of the script.
    Details(CsvStyle),
    /// The columns of the other exports.
    Lines(ConnectionFormat),
}

/// A file of one row a tuple.
#[derive(Clone, Copy)]
pub struct TupleFile<'a> {
    /// Where it goes.
    pub output: &'a Output,
    /// What it looks like.
    pub form: TupleForm,
    /// What is known of the ends.
    pub book: &'a Arc<AddressBook>,
}

impl TupleFile<'_> {
    /// Who writes a part of it, the first one or another.
    fn rows(&self, out: File, first: bool) -> Rows {
        match (self.form, first) {
            (TupleForm::Details(style), true) => Rows::Details(DetailsWriter::new(out, style)),
            (TupleForm::Details(style), false) => Rows::Details(DetailsWriter::part(out, style)),
            (TupleForm::Lines(format), true) => Rows::Lines(TupleWriter::new(out, format, self.book)),
            (TupleForm::Lines(format), false) => Rows::Lines(TupleWriter::part(out, format, self.book)),
        }
    }
}

/// Bytes copied at once.
const BLOCK: usize = 1 << 20;

/// The parts of a file to be. Those that are left when it is dropped are removed.
pub(super) struct Parts<'a> {
    file: TupleFile<'a>,
    count: usize,
    /// The groups are read one after the other, into one part.
    in_turn: bool,
    whole: bool,
}

impl<'a> Parts<'a> {
    /// Of so many groups of `file`.
    pub(super) fn new(file: TupleFile<'a>, groups: usize, in_turn: bool) -> Self {
        let count = if in_turn { groups.min(1) } else { groups };
        Self { file, count, in_turn, whole: false }
    }

    /// Who writes the group of this number. The first one begins with the header, and all others will follow it.
    pub(super) fn part(&self, number: usize) -> Result<Rows, ExportError> {
        let out = if self.in_turn && number > 0 {
            OpenOptions::new().append(true).open(self.file.output.part(0))
        } else {
            new(&self.file.output.part(number))
        };
        Ok(self.file.rows(self.told(out)?, number == 0))
    }

    /// Says which file it was that could not be written.
    pub(super) fn told<T>(&self, result: io::Result<T>) -> Result<T, ExportError> {
        result.map_err(|source| ExportError::Write { path: self.file.output.path().to_owned(), source })
    }

    /// Joins the parts; all is on the disk then, and waits for its name.
    pub(super) fn join(mut self) -> Result<(), ExportError> {
        let joined = self.append_all();
        self.whole = joined.is_ok();
        self.told(joined)
    }

    fn append_all(&self) -> io::Result<()> {
        let whole = self.file.output.whole();
        if self.count == 0 {
            self.file.rows(new(&whole)?, true).finish()?;
        } else {
            fs::rename(self.file.output.part(0), &whole)?;
        }
        let mut out = OpenOptions::new().append(true).open(&whole)?;
        let mut block = vec![0; BLOCK];
        for number in 1..self.count {
            let part = self.file.output.part(number);
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
        let whole: Option<PathBuf> = (!self.whole).then(|| self.file.output.whole());
        for path in (0..self.count).map(|number| self.file.output.part(number)).chain(whole) {
            fs::remove_file(path).ok();
        }
    }
}
