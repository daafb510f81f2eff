//! `flowlog-analyze compare A B`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use chrono::Utc;
use clap::CommandFactory;
use clap::error::ErrorKind;
use flowlog_cli::number::rows;

use super::{Cli, FindingArgs, Format, LangArgs, MemoryArgs, Running, Select, SelectArgs};
use crate::book::BookArgs;
use crate::known::OwnArgs;
use crate::walk::is_stdin;

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
     or has below that severity; this goes before 3
130  interrupted (Ctrl-C); 143: terminated";

#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// The first set: what was
    #[arg(value_name = "A")]
    a: PathBuf,

    /// The second set: what is
    #[arg(value_name = "B")]
    b: PathBuf,

    /// Rows of each list
    ///
    /// The full numbers are always told.
    #[arg(long, value_name = "N", default_value = "15", value_parser = rows)]
    top: NonZeroUsize,

    #[command(flatten)]
    findings: FindingArgs,

    #[command(flatten)]
    own: OwnArgs,

    #[command(flatten)]
    book: BookArgs,

    #[command(flatten)]
    select: SelectArgs,

    /// What to print on standard output
    #[arg(long, value_enum, default_value_t = Format::Text, help_heading = "Output")]
    format: Format,

    #[command(flatten)]
    lang: LangArgs,

    #[command(flatten)]
    memory: MemoryArgs,

    #[command(flatten)]
    running: Running,
}

/// What was asked of a comparison, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompareConfig {
    /// File, folder, pattern or `-`, as given: A, then B.
    pub sets: [PathBuf; 2],
    /// Rows of each list.
    pub top: usize,
    /// Which findings are looked for.
    pub findings: FindingArgs,
    /// Networks that are one's own.
    pub own: OwnArgs,
    /// Files about addresses.
    pub book: BookArgs,
    /// Which part of the logs.
    pub select: Select,
    /// What standard output gets.
    pub format: Format,
    /// The language of what people read.
    pub lang: LangArgs,
    /// How much memory the run may take.
    pub memory: MemoryArgs,
    /// How the run goes.
    pub running: Running,
}

impl Args {
    pub(super) fn check(self) -> Result<CompareConfig, clap::Error> {
        if is_stdin(&self.a) && is_stdin(&self.b) {
            let message = "standard input (-) can be one of the two sets, not both";
            return Err(Cli::command().error(ErrorKind::ArgumentConflict, message));
        }
        let select = self.select.check(Utc::now())?;
        Ok(CompareConfig {
            sets: [self.a, self.b],
            top: self.top.get(),
            findings: self.findings,
            own: self.own,
            book: self.book,
            select,
            format: self.format,
            lang: self.lang,
            memory: self.memory,
            running: self.running,
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
}
