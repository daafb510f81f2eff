//! Tables: a line of names, then one row a line, with commas, semicolons or tabs between cells.

use std::cell::Cell;
use std::io::{self, Cursor, ErrorKind, Read};
use std::rc::Rc;

use csv::{ByteRecord, ReaderBuilder};

use super::column::{Column, is_wrapper};
use super::row::{MIN_RECORD, Row, Wrapped, short};
use super::{Found, Out, Shape, fields};
use crate::bytes::Faulty;
use crate::error::{InputError, InputErrorKind};
use crate::record::Sink;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// A line of names is no longer, in bytes.
const LONGEST_HEADER: usize = 64 << 10;
/// Nor is a row: quotation marks that are never closed must not fill the memory.
const LONGEST_ROW: u64 = 16 << 20;
/// A table has so many columns at least.
const FEWEST: usize = 3;

/// What an input begins with.
pub(in crate::record) enum Begin<R> {
    /// JSON, or what is told as none.
    Json(R),
    Table(R, Table),
    /// A table, of which nothing is understood; its columns.
    Other(Vec<String>),
}

/// The columns of a table.
pub(in crate::record) struct Table {
    delimiter: u8,
    columns: Vec<Meaning>,
    names: Vec<String>,
}

#[derive(Clone, Copy)]
enum Meaning {
    Column(Column),
    Wrapper,
    Nothing,
}

/// Looks at the first bytes, and at the first line if they are none of JSON.
pub(in crate::record) fn begin<R: Read>(mut reader: R) -> Begin<impl Read> {
    let mut head = Vec::new();
    let fault = loop {
        let text = head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&head);
        let first = text.iter().find(|byte| !byte.is_ascii_whitespace());
        let is_json = first.is_some_and(|first| b"{[,]}\"<".contains(first));
        let is_short = head.len() < LONGEST_HEADER && !(first.is_some() && has_line(text));
        if is_json || !is_short {
            break None;
        }
        let filled = head.len();
        head.resize(filled + (8 << 10), 0);
        let outcome = reader.read(head.get_mut(filled..).unwrap_or_default());
        head.truncate(filled + outcome.as_ref().map_or(0, |length| *length));
        match outcome {
            Ok(0) => break None,
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => break Some(error),
        }
    };
    let table = Table::of(&head);
    let whole = Cursor::new(head).chain(Faulty(fault).chain(reader));
    match table {
        Some(table) if table.is_understood() => Begin::Table(whole, table),
        Some(table) => Begin::Other(table.names),
        None => Begin::Json(whole),
    }
}

/// A whole line that says something, and the beginning of another one.
fn has_line(text: &[u8]) -> bool {
    memchr::memchr(b'\n', text.trim_ascii_start()).is_some()
}

impl Table {
    fn of(head: &[u8]) -> Option<Self> {
        let text = head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(head).trim_ascii_start();
        let line = text.split(|byte| *byte == b'\n').next()?;
        let line = std::str::from_utf8(line).ok()?.trim_end_matches('\r');
        let is_text =
            !line.starts_with(['{', '[', '<']) && !line.chars().any(|c| c.is_control() && c != '\t');
        if !is_text {
            return None;
        }
        let delimiter = [b',', b';', b'\t']
            .into_iter()
            .max_by_key(|delimiter| memchr::memchr_iter(*delimiter, line.as_bytes()).count())?;
        let mut reader =
            ReaderBuilder::new().has_headers(false).delimiter(delimiter).from_reader(line.as_bytes());
        let names = reader.records().next()?.ok()?;
        let names: Vec<&str> = names.iter().map(str::trim).collect();
        // A file may begin in the middle of a record.
        let is_name = |name: &&str| (1..=200).contains(&name.len()) && !name.contains(['{', '}', '"']);
        if names.len() < FEWEST || !names.iter().all(is_name) {
            return None;
        }
        let meaning = |name: &&str| match Column::of(name) {
            Some(column) => Meaning::Column(column),
            None if is_wrapper(name) => Meaning::Wrapper,
            None => Meaning::Nothing,
        };
        let columns = names.iter().map(meaning).collect();
        Some(Self { delimiter, columns, names: names.into_iter().map(short).collect() })
    }

    fn is_understood(&self) -> bool {
        let empty = std::iter::repeat_n(&b""[..], self.columns.len());
        Shape::of(&self.row(empty)).is_some()
            || self.columns.iter().any(|meaning| matches!(meaning, Meaning::Wrapper))
    }

    fn row<'t>(&self, cells: impl Iterator<Item = &'t [u8]>) -> Row<'t> {
        let mut row = Row::default();
        // A line that breaks off is a row without the rest.
        for (meaning, cell) in self.columns.iter().zip(cells.chain(std::iter::repeat(&b""[..]))) {
            let text = String::from_utf8_lossy(cell);
            match meaning {
                Meaning::Column(column) => row.set(*column, text),
                Meaning::Wrapper if text.len() > MIN_RECORD => row.wrapped.push(Wrapped::Text(text)),
                Meaning::Wrapper | Meaning::Nothing => {}
            }
        }
        row
    }

    /// Reads all rows. `out` is where they go, `wrapped` gets what a row passes on, with its offset. Returns where
    /// reading ended, and why if not at the end.
    pub(in crate::record) fn read<S: Sink, C>(
        &self,
        reader: impl Read,
        context: &mut C,
        out: impl Fn(&mut C) -> Out<'_, S>,
        wrapped: impl Fn(&mut C, &[Wrapped<'_>], &[String], u64),
    ) -> (u64, Option<InputError>) {
        let since = Rc::new(Cell::new(0));
        let reader = Limited { reader, since: Rc::clone(&since) };
        let mut rows = ReaderBuilder::new()
            .has_headers(true)
            .flexible(true)
            .delimiter(self.delimiter)
            .from_reader(reader);
        let mut line = ByteRecord::new();
        loop {
            let offset = rows.position().byte();
            match rows.read_byte_record(&mut line) {
                Ok(true) => {}
                Ok(false) => return (rows.position().byte(), None),
                Err(error) => {
                    let kind = match error.into_kind() {
                        csv::ErrorKind::Io(error) => InputErrorKind::Io(error),
                        other => InputErrorKind::Io(io::Error::other(format!("{other:?}"))),
                    };
                    let offset = rows.position().byte();
                    return (offset, Some(InputError { kind, offset }));
                }
            }
            since.set(0);
            let offset = line.position().map_or(offset, csv::Position::byte);
            let text = String::from_utf8_lossy(line.as_slice());
            let mut row = self.row(line.iter());
            row.find_tuple();
            match fields(row, &text, offset, &mut out(context)) {
                Found::Wrapped(records, _) => wrapped(context, &records, &self.names, offset),
                Found::Stranger(_) => wrapped(context, &[], &self.names, offset),
                Found::Row | Found::Native => {}
            }
        }
    }
}

/// Refuses to read on in a row without end.
struct Limited<R> {
    reader: R,
    /// Bytes read since the last whole row.
    since: Rc<Cell<u64>>,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.since.get() > LONGEST_ROW {
            return Err(io::Error::other(
                "a row of the table has more than 16 MiB (a quotation mark that is not closed?)",
            ));
        }
        let length = self.reader.read(out)?;
        self.since.set(self.since.get() + length as u64);
        Ok(length)
    }
}
