//! A whole input -> tuples: framing and meaning put together.

use std::io::Read;

use super::document::{Counts, RecordEnd, read_record, tell_beside};
use super::foreign::{self, Begin, Found, Last, Out, Table, Wrapped};
use super::framing::{Buffer, Ending, Framed, Framer, Place, Saw};
use super::rows::Rows;
use super::seen::Known;
use super::walk::{Batch, Walker};
use super::{MalformedTuple, RecordContext, SeenRecords, Sink, shape};
use crate::error::{InputError, InputErrorKind, Stranger};
use crate::flow::FlowTuple;

/// What one input held.
#[derive(Debug, Default)]
pub struct Decoded {
    /// Bytes read, after decompression.
    pub bytes: u64,
    /// Flow-log records.
    pub records: u64,
    /// Well-formed tuples.
    pub tuples: u64,
    /// Tuples that could not be read.
    pub malformed: u64,
    /// Of them, those in values that stand where a flow log has something else.
    pub misshapen: u64,
    /// Objects in the place of records that are no flow-log records.
    pub other_objects: u64,
    /// Records that another file held before, passed over ([`SeenRecords`]).
    pub repeated: u64,
    /// Records that are no valid JSON to their end.
    pub broken_records: u64,
    /// Bytes of broken records behind the last tuple that could be read, and bytes between records that are no JSON.
    pub left_out_bytes: u64,
    /// The first thing that kept the input from being read whole, if any.
    pub problem: Option<InputError>,
    /// What else did, one of a kind.
    pub more_problems: Vec<InputError>,
}

/// Decodes one input after the other in the same memory.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: Buffer,
    walker: Walker,
}

impl Decoder {
    /// A decoder that reads every record with the JSON library: it finds the same as any other and takes longer. The
    /// faster way is held against it.
    pub fn library_only() -> Self {
        Self { walker: Walker::off(), ..Self::default() }
    }

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
        let Self { buffer, walker } = self;
        walker.begin(seen.is_some());
        let mut reading = Reading {
            sink,
            seen,
            counts: Counts::default(),
            decoded: Decoded::default(),
            cut: false,
            last: Last::default(),
        };
        let reader = match foreign::begin(reader) {
            Begin::Json(reader) => reader,
            Begin::Table(reader, table) => {
                let end = reading.table(&table, reader);
                return reading.end(end, Saw::Values);
            }
            Begin::Other(columns) => {
                reading.problem(InputError { kind: InputErrorKind::Columns(columns), offset: 0 });
                return reading.end(0, Saw::Something);
            }
        };
        let mut framer = Framer::new(reader, buffer);
        loop {
            match framer.next(walker) {
                Ok(None) => break,
                Ok(Some(framed)) => {
                    if let Some(broken) = reading.value(&framed, walker.batch()) {
                        let resumed = framer.resume_behind(broken.offset);
                        reading.broken(broken, resumed, framer.offset());
                    }
                }
                Err(error) => {
                    reading.problem(error);
                    break;
                }
            }
            if let Some(note) = framer.take_note() {
                reading.problem(note);
            }
        }
        if let Some(note) = framer.take_note() {
            reading.problem(note);
        }
        reading.decoded.left_out_bytes += framer.left_out();
        reading.end(framer.offset(), framer.saw())
    }
}

/// A record that could not be read to its end.
struct Broken {
    /// Where it begins.
    offset: u64,
    /// What stands before this is counted.
    read_to: u64,
    /// Why, unless it was simply cut off.
    error: Option<InputError>,
}

/// One input being read.
struct Reading<'a, S> {
    sink: &'a mut S,
    seen: Option<&'a mut SeenRecords>,
    counts: Counts,
    decoded: Decoded,
    /// The input ends inside a value.
    cut: bool,
    /// What the last row of one tuple was of.
    last: Last,
}

