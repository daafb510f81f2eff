//! Files -> one [`State`], on all cores. The only place with threads of its own: gathering has those of the library.

mod ahead;
mod details;
mod frames;
mod job;
mod parts;
mod plan;
mod pump;
mod read;
mod rows;

use std::cmp::Reverse;
use std::sync::atomic::{AtomicUsize, Ordering};

use flowlog_core::enrich::AddressBook;
use flowlog_core::record::Decoder;
use flowlog_core::report::FileRows;
use flowlog_core::select::Selection;
use flowlog_core::state::{Shared, SpillError, State};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::export::{ExportError, Output, TupleRows};
use crate::progress::Progress;
use crate::walk::Input;
pub use frames::{FrameError, reduce_frames};
use job::Job;
use parts::Parts;
pub use parts::{TupleFile, TupleForm};
use plan::{Beginning, Group};
use read::Worker;
use rows::ReadRows;

/// With at most so many threads, groups are read in turn if rows of tuples are written. Then one thread decodes, one
/// counts and one writes, and the last one, which takes the longest, bounds all: more threads than these are faster on
/// groups of their own, although nearly all rows are written twice.
const IN_TURN: usize = 4;

/// What the files held.
pub struct Reduced {
    /// What the logs say.
    pub state: State,
    /// One row a file, in the order of the inputs.
    pub files: FileRows,
}

/// How to read.
pub struct Options<'a> {
    /// Files of one row a tuple.
    pub details: &'a [TupleFile<'a>],
    /// A folder of Parquet files of the same, and what is known of the ends.
    pub hours: Option<(&'a Output, &'a AddressBook)>,
    /// What is asked for.
    pub selection: &'a Selection,
    /// What the workers share.
    pub shared: &'a Shared,
}

/// Why files cannot be reduced.
#[derive(Debug, thiserror::Error)]
pub enum ReduceError {
    /// The file of tuples.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// A temporary file.
    #[error(transparent)]
    Spill(#[from] SpillError),
    /// Files in frames that did not come whole.
    #[error(transparent)]
    Frames(#[from] FrameError),
}

/// Reads all `inputs`, and shows how far it is unless the run is to be `quiet`.
///
/// The result does not depend on the number of threads or on which of them read what.
///
/// # Errors
/// Only files that are written can fail; a file that cannot be read is a row with an error.
pub fn reduce(
    inputs: &[Input],
    options: &Options<'_>,
    quiet: bool,
    ascii: bool,
) -> Result<Reduced, ReduceError> {
    let bytes = inputs.iter().map(|input| input.size).sum();
    let progress = Progress::new(inputs.len() as u64, bytes, quiet, ascii);
    let reduced = read_until_known(inputs, options, &progress)?;
    progress.finish();
    Ok(reduced)
}

fn read_until_known(
    inputs: &[Input],
    options: &Options<'_>,
    progress: &Progress,
) -> Result<Reduced, ReduceError> {
    let (mut groups, times) = grouped(inputs);
    let threads = rayon::current_num_threads();
    let in_turn = !options.details.is_empty() && threads <= IN_TURN;
    loop {
        let files = options.details.iter();
        let details: Vec<_> = files.map(|file| Parts::new(*file, groups.len(), in_turn)).collect();
        let hours = options.hours.map(|(output, book)| TupleRows::new(output, book));
        let ahead = groups.len() < threads || in_turn && threads > 1;
        let selection = Some(options.selection).filter(|selection| !selection.is_all());
        let job =
            Job { inputs, details: &details, hours: hours.as_ref(), selection, progress, in_turn, ahead };
        let pass = read_all(&groups, options, job)?;
        if let Some(united) = plan::unite(&groups, &pass.logs, &times, inputs) {
            // Rare: a file with records of several NICs. Knowing repeated records again needs a second reading.
            groups = united;
            continue;
        }
        details.into_iter().try_for_each(Parts::join)?;
        hours.map_or(Ok(()), TupleRows::finish)?;
        return Ok(pass.reduced);
    }
}

struct Pass {
    reduced: Reduced,
    /// By group: the NICs' logs met in it, as numbers.
    logs: Vec<Vec<u64>>,
}

/// Groups are read by whoever is free, the largest first: a large one begun last would be waited for by all. In turn,
/// one worker reads them all.
fn read_all(groups: &[Group], options: &Options<'_>, job: Job<'_>) -> Result<Pass, ReduceError> {
    let mut order: Vec<usize> = (0..groups.len()).collect();
    if !job.in_turn {
        order.sort_by_key(|&group| (groups.get(group).map(|group| Reverse(group.size)), group));
    }
    let next = AtomicUsize::new(0);
    let shared = options.shared.clone().with_picked(options.selection.picked.clone());
    let work = || {
        let mut worker = Worker::new(&shared);
        while let Some(&index) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Some(group) = groups.get(index) {
                worker.read(index, group, job)?;
            }
        }
        worker.finish()
    };
    let mut state = State::empty(&shared)?;
    let mut rows = Vec::new();
    let mut logs = vec![Vec::new(); groups.len()];
    let done = if job.in_turn { vec![work()] } else { rayon::broadcast(|_| work()) };
    for done in done {
        let (mine, my_rows, met) = done?;
        state.merge(mine);
        rows.push(my_rows);
        for (group, met) in met {
            if let Some(slot) = logs.get_mut(group) {
                *slot = met;
            }
        }
    }
    let files = ReadRows::in_order(&rows, job.inputs);
    Ok(Pass { reduced: Reduced { state, files }, logs })
}

/// Which inputs belong together, and when each begins. All threads look at beginnings: opening a hundred thousand files takes
/// seconds.
fn grouped(inputs: &[Input]) -> (Vec<Group>, Vec<Option<i64>>) {
    let beginnings =
        inputs.par_iter().map_init(Decoder::default, |decoder, input| plan::peek(input, decoder));
    plan::groups(inputs, &beginnings.collect::<Vec<Beginning>>())
}
