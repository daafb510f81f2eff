//! Files -> one [`Aggregate`], on all cores. The only place with threads.

mod ahead;
mod details;
mod job;
mod plan;
mod read;

use std::sync::Mutex;
use std::thread;

use flowlog_core::aggregate::Aggregate;
use flowlog_core::report::FileRow;

use crate::progress::Progress;
use crate::walk::Input;
use details::Details;
pub use details::DetailsError;
use job::Job;
use plan::{Beginning, Group};
use read::Worker;

/// What the files held.
pub struct Reduced {
    /// The tables.
    pub aggregate: Aggregate,
    /// One row a file, in the order of the inputs.
    pub files: Vec<FileRow>,
}

/// How to read.
pub struct Options<'a> {
    /// Workers; at least one.
    pub threads: usize,
    /// Where to write one row a tuple, if asked for.
    pub details: Option<&'a std::path::Path>,
    /// Collect what findings are made from.
    pub findings: bool,
    /// Keep where tuples come from: what comparisons need.
    pub provenance: bool,
}

/// Reads all `inputs`.
///
/// The result does not depend on the number of threads or on which of them read what.
///
/// # Errors
/// Only the details file can fail; a file that cannot be read is a row with an error.
pub fn reduce(inputs: &[Input], options: &Options<'_>, progress: &Progress) -> Result<Reduced, DetailsError> {
    let beginnings = peek_all(inputs, options.threads);
    let mut groups = plan::groups(inputs, &beginnings);
    loop {
        let details = options.details.map(|path| Details::create(path, groups.len())).transpose()?;
        let ahead = groups.len() < options.threads;
        let job = Job { inputs, details: details.as_ref(), progress, ahead };
        let pass = read_all(&groups, options, job)?;
        if let Some(united) = plan::unite(&groups, &pass.streams, &beginnings, inputs) {
            // Rare: a file with records of several NICs. Joining their connections needs a second reading.
            groups = united;
            continue;
        }
        if let Some(details) = details {
            details.finish()?;
        }
        return Ok(pass.reduced);
    }
}

struct Pass {
    reduced: Reduced,
    /// The NICs' logs met in each group.
    streams: Vec<Vec<(String, String)>>,
}

fn read_all(groups: &[Group], options: &Options<'_>, job: Job<'_>) -> Result<Pass, DetailsError> {
    // The largest group first: a large one begun last would be waited for by all.
    let mut queue: Vec<usize> = (0..groups.len()).collect();
    queue.sort_by_key(|&group| groups.get(group).map(|group| group.size));
    let queue = Mutex::new(queue);
    let next = || queue.lock().ok()?.pop();
    let plain = || if options.findings { Aggregate::default() } else { Aggregate::without_findings() };
    let empty = || if options.provenance { plain().with_provenance() } else { plain() };
    let work = || -> Result<Worker, DetailsError> {
        let mut worker = Worker::new(empty());
        while let Some(index) = next() {
            if let Some(group) = groups.get(index) {
                worker.read_group(index, group, job)?;
            }
        }
        Ok(worker)
    };
    let workers = run_on(options.threads.clamp(1, groups.len().max(1)), &work);
    let mut aggregate = empty();
    let mut rows: Vec<(usize, FileRow)> = Vec::with_capacity(job.inputs.len());
    let mut streams = vec![Vec::new(); groups.len()];
    for worker in workers {
        let worker = worker?;
        if aggregate.overall.tuples == 0 && aggregate.faults.total() == 0 {
            aggregate = worker.aggregate;
        } else {
            aggregate.merge(worker.aggregate);
        }
        rows.extend(worker.rows);
        for (group, met) in worker.streams {
            if let Some(slot) = streams.get_mut(group) {
                *slot = met;
            }
        }
    }
    rows.sort_by_key(|(input, _)| *input);
    let files = rows.into_iter().map(|(_, row)| row).collect();
    Ok(Pass { reduced: Reduced { aggregate, files }, streams })
}

/// The beginnings of all inputs: opening a hundred thousand files takes seconds.
fn peek_all(inputs: &[Input], threads: usize) -> Vec<Beginning> {
    let share = inputs.len().div_ceil(threads.max(1)).max(1);
    thread::scope(|scope| {
        let peek = |inputs: &[Input]| inputs.iter().map(plan::peek).collect::<Vec<_>>();
        let handles: Vec<_> = inputs.chunks(share).map(|inputs| scope.spawn(move || peek(inputs))).collect();
        handles.into_iter().flat_map(join).collect()
    })
}

fn run_on<T: Send>(threads: usize, work: &(impl Fn() -> T + Sync)) -> Vec<T> {
    thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        handles.into_iter().map(join).collect()
    })
}

/// A worker that panicked has a bug: going on would print a report with its files missing.
fn join<T>(handle: thread::ScopedJoinHandle<'_, T>) -> T {
    handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
