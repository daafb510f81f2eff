//! Framing: where does a record begin and end?
//!
//! The [`Framer`] finds the objects that may be records in a stream of bytes, in any of the shapes in
//! which flow logs are met: the blob's `{"records":[...]}`, one record alone, records one a line,
//! an array of records, and the content of an appended block, which begins with a comma. It looks
//! at braces, brackets and quotes only; what an object says is the business of `document`. At no
//! time does it hold more than one record and one read-ahead buffer.

use std::io::Read;

use super::scan::Scan;
use crate::error::{InputError, InputErrorKind};

/// The largest single record accepted, in bytes. Azure writes records of 32 KiB.
pub const MAX_RECORD_BYTES: usize = 256 << 20;

/// Small enough for the buffer to stay in a core's own cache.
const READ_AHEAD: usize = 1 << 16;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// An object that may be a record.
pub(super) struct Framed<'a> {
    pub(super) bytes: &'a [u8],
    /// Offset of its first byte in the input.
    pub(super) offset: u64,
    /// False if the input ended inside it.
    pub(super) complete: bool,
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

/// Finds the record objects of `R`.
pub(super) struct Framer<'b, R> {
    reader: R,
    /// Borrowed, so that the next file uses the same memory.
    buffer: &'b mut Vec<u8>,
    /// Next byte to look at, an index of `buffer`.
    at: usize,
    /// Offset of `buffer[0]` in the input.
    base: u64,
    ended: bool,
    /// Why reading stopped before the end; reported once what stands in the buffer was handed out.
    failure: Option<std::io::Error>,
    level: Level,
    saw_json: bool,
}

impl<'b, R: Read> Framer<'b, R> {
    pub(super) fn new(reader: R, buffer: &'b mut Vec<u8>) -> Self {
        buffer.clear();
        Self {
            reader,
            buffer,
            at: 0,
            base: 0,
            ended: false,
            failure: None,
            level: Level::Top,
            saw_json: false,
        }
    }

    /// True once anything but white space was met.
    pub(super) fn saw_json(&self) -> bool {
        self.saw_json
    }

    /// Offset of the next byte to look at: the number of bytes dealt with.
    pub(super) fn offset(&self) -> u64 {
        self.base + self.at as u64
    }

