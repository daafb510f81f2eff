//! The file of one row a connection, written while pairs of hosts are gathered.

use std::io::{self, Write};

use flowlog_core::enrich::AddressBook;
use flowlog_core::state::{Gather, HostId, HostPair, Hosts, Sighting, Summary};

use super::sorted::{Keyed, Sorted};
use super::{ExportError, Output, folder_of};
use crate::render::connections::{ConnectionFormat, Row, columns, line, specs};
use crate::render::parquet::ParquetFile;

/// Takes connections in any order. What goes wrong is told at the end.
pub struct ConnectionLines<'s> {
    /// `None`: Parquet.
    format: Option<ConnectionFormat>,
    summary: &'s Summary,
    hosts: Hosts,
    book: &'s AddressBook,
    lines: Sorted<Keyed>,
    error: Option<io::Error>,
}

impl<'s> ConnectionLines<'s> {
    /// Of the file `output`.
    pub fn new(
        output: &Output,
        format: Option<ConnectionFormat>,
        summary: &'s Summary,
        book: &'s AddressBook,
    ) -> Self {
        let (hosts, lines) = (summary.hosts.beside(), Sorted::new(folder_of(output.path())));
        Self { format, summary, hosts, book, lines, error: None }
    }

    /// Writes all connections in order of time; all is on the disk then, and waits for its name.
    ///
    /// # Errors
    /// The file, or a temporary one, could not be written.
    pub fn finish(self, output: &Output) -> Result<(), ExportError> {
        output.write(|out| {
            if let Some(error) = self.error {
                return Err(error);
            }
            let Some(format) = self.format else {
                let mut file = ParquetFile::new(out, &specs(self.book), 1)?;
                self.lines.finish(|(_, line)| {
                    let row = Row::read(&line)?;
                    file.row(|cells| row.fill(cells, self.book))
                })?;
                return file.finish();
            };
            out.write_all(format.header(&columns(self.book)).as_bytes())?;
            self.lines.finish(|(_, line)| out.write_all(&line))
        })
    }
}

impl Gather for ConnectionLines<'_> {
    fn take(&mut self, _: &mut HostPair) {}

    fn connection(&mut self, sighting: &Sighting<HostId>, logs: usize) {
        if self.error.is_some() {
            return;
        }
        let line = line(sighting, logs, self.summary, &self.hosts, self.book, self.format);
        let written = line.and_then(|line| line.map_or(Ok(()), |keyed| self.lines.push(keyed)));
        self.error = written.err();
    }

    fn merge(&mut self, other: Self) {
        let appended = self.lines.append(other.lines);
        self.error = self.error.take().or(other.error).or(appended.err());
    }
}
