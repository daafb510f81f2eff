//! The TOML files of the findings: thresholds, and what is known and accepted.

mod limits;

use std::io;
use std::path::{Path, PathBuf};

use flowlog_core::finding::{FindingOptions, SuppressionError, Suppressions};
use flowlog_core::flow::{NetworkError, OwnNetwork};
use serde::de::DeserializeOwned;

use crate::bounded::{self, SETTINGS_BYTES};
use crate::cli::FindingArgs;
pub use limits::LimitError;

/// Why a settings file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// It cannot be read.
    #[error("{}: cannot be read: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// It is no TOML, or not of the form.
    #[error("{}, {place}: {message}", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// Line and column.
        place: String,
        /// What is wrong.
        message: String,
    },
    /// A limit is none, or may not be what it is.
    #[error("{}: {cause}", path.display())]
    Limit {
        /// The file.
        path: PathBuf,
        /// Which one, and what is allowed.
        cause: LimitError,
    },
    /// An entry of the suppression list is wrong.
    #[error("{}: {cause}", path.display())]
    Suppression {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        cause: SuppressionError,
    },
    /// One of the own networks is none.
    #[error("{}: internal: {cause}", path.display())]
    Internal {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        cause: NetworkError,
    },
}

/// Reads both files, as far as they are named.
///
/// # Errors
/// A file that cannot be read, or that holds something unknown.
pub fn read(args: &FindingArgs) -> Result<FindingOptions, SettingsError> {
    let mut options = FindingOptions {
        today: Some(chrono::Utc::now().format("%Y-%m-%d").to_string()),
        ..FindingOptions::default()
    };
    if let Some(path) = args.thresholds.as_deref() {
        let text = text(path)?;
        // The limits by name first: what they may be is more than their types say.
        let checked = limits::check(&parse(path, &text)?);
        checked.map_err(|cause| SettingsError::Limit { path: path.to_owned(), cause })?;
        options.thresholds = parse(path, &text)?;
        if let Some((smaller, larger)) = options.thresholds.contradiction() {
            let cause = LimitError::Order { smaller, larger };
            return Err(SettingsError::Limit { path: path.to_owned(), cause });
        }
        for network in &options.thresholds.internal {
            network
                .parse::<OwnNetwork>()
                .map_err(|cause| SettingsError::Internal { path: path.to_owned(), cause })?;
        }
    }
    if let Some(path) = args.suppressions.as_deref() {
        options.suppressions = parse::<Suppressions>(path, &text(path)?)?;
        let checked = options.suppressions.check();
        checked.map_err(|cause| SettingsError::Suppression { path: path.to_owned(), cause })?;
    }
    Ok(options)
}

fn text(path: &Path) -> Result<String, SettingsError> {
    let bytes = bounded::read(path, SETTINGS_BYTES);
    let utf8 = |bytes| String::from_utf8(bytes).map_err(|_| io::Error::other("it is not saved as UTF-8"));
    let text = bytes.and_then(utf8);
    text.map_err(|cause| SettingsError::Read { path: path.to_owned(), cause })
}

fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, SettingsError> {
    toml::from_str(text).map_err(|cause| SettingsError::Form {
        path: path.to_owned(),
        place: place(text, cause.span().map_or(0, |span| span.start)),
        message: cause.message().replace('\n', ", "),
    })
}

/// Line and column of a byte, from 1.
fn place(text: &str, byte: usize) -> String {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    format!("line {}, column {}", before.matches('\n').count() + 1, line.chars().count() + 1)
}
