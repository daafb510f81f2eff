//! Why a blob could not be fetched.

use std::path::Path;

use azure_core::http::StatusCode;

use crate::{answer::Said, listing::Archived, refusal};

/// Why one blob could not be fetched.
#[derive(Debug)]
pub struct FetchError {
    /// For people.
    pub message: String,
    /// What that means for other blobs.
    pub cause: Cause,
}

/// Where the fault lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// In this blob alone.
    Blob,
    /// The blob is in the archive tier: it can be fetched once somebody has rehydrated it.
    Archived(Archived),
    /// The disk is full or read-only: no other blob will fare better.
    Disk,
    /// The service refused the identity.
    Refused,
    /// In the service or the way to it.
    Service,
}

impl FetchError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), cause: Cause::Blob }
    }

    pub(super) fn disk(path: &Path, error: &std::io::Error) -> Self {
        use std::io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
        let fatal =
            matches!(error.kind(), StorageFull | ReadOnlyFilesystem | QuotaExceeded | PermissionDenied);
        let cause = if fatal { Cause::Disk } else { Cause::Blob };
        Self { message: format!("cannot write {}: {error}", path.display()), cause }
    }

    pub(super) fn service(error: &azure_core::Error) -> Self {
        let cause = match Said::of(error).filter(|said| said.own) {
            Some(said) => match (said.status, said.code.as_str()) {
                (_, "BlobArchived") => Cause::Archived(Archived::Resting),
                (_, "BlobBeingRehydrated") => Cause::Archived(Archived::Rehydrating),
                (StatusCode::Unauthorized | StatusCode::Forbidden, _) => Cause::Refused,
                (StatusCode::NotFound | StatusCode::Conflict, _) => Cause::Blob,
                _ => Cause::Service,
            },
            None => Cause::Service,
        };
        Self { message: refusal::in_words(error), cause }
    }
}
