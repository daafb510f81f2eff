//! Running other programs.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

/// The project's folder.
pub(crate) fn root() -> anyhow::Result<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    folder.map(Path::to_owned).context("xtask stands in no folder")
}

/// Where cargo puts what it builds.
pub(crate) fn target() -> anyhow::Result<PathBuf> {
    let root = root()?;
    Ok(env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder)))
}

/// A program that was built with a profile.
pub(crate) fn built(profile: &str, name: &str) -> anyhow::Result<PathBuf> {
    Ok(program(&target()?.join(profile), name))
}

/// A program of a folder.
pub(crate) fn program(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}{}", env::consts::EXE_SUFFIX))
}

/// Runs the cargo that runs us, in the project's folder.
pub(crate) fn cargo(arguments: &[&str]) -> anyhow::Result<()> {
    run(cargo_command()?.args(arguments))
}

/// The same, to be told more.
pub(crate) fn cargo_command() -> anyhow::Result<Command> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root()?);
    Ok(cargo)
}

/// Runs a program that must succeed.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("{name} cannot be started"))?;
    if status.success() { Ok(()) } else { bail!("{name} failed: {status}") }
}
