//! The files an analysis writes: their names, claimed before the long run; their contents, under their names
//! only when they are whole; and what is already there, which stays.

mod connections;
mod csv;
mod error;
mod output;
mod sorted;
mod staging;

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use flowlog_core::report::Report;

pub use connections::ConnectionLines;
pub use error::ExportError;
pub use output::Output;
pub use staging::Unfinished;

use crate::cli::{Config, ConnectionExport, ReportFile, ReportForm, Source};
use crate::render::connections::ConnectionFormat;
use crate::render::{csv_summary, findings_file};
use crate::walk::Input;
use csv::CsvPair;

/// Everything one analysis writes beside its report.
pub struct Exports {
    csv: Option<CsvPair>,
    connections: Option<(Output, ConnectionFormat)>,
    report: Option<(Output, ReportForm)>,
    findings: Option<(Output, ConnectionFormat)>,
    unfinished: Unfinished,
    /// Parts that killed runs had left in the folders, and that are gone now.
    pub swept: u64,
}

impl Exports {
    /// Checks and claims the names that `config` asks for.
    ///
    /// # Errors
    /// A name that is taken, that is one of the inputs, or that cannot be written.
    pub fn prepare(config: &Config, inputs: &[Input], unfinished: &Unfinished) -> Result<Self, ExportError> {
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
            Some(ConnectionExport { path, format }) => Ok(Some((claim(path)?, *format))),
        };
        let (connections, findings) = (lines(&config.connections)?, lines(&config.findings_file)?);
        let report = match &config.output {
            None => None,
            Some(ReportFile { path, form }) => Some((claim(path)?, *form)),
        };
        let csv = config.csv_folder.as_deref();
        let details = matches!(config.source, Source::Logs(_));
        let claim = |folder| CsvPair::claim(folder, chrono::Utc::now(), details, unfinished);
        let csv = csv.map(claim).transpose()?;
        Ok(Self { csv, connections, report, findings, unfinished: unfinished.clone(), swept })
    }

    /// The file of one row a tuple.
    pub fn details(&self) -> Option<&Output> {
        self.csv.as_ref()?.details.as_ref()
    }

    /// The file of one row a connection.
    pub fn connections(&self) -> Option<(&Output, ConnectionFormat)> {
        self.connections.as_ref().map(|(output, format)| (output, *format))
    }

    /// Writes the summary and, by `text`, the report, and gives every file its name; the others must have been written whole.
    /// Returns the names.
    ///
    /// # Errors
    /// A file that cannot be written. Those named before it stay.
    pub fn finish(
        self,
        report: &Report,
        text: impl Fn(&mut BufWriter<File>, ReportForm) -> io::Result<()>,
    ) -> Result<Vec<PathBuf>, ExportError> {
        if let Some(csv) = &self.csv {
            csv.summary.write(|out| csv_summary::write(out, report))?;
        }
        if let Some((output, form)) = &self.report {
            output.write(|out| text(out, *form))?;
        }
        if let Some((output, format)) = &self.findings {
            output.write(|out| findings_file::write(out, report, *format))?;
        }
        let csv = self.csv.into_iter().flat_map(|csv| [csv.details, Some(csv.summary)]).flatten();
        let outputs: Vec<Output> = csv
            .chain(self.connections.map(|(output, _)| output))
            .chain(self.findings.map(|(output, _)| output))
            .chain(self.report.map(|(output, _)| output))
            .collect();
        // Not between two of them may an interrupted run come to its end.
        let running = self.unfinished.running()?;
        let names = outputs.iter().map(Output::publish).collect();
        drop(running);
        names
    }
}

/// The folder a file is in.
fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}
