//! Bringing one blob's bytes into a temporary file: complete, verified, on disk.

use std::{
    fs::{self, File},
    io::{Read as _, Seek as _, Write as _},
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use azure_core::http::StatusCode;
use azure_storage_blob::{BlobClient, BlobContainerClient, models::BlobClientDownloadOptions};
use chrono::Utc;
use futures::TryStreamExt as _;

use crate::{
    digest::{Content, Expected},
    error::chain,
    grow::{Blocks, Growing, properties},
    listing::version_of,
    manifest::{Growth, temp_name},
    plan::Job,
    progress::Progress,
    retry::after_break,
};

/// How often one blob may change under the download before it counts as failed.
const CHANGES: u32 = 5;
/// How often in a row a body may break off without bringing a byte; requests themselves are retried
/// by the client's policy. Bodies that bring something are bounded by the blob's length.
const BREAKS: u32 = 5;
/// How often a whole body may differ from the hash the service keeps of it.
const MISMATCHES: u32 = 2;
const COPY_BUFFER: usize = 256 * 1024;

/// Where bytes come from.
pub enum Origin {
    /// A container.
    Container(BlobContainerClient),
    /// Files on disk.
    Folder,
}

/// A temporary file; dropping it removes what is still there under its name.
#[derive(Debug)]
pub struct TempFile {
    /// Its name in `.flowlog/tmp`.
    pub name: String,
    /// Its path.
    pub path: PathBuf,
}

impl Drop for TempFile {
    fn drop(&mut self) {
        // It fails for a file that was renamed into the tree; any other is swept by the next run.
        let _ = fs::remove_file(&self.path);
    }
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
    file: Option<(File, Option<Blocks>)>,
}

impl Fetched {
    /// Waits, blocking, until the bytes are on the disk. Not part of the fetch: the disk serves many
    /// waiting files in little more time than one, and the network need not wait for it.
    pub fn sync(&mut self) -> Result<(), FetchError> {
        let Some((file, blocks)) = self.file.take() else { return Ok(()) };
        // The bytes and the length; times and owner may follow later.
        file.sync_data().map_err(|error| FetchError::disk(&self.temp.path, &error))?;
        self.growth = blocks.and_then(|blocks| blocks.growth(&self.temp.path));
        Ok(())
    }
}

/// Why one blob could not be fetched.
#[derive(Debug)]
pub struct FetchError {
    /// For people.
    pub message: String,
    /// The service refused the identity.
    pub refused: bool,
    /// The disk is full or read-only: no other blob will fare better.
    pub fatal: bool,
    /// The service or the way to it failed, not this blob alone.
    pub service: bool,
}

impl FetchError {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), refused: false, fatal: false, service: false }
    }

    fn disk(path: &Path, error: &std::io::Error) -> Self {
        use std::io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
        let fatal =
            matches!(error.kind(), StorageFull | ReadOnlyFilesystem | QuotaExceeded | PermissionDenied);
        let message = format!("cannot write {}: {error}", path.display());
        Self { message, refused: false, fatal, service: false }
    }

    fn service(error: &azure_core::Error) -> Self {
        let refused = matches!(error.http_status(), Some(StatusCode::Unauthorized | StatusCode::Forbidden));
        let message = match error.http_status() {
            Some(StatusCode::NotFound) => "the blob is gone: deleted after it was listed".to_owned(),
            Some(StatusCode::Conflict) => {
                format!("{} (a blob in the archive tier must be rehydrated first)", chain(error))
            }
            _ => chain(error),
        };
        let own = matches!(error.http_status(), Some(StatusCode::NotFound | StatusCode::Conflict));
        Self { message, refused, fatal: false, service: !own }
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
            Origin::Folder => copy(&job, &temp.path, &mut received).map(|file| (file, None)),
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

/// How one request ended short of the whole blob.
enum Stop {
    /// The blob is no longer the version asked for.
    Changed,
    /// The body broke off; what came is good.
    Broken(azure_core::Error),
    /// Nothing more to try.
    Failed(FetchError),
}

/// Where a download begins: at the end of what an earlier run brought, or at the first byte.
struct Start<'a> {
    client: &'a BlobClient,
    job: &'a Job,
    growing: &'a Growing,
    /// The blocks of the version that is fetched, where they were asked for.
    blocks: Option<Blocks>,
}

impl Start<'_> {
    /// Chooses the version, and puts the beginning into `file` if it is here already. Whether there is
    /// a block list for the version or not, nothing that goes wrong with it stops the whole download.
    async fn begin(
        &mut self,
        file: &mut File,
        path: &Path,
        received: &mut Received<'_>,
    ) -> Result<(), FetchError> {
        self.blocks = None;
        if !Growing::is_likely(self.job, Utc::now()) {
            return Ok(());
        }
        let Ok(Some(blocks)) = Blocks::fetch(self.client).await else { return Ok(()) };
        received.version.clone_from(&blocks.version);
        received.length = blocks.length;
        if let Some(beginning) = self.growing.beginning(self.job, &blocks) {
            let mut to = Counted { file, received };
            if let Some(bytes) = beginning.copy(&mut to).map_err(|error| FetchError::disk(path, &error))? {
                received.kept = bytes;
            } else {
                received.restart();
                rewind(file).map_err(|error| FetchError::disk(path, &error))?;
            }
        }
        self.blocks = Some(blocks);
        Ok(())
    }
}

/// Counts and digests what is written.
struct Counted<'a, 'b> {
    file: &'a mut File,
    received: &'a mut Received<'b>,
}

