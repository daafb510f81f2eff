//! Decoding ahead: with fewer NICs than cores, a second thread decodes while the first one counts.
//!
//! What the decoder finds is handed over in batches; the counting thread makes exactly the calls
//! that the decoder would have made. Batches are bounded by their bytes, since a log may hold more names than
//! tuples: together, those on their way are below 4 MiB.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use flowlog_core::flow::FlowTuple;
use flowlog_core::record::{Decoder, LogKind, MalformedTuple, RecordContext, SeenRecords, Sink};
use flowlog_core::state::EXAMPLE_CHARS;

use super::job::{FileEnd, Job, decode_file};

/// Tuples handed over at once: enough to pay for the hand-over, few enough to stay in cache.
const BATCH: usize = 1024;
/// Bytes of marks and their texts handed over at once. The texts of one mark are bounded by the decoder.
const BATCH_BYTES: usize = 64 << 10;
/// Batches on their way: so far may the decoder be ahead.
const IN_FLIGHT: usize = 16;

/// Everything a decoder says but tuples.
enum Mark {
    FileBegin(usize),
    Record { time_ms: Option<i64>, mac: String, kind: LogKind, resource: String, offset: u64 },
    Rule { acl: String, rule: String },
    EncryptionWord(String),
    Malformed { reason: &'static str, text: String, offset: u64 },
    FileEnd(usize, FileEnd),
}

/// Tuples, and the marks, each with the number of tuples that stand before it.
#[derive(Default)]
struct Batch {
    tuples: Vec<FlowTuple>,
    marks: Vec<(usize, Mark)>,
    /// Bytes of the marks.
    bytes: usize,
}

/// Who is told when files begin and end.
pub(super) trait Files: Sink {
    /// The calls that follow are of the input of this index.
    fn begin(&mut self, input: usize);
    /// It is read to its end.
    fn end(&mut self, input: usize, end: FileEnd);
}

/// Decodes the inputs of the given indexes one after the other on a thread of its own and tells `files` about it.
pub(super) fn decode_ahead(indexes: &[usize], job: Job<'_>, seen: &mut SeenRecords, files: &mut impl Files) {
    thread::scope(|scope| {
        let (out, batches) = sync_channel(IN_FLIGHT);
        scope.spawn(move || {
            let mut ahead = Ahead { batch: Batch::default(), out };
            let mut decoder = Decoder::default();
            for &index in indexes {
                let Some(input) = job.inputs.get(index) else { continue };
                ahead.mark(Mark::FileBegin(index), 0);
                let end = decode_file(&mut decoder, input, job.progress, &mut ahead, seen);
                ahead.mark(Mark::FileEnd(index, end), 0);
            }
            ahead.hand_over();
        });
        replay(&batches, files);
    });
}

/// Collects what the decoder finds.
struct Ahead {
    batch: Batch,
    out: SyncSender<Batch>,
}

impl Ahead {
    /// Takes a mark in that has so many bytes of text.
    fn mark(&mut self, mark: Mark, text: usize) {
        self.batch.marks.push((self.batch.tuples.len(), mark));
        self.batch.bytes += size_of::<(usize, Mark)>() + text;
        if self.batch.bytes >= BATCH_BYTES {
            self.hand_over();
        }
    }

    fn hand_over(&mut self) {
        let empty = Batch { tuples: Vec::with_capacity(BATCH), ..Batch::default() };
        // The other side hangs up only when it panics, and then that is what is heard of.
        self.out.send(std::mem::replace(&mut self.batch, empty)).ok();
    }
}

impl Sink for Ahead {
    fn record(&mut self, record: &RecordContext<'_>) {
        let RecordContext { time_ms, mac, kind, resource, offset } = *record;
        let text = mac.len() + resource.len();
        self.mark(
            Mark::Record { time_ms, mac: mac.to_owned(), kind, resource: resource.to_owned(), offset },
            text,
        );
    }
    fn rule(&mut self, acl: &str, rule: &str) {
        let text = acl.len() + rule.len();
        self.mark(Mark::Rule { acl: acl.to_owned(), rule: rule.to_owned() }, text);
    }
    fn encryption_word(&mut self, word: &str) {
        self.mark(Mark::EncryptionWord(word.to_owned()), word.len());
    }
    #[inline]
    fn tuple(&mut self, tuple: &FlowTuple) {
        self.batch.tuples.push(*tuple);
        if self.batch.tuples.len() >= BATCH {
            self.hand_over();
        }
    }
    fn malformed(&mut self, tuple: &MalformedTuple<'_>) {
        let MalformedTuple { reason, text, offset } = *tuple;
        // No more than this is kept of an example.
        let text: String = text.chars().take(EXAMPLE_CHARS).collect();
        let length = text.len();
        self.mark(Mark::Malformed { reason, text, offset }, length);
    }
}

fn replay(batches: &Receiver<Batch>, files: &mut impl Files) {
    for batch in batches {
        let mut tuples = batch.tuples.iter();
        let mut done = 0;
        for (before, mark) in batch.marks {
            tuples.by_ref().take(before - done).for_each(|tuple| files.tuple(tuple));
            done = before;
            match mark {
                Mark::FileBegin(input) => files.begin(input),
                Mark::Record { time_ms, mac, kind, resource, offset } => {
                    files.record(&RecordContext { time_ms, mac: &mac, kind, resource: &resource, offset });
                }
                Mark::Rule { acl, rule } => files.rule(&acl, &rule),
                Mark::EncryptionWord(word) => files.encryption_word(&word),
                Mark::Malformed { reason, text, offset } => {
                    files.malformed(&MalformedTuple { reason, text: &text, offset });
                }
                Mark::FileEnd(input, end) => files.end(input, end),
            }
        }
        tuples.for_each(|tuple| files.tuple(tuple));
    }
}
