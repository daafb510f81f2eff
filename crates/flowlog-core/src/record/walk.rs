//! The short way through a record: it follows the keys that Azure writes, in one walk that finds the record's end
//! as well.
//!
//! It takes a record whole or not at all. What it reads is kept in a [`Batch`] until the record's last brace is
//! met. Whatever it does not expect, an escape, an odd shape, a key that comes twice, a tuple that is malformed,
//! a byte that is no UTF-8, makes it give up, and the record goes to `document`, which has the last word
//! on what any bytes mean. So this knows less JSON than the library, and never reads anything in another way.

mod batch;

use std::io::Read;

use fearless_simd::Level;
use memchr::{memchr, memchr2};

use super::LogKind;
use super::document::{LevelKeys, RECORD_KEYS, levels};
use super::framing::Framer;
use super::name::{MAX_ID_BYTES, MAX_NAME_BYTES};
use super::tuple::{looks_like_tuple, parse_fields, plain_tuples};
use crate::flow::Encryption;
pub(super) use batch::Batch;
use batch::{Group, Text};

/// Giving up costs what was read. So many records at most go to `document` at once after one that had to.
const LONGEST_PAUSE: u32 = 63;
/// Giving up earlier costs nothing worth a pause.
const CHEAP_BYTES: usize = 1 << 10;
/// A number of more digits may not fit.
const MOST_DIGITS: usize = 15;

/// Walks over one record after the other in the same memory.
#[derive(Debug)]
pub(super) struct Walker {
    batch: Batch,
    /// What the processor can do.
    level: Level,
    /// Never walks.
    is_off: bool,
    with_rows: bool,
    /// So many records are left to `document` before the next attempt.
    waiting: u32,
    /// The length of the last pause.
    pause: u32,
}

impl Default for Walker {
    fn default() -> Self {
        let (batch, level) = (Batch::default(), Level::new());
        Self { batch, level, is_off: false, with_rows: false, waiting: 0, pause: 0 }
    }
}

impl Walker {
    /// One that leaves every record to `document`.
    pub(super) fn off() -> Self {
        Self { is_off: true, ..Self::default() }
    }

    /// A new input begins. `with_rows` says whether records are to be known again.
    pub(super) fn begin(&mut self, with_rows: bool) {
        self.with_rows = with_rows;
        (self.waiting, self.pause) = (0, 0);
    }

    /// What the last record held.
    pub(super) fn batch(&self) -> &Batch {
        &self.batch
    }

    /// Reads the record that `input` stands at. The length of it, or `None` if it has to be read in the long way.
    pub(super) fn walk<R: Read>(&mut self, input: &mut Framer<'_, R>) -> Option<usize> {
        if self.is_off || self.waiting > 0 {
            self.waiting = self.waiting.saturating_sub(1);
            return None;
        }
        self.batch.clear(self.with_rows);
        let mut walk = Walk { input, batch: &mut self.batch, level: self.level, at: 0 };
        let whole = walk.record();
        let at = walk.at;
        if whole.is_some() {
            self.pause = 0;
            return Some(at);
        }
        if at > CHEAP_BYTES {
            self.pause = LONGEST_PAUSE.min(self.pause * 2 + 1);
            self.waiting = self.pause;
        }
        None
    }
}

/// One record being walked over. Every step gives up with `None`.
struct Walk<'w, 'b, R> {
    input: &'w mut Framer<'b, R>,
    batch: &'w mut Batch,
    level: Level,
    /// The next byte to look at, from the record's first byte on.
    at: usize,
}

