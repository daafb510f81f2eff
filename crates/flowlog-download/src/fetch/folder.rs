//! Copying a file of a source folder.

use std::{
    fs::{self, File},
    io::{Read as _, Write as _},
    path::Path,
};

use super::{CHANGES, Draft, FetchError, Received};
use crate::{listing::version_of, plan::Job};

const COPY_BUFFER: usize = 256 * 1024;

/// Copies a file of the source folder; again if it changed meanwhile.
pub(super) fn copy(job: &Job, path: &Path, received: &mut Received<'_>) -> Result<Draft, FetchError> {
    let source = job.blob.file.as_deref().unwrap_or(Path::new(&job.blob.id));
    let unreadable =
        |error: std::io::Error| FetchError::new(format!("cannot read {}: {error}", source.display()));
    let mut buffer = vec![0; COPY_BUFFER];
    for _ in 0..=CHANGES {
        received.restart();
        let mut reader = File::open(source).map_err(unreadable)?;
        let mut file = Draft::create(path).map_err(|error| FetchError::disk(path, &error))?;
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
