//! `flowlog-analyze compare A B`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::CommandFactory;
use clap::error::ErrorKind;

use super::{Cli, ColorChoice, FailOn, Format, Running, threads};

const EXAMPLES: &str = "\
A is what was, B what is. Each is one file, folder or glob pattern (in quotes,
or the shell makes many names of it), or - for standard input. Saved reports
cannot be compared: their lists are cut. A folder that is itself called compare
is analysed as ./compare.

Examples:
  flowlog-analyze compare FlowLogs/2026-01-14 FlowLogs/2026-01-15
  flowlog-analyze compare 'FlowLogs/2026-01-14/0*' 'FlowLogs/2026-01-15/0*'
  flowlog-analyze compare nsg-logs vnet-logs         both logs of the same hours
  flowlog-analyze compare --fail-on high last-week this-week

Exit codes:
  0  done, whatever the differences
  1  nothing in one of the sets could be analysed, or reading or writing failed
  2  usage
  3  finished, but some files could not be read whole; with --strict also
     if any tuple is malformed
 10  done, and B has a finding as grave as --fail-on or graver that A has not,
     or has below that severity; this goes before 3";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
// Flags are bools, and the comments are the help's text, where backticks would be printed.
#[allow(clippy::struct_excessive_bools, clippy::doc_markdown)]
pub(super) struct Args {
    /// The first set: what was
    #[arg(value_name = "A")]
    a: PathBuf,

    /// The second set: what is
    #[arg(value_name = "B")]
    b: PathBuf,

    /// Rows of each list; the full numbers are always told
    #[arg(long, value_name = "N", default_value = "15")]
    top: NonZeroUsize,

    /// Exit with 10 if B has a new finding of this severity or a graver one
    #[arg(long, value_enum, value_name = "SEVERITY", help_heading = "Findings")]
    fail_on: Option<FailOn>,

    /// Look for no findings: a third faster, with less memory
    #[arg(long, help_heading = "Findings", conflicts_with_all = ["fail_on", "thresholds", "suppressions"])]
    no_findings: bool,

    /// Limits of the detectors that differ from the defaults (docs/detection.md)
    #[arg(long, value_name = "FILE.toml", help_heading = "Findings")]
    thresholds: Option<PathBuf>,

    /// Findings that are known and accepted, with reason and last day (docs/detection.md)
    #[arg(long, value_name = "FILE.toml", help_heading = "Findings")]
    suppressions: Option<PathBuf>,

    /// What to print on standard output
    #[arg(long, value_enum, default_value_t = Format::Text, help_heading = "Output")]
    format: Format,

    #[command(flatten)]
    running: Running,
}

/// What was asked of a comparison, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // one a flag
pub struct CompareConfig {
    /// File, folder, pattern or `-`, as given: A, then B.
    pub sets: [PathBuf; 2],
    /// Rows of each list.
    pub top: usize,
    /// Severity of new findings from which the exit code is 10.
    pub fail_on: Option<FailOn>,
    /// Look for findings.
    pub findings: bool,
    /// File with limits of the detectors.
    pub thresholds: Option<PathBuf>,
    /// File with findings that are accepted.
    pub suppressions: Option<PathBuf>,
    /// What standard output gets.
    pub format: Format,
    /// When the text is coloured.
    pub color: ColorChoice,
    /// ASCII only.
    pub ascii: bool,
    /// No progress bar.
    pub quiet: bool,
    /// Malformed tuples, too, make the exit code 3.
    pub strict: bool,
    /// Worker threads.
    pub threads: usize,
}

impl Args {
    pub(super) fn check(self) -> Result<CompareConfig, clap::Error> {
        let is_stdin = |path: &PathBuf| path.as_os_str() == "-";
        if is_stdin(&self.a) && is_stdin(&self.b) {
            let message = "standard input (-) can be one of the two sets, not both";
            return Err(Cli::command().error(ErrorKind::ArgumentConflict, message));
        }
        Ok(CompareConfig {
            sets: [self.a, self.b],
            top: self.top.get(),
            fail_on: self.fail_on,
            findings: !self.no_findings,
            thresholds: self.thresholds,
            suppressions: self.suppressions,
            format: self.format,
            color: self.running.color,
            ascii: self.running.ascii,
            quiet: self.running.quiet,
            strict: self.running.strict,
            threads: threads(self.running.threads),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::cli::Task;

    fn parse(args: &[&str]) -> Result<Task, clap::Error> {
        Task::parse(std::iter::once("flowlog-analyze").chain(args.iter().copied()), Path::new("."))
    }

    fn is_comparison(args: &[&str]) -> bool {
        matches!(parse(args), Ok(Task::Compare(_)))
    }

    #[test]
    fn only_the_first_word_asks_for_a_comparison() {
        assert!(is_comparison(&["compare", "a", "b"]));
        assert!(is_comparison(&["compare", "--top", "3", "a", "compare"]));
        for args in
            [&["./compare"][..], &["a", "compare"], &["--", "compare", "b"], &["--log-files", "compare"]]
        {
            assert!(matches!(parse(args), Ok(Task::Analyse(_))), "{args:?}");
        }
    }

    #[test]
    fn two_sets_are_needed_and_one_may_be_standard_input() {
        assert!(is_comparison(&["compare", "-", "b"]) && is_comparison(&["compare", "a", "-"]));
        for args in [&["compare"][..], &["compare", "a"], &["compare", "a", "b", "c"], &["compare", "-", "-"]]
        {
            let error = parse(args).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{args:?}");
        }
        let error = parse(&["compare", "a", "b", "--no-findings", "--fail-on", "low"]).unwrap_err();
        assert_eq!(error.exit_code(), 2);
    }

    #[test]
    fn the_help_says_what_the_sets_and_the_exit_codes_are() {
        let help = crate::cli::tests::help(&["compare", "--help"]);
        assert_eq!((help.exit_code(), help.use_stderr()), (0, false));
        insta::assert_snapshot!(help.to_string());
    }
}
