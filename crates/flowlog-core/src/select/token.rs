//! A filter's text in words and signs.

use super::field::Compare;

/// A word or a sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Open,
    Close,
    OpenList,
    CloseList,
    Comma,
    And,
    Or,
    Not,
    In,
    Compare(Compare),
    Word,
    /// A word in quotation marks, which is never a word of the language.
    Quoted,
    /// No word and no sign; this is expected in its place.
    Wrong(&'static str),
    End,
}

/// Where it stands in the text, in bytes; a quoted word with its marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

const SIGNS: [(&str, Kind); 17] = [
    ("&&", Kind::And),
    ("||", Kind::Or),
    ("!=", Kind::Compare(Compare::NotEqual)),
    ("==", Kind::Compare(Compare::Equal)),
    ("<=", Kind::Compare(Compare::LessOrEqual)),
    (">=", Kind::Compare(Compare::GreaterOrEqual)),
    ("=", Kind::Compare(Compare::Equal)),
    ("<", Kind::Compare(Compare::Less)),
    (">", Kind::Compare(Compare::Greater)),
    ("!", Kind::Not),
    ("(", Kind::Open),
    (")", Kind::Close),
    ("[", Kind::OpenList),
    ("]", Kind::CloseList),
    (",", Kind::Comma),
    ("&", Kind::Wrong("&& (and)")),
    ("|", Kind::Wrong("|| (or)")),
];

/// Words of the language.
const WORDS: &[(&str, Kind)] = &[("and", Kind::And), ("or", Kind::Or), ("not", Kind::Not), ("in", Kind::In)];

/// All words and signs, and the text's end.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(token) = next(text, at) {
        at = token.end;
        tokens.push(token);
    }
    tokens.push(Token { kind: Kind::End, start: text.len(), end: text.len() });
    tokens
}

/// The word or sign at or behind byte `at`.
fn next(text: &str, at: usize) -> Option<Token> {
    let rest = text.get(at..).unwrap_or_default();
    let trimmed = rest.trim_start();
    let start = at + (rest.len() - trimmed.len());
    let first = trimmed.chars().next()?;
    if let Some((sign, kind)) = SIGNS.iter().find(|(sign, _)| trimmed.starts_with(sign)) {
        let end = start + sign.len();
        return Some(Token { kind: *kind, start, end });
    }
    if matches!(first, '"' | '\'') {
        let inside = trimmed.get(1..).unwrap_or_default();
        let Some(length) = inside.find(first) else {
            let kind = Kind::Wrong("a closing quotation mark");
            return Some(Token { kind, start, end: text.len() });
        };
        let end = start + length + 2;
        return Some(Token { kind: Kind::Quoted, start, end });
    }
    let is_end = |char: char| char.is_whitespace() || "()[],!=<>&|\"'".contains(char);
    let length = trimmed.find(is_end).unwrap_or(trimmed.len());
    let end = start + length;
    let word = text.get(start..end).unwrap_or_default();
    let kind = super::value::find(WORDS, word).unwrap_or(Kind::Word);
    Some(Token { kind, start, end })
}
