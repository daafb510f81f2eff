//! `flowlog-analyze flows`.

use std::path::{Path, PathBuf};

use chrono::Utc;
use clap::ValueEnum;
use flowlog_cli::config::ConfigArgs;
use flowlog_core::flows::{Field, Sort};

use super::select::{Select, SelectArgs};
use super::{CsvArgs, LangArgs, MemoryArgs, Running, inputs_or_default};
use crate::book::BookArgs;

const EXAMPLES: &str = "\
Examples:
  flowlog-analyze flows FlowLogs --host 203.0.113.254 --from 2025-12-01T02:00
  flowlog-analyze flows --destination 10.10.3.27 --port 1433 --outcome denied --last-of-data 1h
  flowlog-analyze flows --by source --sort bytes          top talkers
  flowlog-analyze flows --by hour --host 10.0.0.4         when did it happen
  flowlog-analyze flows --by source/24,rule --where 'denied and port in [22,3389]'
  flowlog-analyze flows --format ndjson --limit all > flows.ndjson

Exit codes:
  0  done, whatever was found
  1  nothing could be analysed, or reading or writing failed
  2  usage
  3  finished, but some files could not be read whole; with --strict also
     if any tuple is malformed
130  interrupted (Ctrl-C); 143: terminated";

/// Rows of a table, if nobody asks for more: with its heads and its last lines it fits a screen of 24.
const TABLE_ROWS: usize = 16;

// The comments are the help's text, where backticks would be printed.
#[allow(clippy::doc_markdown)]
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// Files, folders, glob patterns, or - [default: ./FlowLogs]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// The same as an option
    #[arg(long, value_name = "GLOB", num_args = 1..)]
    log_files: Vec<PathBuf>,

    /// Group connections by these fields [default: who, whom, port, outcome and rule]
    ///
    /// source, destination, port, protocol, outcome, rule, nsg, source_port, direction, nic, resource, class,
    /// provider, source_class, destination_class, source_provider, destination_provider, encryption, minute, hour, day.
    /// class and provider are those of the end in the internet, as a rule. source/24 and destination/24 are networks.
    ///
    /// Files about addresses add source_name and destination_name (--names), country and as (--mmdb), source_threat and destination_threat (--threat-list);
    /// country and as with source_ or destination_, too.
    #[arg(long, value_name = "FIELD,...", value_delimiter = ',', help_heading = "Report")]
    by: Vec<Field>,

    /// Order of the rows [default: last; with --by: bytes]
    #[arg(long, value_enum, value_name = "ORDER", help_heading = "Report")]
    sort: Option<SortBy>,

    /// Rows to show, or all [default: 16 in a table, else all]
    #[arg(long, value_name = "N", help_heading = "Report", value_parser = limit)]
    limit: Option<usize>,

    /// Count rows: no de-duplication
    #[arg(long, help_heading = "Report")]
    no_dedup: bool,

    #[command(flatten)]
    book: BookArgs,

    #[command(flatten)]
    select: SelectArgs,

    /// What to print on standard output
    #[arg(long, value_enum, default_value_t = FlowFormat::Table, help_heading = "Output")]
    format: FlowFormat,

    #[command(flatten)]
    csv: CsvArgs,

    #[command(flatten)]
    settings: ConfigArgs,

    #[command(flatten)]
    lang: LangArgs,

    #[command(flatten)]
    memory: MemoryArgs,

    #[command(flatten)]
    running: Running,
}

/// What rows are ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SortBy {
    /// The newest tuple, the newest first
    #[value(alias = "time")]
    Last,
    /// The oldest tuple, the oldest first
    First,
    /// Bytes both ways
    Bytes,
    /// Packets both ways
    Packets,
    /// Connections and denied attempts
    Connections,
    /// Rows of the logs
    Tuples,
    /// The longest connection
    Duration,
}

impl From<SortBy> for Sort {
    fn from(order: SortBy) -> Self {
        match order {
            SortBy::Last => Self::Last,
            SortBy::First => Self::First,
            SortBy::Bytes => Self::Bytes,
            SortBy::Packets => Self::Packets,
            SortBy::Connections => Self::Connections,
            SortBy::Tuples => Self::Tuples,
            SortBy::Duration => Self::Duration,
        }
    }
}

/// How flows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FlowFormat {
    /// Columns to read
    Table,
    /// Comma-separated values with a header
    Csv,
    /// One JSON object a line
    Ndjson,
    /// One JSON object with all
    Json,
}

/// What was asked of the flows, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowsConfig {
    /// Files, folders, patterns and `-`, as given; never empty.
    pub inputs: Vec<PathBuf>,
    /// Which connections.
    pub select: Select,
    /// Files about addresses.
    pub book: BookArgs,
    /// What they are grouped by; never empty.
    pub by: Vec<Field>,
    /// What rows are ordered by.
    pub sort: Sort,
    /// Rows.
    pub limit: usize,
    /// Count what several logs tell of once.
    pub dedup: bool,
    /// How they are written.
    pub format: FlowFormat,
    /// The same of CSV.
    pub csv: CsvArgs,
    /// Which settings files are read.
    pub settings: ConfigArgs,
    /// The language of what people read.
    pub lang: LangArgs,
    /// How much memory the run may take.
    pub memory: MemoryArgs,
    /// How the run goes.
    pub running: Running,
}

impl Args {
    pub(super) fn check(self, folder: &Path) -> Result<FlowsConfig, clap::Error> {
        let grouped = !self.by.is_empty();
        let by = if grouped { self.by } else { default_fields() };
        let sort = self.sort.map_or(if grouped { Sort::Bytes } else { Sort::Last }, Sort::from);
        let limit =
            self.limit.unwrap_or(if self.format == FlowFormat::Table { TABLE_ROWS } else { usize::MAX });
        Ok(FlowsConfig {
            inputs: inputs_or_default(self.paths, self.log_files, folder)?,
            select: self.select.check(Utc::now())?,
            book: self.book,
            by,
            sort,
            limit,
            dedup: !self.no_dedup,
            format: self.format,
            csv: self.csv,
            settings: self.settings,
            lang: self.lang,
            memory: self.memory,
            running: self.running,
        })
    }
}

fn default_fields() -> Vec<Field> {
    use flowlog_core::flows::Prefix;
    vec![
        Field::Source(Prefix::WHOLE),
        Field::Destination(Prefix::WHOLE),
        Field::Port,
        Field::Protocol,
        Field::Outcome,
        Field::Rule,
        Field::Nsg,
    ]
}

/// A number of rows; `all`, or 0, for as many as there are.
fn limit(text: &str) -> Result<usize, String> {
    match text.trim() {
        "all" | "0" => Ok(usize::MAX),
        text => text.parse().map_err(|_| "give a number of rows, or all".to_owned()),
    }
}
