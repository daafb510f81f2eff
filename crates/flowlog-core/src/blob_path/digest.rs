//! The short hashes that keep two blobs from sharing a file.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// The first `digits` lower-case hex digits (at most 64) of the SHA-256 of `text`'s UTF-8 bytes.
///
/// ```
/// # use flowlog_core::blob_path::hex_digest;
/// assert_eq!(hex_digest("abc", 8), "ba7816bf");
/// ```
pub fn hex_digest(text: &str, digits: usize) -> String {
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(text.as_bytes()) {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex.truncate(digits);
    hex
}
