//! What all workers share, and the reading of one group of files.

use std::io::{self, Read};
use std::ops::ControlFlow;
use std::sync::Arc;

use flowlog_core::bytes::{self, Part};
use flowlog_core::record::{Decoded, Decoder, SeenRecords, Sink};
use flowlog_core::select::Selection;

use super::parts::Parts;
use super::plan::Group;
use super::pump::read_ahead;
use crate::export::TupleRows;
use crate::progress::Progress;
use crate::walk::{Input, InputKind, is_flow_log};

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
    /// Groups are read one after the other.
    pub(super) in_turn: bool,
    /// Read and decode on threads of their own: fewer groups than cores are read at once.
    pub(super) ahead: bool,
}

/// Who is told when files begin and end.
pub(super) trait Files: Sink {
    /// The calls that follow are of this file, or of this member of an archive.
    fn begin(&mut self, name: &str);
    /// It is read to its end; the index of the input that it is or is in.
    fn end(&mut self, input: usize, end: &FileEnd);
}

/// Decodes the files of `group` one after the other and tells `files` about it.
pub(super) fn read_group(group: &Group, job: Job<'_>, decoder: &mut Decoder, files: &mut impl Files) {
    let mut known = Known { seen: SeenRecords::default(), is_alone: group.inputs.len() == 1 };
    for &number in &group.inputs {
        let Some(input) = job.inputs.get(number) else { continue };
        read_input(decoder, number, input, job, files, &mut known);
        job.progress.file_done();
    }
}

/// The records that files of a group have in common.
struct Known {
    seen: SeenRecords,
    /// The group is one file: unless that is an archive, nothing can repeat what it holds.
    is_alone: bool,
}

fn read_input(
    decoder: &mut Decoder,
    number: usize,
    input: &Input,
    job: Job<'_>,
    files: &mut impl Files,
    known: &mut Known,
) {
    let path = input.path.display().to_string();
    let is_large = input.size >= LARGE || input.is_stream();
    let mut part = |mut part: Part<'_>| {
        let seen = (part.member.is_some() || !known.is_alone).then_some(&mut known.seen);
        read_part(&mut part, &path, number, files, |bytes, files| {
            if job.ahead && is_large {
                read_ahead(bytes, |blocks| decoder.decode_new(blocks, files, seen))
            } else {
                decoder.decode_new(bytes, files, seen)
            }
        });
        ControlFlow::Continue(())
    };
    let end = match &input.kind {
        InputKind::Unreadable(reason) => Err(io::Error::other(reason.clone())),
        InputKind::File | InputKind::Stream => {
            let told = |bytes| job.progress.bytes_read(bytes);
            bytes::each_part(&input.path, told, &is_flow_log, &mut part)
        }
    };
    if let Err(error) = end {
        not_opened(&path, number, error, files);
    }
}

/// Tells `files` of a file, or of a member of an archive, that `decode` reads.
pub(super) fn read_part<F: Files>(
    part: &mut Part<'_>,
    path: &str,
    number: usize,
    files: &mut F,
    decode: impl FnOnce(&mut (dyn Read + Send), &mut F) -> Decoded,
) {
    match part.member {
        Some(member) => files.begin(&format!("{path}: {member}")),
        None => files.begin(path),
    }
    let decoded = decode(part.bytes, files);
    files.end(number, &Arc::new(Ok(decoded)));
}

/// Tells `files` of a file that cannot be opened.
pub(super) fn not_opened(path: &str, number: usize, error: io::Error, files: &mut impl Files) {
    files.begin(path);
    files.end(number, &Arc::new(Err(error)));
}
