//! Whether a file's JSON ends as JSON does.

use std::{io, path::Path};

use crate::digest::each_piece;

/// Whether every bracket of a JSON file is closed; files of other kinds have none.
pub(super) fn is_closed(path: &Path, name: &str) -> io::Result<bool> {
    if !name.to_ascii_lowercase().ends_with(".json") {
        return Ok(true);
    }
    let mut brackets = Brackets::default();
    each_piece(path, |bytes| brackets.advance(bytes))?;
    Ok(brackets.depth == 0 && !brackets.in_text)
}

/// Counts brackets outside of texts. Whether the rest is JSON is the analyser's business.
#[derive(Default)]
struct Brackets {
    depth: i64,
    in_text: bool,
    escaped: bool,
}

impl Brackets {
    fn advance(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match (self.in_text, byte) {
                _ if self.escaped => self.escaped = false,
                (true, b'\\') => self.escaped = true,
                (_, b'"') => self.in_text = !self.in_text,
                (false, b'{' | b'[') => self.depth += 1,
                (false, b'}' | b']') => self.depth -= 1,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn an_open_end_is_seen_and_white_space_is_none() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("f");
        for (text, closed) in [
            ("{\"records\":[]}", true),
            ("{\"records\":[]}\r\n  ", true),
            ("{\"records\":[{}", false),
            ("{\"a\":\"]}\\\"", false),
            ("{\"a\":[1,", false),
            ("", true),
        ] {
            fs::write(&path, text).expect("written");
            assert_eq!(is_closed(&path, "x/PT1H.json").expect("readable"), closed, "{text}");
        }
        fs::write(&path, "binary").expect("written");
        assert!(is_closed(&path, "x/PT1H.json.gz").expect("readable"));
    }
}
