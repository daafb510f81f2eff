//! Text made fit to be shown: names from outside harmless to a terminal and no longer than anyone reads, and
//! numbers in the one form that all texts have.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Most characters of one message on standard error; a blob name has 1,024 at most.
pub const MESSAGE_CHARS: usize = 2_000;

/// `1234567` -> `1,234,567`.
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Bytes in binary units: `999 B`, `1.5 KiB`, `12.0 GiB`. Rounded down, so that nothing seems to have reached
/// a limit that it has not.
pub fn bytes(value: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if value < 1024 {
        return format!("{value} B");
    }
    let place = (value.ilog2() / 10).clamp(1, 6);
    // Tenths in whole numbers: no float is as exact.
    let tenths = (u128::from(value) * 10) >> (10 * place);
    let unit = UNITS.get(place as usize - 1).unwrap_or(&"EiB");
    format!("{}.{} {unit}", tenths / 10, tenths % 10)
}

/// Makes a name from a log or a file system harmless: control, bidirectional and invisible
/// characters become visible escapes such as `\u{1b}`. With `ascii`, so does all that is not ASCII.
pub fn escape(text: &str, ascii: bool) -> Cow<'_, str> {
    let harmful = |char: char| is_harmful(char) || (ascii && !char.is_ascii());
    if !text.contains(harmful) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for char in text.chars() {
        match char {
            '\n' => safe.push_str("\\n"),
            '\r' => safe.push_str("\\r"),
            '\t' => safe.push_str("\\t"),
            _ if harmful(char) => {
                let _ = write!(safe, "{}", char.escape_unicode());
            }
            _ => safe.push(char),
        }
    }
    Cow::Owned(safe)
}

/// One message for standard error: cut to [`MESSAGE_CHARS`] characters, its middle left out, and escaped.
///
/// Cut first, so that a text of any length costs no more than what is kept.
pub fn message(text: &str) -> Cow<'_, str> {
    match middle_cut(text, MESSAGE_CHARS) {
        Cow::Borrowed(text) => escape(text, false),
        Cow::Owned(text) => Cow::Owned(escape(&text, false).into_owned()),
    }
}

/// Leaves out the middle of a text of more than `limit` characters and says how many bytes went.
fn middle_cut(text: &str, limit: usize) -> Cow<'_, str> {
    // No character takes less than a byte.
    if text.len() <= limit || text.chars().nth(limit).is_none() {
        return Cow::Borrowed(text);
    }
    let half = limit / 2;
    let head: String = text.chars().take(half).collect();
    let mut tail: Vec<char> = text.chars().rev().take(half).collect();
    tail.reverse();
    let tail: String = tail.into_iter().collect();
    let cut = text.len() - head.len() - tail.len();
    Cow::Owned(format!("{head} [... {cut} bytes ...] {tail}"))
}

/// Control characters, and those that hide or reorder the text around them.
fn is_harmful(char: char) -> bool {
    char.is_control()
        || matches!(char,
            '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{3164}' | '\u{ffa0}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well_at_their_edges() {
        let counts = [(0, "0"), (999, "999"), (1000, "1,000"), (u64::MAX, "18,446,744,073,709,551,615")];
        for (value, text) in counts {
            assert_eq!(count(value), text);
        }
        let sizes = [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1536, "1.5 KiB"),
            (1024 * 1024 - 1, "1023.9 KiB"),
            (200_000_000, "190.7 MiB"),
            (5 << 30, "5.0 GiB"),
            (u64::MAX, "15.9 EiB"),
        ];
        for (value, text) in sizes {
            assert_eq!(bytes(value), text);
        }
    }

    #[test]
    fn hostile_names_become_visible() {
        assert_eq!(escape("web-nsg", false), "web-nsg");
        assert_eq!(escape("C:\\logs\\é", false), "C:\\logs\\é");
        assert_eq!(escape("\u{1b}[31mred\u{7}", false), "\\u{1b}[31mred\\u{7}");
        assert_eq!(escape("a\u{202e}b\u{200b}\nc\u{9b}", false), "a\\u{202e}b\\u{200b}\\nc\\u{9b}");
        assert_eq!(escape("é", true), "\\u{e9}");
    }

    #[test]
    fn long_messages_lose_their_middle_and_say_how_much() {
        let long = format!("begin{}end\u{1b}", "é".repeat(5_000_000));
        let shown = message(&long);
        assert!(shown.starts_with("beginé") && shown.ends_with("éend\\u{1b}"), "{shown}");
        assert!(shown.contains(&format!(" [... {} bytes ...] ", long.len() - 2 * MESSAGE_CHARS + 5 + 4)));
        assert!(shown.chars().count() < MESSAGE_CHARS + 50);
        let just = "é".repeat(MESSAGE_CHARS);
        assert_eq!(message(&just), just);
        assert_eq!(message(&"\u{7}".repeat(MESSAGE_CHARS + 1)).matches("\\u{7}").count(), MESSAGE_CHARS);
    }
}
