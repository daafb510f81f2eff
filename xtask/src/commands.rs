//! The two commands of the README: the demo and the tests.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

/// Reorganises the sample container into a tree, then analyses the tree with every output.
pub(crate) fn demo() -> anyhow::Result<()> {
    let target = root()?.join("target/demo");
    let tree = target.join("FlowLogs");
    let reports = target.join("reports");
    cargo(&["build", "--quiet", "--package", "flowlog-download", "--package", "flowlog-analyze"])?;
    run(tool("flowlog-download")?
        .args(["--from-dir", "samples/container", "--force", "--download-path"])
        .arg(&tree))?;
    // The sample holds a truncated blob on purpose: exit code 3 says that it was noticed.
    let status = tool("flowlog-analyze")?
        .arg(&tree)
        .args(["--show-graphs", "--export-csv", "--output-path"])
        .arg(&reports)
        .status()
        .context("flowlog-analyze cannot be started")?;
    match status.code() {
        Some(0 | 3) => Ok(()),
        _ => bail!("flowlog-analyze failed: {status}"),
    }
}

/// Every test, the ones against a real storage service included.
pub(crate) fn test() -> anyhow::Result<()> {
    for (program, what_for) in
        [("node", "Azurite, the storage service of the tests"), ("npm", "installing Azurite")]
    {
        let found = npm_like(program).arg("--version").output().is_ok_and(|output| output.status.success());
        if !found {
            bail!("{program} is needed for {what_for}; install Node.js 18 or newer, then run this again");
        }
    }
    cargo(&["test", "--workspace", "--locked"])
}

/// On Windows npm is a batch file, which only its full name starts.
fn npm_like(program: &str) -> Command {
    if cfg!(windows) && program == "npm" { Command::new("npm.cmd") } else { Command::new(program) }
}

fn cargo(arguments: &[&str]) -> anyhow::Result<()> {
    run(Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .current_dir(root()?)
        .args(arguments))
}

/// A tool just built, run in the project's folder.
fn tool(name: &str) -> anyhow::Result<Command> {
    let root = root()?;
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let mut command =
        Command::new(root.join(target).join("debug").join(format!("{name}{}", env::consts::EXE_SUFFIX)));
    command.current_dir(root);
    Ok(command)
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("{name} cannot be started"))?;
    if status.success() { Ok(()) } else { bail!("{name} failed: {status}") }
}

/// The project's folder.
pub(crate) fn root() -> anyhow::Result<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    folder.map(Path::to_owned).context("xtask stands in no folder")
}
