//! Bringing one blob's bytes into a temporary file: complete, verified, on disk.

mod container;
mod error;
mod folder;
mod temp;

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use azure_storage_blob::BlobContainerClient;

pub use error::{Cause, FetchError};
pub use temp::TempFile;

use crate::{
    digest::{Content, Expected},
    grow::{Blocks, Growing},
    manifest::{Growth, temp_name},
    plan::Job,
    progress::Progress,
};
use container::{Start, download};
use temp::Draft;

/// How often one blob may change under the download before it counts as failed.
const CHANGES: u32 = 5;

/// How the reason of a blob begins that did not come whole; the byte follows.
pub const BROKE_OFF: &str = "broke off at byte";

/// Where bytes come from.
pub enum Origin {
    /// A container.
    Container(BlobContainerClient),
    /// Files on disk.
    Folder,
}

/// A blob whose bytes are in a temporary file, on the disk once [`Fetched::sync`] says so.
#[derive(Debug)]
pub struct Fetched {
    /// What was asked for.
    pub job: Job,
    /// Where the bytes are.
    pub temp: TempFile,
    /// The version that was fetched: later than the listed one if the blob changed.
    pub version: String,
    /// Bytes.
    pub length: u64,
    /// Digest of the bytes.
    pub content: String,
    /// What to remember if the blob may grow.
    pub growth: Option<Growth>,
    /// Not synced yet, while it is here; with the blocks it was made of.
    file: Option<(Draft, Option<Blocks>)>,
}

impl Fetched {
    /// Waits, blocking, until the bytes are on the disk; within a tokio runtime, not on a thread of its own.
    /// Not part of the fetch: the disk serves many waiting files in little more time than one, and the
    /// network need not wait for it.
    pub fn sync(&mut self) -> Result<(), FetchError> {
        let Some((file, blocks)) = self.file.take() else { return Ok(()) };
        file.sync().map_err(|error| FetchError::disk(&self.temp.path, &error))?;
        self.growth = blocks.and_then(|blocks| blocks.growth(&self.temp.path));
        Ok(())
    }
}

/// Fetches blobs from one origin into one temporary folder.
pub struct Fetcher {
    /// Where bytes come from.
    pub origin: Arc<Origin>,
    /// The temporary folder.
    pub temp_folder: PathBuf,
    /// Hears of every byte.
    pub progress: Arc<Progress>,
    /// Number of the next temporary file.
    pub counter: AtomicU64,
    /// What is known of blobs that grow.
    pub growing: Growing,
}

impl Fetcher {
    /// Fetches one blob; memory does not grow with its length.
    pub async fn fetch(&self, job: Job) -> Result<Fetched, (Job, FetchError)> {
        let name = temp_name(self.counter.fetch_add(1, Ordering::Relaxed));
        let temp = TempFile { path: self.temp_folder.join(&name), name };
        let mut received = Received::new(&job, &self.progress);
        let result = match &*self.origin {
            Origin::Container(container) => {
                let client = container.blob_client(&job.blob.name);
                let mut start = Start { client: &client, job: &job, growing: &self.growing, blocks: None };
                let file = download(&mut start, &temp.path, &mut received).await;
                file.map(|file| (file, start.blocks))
            }
            Origin::Folder => folder::copy(&job, &temp.path, &mut received).map(|file| (file, None)),
        };
        match result {
            Ok((file, blocks)) => {
                if received.kept > 0 {
                    self.growing.saved(received.kept);
                }
                let (version, length, content) = (received.version, received.have, received.content.hex());
                let blocks = blocks.filter(|blocks| blocks.version == version);
                let file = Some((file, blocks));
                Ok(Fetched { job, temp, version, length, content, growth: None, file })
            }
            Err(error) => {
                received.restart();
                Err((job, error))
            }
        }
    }
}

/// The version being fetched and how much of it is here.
struct Received<'a> {
    version: String,
    length: u64,
    have: u64,
    content: Content,
    expected: Expected,
    /// Of these, bytes that were on disk before.
    kept: u64,
    progress: &'a Progress,
}

impl<'a> Received<'a> {
    fn new(job: &Job, progress: &'a Progress) -> Self {
        Self {
            version: job.blob.version.clone(),
            length: job.blob.length,
            have: 0,
            content: Content::default(),
            expected: Expected::default(),
            kept: 0,
            progress,
        }
    }

    /// More bytes are in the file.
    fn advance(&mut self, bytes: &[u8]) {
        self.content.advance(bytes);
        self.have += bytes.len() as u64;
        self.progress.advance(bytes.len() as u64);
    }

    fn restart(&mut self) {
        self.expected.restart();
        self.content = Content::default();
        self.progress.rewind(self.have);
        (self.have, self.kept) = (0, 0);
    }
}
