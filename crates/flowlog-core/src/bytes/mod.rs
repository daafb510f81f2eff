//! A file as a stream of plain bytes, whatever it is packed in.
//!
//! The packing is told by the first bytes, never by the file's name: people rename files.

mod zstd;

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// So many first bytes tell how a file is packed.
pub const HEAD_BYTES: usize = ZSTD_MAGIC.len();

/// Whether what begins like this is packed.
pub fn is_packed(head: &[u8]) -> bool {
    head.starts_with(&GZIP_MAGIC) || head.starts_with(&ZSTD_MAGIC)
}

/// Opens `path`, unpacking gzip and Zstandard; `-` is standard input. `on_read` is told how many bytes
/// were read from it, packed as they are, each time some are.
///
/// # Errors
/// Whatever the operating system says of opening and of reading the first bytes.
pub fn open<'a>(path: &Path, on_read: impl Fn(u64) + Send + 'a) -> io::Result<Box<dyn Read + Send + 'a>> {
    if path.as_os_str() == "-" {
        unpack(Told { reader: io::stdin(), on_read })
    } else {
        unpack(Told { reader: File::open(path)?, on_read })
    }
}

/// Wraps `reader` in the decompressor its first bytes ask for.
///
/// # Errors
/// Whatever reading the first bytes reports.
pub fn unpack<'a>(mut reader: impl Read + Send + 'a) -> io::Result<Box<dyn Read + Send + 'a>> {
    let mut head = Vec::with_capacity(ZSTD_MAGIC.len());
    reader.by_ref().take(ZSTD_MAGIC.len() as u64).read_to_end(&mut head)?;
    let packed_as_gzip = head.starts_with(&GZIP_MAGIC);
    let packed_as_zstd = head == ZSTD_MAGIC;
    let whole = Cursor::new(head).chain(reader);
    Ok(if packed_as_gzip {
        Box::new(flate2::read::MultiGzDecoder::new(whole))
    } else if packed_as_zstd {
        Box::new(zstd::Frames::new(whole))
    } else {
        Box::new(whole)
    })
}

/// Tells how much is read.
struct Told<R, F> {
    reader: R,
    on_read: F,
}

impl<R: Read, F: Fn(u64)> Read for Told<R, F> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let length = self.reader.read(out)?;
        (self.on_read)(length as u64);
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn read(bytes: Vec<u8>) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        unpack(Cursor::new(bytes))?.read_to_end(&mut out)?;
        Ok(out)
    }

    fn gzip(text: &str) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(text: &str) -> Vec<u8> {
        ruzstd::encoding::compress_to_vec(text.as_bytes(), ruzstd::encoding::CompressionLevel::Fastest)
    }

    #[test]
    fn plain_bytes_pass_through_even_if_there_are_few() {
        for text in ["", "{", "abcdefgh"] {
            assert_eq!(read(text.as_bytes().to_vec()).unwrap(), text.as_bytes());
        }
    }

    #[test]
    fn appended_gzip_members_and_zstd_frames_are_one_stream() {
        assert_eq!(read([gzip("one,"), gzip("two")].concat()).unwrap(), b"one,two");
        assert_eq!(read([zstd("one,"), zstd("two")].concat()).unwrap(), b"one,two");
    }

    #[test]
    fn a_cut_archive_is_an_error_not_a_short_file() {
        let text = "flow ".repeat(5000);
        for packed in [gzip(&text), zstd(&text)] {
            let cut = packed.get(..packed.len() / 2).unwrap().to_vec();
            assert!(read(cut).is_err());
        }
    }
}
