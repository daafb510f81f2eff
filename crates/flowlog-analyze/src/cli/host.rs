//! `flowlog-analyze host`.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use chrono::Utc;
use flowlog_cli::number::rows;
use flowlog_core::flow::Network;
use flowlog_core::select::{Field, Filter};

use super::{FindingArgs, Format, LangArgs, MemoryArgs, Running, Select, SelectArgs, inputs_or_default};
use crate::book::BookArgs;
use crate::known::OwnArgs;

const EXAMPLES: &str = "\
Examples:
  flowlog-analyze host 10.10.3.27 FlowLogs
  flowlog-analyze host 10.10.3.0/24 --last 1d FlowLogs
  flowlog-analyze host db01 --names vms.json FlowLogs
  flowlog-analyze host 203.0.113.254 --from 2025-12-01T02:00 --top 20

Exit codes:
  0  done, whatever was found
  1  nothing could be analysed, or reading or writing failed
  2  usage
  3  finished, but some files could not be read whole; with --strict also
     if any tuple is malformed
130  interrupted (Ctrl-C); 143: terminated";

// The comments are the help's text, where backticks would be printed.
#[allow(clippy::doc_markdown)]
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// The host, a network, or a name of --names
    #[arg(value_name = "IP|CIDR|NAME")]
    whom: Whom,

    /// Files, folders, glob patterns, or - [default: ./FlowLogs]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Rows in each table
    #[arg(long, value_name = "N", default_value = "5", value_parser = rows, help_heading = "Report")]
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

/// What was asked of a host, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostConfig {
    /// Who is asked for.
    pub host: Whom,
    /// Files, folders, patterns and `-`, as given; never empty.
    pub inputs: Vec<PathBuf>,
    /// Which part of time, and which of its connections.
    pub select: Select,
    /// Rows in each table.
    pub top: usize,
    /// Which findings are looked for.
    pub findings: FindingArgs,
    /// Networks that are one's own.
    pub own: OwnArgs,
    /// Files about addresses.
    pub book: BookArgs,
    /// What standard output gets.
    pub format: Format,
    /// The language of what people read.
    pub lang: LangArgs,
    /// How much memory the run may take.
    pub memory: MemoryArgs,
    /// How the run goes.
    pub running: Running,
}

/// A host, a network of hosts, or those of a name, as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whom(String);

impl Whom {
    /// As typed.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl From<&Network> for Whom {
    fn from(network: &Network) -> Self {
        Self(network.to_string())
    }
}

impl FromStr for Whom {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        match (text.parse::<Network>(), Filter::of(Field::Host, text)) {
            (Ok(_), _) | (_, Ok(_)) => Ok(Self(text.to_owned())),
            (Err(error), Err(_)) => Err(error.to_string()),
        }
    }
}

impl Args {
    pub(super) fn check(self, folder: &Path) -> Result<HostConfig, clap::Error> {
        Ok(HostConfig {
            host: self.whom,
            inputs: inputs_or_default(self.paths, Vec::new(), folder)?,
            select: self.select.check(Utc::now())?,
            top: self.top.get(),
            findings: self.findings,
            own: self.own,
            book: self.book,
            format: self.format,
            lang: self.lang,
            memory: self.memory,
            running: self.running,
        })
    }
}
