//! What makes an answer one that is not believed.

use std::error::Error;

use azure_core::error::ErrorKind;

/// Why an answer is not believed. Trying again would bring the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// Somebody else answered.
    #[error(
        "the answer is not from Azure Storage ({status} without {lacks}): a proxy or sign-in page on the way?"
    )]
    NotStorage {
        /// HTTP status.
        status: u16,
        /// What the service's own answer would have.
        lacks: &'static str,
    },
    /// A blob with another `ETag` than the one asked for.
    #[error("another version came than the one asked for (its ETag differs)")]
    OtherVersion,
    /// Other bytes of a blob than the ones asked for.
    #[error("other bytes came than the ones asked for (Content-Range)")]
    OtherRange,
    /// More bytes than such an answer can have.
    #[error("{what} is larger than {} MiB", limit >> 20)]
    TooLarge {
        /// What it is.
        what: &'static str,
        /// Bytes it may have.
        limit: u64,
    },
    /// What it is, the bytes that came, and in how many seconds.
    #[error("{0} comes too slowly: {1} bytes in {2} seconds")]
    TooSlow(&'static str, u64, u64),
    /// Pages of a listing that lead nowhere.
    #[error("the listing does not end: {0}")]
    Endless(&'static str),
    /// Names that do not begin with the prefix asked for, or prefixes that go no deeper.
    #[error("the listing names what was not asked for")]
    Astray,
    /// XML of the right kind that does not hold what it must.
    #[error("{0} cannot be read: its XML is cut or broken")]
    Unreadable(&'static str),
}

impl Wrong {
    /// What was wrong with the answer behind an error of the client, if that is what it was.
    pub fn of<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Self> {
        let mut current = Some(error);
        while let Some(error) = current {
            if let Some(wrong) = error.downcast_ref() {
                return Some(wrong);
            }
            current = error.source();
        }
        None
    }
}

/// Of a kind that is not tried again.
impl From<Wrong> for azure_core::Error {
    fn from(wrong: Wrong) -> Self {
        Self::new(ErrorKind::Other, wrong)
    }
}
