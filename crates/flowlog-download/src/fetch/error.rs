//! Why a blob could not be fetched.

use std::path::Path;

use azure_core::http::StatusCode;

use crate::error::chain;

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
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), refused: false, fatal: false, service: false }
    }

    pub(super) fn disk(path: &Path, error: &std::io::Error) -> Self {
        use std::io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
        let fatal =
            matches!(error.kind(), StorageFull | ReadOnlyFilesystem | QuotaExceeded | PermissionDenied);
        let message = format!("cannot write {}: {error}", path.display());
        Self { message, refused: false, fatal, service: false }
    }

    pub(super) fn service(error: &azure_core::Error) -> Self {
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
