//! What the command lines of both programs share: how a slip in them is answered.
//!
//! Nothing here knows an option of either program: each gives its definition and its own words.
#![forbid(unsafe_code)]

pub mod number;
mod parse;
mod spelling;

pub use parse::parse;
pub use spelling::Spellings;
