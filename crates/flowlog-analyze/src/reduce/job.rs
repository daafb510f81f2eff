//! What all workers share, and the reading of one file.

use std::io;

use flowlog_core::bytes;
use flowlog_core::record::{Decoded, Decoder, SeenRecords, Sink};
use flowlog_core::select::Selection;

use super::parts::Parts;
use crate::progress::Progress;
use crate::walk::{Input, InputKind};

/// How a file ended: what it held, or why it could not be opened.
pub(super) type FileEnd = io::Result<Decoded>;

/// What all workers share.
#[derive(Clone, Copy)]
pub(super) struct Job<'a> {
    pub(super) inputs: &'a [Input],
    /// One row a tuple.
    pub(super) details: Option<&'a Parts<'a>>,
    /// What is asked for; `None`: everything.
    pub(super) selection: Option<&'a Selection>,
    pub(super) progress: &'a Progress,
    /// Decode on a second thread: there are fewer groups than cores.
    pub(super) ahead: bool,
}

pub(super) fn decode_file(
    decoder: &mut Decoder,
    input: &Input,
    progress: &Progress,
    sink: &mut impl Sink,
    seen: &mut SeenRecords,
) -> FileEnd {
    let end = match &input.kind {
        InputKind::Unreadable(reason) => Err(io::Error::other(reason.clone())),
        InputKind::File | InputKind::Stream => bytes::open(&input.path, |bytes| progress.bytes_read(bytes))
            .map(|reader| decoder.decode_new(reader, sink, Some(seen))),
    };
    progress.file_done();
    end
}
