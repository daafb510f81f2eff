//! The MD5 a service keeps of a blob, against the bytes that came; and our own digest of what came.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use md5::{Digest as _, Md5};
use twox_hash::xxhash3_128;

/// Hashes a body while it comes, if the service has told what the hash must be.
#[derive(Default)]
pub struct Expected(Option<(Vec<u8>, Md5)>);

impl Expected {
    /// The service's hash, known before the first byte; later calls change nothing.
    pub fn tell(&mut self, md5: Option<&Vec<u8>>) {
        if self.0.is_none() {
            self.0 = md5.map(|md5| (md5.clone(), Md5::new()));
        }
    }

    /// More bytes came.
    pub fn advance(&mut self, bytes: &[u8]) {
        if let Some((_, hasher)) = &mut self.0 {
            hasher.update(bytes);
        }
    }

    /// Forgets everything: the blob is another version now, or comes once more.
    pub fn restart(&mut self) {
        self.0 = None;
    }

    /// Whether the bytes are those the service means; `true` if it does not say.
    pub fn holds(&self) -> bool {
        self.0.as_ref().is_none_or(|(md5, hasher)| hasher.clone().finalize().as_slice() == md5.as_slice())
    }
}

/// The tool's own digest of a content: XXH3, 128 bits. It finds what disks, copies and editors do to a
/// file, at the speed of memory; it is no seal against somebody who forges one.
pub struct Content(xxhash3_128::Hasher);

impl Default for Content {
    fn default() -> Self {
        Self(xxhash3_128::Hasher::new())
    }
}

impl Content {
    /// More bytes.
    pub fn advance(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    /// The digest of all bytes so far, 32 hex digits.
    pub fn hex(&self) -> String {
        format!("{:032x}", self.0.finish_128())
    }
}

/// The MD5 of a file.
pub fn md5_of(path: &Path) -> io::Result<[u8; 16]> {
    let mut hasher = Md5::new();
    each_piece(path, |bytes| hasher.update(bytes))?;
    Ok(hasher.finalize().into())
}

/// The [`Content`] digest of a file.
pub fn content_of(path: &Path) -> io::Result<String> {
    let mut content = Content::default();
    each_piece(path, |bytes| content.advance(bytes))?;
    Ok(content.hex())
}

/// Reads a file from beginning to end.
pub(crate) fn each_piece(path: &Path, mut hear: impl FnMut(&[u8])) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut buffer = vec![0; 256 * 1024];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => hear(buffer.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 1321, appendix A.5: the MD5 of "abc".
    const ABC: [u8; 16] =
        [0x90, 0x01, 0x50, 0x98, 0x3c, 0xd2, 0x4f, 0xb0, 0xd6, 0x96, 0x3f, 0x7d, 0x28, 0xe1, 0x7f, 0x72];

    #[test]
    fn other_bytes_do_not_hold() {
        let mut expected = Expected::default();
        assert!(expected.holds(), "nothing told, nothing to compare");
        expected.tell(Some(&ABC.to_vec()));
        expected.advance(b"ab");
        assert!(!expected.holds());
        expected.advance(b"c");
        assert!(expected.holds());
        expected.restart();
        expected.tell(None);
        assert!(expected.holds());
    }

    #[test]
    fn a_file_has_the_hash_of_its_bytes() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("f");
        std::fs::write(&path, "abc").expect("written");
        assert_eq!(md5_of(&path).expect("readable"), ABC);
        let mut content = Content::default();
        content.advance(b"a");
        content.advance(b"bc");
        assert_eq!(content_of(&path).expect("readable"), content.hex());
        // The reference implementation's value for "abc" with seed 0.
        assert_eq!(content.hex(), "06b05ab6733a618578af5f94892f3950");
    }
}
