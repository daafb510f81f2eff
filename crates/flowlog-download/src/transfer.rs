//! Fetching many blobs at once and handing them, in batches, to the disk and to the one who places them.

use std::{sync::Arc, time::Duration};

use tokio::{
    runtime::Handle,
    sync::{mpsc, watch},
    task::{JoinError, JoinHandle, JoinSet, spawn_blocking},
    time::{Instant, timeout_at},
};

use crate::{
    error::{Failure, Kind},
    fetch::{Cause, FetchError, Fetched, Fetcher},
    listing::Archived,
    place::{Placed, Placer},
    plan::Job,
    progress::Progress,
};

/// Files placed in one go: two syncs of the record serve them all. Each is an open file, and some
/// systems allow a process no more than 256.
const BATCH: usize = 128;
/// Files that may arrive while a batch is placed.
const AHEAD: usize = 64;
/// How long a batch waits for more files.
const BATCH_WAIT: Duration = Duration::from_millis(250);
/// After so many blobs in a row that the service or the network failed, and at least twice as many as
/// are fetched at once, the rest is not tried: each would take its whole patience to fail the same way.
const GIVE_UP: usize = 24;

/// Hears of Ctrl-C.
#[derive(Clone, Debug)]
pub struct Cancel(watch::Receiver<bool>);

impl Cancel {
    /// Listens for Ctrl-C and, where there is one, the signal to terminate. Needs a tokio runtime.
    pub fn on_signal() -> Self {
        let (sender, receiver) = watch::channel(false);
        tokio::spawn(async move {
            signalled().await;
            // Kept alive until the receivers are gone, so that waiting on them stays sound.
            let _ = sender.send(true);
            sender.closed().await;
        });
        Self(receiver)
    }

