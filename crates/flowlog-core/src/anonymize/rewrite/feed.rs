//! An input, looked at ahead of where it is.

use std::io::{self, Read};

use memchr::{memchr, memchr2};

/// Bytes read at once.
const READ_AHEAD: usize = 1 << 16;
/// White space behind a string is looked through so far.
const LONGEST_BLANK: usize = 1 << 16;

pub(super) struct Feed<R> {
    reader: R,
    buffer: Vec<u8>,
    /// Next byte, an index of `buffer`.
    at: usize,
    /// Offset of `buffer[0]`.
    base: u64,
    ended: bool,
    failure: Option<io::Error>,
}

impl<R: Read> Feed<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, buffer: Vec::new(), at: 0, base: 0, ended: false, failure: None }
    }

    /// Offset of the next byte.
    pub(super) fn offset(&self) -> u64 {
        self.base + self.at as u64
    }

    pub(super) fn take_failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }

    /// What comes next: `length` bytes or more, or all up to the end.
    pub(super) fn ahead(&mut self, length: usize) -> &[u8] {
        while self.buffer.len() - self.at < length && !self.ended {
            self.read();
        }
        self.buffer.get(self.at..).unwrap_or_default()
    }

    pub(super) fn advance(&mut self, length: usize) {
        self.at = self.buffer.len().min(self.at + length);
    }

    fn read(&mut self) {
        // What was dealt with goes as soon as it is more than what is left: each byte is moved once at most.
        if self.at > self.buffer.len() / 2 {
            self.buffer.drain(..self.at);
            self.base += self.at as u64;
            self.at = 0;
        }
        let start = self.buffer.len();
        self.buffer.resize(start + READ_AHEAD, 0);
        let read = loop {
            match self.reader.read(self.buffer.get_mut(start..).unwrap_or_default()) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        self.buffer.truncate(start + *read.as_ref().unwrap_or(&0));
        match read {
            Ok(0) => self.ended = true,
            Ok(_) => {}
            Err(error) => {
                self.failure = Some(error);
                self.ended = true;
            }
        }
    }

    /// Bytes of the string that begins here, its quotation marks included; `None` if it has no end, or one behind
    /// `limit` bytes.
    pub(super) fn string_length(&mut self, limit: usize) -> Option<usize> {
        let mut end = 1;
        loop {
            let ahead = self.ahead(end + 1);
            match memchr2(b'"', b'\\', ahead.get(end..)?) {
                Some(found) if ahead.get(end + found) == Some(&b'"') => return Some(end + found + 1),
                Some(found) => end += found + 2,
                None => end = ahead.len(),
            }
            if end > limit || self.ahead(end + 1).len() <= end {
                return None;
            }
        }
    }

    /// The first byte behind the next `length` bytes that is no white space.
    pub(super) fn after_blank(&mut self, length: usize) -> Option<u8> {
        for at in length..length + LONGEST_BLANK {
            match self.ahead(at + 1).get(at) {
                Some(b' ' | b'\t' | b'\r' | b'\n') => {}
                other => return other.copied(),
            }
        }
        None
    }

    /// Goes on to the next opening brace; false if there is none, at the end then.
    pub(super) fn seek_brace(&mut self) -> bool {
        loop {
            let ahead = self.ahead(1);
            if ahead.is_empty() {
                return false;
            }
            if let Some(found) = memchr(b'{', ahead) {
                self.advance(found);
                return true;
            }
            let all = ahead.len();
            self.advance(all);
        }
    }
}
