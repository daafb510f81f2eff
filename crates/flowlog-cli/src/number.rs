//! Numbers of which there must be one at least.

use std::num::NonZeroUsize;

/// Rows of a list.
///
/// # Errors
/// A sentence that says what is allowed.
pub fn rows(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "give a number of rows, 1 or more".to_owned())
}

/// Threads, or whatever is done side by side; without the option the program chooses.
///
/// # Errors
/// A sentence that says what is allowed.
pub fn at_once(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "give a number, 1 or more, or leave the option out".to_owned())
}
