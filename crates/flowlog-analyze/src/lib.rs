//! The analyser: flow-log files in, a report out.
#![forbid(unsafe_code)]

pub mod anonymize;
mod answer;
pub mod book;
pub mod cli;
pub mod compare;
mod ending;
pub mod export;
pub mod flows;
pub mod host;
pub mod interrupt;
pub mod known;
pub mod memory;
pub mod partial;
pub mod pick;
pub mod progress;
pub mod reduce;
pub mod render;
pub mod settings;
pub mod top;
pub mod walk;
pub mod window;
mod words;

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use flowlog_cli::config::{ConfigError, Settings};
use flowlog_core::charts::{Charts, charts};
use flowlog_core::enrich::AddressBook;
use flowlog_core::finding::{Finding, FindingOptions, Severity};
use flowlog_core::report::{FileRows, FileSums, Report, ReportOptions, Tool, build};
use flowlog_core::state::{Budget, Gatherer, Shared, SpillError, StateError};
use flowlog_core::text::{self, count, message};

use answer::Answer;
use cli::{Config, Source, Whom};
use export::{ConnectionLines, ExportError, Exports, Unfinished, Written};
use host::{Asked, HostPage};
use known::Known;
use pick::pick;
use reduce::{FrameError, Options, ReduceError, Reduced};
use render::html::Told;
use render::{Surroundings, escape};
use window::Chosen;

/// Entries of each problem list in the report; the JSON report tells the full number.
const PROBLEM_LIMIT: usize = 10_000;

/// Hosts with a section on the page at most.
const HOST_SECTIONS: usize = 20;

/// How an analysis ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything was read.
    Done,
    /// Not one tuple of any file could be read ([`FileSums::is_nothing`]).
    NothingAnalysed,
    /// There is a finding of the severity of `--fail-on`, or a graver one (in a comparison: a new one, or one
    /// that has become so grave); whether or not input was skipped.
    Findings,
    /// Finished, but some input could not be read whole (with `--strict`: or some tuples could not be read).
    SomeSkipped,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// An input that does not exist.
    #[error(transparent)]
    Walk(#[from] walk::WalkError),
    /// A file beside the report that cannot be written.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// Settings that cannot be used.
    #[error(transparent)]
    Settings(#[from] ConfigError),
    /// A file about the network that cannot be used.
    #[error(transparent)]
    Known(#[from] known::KnownError),
    /// No file is of the time asked for.
    #[error(
        "no file is of that time: the folders' names go from {} to {} (UTC)",
        render::time(*.first_ms), render::time(*.last_ms)
    )]
    OtherTime {
        /// Beginning of the first hour, Unix ms.
        first_ms: i64,
        /// End of the last hour, Unix ms.
        last_ms: i64,
    },
    /// `--last-of-data` of files without a tuple.
    #[error("--last-of-data: no file has a flow that could be read, and pipes cannot be read twice")]
    NoNewest,
    /// Conditions on whole connections, asked of a pipe.
    #[error(
        "{}: bytes, packets, duration and outcomes other than denied are known of whole connections: for a report of \
         them the logs are read twice, which a pipe cannot be",
        .0.display()
    )]
    ReadTwice(PathBuf),
    /// A temporary file that cannot be used.
    #[error(transparent)]
    Spill(#[from] SpillError),
    /// A key that cannot be used.
    #[error(transparent)]
    Key(#[from] anonymize::KeyError),
    /// Copies that cannot go where they should.
    #[error(transparent)]
    Target(#[from] anonymize::TargetError),
    /// A state that cannot be read, written or merged.
    #[error(transparent)]
    State(#[from] StateError),
    /// Files in frames that did not come whole.
    #[error(transparent)]
    Frames(FrameError),
    /// `top` where nothing can be drawn.
    #[error(
        "top draws on a terminal, and standard output is none: flowlog-analyze without top prints the report"
    )]
    NoTerminal,
    /// Manual pages that cannot be written.
    #[error("cannot write manual pages to {}: {cause}", folder.display())]
    Manual {
        /// Where to.
        folder: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// The system gives no more threads.
    #[error("cannot start the threads: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// Standard output that cannot be written.
    #[error("cannot write the report: {0}")]
    Output(#[from] io::Error),
}

impl From<ReduceError> for RunError {
    fn from(error: ReduceError) -> Self {
        match error {
            ReduceError::Export(error) => Self::Export(error),
            ReduceError::Spill(error) => Self::Spill(error),
            ReduceError::Frames(error) => Self::Frames(error),
        }
    }
}

impl RunError {
    /// True if the command line, or a file that it names, has to be put right.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Settings(_)
            | Self::Known(_)
            | Self::Key(_)
            | Self::Target(_)
            | Self::ReadTwice(_)
            | Self::NoTerminal => true,
            Self::OtherTime { .. } | Self::NoNewest => false,
            Self::Export(error) => error.is_usage(),
            Self::Walk(_)
            | Self::Spill(_)
            | Self::State(_)
            | Self::Frames(_)
            | Self::Manual { .. }
            | Self::Threads(_)
            | Self::Output(_) => false,
        }
    }

    /// What can be done about it, where the sentence does not say.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::ReadTwice(_) => Some("save it to a file, or ask flowlog-analyze flows"),
            Self::Spill(_) => Some("--temp-dir names another folder, --max-memory allows more memory"),
            Self::Threads(_) => Some("--threads allows fewer"),
            _ => None,
        }
    }
}

