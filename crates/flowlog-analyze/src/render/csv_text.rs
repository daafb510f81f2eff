//! Text in CSV cells.

use std::borrow::Cow;

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
pub(super) fn push_field(line: &mut Vec<u8>, text: &str) {
    let text = guard(text);
    if !text.contains(['"', ',', '\n', '\r']) {
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
            push_field(&mut line, text);
            String::from_utf8(line).unwrap()
        };
        assert_eq!(field("plain"), "plain");
        assert_eq!(field("a,b"), "\"a,b\"");
        assert_eq!(field("say \"hi\""), "\"say \"\"hi\"\"\"");
        assert_eq!(field("=1,\n"), "\"'=1,\n\"");
    }
}
