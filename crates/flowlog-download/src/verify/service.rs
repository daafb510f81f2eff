//! What the service says of its blobs: the hashes it keeps, or their bytes once more.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    num::NonZeroUsize,
    path::{Path, PathBuf},
};

use azure_core::http::StatusCode;
use azure_storage_blob::{
    BlobClient, BlobContainerClient,
    models::{BlobClientDownloadOptions, BlobClientGetPropertiesResultHeaders as _},
};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use crate::{
    answer::{Said, service_status},
    error::{Failure, Kind},
    listing::Listed,
    refusal::in_words,
    retry::after_break,
};

/// How often in a row a body may break off without bringing a byte.
const BREAKS: u32 = 5;

/// The MD5 that the service keeps of each blob it keeps one of.
pub async fn hashes(
    container: &BlobContainerClient,
    blobs: &[&Listed],
    at_once: usize,
) -> Result<HashMap<String, Vec<u8>>, Failure> {
    let asked = stream::iter(blobs.iter().map(|blob| blob.id.clone())).map(|id| async move {
        let properties = container.blob_client(&id).get_properties(None).await;
        properties.map(|properties| (id, properties.content_md5().ok().flatten()))
    });
    let mut asked = asked.buffer_unordered(at_once);
    let mut md5s = HashMap::new();
    while let Some(answer) = asked.next().await {
        match answer {
            Ok((id, Some(md5))) => {
                md5s.insert(id, md5);
            }
            Ok((_, None)) => {}
            // Deleted since it was listed: there is nothing left to compare with.
            Err(error) if service_status(&error) == Some(StatusCode::NotFound) => {}
            Err(error) => {
                let told = format!("cannot ask for the properties of a blob: {}", in_words(&error));
                return Err(Failure::new(Kind::Failed, told));
            }
        }
    }
    Ok(md5s)
}

/// Reads blobs from the service again and compares them with their files: whether they have the same
/// bytes, by blob id. Blobs that changed or vanished meanwhile and files that cannot be read are left out.
pub async fn reread(
    container: &BlobContainerClient,
    files: Vec<(Listed, PathBuf)>,
    at_once: usize,
) -> Result<HashMap<String, bool>, Failure> {
    let compared = stream::iter(files).map(|(blob, path)| async move {
        let same = compare(&container.blob_client(&blob.name), &blob, &path).await;
        same.map(|same| same.map(|same| (blob.id, same)))
    });
    let found: Vec<_> = compared.buffer_unordered(at_once).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

/// `None` if there is nothing to compare with any more.
async fn compare(client: &BlobClient, blob: &Listed, path: &Path) -> Result<Option<bool>, Failure> {
    let failed = |told: &str| Failure::new(Kind::Failed, format!("cannot read {} again: {told}", blob.name));
    let Ok(mut file) = File::open(path) else { return Ok(None) };
    let (mut at, mut breaks) = (0, 0);
    while at < blob.length {
        let before = at;
        let broken = match compare_rest(client, blob, &mut file, &mut at).await {
            Ok(true) if at < blob.length => "the service sent less than it promised".to_owned(),
            Ok(same) => return Ok(Some(same)),
            Err(Stop::Gone) => return Ok(None),
            Err(Stop::Unreadable) => return Ok(None),
            Err(Stop::Failed(error)) => return Err(failed(&in_words(&error))),
            Err(Stop::Broken(error)) => in_words(&error),
        };
        breaks = if at > before { 1 } else { breaks + 1 };
        if breaks > BREAKS {
            return Err(failed(&broken));
        }
        tokio::time::sleep(after_break(breaks)).await;
    }
    Ok(Some(true))
}

/// Why a comparison stopped.
enum Stop {
    /// The blob is no longer the version that was listed.
    Gone,
    /// The file cannot be read: the check of the file itself says why.
    Unreadable,
    /// The body broke off.
    Broken(azure_core::Error),
    Failed(azure_core::Error),
}

/// Compares from byte `at` to the end of the answer, and moves `at` along.
async fn compare_rest(
    client: &BlobClient,
    blob: &Listed,
    file: &mut File,
    at: &mut u64,
) -> Result<bool, Stop> {
    let options = BlobClientDownloadOptions {
        if_match: Some(blob.version.clone().into()),
        range: Some((*at..blob.length).into()),
        partition_size: NonZeroUsize::new(usize::try_from(blob.length).unwrap_or(usize::MAX)),
        parallel: NonZeroUsize::new(1),
        ..Default::default()
    };
    let mut body = match client.download(Some(options)).await {
        Ok(response) => response.body,
        Err(error) => {
            let gone = [
                StatusCode::PreconditionFailed,
                StatusCode::NotFound,
                StatusCode::RequestedRangeNotSatisfiable,
            ];
            // Archived since it was listed: the record has to do.
            let archived = Said::of(&error)
                .is_some_and(|said| said.code == "BlobArchived" || said.code == "BlobBeingRehydrated");
            let is_gone = archived || service_status(&error).is_some_and(|status| gone.contains(&status));
            return Err(if is_gone { Stop::Gone } else { Stop::Failed(error) });
        }
    };
    file.seek(SeekFrom::Start(*at)).map_err(|_| Stop::Unreadable)?;
    let mut here = Vec::new();
    while let Some(bytes) = body.try_next().await.map_err(Stop::Broken)? {
        here.resize(bytes.len(), 0);
        match file.read_exact(&mut here) {
            Ok(()) if here == bytes => *at += bytes.len() as u64,
            Ok(()) => return Ok(false),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
            Err(_) => return Err(Stop::Unreadable),
        }
    }
    Ok(true)
}
