//! Python, and packages of it in a virtual environment.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::shell::{program, run};

/// The name of the machine's own Python 3.
pub(crate) const SYSTEM: &str = if cfg!(windows) { "python" } else { "python3" };

/// Installs `packages` into an environment, which is made if it is missing, and returns the folder of its programs.
pub(crate) fn install(environment: &Path, packages: &[&str], talk: &mut impl Write) -> Result<PathBuf> {
    let bin = environment.join(if cfg!(windows) { "Scripts" } else { "bin" });
    let python = program(&bin, "python");
    if !python.exists() {
        run(Command::new(SYSTEM).args(["-m", "venv"]).arg(environment))
            .context("Python 3 with its venv module is needed for the peers")?;
    }
    if packages.is_empty() {
        return Ok(bin);
    }
    writeln!(talk, "installing {} (minutes, the first time)", packages.join(" and "))?;
    run(Command::new(python)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
        .args(packages))?;
    Ok(bin)
}
