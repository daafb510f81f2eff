//! Flow-log files in, a state out; and states in, one state out.

use std::fs::OpenOptions;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::Path;

use flowlog_core::enrich::AddressBook;
use flowlog_core::report::{FileRow, FileRows};
use flowlog_core::select::Selection;
use flowlog_core::state::{Shared, State, StateError};
use serde::{Deserialize, Serialize};

use crate::cli::{Config, PartialConfig, Source};
use crate::export::{Output, Unfinished};
use crate::reduce::{self, Options, Reduced};
use crate::render::Surroundings;
use crate::walk::{self, Input};
use crate::{Outcome, RunError, ending, of_files, say, tell_of_spilling, tell_why_nothing};

/// Bytes read from standard input at once.
const FRAMES_AHEAD: usize = 256 << 10;

/// What a state holds for this program beside what the library knows.
#[derive(Serialize, Deserialize)]
struct Notes {
    files: FileRows,
}

/// Reads the files of `config` and writes their state; talks of everything else to `talk`.
///
/// # Errors
/// As [`crate::run`].
pub fn run(
    config: &PartialConfig,
    around: &Surroundings,
    unfinished: &Unfinished,
    talk: &mut impl Write,
) -> Result<Outcome, RunError> {
    let ascii = config.running.ascii(around);
    let inputs = config.inputs.as_deref().map_or(Ok(Vec::new()), walk::discover)?;
    let output = Output::prepare(&config.output, config.overwrite, &inputs, unfinished)?;
    let tuples =
        config.tuples.as_deref().map(|folder| Output::claim_folder(folder, unfinished)).transpose()?;
    let book = AddressBook::default();
    let hours = tuples.as_ref().map(|folder| (folder, &book));
    let budget = config.memory.budget();
    let shared = Shared::new(&budget).with_records();
    let Reduced { state, files } = if config.inputs.is_some() {
        let selection = Selection::default();
        let options = Options { details: &[], hours, selection: &selection, shared: &shared };
        reduce::reduce(&inputs, &options, config.running.quiet, ascii)?
    } else {
        let stream = BufReader::with_capacity(FRAMES_AHEAD, io::stdin());
        reduce::reduce_frames(stream, &config.memory.folder(), hours, &shared)?
    };
    tell_of_spilling(&budget, ascii, talk);
    let outcome = match of_files(files.sums(), config.running.strict) {
        // One part of many: the rows of its files belong into the report, too.
        Outcome::NothingAnalysed if config.inputs.is_none() && files.is_empty() => Outcome::Done,
        Outcome::NothingAnalysed if config.inputs.is_none() => Outcome::SomeSkipped,
        outcome => outcome,
    };
    if outcome == Outcome::NothingAnalysed {
        tell_why_nothing(&files, ascii, talk);
        say(talk, ascii, "error: nothing could be read");
        return Ok(outcome);
    }
    let why = ending::of_files(&[&files], config.running.strict);
    write(state, files, &output)?;
    publish(tuples.iter().chain([&output]), unfinished, ascii, talk)?;
    if outcome == Outcome::SomeSkipped {
        say(talk, ascii, &why);
    }
    Ok(outcome)
}

/// Makes one state of the states of `config`.
///
/// # Errors
/// As [`crate::run`].
pub fn join(
    config: &Config,
    output: &Path,
    around: &Surroundings,
    unfinished: &Unfinished,
    talk: &mut impl Write,
) -> Result<Outcome, RunError> {
    let ascii = config.running.ascii(around);
    let Source::States(named) = &config.source else { return Ok(Outcome::Done) };
    let inputs = walk::discover(named)?;
    let output = Output::prepare(output, config.overwrite, &inputs, unfinished)?;
    let budget = config.memory.budget();
    let Reduced { state, files } = load(&inputs, &Shared::new(&budget))?;
    tell_of_spilling(&budget, ascii, talk);
    let outcome = of_files(files.sums(), config.running.strict);
    let why = ending::of_files(&[&files], config.running.strict);
    write(state, files, &output)?;
    publish([&output], unfinished, ascii, talk)?;
    if outcome == Outcome::SomeSkipped {
        say(talk, ascii, &why);
    }
    Ok(outcome)
}

/// Opens states; their rows stay where they are until they are asked for.
pub(crate) fn load(inputs: &[Input], shared: &Shared) -> Result<Reduced, StateError> {
    let mut all: Option<State> = None;
    let mut files: Vec<FileRow> = Vec::new();
    for input in inputs {
        let (state, notes) = State::read(&input.path, shared)?;
        let notes: Notes =
            serde_json::from_str(&notes).map_err(|_| StateError::Damaged(input.path.clone()))?;
        files.extend(notes.files.iter());
        match &mut all {
            Some(all) => all.join(state, &input.path, shared)?,
            slot => *slot = Some(state),
        }
    }
    // As if all had been found at once; members of an archive stay in its order.
    files.sort_by(|a, b| input(a).cmp(input(b)));
    let state = match all {
        Some(state) => state,
        None => State::empty(shared)?,
    };
    Ok(Reduced { state, files: files.into_iter().collect() })
}

/// The path of the file that a row is of, or of the archive whose member it is.
fn input(row: &FileRow) -> &Path {
    Path::new(row.path.split_once(": ").map_or(row.path.as_str(), |(archive, _)| archive))
}

fn write(state: State, files: FileRows, output: &Output) -> Result<(), StateError> {
    let failed = |source| StateError::File { what: "write", path: output.path().to_owned(), source };
    let notes = serde_json::to_string(&Notes { files }).map_err(|error| failed(error.into()))?;
    let file = OpenOptions::new().write(true).create_new(true).open(output.whole()).map_err(failed)?;
    let mut out = BufWriter::new(file);
    state.write(output.path(), &mut out, &notes)?;
    let file = out.into_inner().map_err(io::IntoInnerError::into_error).map_err(failed)?;
    file.sync_all().map_err(failed)
}

/// Gives whole outputs their names, and tells them.
fn publish<'a>(
    outputs: impl IntoIterator<Item = &'a Output>,
    unfinished: &Unfinished,
    ascii: bool,
    talk: &mut impl Write,
) -> Result<(), RunError> {
    for path in Output::finish(outputs, unfinished)? {
        say(talk, ascii, &format!("wrote {}", path.display()));
    }
    Ok(())
}
