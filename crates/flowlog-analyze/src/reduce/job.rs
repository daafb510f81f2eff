//! What all workers share, and the reading of one group of files.

use std::io;
use std::sync::Arc;

use flowlog_core::bytes;
use flowlog_core::record::{Decoded, Decoder, SeenRecords, Sink};
use flowlog_core::select::Selection;

use super::parts::Parts;
use super::plan::Group;
use super::pump::read_ahead;
use crate::export::TupleRows;
use crate::progress::Progress;
use crate::walk::{Input, InputKind};

/// How a file ended: what it held, or why it could not be opened.
pub(super) type FileEnd = Arc<io::Result<Decoded>>;

/// A larger file pays for a thread that reads it.
const LARGE: u64 = 1 << 20;

/// What all workers share.
#[derive(Clone, Copy)]
pub(super) struct Job<'a> {
    pub(super) inputs: &'a [Input],
    /// Files of one row a tuple.
    pub(super) details: &'a [Parts<'a>],
    /// A folder of Parquet files of the same.
    pub(super) hours: Option<&'a TupleRows<'a>>,
    /// What is asked for; `None`: everything.
    pub(super) selection: Option<&'a Selection>,
    pub(super) progress: &'a Progress,
    /// Read and decode on threads of their own: there are fewer groups than cores.
    pub(super) ahead: bool,
}

/// Who is told when files begin and end.
pub(super) trait Files: Sink {
    /// The calls that follow are of the input of this index.
    fn begin(&mut self, input: usize);
    /// It is read to its end.
    fn end(&mut self, input: usize, end: &FileEnd);
}

/// Decodes the files of `group` one after the other and tells `files` about it.
pub(super) fn read_group(group: &Group, job: Job<'_>, decoder: &mut Decoder, files: &mut impl Files) {
    let mut seen = SeenRecords::default();
    for &number in &group.inputs {
        let Some(input) = job.inputs.get(number) else { continue };
        files.begin(number);
        let end = decode_file(decoder, input, job, files, &mut seen);
        files.end(number, &end);
    }
}

fn decode_file(
    decoder: &mut Decoder,
    input: &Input,
    job: Job<'_>,
    sink: &mut impl Sink,
    seen: &mut SeenRecords,
) -> FileEnd {
    let is_large = input.size >= LARGE || input.is_stream();
    let end = match &input.kind {
        InputKind::Unreadable(reason) => Err(io::Error::other(reason.clone())),
        InputKind::File | InputKind::Stream => {
            bytes::open(&input.path, |bytes| job.progress.bytes_read(bytes)).map(|reader| {
                if job.ahead && is_large {
                    read_ahead(reader, |blocks| decoder.decode_new(blocks, sink, Some(seen)))
                } else {
                    decoder.decode_new(reader, sink, Some(seen))
                }
            })
        }
    };
    job.progress.file_done();
    Arc::new(end)
}
