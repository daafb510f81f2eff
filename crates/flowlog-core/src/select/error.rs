//! What is wrong with a filter's text.

use crate::text::escape;

/// Characters of what was found that are shown.
const SHOWN: usize = 40;

/// A text that is no filter: where, what stands there, and what could.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: expected {expected}, found {found}")]
pub struct FilterError {
    column: usize,
    width: usize,
    expected: String,
    found: String,
}

impl FilterError {
    /// At the bytes from `start` to `end` of `text`.
    pub(super) fn new(text: &str, start: usize, end: usize, expected: impl Into<String>) -> Self {
        let chars = |from: usize, to: usize| text.get(from..to).unwrap_or_default().chars();
        let found = match chars(start, end).count() {
            0 => "the end".to_owned(),
            1..=SHOWN => format!("\"{}\"", escape(text.get(start..end).unwrap_or_default(), false)),
            _ => format!("\"{}...\"", escape(&chars(start, end).take(SHOWN).collect::<String>(), false)),
        };
        let column = chars(0, start).count() + 1;
        Self { column, width: chars(start, end).count().max(1), expected: expected.into(), found }
    }

    /// Where it is wrong, in characters from 1.
    pub fn column(&self) -> usize {
        self.column
    }

    /// Characters that are wrong; at least 1, also at the end of the text.
    pub fn width(&self) -> usize {
        self.width
    }

    /// What could stand there.
    pub fn expected(&self) -> &str {
        &self.expected
    }
}

/// A value that is none of its field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {0}")]
pub struct ValueError(pub(super) &'static str);
