//! Files -> one [`Aggregate`], on all cores. The only place with threads.

mod ahead;
mod epochs;
mod job;
mod parts;
mod plan;
mod read;
mod schedule;

use std::thread;

use flowlog_core::aggregate::{Aggregate, Collecting, Hosts};
use flowlog_core::flow::OwnNetworks;
use flowlog_core::report::FileRow;

use crate::export::{ExportError, Output};
use crate::progress::Progress;
use crate::render::connections::{ConnectionFormat, ConnectionWriter};
use crate::render::csv_details;
use crate::walk::Input;
use job::Job;
use parts::Parts;
use plan::Beginning;
use read::Worker;
use schedule::{Export, Paused, Schedule};

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
    pub details: Option<&'a Output>,
    /// Where to write one row a connection, and how, if asked for.
    pub connections: Option<(&'a Output, ConnectionFormat)>,
    /// Collect what findings are made from.
    pub findings: bool,
    /// Count what several logs tell of once.
    pub resolve: bool,
    /// Networks that are one's own.
    pub own: &'a OwnNetworks,
    /// Keep where tuples come from: what comparisons need.
    pub provenance: bool,
}

/// Reads all `inputs`.
///
/// The result does not depend on the number of threads or on which of them read what.
///
/// # Errors
/// Only the files of tuples and connections can fail; a file that cannot be read is a row with an error.
pub fn reduce(inputs: &[Input], options: &Options<'_>, progress: &Progress) -> Result<Reduced, ExportError> {
    let beginnings = peek_all(inputs, options.threads);
    let mut groups = plan::groups(inputs, &beginnings);
    let (own_public, forwards) = (plan::own_public(&beginnings), plan::forwards(inputs, &beginnings));
    let (findings, sightings) = (options.findings, options.resolve);
    let own = options.own.clone();
    let (connections, provenance) = (options.connections.is_some(), options.provenance);
    let mut collecting =
        Collecting { findings, sightings, connections, provenance, own_public, forwards, own };
    loop {
        let stretches = epochs::cut(&groups, &beginnings, inputs);
        let paused = groups.iter().map(|group| Paused::new(plan::unread(group, &beginnings))).collect();
        let tasks = stretches.tasks.len();
        let details = options.details.map(|output| Parts::new(output, csv_details::HEADER, tasks));
        // Behind the tasks' parts stands what several logs may tell of.
        let connections = options
            .connections
            .map(|(output, format)| (Parts::new(output, format.header(), tasks + 1), format));
        let hosts = Hosts::default();
        let export = connections.as_ref().map(|(parts, format)| {
            let writer = ConnectionWriter::part(parts.part(tasks)?, *format);
            Ok(Export { writer, hosts: hosts.beside(), error: None })
        });
        let schedule = Schedule::new(&stretches, paused, export.transpose()?);
        let ahead = groups.len() < options.threads;
        let written = connections.as_ref().map(|(parts, format)| (parts, *format));
        let job = Job { inputs, details: details.as_ref(), connections: written, progress, ahead };
        let collect = || Aggregate::new(&collecting, &hosts);
        let mut pass = read_all(&schedule, &collect, options.threads.clamp(1, groups.len().max(1)), job)?;
        let mut logs = vec![Vec::new(); groups.len()];
        for (group, met) in pass.logs {
            if let Some(slot) = logs.get_mut(group) {
                *slot = met;
            }
        }
        if let Some(united) = plan::unite(&groups, &logs, &beginnings, inputs) {
            // Rare: a file with records of several NICs. Joining their connections needs a second reading.
            groups = united;
            continue;
        }
        if let Some(more) = plan::missed(&pass.reduced.aggregate, &collecting, inputs) {
            // Rare: nothing at the beginning of any file showed that others' logs tell of its connections, too.
            collecting = more;
            continue;
        }
        let (duplicates, written) = schedule.finish();
        if let Some(details) = details {
            details.join()?;
        }
        if let Some((connections, _)) = connections {
            connections.told(written)?;
            connections.join()?;
        }
        pass.reduced.aggregate.take_out(&duplicates);
        return Ok(pass.reduced);
    }
}

struct Pass {
    reduced: Reduced,
    /// Index of a group, and the NICs' logs met in it.
    logs: Vec<(usize, Vec<(String, String)>)>,
}

fn read_all(
    schedule: &Schedule<'_>,
    collect: &(impl Fn() -> Aggregate + Sync),
    threads: usize,
    job: Job<'_>,
) -> Result<Pass, ExportError> {
    let work = |number: usize| -> Result<Worker, ExportError> {
        let _leaving = schedule.leaving();
        let mut worker = Worker::new(collect());
        while let Some((index, task, mut paused)) = schedule.next(number) {
            let sighted = worker.read(index, task, &mut paused, job)?;
            schedule.done(task, paused, sighted);
        }
        Ok(worker)
    };
    let mut aggregate = collect();
    let mut rows: Vec<(usize, FileRow)> = Vec::with_capacity(job.inputs.len());
    let mut logs = Vec::new();
    for worker in run_on(threads, &work) {
        let worker = worker?;
        aggregate.merge(worker.aggregate);
        rows.extend(worker.rows);
        logs.extend(worker.logs);
    }
    aggregate.end_logs();
    rows.sort_by_key(|(input, _)| *input);
    let files = rows.into_iter().map(|(_, row)| row).collect();
    Ok(Pass { reduced: Reduced { aggregate, files }, logs })
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

fn run_on<T: Send>(threads: usize, work: &(impl Fn(usize) -> T + Sync)) -> Vec<T> {
    thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|number| scope.spawn(move || work(number))).collect();
        handles.into_iter().map(join).collect()
    })
}

/// A worker that panicked has a bug: going on would print a report with its files missing.
fn join<T>(handle: thread::ScopedJoinHandle<'_, T>) -> T {
    handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
