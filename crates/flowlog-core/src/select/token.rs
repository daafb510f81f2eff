//! A filter's text in words and signs.

use super::FilterError;
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
    End,
}

/// Where it stands in the text, in bytes; of a quoted word without its marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

const SIGNS: [(&str, Kind); 18] = [
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
    // Alone they are nothing.
    ("&", Kind::End),
    ("|", Kind::End),
    (";", Kind::End),
];

/// Words of the language.
const WORDS: &[(&str, Kind)] = &[("and", Kind::And), ("or", Kind::Or), ("not", Kind::Not), ("in", Kind::In)];

/// All words and signs, and the text's end.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, FilterError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some((next, rest)) = next(text, at)? {
        tokens.push(next);
        at = rest;
    }
    tokens.push(Token { kind: Kind::End, start: text.len(), end: text.len() });
    Ok(tokens)
}

/// The word or sign at or behind byte `at`, and where it ends with its quotation marks.
fn next(text: &str, at: usize) -> Result<Option<(Token, usize)>, FilterError> {
    let rest = text.get(at..).unwrap_or_default();
    let trimmed = rest.trim_start();
    let start = at + (rest.len() - trimmed.len());
    let Some(first) = trimmed.chars().next() else { return Ok(None) };
    if let Some((sign, kind)) = SIGNS.iter().find(|(sign, _)| trimmed.starts_with(sign)) {
        let end = start + sign.len();
        if *kind == Kind::End {
            return Err(FilterError::new(text, start, end, "&& for and, || for or"));
        }
        return Ok(Some((Token { kind: *kind, start, end }, end)));
    }
    if matches!(first, '"' | '\'') {
        let inside = trimmed.get(1..).unwrap_or_default();
        let Some(length) = inside.find(first) else {
            return Err(FilterError::new(text, start, text.len(), "a closing quotation mark"));
        };
        let (start, end) = (start + 1, start + 1 + length);
        return Ok(Some((Token { kind: Kind::Quoted, start, end }, end + 1)));
    }
    let is_end = |char: char| char.is_whitespace() || "()[],!=<>&|;\"'".contains(char);
    let length = trimmed.find(is_end).unwrap_or(trimmed.len());
    let end = start + length;
    let word = text.get(start..end).unwrap_or_default();
    let kind = super::field::find(WORDS, word).unwrap_or(Kind::Word);
    Ok(Some((Token { kind, start, end }, end)))
}
