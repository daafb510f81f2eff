//! Fetching many blobs at once and handing them to the one who places them.

use std::{cell::Cell, sync::Arc, time::Duration};

use futures::{StreamExt as _, future, stream};
use tokio::sync::{mpsc, watch};

use crate::{
    error::{Failure, Kind},
    fetch::{FetchError, Fetched, Fetcher},
    place::{Placed, Placer},
    plan::Job,
    progress::Progress,
};

/// Files placed in one go: two syncs of the record serve them all.
const BATCH: usize = 128;
/// Files that wait for the disk at once.
const SYNCS: usize = 64;
/// How long a batch waits for more files.
const BATCH_WAIT: Duration = Duration::from_millis(20);
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
    /// How many of these the service refused.
    pub refused: usize,
    /// Blobs not tried, because too many before them failed in a row.
    pub not_tried: u64,
}

/// Fetches the jobs, `concurrency` at once, until all are done, the run is cancelled or the disk fails.
pub async fn transfer(
    jobs: Vec<Job>,
    fetcher: &Fetcher,
    placer: Placer,
    concurrency: usize,
    cancel: &Cancel,
) -> Result<Transferred, Failure> {
    let mut result = Transferred::default();
    let (mut fatal, mut left) = (None, jobs.len() as u64);
    let limit = GIVE_UP.max(2 * concurrency);
    let (sender, arriving) = mpsc::channel(BATCH);
    let progress = Arc::clone(&fetcher.progress);
    let placing = tokio::task::spawn_blocking(move || place_all(&placer, arriving, &progress));
    {
        let in_a_row = Cell::new(0);
        // Once given up, no more are started; what is under way may still arrive.
        let jobs = stream::iter(jobs).take_while(|_| future::ready(in_a_row.get() < limit));
        let count = |result: &Result<Fetched, (Job, FetchError)>| match result {
            _ if in_a_row.get() >= limit => {}
            Ok(_) => in_a_row.set(0),
            Err((_, error)) => in_a_row.set(in_a_row.get() + usize::from(error.service)),
        };
        let fetched = jobs.map(|job| fetcher.fetch(job)).buffer_unordered(concurrency).inspect(count);
        let synced = |result: Result<Fetched, _>| async {
            match result {
                Ok(fetched) => fetched.synced().await,
                Err(error) => Err(error),
            }
        };
        let mut running = fetched.map(synced).buffer_unordered(SYNCS);
        loop {
            let next = tokio::select! {
                biased;
                () = cancel.wait() => None,
                next = running.next() => next,
            };
            left -= u64::from(next.is_some());
            match next {
                None => break,
                Some(Ok(blob)) => {
                    // The other end is gone only if the record failed; `placing` says why.
                    if sender.send(blob).await.is_err() {
                        break;
                    }
                }
                Some(Err((job, error))) => {
                    result.refused += usize::from(error.refused);
                    if error.fatal {
                        fatal = Some(error.message);
                        break;
                    }
                    result.failed.push((job.blob.name, error.message));
                }
            }
        }
        result.not_tried = if in_a_row.get() >= limit { left } else { 0 };
        // Dropping the running fetches removes their temporary files.
    }
    drop(sender);
    let ended =
        placing.await.map_err(|error| Failure::new(Kind::Failed, format!("placing files: {error}")))??;
    for blob in ended {
        if let Some(reason) = blob.error {
            result.failed.push((blob.name, reason));
        } else {
            result.fetched += 1;
            result.bytes += blob.length;
        }
    }
    match fatal {
        Some(message) => Err(Failure::new(Kind::Failed, message)
            .hint(format!("{} blobs are safe; run again to fetch the rest", result.fetched))),
        None => Ok(result),
    }
}

fn place_all(
    placer: &Placer,
    mut arriving: mpsc::Receiver<Fetched>,
    progress: &Progress,
) -> Result<Vec<Placed>, Failure> {
    let mut all = Vec::new();
    while let Some(first) = arriving.blocking_recv() {
        let mut batch = vec![first];
        std::thread::sleep(BATCH_WAIT);
        while batch.len() < BATCH {
            match arriving.try_recv() {
                Ok(next) => batch.push(next),
                Err(_) => break,
            }
        }
        for ended in placer.place(batch)? {
            if ended.error.is_none() {
                progress.blob_done();
            }
            all.push(ended);
        }
    }
    Ok(all)
}
