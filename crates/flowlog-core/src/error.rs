//! What can be wrong with an input as a whole, and where.

use std::fmt;

/// Why an input could not be read whole, or is no flow log. Tuples decoded before stay counted.
#[derive(Debug)]
pub struct InputError {
    /// What is wrong.
    pub kind: InputErrorKind,
    /// Byte offset in the (decompressed) input.
    pub offset: u64,
}

/// The kinds of [`InputError`].
#[derive(Debug)]
#[non_exhaustive]
pub enum InputErrorKind {
    /// The input has no content but white space.
    Empty,
    /// The content is a table, and its columns are not those of a row.
    Columns(Vec<String>),
    /// A record that is wrapped in the object that begins here breaks off.
    CutInside,
    /// The content is no JSON; the text says what it looks like.
    NotJson(&'static str),
    /// Valid JSON without a single flow-log record; what its first object is instead.
    NotFlowLog(Stranger),
    /// So many objects among flow-log records are none; what the first of them is.
    OtherObjects(u64, Stranger),
    /// So many values stand where a flow log has something else; what is wrong with the first.
    Shape(u64, &'static str),
    /// None of the so many tuples could be read; what is wrong with the first.
    AllMalformed(u64, &'static str),
    /// The content ends before its JSON does.
    Truncated,
    /// A record is no valid JSON from here on; the rest of this record was skipped. The parser's words.
    BadJson(String),
    /// The record that begins here breaks off, and another one follows.
    CutRecord,
    /// A byte that no flow log has between its records; what follows up to the next record was skipped.
    Unexpected(u8),
    /// One record is larger than the decoder accepts ([`crate::record::MAX_RECORD_BYTES`]).
    RecordTooLarge,
    /// The operating system, or the decompressor, reported an error.
    Io(std::io::Error),
}

/// What an object is that is no flow-log record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stranger {
    /// Its category, if it names one.
    pub category: Option<String>,
    /// The key that makes a record a flow log and is not there, if everything else looks like one.
    pub missing: Option<&'static str>,
    /// Names of its first fields, if it could have been a row.
    pub keys: Vec<String>,
}

/// What a row needs, for who has one that is not understood.
const ROW: &str = "a row of one tuple has a time, source, destination, their ports, protocol, direction, and state or decision";

/// Names as a list in a sentence.
fn listed(keys: &[String]) -> String {
    keys.iter().map(|key| key.escape_debug().to_string()).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Stranger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LONGEST: usize = 80;
        match (&self.category, self.missing) {
            (None, None) if !self.keys.is_empty() => {
                write!(f, "no flow-log record, its keys are {}", listed(&self.keys))
            }
            (None, None) => f.write_str("no flow-log record"),
            (None, Some(missing)) => write!(f, "without {missing}"),
            (Some(category), missing) => {
                let short: String = category.chars().take(LONGEST).collect();
                let more = if short.len() < category.len() { "..." } else { "" };
                write!(f, "of category {}{more}", short.escape_debug())?;
                missing.map_or(Ok(()), |missing| write!(f, " without {missing}"))
            }
        }
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.offset;
        match &self.kind {
            InputErrorKind::Empty => f.write_str("empty: no flow log in it"),
            InputErrorKind::NotJson(looks_like) => write!(f, "no flow log: {looks_like}"),
            InputErrorKind::Columns(columns) => {
                write!(f, "no flow log: a table with the columns {}; {ROW}", listed(columns))
            }
            InputErrorKind::CutInside => {
                write!(f, "a record in the object at byte {at} breaks off (cut by who passed it on?)")
            }
            InputErrorKind::NotFlowLog(Stranger { category: None, missing: None, keys })
                if !keys.is_empty() =>
            {
                write!(f, "no flow log: JSON without flow-log records, its keys are {}; {ROW}", listed(keys))
            }
            InputErrorKind::NotFlowLog(Stranger { category: None, missing: None, .. }) => {
                f.write_str("no flow log: JSON without flow-log records")
            }
            InputErrorKind::NotFlowLog(first) => write!(f, "no flow log: its records are {first}"),
            InputErrorKind::OtherObjects(objects, first) => write!(
                f,
                "{objects} of its objects {}; the first, at byte {at}, is {first}",
                if *objects == 1 { "is no flow-log record" } else { "are no flow-log records" }
            ),
            InputErrorKind::Shape(values, reason) => write!(
                f,
                "{values} {} in a shape that no flow log has; the first, at byte {at}: {reason} (PowerShell's \
                 ConvertTo-Json keeps it with -Depth 100)",
                if *values == 1 { "value is" } else { "values are" }
            ),
            InputErrorKind::AllMalformed(1, reason) => {
                write!(f, "its only tuple, at byte {at}, could not be read: {reason}")
            }
            InputErrorKind::AllMalformed(tuples, reason) => {
                write!(f, "none of its {tuples} tuples could be read; the first, at byte {at}: {reason}")
            }
            InputErrorKind::Truncated => write!(
                f,
                "truncated: ends at byte {at} inside its JSON (cut while copying, or still being written); what stood before is counted"
            ),
            InputErrorKind::BadJson(words) => {
                write!(f, "invalid JSON at byte {at}: {words}; the rest of this record was skipped")
            }
            InputErrorKind::Unexpected(byte) => {
                write!(f, "unexpected {:?} at byte {at} between records", char::from(*byte))
            }
            InputErrorKind::CutRecord => {
                write!(f, "the record at byte {at} breaks off where another one begins (cut while copying?)")
            }
            InputErrorKind::RecordTooLarge => {
                write!(f, "the record at byte {at} is larger than 256 MiB; reading stopped there")
            }
            InputErrorKind::Io(error) if at == 0 => write!(f, "cannot be read: {error}"),
            InputErrorKind::Io(error) => write!(f, "cannot be read at byte {at}: {error}"),
        }
    }
}

impl std::error::Error for InputError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            InputErrorKind::Io(error) => Some(error),
            _ => None,
        }
    }
}
