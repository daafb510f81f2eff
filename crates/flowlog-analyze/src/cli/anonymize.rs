//! `flowlog-analyze anonymize PATH... -o OUT --key FILE`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use flowlog_cli::number::at_once;

use super::{ColorChoice, Running};

const EXAMPLES: &str = "\
Addresses keep their class (a private one stays private) and their common
prefixes; NICs, rules, resources, subscriptions and other ids get pseudonyms.
Times, ports, protocols, decisions and counters stay. So the report of the
copies has the same numbers. docs/anonymize.md tells what stays and what is lost.

The key decides what stands for what: keep it, and logs of another day are
mapped the same way. Whoever has it can undo the mapping of addresses.

Examples:
  flowlog-analyze anonymize FlowLogs -o shared --key flowlog.key
  flowlog-analyze anonymize FlowLogs/2026-01-1? -o week --key flowlog.key
  flowlog-analyze shared                             the report of the copies

Exit codes:
  0  done
  1  nothing was written, or reading or writing failed
  2  usage
  3  written, but some files could not be copied whole
130  interrupted (Ctrl-C); 143: terminated";

#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// Files, folders, glob patterns, or -
    ///
    /// Folders are searched through, and - is standard input.
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,

    /// The folder for the copies, made if missing
    ///
    /// It gets the same tree, with the names in it replaced. It must be outside of what is read.
    #[arg(long, short, value_name = "DIR")]
    output: PathBuf,

    /// The file with the secret key, made if missing
    ///
    /// 64 hexadecimal digits: 32 random bytes. Only you can read the file that is made.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,

    /// Replace copies that exist
    #[arg(long, alias = "force")]
    overwrite: bool,

    /// Use ASCII characters only, as where the locale is not UTF-8
    #[arg(long)]
    ascii: bool,

    /// Show no progress bar
    #[arg(long, short)]
    quiet: bool,

    /// Worker threads [default: one a processor]
    #[arg(long, value_name = "N", value_parser = at_once)]
    threads: Option<NonZeroUsize>,
}

/// What is to be anonymised, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnonymizeConfig {
    /// Files, folders, patterns and `-`, as given; never empty.
    pub inputs: Vec<PathBuf>,
    /// The folder for the copies.
    pub output: PathBuf,
    /// The file with the key.
    pub key: PathBuf,
    /// Copies may replace files.
    pub overwrite: bool,
    /// How the run goes.
    pub running: Running,
}

impl Args {
    pub(super) fn check(self) -> AnonymizeConfig {
        let Self { paths: inputs, output, key, overwrite, ascii, quiet, threads } = self;
        let running = Running { color: ColorChoice::Never, ascii, quiet, strict: false, threads };
        AnonymizeConfig { inputs, output, key, overwrite, running }
    }
}
