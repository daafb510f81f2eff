//! The connections themselves: files in, groups of connections out.

use std::io::{BufWriter, Write};

use flowlog_core::flow::OwnNetworks;
use flowlog_core::flows::{FlowNames, FlowOptions, FlowScene, FlowTable, Flows};
use flowlog_core::report::SelectionRow;
use flowlog_core::state::{GatherOptions, Gatherer, Shared};

use crate::book::{ended, require};
use crate::cli::{FlowFormat, FlowsConfig};
use crate::reduce::{self, Options, Reduced};
use crate::render::{self, CsvStyle, Style, Surroundings};
use crate::window::Chosen;
use crate::{
    Outcome, RunError, ending, heard, of_files, say, settings, tell_of_settings, tell_of_spilling,
    tell_why_nothing,
};

/// Finds and reads the files, writes the connections asked for to `out`, and talks of everything else to `talk`.
///
/// # Errors
/// As [`crate::run`].
pub fn run(
    config: &FlowsConfig,
    around: &Surroundings,
    out: impl Write,
    talk: &mut impl Write,
) -> Result<Outcome, RunError> {
    let ascii = config.running.ascii(around);
    let settings = settings::read(&config.settings)?;
    tell_of_settings(&settings, ascii, talk);
    let book = config.book.read(&settings)?;
    for (field, kind) in config.by.iter().filter_map(|field| Some((field, field.fact()?))) {
        require(&book, kind, field.name())?;
    }
    let select = config.select.resolved(&book)?;
    let chosen = Chosen::of(&config.inputs, &select)?;
    let budget = config.memory.budget();
    let shared = Shared::new(&budget);
    let options = Options { details: &[], hours: None, selection: &chosen.selection, shared: &shared };
    let Reduced { state, files } = reduce::reduce(&chosen.inputs, &options, config.running.quiet, ascii)?;
    let outcome = of_files(files.sums(), config.running.strict);
    if outcome == Outcome::NothingAnalysed {
        tell_why_nothing(&files, ascii, talk);
        say(talk, ascii, "error: nothing could be analysed");
        return Ok(outcome);
    }
    let gathering = GatherOptions {
        resolve: config.dedup,
        findings: false,
        provenance: false,
        own: OwnNetworks::default(),
    };
    let gatherer = Gatherer::new(state, gathering);
    let options = FlowOptions {
        filter: chosen.selection.filter.clone(),
        by: config.by.clone(),
        sort: config.sort,
        limit: config.limit,
        every_log: false,
    };
    let names = FlowNames::of(&gatherer.summary, &book);
    let scene = FlowScene::new(&gatherer.summary, &names, &options);
    let table = gatherer.gather(|| Flows::new(&scene))?.finish();
    tell_of_spilling(&budget, ascii, talk);
    let tuples_left_out = gatherer.summary.overall.passed;
    let selection = chosen.row().map(|row| SelectionRow { tuples_left_out, ..row });
    let csv = config.csv.style(&settings);
    let style = Style::new(config.running.color, config.running.ascii, false, config.limit, around);
    let style = style.speaking(config.lang.lang(&settings));
    heard(print(config.format, csv, &style, &table, selection.as_ref(), out))?;
    if outcome == Outcome::SomeSkipped {
        say(talk, ascii, &ending::of_files(&[&files], config.running.strict));
    }
    Ok(ended(outcome, &book, ascii, talk))
}

fn print(
    format: FlowFormat,
    csv: CsvStyle,
    style: &Style,
    table: &FlowTable,
    selection: Option<&SelectionRow>,
    out: impl Write,
) -> std::io::Result<()> {
    let mut out = BufWriter::new(out);
    render::flows::write(&mut out, table, selection, (format, csv), style)?;
    out.flush()
}
