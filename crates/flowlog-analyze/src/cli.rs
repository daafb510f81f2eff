//! The command line: parsed by clap, checked once, and from then on plain data.

mod anonymize;
mod choices;
mod compare;
mod config;
mod flows;
mod host;
mod merge;
mod partial;
mod report;
mod select;
mod shared;
mod top;
mod view;
mod words;

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser, Subcommand};
use flowlog_cli::Shell;

use crate::render::Surroundings;
pub use anonymize::AnonymizeConfig;
pub use choices::{
    BucketWidth, ColorChoice, ConnectionExport, FailOn, Format, MemorySize, RankChoice, ReportFile,
    ReportForm, SchemaChoice,
};
pub use compare::CompareConfig;
pub use config::{Config, Source};
pub use flows::{FlowFormat, FlowsConfig};
pub use host::{HostConfig, Whom};
pub use merge::MergeConfig;
pub use partial::PartialConfig;
pub use report::{MemoryArgs, ReportArgs};
pub use select::{Select, SelectArgs, WhereError, parse_where};
pub use shared::{CsvArgs, FindingArgs, LangArgs, Running};
pub use top::TopConfig;
pub use view::ViewArgs;
use words::PROGRAM;

/// Analysed when nothing is named: where the downloader puts its tree.
pub const DEFAULT_FOLDER: &str = "FlowLogs";

const EXAMPLES: &str = "\
Examples:
  flowlog-analyze FlowLogs                           everything below a folder
  flowlog-analyze FlowLogs --section denied,rules    these sections in full
  flowlog-analyze FlowLogs/2025-12-01/0*             the first ten hours of a day
  flowlog-analyze --specific-ips 10.0.0.4,10.1.0.0/16 FlowLogs
  flowlog-analyze --export-csv --output-path out --show-graphs FlowLogs
  flowlog-analyze --format json FlowLogs > report.json
  zcat PT1H.json.gz | flowlog-analyze -              from standard input
  flowlog-analyze compare Monday Tuesday             what is new, what vanished
  flowlog-analyze partial FlowLogs -o day.flowstate  keep it for flowlog-analyze merge

Exit codes:
  0  done
  1  nothing could be analysed, or reading or writing failed
  2  usage
  3  finished, but some files could not be read whole; with --strict also
     if any tuple is malformed
 10  done, and there is a finding as grave as --fail-on or graver; this goes
     before 3
130  interrupted (Ctrl-C); 143: terminated";

/// Analyse Azure virtual network (VNet) and network security group (NSG) flow logs
///
/// Prints a short report over all files together, which ends with the findings;
/// --full prints all of it. Reads .json, .ndjson, .jsonl and .log files, also
/// compressed (.gz, .zst, .bz2, .xz) and in archives (.zip, .tar, .tar.gz).
#[derive(Debug, Parser)]
#[command(name = "flowlog-analyze", version, after_long_help = EXAMPLES)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
// Flags are bools, and the comments are the help's text, where backticks would be printed.
#[allow(clippy::struct_excessive_bools, clippy::doc_markdown)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,

    /// Files, folders, glob patterns, or - [default: ./FlowLogs]
    ///
    /// Folders are searched through, and - is standard input. Without any, the folder FlowLogs is read, if it is here.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// The same as an option
    #[arg(long, value_name = "GLOB", num_args = 1..)]
    log_files: Vec<PathBuf>,

    #[command(flatten)]
    report: ReportArgs,

    #[command(flatten)]
    select: SelectArgs,

    /// Write the report to a .txt, .json, .csv or .md file
    ///
    /// Always in UTF-8, whatever the shell makes of what is printed. Nothing is printed then.
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    output: Option<ReportFile>,

    /// Write every tuple chosen to a .csv or .ndjson file, or a folder
    ///
    /// One line each, as it stands in the log; what both ends logged is there twice. - is standard output. A folder gets Parquet
    /// files, one an hour.
    #[arg(long, value_name = "FILE|DIR", allow_hyphen_values = true, help_heading = "Output")]
    #[arg(value_parser = ConnectionExport::of_tuples)]
    export_tuples: Option<ConnectionExport>,

    /// Replace the files of --output and of exports
    ///
    /// Without it, a file that exists is left alone and told.
    #[arg(long, help_heading = "Output")]
    overwrite: bool,

    /// Write two CSV files: the summary, and the details
    ///
    /// The details have one row a tuple.
    #[arg(long, help_heading = "Output")]
    export_csv: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List connections: who, with whom, when, decided by which rule
    Flows(Box<flows::Args>),
    /// Tell everything about one host on one page
    Host(Box<host::Args>),
    /// Show the newest connections, denials and findings as files come
    ///
    /// A screen that follows a folder which flowlog-download --follow keeps current.
    Top(Box<top::Args>),
    /// Compare two sets of flow logs
    ///
    /// Before and after a change, or the NSG and the VNet log of the same hours.
    Compare(Box<compare::Args>),
    /// Keep what a report needs of some logs in a file, a state
    ///
    /// To be merged with others, of other days or machines.
    Partial(Box<partial::Args>),
    /// Report on the logs of several states
    ///
    /// As if all had been read at once.
    Merge(Box<merge::Args>),
    /// Copy flow logs so that they can be handed on
    ///
    /// With addresses, names and ids replaced: the report of the copies has the same numbers.
    Anonymize(Box<anonymize::Args>),
    /// Print the script that makes a shell complete options
    #[command(after_long_help = COMPLETIONS)]
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Write the manual pages to a folder
    Man {
        /// The folder, made if missing; pages in it are replaced
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}

