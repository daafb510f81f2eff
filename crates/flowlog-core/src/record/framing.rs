//! Framing: where does a record begin and end?
//!
//! The [`Framer`] finds the objects that may be records in a stream of bytes, in any of the shapes in
//! which flow logs are met: the blob's `{"records":[...]}`, one record alone, records one a line,
//! an array of records, and the content of an appended block, which begins with a comma. It looks
//! at braces, brackets and quotes only; what an object says is the business of `document`. At no
//! time does it hold more than one record and one read-ahead buffer. Where brackets do not tell, since a
//! record breaks off, it goes on at what looks like the next one ([`resume`]).

mod buffer;
mod input;
mod resume;

use std::io::Read;

use super::scan::Scan;
use super::walk::Walker;
use crate::error::{InputError, InputErrorKind};
pub(super) use buffer::Buffer;
use resume::{Next, next_record};

/// The largest single record accepted, in bytes. Azure writes records of 32 KiB.
pub const MAX_RECORD_BYTES: usize = 256 << 20;

/// A record longer than this, in bytes, is looked at for the beginning of another one inside it.
const SUSPICIOUS_BYTES: usize = 1 << 20;
/// Small enough for the buffer to stay in a core's own cache.
const READ_AHEAD: usize = 1 << 16;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A value, and what it stands for.
pub(super) struct Framed<'a> {
    pub(super) bytes: &'a [u8],
    /// Offset of its first byte in the input.
    pub(super) offset: u64,
    pub(super) place: Place,
    pub(super) ending: Ending,
}

/// Where a value stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// An object that may be a record.
    Record,
    /// A record that the walker has read.
    Walked,
    /// No object, in a list of records.
    Element,
    /// Beside the list of records. What stands before that list comes in one piece and is no JSON by itself.
    Member,
}

/// How a value ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// With its last bracket.
    Complete,
    /// It breaks off where another record begins.
    NextRecord,
    /// It breaks off with the input.
    Input,
}

/// What an input holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Saw {
    /// White space at most.
    Nothing,
    /// Anything else.
    Something,
    /// Objects or lists.
    Values,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    /// Outside any value.
    Top,
    /// Inside an array of records; `enveloped` if that is the value of a `records` key.
    Records { enveloped: bool },
    /// Inside the envelope object, behind its `records` array.
    Envelope,
}

/// What may close at the top: the list and the document that a fragment's records were in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Closing {
    Nothing,
    List,
    Document,
}

/// Finds the record objects of `R`.
pub(super) struct Framer<'b, R> {
    reader: R,
    /// Borrowed, so that the next file uses the same memory.
    buffer: &'b mut Buffer,
    /// Next byte to look at, an index of `buffer`.
    at: usize,
    /// Offset of `buffer[0]` in the input.
    base: u64,
    ended: bool,
    /// Why reading stopped before the end; reported once what stands in the buffer was handed out.
    failure: Option<std::io::Error>,
    level: Level,
    closing: Closing,
    /// The byte before was a comma.
    after_comma: bool,
    saw: Saw,
    /// A record has broken off before: brackets alone are not trusted any more.
    careful: bool,
    /// Offset up to which no record begins behind the one at hand.
    clear_to: u64,
    /// What was wrong and did not end the reading.
    note: Option<InputError>,
    left_out: u64,
}

impl<'b, R: Read> Framer<'b, R> {
    pub(super) fn new(reader: R, buffer: &'b mut Buffer) -> Self {
        buffer.clear();
        Self {
            reader,
            buffer,
            at: 0,
            base: 0,
            ended: false,
            failure: None,
            level: Level::Top,
            closing: Closing::Nothing,
            after_comma: false,
            saw: Saw::Nothing,
            careful: false,
            clear_to: 0,
            note: None,
            left_out: 0,
        }
    }

    /// What was met up to now.
    pub(super) fn saw(&self) -> Saw {
        self.saw
    }

    /// Offset of the next byte to look at: the number of bytes dealt with.
    pub(super) fn offset(&self) -> u64 {
        self.base + self.at as u64
    }

    /// Bytes between records that were passed over.
    pub(super) fn left_out(&self) -> u64 {
        self.left_out
    }

    /// The first thing that was wrong and did not end the reading, since the last call.
    pub(super) fn take_note(&mut self) -> Option<InputError> {
        self.note.take()
    }

