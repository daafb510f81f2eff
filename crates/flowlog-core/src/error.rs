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
    /// The content is no JSON; the text says what it looks like.
    NotJson(&'static str),
    /// Valid JSON without a single flow-log record; the category of the first record, if it names one.
    NotFlowLog(Option<String>),
    /// The content ends before its JSON does.
    Truncated,
    /// A record is no valid JSON from here on; the rest of this record was skipped. The parser's words.
    BadJson(String),
    /// A byte that no flow log has between its records; reading stopped here.
    Unexpected(u8),
    /// One record is larger than the decoder accepts ([`crate::record::MAX_RECORD_BYTES`]).
    RecordTooLarge,
    /// The operating system, or the decompressor, reported an error.
    Io(std::io::Error),
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.offset;
        match &self.kind {
            InputErrorKind::Empty => f.write_str("empty: no flow log in it"),
            InputErrorKind::NotJson(looks_like) => write!(f, "no flow log: {looks_like}"),
            InputErrorKind::NotFlowLog(Some(category)) => {
                write!(f, "no flow log: its records are of category {}", category.escape_debug())
            }
            InputErrorKind::NotFlowLog(None) => f.write_str("no flow log: JSON without flow-log records"),
            InputErrorKind::Truncated => write!(
                f,
                "truncated: ends at byte {at} inside its JSON (cut while copying, or still being written); what stood before is counted"
            ),
            InputErrorKind::BadJson(words) => {
                write!(f, "invalid JSON at byte {at}: {words}; the rest of this record was skipped")
            }
            InputErrorKind::Unexpected(byte) => write!(
                f,
                "unexpected {:?} at byte {at} between records; reading stopped there",
                char::from(*byte)
            ),
            InputErrorKind::RecordTooLarge => {
                write!(f, "the record at byte {at} is larger than 256 MiB; reading stopped there")
            }
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
