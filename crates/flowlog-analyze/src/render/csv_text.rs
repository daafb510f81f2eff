//! Text in CSV cells, and what parts them.

use std::borrow::Cow;
use std::io::{self, Write};

/// How a CSV file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CsvStyle {
    /// Between cells: `,`, `;` or a tab.
    pub delimiter: u8,
    /// Begin with a byte-order mark: without one, Excel takes UTF-8 for the code page of the machine.
    pub bom: bool,
}

impl Default for CsvStyle {
    fn default() -> Self {
        Self { delimiter: b',', bom: false }
    }
}

impl CsvStyle {
    /// What a file begins with.
    pub(super) fn mark(self) -> &'static str {
        if self.bom { "\u{feff}" } else { "" }
    }

    /// The first line of a file.
    pub(super) fn header(self, columns: &[&str]) -> String {
        let delimiter = char::from(self.delimiter).to_string();
        format!("{}{}\n", self.mark(), columns.join(&delimiter))
    }

    /// Writes records that follow a header, or come without one.
    pub(super) fn rows<W: Write>(self, out: W) -> csv::Writer<W> {
        csv::WriterBuilder::new().has_headers(false).delimiter(self.delimiter).from_writer(out)
    }

    /// Writes a file whose first record, or whose records' names, are its header.
    pub(super) fn file<W: Write>(self, mut out: W) -> io::Result<csv::Writer<W>> {
        out.write_all(self.mark().as_bytes())?;
        Ok(csv::WriterBuilder::new().delimiter(self.delimiter).from_writer(out))
    }
}

/// Keeps spreadsheets from taking a name for a formula: a cell that begins with `=`, `+`, `-`, `@`,
/// tab or carriage return gets a leading apostrophe, which they read as "this is text"
/// (OWASP, "CSV Injection"). A lone `-` (standard input) is no formula.
pub(super) fn guard(text: &str) -> Cow<'_, str> {
    match text.as_bytes().first() {
        _ if text == "-" => Cow::Borrowed(text),
        Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r') => Cow::Owned(format!("'{text}")),
        _ => Cow::Borrowed(text),
    }
}

/// Appends `text` as one field (RFC 4180): guarded, and quoted where it must be.
pub(super) fn push_field(line: &mut Vec<u8>, text: &str, delimiter: u8) {
    let text = guard(text);
    // Without a way out in the middle, many bytes are looked at at once.
    let is_odd = |byte: u8| matches!(byte, b'"' | b'\n' | b'\r') || byte == delimiter;
    if !text.bytes().fold(false, |odd, byte| odd | is_odd(byte)) {
        return line.extend_from_slice(text.as_bytes());
    }
    line.push(b'"');
    for (place, part) in text.split('"').enumerate() {
        if place > 0 {
            line.extend_from_slice(b"\"\"");
        }
        line.extend_from_slice(part.as_bytes());
    }
    line.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_text_and_the_rest_stays() {
        for formula in ["=cmd()", "+1", "-1", "@SUM", "\t=1", "\r=1"] {
            assert_eq!(guard(formula), format!("'{formula}"));
        }
        for text in ["", "-", "web-nsg", "::1", "a=b"] {
            assert_eq!(guard(text), text);
        }
    }

    #[test]
    fn fields_are_quoted_only_where_they_must_be() {
        let field = |text| {
            let mut line = Vec::new();
            push_field(&mut line, text, b',');
            String::from_utf8(line).unwrap()
        };
        let mut line = Vec::new();
        for text in ["a,b", "a;b"] {
            push_field(&mut line, text, b';');
            line.push(b' ');
        }
        assert_eq!(line, b"a,b \"a;b\" ");
        assert_eq!(field("plain"), "plain");
        assert_eq!(field("a,b"), "\"a,b\"");
        assert_eq!(field("say \"hi\""), "\"say \"\"hi\"\"\"");
        assert_eq!(field("=1,\n"), "\"'=1,\n\"");
    }
}
