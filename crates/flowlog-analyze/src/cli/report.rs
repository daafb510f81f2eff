//! Options of everything that ends with a report.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use flowlog_cli::number::rows;
use flowlog_core::flow::Network;

use super::{
    BucketWidth, ConnectionExport, CsvArgs, FindingArgs, Format, LangArgs, MemorySize, RankChoice, Running,
    SchemaChoice, ViewArgs,
};
use crate::known::KnownArgs;

/// What the report is to hold, and where it goes.
// Flags are bools, and the comments are the help's text, where backticks would be printed.
#[allow(clippy::struct_excessive_bools, clippy::doc_markdown)]
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct ReportArgs {
    /// Print a page on each of these before the report, as host does
    #[arg(long, value_name = "IP|CIDR,...", value_delimiter = ',', help_heading = "Report")]
    pub specific_ips: Vec<Network>,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub view: ViewArgs,

    /// Rows in each ranking and table
    #[arg(long, value_name = "N", default_value = "15", value_parser = rows, help_heading = "Report")]
    pub top: NonZeroUsize,

    /// What rankings go by [default: hosts by bytes, ports and rules by tuples]
    #[arg(long, value_enum, value_name = "BY", help_heading = "Report")]
    pub sort: Option<RankChoice>,

    /// Width of the timeline's rows, e.g. 5m, 1h or 1d [default: what gives at most 61 rows]
    #[arg(long, value_name = "SPAN", help_heading = "Report")]
    pub bucket: Option<BucketWidth>,

    /// Count rows: no de-duplication
    ///
    /// Without it, a connection that the NICs of both ends logged counts once.
    #[arg(long, help_heading = "Report")]
    pub no_dedup: bool,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub findings: FindingArgs,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub known: KnownArgs,

    /// Add bar charts (text format)
    #[arg(long, help_heading = "Report")]
    pub show_graphs: bool,

    /// Write the report as a page for a browser
    ///
    /// One file with charts, tables to sort, filter and save, and a section for each host of --host. It needs nothing
    /// else and no network.
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub html: Option<PathBuf>,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub lang: LangArgs,

    /// Write every connection to a .csv, .ndjson or .parquet file
    ///
    /// One line each. - is standard output, which then gets no report: as NDJSON, or as CSV with -.csv.
    #[arg(long, value_name = "FILE", allow_hyphen_values = true, help_heading = "Output")]
    #[arg(value_parser = ConnectionExport::of_connections)]
    pub export_connections: Option<ConnectionExport>,

    /// Write every finding to a .csv or .ndjson file
    ///
    /// One line each, with when, who and what; the evidence in .ndjson.
    #[arg(long, value_name = "FILE", allow_hyphen_values = true, help_heading = "Output")]
    #[arg(conflicts_with = "no_findings")]
    pub export_findings: Option<ConnectionExport>,

    /// Fields of .ndjson connections and tuples
    ///
    /// The mapping is in docs/schemas.md.
    #[arg(long, value_enum, value_name = "SCHEMA", default_value_t = SchemaChoice::Flowlog, help_heading = "Output")]
    pub export_schema: SchemaChoice,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub csv: CsvArgs,

    /// What to print on standard output
    #[arg(long, value_enum, default_value_t = Format::Text, help_heading = "Output")]
    pub format: Format,

    /// Folder for the CSV files, made if missing
    #[arg(long, value_name = "DIR", default_value = ".", requires = "export_csv", help_heading = "Output")]
    pub output_path: PathBuf,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub memory: MemoryArgs,

    #[command(flatten)]
    #[allow(missing_docs)]
    pub running: Running,
}

/// How much memory a run may take.
// The comments are the help's text, where backticks would be printed.
#[allow(clippy::doc_markdown)]
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryArgs {
    /// Memory to use, e.g. 2GB [default: half of the machine's]
    ///
    /// What does not fit goes to a temporary file.
    #[arg(long, value_name = "SIZE", help_heading = "Run")]
    pub max_memory: Option<MemorySize>,

    /// Folder for temporary files [default: the system's]
    #[arg(long, value_name = "DIR", help_heading = "Run")]
    pub temp_dir: Option<PathBuf>,
}
