//! What the command lines of both programs share: the shape of their help, how a slip is answered, and
//! what is made of their definition (versions, completions, manual pages); and the settings that need not be typed.
//!
//! Nothing here knows an option of either program: each gives its definition and its own words.
#![forbid(unsafe_code)]

pub mod bounded;
pub mod config;
mod generate;
mod help;
pub mod number;
mod parse;
pub mod spelling;
mod version;

pub use generate::Shell;
pub use parse::Program;
pub use spelling::Spellings;
pub use version::commit;
