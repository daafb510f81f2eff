//! The files an analysis writes: their names, claimed before the long run; their contents, under their names
//! only when they are whole; and what is already there, which stays.

mod connections;
mod csv;
mod error;
mod hours;
mod output;
mod sorted;
mod staging;
mod tuples;

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flowlog_core::enrich::AddressBook;
use flowlog_core::report::Report;

pub use connections::ConnectionLines;
pub use error::ExportError;
pub use output::Output;
pub use staging::Unfinished;
pub use tuples::{TupleRow, TupleRows};

use crate::cli::{Config, ConnectionExport, ReportFile, ReportForm, Source};
use crate::reduce::{TupleFile, TupleForm};
use crate::render::connections::ConnectionFormat;
use crate::render::{CsvStyle, csv_summary, findings_file};
use crate::walk::Input;
use csv::CsvPair;

/// Everything one analysis writes beside its report.
pub struct Exports {
    csv: Option<CsvPair>,
    connections: Option<Lines>,
    report: Option<(Output, ReportForm)>,
    findings: Option<Lines>,
    style: CsvStyle,
    tuples: Option<Lines>,
    html: Option<Output>,
    unfinished: Unfinished,
    /// Parts that killed runs had left in the folders, and that are gone now.
    pub swept: u64,
}

/// A file of rows.
struct Lines {
    output: Output,
    /// `None`: Parquet.
    format: Option<ConnectionFormat>,
    /// It is but the way to standard output.
    printed: bool,
}

/// What was written.
#[derive(Default)]
pub struct Written {
    /// The files that have their names.
    pub names: Vec<PathBuf>,
    /// What standard output is to get instead of the report.
    pub printed: Option<Output>,
}

impl Exports {
    /// Checks and claims the names that `config` asks for.
    ///
    /// # Errors
    /// A name that is taken, that is one of the inputs, or that cannot be written.
    pub fn prepare(
        config: &Config,
        style: CsvStyle,
        inputs: &[Input],
        unfinished: &Unfinished,
    ) -> Result<Self, ExportError> {
        let mut swept = 0;
        // Made first: the connections may go into it as well.
        if let Some(folder) = &config.csv_folder {
            let made = std::fs::create_dir_all(folder);
            made.map_err(|source| ExportError::Write { path: folder.clone(), source })?;
            swept += staging::sweep(folder);
        }
        let mut claim = |path: &Path| {
            error::check(path, config.overwrite, inputs)?;
            swept += staging::sweep(folder_of(path));
            Output::claim(path, config.overwrite, unfinished)
        };
        let mut lines = |export: &Option<ConnectionExport>| match export {
            None => Ok(None),
            Some(ConnectionExport { path, format }) => {
                let output = match path {
                    Some(path) => claim(path)?,
                    // What is read again, or interrupted, must not have been printed in part.
                    None => Output::beside(&config.memory.folder(), unfinished)?,
                };
                let format = format.map(|format| format.with(style, config.schema));
                Ok(Some(Lines { output, format, printed: path.is_none() }))
            }
        };
        let (connections, findings) = (lines(&config.connections)?, lines(&config.findings_file)?);
        let tuples = match &config.tuples {
            Some(ConnectionExport { path: Some(path), format: None }) => {
                Some(Lines { output: Output::claim_folder(path, unfinished)?, format: None, printed: false })
            }
            other => lines(other)?,
        };
        let report = match &config.output {
            None => None,
            Some(ReportFile { path, form }) => Some((claim(path)?, *form)),
        };
        let html = config.html.as_deref().map(&mut claim).transpose()?;
        let csv = config.csv_folder.as_deref();
        let details = matches!(config.source, Source::Logs(_));
        let claim = |folder| CsvPair::claim(folder, chrono::Utc::now(), details, unfinished);
        let csv = csv.map(claim).transpose()?;
        Ok(Self {
            csv,
            connections,
            report,
            findings,
            style,
            tuples,
            html,
            unfinished: unfinished.clone(),
            swept,
        })
    }

    /// The files of one row a tuple.
    pub fn tuples<'a>(&'a self, book: &'a Arc<AddressBook>) -> Vec<TupleFile<'a>> {
        let details = self.csv.iter().filter_map(|csv| csv.details.as_ref());
        let details = details.map(|output| TupleFile { output, form: TupleForm::Details(self.style), book });
        let lines = self.tuples.iter().filter_map(|lines| {
            let form = TupleForm::Lines(lines.format?);
            Some(TupleFile { output: &lines.output, form, book })
        });
        details.chain(lines).collect()
    }

    /// The folder of Parquet files of one row a tuple.
    pub fn hours<'a>(&'a self, book: &'a AddressBook) -> Option<(&'a Output, &'a AddressBook)> {
        self.tuples.as_ref().filter(|lines| lines.format.is_none()).map(|lines| (&lines.output, book))
    }

    /// The file of one row a connection; without a format it is a Parquet file.
    pub fn connections(&self) -> Option<(&Output, Option<ConnectionFormat>)> {
        self.connections.as_ref().map(|lines| (&lines.output, lines.format))
    }

    /// True if standard output gets rows, and no report.
    pub fn are_printed(&self) -> bool {
        let lines = [&self.connections, &self.findings, &self.tuples];
        lines.into_iter().flatten().any(|lines| lines.printed)
    }

    /// Writes the summary, by `text` the report and by `page` the page of it, and gives every file its name; the others
    /// must have been written whole. Returns the names, and what standard output is to get.
    ///
    /// # Errors
    /// A file that cannot be written. Those named before it stay.
    pub fn finish(
        self,
        report: &Report,
        text: impl Fn(&mut BufWriter<File>, ReportForm) -> io::Result<()>,
        page: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
    ) -> Result<Written, ExportError> {
        if let Some(csv) = &self.csv {
            csv.summary.write(|out| csv_summary::write(out, report, self.style))?;
        }
        if let Some((output, form)) = &self.report {
            output.write(|out| text(out, *form))?;
        }
        if let Some(Lines { output, format: Some(format), .. }) = &self.findings {
            output.write(|out| findings_file::write(out, report, *format))?;
        }
        if let Some(output) = &self.html {
            output.write(page)?;
        }
        let csv = self.csv.into_iter().flat_map(|csv| [csv.details, Some(csv.summary)]).flatten();
        let lines = [self.tuples, self.connections, self.findings].into_iter().flatten();
        let (printed, lines): (Vec<Lines>, Vec<Lines>) = lines.partition(|lines| lines.printed);
        let outputs: Vec<Output> = csv
            .chain(lines.into_iter().map(|lines| lines.output))
            .chain(self.report.map(|(output, _)| output))
            .chain(self.html)
            .collect();
        let names = Output::finish(&outputs, &self.unfinished)?;
        Ok(Written { names, printed: printed.into_iter().next().map(|lines| lines.output) })
    }
}

/// The folder a file is in.
fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}