    /// The next object that may be a record, or `None` at the end of the input.
    ///
    /// # Errors
    /// What stands between records is no JSON, or the input ended inside it, or cannot be read.
    pub(super) fn next(&mut self) -> Result<Option<Framed<'_>>, InputError> {
        if self.offset() == 0 {
            self.skip_byte_order_mark();
        }
        loop {
            let Some(byte) = self.skip_blank() else {
                return self.end_of_input();
            };
            self.saw_json = true;
            match (self.level, byte) {
                // A fragment begins with the comma that follows the record before it.
                (_, b',') => self.at += 1,
                (Level::Top, b'{') => {
                    if let Some(end) = self.enter_envelope()? {
                        return Ok(Some(self.take(end)));
                    }
                }
                (Level::Top, b'[') => self.enter(Level::Records { enveloped: false }),
                // The closing block of a blob, alone or behind an appended block.
                (Level::Top, b']' | b'}') => self.at += 1,
                (Level::Records { .. }, b'{') => {
                    let end = self.end_of_value(self.at)?;
                    return Ok(Some(self.take(end)));
                }
                (Level::Records { enveloped }, b']') => {
                    self.enter(if enveloped { Level::Envelope } else { Level::Top });
                }
                (Level::Records { .. }, b'"' | b'[' | b'0'..=b'9' | b'-' | b't' | b'f' | b'n') => {
                    self.skip_value()?;
                }
                (Level::Envelope, b'}') => self.enter(Level::Top),
                (Level::Envelope, b'"') => self.next_member()?,
                (_, other) => return Err(self.not_json(other)),
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
        self.at += 1;
        self.level = level;
    }

    /// Reads keys from the brace at `at` up to `records`, whose array is then entered. If there is
    /// none, the object is a record on its own: its end is returned.
    fn enter_envelope(&mut self) -> Result<Option<End>, InputError> {
        let start = self.at;
        let mut at = start + 1;
        loop {
            at = self.blank_end(at);
            match self.byte(at) {
                None => {
                    return Ok(Some(End { at, complete: false }));
                }
                Some(b',') => at += 1,
                Some(b'"') => {
                    let key_end = self.end_of_value_from(start, at)?;
                    let is_records = self
                        .buffer
                        .get(at..key_end.at)
                        .is_some_and(|key| key.eq_ignore_ascii_case(b"\"records\""));
                    at = self.blank_end(key_end.at);
                    if self.byte(at) == Some(b':') {
                        at = self.blank_end(at + 1);
                    }
                    if is_records && self.byte(at) == Some(b'[') {
                        self.at = at;
                        self.enter(Level::Records { enveloped: true });
                        return Ok(None);
                    }
                    let value_end = self.end_of_value_from(start, at)?;
                    if !value_end.complete {
                        return Ok(Some(value_end));
                    }
                    at = value_end.at;
                }
                // The end of the object, or no JSON: either way the plain scan finds where it stops.
                Some(_) => return self.end_of_value(start).map(Some),
            }
        }
    }

    /// One `"key": value` of the envelope behind its records. A second `records` array is entered.
    fn next_member(&mut self) -> Result<(), InputError> {
        let key_end = self.end_of_value(self.at)?;
        let key = self.buffer.get(self.at..key_end.at).unwrap_or_default();
        let is_records = key.eq_ignore_ascii_case(b"\"records\"");
        self.at = key_end.at;
        match self.skip_blank() {
            Some(b':') => self.at += 1,
            Some(other) => return Err(self.not_json(other)),
            None => return Err(self.error(InputErrorKind::Truncated)),
        }
        match self.skip_blank() {
            Some(b'[') if is_records => self.enter(Level::Records { enveloped: true }),
            Some(_) => self.skip_value()?,
            None => return Err(self.error(InputErrorKind::Truncated)),
        }
        Ok(())
    }

    fn skip_value(&mut self) -> Result<(), InputError> {
        let end = self.end_of_value(self.at)?;
        self.at = end.at;
        if end.complete { Ok(()) } else { Err(self.error(InputErrorKind::Truncated)) }
    }

    /// Hands out the bytes from `at` up to `end` and moves behind them.
    fn take(&mut self, end: End) -> Framed<'_> {
        let start = self.at;
        let offset = self.offset();
        self.at = end.at;
        let bytes = self.buffer.get(start..end.at).unwrap_or_default();
        Framed { bytes, offset, complete: end.complete }
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
            let unread = self.buffer.get(at..).unwrap_or_default();
            if let Some(length) = scan.end_in(unread) {
                return Ok(End { at: at + length, complete: true });
            }
            at = self.buffer.len();
            if at - keep > MAX_RECORD_BYTES {
                return Err(InputError {
                    kind: InputErrorKind::RecordTooLarge,
                    offset: self.base + keep as u64,
                });
            }
            if !self.fill() {
                return Ok(End { at, complete: scan.is_scalar() });
            }
        }
    }

    fn skip_byte_order_mark(&mut self) {
        while self.buffer.len() < BYTE_ORDER_MARK.len() && self.fill() {}
        if self.buffer.starts_with(BYTE_ORDER_MARK) {
            self.at = BYTE_ORDER_MARK.len();
        }
    }

    /// Moves to the next byte that is not white space and returns it.
    fn skip_blank(&mut self) -> Option<u8> {
        self.discard();
        self.at = self.blank_end(self.at);
        self.byte(self.at)
    }

    fn blank_end(&mut self, mut at: usize) -> usize {
        while self.byte(at).is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')) {
            at += 1;
        }
        at
    }

    fn byte(&mut self, at: usize) -> Option<u8> {
        while at >= self.buffer.len() {
            if !self.fill() {
                return None;
            }
        }
        self.buffer.get(at).copied()
    }

    /// Drops the bytes that were dealt with, once there are enough of them to pay for the move.
    fn discard(&mut self) {
        if self.at >= READ_AHEAD {
            self.buffer.drain(..self.at);
            self.base += self.at as u64;
            self.at = 0;
        }
    }

    /// Reads on. False at the end of the input, and where reading failed.
    fn fill(&mut self) -> bool {
        if self.ended {
            return false;
        }
        let filled = self.buffer.len();
        self.buffer.resize(filled + READ_AHEAD, 0);
        let outcome = loop {
            let space = self.buffer.get_mut(filled..).unwrap_or_default();
            match self.reader.read(space) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                outcome => break outcome,
            }
        };
        let length = *outcome.as_ref().unwrap_or(&0);
        self.buffer.truncate(filled + length);
        self.ended = length == 0;
        self.failure = outcome.err();
        !self.ended
    }

    fn error(&self, kind: InputErrorKind) -> InputError {
        InputError { kind, offset: self.offset() }
    }

    /// The best sentence for a byte that begins no JSON value.
    fn not_json(&self, byte: u8) -> InputError {
        let head = self.buffer.get(self.at..).unwrap_or_default();
        let kind = if self.offset() > BYTE_ORDER_MARK.len() as u64 {
            InputErrorKind::Unexpected(byte)
        } else if byte == b'<' {
            InputErrorKind::NotJson("it looks like HTML or XML (an error page saved in its place?)")
        } else if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") || head.get(1) == Some(&0) {
            InputErrorKind::NotJson("it is UTF-16 text; save it as UTF-8")
        } else if head.starts_with(b"PK\x03\x04") {
            InputErrorKind::NotJson("it is a ZIP archive; unpack it first")
        } else {
            InputErrorKind::NotJson("it is not JSON")
        };
        self.error(kind)
    }
}

