//! A whole input -> tuples: framing and meaning put together.

use std::io::Read;

use super::document::{Counts, read_record};
use super::framing::Framer;
use super::{SeenRecords, Sink};
use crate::error::{InputError, InputErrorKind};

/// What one input held.
#[derive(Debug)]
pub struct Decoded {
    /// Bytes read, after decompression.
    pub bytes: u64,
    /// Flow-log records.
    pub records: u64,
    /// Well-formed tuples.
    pub tuples: u64,
    /// Tuples that could not be read.
    pub malformed: u64,
    /// Objects in the place of records that are no flow-log records.
    pub other_objects: u64,
    /// Records that another file held before, passed over ([`SeenRecords`]).
    pub repeated: u64,
    /// Records that are no valid JSON to their end.
    pub broken_records: u64,
    /// The first thing that kept the input from being read whole, if any.
    pub problem: Option<InputError>,
}

/// Decodes one input after the other in the same memory.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: Vec<u8>,
}

impl Decoder {
    /// Reads flow-log records from plain bytes (see [`crate::bytes::open`]) and pushes every tuple into `sink`.
    ///
    /// Never fails as a whole: what was decoded before a fault has been pushed and is counted, a record
    /// with a fault does not keep the next one from being read, and [`Decoded::problem`] tells the first fault.
    pub fn decode<S: Sink>(&mut self, reader: impl Read, sink: &mut S) -> Decoded {
        self.decode_new(reader, sink, None)
    }

    /// The same, but passes over records that `seen` has from other files.
    pub fn decode_new<S: Sink>(
        &mut self,
        reader: impl Read,
        sink: &mut S,
        mut seen: Option<&mut SeenRecords>,
    ) -> Decoded {
        if let Some(seen) = &mut seen {
            seen.begin_file();
        }
        let mut repeated = 0;
        let mut framer = Framer::new(reader, &mut self.buffer);
        let mut counts = Counts::default();
        let mut problem = None;
        let mut broken_records = 0;
        let mut cut = false;
        loop {
            match framer.next() {
                Ok(None) => break,
                Ok(Some(framed)) => {
                    cut |= !framed.complete;
                    if let Some(seen) = &mut seen
                        && seen.is_repeated(framed.bytes, framed.complete)
                    {
                        repeated += 1;
                        continue;
                    }
                    let Err(error) = read_record(framed.bytes, framed.offset, sink, &mut counts) else {
                        continue;
                    };
                    broken_records += 1;
                    if framed.complete || !error.is_eof() {
                        let offset = framed.offset + position(framed.bytes, &error);
                        let kind = InputErrorKind::BadJson(words(&error));
                        problem.get_or_insert(InputError { kind, offset });
                    }
                }
                Err(error) => {
                    problem.get_or_insert(error);
                    break;
                }
            }
        }
        let fault = |kind| InputError { kind, offset: framer.offset() };
        if cut {
            problem.get_or_insert_with(|| fault(InputErrorKind::Truncated));
        }
        let nothing_found = counts.records == 0 && counts.tuples == 0 && problem.is_none();
        if nothing_found && !framer.saw_json() {
            problem = Some(fault(InputErrorKind::Empty));
        } else if nothing_found && counts.others > 0 {
            problem = Some(fault(InputErrorKind::NotFlowLog(counts.other_category)));
        }
        Decoded {
            bytes: framer.offset(),
            records: counts.records,
            tuples: counts.tuples,
            malformed: counts.malformed,
            other_objects: counts.others,
            repeated,
            broken_records,
            problem,
        }
    }
}

/// Where in `bytes` the parser stopped; it tells a line and a column, both counted from 1.
fn position(bytes: &[u8], error: &serde_json::Error) -> u64 {
    let lines_before = error.line().saturating_sub(1);
    let line_start = match lines_before {
        0 => 0,
        n => memchr::memchr_iter(b'\n', bytes).nth(n - 1).map_or(0, |at| at + 1),
    };
    (line_start + error.column().saturating_sub(1)) as u64
}

/// The parser's words without the line and column inside the record, which mean nothing to a reader.
fn words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}
