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
    let file = File::open(path)?;
    // Growing on the way would move a large file again and again.
    let size = file.metadata().map_or(0, |metadata| metadata.len()).min(most);
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default() + 1);
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let message = format!("it is larger than {} MiB", most >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}
