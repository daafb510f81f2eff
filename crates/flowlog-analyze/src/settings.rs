//! The TOML files of the findings: thresholds, and what is known and accepted.

use std::fs;
use std::path::{Path, PathBuf};

use flowlog_core::finding::{FindingOptions, SuppressionError, Suppressions, Thresholds};
use flowlog_core::flow::{NetworkError, OwnNetwork};
use serde::de::DeserializeOwned;

use crate::cli::FindingArgs;

/// Why a settings file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// It cannot be read.
    #[error("{}: cannot be read: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// It is no TOML, or names something there is not.
    #[error("{}: {cause}", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// What and where.
        cause: Box<toml::de::Error>,
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
        options.thresholds = parse::<Thresholds>(path)?;
        for network in &options.thresholds.internal {
            network
                .parse::<OwnNetwork>()
                .map_err(|cause| SettingsError::Internal { path: path.to_owned(), cause })?;
        }
    }
    if let Some(path) = args.suppressions.as_deref() {
        options.suppressions = parse::<Suppressions>(path)?;
        let checked = options.suppressions.check();
        checked.map_err(|cause| SettingsError::Suppression { path: path.to_owned(), cause })?;
    }
    Ok(options)
}

fn parse<T: DeserializeOwned>(path: &Path) -> Result<T, SettingsError> {
    let text =
        fs::read_to_string(path).map_err(|cause| SettingsError::Read { path: path.to_owned(), cause })?;
    toml::from_str(&text)
        .map_err(|cause| SettingsError::Form { path: path.to_owned(), cause: Box::new(cause) })
}
