//! `flowlog-analyze top PATH`.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use clap::CommandFactory as _;
use clap::error::ErrorKind;
use flowlog_cli::config::ConfigArgs;
use flowlog_cli::number::at_once;
use flowlog_core::select::when::parse_span;

use super::{Cli, ColorChoice, MemoryArgs, Running, SelectArgs, inputs_or_default};
use crate::book::BookArgs;
use crate::known::OwnArgs;
use crate::walk::is_stdin;

const EXAMPLES: &str = "\
Shows the newest connections, denials and findings of the last hour of the
data, and looks every two seconds whether files are new or have grown. Let
another terminal fetch them:
  flowlog-download --storage-account mylogs --last 6h --follow

Numbers are those of the report over the same time. When a file has changed,
the files of the time asked for are read again; all others are never opened.
Memory is that of a report over this time, and some 150 bytes a file.

Keys:
  q           quit; Ctrl-C, too
  Tab, 1 2 3  connections, denied, findings
  arrows, j k, Page Up, Page Down, Home, End
  /           narrow down, e.g. port in [22, 3389] and not denied
  s           order: newest, bytes, connections
  p           pause, and go on

Examples:
  flowlog-analyze top FlowLogs
  flowlog-analyze top FlowLogs --last 15m --port 22,3389
  flowlog-analyze top FlowLogs --where 'denied and src class public'

Exit codes:
  0  quit with q
  1  nothing can be shown: no such folder
  2  usage, and standard output that is no terminal
129  its terminal has gone
130  interrupted (Ctrl-C); 143: terminated";

/// How far back is looked, if nobody says.
const SPAN: TimeDelta = TimeDelta::hours(1);

// The comments are the help's text, where backticks would be printed.
#[allow(clippy::doc_markdown)]
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// Files, folders or glob patterns [default: ./FlowLogs]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// How often to look for new files
    #[arg(long, value_name = "SPAN", default_value = "2s", value_parser = parse_span, help_heading = "Run")]
    every: TimeDelta,

    /// Look for no findings: a third faster
    #[arg(long, help_heading = "Findings")]
    no_findings: bool,

    #[command(flatten)]
    settings: ConfigArgs,

    #[command(flatten)]
    own: OwnArgs,

    #[command(flatten)]
    book: BookArgs,

    #[command(flatten)]
    select: SelectArgs,

    #[command(flatten)]
    memory: MemoryArgs,

    /// When to colour the screen
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = ColorChoice::Auto, help_heading = "Output")]
    color: ColorChoice,

    /// Use ASCII characters only, as where the locale is not UTF-8
    #[arg(long, help_heading = "Output")]
    ascii: bool,

    /// Worker threads [default: one a processor]
    #[arg(long, value_name = "N", value_parser = at_once, help_heading = "Run")]
    threads: Option<NonZeroUsize>,
}

/// What is to be followed, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopConfig {
    /// Files, folders and patterns, as given; never empty.
    pub inputs: Vec<PathBuf>,
    /// How often to look.
    pub every: Duration,
    /// Whether findings are looked for.
    pub findings: bool,
    /// Which settings files are read.
    pub settings: ConfigArgs,
    /// Own networks.
    pub own: OwnArgs,
    /// Files about addresses.
    pub book: BookArgs,
    /// Which connections; a span before now moves on with every look.
    pub select: SelectArgs,
    /// How much memory a reading may take.
    pub memory: MemoryArgs,
    /// How readings go.
    pub running: Running,
}

impl Args {
    pub(super) fn check(self, folder: &Path) -> Result<TopConfig, clap::Error> {
        let inputs = inputs_or_default(self.paths, Vec::new(), folder)?;
        if inputs.iter().any(|path| is_stdin(path)) {
            let message = "top reads files again as they grow, which a pipe cannot be: give files or folders";
            return Err(Cli::command().error(ErrorKind::ValueValidation, message));
        }
        let mut select = self.select;
        select.clone().check(Utc::now())?;
        let timed = select.from.is_some() || select.to.is_some() || select.last.is_some();
        if !timed {
            select.last_of_data.get_or_insert(SPAN);
        }
        let running = Running {
            color: self.color,
            ascii: self.ascii,
            quiet: true,
            strict: false,
            threads: self.threads,
        };
        Ok(TopConfig {
            inputs,
            every: self.every.to_std().unwrap_or_default(),
            findings: !self.no_findings,
            settings: self.settings,
            own: self.own,
            book: self.book,
            select,
            memory: self.memory,
            running,
        })
    }
}