/// Finds the files, reads them, writes the exports and then the report to `out`, and talks of everything else
/// to `talk`. What is `unfinished` can be abandoned from another thread.
///
/// A reader of `out` that has seen enough changes nothing but what it sees.
///
/// # Errors
/// Inputs that do not exist, and outputs that cannot be written. A file that cannot be read is no
/// error but a row of the report and part of the [`Outcome`].
pub fn run(
    config: &Config,
    around: &Surroundings,
    unfinished: &Unfinished,
    mut out: impl Write,
    talk: &mut impl Write,
) -> Result<Outcome, RunError> {
    let ascii = config.running.ascii(around);
    // A slip in a settings file is told before the long run.
    let settings = settings::read(&config.findings.settings)?;
    tell_of_settings(&settings, ascii, talk);
    let mut finding = settings::of_findings(&settings);
    let known = config.known.read(&settings, &mut finding.thresholds)?;
    let book = Arc::clone(&known.book);
    finding.book = Arc::clone(&book);
    let (Source::Logs(named) | Source::States(named)) = &config.source;
    let select = config.select.resolved(&known.book)?;
    let mut chosen = Chosen::of(named, &select)?;
    let gathering = config.gathering(known.own.clone());
    pick(&mut chosen, gathering, &config.memory, &config.running, ascii)?;
    let (style, lang) = (config.csv.style(&settings), config.lang.lang(&settings));
    let exports = Exports::prepare(config, style, &chosen.inputs, unfinished)?;
    if exports.swept > 0 {
        say(talk, ascii, "removed the parts of a file that an earlier run was stopped in writing");
    }
    let budget = config.memory.budget();
    let Analysis { report, pages, page } = analyse(config, chosen, &exports, finding, known, &budget, ascii)?;
    let answer = Answer { config, report: &report, lang, pages: &pages };
    tell_of_spilling(&budget, ascii, talk);
    let outcome = outcome(&report, config);
    // Nothing replaces what may be a good file of another day when there is nothing to say.
    let rows_are_printed = exports.are_printed();
    let written = match outcome {
        Outcome::NothingAnalysed => Ok(Written::default()),
        _ => exports.finish(
            &report,
            |out, form| answer.write_file(style, form, out),
            |out| {
                let (charts, hosts) = &page;
                render::html::write(out, &Told { report: &report, charts, hosts, book: &book }, lang)
            },
        ),
    };
    let printed = match (&written, &config.output) {
        (Ok(Written { printed: Some(rows), .. }), _) => rows.copy_to(&mut out),
        _ if rows_are_printed || config.output.is_some() => Ok(()),
        _ => answer.print(around, outcome, out),
    };
    for path in &written?.names {
        say(talk, ascii, &format!("wrote {}", path.display()));
    }
    heard(printed)?;
    match outcome {
        Outcome::Done => {}
        Outcome::NothingAnalysed => {
            tell_why_nothing(&report.files, ascii, talk);
            say(talk, ascii, "error: nothing could be analysed");
        }
        Outcome::SomeSkipped => {
            say(talk, ascii, &ending::of_files(&[&report.files], config.running.strict));
        }
        Outcome::Findings => {
            let limit = config.findings.fail_on.map_or(Severity::Info, Severity::from);
            say(talk, ascii, &ending::of_findings(grave(&report, limit).count(), "", limit));
        }
    }
    Ok(book::ended(outcome, &book, ascii, talk))
}

/// Findings of a severity or a graver one.
fn grave(report: &Report, limit: Severity) -> impl Iterator<Item = &Finding> {
    let findings = report.findings.iter().flat_map(|found| &found.findings);
    findings.filter(move |finding| finding.severity >= limit)
}