    /// The next value that may be a record or hold tuples, or `None` at the end of the input.
    ///
    /// # Errors
    /// The input is no JSON at all, or ended inside it, or cannot be read.
    pub(super) fn next(&mut self, walker: &mut Walker) -> Result<Option<Framed<'_>>, InputError> {
        if self.offset() == 0 {
            self.skip_byte_order_mark();
        }
        loop {
            let Some(byte) = self.skip_blank() else {
                return self.end_of_input();
            };
            self.saw = self.saw.max(Saw::Something);
            let after_comma = std::mem::replace(&mut self.after_comma, byte == b',');
            match (self.level, byte) {
                // A fragment begins with the comma that follows the record before it.
                (_, b',') => {
                    if after_comma {
                        self.note_here(InputErrorKind::Unexpected(byte));
                    }
                    self.at += 1;
                }
                (Level::Top, b'{') => {
                    self.saw = Saw::Values;
                    if let Some(end) = self.walk(walker) {
                        self.closing = Closing::List;
                        return Ok(Some(self.take(end, Place::Walked)));
                    }
                    let start = self.at;
                    match self.enter_envelope()? {
                        Entered::Records { key_at } if key_at == start + 1 => {}
                        Entered::Records { key_at } => {
                            return Ok(Some(self.piece(start, key_at, Place::Member, Ending::Complete)));
                        }
                        Entered::Alone(end) => {
                            self.closing = Closing::List;
                            return Ok(Some(self.take(end, Place::Record)));
                        }
                    }
                }
                (Level::Top, b'[') => self.enter(Level::Records { enveloped: false }),
                // The closing block of a blob, behind an appended block.
                (Level::Top, b']') if self.closing == Closing::List => self.close(Closing::Document),
                (Level::Top, b'}') if self.closing == Closing::Document => self.close(Closing::Nothing),
                (Level::Top, b']' | b'}') => {
                    self.note_here(InputErrorKind::Unexpected(byte));
                    self.at += 1;
                }
                (Level::Records { .. }, b'{') => {
                    if let Some(end) = self.walk(walker) {
                        return Ok(Some(self.take(end, Place::Walked)));
                    }
                    let end = self.end_of_value(self.at)?;
                    return Ok(Some(self.take(end, Place::Record)));
                }
                (Level::Records { enveloped }, b']') => {
                    self.enter(if enveloped { Level::Envelope } else { Level::Top });
                }
                (Level::Records { .. }, b'"' | b'[' | b'0'..=b'9' | b'-' | b't' | b'f' | b'n') => {
                    let end = self.end_of_value(self.at)?;
                    // Nothing is lost with a null.
                    if byte == b'n' {
                        self.at = end.at;
                    } else {
                        return Ok(Some(self.take(end, Place::Element)));
                    }
                }
                (Level::Envelope, b'}') => self.enter(Level::Top),
                (Level::Envelope, b'"') => {
                    if let Some(end) = self.next_member()? {
                        return Ok(Some(self.take(end, Place::Member)));
                    }
                }
                (_, other) => self.unexpected(other)?,
            }
        }
    }

    fn end_of_input(&mut self) -> Result<Option<Framed<'_>>, InputError> {
        match self.failure.take() {
            Some(error) => Err(self.error(InputErrorKind::Io(error))),
            None if self.level == Level::Top => Ok(None),
            None => Err(self.error(InputErrorKind::Truncated)),
        }
    }

    fn enter(&mut self, level: Level) {
        self.saw = Saw::Values;
        self.at += 1;
        self.level = level;
        self.closing = Closing::Nothing;
    }

    fn close(&mut self, next: Closing) {
        self.at += 1;
        self.closing = next;
    }

    /// Reads keys from the brace at `at` up to `records`, whose array is then entered. If there is
    /// none, the object is a record on its own: its end is returned.
    fn enter_envelope(&mut self) -> Result<Entered, InputError> {
        let start = self.at;
        let mut at = start + 1;
        loop {
            at = self.blank_end(start, at)?;
            match self.byte(at) {
                None => return Ok(Entered::Alone(End { at, ending: Ending::Input })),
                Some(b',') => at += 1,
                Some(b'"') => {
                    let key_at = at;
                    let key_end = self.end_of_value_from(start, at)?;
                    if key_end.ending != Ending::Complete {
                        return Ok(Entered::Alone(key_end));
                    }
                    let key = self.buffer.get(at..key_end.at).unwrap_or_default();
                    let is_records = key.eq_ignore_ascii_case(b"\"records\"");
                    at = self.blank_end(start, key_end.at)?;
                    if self.byte(at) == Some(b':') {
                        at = self.blank_end(start, at + 1)?;
                    }
                    if is_records && self.byte(at) == Some(b'[') {
                        self.at = at;
                        self.enter(Level::Records { enveloped: true });
                        return Ok(Entered::Records { key_at });
                    }
                    let value_end = self.end_of_value_from(start, at)?;
                    if value_end.ending != Ending::Complete {
                        return Ok(Entered::Alone(value_end));
                    }
                    at = value_end.at;
                }
                // The end of the object, or no JSON: either way the plain scan finds where it stops.
                Some(_) => return self.end_of_value(start).map(Entered::Alone),
            }
        }
    }

    /// One `"key": value` of the envelope behind its records: the end of the value. A second `records` array is
    /// entered.
    fn next_member(&mut self) -> Result<Option<End>, InputError> {
        let key_end = self.end_of_value(self.at)?;
        let key = self.buffer.get(self.at..key_end.at).unwrap_or_default();
        let is_records = key.eq_ignore_ascii_case(b"\"records\"");
        self.at = key_end.at;
        match self.skip_blank() {
            Some(b':') => self.at += 1,
            Some(other) => return self.unexpected(other).map(|()| None),
            None => return Err(self.error(InputErrorKind::Truncated)),
        }
        match self.skip_blank() {
            Some(b'[') if is_records => {
                self.enter(Level::Records { enveloped: true });
                Ok(None)
            }
            Some(_) => self.end_of_value(self.at).map(Some),
            None => Err(self.error(InputErrorKind::Truncated)),
        }
    }

    /// Hands out the bytes from `at` up to `end` and moves behind them.
    fn take(&mut self, end: End, place: Place) -> Framed<'_> {
        let start = self.at;
        self.at = end.at;
        if end.ending == Ending::NextRecord {
            self.resume_at(end.at);
        }
        self.piece(start, end.at, place, end.ending)
    }

    fn piece(&self, start: usize, end: usize, place: Place, ending: Ending) -> Framed<'_> {
        let bytes = self.buffer.get(start..end).unwrap_or_default();
        Framed { bytes, offset: self.base + start as u64, place, ending }
    }

    fn end_of_value(&mut self, start: usize) -> Result<End, InputError> {
        self.end_of_value_from(start, start)
    }

    /// Where the value at `at` ends, without looking at more than brackets and quotes. Bytes from
    /// `keep` on stay in the buffer.
    fn end_of_value_from(&mut self, keep: usize, at: usize) -> Result<End, InputError> {
        let mut scan = Scan::new(self.byte(at));
        let mut at = at;
        loop {
            let look = self.careful || self.ended || at - keep > SUSPICIOUS_BYTES;
            let next = if look { self.next_record_behind(keep) } else { None };
            let end = next.unwrap_or(self.buffer.len());
            if let Some(length) = scan.end_in(self.buffer.get(at..end).unwrap_or_default()) {
                return Ok(End { at: at + length, ending: Ending::Complete });
            }
            if let Some(next) = next {
                return Ok(End { at: next, ending: Ending::NextRecord });
            }
            at = self.buffer.len();
            self.check_length(keep, at)?;
            if !self.fill() {
                if let Some(next) = self.next_record_behind(keep) {
                    return Ok(End { at: next, ending: Ending::NextRecord });
                }
                let ending = if scan.is_scalar() { Ending::Complete } else { Ending::Input };
                return Ok(End { at, ending });
            }
        }
    }

    fn check_length(&self, start: usize, at: usize) -> Result<(), InputError> {
        if at - start > MAX_RECORD_BYTES {
            let offset = self.base + start as u64;
            return Err(InputError { kind: InputErrorKind::RecordTooLarge, offset });
        }
        Ok(())
    }

    fn error(&self, kind: InputErrorKind) -> InputError {
        InputError { kind, offset: self.offset() }
    }

    fn note_here(&mut self, kind: InputErrorKind) {
        if self.note.is_none() {
            self.note = Some(self.error(kind));
        }
    }
}

/// What an object at the top turned out to be.
enum Entered {
    /// A document, whose list of records was entered; `key_at` is where its `records` key stands.
    Records { key_at: usize },
    /// A record alone, up to here.
    Alone(End),
}

#[derive(Clone, Copy)]
struct End {
    at: usize,
    ending: Ending,
}

#[cfg(test)]
mod tests;
