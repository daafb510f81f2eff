//! Two sets of flow-log files in, their comparison out.

use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use flowlog_core::compare::{Comparison, Conversations, FindingRow, Set, compare};
use flowlog_core::finding::{self, FindingOptions, Findings, Scene, Severity, detect};
use flowlog_core::flow::OwnNetworks;
use flowlog_core::report::FileRows;
use flowlog_core::state::{GatherOptions, Gatherer, Shared, SpillError};

use crate::book::ended;
use crate::cli::{CompareConfig, Format};
use crate::pick::pick;
use crate::reduce::{self, Options, Reduced};
use crate::render::{self, Style, Surroundings};
use crate::window::Chosen;
use crate::{Outcome, RunError, ending, heard, say, settings, tell_of_settings, tell_why_nothing};

/// Finds and reads the files of both sets, writes their comparison to `out`, and talks of everything
/// else to `talk`.
///
/// # Errors
/// As [`crate::run`].
pub fn run(
    config: &CompareConfig,
    around: &Surroundings,
    out: impl Write,
    talk: &mut impl Write,
) -> Result<Outcome, RunError> {
    let settings = settings::read(&config.findings.settings)?;
    tell_of_settings(&settings, config.running.ascii(around), talk);
    let mut finding = settings::of_findings(&settings);
    let own = config.own.networks(&mut finding.thresholds);
    let book = config.book.read(&settings)?;
    finding.book = Arc::clone(&book);
    let select = config.select.resolved(&book)?;
    let [a, b] = &config.sets;
    // Both are looked for before either is read: a slip is told before the long run.
    let chosen = |named: &Path| Chosen::of(&[named.to_owned()], &select);
    let (mut inputs_a, mut inputs_b) = (chosen(a)?, chosen(b)?);
    let ascii = config.running.ascii(around);
    for chosen in [&mut inputs_a, &mut inputs_b] {
        pick(chosen, gathering(config, &own), &config.memory, &config.running, ascii)?;
    }
    let read = |name, chosen: &Chosen| read(config, name, chosen, &finding, &own, ascii);
    let (a, b) = (read(a, &inputs_a)?, read(b, &inputs_b)?);
    for (letter, set) in [("A", &a), ("B", &b)] {
        if set.files.sums().is_nothing() {
            tell_why_nothing(&set.files, ascii, talk);
            say(talk, ascii, &format!("error: nothing in {letter} ({}) could be analysed", set.name));
            return Ok(Outcome::NothingAnalysed);
        }
    }
    let mut comparison = compare(&a.set(), &b.set(), &own, config.top);
    comparison.know(&book);
    let style = Style::new(config.running.color, config.running.ascii, false, config.top, around);
    let style = style.speaking(config.lang.lang(&settings));
    heard(print(config, &style, &comparison, out))?;
    let outcome = outcome(&comparison, config);
    match (outcome, limit(config)) {
        (Outcome::SomeSkipped, _) => {
            say(talk, ascii, &ending::of_files(&[&a.files, &b.files], config.running.strict));
        }
        (Outcome::Findings, Some(limit)) => {
            say(talk, ascii, &ending::of_findings(grave(&comparison, limit).count(), "new ", limit));
        }
        _ => {}
    }
    Ok(ended(outcome, &book, ascii, talk))
}

fn limit(config: &CompareConfig) -> Option<Severity> {
    config.findings.fail_on.map(Severity::from)
}

/// Findings of B of a severity or a graver one that A has not, or has below it.
fn grave(comparison: &Comparison, limit: Severity) -> impl Iterator<Item = &FindingRow> {
    let found = comparison.findings.iter().flat_map(|found| found.new.iter().chain(&found.still));
    found.filter(move |row| row.severity >= limit && row.severity_before.is_none_or(|before| before < limit))
}

fn print(config: &CompareConfig, style: &Style, comparison: &Comparison, out: impl Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    match config.format {
        Format::Json => render::json::write(&mut out, &render::json::Made::by_this(comparison))?,
        Format::Text => render::terminal::write_comparison(&mut out, comparison, style)?,
    }
    out.flush()
}

/// One of the sets, read.
struct Read {
    name: String,
    gatherer: Gatherer,
    files: FileRows,
    conversations: Conversations,
    findings: Option<Findings>,
}

fn read(
    config: &CompareConfig,
    name: &Path,
    chosen: &Chosen,
    finding: &FindingOptions,
    own: &OwnNetworks,
    ascii: bool,
) -> Result<Read, RunError> {
    let budget = config.memory.budget();
    let shared = Shared::new(&budget).with_minutes();
    let options = Options { details: &[], hours: None, selection: &chosen.selection, shared: &shared };
    let Reduced { state, files } = reduce::reduce(&chosen.inputs, &options, config.running.quiet, ascii)?;
    let gatherer = Gatherer::new(state, gathering(config, own));
    let (conversations, findings) = gather(&gatherer, finding)?;
    Ok(Read { name: name.display().to_string(), gatherer, files, conversations, findings })
}

fn gathering(config: &CompareConfig, own: &OwnNetworks) -> GatherOptions {
    let findings = !config.findings.no_findings;
    GatherOptions { resolve: true, findings, provenance: true, own: own.clone() }
}

impl Read {
    fn set(&self) -> Set<'_> {
        let tables = &self.gatherer.summary;
        let (conversations, findings) = (&self.conversations, self.findings.as_ref());
        Set { name: &self.name, tables, conversations, files: *self.files.sums(), findings }
    }
}

fn gather(
    gatherer: &Gatherer,
    options: &FindingOptions,
) -> Result<(Conversations, Option<Findings>), SpillError> {
    let summary = &gatherer.summary;
    let scene = Scene::new(&summary.hosts, &summary.near, &summary.overall, options);
    let finding = || summary.has_evidence.then(|| finding::Collector::new(&scene));
    let (conversations, collected) = gatherer.gather(|| (Conversations::default(), finding()))?;
    let findings = collected.map(|collected| detect(collected, gatherer)).transpose()?;
    Ok((conversations, findings))
}

fn outcome(comparison: &Comparison, config: &CompareConfig) -> Outcome {
    let sets = [&comparison.a, &comparison.b];
    if limit(config).is_some_and(|limit| grave(comparison, limit).next().is_some()) {
        Outcome::Findings
    } else if sets.iter().any(|set| set.files_with_errors > 0 || (config.running.strict && set.malformed > 0))
    {
        Outcome::SomeSkipped
    } else {
        Outcome::Done
    }
}
