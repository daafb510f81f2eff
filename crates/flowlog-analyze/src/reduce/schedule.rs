//! Who reads what next: stretch after stretch, the largest task first, each group by one worker at a time.
//!
//! A worker goes on with the groups it has read before, since their conversations are in its tables; it
//! takes over another's group only when there is nothing else to do.

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use flowlog_core::aggregate::{Duplicates, Group, HostId, Hosts};
use flowlog_core::connection::{Sighting, Twins};
use flowlog_core::record::SeenRecords;

use super::epochs::{Stretches, Task};
use crate::render::connections::ConnectionWriter;

/// So many stretches may be begun before all tasks of the first of them are done: what has been
/// sighted in the later ones waits in memory.
const OPEN_STRETCHES: usize = 2;

/// What is known of a group between two of its tasks.
pub(super) struct Paused {
    /// The worker that read it last.
    owner: Option<usize>,
    pub(super) group: Group,
    pub(super) seen: SeenRecords,
}

impl Paused {
    pub(super) fn new(group: Group) -> Self {
        Self { owner: None, group, seen: SeenRecords::default() }
    }
}

/// The tasks of one reading, and what the stretches that are done have in common.
pub(super) struct Schedule<'a> {
    stretches: &'a Stretches,
    state: Mutex<State>,
    changed: Condvar,
    resolver: Mutex<Resolver>,
}

struct State {
    /// Indexes of the tasks not yet begun.
    waiting: VecDeque<usize>,
    /// By group; none while a worker has it.
    paused: Vec<Option<Paused>>,
    /// By stretch: tasks not done yet, and what they sighted up to now.
    left: Vec<usize>,
    sighted: Vec<Vec<Vec<Sighting<HostId>>>>,
    /// The first stretch that is not resolved.
    first: usize,
    resolving: bool,
}

struct Resolver {
    twins: Twins<HostId>,
    duplicates: Duplicates,
    export: Option<Export>,
}

/// Where connections are written that several logs may tell of.
pub(super) struct Export {
    pub(super) writer: ConnectionWriter<File>,
    pub(super) hosts: Hosts,
    pub(super) error: Option<io::Error>,
}

impl Export {
    fn take(&mut self, duplicates: &mut Duplicates) {
        self.hosts.refresh();
        let kept = duplicates.take_kept();
        if self.error.is_none() {
            self.error = self.writer.write(kept, &self.hosts).err();
        }
    }
}

impl<'a> Schedule<'a> {
    pub(super) fn new(stretches: &'a Stretches, paused: Vec<Paused>, export: Option<Export>) -> Self {
        let duplicates = if export.is_some() { Duplicates::collecting() } else { Duplicates::default() };
        let tasks = &stretches.tasks;
        let mut left = vec![0; stretches.ends_ms.len() + 1];
        for task in tasks {
            if let Some(left) = left.get_mut(task.stretch) {
                *left += 1;
            }
        }
        // The largest first: a large one begun last would be waited for by all.
        let mut waiting: Vec<usize> = (0..tasks.len()).collect();
        waiting
            .sort_by_key(|&task| tasks.get(task).map(|task| (task.stretch, Reverse(task.size), task.group)));
        let sighted = left.iter().map(|_| Vec::new()).collect();
        let paused = paused.into_iter().map(Some).collect();
        let state = State { waiting: waiting.into(), paused, left, sighted, first: 0, resolving: false };
        Self {
            stretches,
            state: Mutex::new(state),
            changed: Condvar::new(),
            resolver: Mutex::new(Resolver { twins: Twins::default(), duplicates, export }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next task for a worker, with its index and what is known of its group; `None` when all are begun.
    pub(super) fn next(&self, worker: usize) -> Option<(usize, &'a Task, Paused)> {
        let mut state = self.state();
        loop {
            if let Some(place) = self.choose(&state, worker) {
                let index = state.waiting.remove(place)?;
                let task = self.stretches.tasks.get(index)?;
                let mut paused = state.paused.get_mut(task.group)?.take()?;
                paused.owner = Some(worker);
                return Some((index, task, paused));
            }
            if state.waiting.is_empty() {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The place among the waiting tasks of the one that a worker should read next.
    fn choose(&self, state: &State, worker: usize) -> Option<usize> {
        let mut others = None;
        for (place, &index) in state.waiting.iter().enumerate() {
            let task = self.stretches.tasks.get(index)?;
            if task.stretch >= state.first + OPEN_STRETCHES {
                break;
            }
            match state.paused.get(task.group) {
                Some(Some(group)) if group.owner.is_none_or(|owner| owner == worker) => return Some(place),
                Some(Some(_)) => others = others.or(Some(place)),
                _ => {}
            }
        }
        others
    }

    /// A task is done: its group can go on, and with the last one of a stretch its sightings are resolved.
    pub(super) fn done(&self, task: &Task, paused: Paused, sighted: Vec<Vec<Sighting<HostId>>>) {
        let mut state = self.state();
        if let Some(slot) = state.paused.get_mut(task.group) {
            *slot = Some(paused);
        }
        if let Some(left) = state.left.get_mut(task.stretch) {
            *left -= 1;
        }
        if let Some(all) = state.sighted.get_mut(task.stretch) {
            all.extend(sighted);
        }
        self.changed.notify_all();
        while !state.resolving && state.left.get(state.first) == Some(&0) {
            state.resolving = true;
            let stretch = state.first;
            let sighted = state.sighted.get_mut(stretch).map(std::mem::take).unwrap_or_default();
            drop(state);
            let end_ms = self.stretches.ends_ms.get(stretch).copied().unwrap_or(i64::MAX);
            let mut resolver = self.resolver.lock().unwrap_or_else(PoisonError::into_inner);
            let Resolver { twins, duplicates, export } = &mut *resolver;
            twins.advance(sighted, end_ms, duplicates);
            if let Some(export) = export {
                export.take(duplicates);
            }
            drop(resolver);
            state = self.state();
            state.resolving = false;
            state.first += 1;
            self.changed.notify_all();
        }
    }

    /// To be held by a worker while it works.
    pub(super) fn leaving(&self) -> Leaving<'_> {
        Leaving(self)
    }

    /// What is counted more than once, and whether all connections were written. All tasks must be done.
    pub(super) fn finish(self) -> (Duplicates, io::Result<()>) {
        let Resolver { duplicates, export, .. } =
            self.resolver.into_inner().unwrap_or_else(PoisonError::into_inner);
        let written = export.map_or(Ok(()), |export| match export.error {
            Some(error) => Err(error),
            None => export.writer.finish(),
        });
        (duplicates, written)
    }
}

/// Ends the waiting for tasks when a worker leaves: it has seen the last one begun, or it failed and the
/// group it had will not come back.
pub(super) struct Leaving<'a>(&'a Schedule<'a>);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.0.state().waiting.clear();
        self.0.changed.notify_all();
    }
}