impl<R: Read> Walk<'_, '_, R> {
    fn record(&mut self) -> Option<()> {
        self.members(|walk, key| {
            match walk.known_key(key, RECORD_KEYS) {
                Some(0) => {
                    let time = walk.context(usize::MAX)?;
                    once(&mut walk.batch.time, time)
                }
                Some(1) => {
                    let mac = walk.context(MAX_NAME_BYTES)?;
                    once(&mut walk.batch.mac, mac)
                }
                Some(2 | 3) => {
                    let resource = walk.context(MAX_ID_BYTES)?;
                    once(&mut walk.batch.resource, resource)
                }
                Some(5) => walk.flows(LogKind::VNet),
                Some(6) => walk.flows(LogKind::Nsg),
                Some(7) => None,
                // A category matters only where an object is no flow log.
                _ => walk.scalar(),
            }
        })?;
        self.batch.kind.map(|_| ())
    }

    fn flows(&mut self, kind: LogKind) -> Option<()> {
        once(&mut self.batch.kind, kind)?;
        self.level(levels(kind)).map(|_| ())
    }

    /// An object with the keys of the first of `levels`. Returns its context.
    fn level(&mut self, levels: &'static [LevelKeys]) -> Option<Text> {
        let (level, inner) = levels.split_first()?;
        let keys = [level.list, level.context.unwrap_or_default()];
        let keys = keys.get(..1 + usize::from(level.context.is_some()))?;
        let first_group = self.batch.groups.len();
        let (mut own, mut has_list) = (None, None);
        self.members(|walk, key| match walk.known_key(key, keys) {
            Some(0) => {
                once(&mut has_list, ())?;
                if inner.is_empty() {
                    walk.tuples()
                } else {
                    walk.elements(|walk| walk.level(inner).map(|_| ()))
                }
            }
            Some(_) => {
                let text = walk.context(level.context_bytes)?;
                once(&mut own, text)
            }
            None => walk.scalar(),
        })?;
        has_list?;
        let own = own.unwrap_or_default();
        match inner.len() {
            // Wherever it stands in the object, the context is that of all groups inside.
            1 => self.batch.groups.iter_mut().skip(first_group).for_each(|group| group.outer = own),
            0 => self.batch.groups.push(Group { outer: Text::default(), own, end: self.batch.tuples.len() }),
            _ => {}
        }
        Some(own)
    }

    /// A list of tuples.
    fn tuples(&mut self) -> Option<()> {
        self.take(b'[')?;
        if self.blank()? == b']' {
            return self.take(b']');
        }
        loop {
            let Batch { tuples, rows, .. } = &mut *self.batch;
            let stop = plain_tuples(self.level, self.input.pending(), self.at, tuples, rows.as_mut());
            self.at = stop.at;
            if !stop.behind_tuple {
                self.any_tuple()?;
            }
            match self.blank()? {
                b',' => self.at += 1,
                _ => return self.take(b']'),
            }
            self.blank()?;
        }
    }

    /// A tuple in any form that is well-formed and has no word of which the sink is to be told.
    fn any_tuple(&mut self) -> Option<()> {
        self.take(b'"')?;
        let start = self.at;
        let end = self.behind_string(|bytes| memchr(b'"', bytes))?;
        let text = self.input.pending().get(start..end)?;
        // No byte of these fields can be an escape, a control character or no UTF-8.
        let tuple = parse_fields(text).ok().filter(|tuple| tuple.encryption != Encryption::Unknown)?;
        if let Some(rows) = &mut self.batch.rows {
            rows.take(text);
        }
        self.batch.tuples.push(tuple);
        Some(())
    }

    /// Calls `member` at the value of each member of an object.
    fn members(&mut self, mut member: impl FnMut(&mut Self, Text) -> Option<()>) -> Option<()> {
        self.take(b'{')?;
        if self.blank()? == b'}' {
            return self.take(b'}');
        }
        loop {
            let key = self.string()?;
            self.blank()?;
            self.take(b':')?;
            self.blank()?;
            member(self, key)?;
            match self.blank()? {
                b',' => self.at += 1,
                _ => return self.take(b'}'),
            }
            self.blank()?;
        }
    }

    /// Calls `element` at each element of a list.
    fn elements(&mut self, mut element: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.take(b'[')?;
        if self.blank()? == b']' {
            return self.take(b']');
        }
        loop {
            element(self)?;
            match self.blank()? {
                b',' => self.at += 1,
                _ => return self.take(b']'),
            }
            self.blank()?;
        }
    }

