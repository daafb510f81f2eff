//! What the command lines of both programs share: the shape of their help, and how a slip is answered.
//!
//! Nothing here knows an option of either program: each gives its definition and its own words.
#![forbid(unsafe_code)]

mod help;
pub mod number;
mod parse;
mod spelling;

pub use parse::Program;
pub use spelling::Spellings;
