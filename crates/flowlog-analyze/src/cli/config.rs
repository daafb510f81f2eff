//! What a report is made of and where it goes: checked options, as plain data.

use std::path::{Path, PathBuf};

use chrono::Utc;
use clap::CommandFactory as _;
use clap::error::ErrorKind;
use flowlog_core::flow::{Network, OwnNetworks};
use flowlog_core::state::GatherOptions;

use super::{
    Cli, ConnectionExport, CsvArgs, FindingArgs, Format, LangArgs, MemoryArgs, RankChoice, ReportArgs,
    ReportFile, Running, SchemaChoice, Select, inputs_or_default,
};
use crate::known::KnownArgs;
use crate::render::connections::ConnectionFormat;
use crate::render::{Schema, View};

/// Where everything comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Files, folders, patterns and `-`, as given; never empty.
    Logs(Vec<PathBuf>),
    /// States and patterns of them, as given; never empty.
    States(Vec<PathBuf>),
}

/// What was asked for, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // one a flag
pub struct Config {
    /// Where everything comes from.
    pub source: Source,
    /// Which part of the logs; all of it for states.
    pub select: Select,
    /// Addresses and networks that get a section.
    pub specific_ips: Vec<Network>,
    /// Rows in each ranking and table.
    pub top: usize,
    /// What rankings go by; `None`: what suits each.
    pub sort: Option<RankChoice>,
    /// Width of the timeline's rows, ms; `None`: what fits.
    pub bucket_ms: Option<i64>,
    /// Count what several logs tell of once.
    pub dedup: bool,
    /// Which findings are looked for.
    pub findings: FindingArgs,
    /// What is known of the network beside the logs.
    pub known: KnownArgs,
    /// How much of the text report is shown.
    pub view: View,
    /// Add bar charts to the text report.
    pub show_graphs: bool,
    /// What standard output gets.
    pub format: Format,
    /// Where the report goes instead, if it is wanted in a file.
    pub output: Option<ReportFile>,
    /// Folder for the two CSV files, if they are wanted.
    pub csv_folder: Option<PathBuf>,
    /// Where connections go, if they are wanted.
    pub connections: Option<ConnectionExport>,
    /// Where the page goes, if it is wanted.
    pub html: Option<PathBuf>,
    /// The language of the report and of the page.
    pub lang: LangArgs,
    /// Where findings go, if they are wanted.
    pub findings_file: Option<ConnectionExport>,
    /// Where tuples go, if they are wanted.
    pub tuples: Option<ConnectionExport>,
    /// What fields of NDJSON rows are called; `None`: by their own names.
    pub schema: Option<Schema>,
    /// How CSV files are written.
    pub csv: CsvArgs,
    /// What is written may replace files.
    pub overwrite: bool,
    /// How much memory the run may take.
    pub memory: MemoryArgs,
    /// How the run goes.
    pub running: Running,
}

impl Config {
    pub(super) fn check(cli: Cli, folder: &Path) -> Result<Self, clap::Error> {
        if cli.overwrite
            && cli.output.is_none()
            && cli.report.html.is_none()
            && exports(&cli.report, cli.export_tuples.as_ref()).next().is_none()
        {
            let message =
                "--overwrite replaces the files of --output, of --html and of exports: give one of them";
            return Err(Cli::command().error(ErrorKind::MissingRequiredArgument, message));
        }
        refuse_two_on_standard_output(exports(&cli.report, cli.export_tuples.as_ref()))?;
        refuse_schema_of_nothing(&cli.report, cli.export_tuples.as_ref())?;
        let inputs = inputs_or_default(cli.paths, cli.log_files, folder)?;
        let select = cli.select.check(Utc::now())?;
        let config = Self::new(Source::Logs(inputs), cli.report, cli.overwrite, cli.export_csv);
        Ok(Self { select, output: cli.output, tuples: cli.export_tuples, ..config })
    }

    pub(super) fn new(source: Source, report: ReportArgs, overwrite: bool, export_csv: bool) -> Self {
        let mut specific_ips: Vec<Network> = Vec::new();
        for network in report.specific_ips {
            if !specific_ips.contains(&network) {
                specific_ips.push(network);
            }
        }
        Self {
            source,
            select: Select::default(),
            specific_ips,
            top: report.top.get(),
            sort: report.sort,
            bucket_ms: report.bucket.map(|width| width.0),
            dedup: !report.no_dedup,
            findings: report.findings,
            known: report.known,
            view: report.view.view(),
            show_graphs: report.show_graphs,
            format: report.format,
            output: None,
            connections: report.export_connections,
            html: report.html,
            lang: report.lang,
            findings_file: report.export_findings,
            tuples: None,
            schema: report.export_schema.schema(),
            csv: report.csv,
            overwrite,
            csv_folder: export_csv.then_some(report.output_path),
            memory: report.memory,
            running: report.running,
        }
    }

    /// How connections are joined where networks are `own`.
    pub(crate) fn gathering(&self, own: OwnNetworks) -> GatherOptions {
        GatherOptions { resolve: self.dedup, findings: !self.findings.no_findings, provenance: false, own }
    }
}

/// The files of rows that are asked for.
pub(super) fn exports<'a>(
    report: &'a ReportArgs,
    tuples: Option<&'a ConnectionExport>,
) -> impl Iterator<Item = &'a ConnectionExport> {
    let rows = [report.export_connections.as_ref(), report.export_findings.as_ref(), tuples];
    rows.into_iter().flatten()
}

/// Only rows of connections and tuples are mapped, and only as NDJSON.
pub(super) fn refuse_schema_of_nothing(
    report: &ReportArgs,
    tuples: Option<&ConnectionExport>,
) -> Result<(), clap::Error> {
    let rows = [report.export_connections.as_ref(), tuples];
    let is_mapped = |export: &&ConnectionExport| matches!(export.format, Some(ConnectionFormat::Ndjson));
    if report.export_schema == SchemaChoice::Flowlog
        || rows.into_iter().flatten().any(|export| is_mapped(&export))
    {
        return Ok(());
    }
    let message =
        "--export-schema is for --export-connections and --export-tuples to a .ndjson file: give one of them";
    Err(Cli::command().error(ErrorKind::MissingRequiredArgument, message))
}

/// Rows of two kinds on standard output could not be told apart.
pub(super) fn refuse_two_on_standard_output<'a>(
    exports: impl Iterator<Item = &'a ConnectionExport>,
) -> Result<(), clap::Error> {
    if exports.filter(|export| export.path.is_none()).count() < 2 {
        return Ok(());
    }
    let message = "only one export can go to standard output (-): give the others files";
    Err(Cli::command().error(ErrorKind::ArgumentConflict, message))
}
