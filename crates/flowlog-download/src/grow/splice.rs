//! Beginning a new version of a file with what the old one holds.

use std::{
    fs::File,
    io::{self, Read as _, Write},
    path::PathBuf,
};

use super::{CLOSING, copy_start};
use crate::manifest::Growth;

/// The beginning of a blob in a file of the tree.
#[derive(Clone, Debug)]
pub struct Beginning {
    /// The file.
    pub path: PathBuf,
    /// What it should hold.
    pub growth: Growth,
}

impl Beginning {
    /// Copies the beginning to `to`, which is empty, and gives its length. `None`, and nothing is kept
    /// of what was written, if the file does not hold what it should: then the blob is fetched whole.
    pub fn copy(&self, to: &mut impl Write) -> io::Result<Option<u64>> {
        let Ok(mut from) = File::open(&self.path) else { return Ok(None) };
        let content = match copy_start(&mut from, to, self.growth.data_end) {
            Ok(content) => content,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut closing = Vec::new();
        from.take(CLOSING.len() as u64 + 1).read_to_end(&mut closing)?;
        Ok((content == self.growth.content && closing == CLOSING).then_some(self.growth.data_end))
    }
}