const COMPLETIONS: &str = "\
Examples:
  bash        flowlog-analyze completions bash > \\
                ~/.local/share/bash-completion/completions/flowlog-analyze
  zsh         flowlog-analyze completions zsh > \"${fpath[1]}/_flowlog-analyze\"
  fish        flowlog-analyze completions fish > \\
                ~/.config/fish/completions/flowlog-analyze.fish
  PowerShell  flowlog-analyze completions powershell >> $PROFILE";

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// Report on one set of flow logs.
    Analyse(Config),
    /// List connections.
    Flows(FlowsConfig),
    /// Tell everything about one host.
    Host(HostConfig),
    /// Show what comes.
    Top(Box<TopConfig>),
    /// Compare two.
    Compare(CompareConfig),
    /// Write a state.
    Partial(PartialConfig),
    /// Report on states, or make one of them.
    Merge(MergeConfig),
    /// Copy flow logs with names and addresses replaced.
    Anonymize(AnonymizeConfig),
    /// Print this: a completion script.
    Print(Vec<u8>),
    /// Write the manual pages to this folder.
    Manual(PathBuf),
}

impl Task {
    /// Reads a command line, whose first word is the program's name. `folder` is where a
    /// [`DEFAULT_FOLDER`] is looked for when no input is named.
    ///
    /// # Errors
    /// Usage errors, and the texts of `--help` and `--version`: clap prints them to the right place
    /// and knows the exit code.
    pub fn parse<I, T>(args: I, folder: &Path) -> Result<Self, clap::Error>
    where
        I: IntoIterator<Item = T>,
        T: Into<OsString>,
    {
        let words: Vec<OsString> = args.into_iter().map(Into::into).collect();
        let mut cli: Cli = PROGRAM.parse(&words, folder)?;
        match cli.command.take() {
            Some(Command::Flows(args)) => args.check(folder).map(Self::Flows),
            Some(Command::Host(args)) => args.check(folder).map(Self::Host),
            Some(Command::Top(args)) => args.check(folder).map(Box::new).map(Self::Top),
            Some(Command::Compare(args)) => args.check().map(Self::Compare),
            Some(Command::Partial(args)) => Ok(Self::Partial(args.check())),
            Some(Command::Merge(args)) => args.check().map(Self::Merge),
            Some(Command::Anonymize(args)) => Ok(Self::Anonymize(args.check())),
            Some(Command::Completions { shell }) => Ok(Self::Print(PROGRAM.completions::<Cli>(shell))),
            Some(Command::Man { folder }) => Ok(Self::Manual(folder)),
            None => Config::check(cli, folder).map(Self::Analyse),
        }
    }

    /// Writes the manual pages of all commands to a folder.
    ///
    /// # Errors
    /// A folder or file that cannot be written.
    pub fn write_manual(folder: &Path) -> io::Result<()> {
        PROGRAM.manual::<Cli>(folder)
    }

    /// True if nothing but ASCII is to be written.
    pub fn ascii(&self, around: &Surroundings) -> bool {
        self.running().map_or(!around.unicode, |running| running.ascii(around))
    }

    /// Starts the threads that do the work of all phases ([`rayon::ThreadPoolBuilder::build_global`]), if there is any. The
    /// caller is one of them, so that no part of the heap is its alone; but not where it draws while others work.
    ///
    /// # Errors
    /// The system gives no more threads.
    pub fn start_threads(&self) -> Result<(), rayon::ThreadPoolBuildError> {
        let Some(running) = self.running() else { return Ok(()) };
        let threads = rayon::ThreadPoolBuilder::new().num_threads(running.threads());
        match self {
            Self::Top(_) => threads.build_global(),
            _ => threads.use_current_thread().build_global(),
        }
    }

    /// How the run goes, if it reads logs.
    fn running(&self) -> Option<&Running> {
        Some(match self {
            Self::Analyse(config)
            | Self::Merge(MergeConfig::Report(config) | MergeConfig::State(config, _)) => &config.running,
            Self::Partial(config) => &config.running,
            Self::Anonymize(config) => &config.running,
            Self::Flows(config) => &config.running,
            Self::Host(config) => &config.running,
            Self::Compare(config) => &config.running,
            Self::Top(config) => &config.running,
            Self::Print(_) | Self::Manual(_) => return None,
        })
    }
}

