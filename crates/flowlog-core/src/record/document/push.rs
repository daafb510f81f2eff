//! Where everything that is found in a record goes: counts, and the sink.

use serde::de::DeserializeSeed;

use super::RecordObject;
use crate::error::Stranger;
use crate::flow::Encryption;
use crate::record::name::{MAX_NAME_BYTES, bounded};
use crate::record::rows::Rows;
use crate::record::seen::head;
use crate::record::tuple::{self, encryption_word};
use crate::record::{MalformedTuple, SeenRecords, Sink, shape};

/// What the decoder counts over a whole input.
#[derive(Clone, Debug, Default)]
pub(in crate::record) struct Counts {
    pub(in crate::record) records: u64,
    pub(in crate::record) tuples: u64,
    /// Tuples that could not be read, those of `misshapen` included.
    pub(in crate::record) malformed: u64,
    /// Offset and reason of the first of them.
    pub(in crate::record) first_malformed: Option<(u64, &'static str)>,
    /// Values, or the tuples in them, that stand where a flow log has something else.
    pub(in crate::record) misshapen: u64,
    /// Offset and reason of the first of them.
    pub(in crate::record) first_misshapen: Option<(u64, &'static str)>,
    /// Objects that are no flow-log records.
    pub(in crate::record) others: u64,
    /// Offset of the record with the first of them, and what it is.
    pub(in crate::record) first_other: Option<(u64, Stranger)>,
}

/// How the reading of a record ended.
pub(in crate::record) struct RecordEnd {
    /// Why it could not be read to its end.
    pub(in crate::record) error: Option<serde_json::Error>,
    /// Offset behind its last tuple that was read: what stands before it is counted or told.
    pub(in crate::record) read_to: u64,
    pub(in crate::record) rows: Rows,
    /// What tells the record from others of its NIC, if it could be read that far.
    pub(in crate::record) head: Option<u64>,
    /// Nothing of it was read, since another file has a record with this head.
    pub(in crate::record) is_known: bool,
}

/// Walks over the record `bytes`, which begin at `offset` of the input. `rows` says which of its tuples are passed
/// over. If `seen` knows a record of its head, it stops before the first tuple.
pub(in crate::record) fn read_record<S: Sink>(
    bytes: &[u8],
    offset: u64,
    sink: &mut S,
    counts: &mut Counts,
    rows: Rows,
    seen: Option<&SeenRecords>,
) -> RecordEnd {
    with_push(bytes, offset, sink, counts, rows, seen, |push| {
        // Checking a whole record for UTF-8 at once is faster than each of its strings. What is none
        // is read up to where it goes wrong.
        match std::str::from_utf8(bytes) {
            Ok(text) => {
                let result = read(serde_json::Deserializer::from_str(text), push);
                if push.odd && result.is_ok() {
                    shape::tell_record(text, push);
                }
                result
            }
            Err(_) => read(serde_json::Deserializer::from_slice(bytes), push),
        }
    })
}

/// Tells what is wrong with a value beside the records, with `tell`.
pub(in crate::record) fn tell_beside<S: Sink>(
    bytes: &[u8],
    offset: u64,
    sink: &mut S,
    counts: &mut Counts,
    tell: impl FnOnce(&str, &mut Push<'_, S>),
) {
    let text = String::from_utf8_lossy(bytes);
    with_push(text.as_bytes(), offset, sink, counts, Rows::default(), None, |push| {
        tell(&text, push);
        Ok(())
    });
}

fn with_push<S: Sink>(
    bytes: &[u8],
    offset: u64,
    sink: &mut S,
    counts: &mut Counts,
    rows: Rows,
    seen: Option<&SeenRecords>,
    work: impl FnOnce(&mut Push<'_, S>) -> Result<(), serde_json::Error>,
) -> RecordEnd {
    let begin = bytes.as_ptr().addr();
    let mut push = Push {
        sink,
        counts,
        bytes,
        offset,
        counted: false,
        odd: false,
        rows,
        read_to: begin,
        seen,
        head: None,
        is_known: false,
    };
    let error = work(&mut push).err();
    let Push { rows, read_to, head, is_known, .. } = push;
    RecordEnd { error, read_to: offset + read_to.saturating_sub(begin) as u64, rows, head, is_known }
}

/// Where everything that is found goes.
pub(in crate::record) struct Push<'a, S> {
    pub(super) sink: &'a mut S,
    pub(super) counts: &'a mut Counts,
    bytes: &'a [u8],
    pub(super) offset: u64,
    /// The record at hand is counted: at its first tuples already, since it may be cut behind them.
    pub(super) counted: bool,
    /// Something stands where a flow log has something else.
    pub(super) odd: bool,
    rows: Rows,
    /// Address behind the last tuple that was read.
    read_to: usize,
    /// Until the first object is read, if records of other files are to be known again.
    pub(super) seen: Option<&'a SeenRecords>,
    head: Option<u64>,
    is_known: bool,
}

impl<S> Push<'_, S> {
    /// Takes down whose record it is and of when. False if another file has such a record.
    pub(super) fn is_new(&mut self, time_ms: i64, mac: &str, resource: &str) -> bool {
        let Some(seen) = self.seen.take() else { return true };
        let head = head(time_ms, mac, resource);
        self.head = Some(head);
        self.is_known = seen.knows(head);
        !self.is_known
    }
}

impl<S: Sink> Push<'_, S> {
    pub(super) fn count_record(&mut self) {
        if !std::mem::replace(&mut self.counted, true) {
            self.counts.records += 1;
        }
    }

    fn malformed(&mut self, reason: &'static str, text: &str, offset: u64) {
        self.counts.malformed += 1;
        self.counts.first_malformed.get_or_insert((offset, reason));
        self.sink.malformed(&MalformedTuple { reason, text, offset });
    }

    /// Tells of a value that stands where a flow log has something else.
    pub(in crate::record) fn misshapen(&mut self, reason: &'static str, text: &str, offset: u64) {
        self.counts.misshapen += 1;
        self.counts.first_misshapen.get_or_insert((offset, reason));
        self.malformed(reason, text, offset);
    }

    /// Offset in the input of `text`, if it is borrowed from the record; else the record's own.
    pub(in crate::record) fn offset_of(&self, text: &str) -> u64 {
        let inside = text.as_ptr().addr().wrapping_sub(self.bytes.as_ptr().addr());
        if inside < self.bytes.len() { self.offset + inside as u64 } else { self.offset }
    }

    /// One tuple's text.
    #[inline]
    pub(super) fn tuple(&mut self, text: &str) {
        let end = text.as_ptr().addr().wrapping_add(text.len());
        // An escaped text stands in a buffer of its own.
        if end.wrapping_sub(self.bytes.as_ptr().addr()) <= self.bytes.len() {
            self.read_to = end;
        }
        if self.rows.take(text.as_bytes()) {
            return;
        }
        match tuple::parse(text) {
            Ok(tuple) => {
                self.counts.tuples += 1;
                if tuple.encryption == Encryption::Unknown {
                    self.sink.encryption_word(&bounded(encryption_word(text), MAX_NAME_BYTES));
                }
                self.sink.tuple(&tuple);
            }
            Err(fault) => {
                let offset = self.offset_of(text);
                self.malformed(fault.reason(), text, offset);
            }
        }
    }
}

fn read<'de, S: Sink>(
    mut parser: serde_json::Deserializer<impl serde_json::de::Read<'de>>,
    push: &mut Push<'_, S>,
) -> Result<(), serde_json::Error> {
    RecordObject { push }.deserialize(&mut parser)?;
    parser.end()
}