#[derive(Clone, Copy)]
struct End {
    at: usize,
    complete: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out `step` bytes a read, so that every boundary falls everywhere.
    struct Drip<'a>(&'a [u8], usize);

    impl Read for Drip<'_> {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            let length = self.1.min(self.0.len()).min(out.len());
            let (now, later) = self.0.split_at(length);
            out.get_mut(..length).unwrap().copy_from_slice(now);
            self.0 = later;
            Ok(length)
        }
    }

    fn frames(text: &str) -> (Vec<String>, Option<String>) {
        let whole = frames_by(text, usize::MAX);
        for step in [1, 2, 3, 7] {
            assert_eq!(frames_by(text, step), whole, "read {step} bytes at a time");
        }
        whole
    }

    fn frames_by(text: &str, step: usize) -> (Vec<String>, Option<String>) {
        let mut buffer = Vec::new();
        let mut framer = Framer::new(Drip(text.as_bytes(), step), &mut buffer);
        let mut found = Vec::new();
        loop {
            match framer.next() {
                Ok(Some(framed)) => {
                    let words = std::str::from_utf8(framed.bytes).unwrap();
                    let at = usize::try_from(framed.offset).unwrap();
                    assert!(text.get(at..).unwrap().starts_with(words), "the offset points at the record");
                    found.push(format!("{words}{}", if framed.complete { "" } else { " (cut)" }));
                }
                Ok(None) => return (found, None),
                Err(error) => return (found, Some(error.to_string())),
            }
        }
    }

    #[test]
    fn every_shape_gives_the_same_records() {
        let two = vec![r#"{"a":"}"}"#.to_owned(), r#"{"b":{"c":[1]}}"#.to_owned()];
        for text in [
            r#"{"records":[{"a":"}"},{"b":{"c":[1]}}]}"#,
            r#"{ "x" : {"y":["]"]}, "records" : [ {"a":"}"} , {"b":{"c":[1]}} ] , "z": 1 }"#,
            "\u{feff}{\"records\":[{\"a\":\"}\"},{\"b\":{\"c\":[1]}}]}\n",
            r#"[{"a":"}"},{"b":{"c":[1]}}]"#,
            "{\"a\":\"}\"}\n{\"b\":{\"c\":[1]}}\n",
            r#",{"a":"}"},{"b":{"c":[1]}}"#,
            r#"{"a":"}"},{"b":{"c":[1]}}]}"#,
            r#"{"Records":[{"a":"}"}]}{"records":[{"b":{"c":[1]}}]}"#,
            r#"{"records":[null,{"a":"}"},"s",[{}],1,{"b":{"c":[1]}}]}"#,
        ] {
            assert_eq!(frames(text), (two.clone(), None), "{text}");
        }
    }

    #[test]
    fn strings_hide_brackets_and_escapes_hide_quotes() {
        let text = r#"{"a\"{":"\\","b":"[{\"\\\""}"#;
        assert_eq!(frames(text), (vec![text.to_owned()], None));
    }

    #[test]
    fn a_cut_is_told_from_an_end() {
        assert_eq!(frames(r#"{"records":[{"a":1},{"b":"#).0, [r#"{"a":1}"#, r#"{"b": (cut)"#]);
        let (found, error) = frames(r#"{"records":[{"a":1}"#);
        assert_eq!(found, [r#"{"a":1}"#]);
        assert!(error.unwrap().starts_with("truncated: ends at byte 19"));
        assert!(frames(r#"{"records":[{"a":1}]"#).1.unwrap().starts_with("truncated"));
        assert_eq!(frames(r#"{"records":[]}"#), (vec![], None));
        assert_eq!(frames(""), (vec![], None));
    }

    #[test]
    fn what_is_no_json_is_named() {
        assert!(frames("<!DOCTYPE html>").1.unwrap().contains("HTML"));
        assert!(frames("\u{feff}<html>").1.unwrap().contains("HTML"));
        assert!(frames("hello").1.unwrap().contains("not JSON"));
        assert!(frames("{\"a\":1} what").1.unwrap().starts_with("unexpected 'w' at byte 8"));
    }
}
