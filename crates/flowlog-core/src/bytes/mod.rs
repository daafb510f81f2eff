//! A file as a stream of plain bytes, whatever it is packed in, and an archive as its members.
//!
//! The packing is told by the first bytes, never by the file's name: people rename files. Nothing is unpacked to disk, and
//! what is unpacked is never held as a whole, however much it is.

mod archive;
mod zstd;

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::path::Path;

pub(crate) use archive::Faulty;
pub use archive::{MAX_MEMBERS, Part};

const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b];
const ZSTD_MAGIC: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const BZIP2_MAGIC: &[u8] = b"BZh";
const XZ_MAGIC: &[u8] = b"\xfd7zXZ\0";

/// So many first bytes tell how a file is packed.
pub const HEAD_BYTES: usize = XZ_MAGIC.len();

/// What unpacking .xz may take, in KiB. `xz -9` writes what needs 65 MiB; a header may ask for 4 GiB.
const XZ_MEMORY_KIB: u32 = 256 << 10;

/// Whether what begins like this is packed.
pub fn is_packed(head: &[u8]) -> bool {
    Packing::of(head).is_some()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Packing {
    Gzip,
    Zstd,
    Bzip2,
    Xz,
}

impl Packing {
    fn of(head: &[u8]) -> Option<Self> {
        let known = [
            (GZIP_MAGIC, Self::Gzip),
            (ZSTD_MAGIC, Self::Zstd),
            (BZIP2_MAGIC, Self::Bzip2),
            (XZ_MAGIC, Self::Xz),
        ];
        known.into_iter().find_map(|(magic, packing)| head.starts_with(magic).then_some(packing))
    }
}

/// Opens `path`, which may be packed but is no archive; `-` is standard input. `on_read` is told how many bytes
/// were read from it, packed as they are, each time some are.
///
/// # Errors
/// Whatever the operating system says of opening and of reading the first bytes; and if it is an archive.
pub fn open<'a>(path: &Path, on_read: impl Fn(u64) + Send + 'a) -> io::Result<Box<dyn Read + Send + 'a>> {
    let reader: Box<dyn Read + Send> =
        if path.as_os_str() == "-" { Box::new(io::stdin()) } else { Box::new(File::open(path)?) };
    archive::refuse(unpack(Told { reader, on_read })?)
}

/// Reads `path` as [`open`] does; of an archive (ZIP, or tar in any packing) each member that `wanted` chooses by
/// its name, in the order they have in it. `each` gets them and says whether to go on.
///
/// What is wrong with an archive as a whole, or with a member, is what reading its [`Part`] reports; only one that
/// is a file can be a ZIP archive, whose list of members stands at its end.
///
/// # Errors
/// Whatever the operating system says of opening and of reading the first bytes.
pub fn each_part(
    path: &Path,
    on_read: impl Fn(u64) + Send,
    wanted: &dyn Fn(&str) -> bool,
    each: &mut dyn FnMut(Part<'_>) -> ControlFlow<()>,
) -> io::Result<()> {
    if path.as_os_str() == "-" {
        return archive::stream(Told { reader: io::stdin(), on_read }, wanted, each);
    }
    let file = File::open(path)?;
    let is_file = file.metadata()?.is_file();
    let mut reader = Told { reader: file, on_read };
    let head = head(&mut reader, HEAD_BYTES)?;
    if is_file && archive::is_zip(&head) {
        reader.seek(SeekFrom::Start(0))?;
        archive::zip(reader, wanted, each);
        return Ok(());
    }
    archive::stream(Cursor::new(head).chain(reader), wanted, each)
}

/// Reads what comes once as [`each_part`] reads a file. `spool` gives the file that a ZIP archive is kept in meanwhile.
///
/// # Errors
/// Whatever the operating system says of reading the first bytes and of that file.
pub fn each_part_of(
    mut reader: impl Read + Send,
    spool: impl FnOnce() -> io::Result<File>,
    wanted: &dyn Fn(&str) -> bool,
    each: &mut dyn FnMut(Part<'_>) -> ControlFlow<()>,
) -> io::Result<()> {
    let head = head(&mut reader, HEAD_BYTES)?;
    let is_zip = archive::is_zip(&head);
    let mut whole = Cursor::new(head).chain(reader);
    if !is_zip {
        return archive::stream(whole, wanted, each);
    }
    let mut file = spool()?;
    io::copy(&mut whole, &mut file)?;
    file.seek(SeekFrom::Start(0))?;
    archive::zip(file, wanted, each);
    Ok(())
}

/// Wraps `reader` in the decompressor its first bytes ask for.
///
/// # Errors
/// Whatever reading the first bytes reports.
pub fn unpack<'a>(mut reader: impl Read + Send + 'a) -> io::Result<Box<dyn Read + Send + 'a>> {
    let head = head(&mut reader, HEAD_BYTES)?;
    let packing = Packing::of(&head);
    let whole = Cursor::new(head).chain(reader);
    Ok(match packing {
        None => Box::new(whole),
        Some(Packing::Gzip) => Box::new(flate2::read::MultiGzDecoder::new(whole)),
        Some(Packing::Zstd) => Box::new(zstd::Frames::new(whole)),
        Some(Packing::Bzip2) => Box::new(bzip2::read::MultiBzDecoder::new(whole)),
        Some(Packing::Xz) => {
            let whole = io::BufReader::new(whole);
            Box::new(lzma_rust2::XzReader::new_mem_limit(whole, true, XZ_MEMORY_KIB))
        }
    })
}

/// The first bytes, `length` of them if there are so many.
fn head(reader: &mut impl Read, length: usize) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(length);
    reader.take(length as u64).read_to_end(&mut head)?;
    Ok(head)
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

impl<R: Seek, F> Seek for Told<R, F> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.reader.seek(to)
    }
}

#[cfg(test)]
mod tests;
