//! Options with words of their own.

use std::path::PathBuf;
use std::str::FromStr;

use clap::ValueEnum;
use flowlog_core::finding::Severity;
use flowlog_core::report::Rank;

use crate::render::connections::ConnectionFormat;
use crate::render::{CsvStyle, Schema};

/// What standard output gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A report to read
    Text,
    /// All of it for programs (docs/json-report.md, docs/compare.md)
    Json,
}

/// What rankings go by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RankChoice {
    /// Bytes both ways
    Bytes,
    /// Connections, without denied attempts
    Connections,
    /// Tuples
    Tuples,
}

impl From<RankChoice> for Rank {
    fn from(choice: RankChoice) -> Self {
        match choice {
            RankChoice::Bytes => Self::Bytes,
            RankChoice::Connections => Self::Connections,
            RankChoice::Tuples => Self::Tuples,
        }
    }
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

/// A number of bytes, as people write it: `2GB`, `512MiB`, `1.5g`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemorySize(pub u64);

/// Less is not enough to work with.
const LEAST_MEMORY: u64 = 16 << 20;

impl FromStr for MemorySize {
    type Err = String;

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // checked
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let unit = match unit.trim().to_ascii_lowercase().as_str() {
            "k" | "kb" => 1e3,
            "kib" => 1024.0,
            "m" | "mb" => 1e6,
            "mib" => 1024.0 * 1024.0,
            "g" | "gb" => 1e9,
            "gib" => 1024.0 * 1024.0 * 1024.0,
            "t" | "tb" => 1e12,
            _ => return Err("give a size with its unit, such as 512MB or 2GiB".to_owned()),
        };
        let bytes = number.parse::<f64>().map_err(|_| format!("{number} is no number"))? * unit;
        if !(LEAST_MEMORY as f64..1e18).contains(&bytes) {
            return Err("16MiB is the least".to_owned());
        }
        Ok(Self(bytes as u64))
    }
}

/// Width of the timeline's rows, ms: `1m`, `5m`, `1h`, `1d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BucketWidth(pub i64);

impl FromStr for BucketWidth {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "give minutes, hours or days: 1m, 5m, 1h, 1d".to_owned();
        let (number, unit) =
            text.trim().split_at_checked(text.trim().len().saturating_sub(1)).ok_or_else(wrong)?;
        let unit = match unit {
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return Err(wrong()),
        };
        let number: u16 = number.parse().map_err(|_| wrong())?;
        if number == 0 {
            return Err(wrong());
        }
        Ok(Self(i64::from(number) * unit))
    }
}

/// A file for the report; its ending says how it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportFile {
    /// The file.
    pub path: PathBuf,
    /// What is written.
    pub form: ReportForm,
}

/// How a report is written to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportForm {
    /// As on a terminal that shows every character, without colour.
    Text,
    /// For programs.
    Json,
    /// The summary as comma-separated values.
    Csv,
    /// As Markdown: what the text says, for a ticket or a wiki.
    Markdown,
}

impl FromStr for ReportFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let path = PathBuf::from(text);
        let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
        let form = match ending.as_deref() {
            Some("txt") => ReportForm::Text,
            Some("json") => ReportForm::Json,
            Some("csv") => ReportForm::Csv,
            Some("md" | "markdown") => ReportForm::Markdown,
            _ => return Err("the name must end in .txt, .json, .csv or .md".to_owned()),
        };
        Ok(Self { path, form })
    }
}

/// Where rows go; the ending says how they are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionExport {
    /// The file; `None`: standard output.
    pub path: Option<PathBuf>,
    /// CSV or newline-delimited JSON; `None`: Parquet.
    pub format: Option<ConnectionFormat>,
}

/// What fields of exported rows are called.
#[allow(clippy::doc_markdown)] // text of the help
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaChoice {
    /// This tool's own names
    Flowlog,
    /// Microsoft Sentinel's ASIM NetworkSession
    Asim,
    /// OCSF class 4001, Network Activity
    Ocsf,
}

impl SchemaChoice {
    /// The schema, if it is none of this tool's own.
    pub fn schema(self) -> Option<Schema> {
        match self {
            Self::Flowlog => None,
            Self::Asim => Some(Schema::Asim),
            Self::Ocsf => Some(Schema::Ocsf),
        }
    }
}

