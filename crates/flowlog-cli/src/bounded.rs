//! Files that a person names beside the logs, read whole and therefore only up to a bound.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Most bytes of a settings file: a hundred thousand suppressions.
pub const SETTINGS_BYTES: u64 = 16 << 20;
/// Most bytes of a file about the network: Microsoft's list has five million.
pub const NETWORK_BYTES: u64 = 256 << 20;

/// Reads a file of at most `most` bytes.
///
/// # Errors
/// The operating system's, and a file that is larger.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let message = format!("it is larger than {} MiB", most >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}