/// The reader of a pipe that has seen enough is no failure.
fn heard(printed: io::Result<()>) -> io::Result<()> {
    match printed {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// A message on standard error: cut, and harmless to a terminal. Nobody listening is no reason to stop.
pub fn say(talk: &mut impl Write, ascii: bool, line: &str) {
    writeln!(talk, "{}", escape(&message(line), ascii)).ok();
}

/// What was found.
struct Analysis {
    report: Report,
    /// Of `--specific-ips`, in that order.
    pages: Vec<HostPage>,
    /// What only the page shows; empty if none is wanted.
    page: (Charts, Vec<HostPage>),
}

fn analyse(
    config: &Config,
    mut chosen: Chosen,
    exports: &Exports,
    finding: FindingOptions,
    known: Known,
    budget: &Arc<Budget>,
    ascii: bool,
) -> Result<Analysis, RunError> {
    // Gone once they are read: the report has their names.
    let (inputs, shared) = (std::mem::take(&mut chosen.inputs), Shared::new(budget));
    let Reduced { state, files } = match &config.source {
        Source::States(_) => partial::load(&inputs, &shared)?,
        Source::Logs(_) => {
            let options = Options {
                details: &exports.tuples(&known.book),
                hours: exports.hours(&known.book),
                selection: &chosen.selection,
                shared: &shared,
            };
            reduce::reduce(&inputs, &options, config.running.quiet, ascii)?
        }
    };
    drop(inputs);
    let specific = config.specific_ips.clone();
    let problem_limit = PROBLEM_LIMIT.max(config.top);
    let Known { own, service_tags, nsgs, book } = known;
    let gathering = config.gathering(own.clone());
    let options = ReportOptions {
        tool: tool(),
        top: config.top,
        sort: config.sort.map(Into::into),
        problem_limit,
        specific,
        resolve: config.dedup,
        finding,
        own,
        service_tags,
        nsgs,
        selection: chosen.row(),
        bucket_ms: config.bucket_ms,
    };
    let gatherer = Gatherer::new(state, gathering);
    let summary = &gatherer.summary;
    let lines =
        || exports.connections().map(|(output, format)| ConnectionLines::new(output, format, summary, &book));
    let (mut report, lines) = build(&gatherer, files, &options, lines)?;
    if let (Some(lines), Some((output, _))) = (lines, exports.connections()) {
        lines.finish(output)?;
    }
    report.know(&book);
    let page = if config.html.is_some() {
        let hosts = config.select.hosts.iter().take(HOST_SECTIONS);
        let hosts = pages((&chosen, &book), hosts, config.top, &gatherer, &report)?;
        (charts(&gatherer, &report, &options.own)?, hosts)
    } else {
        Default::default()
    };
    let specific: Vec<Whom> = config.specific_ips.iter().map(Whom::from).collect();
    let top = config.view.rows(config.top);
    let pages = pages((&chosen, &book), &specific, top, &gatherer, &report)?;
    Ok(Analysis { report, pages, page })
}

/// The pages of hosts, of what was chosen of their connections; `top` rows a table.
fn pages<'a>(
    (chosen, book): (&Chosen, &'a AddressBook),
    hosts: impl IntoIterator<Item = &'a Whom>,
    top: usize,
    gatherer: &Gatherer,
    report: &Report,
) -> Result<Vec<HostPage>, RunError> {
    let found = report.findings.as_ref().map(|found| found.findings.as_slice());
    let page = |host: &'a Whom| {
        let asked = Asked::of(host, chosen.selection.filter.as_ref(), top, book)?;
        Ok(HostPage::gather(&asked, gatherer, found)?)
    };
    hosts.into_iter().map(page).collect()
}

/// This program, in the head of what it writes.
pub(crate) fn tool() -> Tool {
    Tool {
        name: env!("CARGO_PKG_NAME").to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: flowlog_cli::commit().map(str::to_owned),
    }
}

fn outcome(report: &Report, config: &Config) -> Outcome {
    let limit = config.findings.fail_on.map(Severity::from);
    match of_files(report.files.sums(), config.running.strict) {
        Outcome::NothingAnalysed => Outcome::NothingAnalysed,
        _ if limit.is_some_and(|limit| grave(report, limit).next().is_some()) => Outcome::Findings,
        other => other,
    }
}

/// How the reading of files ended.
fn of_files(files: &FileSums, strict: bool) -> Outcome {
    if files.is_nothing() {
        Outcome::NothingAnalysed
    } else if files.errors > 0 || strict && files.malformed > 0 {
        Outcome::SomeSkipped
    } else {
        Outcome::Done
    }
}

/// Names the settings files that were found: nobody asked for them, and they decide what the report says.
fn tell_of_settings(settings: &Settings, ascii: bool, talk: &mut impl Write) {
    for path in &settings.found {
        say(talk, ascii, &format!("settings of {}", path.display()));
    }
}

/// Says how much went through temporary files, if anything did.
fn tell_of_spilling(budget: &Budget, ascii: bool, talk: &mut impl Write) {
    if budget.written() > 0 {
        let (written, folder) = (text::bytes(budget.written()), budget.folder.display());
        say(
            talk,
            ascii,
            &format!("memory limit reached: {written} went through temporary files in {folder}"),
        );
    }
}

/// One line a file, so that the reason is not lost among empty tables.
fn tell_why_nothing(files: &FileRows, ascii: bool, talk: &mut impl Write) {
    const SHOWN: usize = 10;
    for file in files.iter().take(SHOWN) {
        let error = file.error.as_deref().unwrap_or_default();
        say(talk, ascii, &format!("{}: {error}", file.path));
    }
    let more = files.len().saturating_sub(SHOWN as u64);
    if more > 0 {
        say(
            talk,
            ascii,
            &format!("... and {} more files without a flow log that could be read", count(more)),
        );
    }
}
