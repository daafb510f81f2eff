//! `flowlog-analyze merge STATE...`.

use std::path::PathBuf;

use super::ReportArgs;
use super::config::{Config, Source, exports, refuse_schema_of_nothing, refuse_two_on_standard_output};

const EXAMPLES: &str = "\
States are written by flowlog-analyze partial, or by merge itself. The report is
that of all their files together, whatever states they are in, in any order.

Examples:
  flowlog-analyze merge states/2026-01-*.flowstate
  flowlog-analyze merge --format json --top 50 a.flowstate b.flowstate
  flowlog-analyze merge states/2026-01-*.flowstate -o states/january.flowstate

Exit codes:
  0  done
  1  a state could not be read, or writing failed
  2  usage
  3  finished, but some files could not be read whole when their state was
     made; with --strict also if any tuple is malformed
 10  done, and there is a finding as grave as --fail-on or graver; this goes
     before 3
130  interrupted (Ctrl-C); 143: terminated";

#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// States, and glob patterns of them
    #[arg(value_name = "STATE", required = true)]
    states: Vec<PathBuf>,

    /// Write one state of all instead of a report
    #[arg(long, short, value_name = "STATE", conflicts_with_all = ["export_csv", "export_connections", "export_findings", "fail_on", "html"])]
    output: Option<PathBuf>,

    /// Replace the files of --output and of exports
    #[arg(long)]
    overwrite: bool,

    #[command(flatten)]
    report: ReportArgs,

    /// Write the summary as a CSV file
    ///
    /// A state holds no details, which have one row a tuple.
    #[arg(long, help_heading = "Output")]
    export_csv: bool,
}

/// What was asked of a merge, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MergeConfig {
    /// A report.
    Report(Config),
    /// A state to write, and whether it may replace a file.
    State(Config, PathBuf),
}

impl Args {
    pub(super) fn check(self) -> Result<MergeConfig, clap::Error> {
        let Self { states, output, overwrite, export_csv, report } = self;
        refuse_two_on_standard_output(exports(&report, None))?;
        refuse_schema_of_nothing(&report, None)?;
        let config = Config::new(Source::States(states), report, overwrite, export_csv);
        Ok(match output {
            Some(output) => MergeConfig::State(config, output),
            None => MergeConfig::Report(config),
        })
    }
}
