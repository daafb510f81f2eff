//! The two CSV files: their names, and the summary written whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use flowlog_core::report::Report;

use crate::render::csv_summary;

/// A CSV file cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {source}", path.display())]
pub struct ExportError {
    path: PathBuf,
    source: io::Error,
}

/// Where the two files go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvPaths {
    /// One row a tuple.
    pub details: PathBuf,
    /// The report's tables.
    pub summary: PathBuf,
}

impl CsvPaths {
    /// Names for files begun now (UTC, to the second) in `folder`, which is made if missing. A name that is
    /// taken gets a number: an earlier export is never overwritten.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn prepare(folder: &Path) -> Result<Self, ExportError> {
        fs::create_dir_all(folder).map_err(|source| ExportError { path: folder.to_owned(), source })?;
        Ok(Self::free(folder, Utc::now()))
    }

    fn free(folder: &Path, now: DateTime<Utc>) -> Self {
        let stamp = now.format("%Y%m%d_%H%M%S").to_string();
        let named = |suffix: &str| Self {
            details: folder.join(format!("VNetFlowAnalysis_Details_{stamp}{suffix}.csv")),
            summary: folder.join(format!("VNetFlowAnalysis_Summary_{stamp}{suffix}.csv")),
        };
        let is_free = |paths: &Self| !paths.details.exists() && !paths.summary.exists();
        let numbered = (2_u32..).map(|number| named(&format!("_{number}")));
        std::iter::once(named("")).chain(numbered).find(is_free).unwrap_or_else(|| named(""))
    }

    /// Writes the summary under a temporary name and then gives it its own.
    ///
    /// # Errors
    /// The operating system's, with the path.
    pub fn write_summary(&self, report: &Report) -> Result<(), ExportError> {
        let mut partial = self.summary.clone().into_os_string();
        partial.push(".partial");
        let write = || {
            let mut out = BufWriter::new(File::create(&partial)?);
            csv_summary::write(&mut out, report)?;
            out.flush()?;
            out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
            fs::rename(&partial, &self.summary)
        };
        write().map_err(|source| ExportError { path: self.summary.clone(), source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_carry_the_time_and_never_meet_an_earlier_file() {
        let folder = tempfile::tempdir().unwrap();
        let now = DateTime::from_timestamp(1_766_848_280, 0).unwrap();
        let first = CsvPaths::free(folder.path(), now);
        assert!(first.details.ends_with("VNetFlowAnalysis_Details_20251227_151120.csv"));
        assert!(first.summary.ends_with("VNetFlowAnalysis_Summary_20251227_151120.csv"));
        fs::write(&first.summary, "mine").unwrap();
        let second = CsvPaths::free(folder.path(), now);
        assert!(second.details.ends_with("VNetFlowAnalysis_Details_20251227_151120_2.csv"));
    }
}
