//! tar: one member after the other, each behind a header of 512 bytes.

use std::borrow::Cow;
use std::io::{self, Read};
use std::ops::ControlFlow;

use tar::{EntryType, Header, PaxExtensions};

use super::Members;

/// Headers and members begin at multiples of this.
pub(super) const BLOCK: usize = 512;

/// What stands before a member and tells its name and size; longer ones are passed over.
const LONGEST_EXTENSION: u64 = 64 << 10;

/// Whether a tar archive begins like this. All kinds of tar, old ones without a mark too, have a sum of their
/// header's bytes in it.
pub(super) fn is_header(block: &[u8]) -> bool {
    header(block).is_some()
}

fn header(block: &[u8]) -> Option<&Header> {
    let block = block.get(..BLOCK)?;
    let written = Header::from_byte_slice(block);
    // The sum is made with blanks in its own place.
    let (before, rest) = block.split_at_checked(148)?;
    let (_, after) = rest.split_at_checked(8)?;
    let sum: u32 = before.iter().chain(after).map(|byte| u32::from(*byte)).sum::<u32>() + 8 * 32;
    (written.cksum().ok()? == sum && written.entry_size().is_ok()).then_some(written)
}

/// What is told of the next member beside its header.
#[derive(Default)]
struct Told {
    name: Option<Vec<u8>>,
    size: Option<u64>,
}

/// Reads a whole archive.
pub(super) fn read(reader: &mut (impl Read + Send), mut members: Members<'_>) {
    match read_members(reader, &mut members) {
        Ok(ControlFlow::Continue(())) => members.end(),
        Ok(ControlFlow::Break(())) => {}
        Err(error) => {
            let _ = members.fault(error);
        }
    }
}

fn read_members(reader: &mut (impl Read + Send), members: &mut Members<'_>) -> io::Result<ControlFlow<()>> {
    let mut told = Told::default();
    loop {
        let block = super::super::head(reader, BLOCK)?;
        if block.iter().all(|byte| *byte == 0) && matches!(block.len(), 0 | BLOCK) {
            return Ok(ControlFlow::Continue(()));
        }
        let Some(header) = header(&block) else {
            let words = if block.len() < BLOCK { CUT } else { "the tar archive is damaged behind here" };
            return Err(io::Error::other(words));
        };
        let kind = header.entry_type();
        let size = told.size.filter(|_| is_member(kind)).map_or_else(|| header.entry_size(), Ok)?;
        let mut data = Data { reader: &mut *reader, left: size };
        if kind.is_gnu_longname() || kind.is_pax_local_extensions() {
            told.read(kind, &mut data)?;
        } else {
            if is_member(kind) || kind.is_gnu_sparse() {
                let name = told.name.take().map_or_else(|| header.path_bytes(), Cow::Owned);
                let name = String::from_utf8_lossy(&name);
                let name = name.strip_prefix("./").unwrap_or(&name);
                let next = match members.wants(name) {
                    false => ControlFlow::Continue(()),
                    true if kind.is_gnu_sparse() => members
                        .faulty(name, io::Error::other("a sparse file of a tar archive; unpack it first")),
                    true => members.member(name, &mut data),
                };
                if next.is_break() {
                    return Ok(next);
                }
            }
            told = Told::default();
        }
        data.pass_over(size)?;
    }
}

fn is_member(kind: EntryType) -> bool {
    kind.is_file() || kind.is_contiguous()
}

const CUT: &str = "the tar archive breaks off; what stood before is counted";

impl Told {
    fn read(&mut self, kind: EntryType, data: &mut impl Read) -> io::Result<()> {
        let mut text = Vec::new();
        data.take(LONGEST_EXTENSION).read_to_end(&mut text)?;
        if kind.is_gnu_longname() {
            let end = text.iter().position(|byte| *byte == 0).unwrap_or(text.len());
            text.truncate(end);
            self.name = Some(text);
            return Ok(());
        }
        for extension in PaxExtensions::new(&text).flatten() {
            match extension.key_bytes() {
                b"path" => self.name = Some(extension.value_bytes().to_vec()),
                b"size" => self.size = extension.value().ok().and_then(|size| size.parse().ok()),
                _ => {}
            }
        }
        Ok(())
    }
}

/// A member's bytes.
struct Data<'r, R> {
    reader: &'r mut R,
    left: u64,
}

impl<R: Read> Data<'_, R> {
    /// Moves behind the member of `size` bytes and what fills its last block.
    fn pass_over(&mut self, size: u64) -> io::Result<()> {
        let padding = size.next_multiple_of(BLOCK as u64) - size;
        io::copy(self, &mut io::sink())?;
        let passed = io::copy(&mut self.reader.take(padding), &mut io::sink())?;
        if self.left > 0 || passed < padding { Err(io::Error::other(CUT)) } else { Ok(()) }
    }
}

impl<R: Read> Read for Data<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let length = self.reader.take(self.left).read(out)?;
        self.left -= length as u64;
        Ok(length)
    }
}