    /// A key's place among `known` ones, in any case.
    fn known_key(&self, key: Text, known: &[&str]) -> Option<usize> {
        let key = self.bytes(key)?;
        known.iter().position(|known| key.eq_ignore_ascii_case(known.as_bytes()))
    }

    /// A string that says what tuples belong to, of at most `limit` bytes.
    fn context(&mut self, limit: usize) -> Option<Text> {
        let text = self.string()?;
        (text.end - text.start <= limit && !may_be_tuple(self.bytes(text)?)).then_some(text)
    }

    /// A value that says nothing of interest: a string, a whole number, a constant.
    fn scalar(&mut self) -> Option<()> {
        match self.byte()? {
            b'"' => {
                let text = self.string()?;
                (!may_be_tuple(self.bytes(text)?.trim_ascii_start())).then_some(())
            }
            b't' => self.word(b"true"),
            b'f' => self.word(b"false"),
            b'n' => self.word(b"null"),
            b'1'..=b'9' => {
                let start = self.at;
                while self.byte()?.is_ascii_digit() {
                    self.at += 1;
                }
                let is_whole = !matches!(self.byte()?, b'.' | b'e' | b'E');
                (is_whole && self.at - start <= MOST_DIGITS).then_some(())
            }
            _ => None,
        }
    }

    fn word(&mut self, word: &[u8]) -> Option<()> {
        word.iter().try_for_each(|&byte| self.take(byte))
    }

    /// A string without escapes.
    fn string(&mut self) -> Option<Text> {
        self.take(b'"')?;
        let start = self.at;
        let end = self.behind_string(|bytes| memchr2(b'"', b'\\', bytes))?;
        let text = Text { start, end };
        is_plain(self.bytes(text)?).then_some(text)
    }

    /// Moves behind the quotation mark that `find` finds. Where it stands.
    fn behind_string(&mut self, find: impl Fn(&[u8]) -> Option<usize>) -> Option<usize> {
        loop {
            let bytes = self.input.pending();
            let Some(found) = find(bytes.get(self.at..)?) else {
                self.at = bytes.len();
                if self.input.read_on() {
                    continue;
                }
                return None;
            };
            let end = self.at + found;
            self.at = end + 1;
            return (bytes.get(end) == Some(&b'"')).then_some(end);
        }
    }

    fn bytes(&self, text: Text) -> Option<&[u8]> {
        self.input.pending().get(text.start..text.end)
    }

    /// Passes over white space. The byte behind it.
    #[inline]
    fn blank(&mut self) -> Option<u8> {
        loop {
            match self.byte()? {
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    #[inline]
    fn take(&mut self, expected: u8) -> Option<()> {
        (self.byte()? == expected).then(|| self.at += 1)
    }

    #[inline]
    fn byte(&mut self) -> Option<u8> {
        loop {
            if let Some(&byte) = self.input.pending().get(self.at) {
                return Some(byte);
            }
            if !self.input.read_on() {
                return None;
            }
        }
    }
}

/// Text without control characters, which would have to be escaped.
fn is_plain(text: &[u8]) -> bool {
    // All of them are looked at, so that it is done many at once.
    let is_printable = text.iter().fold(true, |all, byte| all & (b' '..0x80).contains(byte));
    is_printable || (str::from_utf8(text).is_ok() && text.iter().all(|&byte| byte >= b' '))
}

fn may_be_tuple(text: &[u8]) -> bool {
    text.first().is_some_and(u8::is_ascii_digit) && str::from_utf8(text).is_ok_and(looks_like_tuple)
}

/// Fills `slot`; gives up if something is there already.
fn once<T>(slot: &mut Option<T>, value: T) -> Option<()> {
    let is_first = slot.is_none();
    is_first.then(|| *slot = Some(value))
}

#[cfg(test)]
mod tests;
