//! The text of a flow log -> the same text with other strings in it.
//!
//! Everything but strings is copied as it stands: brackets, commas, white space, so that what is broken
//! stays broken in the same place. A string is replaced by what its key says ([`Kind`]). No record is put
//! together: records alone, one a line, in an array or in a blob are all the same. What is held is one string, of
//! [`LONGEST_STRING`] at most, and a read-ahead.
//!
//! Where the text is no JSON, what follows is left out up to what looks like the next record, since nobody
//! knows what it says. Numbers stay where flow logs have them, and are 0 elsewhere; keys that no flow log has
//! are replaced like texts.

mod feed;

use std::io::{self, Read, Write};

use super::Anonymizer;
use super::text::Kind;
use feed::Feed;

/// The longest string, in bytes; anything longer is no flow log's.
const LONGEST_STRING: usize = 1 << 20;
/// Brackets in brackets; flow logs have eight.
const DEEPEST: usize = 128;
/// The longest number that is copied.
const LONGEST_NUMBER: usize = 32;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// What a record or a document of records may begin with.
const FIRST_KEYS: [&str; 13] = [
    "records",
    "time",
    "macAddress",
    "category",
    "systemId",
    "resourceId",
    "targetResourceID",
    "flowLogGUID",
    "flowLogResourceID",
    "flowLogVersion",
    "operationName",
    "flowRecords",
    "properties",
];

/// What was met in one input.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Rewritten {
    /// A list of records or of tuples was there: it is a flow log.
    pub is_flow_log: bool,
    /// Tuples written.
    pub tuples: u64,
    /// Keys, and texts that are not known to be harmless, in places where no flow log has any; replaced.
    pub unknown: u64,
    /// Bytes that were left out since they are no JSON.
    pub left_out: u64,
    /// Offset of the first of them.
    pub first_left_out: Option<u64>,
    /// Why the input could not be read to its end.
    pub failure: Option<io::Error>,
}

impl Anonymizer {
    /// Copies `input` to `output` with all that tells whose network it is replaced. An input that cannot be read to
    /// its end is copied as far as it goes ([`Rewritten::failure`]).
    ///
    /// # Errors
    /// Those of `output`.
    pub fn rewrite(&mut self, input: impl Read, output: &mut impl Write) -> io::Result<Rewritten> {
        let mut rewriter = Rewriter {
            feed: Feed::new(input),
            output,
            anonymizer: self,
            open: Vec::new(),
            key: Key::None,
            met: Rewritten::default(),
        };
        rewriter.run()?;
        let mut met = rewriter.met;
        met.failure = rewriter.feed.take_failure();
        Ok(met)
    }
}

/// What is known of the key in front of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    /// There is none: an element of a list outside of any.
    None,
    /// Of a list or an object of flow logs.
    Inner,
    /// Of a text.
    Text(Kind),
    /// No flow log has it.
    Unknown,
}

impl Key {
    fn of(name: &str) -> Self {
        match name.to_ascii_lowercase().as_str() {
            "records" | "flowrecords" | "flows" | "flowgroups" | "properties" => Self::Inner,
            "time" => Self::Text(Kind::Time),
            "category" | "operationname" => Self::Text(Kind::Category),
            "flowlogversion" | "version" => Self::Text(Kind::Version),
            "macaddress" | "mac" | "flowlogguid" | "systemid" | "flowlogresourceid" | "targetresourceid"
            | "resourceid" | "aclid" => Self::Text(Kind::Id),
            "rule" => Self::Text(Kind::Rule),
            "flowtuples" => Self::Text(Kind::Tuple),
            _ => Self::Unknown,
        }
    }

    /// What a text behind it is.
    fn kind(self) -> Kind {
        match self {
            Self::Text(kind) => kind,
            Self::None | Self::Inner | Self::Unknown => Kind::Unknown,
        }
    }
}

struct Rewriter<'a, R, W> {
    feed: Feed<R>,
    output: &'a mut W,
    anonymizer: &'a mut Anonymizer,
    /// Brackets that are open: true for an object, and the key that a list stands behind.
    open: Vec<(bool, Key)>,
    /// The key behind which a value follows, in an object.
    key: Key,
    met: Rewritten,
}

