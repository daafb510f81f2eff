//! Decoding ahead: with fewer NICs than cores, a second thread decodes while the first one counts.
//!
//! What the decoder finds is handed over in batches; the counting thread makes exactly the calls
//! that the decoder would have made. Batches are bounded by their bytes, since a log may hold more names than
//! tuples: together, those on their way are below 4 MiB.

use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread;

use flowlog_core::flow::FlowTuple;
use flowlog_core::record::{Decoder, LogKind, MalformedTuple, RecordContext, Sink};
use flowlog_core::state::EXAMPLE_CHARS;

use super::job::{FileEnd, Files, Job, read_group};
use super::plan::Group;

/// Tuples handed over at once: enough to pay for the hand-over, few enough to stay in cache.
const BATCH: usize = 1024;
/// Bytes of marks and their texts handed over at once. The texts of one mark are bounded by the decoder.
const BATCH_BYTES: usize = 64 << 10;
/// Batches on their way: so far may the decoder be ahead.
const IN_FLIGHT: usize = 16;

/// Everything a decoder says but tuples.
enum Mark {
    FileBegin(Text),
    Record { time_ms: Option<i64>, mac: Text, kind: LogKind, resource: Text, offset: u64 },
    Rule { acl: Text, rule: Text },
    EncryptionWord(Text),
    Malformed { reason: &'static str, text: Text, offset: u64 },
    FileEnd(usize, FileEnd),
}

/// Where a text stands in [`Batch::texts`].
type Text = Range<usize>;

/// Tuples, and the marks, each with the number of tuples that stand before it.
#[derive(Default)]
struct Batch {
    tuples: Vec<FlowTuple>,
    marks: Vec<(usize, Mark)>,
    texts: String,
}

impl Batch {
    fn text(&self, text: &Text) -> &str {
        self.texts.get(text.clone()).unwrap_or_default()
    }

    fn keep(&mut self, text: &str) -> Text {
        let start = self.texts.len();
        self.texts.push_str(text);
        start..self.texts.len()
    }

    fn is_full(&self) -> bool {
        let bytes = self.texts.len() + self.marks.len() * size_of::<(usize, Mark)>();
        self.tuples.len() >= BATCH || bytes >= BATCH_BYTES
    }

    fn replay(&self, files: &mut impl Files) {
        let mut done = 0;
        for (before, mark) in &self.marks {
            self.tuples_of(done..*before, files);
            done = *before;
            match mark {
                Mark::FileBegin(name) => files.begin(self.text(name)),
                Mark::Record { time_ms, mac, kind, resource, offset } => files.record(&RecordContext {
                    time_ms: *time_ms,
                    mac: self.text(mac),
                    kind: *kind,
                    resource: self.text(resource),
                    offset: *offset,
                }),
                Mark::Rule { acl, rule } => files.rule(self.text(acl), self.text(rule)),
                Mark::EncryptionWord(word) => files.encryption_word(self.text(word)),
                Mark::Malformed { reason, text, offset } => {
                    files.malformed(&MalformedTuple { reason, text: self.text(text), offset: *offset });
                }
                Mark::FileEnd(input, end) => files.end(*input, end),
            }
        }
        self.tuples_of(done..self.tuples.len(), files);
    }

    /// A word is told right before its tuple: no call without tuples may come between them.
    fn tuples_of(&self, places: Range<usize>, files: &mut impl Files) {
        if let Some(tuples @ [_, ..]) = self.tuples.get(places) {
            files.tuples(tuples);
        }
    }

    fn clear(&mut self) {
        self.tuples.clear();
        self.marks.clear();
        self.texts.clear();
    }
}

/// Decodes a group of files on a thread of its own and tells `files` about it, and `behind`, on a third one.
pub(super) fn decode_ahead(
    group: &Group,
    job: Job<'_>,
    decoder: &mut Decoder,
    files: &mut impl Files,
    behind: Option<&mut (impl Files + Send)>,
) {
    thread::scope(|scope| {
        let (full, batches) = sync_channel(IN_FLIGHT);
        let (back, empty) = channel();
        scope.spawn(move || {
            let mut ahead = Ahead { batch: Batch::default(), full, empty };
            read_group(group, job, decoder, &mut ahead);
            ahead.hand_over();
        });
        // Those who take a batch next hang up only when they panic, or when they need no more.
        match behind {
            None => replay_all(&batches, files, |batch| back.send(batch).unwrap_or_default()),
            Some(behind) => {
                let (next, counted) = sync_channel(IN_FLIGHT);
                scope.spawn(move || {
                    replay_all(&counted, behind, |batch| back.send(batch).unwrap_or_default());
                });
                replay_all(&batches, files, |batch| next.send(batch).unwrap_or_default());
            }
        }
    });
}

fn replay_all(batches: &Receiver<Batch>, files: &mut impl Files, mut next: impl FnMut(Batch)) {
    for batch in batches {
        batch.replay(files);
        next(batch);
    }
}

/// Collects what the decoder finds.
struct Ahead {
    batch: Batch,
    full: SyncSender<Batch>,
    /// Batches to be filled again.
    empty: Receiver<Batch>,
}

impl Ahead {
    fn mark(&mut self, mark: Mark) {
        self.batch.marks.push((self.batch.tuples.len(), mark));
        if self.batch.is_full() {
            self.hand_over();
        }
    }

    fn hand_over(&mut self) {
        let mut empty = self.empty.try_recv().unwrap_or_default();
        empty.clear();
        // The other side hangs up only when it panics, and then that is what is heard of.
        self.full.send(std::mem::replace(&mut self.batch, empty)).ok();
    }
}

impl Files for Ahead {
    fn begin(&mut self, name: &str) {
        let name = self.batch.keep(name);
        self.mark(Mark::FileBegin(name));
    }
    fn end(&mut self, input: usize, end: &FileEnd) {
        self.mark(Mark::FileEnd(input, Arc::clone(end)));
    }
}

impl Sink for Ahead {
    fn record(&mut self, record: &RecordContext<'_>) {
        let RecordContext { time_ms, mac, kind, resource, offset } = *record;
        let (mac, resource) = (self.batch.keep(mac), self.batch.keep(resource));
        self.mark(Mark::Record { time_ms, mac, kind, resource, offset });
    }
    fn rule(&mut self, acl: &str, rule: &str) {
        let (acl, rule) = (self.batch.keep(acl), self.batch.keep(rule));
        self.mark(Mark::Rule { acl, rule });
    }
    fn encryption_word(&mut self, word: &str) {
        let word = self.batch.keep(word);
        self.mark(Mark::EncryptionWord(word));
    }
    #[inline]
    fn tuple(&mut self, tuple: &FlowTuple) {
        self.tuples(std::slice::from_ref(tuple));
    }
    fn tuples(&mut self, tuples: &[FlowTuple]) {
        for tuples in tuples.chunks(BATCH) {
            self.batch.tuples.extend_from_slice(tuples);
            if self.batch.is_full() {
                self.hand_over();
            }
        }
    }
    fn malformed(&mut self, tuple: &MalformedTuple<'_>) {
        let MalformedTuple { reason, text, offset } = *tuple;
        // No more than this is kept of an example.
        let end = text.char_indices().nth(EXAMPLE_CHARS).map_or(text.len(), |(end, _)| end);
        let text = self.batch.keep(text.get(..end).unwrap_or_default());
        self.mark(Mark::Malformed { reason, text, offset });
    }
}
