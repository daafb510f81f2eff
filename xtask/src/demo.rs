//! The demo: the sample container reorganised into a tree, and the tree analysed with every output.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use crate::shell::{cargo, root, run, target};

/// The tree, and the folder of the outputs, below the demo's folder.
const TREE: &str = "FlowLogs";
const REPORTS: &str = "reports";

/// Shows the demo on the terminal and keeps its outputs in `target/demo`.
pub(crate) fn show() -> anyhow::Result<()> {
    let folder = target()?.join("demo");
    prepare(&folder)?;
    analyse(&folder)?.args(["--show-graphs"]).status().context("flowlog-analyze cannot be started")?;
    write_outputs(&folder)
}

/// Writes the demo's outputs to `samples/reports`, where a test compares them.
pub(crate) fn update_samples() -> anyhow::Result<()> {
    let folder = target()?.join("demo-samples");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    prepare(&folder)?;
    write_outputs(&folder)?;
    let samples = root()?.join("samples").join(REPORTS);
    fs::create_dir_all(&samples)?;
    for (name, path) in outputs(&folder)? {
        fs::copy(path, samples.join(name))?;
    }
    Ok(())
}

/// Builds both tools and reorganises the sample container into a tree below `folder`.
pub(crate) fn prepare(folder: &Path) -> anyhow::Result<()> {
    cargo(&[
        "build",
        "--quiet",
        "--locked",
        "--package",
        "flowlog-download",
        "--package",
        "flowlog-analyze",
    ])?;
    fs::create_dir_all(folder)?;
    let container = root()?.join("samples/container");
    run(tool("flowlog-download", folder)?.arg("--from-dir").arg(container).args([
        "--force",
        "--download-path",
        TREE,
    ]))
}

/// Writes what the analysis prints, its report as JSON and its CSV files to the folder of the outputs.
pub(crate) fn write_outputs(folder: &Path) -> anyhow::Result<()> {
    let reports = folder.join(REPORTS);
    fs::create_dir_all(&reports)?;
    let text = ["--show-graphs", "--export-csv", "--output-path", REPORTS];
    for (name, arguments) in [("report.txt", &text[..]), ("report.json", &["--format", "json"])] {
        let mut command = analyse(folder)?;
        // What is kept must not depend on the terminal it was made in.
        command.env("COLUMNS", "100").env("LC_ALL", "C.UTF-8");
        let output = command.args(arguments).args(["--color", "never"]).stderr(Stdio::inherit()).output()?;
        // The sample holds a truncated blob on purpose: exit code 3 says that it was noticed.
        if output.status.code() != Some(3) {
            bail!("flowlog-analyze ended with {}, not with exit code 3", output.status);
        }
        fs::write(reports.join(name), output.stdout)?;
    }
    Ok(())
}

/// The outputs, newest CSV files first, under names without the time.
pub(crate) fn outputs(folder: &Path) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let mut found: Vec<(String, PathBuf)> = Vec::new();
    for entry in fs::read_dir(folder.join(REPORTS))? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).context("the outputs have plain names")?;
        let plain = match name.rsplit_once("_20") {
            Some((kind, _)) => format!("{kind}.csv"),
            None => name.to_owned(),
        };
        found.push((plain, path));
    }
    found.sort();
    Ok(found)
}

fn analyse(folder: &Path) -> anyhow::Result<Command> {
    let mut command = tool("flowlog-analyze", folder)?;
    command.arg(TREE);
    Ok(command)
}

/// A tool just built, run in `folder`.
fn tool(name: &str, folder: &Path) -> anyhow::Result<Command> {
    let mut command =
        Command::new(target()?.join("debug").join(format!("{name}{}", std::env::consts::EXE_SUFFIX)));
    command.current_dir(folder);
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_samples_are_what_the_demo_writes() {
        let folder = target().unwrap().join("demo-test");
        fs::remove_dir_all(&folder).ok();
        prepare(&folder).unwrap();
        write_outputs(&folder).unwrap();
        let samples = root().unwrap().join("samples").join(REPORTS);
        let found = outputs(&folder).unwrap();
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        let expected =
            ["VNetFlowAnalysis_Details.csv", "VNetFlowAnalysis_Summary.csv", "report.json", "report.txt"];
        assert_eq!(names, expected);
        for (name, path) in &found {
            let text = |path: &Path| fs::read_to_string(path).unwrap().replace('\\', "/");
            assert!(
                text(path) == text(&samples.join(name)),
                "samples/reports/{name} differs from {}; if that is meant: cargo xtask samples",
                path.display()
            );
        }
    }
}
