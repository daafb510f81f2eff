//! `flowlog-analyze partial FILES... -o STATE`.

use std::path::PathBuf;

use super::{ConnectionExport, MemoryArgs, Running};

const EXAMPLES: &str = "\
A state holds what a report needs of its files: flowlog-analyze merge makes the
report of any number of them, the same as if all files had been read at once.
So each day's logs are read once, and machines can share them: give each file
to exactly one state, in any way (by day, by NIC, by storage account).

Examples:
  flowlog-analyze partial FlowLogs/2026-01-14 -o states/2026-01-14.flowstate
  flowlog-analyze merge states/*.flowstate

Exit codes:
  0  done
  1  nothing could be read, or reading or writing failed
  2  usage
  3  written, but some files could not be read whole; with --strict also if
     any tuple is malformed
130  interrupted (Ctrl-C); 143: terminated";

#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// Files, folders, glob patterns, or -
    ///
    /// Folders are searched through, and - is standard input.
    #[arg(value_name = "PATH", required_unless_present = "stdin_frames")]
    paths: Vec<PathBuf>,

    /// Read many files from standard input, each in a frame
    ///
    /// For jobs that have the files' contents and no paths. docs/state.md tells what a frame is. The state is written
    /// whatever is wrong with the files, and not at all if the stream breaks off.
    #[arg(long, conflicts_with = "paths")]
    stdin_frames: bool,

    /// The file to write
    #[arg(long, short, value_name = "STATE")]
    output: PathBuf,

    /// Write every tuple to a folder of Parquet files, too
    ///
    /// From the same reading: one file an hour, as flowlog-analyze PATH --export-tuples DIR writes them.
    #[arg(long, value_name = "DIR", value_parser = ConnectionExport::folder_of_tuples)]
    export_tuples: Option<PathBuf>,

    /// Replace the state if it exists
    #[arg(long)]
    overwrite: bool,

    #[command(flatten)]
    memory: MemoryArgs,

    #[command(flatten)]
    running: Running,
}

/// What was asked of a partial run, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartialConfig {
    /// Files, folders, patterns and `-`, as given; `None`: standard input has them in frames.
    pub inputs: Option<Vec<PathBuf>>,
    /// The state to write.
    pub output: PathBuf,
    /// Where tuples go, if they are wanted: a folder of Parquet files.
    pub tuples: Option<PathBuf>,
    /// The state may replace a file.
    pub overwrite: bool,
    /// How much memory the run may take.
    pub memory: MemoryArgs,
    /// How the run goes.
    pub running: Running,
}

impl Args {
    pub(super) fn check(self) -> PartialConfig {
        let Self { paths, stdin_frames, output, export_tuples: tuples, overwrite, memory, running } = self;
        let inputs = (!stdin_frames).then_some(paths);
        PartialConfig { inputs, output, tuples, overwrite, memory, running }
    }
}
