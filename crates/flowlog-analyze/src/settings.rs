//! What is configured, as the detectors take it.

use std::path::Path;
use std::sync::Arc;

use flowlog_cli::config::{self, ConfigArgs, ConfigError, Settings};
use flowlog_core::finding::FindingOptions;

/// Reads the layers of `flowlog.toml`.
///
/// # Errors
/// A file that cannot be read, or that holds something unknown.
pub fn read(args: &ConfigArgs) -> Result<Settings, ConfigError> {
    let env = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    config::read(args, &env, Path::new(""))
}

/// Limits and suppressions for today.
pub fn of_findings(settings: &Settings) -> FindingOptions {
    FindingOptions {
        thresholds: settings.thresholds.clone(),
        suppressions: settings.suppressions.clone(),
        book: Arc::default(),
        today: Some(chrono::Utc::now().format("%Y-%m-%d").to_string()),
    }
}
