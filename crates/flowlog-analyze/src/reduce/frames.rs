//! Files that come through standard input, each in a frame; docs/state.md gives the format.

use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::Path;

use flowlog_core::bytes::{self, Part};
use flowlog_core::enrich::AddressBook;
use flowlog_core::record::{Decoder, SeenRecords};
use flowlog_core::state::{Shared, SpillError};

use super::details::Both;
use super::job::{Files, not_opened, read_part};
use super::read::Worker;
use super::rows::ReadRows;
use super::{ReduceError, Reduced};
use crate::export::{Output, TupleRows};
use crate::walk::is_flow_log;

/// What the stream begins with.
const MAGIC: [u8; 8] = *b"FLOWFRM1";
/// Bytes of a name, or of a reason.
const LONGEST_TEXT: u32 = 64 << 10;
/// Instead of a length: there is no content, the reason follows.
const NO_CONTENT: u64 = u64::MAX;

/// Why a stream of frames gives no state.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// Something else than frames.
    #[error("standard input holds no frames: what writes them for --stdin-frames begins with FLOWFRM1")]
    Foreign,
    /// It ends without the mark of its end: whoever wrote it was stopped.
    #[error(
        "standard input ends in the middle, after {frames} whole files, at byte {offset} of {what}: nothing is \
         written; send all of it again"
    )]
    Cut {
        /// Files that came whole.
        frames: u64,
        /// Bytes that came of what came last.
        offset: u64,
        /// What broke off.
        what: String,
    },
    /// A name or a reason that is none.
    #[error("standard input holds no frames from file {} on: a name of {length} bytes", .frames + 1)]
    Text {
        /// Files that came whole.
        frames: u64,
        /// The length it is said to have.
        length: u32,
    },
    /// Whatever the operating system says.
    #[error("cannot read standard input: {0}")]
    Read(#[source] io::Error),
}

/// Reads all files of `stream` in their order, on this thread. A ZIP archive, which cannot be read from its beginning
/// on, goes through a temporary file in `folder`. `hours` as in [`super::Options`].
///
/// # Errors
/// A stream that is not whole; what is wrong with a file in it is a row with an error.
pub fn reduce_frames(
    stream: impl Read + Send,
    folder: &Path,
    hours: Option<(&Output, &AddressBook)>,
    shared: &Shared,
) -> Result<Reduced, ReduceError> {
    let mut frames = Frames { stream, whole: 0 };
    frames.begin()?;
    let mut worker = Worker::new(shared);
    if let Some((output, book)) = hours {
        let all = TupleRows::new(output, book);
        let mut rows = all.part();
        worker.read_with(|decoder, counting| {
            frames.read_all(folder, decoder, &mut Both(counting, &mut rows))
        })?;
        all.add(rows)?;
        all.finish()?;
    } else {
        worker.read_with(|decoder, counting| frames.read_all(folder, decoder, counting))?;
    }
    let (state, rows, _) = worker.finish()?;
    Ok(Reduced { state, files: ReadRows::in_order(&[rows], &[]) })
}

struct Frames<R> {
    stream: R,
    /// Files that came whole.
    whole: usize,
}

impl<R: Read + Send> Frames<R> {
    fn begin(&mut self) -> Result<(), FrameError> {
        let mut magic = Vec::new();
        self.stream.by_ref().take(MAGIC.len() as u64).read_to_end(&mut magic).map_err(FrameError::Read)?;
        match magic {
            magic if magic == MAGIC => Ok(()),
            cut if MAGIC.starts_with(&cut) => Err(self.cut(cut.len() as u64, "its beginning")),
            _ => Err(FrameError::Foreign),
        }
    }

    /// The name of the next file; `None` at the end, behind which nothing is read.
    fn name(&mut self) -> Result<Option<String>, FrameError> {
        match u32::from_le_bytes(self.bytes("a name's length")?) {
            0 => Ok(None),
            length => self.text(length, "a name").map(Some),
        }
    }

    fn read_all(
        &mut self,
        folder: &Path,
        decoder: &mut Decoder,
        files: &mut impl Files,
    ) -> Result<(), ReduceError> {
        let mut seen = SeenRecords::default();
        while let Some(name) = self.name()? {
            self.read(&name, folder, decoder, &mut seen, files)?;
        }
        Ok(())
    }

    /// Reads the file of this name, all its bytes.
    fn read(
        &mut self,
        name: &str,
        folder: &Path,
        decoder: &mut Decoder,
        seen: &mut SeenRecords,
        files: &mut impl Files,
    ) -> Result<(), ReduceError> {
        let number = self.whole;
        let length = u64::from_le_bytes(self.bytes(name)?);
        if length == NO_CONTENT {
            let reason = u32::from_le_bytes(self.bytes(name)?);
            let reason = self.text(reason, name)?;
            not_opened(name, number, io::Error::other(reason), files);
        } else {
            let mut content = Content { stream: &mut self.stream, left: length, fault: None };
            let mut part = |mut part: Part<'_>| {
                read_part(&mut part, name, number, files, |bytes, files| {
                    decoder.decode_new(bytes, files, Some(&mut *seen))
                });
                ControlFlow::Continue(())
            };
            let spool = || tempfile::tempfile_in(folder);
            let opened = bytes::each_part_of(&mut content, spool, &is_flow_log, &mut part);
            // What nobody wanted, such as what stands behind an archive's end.
            io::copy(&mut content, &mut io::sink()).ok();
            let Content { left, fault, .. } = content;
            if let Some(source) = fault {
                return Err(FrameError::Read(source).into());
            }
            if left > 0 {
                return Err(self.cut(length - left, name).into());
            }
            if let Err(source) = opened {
                return Err(SpillError::Temporary { folder: folder.to_owned(), source }.into());
            }
        }
        self.whole += 1;
        Ok(())
    }

    fn text(&mut self, length: u32, what: &str) -> Result<String, FrameError> {
        if length > LONGEST_TEXT {
            return Err(FrameError::Text { frames: self.whole as u64, length });
        }
        let mut text = Vec::new();
        let read = self.stream.by_ref().take(length.into()).read_to_end(&mut text);
        read.map_err(FrameError::Read)?;
        if text.len() < length as usize {
            return Err(self.cut(text.len() as u64, what));
        }
        // As a path is shown.
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    fn bytes<const N: usize>(&mut self, what: &str) -> Result<[u8; N], FrameError> {
        let mut bytes = [0; N];
        self.stream.read_exact(&mut bytes).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => self.cut(0, what),
            _ => FrameError::Read(error),
        })?;
        Ok(bytes)
    }

    fn cut(&self, offset: u64, what: &str) -> FrameError {
        FrameError::Cut { frames: self.whole as u64, offset, what: what.to_owned() }
    }
}

/// The bytes of one file.
struct Content<'s, R> {
    stream: &'s mut R,
    left: u64,
    /// Of the stream; the file's own faults are not seen here.
    fault: Option<io::Error>,
}

impl<R: Read> Read for Content<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.fault.is_some() {
            return Ok(0);
        }
        match self.stream.by_ref().take(self.left).read(out) {
            Ok(length) => {
                self.left -= length as u64;
                Ok(length)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                self.fault = Some(error);
                Ok(0)
            }
        }
    }
}