impl ConnectionExport {
    /// A file for connections: also a Parquet file.
    ///
    /// # Errors
    /// Another ending.
    pub(super) fn of_connections(text: &str) -> Result<Self, String> {
        let path = PathBuf::from(text);
        if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("parquet")) {
            return Ok(Self { path: Some(path), format: None });
        }
        Self::of_lines(text, "the name must end in .csv, .ndjson, .jsonl or .parquet, or be -")
    }

    /// A file for tuples, or a folder for Parquet files: what has no ending.
    ///
    /// # Errors
    /// Another ending.
    pub(super) fn of_tuples(text: &str) -> Result<Self, String> {
        let path = PathBuf::from(text);
        let is_option = text.starts_with('-');
        if !is_option && (path.extension().is_none() || text.ends_with(['/', std::path::MAIN_SEPARATOR])) {
            return Ok(Self { path: Some(path), format: None });
        }
        Self::of_lines(
            text,
            "the name must end in .csv, .ndjson or .jsonl, be - or that of a folder for Parquet files",
        )
    }

    /// The folder of Parquet files that a text names.
    pub(super) fn folder_of_tuples(text: &str) -> Result<PathBuf, String> {
        match Self::of_tuples(text) {
            Ok(Self { path: Some(path), format: None }) => Ok(path),
            _ => Err(
                "the name must be that of a folder for Parquet files: without an ending, or with / behind it"
                    .to_owned(),
            ),
        }
    }

    fn of_lines(text: &str, expected: &str) -> Result<Self, String> {
        let path = PathBuf::from(text);
        let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
        let format = match ending.as_deref() {
            None if text == "-" => ConnectionFormat::Ndjson,
            Some("csv") => ConnectionFormat::Csv(CsvStyle::default()),
            Some("ndjson" | "jsonl") => ConnectionFormat::Ndjson,
            _ => return Err(expected.to_owned()),
        };
        let printed = text == "-" || text.starts_with("-.");
        Ok(Self { path: (!printed).then_some(path), format: Some(format) })
    }
}

impl FromStr for ConnectionExport {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::of_lines(text, "the name must end in .csv, .ndjson or .jsonl, or be -")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_minutes_hours_or_days() {
        let width = |text: &str| text.parse::<BucketWidth>().map(|width| width.0);
        assert_eq!((width("5m"), width("1h"), width("7d")), (Ok(300_000), Ok(3_600_000), Ok(604_800_000)));
        for slip in ["", "m", "0m", "5", "30s", "-1m", "1.5h", "70000h", "5\u{e9}"] {
            assert!(width(slip).is_err(), "{slip}");
        }
    }

    #[test]
    fn a_dash_is_standard_output_in_the_form_of_its_ending() {
        let export = |text: &str| text.parse::<ConnectionExport>().map(|export| (export.path, export.format));
        let csv = ConnectionFormat::Csv(CsvStyle::default());
        let (csv, ndjson) = (Some(csv), Some(ConnectionFormat::Ndjson));
        assert_eq!(export("-"), Ok((None, ndjson)));
        assert_eq!(export("-.csv"), Ok((None, csv)));
        assert_eq!(export("./-.csv"), Ok((Some("./-.csv".into()), csv)));
        assert_eq!(export("a/-.JSONL"), Ok((Some("a/-.JSONL".into()), ndjson)));
        let connections = |text: &str| ConnectionExport::of_connections(text).map(|export| export.format);
        assert_eq!((connections("a.parquet"), connections("a.csv")), (Ok(None), Ok(csv)));
        let tuples = |text: &str| ConnectionExport::of_tuples(text).map(|export| export.format);
        assert_eq!(
            (tuples("out"), tuples("a.b/"), tuples("-"), tuples("a.csv")),
            (Ok(None), Ok(None), Ok(ndjson), Ok(csv))
        );
        assert!(connections("a").is_err() && tuples("--full").is_err() && tuples("a.parquet").is_err());
        for slip in ["", "--full", "-.txt", "-csv", "a.csv.gz"] {
            assert!(export(slip).is_err(), "{slip}");
        }
    }

    #[test]
    fn sizes_are_read_as_people_write_them() {
        let size = |text: &str| text.parse::<MemorySize>().map(|size| size.0);
        assert_eq!(
            (size("2GB"), size("1.5g"), size("512 MiB")),
            (Ok(2_000_000_000), Ok(1_500_000_000), Ok(512 << 20))
        );
        for slip in ["2", "GB", "10MB", "15MiB", "nanGB", "-1GB", "infGB", "9e99GB", "1.2.3GB"] {
            assert!(size(slip).is_err(), "{slip}");
        }
    }
}
