//! Options with words of their own.

use std::path::PathBuf;
use std::str::FromStr;

use clap::ValueEnum;
use flowlog_core::finding::Severity;

use crate::render::connections::ConnectionFormat;

/// What standard output gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A report to read
    Text,
    /// All of it for programs (docs/json-report.md, docs/compare.md)
    Json,
}

/// The severity that `--fail-on` waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs)]
pub enum FailOn {
    Low,
    Medium,
    High,
    Critical,
}

/// A file for connections; its ending says how they are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionExport {
    /// The file.
    pub path: PathBuf,
    /// CSV or newline-delimited JSON.
    pub format: ConnectionFormat,
}

impl FromStr for ConnectionExport {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let path = PathBuf::from(text);
        let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
        let format = match ending.as_deref() {
            Some("csv") => ConnectionFormat::Csv,
            Some("ndjson" | "jsonl") => ConnectionFormat::Ndjson,
            _ => return Err("the name must end in .csv, .ndjson or .jsonl".to_owned()),
        };
        Ok(Self { path, format })
    }
}

impl From<FailOn> for Severity {
    fn from(limit: FailOn) -> Self {
        match limit {
            FailOn::Low => Self::Low,
            FailOn::Medium => Self::Medium,
            FailOn::High => Self::High,
            FailOn::Critical => Self::Critical,
        }
    }
}

/// When the text report is coloured.
#[allow(clippy::doc_markdown)] // text of the help
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Even into a pipe
    Always,
    /// Not at all
    Never,
}
