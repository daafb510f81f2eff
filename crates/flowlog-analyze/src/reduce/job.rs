//! What all workers share, and the reading of one file.

use std::io;

use flowlog_core::bytes;
use flowlog_core::record::{Decoded, Decoder, Sink};

use super::details::Details;
use crate::progress::Progress;
use crate::walk::Input;

/// How a file ended: what it held, or why it could not be opened.
pub(super) type FileEnd = io::Result<Decoded>;

/// What all workers share.
#[derive(Clone, Copy)]
pub(super) struct Job<'a> {
    pub(super) inputs: &'a [Input],
    pub(super) details: Option<&'a Details>,
    pub(super) progress: &'a Progress,
    /// Decode on a second thread: there are fewer groups than cores.
    pub(super) ahead: bool,
}

pub(super) fn decode_file(
    decoder: &mut Decoder,
    input: &Input,
    progress: &Progress,
    sink: &mut impl Sink,
) -> FileEnd {
    let end = bytes::open(&input.path, |bytes| progress.bytes_read(bytes))
        .map(|reader| decoder.decode(reader, sink));
    progress.file_done();
    end
}