impl std::io::Write for Counted<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.received.advance(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

async fn download(
    start: &mut Start<'_>,
    path: &Path,
    received: &mut Received<'_>,
) -> Result<File, FetchError> {
    let client = start.client;
    let mut file = File::create(path).map_err(|error| FetchError::disk(path, &error))?;
    start.begin(&mut file, path, received).await?;
    let (mut changes, mut breaks, mut mismatches) = (0, 0, 0);
    loop {
        let before = received.have;
        let read = if received.length == 0 {
            still_empty(client, received).await
        } else {
            read_rest(client, path, &mut file, received).await
        };
        if received.have > before {
            breaks = 0;
        }
        let broken = match read {
            // Whatever comes after the last byte of this version is none of it.
            Ok(()) | Err(Stop::Broken(_)) if received.have == received.length => {
                if received.expected.holds() {
                    return Ok(file);
                }
                mismatches += 1;
                if mismatches > MISMATCHES {
                    return Err(FetchError::new(format!(
                        "{mismatches} times its content was not what the MD5 in its properties says"
                    )));
                }
                received.restart();
                rewind(&mut file).map_err(|error| FetchError::disk(path, &error))?;
                continue;
            }
            Ok(()) => "the service sent less than it promised".to_owned(),
            Err(Stop::Broken(error)) => chain(&error),
            Err(Stop::Failed(error)) => return Err(error),
            Err(Stop::Changed) => {
                changes += 1;
                if changes > CHANGES {
                    return Err(FetchError::new(format!(
                        "the blob changed {changes} times while it was read"
                    )));
                }
                received.restart();
                rewind(&mut file).map_err(|error| FetchError::disk(path, &error))?;
                (received.version, received.length) =
                    properties(client).await.map_err(|error| FetchError::service(&error))?;
                start.begin(&mut file, path, received).await?;
                continue;
            }
        };
        breaks += 1;
        if breaks > BREAKS {
            let (have, length) = (received.have, received.length);
            let message = format!("broke off at byte {have} of {length}: {broken}");
            return Err(FetchError { service: true, ..FetchError::new(message) });
        }
        tokio::time::sleep(after_break(breaks)).await;
    }
}

/// Makes sure that an empty blob is still what was listed; there are no bytes to ask for.
async fn still_empty(client: &BlobClient, received: &Received<'_>) -> Result<(), Stop> {
    let (version, length) =
        properties(client).await.map_err(|error| Stop::Failed(FetchError::service(&error)))?;
    if length == 0 && version == received.version { Ok(()) } else { Err(Stop::Changed) }
}

/// Asks for the bytes still missing, of exactly this version, in one streamed request.
async fn read_rest(
    client: &BlobClient,
    path: &Path,
    file: &mut File,
    received: &mut Received<'_>,
) -> Result<(), Stop> {
    let rest = usize::try_from(received.length - received.have).unwrap_or(usize::MAX);
    let options = BlobClientDownloadOptions {
        if_match: (!received.version.is_empty()).then(|| received.version.clone().into()),
        range: Some((received.have..received.length).into()),
        // One part: the client would hold several parts of the blob in memory to reorder them.
        partition_size: NonZeroUsize::new(rest.max(1)),
        parallel: NonZeroUsize::new(1),
        ..Default::default()
    };
    let mut body = match client.download(Some(options)).await {
        Ok(response) => {
            // A beginning that was here is not hashed, so the whole cannot be.
            if received.have == 0 {
                received.expected.tell(response.properties.blob_content_md5.as_ref());
            }
            response.body
        }
        // 416: the blob became shorter than the range asked for.
        Err(error)
            if matches!(
                error.http_status(),
                Some(StatusCode::PreconditionFailed | StatusCode::RequestedRangeNotSatisfiable)
            ) =>
        {
            return Err(Stop::Changed);
        }
        Err(error) => return Err(Stop::Failed(FetchError::service(&error))),
    };
    while let Some(bytes) = body.try_next().await.map_err(Stop::Broken)? {
        if received.have + bytes.len() as u64 > received.length {
            return Err(Stop::Changed);
        }
        // Writing goes to the page cache; waiting for the disk is left to `sync`.
        file.write_all(&bytes).map_err(|error| Stop::Failed(FetchError::disk(path, &error)))?;
        received.expected.advance(&bytes);
        received.advance(&bytes);
    }
    Ok(())
}

fn rewind(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()
}

/// Copies a file of the source folder; again if it changed meanwhile.
fn copy(job: &Job, path: &Path, received: &mut Received<'_>) -> Result<File, FetchError> {
    let source = job.blob.file.as_deref().unwrap_or(Path::new(&job.blob.id));
    let unreadable =
        |error: std::io::Error| FetchError::new(format!("cannot read {}: {error}", source.display()));
    let mut buffer = vec![0; COPY_BUFFER];
    for _ in 0..=CHANGES {
        received.restart();
        let mut reader = File::open(source).map_err(unreadable)?;
        let mut file = File::create(path).map_err(|error| FetchError::disk(path, &error))?;
        let before = version_of(&reader.metadata().map_err(unreadable)?);
        loop {
            let read = reader.read(&mut buffer).map_err(unreadable)?;
            let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
            file.write_all(bytes).map_err(|error| FetchError::disk(path, &error))?;
            received.advance(bytes);
        }
        let metadata = fs::metadata(source).map_err(unreadable)?;
        if version_of(&metadata) == before && metadata.len() == received.have {
            received.version = before;
            received.length = received.have;
            return Ok(file);
        }
    }
    Err(FetchError::new(format!("{} kept changing while it was read", source.display())))
}
