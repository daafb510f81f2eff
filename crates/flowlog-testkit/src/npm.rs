//! Packages that tests install for themselves.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs npm in `folder`.
///
/// # Errors
/// It is not there, or fails.
pub(crate) fn npm(folder: &Path, arguments: &[&str]) -> io::Result<()> {
    let program = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let output = Command::new(program)
        .current_dir(folder)
        .args(arguments)
        .args(["--no-audit", "--no-fund", "--loglevel", "error"])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| {
            io::Error::new(error.kind(), format!("npm cannot be run, install Node.js: {error}"))
        })?;
    if !output.status.success() {
        let _ = io::stderr().write_all(&output.stderr);
        return Err(io::Error::other(format!("npm ended with {}", output.status)));
    }
    Ok(())
}
