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
use azure_storage_blob::{
    BlobContainerClient,
    models::{BlobClientDownloadOptions, BlobClientGetPropertiesResultHeaders as _},
};
use futures::TryStreamExt as _;

use crate::{
    digest::Expected,
    error::chain,
    listing::{quoted, version_of},
    manifest::temp_name,
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

/// A blob whose bytes are in a temporary file, on the disk once [`Fetched::synced`] says so.
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
    /// Not synced yet, while it is here.
    file: Option<File>,
}

impl Fetched {
    /// Waits until the bytes are on the disk. Not part of the fetch: the disk serves many waiting files
    /// in little more time than one, and the network need not wait for it.
    pub async fn synced(mut self) -> Result<Self, (Job, FetchError)> {
        match self.file.take() {
            None => Ok(self),
            Some(file) => match sync(file, &self.temp.path).await {
                Ok(()) => Ok(self),
                Err(error) => Err((self.job, error)),
            },
        }
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
    pub origin: Origin,
    /// The temporary folder.
    pub temp_folder: PathBuf,
    /// Hears of every byte.
    pub progress: Arc<Progress>,
    /// Number of the next temporary file.
    pub counter: AtomicU64,
}

impl Fetcher {
    /// Fetches one blob; memory does not grow with its length.
    pub async fn fetch(&self, job: Job) -> Result<Fetched, (Job, FetchError)> {
        let name = temp_name(self.counter.fetch_add(1, Ordering::Relaxed));
        let temp = TempFile { path: self.temp_folder.join(&name), name };
        let mut received = Received::new(&job, &self.progress);
        let result = match &self.origin {
            Origin::Container(container) => download(container, &job, &temp.path, &mut received).await,
            Origin::Folder => copy(&job, &temp.path, &mut received),
        };
        match result {
            Ok(file) => {
                let (version, length) = (received.version, received.have);
                Ok(Fetched { job, temp, version, length, file: Some(file) })
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
    expected: Expected,
    progress: &'a Progress,
}

impl<'a> Received<'a> {
    fn new(job: &Job, progress: &'a Progress) -> Self {
        Self {
            version: job.blob.version.clone(),
            length: job.blob.length,
            have: 0,
            expected: Expected::default(),
            progress,
        }
    }

    fn advance(&mut self, bytes: usize) {
        self.have += bytes as u64;
        self.progress.advance(bytes as u64);
    }

    fn restart(&mut self) {
        self.expected.restart();
        self.progress.rewind(self.have);
        self.have = 0;
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

async fn download(
    container: &BlobContainerClient,
    job: &Job,
    path: &Path,
    received: &mut Received<'_>,
) -> Result<File, FetchError> {
    let client = container.blob_client(&job.blob.name);
    let mut file = File::create(path).map_err(|error| FetchError::disk(path, &error))?;
    let (mut changes, mut breaks, mut mismatches) = (0, 0, 0);
    loop {
        let before = received.have;
        let read = if received.length == 0 {
            still_empty(&client, received).await
        } else {
            read_rest(&client, path, &mut file, received).await
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
                let properties = client.get_properties(None).await.map_err(|e| FetchError::service(&e))?;
                received.version =
                    quoted(properties.etag().ok().flatten().map(String::from).unwrap_or_default());
                received.restart();
                received.length = properties.content_length().ok().flatten().unwrap_or_default();
                rewind(&mut file).map_err(|error| FetchError::disk(path, &error))?;
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
async fn still_empty(client: &azure_storage_blob::BlobClient, received: &Received<'_>) -> Result<(), Stop> {
    let properties =
        client.get_properties(None).await.map_err(|error| Stop::Failed(FetchError::service(&error)))?;
    let empty = properties.content_length().ok().flatten() == Some(0);
    let version = properties.etag().ok().flatten().map(String::from).map(quoted);
    if empty && version.as_ref() == Some(&received.version) { Ok(()) } else { Err(Stop::Changed) }
}

/// Asks for the bytes still missing, of exactly this version, in one streamed request.
async fn read_rest(
    client: &azure_storage_blob::BlobClient,
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
            received.expected.tell(response.properties.blob_content_md5.as_ref());
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
        received.advance(bytes.len());
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
            received.advance(read);
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

/// Waits, off the async threads, until the bytes are on the disk.
async fn sync(file: File, path: &Path) -> Result<(), FetchError> {
    let synced = tokio::task::spawn_blocking(move || file.sync_all()).await;
    match synced {
        Ok(result) => result.map_err(|error| FetchError::disk(path, &error)),
        Err(_) => Err(FetchError::new("the run is ending")),
    }
}