impl<S: Sink> Reading<'_, S> {
    fn problem(&mut self, error: InputError) {
        if self.decoded.problem.is_none() {
            self.decoded.problem = Some(error);
        }
    }

    /// Reads what the framer found. If it is a broken record, the framer must be told.
    fn value(&mut self, framed: &Framed<'_>, batch: &Batch) -> Option<Broken> {
        let Framed { bytes, offset, place, ending } = *framed;
        self.cut |= ending == Ending::Input;
        let Self { sink, counts, .. } = self;
        match place {
            Place::Element => tell_beside(bytes, offset, *sink, counts, shape::tell_element),
            Place::Member => tell_beside(bytes, offset, *sink, counts, shape::tell_strays),
            Place::Record => return self.object(framed, 0),
            Place::Walked => return self.walked(framed, batch),
        }
        None
    }

    /// Takes over what the walker read of a record, which is whole and has nothing odd.
    fn walked(&mut self, framed: &Framed<'_>, batch: &Batch) -> Option<Broken> {
        let Framed { bytes, offset, .. } = *framed;
        if let (Some(seen), Some((head, rows))) = (&mut self.seen, batch.identity(bytes)) {
            match seen.knows(head).then(|| (seen.cut_at(head), seen.find(head, &rows, true))) {
                Some((0, Known::Whole)) => {
                    self.decoded.repeated += 1;
                    return None;
                }
                // Another file may have its first tuples.
                Some((1.., _)) => return self.record(framed),
                Some((0, _)) | None => seen.keep(head, &rows, true),
            }
        }
        self.last.forget();
        self.counts.records += 1;
        self.counts.tuples += batch.len() as u64;
        batch.push(bytes, offset, self.sink);
        None
    }

    /// Reads an object, which may be a record, a row, or what a record is wrapped in: `depth` objects are around it.
    fn object(&mut self, framed: &Framed<'_>, depth: usize) -> Option<Broken> {
        let text = std::str::from_utf8(framed.bytes).ok().filter(|_| framed.ending == Ending::Complete);
        let Some(text) = text else { return self.record(framed) };
        let (wrapped, keys) = match foreign::object(text, framed.offset, &mut self.rows()) {
            Found::Native => return self.record(framed),
            Found::Row => return None,
            Found::Wrapped(wrapped, keys) => (wrapped, keys),
            Found::Stranger(keys) => (Vec::new(), keys),
        };
        if self.wrapped(&wrapped, framed, depth) {
            return None;
        }
        let others = self.counts.others;
        let broken = self.record(framed);
        if let (0, Some((_, first))) = (others, &mut self.counts.first_other) {
            first.keys = keys;
        }
        broken
    }

    /// Where rows go.
    fn rows(&mut self) -> Out<'_, S> {
        Out { sink: self.sink, counts: &mut self.counts, last: &mut self.last }
    }

    fn table(&mut self, table: &Table, reader: impl Read) -> u64 {
        let wrapped = |reading: &mut Self, wrapped: &[Wrapped<'_>], columns: &[String], offset| {
            let line = Framed { bytes: &[], offset, place: Place::Record, ending: Ending::Complete };
            if !reading.wrapped(wrapped, &line, 0) {
                reading.counts.others += 1;
                let other = || (offset, Stranger { keys: columns.to_vec(), ..Stranger::default() });
                reading.counts.first_other.get_or_insert_with(other);
            }
        };
        let (end, problem) = table.read(reader, self, Self::rows, wrapped);
        if let Some(problem) = problem {
            self.problem(problem);
        }
        end
    }

    /// Reads records that a shipper of logs passed on in fields of an object, of the first field that has any: some keep a
    /// record in two. False if none has.
    fn wrapped(&mut self, fields: &[Wrapped<'_>], around: &Framed<'_>, depth: usize) -> bool {
        const DEEPEST: usize = 4;
        depth < DEEPEST && fields.iter().any(|field| self.inside(field.text().as_bytes(), around, depth + 1))
    }

    /// Reads the JSON in a field. What is text of its own is told as of the object around it. False if there is no record in
    /// it.
    fn inside(&mut self, text: &[u8], around: &Framed<'_>, depth: usize) -> bool {
        if !text.trim_ascii_start().starts_with(b"{") && !text.trim_ascii_start().starts_with(b"[") {
            return false;
        }
        let met = |reading: &Self| {
            let Counts { records, tuples, malformed, .. } = reading.counts;
            (records, tuples, malformed, reading.decoded.repeated)
        };
        let before = met(self);
        let (others, first_other) = (self.counts.others, self.counts.first_other.clone());
        let begin = text.as_ptr().addr().wrapping_sub(around.bytes.as_ptr().addr());
        let begin = Some(begin as u64).filter(|_| begin < around.bytes.len());
        let (mut buffer, mut walker, mut cut) = (Buffer::default(), Walker::off(), false);
        let mut framer = Framer::new(text, &mut buffer);
        while let Some(framed) = framer.next(&mut walker).unwrap_or_else(|_| {
            cut = true;
            None
        }) {
            let offset = around.offset + begin.map_or(0, |begin| begin + framed.offset);
            let framed = Framed { offset, ..framed };
            if framed.place == Place::Record && self.object(&framed, depth).is_some() {
                self.decoded.broken_records += 1;
                cut = true;
            }
        }
        let found = met(self) != before;
        if !found {
            (self.counts.others, self.counts.first_other) = (others, first_other);
        }
        if cut && found {
            self.problem(InputError { kind: InputErrorKind::CutInside, offset: around.offset });
        }
        found
    }

    fn record(&mut self, framed: &Framed<'_>) -> Option<Broken> {
        self.last.forget();
        let Framed { bytes, offset, ending, .. } = *framed;
        let complete = ending == Ending::Complete;
        let seen = self.seen.as_deref();
        let mut end = read_record(bytes, offset, self.sink, &mut self.counts, Rows::default(), seen);
        let head = end.head;
        if let (true, Some(head), Some(seen)) = (end.is_known, head, seen) {
            let rows = match look_closer(seen, head, framed) {
                Known::Whole => {
                    self.decoded.repeated += 1;
                    return None;
                }
                Known::Begun(skip) => Rows::behind(skip),
                Known::New => Rows::default(),
            };
            end = read_record(bytes, offset, self.sink, &mut self.counts, rows, None);
        }
        let RecordEnd { error, read_to, rows, .. } = end;
        let whole = complete && error.is_none();
        if let (Some(seen), Some(head)) = (&mut self.seen, head) {
            seen.keep(head, &rows, whole);
        }
        let error = error?;
        let error = (complete || !error.is_eof()).then(|| {
            let kind = InputErrorKind::BadJson(words(&error));
            InputError { kind, offset: offset + position(bytes, &error) }
        });
        let error = if ending == Ending::NextRecord { Some(cut_record(offset)) } else { error };
        Some(Broken { offset, read_to, error })
    }

    /// A record broke off. `resumed` says whether another one was found inside what was taken for it; reading goes
    /// on at `next`.
    fn broken(&mut self, broken: Broken, resumed: bool, next: u64) {
        let Broken { offset, read_to, error } = broken;
        self.decoded.broken_records += 1;
        self.decoded.left_out_bytes += next.saturating_sub(read_to);
        if resumed {
            self.cut = false;
            self.problem(cut_record(offset));
        } else if let Some(error) = error {
            self.problem(error);
        }
    }

    fn end(mut self, offset: u64, saw: Saw) -> Decoded {
        let fault = |kind| InputError { kind, offset };
        if self.cut {
            self.problem(fault(InputErrorKind::Truncated));
        }
        let Counts { records, tuples, malformed, misshapen, others, .. } = self.counts;
        let nothing_found = records == 0 && malformed == 0 && self.decoded.problem.is_none();
        let mut problems = Vec::new();
        match saw {
            Saw::Nothing if nothing_found => problems.push(fault(InputErrorKind::Empty)),
            Saw::Something if nothing_found => {
                problems.push(fault(InputErrorKind::NotJson("nothing but commas and brackets")));
            }
            _ => {}
        }
        if let Some((offset, reason)) = self.counts.first_misshapen {
            problems.push(InputError { kind: InputErrorKind::Shape(misshapen, reason), offset });
        }
        if let (0, Some((offset, reason))) = (tuples, self.counts.first_malformed)
            && malformed > misshapen
        {
            problems.push(InputError { kind: InputErrorKind::AllMalformed(malformed, reason), offset });
        }
        if let Some((first, other)) = self.counts.first_other {
            let (kind, offset) = if nothing_found {
                (InputErrorKind::NotFlowLog(other), offset)
            } else {
                (InputErrorKind::OtherObjects(others, other), first)
            };
            problems.push(InputError { kind, offset });
        }
        let mut problems = self.decoded.problem.take().into_iter().chain(problems);
        Decoded {
            bytes: offset,
            records,
            tuples,
            malformed,
            misshapen,
            other_objects: others,
            problem: problems.next(),
            more_problems: problems.collect(),
            ..self.decoded
        }
    }
}

/// What is known of a record, whose head another file has, by its tuples.
fn look_closer(seen: &SeenRecords, head: u64, framed: &Framed<'_>) -> Known {
    let rows = Rows::marked(seen.cut_at(head));
    let mut counts = Counts::default();
    let end = read_record(framed.bytes, framed.offset, &mut Nowhere, &mut counts, rows, None);
    seen.find(head, &end.rows, framed.ending == Ending::Complete && end.error.is_none())
}

fn cut_record(offset: u64) -> InputError {
    InputError { kind: InputErrorKind::CutRecord, offset }
}

/// A sink for records that are only looked at.
struct Nowhere;

impl Sink for Nowhere {
    fn record(&mut self, _: &RecordContext<'_>) {}
    fn rule(&mut self, _: &str, _: &str) {}
    fn tuple(&mut self, _: &FlowTuple) {}
    fn malformed(&mut self, _: &MalformedTuple<'_>) {}
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
