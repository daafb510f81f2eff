//! Bringing a blob of a container: one version of it, whole, whatever breaks off or changes meanwhile.

use std::{io::Write as _, num::NonZeroUsize, path::Path};

use azure_core::http::StatusCode;
use azure_storage_blob::{BlobClient, models::BlobClientDownloadOptions};
use chrono::Utc;
use futures::TryStreamExt as _;

use super::{BROKE_OFF, CHANGES, Cause, Draft, FetchError, Received};
use crate::{
    answer::service_status,
    grow::{Blocks, Growing, properties},
    listing::quoted,
    plan::Job,
    refusal::in_words,
    retry::after_break,
};

/// How often in a row a body may break off without bringing a byte; requests themselves are retried
/// by the client's policy. Bodies that bring something are bounded by the blob's length.
const BREAKS: u32 = 5;
/// How often a whole body may differ from the hash the service keeps of it.
const MISMATCHES: u32 = 2;

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
pub(super) struct Start<'a> {
    pub(super) client: &'a BlobClient,
    pub(super) job: &'a Job,
    pub(super) growing: &'a Growing,
    /// The blocks of the version that is fetched, where they were asked for.
    pub(super) blocks: Option<Blocks>,
}

impl Start<'_> {
    /// Chooses the version, and puts the beginning into `file` if it is here already. Whether there is
    /// a block list for the version or not, nothing that goes wrong with it stops the whole download.
    async fn begin(
        &mut self,
        file: &mut Draft,
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
                start_over(file, path, received)?;
            }
        }
        self.blocks = Some(blocks);
        Ok(())
    }
}

/// Counts and digests what is written.
struct Counted<'a, 'b> {
    file: &'a mut Draft,
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

pub(super) async fn download(
    start: &mut Start<'_>,
    path: &Path,
    received: &mut Received<'_>,
) -> Result<Draft, FetchError> {
    let client = start.client;
    let mut file = Draft::create(path).map_err(|error| FetchError::disk(path, &error))?;
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
                start_over(&mut file, path, received)?;
                continue;
            }
            Ok(()) => "the service sent less than it promised".to_owned(),
            Err(Stop::Broken(error)) => in_words(&error),
            Err(Stop::Failed(error)) => return Err(error),
            Err(Stop::Changed) => {
                changes += 1;
                if changes > CHANGES {
                    return Err(FetchError::new(format!(
                        "the blob changed {changes} times while it was read"
                    )));
                }
                start_over(&mut file, path, received)?;
                (received.version, received.length) =
                    properties(client).await.map_err(|error| FetchError::service(&error))?;
                start.begin(&mut file, path, received).await?;
                continue;
            }
        };
        breaks += 1;
        if breaks > BREAKS {
            let (have, length) = (received.have, received.length);
            let message = format!("{BROKE_OFF} {have} of {length}: {broken}");
            return Err(FetchError { message, cause: Cause::Service });
        }
        tokio::time::sleep(after_break(breaks)).await;
    }
}

/// Nothing of what came is of use.
fn start_over(file: &mut Draft, path: &Path, received: &mut Received<'_>) -> Result<(), FetchError> {
    received.restart();
    file.rewind().map_err(|error| FetchError::disk(path, &error))
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
    file: &mut Draft,
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
            if received.version.is_empty() {
                // The listing told none: what follows belongs to what came first.
                received.version = quoted(response.properties.etag.map(String::from).unwrap_or_default());
            }
            // A beginning that was here is not hashed, so the whole cannot be.
            if received.have == 0 {
                received.expected.tell(response.properties.blob_content_md5.as_ref());
            }
            response.body
        }
        // 416: the blob became shorter than the range asked for.
        Err(error)
            if matches!(
                service_status(&error),
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
        file.write_all(&bytes).map_err(|error| Stop::Failed(FetchError::disk(path, &error)))?;
        received.expected.advance(&bytes);
        received.advance(&bytes);
    }
    Ok(())
}
