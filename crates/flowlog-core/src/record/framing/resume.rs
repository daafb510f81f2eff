//! Where does the next record begin, when the one before breaks off?
//!
//! A record that was cut has lost its closing brackets: by brackets alone, everything behind it would be part
//! of it. What follows is recognised by what records begin with: a brace and one of the keys below. Inside a
//! record no object begins with one of them, and inside a string no quotation mark stands without a backslash.

use memchr::{memchr, memchr_iter};

/// First keys of records and of documents, whatever the order in which they were written.
const FIRST_KEYS: [&[u8]; 13] = [
    b"records",
    b"time",
    b"macAddress",
    b"category",
    b"systemId",
    b"resourceId",
    b"targetResourceID",
    b"flowLogGUID",
    b"flowLogResourceID",
    b"flowLogVersion",
    b"operationName",
    b"flowRecords",
    b"properties",
];
/// White space between a brace and its key is no longer than this: an indented line.
const LONGEST_BLANK: usize = 64;
const LONGEST_KEY: usize = 17;

/// What a look for a record finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// A record, or a document of records, begins at this index.
    Record { at: usize, is_document: bool },
    /// None begins before this index; from there on, more bytes are needed to tell.
    NotBefore(usize),
}

/// Looks for the first record that begins at or behind `from`.
pub(super) fn next_record(bytes: &[u8], from: usize) -> Next {
    for at in memchr_iter(b'{', bytes.get(from..).unwrap_or_default()).map(|found| from + found) {
        match first_key(bytes.get(at + 1..).unwrap_or_default()) {
            Key::Known { is_document } => return Next::Record { at, is_document },
            Key::Unknown => {}
            Key::Cut => return Next::NotBefore(at),
        }
    }
    Next::NotBefore(bytes.len())
}

enum Key {
    Known {
        is_document: bool,
    },
    Unknown,
    /// The bytes end inside it.
    Cut,
}

fn first_key(bytes: &[u8]) -> Key {
    let window = bytes.get(..LONGEST_BLANK).unwrap_or(bytes);
    let Some(start) = window.iter().position(|byte| !byte.is_ascii_whitespace()) else {
        return if window.len() < LONGEST_BLANK { Key::Cut } else { Key::Unknown };
    };
    if bytes.get(start) != Some(&b'"') {
        return Key::Unknown;
    }
    let rest = bytes.get(start + 1..).unwrap_or_default();
    let window = rest.get(..=LONGEST_KEY).unwrap_or(rest);
    let Some(length) = memchr(b'"', window) else {
        return if window.len() <= LONGEST_KEY { Key::Cut } else { Key::Unknown };
    };
    let key = window.get(..length).unwrap_or_default();
    match FIRST_KEYS.iter().position(|known| known.eq_ignore_ascii_case(key)) {
        Some(place) => Key::Known { is_document: place == 0 },
        None => Key::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_known_by_their_first_key() {
        let record = |at| Next::Record { at, is_document: false };
        let document = |at| Next::Record { at, is_document: true };
        for (text, expected) in [
            (r#"{"time":1}"#, record(0)),
            (r#"...{"rule":"r"},{"macAddress":"#, record(16)),
            ("x{\n    \"Records\": [", document(1)),
            (r#"{"flowTuples":[{"aclID":"a"#, Next::NotBefore(26)),
            (r#"{"flowLogResourceID":""#, record(0)),
            (r#"..{"flowLogReso"#, Next::NotBefore(2)),
            (r"..{  ", Next::NotBefore(2)),
            (r"..{", Next::NotBefore(2)),
            (r#"..{"a key that is too long to be one of ours"#, Next::NotBefore(44)),
            (r#""{\"time\":1}""#, Next::NotBefore(14)),
            ("", Next::NotBefore(0)),
        ] {
            assert_eq!(next_record(text.as_bytes(), 0), expected, "{text}");
        }
        assert_eq!(next_record(br#"{"time":1}{"time":2}"#, 1), record(10));
    }
}
