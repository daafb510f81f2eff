//! The bytes that a [`Framer`] looks at: reading on, dropping what was dealt with, going on behind a fault.

use std::io::{ErrorKind, Read};

use super::{
    BYTE_ORDER_MARK, Closing, End, Ending, Framer, Level, Next, READ_AHEAD, SUSPICIOUS_BYTES, next_record,
};
use crate::error::{InputError, InputErrorKind};
use crate::record::walk::Walker;

/// Bytes that tell a ZIP archive.
const LONGEST_MARK: usize = 4;

impl<R: Read> Framer<'_, R> {
    pub(super) fn skip_byte_order_mark(&mut self) {
        while self.buffer.len() < BYTE_ORDER_MARK.len() && self.fill() {}
        if self.buffer.starts_with(BYTE_ORDER_MARK) {
            self.at = BYTE_ORDER_MARK.len();
        }
    }

    /// Moves to the next byte that is not white space and returns it. Blanks without end are not kept.
    pub(super) fn skip_blank(&mut self) -> Option<u8> {
        loop {
            self.discard();
            let unread = self.buffer.get(self.at..).unwrap_or_default();
            match unread.iter().position(|byte| !is_blank(*byte)) {
                Some(blanks) => {
                    self.at += blanks;
                    return self.buffer.get(self.at).copied();
                }
                None => self.at = self.buffer.len(),
            }
            if !self.fill() {
                return None;
            }
        }
    }

    /// Where the white space at `at` ends; the bytes from `keep` on stay in the buffer.
    pub(super) fn blank_end(&mut self, keep: usize, mut at: usize) -> Result<usize, InputError> {
        while self.byte(at).is_some_and(is_blank) {
            at += 1;
        }
        self.check_length(keep, at).map(|()| at)
    }

    pub(super) fn byte(&mut self, at: usize) -> Option<u8> {
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
            self.buffer.drop_first(self.at);
            self.base += self.at as u64;
            self.at = 0;
        }
    }

    /// Reads on. False at the end of the input, and where reading failed.
    pub(super) fn fill(&mut self) -> bool {
        if self.ended {
            return false;
        }
        let room = self.buffer.room(READ_AHEAD);
        let outcome = loop {
            match self.reader.read(room) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                outcome => break outcome,
            }
        };
        let length = *outcome.as_ref().unwrap_or(&0);
        self.buffer.filled(length);
        self.ended = length == 0;
        self.failure = outcome.err();
        !self.ended
    }

    /// Where the record at hand ends, if the walker could read it.
    pub(super) fn walk(&mut self, walker: &mut Walker) -> Option<End> {
        let length = walker.walk(self)?;
        Some(End { at: self.at + length, ending: Ending::Complete })
    }

    /// The bytes that are there, from the next one to look at.
    #[inline]
    pub(in crate::record) fn pending(&self) -> &[u8] {
        self.buffer.get(self.at..).unwrap_or_default()
    }

    /// Reads on in the record at hand, which goes on behind [`Self::pending`]. False at the end of the input, and where
    /// brackets alone are not trusted.
    pub(in crate::record) fn read_on(&mut self) -> bool {
        self.pending().len() <= SUSPICIOUS_BYTES && self.fill()
    }

    /// Where the first record begins, of those in the buffer behind the one at `start`.
    pub(super) fn next_record_behind(&mut self, start: usize) -> Option<usize> {
        let clear = usize::try_from(self.clear_to.saturating_sub(self.base)).unwrap_or_default();
        let (at, found) = match next_record(self.buffer, clear.max(start + 1)) {
            Next::Record { at, .. } => (at, Some(at)),
            Next::NotBefore(at) => (at, None),
        };
        self.clear_to = self.base + at as u64;
        found
    }

    /// The record at `offset`, which was handed out last, is broken: goes on at the first record that begins
    /// inside what was taken for it. False if there is none; then what follows it comes next.
    pub(in crate::record) fn resume_behind(&mut self, offset: u64) -> bool {
        self.careful = true;
        let start = usize::try_from(offset.saturating_sub(self.base)).unwrap_or_default();
        match next_record(self.buffer, start + 1) {
            Next::Record { at, .. } if at < self.at => {
                self.resume_at(at);
                true
            }
            _ => false,
        }
    }

    /// Goes on with the record at `at`.
    pub(super) fn resume_at(&mut self, at: usize) {
        self.careful = true;
        self.at = at;
        self.after_comma = false;
        self.closing = Closing::Nothing;
        let is_document = matches!(next_record(self.buffer, at), Next::Record { is_document: true, .. });
        if is_document || self.level == Level::Envelope {
            self.level = Level::Top;
        }
    }

    /// Here stands what no flow log has: passes over everything up to the next record.
    ///
    /// # Errors
    /// The input begins like this and is no flow log.
    pub(super) fn unexpected(&mut self, byte: u8) -> Result<(), InputError> {
        let offset = self.offset();
        let at_start = offset <= BYTE_ORDER_MARK.len() as u64;
        let here = |kind| InputError { kind, offset };
        let unexpected = here(InputErrorKind::Unexpected(byte));
        match self.looks_like(byte) {
            Some(known) if at_start => return Err(here(InputErrorKind::NotJson(known))),
            _ if at_start => {
                let not_json = here(InputErrorKind::NotJson("it is not JSON"));
                if !self.skip_to_record() {
                    return Err(not_json);
                }
            }
            _ => {
                self.skip_to_record();
            }
        }
        self.note.get_or_insert(unexpected);
        Ok(())
    }

    /// False if there is no other record: then this is the end of the input.
    fn skip_to_record(&mut self) -> bool {
        let before = self.offset();
        let found = loop {
            match next_record(self.buffer, self.at) {
                Next::Record { at, .. } => {
                    self.resume_at(at);
                    break true;
                }
                Next::NotBefore(at) => {
                    self.at = at;
                    self.discard();
                    if !self.fill() {
                        self.at = self.buffer.len();
                        break false;
                    }
                }
            }
        };
        self.left_out += self.offset() - before;
        found
    }

    /// What a file is that begins like this, if it is something people confuse with a flow log.
    fn looks_like(&mut self, byte: u8) -> Option<&'static str> {
        // A pipe may have given less than the longest of these marks.
        while self.buffer.len() < self.at + LONGEST_MARK && self.fill() {}
        let head = self.buffer.get(self.at..).unwrap_or_default();
        if byte == b'<' {
            Some("it looks like HTML or XML (an error page saved in its place?)")
        } else if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") || head.get(1) == Some(&0) {
            Some("it is UTF-16 text; save it as UTF-8")
        } else if head.starts_with(b"PK\x03\x04") {
            Some("it is a ZIP archive; unpack it first")
        } else {
            None
        }
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}