/// What was named, or the default folder if nothing was and it is in `folder`.
fn inputs_or_default(
    mut paths: Vec<PathBuf>,
    log_files: Vec<PathBuf>,
    folder: &Path,
) -> Result<Vec<PathBuf>, clap::Error> {
    paths.extend(log_files);
    if paths.is_empty() {
        if !folder.join(DEFAULT_FOLDER).is_dir() {
            return Err(Cli::command().error(ErrorKind::MissingRequiredArgument, NO_INPUT));
        }
        paths.push(DEFAULT_FOLDER.into());
    }
    Ok(paths)
}

const NO_INPUT: &str = "no flow logs named, and there is no folder FlowLogs here
  give files, folders or patterns, e.g. flowlog-analyze FlowLogs, or - for standard input";

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_in(folder: &Path, args: &[&str]) -> Result<Config, clap::Error> {
        match Task::parse(std::iter::once("flowlog-analyze").chain(args.iter().copied()), folder)? {
            Task::Analyse(config) => Ok(config),
            other => panic!("something else was asked for: {other:?}"),
        }
    }

    fn parse(args: &[&str]) -> Result<Config, clap::Error> {
        parse_in(tempfile::tempdir().unwrap().path(), args)
    }

    fn error(args: &[&str]) -> String {
        let error = parse(args).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        error.to_string()
    }

    #[test]
    fn clap_finds_no_fault_in_the_definition() {
        Cli::command().debug_assert();
    }

    #[test]
    fn inputs_come_as_words_and_as_options() {
        let config = parse(&["a", "--log-files", "b", "c", "--top", "3", "-"]).unwrap();
        assert_eq!(config.source, Source::Logs(["a", "-", "b", "c"].map(PathBuf::from).into()));
        assert_eq!(config.top, 3);
    }

    #[test]
    fn defaults_are_those_of_the_help() {
        let config = parse(&["a"]).unwrap();
        assert_eq!((config.top, config.format, config.running.color), (15, Format::Text, ColorChoice::Auto));
        assert_eq!(config.csv_folder, None);
        let running = &config.running;
        assert!(running.threads() >= 1 && !running.strict && !running.quiet && !running.ascii);
        assert!(!config.show_graphs);
    }

    #[test]
    fn without_input_the_default_folder_is_taken_if_it_is_there() {
        assert!(error(&[]).contains("no folder FlowLogs here"));
        let here = tempfile::tempdir().unwrap();
        std::fs::create_dir(here.path().join("FlowLogs")).unwrap();
        let config = parse_in(here.path(), &[]).unwrap();
        assert_eq!(config.source, Source::Logs(vec!["FlowLogs".into()]));
    }

    #[test]
    fn addresses_are_checked_at_once_and_kept_once() {
        let config =
            parse(&["a", "--specific-ips", "10.0.0.4,10.1.0.0/16", "--specific-ips", "fd00::1,10.0.0.4"])
                .unwrap();
        let networks: Vec<String> = config.specific_ips.iter().map(ToString::to_string).collect();
        assert_eq!(networks, ["10.0.0.4", "10.1.0.0/16", "fd00::1"]);
        assert!(error(&["a", "--specific-ips", "10.0.0.4,host"]).contains("host"));
        assert!(error(&["a", "--specific-ips", "10.0.0.0/33"]).contains("/33"));
    }

    #[test]
    fn slips_are_usage_errors() {
        assert!(error(&["a", "--top", "0"]).contains("'--top <N>': give a number of rows, 1 or more"));
        assert!(error(&["a", "--threads", "0"]).contains("'--threads <N>': give a number, 1 or more"));
        assert!(error(&["a", "--format", "xml"]).contains("[possible values: text, json]"));
        assert!(error(&["a", "--output-path", "out"]).contains("--export-csv"));
        assert!(error(&["a", "--show-graph"]).contains("--show-graphs"));
    }

    #[test]
    fn other_spellings_are_told_with_the_right_one() {
        assert!(error(&["-LogFiles", "a"]).contains("tip: write '--log-files'"));
        assert!(error(&["a", "-SpecificIPs:10.0.0.4"]).contains("tip: write '--specific-ips'"));
        assert!(error(&["a", "-StorageAccount", "x"]).contains("an option of 'flowlog-download'"));
        assert!(error(&["comapre", "a", "b"]).contains("tip: there is no file of this name; the subcommand"));
    }

    #[test]
    fn csv_files_go_to_the_current_folder_unless_told_otherwise() {
        assert_eq!(parse(&["a", "--export-csv"]).unwrap().csv_folder, Some(".".into()));
        let config = parse(&["a", "--export-csv", "--output-path", "out"]).unwrap();
        assert_eq!(config.csv_folder, Some("out".into()));
    }
}
