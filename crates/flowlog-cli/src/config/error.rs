//! Why settings cannot be used.

use std::io;
use std::path::{Path, PathBuf};

/// Why settings cannot be used: always the person's to put right.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file cannot be read.
    #[error("{}: cannot be read: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// Something in a file is not what it may be.
    #[error("{}, line {line}, column {column}: {message}", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// In characters, from 1.
        column: usize,
        /// What is wrong, and what may stand there.
        message: String,
    },
    /// Things of a file, or of several, contradict each other.
    #[error("{}: {message}", path.display())]
    Whole {
        /// The file, or the last of them.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// A variable of the environment is not what it may be.
    #[error("{name}: {message}")]
    Variable {
        /// Its name.
        name: &'static str,
        /// What is wrong.
        message: String,
    },
}

impl ConfigError {
    /// At a byte of a file's text.
    pub(super) fn at(path: &Path, text: &str, byte: usize, message: String) -> Self {
        let before = text.get(..byte).unwrap_or(text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        let (line, column) = (before.matches('\n').count() + 1, line.chars().count() + 1);
        Self::Form { path: path.to_owned(), line, column, message }
    }

    pub(super) fn whole(path: &Path, message: String) -> Self {
        Self::Whole { path: path.to_owned(), message }
    }

    pub(super) fn variable(name: &'static str, message: String) -> Self {
        Self::Variable { name, message }
    }
}