    /// Ends when the run is to end.
    pub async fn wait(&self) {
        let mut receiver = self.0.clone();
        if receiver.wait_for(|set| *set).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Whether the run is to end.
    pub fn is_set(&self) -> bool {
        *self.0.borrow()
    }
}

#[cfg(unix)]
async fn signalled() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

#[cfg(not(unix))]
async fn signalled() {
    let _ = tokio::signal::ctrl_c().await;
}

/// What became of the jobs.
#[derive(Debug, Default)]
pub struct Transferred {
    /// Blobs in place.
    pub fetched: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Blobs that failed, each with its reason.
    pub failed: Vec<(String, String)>,
    /// Blobs in the archive tier that the listing did not show there.
    pub archived: Vec<Archived>,
    /// How many of those that failed the service refused.
    pub refused: usize,
    /// Blobs not tried, because too many before them failed in a row.
    pub not_tried: u64,
}

/// Fetches the jobs, `concurrency` at once, until all are done, the run is cancelled or the disk fails.
pub async fn transfer(
    jobs: Vec<Job>,
    fetcher: &Arc<Fetcher>,
    placer: Placer,
    concurrency: usize,
    cancel: &Cancel,
) -> Result<Transferred, Failure> {
    let mut result = Transferred::default();
    let mut fatal = None;
    let limit = GIVE_UP.max(2 * concurrency);
    let (sender, arriving) = mpsc::channel(AHEAD);
    let (progress, handle) = (Arc::clone(&fetcher.progress), Handle::current());
    let placing = spawn_blocking(move || place_all(&placer, arriving, &progress, &handle));
    {
        let (mut jobs, mut in_a_row) = (jobs.into_iter(), 0);
        // Dropping the set ends the running fetches, and these remove their temporary files.
        let mut running = JoinSet::new();
        loop {
            // Once given up, no more are started; what is under way may still arrive.
            while running.len() < concurrency
                && in_a_row < limit
                && let Some(job) = jobs.next()
            {
                let fetcher = Arc::clone(fetcher);
                running.spawn(async move { fetcher.fetch(job).await });
            }
            let next = tokio::select! {
                biased;
                () = cancel.wait() => None,
                next = running.join_next() => next,
            };
            let Some(next) = next else { break };
            let next =
                next.map_err(|error| Failure::new(Kind::Failed, format!("fetching blobs: {error}")))?;
            match next {
                Ok(blob) => {
                    in_a_row = if in_a_row < limit { 0 } else { in_a_row };
                    // The other end is gone only if the disk or the record failed; `placing` says why.
                    if sender.send(sync(blob)).await.is_err() {
                        break;
                    }
                }
                Err((job, error)) => {
                    match error.cause {
                        Cause::Disk => {
                            fatal = Some(error.message);
                            break;
                        }
                        Cause::Archived(how) => {
                            result.archived.push(how);
                            continue;
                        }
                        Cause::Refused => (in_a_row, result.refused) = (in_a_row + 1, result.refused + 1),
                        Cause::Service => in_a_row += 1,
                        Cause::Blob => {}
                    }
                    result.failed.push((job.blob.name, error.message));
                }
            }
        }
        result.not_tried = if in_a_row < limit { 0 } else { jobs.len() as u64 };
    }
    drop(sender);
    let ended = placing.await.map_err(|error| broken(&error))??;
    for blob in ended.placed {
        if let Some(reason) = blob.error {
            result.failed.push((blob.name, reason));
        } else {
            result.fetched += 1;
            result.bytes += blob.length;
        }
    }
    result.failed.extend(ended.unsynced);
    match fatal.or(ended.fatal) {
        Some(message) => Err(Failure::new(Kind::Failed, message)
            .hint(format!("{} blobs are safe; run again to fetch the rest", result.fetched))),
        None => Ok(result),
    }
}

/// A task of ours that did not come to its end.
fn broken(error: &JoinError) -> Failure {
    Failure::new(Kind::Failed, format!("placing files: {error}"))
}

/// What became of the blobs that arrived.
#[derive(Default)]
struct Ended {
    placed: Vec<Placed>,
    /// Blobs the disk did not take, each with its reason.
    unsynced: Vec<(String, String)>,
    /// The disk takes no more at all.
    fatal: Option<String>,
}

/// A blob that waits for the disk.
type Syncing = JoinHandle<(Fetched, Result<(), FetchError>)>;

/// Has a blob written to the disk at once, while others are still fetched: the disk serves many that
/// wait in little more time than one.
fn sync(mut blob: Fetched) -> Syncing {
    spawn_blocking(move || {
        let result = blob.sync();
        (blob, result)
    })
}

fn place_all(
    placer: &Placer,
    mut arriving: mpsc::Receiver<Syncing>,
    progress: &Progress,
    handle: &Handle,
) -> Result<Ended, Failure> {
    let mut ended = Ended::default();
    while let Some(batch) = handle.block_on(next_batch(&mut arriving)) {
        let mut on_disk = Vec::with_capacity(batch.len());
        for syncing in batch {
            let (blob, result) = handle.block_on(syncing).map_err(|error| broken(&error))?;
            match result {
                Ok(()) => on_disk.push(blob),
                Err(error) if error.cause == Cause::Disk => ended.fatal = Some(error.message),
                Err(error) => ended.unsynced.push((blob.job.blob.name, error.message)),
            }
        }
        for blob in placer.place(on_disk)? {
            if blob.error.is_none() {
                progress.blob_done();
            }
            ended.placed.push(blob);
        }
        if ended.fatal.is_some() {
            break;
        }
    }
    Ok(ended)
}

/// What arrives within a short time; `None` once nothing more will.
async fn next_batch(arriving: &mut mpsc::Receiver<Syncing>) -> Option<Vec<Syncing>> {
    let first = arriving.recv().await?;
    let until = Instant::now() + BATCH_WAIT;
    let mut batch = vec![first];
    while batch.len() < BATCH {
        let Ok(Some(next)) = timeout_at(until, arriving.recv()).await else { break };
        batch.push(next);
    }
    Some(batch)
}