impl<R: Read, W: Write> Rewriter<'_, R, W> {
    fn run(&mut self) -> io::Result<()> {
        if self.feed.ahead(BYTE_ORDER_MARK.len()).starts_with(BYTE_ORDER_MARK) {
            self.copy(BYTE_ORDER_MARK.len())?;
        }
        while let Some(&byte) = self.feed.ahead(1).first() {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' | b',' | b':' => self.copy(1)?,
                b'{' | b'[' if self.open.len() < DEEPEST => {
                    let key = self.current();
                    self.open.push((byte == b'{', key));
                    self.key = Key::None;
                    self.copy(1)?;
                }
                b'}' | b']' => {
                    self.open.pop();
                    self.copy(1)?;
                }
                b'"' => self.string()?,
                b'-' | b'0'..=b'9' => self.number()?,
                b't' | b'f' | b'n' => self.word()?,
                _ => self.skip(),
            }
        }
        Ok(())
    }

    /// The key that says what the next value is.
    fn current(&self) -> Key {
        match self.open.last() {
            Some((true, _)) => self.key,
            Some((false, key)) => *key,
            None => Key::None,
        }
    }

    fn copy(&mut self, length: usize) -> io::Result<()> {
        let bytes = self.feed.ahead(length);
        let length = length.min(bytes.len());
        self.output.write_all(bytes.get(..length).unwrap_or_default())?;
        self.feed.advance(length);
        Ok(())
    }

    fn number(&mut self) -> io::Result<()> {
        let ahead = self.feed.ahead(LONGEST_NUMBER + 1);
        let digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        let length = ahead.iter().take_while(|byte| digit(byte)).count();
        let number = ahead.get(..length).and_then(|number| std::str::from_utf8(number).ok());
        let is_number = number.is_some_and(|number| number.parse::<f64>().is_ok());
        if length > LONGEST_NUMBER || !is_number || !ends_value(ahead.get(length)) {
            self.skip();
            return Ok(());
        }
        if matches!(self.current(), Key::Text(Kind::Version | Kind::Time)) {
            return self.copy(length);
        }
        self.met.unknown += 1;
        self.output.write_all(b"0")?;
        self.feed.advance(length);
        Ok(())
    }

    fn word(&mut self) -> io::Result<()> {
        let ahead = self.feed.ahead(6);
        let word = ["true", "false", "null"].into_iter().find(|word| ahead.starts_with(word.as_bytes()));
        let length = word.map(str::len).filter(|&length| ends_value(ahead.get(length)));
        if let Some(length) = length {
            return self.copy(length);
        }
        self.skip();
        Ok(())
    }

    fn string(&mut self) -> io::Result<()> {
        let length = self.feed.string_length(LONGEST_STRING);
        let next = length.and_then(|length| self.feed.after_blank(length));
        let is_key = next == Some(b':');
        let Some(length) = length.filter(|_| is_key || ends_value(next.as_ref())) else {
            // Its beginning stays, so that the record breaks off where it did.
            self.copy(1)?;
            self.skip();
            return Ok(());
        };
        let current = self.current();
        let raw = self.feed.ahead(length);
        let raw = raw.get(..length).unwrap_or_default();
        let decoded = decode(raw);
        let mapped = if is_key {
            self.key = Key::of(&decoded);
            self.met.is_flow_log |=
                self.key == Key::Text(Kind::Tuple) || decoded.eq_ignore_ascii_case("records");
            if self.key == Key::Unknown {
                self.anonymizer.text(Kind::Unknown, &decoded)
            } else {
                decoded.as_ref().into()
            }
        } else {
            let kind = current.kind();
            self.met.tuples += u64::from(kind == Kind::Tuple);
            self.anonymizer.text(kind, &decoded)
        };
        if mapped == decoded {
            self.output.write_all(raw)?;
        } else {
            let odd = is_key
                || matches!(current.kind(), Kind::Unknown | Kind::Time | Kind::Category | Kind::Version);
            self.met.unknown += u64::from(odd);
            serde_json::to_writer(&mut self.output, mapped.as_ref())?;
        }
        self.feed.advance(length);
        Ok(())
    }

    /// Leaves out what follows up to what looks like a record. Brackets that are open count no more: the keys of the
    /// record say what it holds.
    fn skip(&mut self) {
        let start = self.feed.offset();
        while self.feed.seek_brace() && !self.begins_record() {
            self.feed.advance(1);
        }
        self.open.clear();
        self.key = Key::None;
        self.met.left_out += self.feed.offset() - start;
        self.met.first_left_out.get_or_insert(start);
    }

    /// Whether a brace stands here with a key behind it that records begin with.
    fn begins_record(&mut self) -> bool {
        let ahead = self.feed.ahead(1 + 64 + 20);
        let inner = ahead.get(1..).unwrap_or_default().trim_ascii_start();
        let Some(rest) = inner.strip_prefix(b"\"") else { return false };
        FIRST_KEYS.iter().any(|key| {
            let (name, behind) = rest.split_at_checked(key.len()).unwrap_or_default();
            name.eq_ignore_ascii_case(key.as_bytes()) && behind.first() == Some(&b'"')
        })
    }
}

/// Whether a value may end in front of this byte.
fn ends_value(next: Option<&u8>) -> bool {
    matches!(next, None | Some(b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n'))
}

/// The text of a string with its quotation marks. What is no text is read as well as it can be.
fn decode(raw: &[u8]) -> std::borrow::Cow<'_, str> {
    let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
    if memchr::memchr(b'\\', inner).is_some()
        && let Ok(text) = serde_json::from_slice::<String>(raw)
    {
        return text.into();
    }
    String::from_utf8_lossy(inner)
}

#[cfg(test)]
mod tests;
