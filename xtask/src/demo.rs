//! The demo: the sample container reorganised into a tree, and the tree analysed with every output.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use crate::shell::{built, cargo, root, target};

/// The tree, and the folder of the outputs, below the demo's folder.
const TREE: &str = "FlowLogs";
const REPORTS: &str = "reports";

/// Shows the demo on the terminal and keeps its outputs in `target/demo`.
pub(crate) fn show() -> anyhow::Result<()> {
    let folder = target()?.join("demo");
    let mut out = std::io::stdout();
    let summary = prepare(&folder)?;
    // The tool's own next step is for who has it installed and stands in the demo's folder.
    let summary = summary.split("\nNext: ").next().unwrap_or_default();
    writeln!(out, "{summary}")?;
    analyse(&folder)?.status().context("flowlog-analyze cannot be started")?;
    write_outputs(&folder)?;
    write!(out, "{}", what_next(&folder, &std::env::current_dir()?)?)?;
    Ok(())
}

/// What to type after the demo, from the folder `here`, with paths that exist.
fn what_next(folder: &Path, here: &Path) -> anyhow::Result<String> {
    let shown = |path: &Path| {
        let text = path.strip_prefix(here).unwrap_or(path).display().to_string();
        if text.contains(' ') { format!("\"{text}\"") } else { text }
    };
    let (tree, reports) = (folder.join(TREE), folder.join(REPORTS));
    let [download, analyse] = [built("debug", "flowlog-download")?, built("debug", "flowlog-analyze")?];
    let (tree, analyse) = (shown(&tree), shown(&analyse));
    Ok(format!(
        "\nThe tree is in {tree}, the outputs (text, JSON, CSV, a page) are in {}.\n\
         Next:\n  {analyse} {tree} --top 30\n  {analyse} {tree} --specific-ips 10.10.3.7\n\
         With logs of your own:\n  {} --storage-account NAME\n\
         To have both tools at hand under their names: just install, or the two commands in README.md\n",
        shown(&reports),
        shown(&download),
    ))
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

/// Builds both tools; cargo shows how far it is.
pub(crate) fn build() -> anyhow::Result<()> {
    cargo(&["build", "--locked", "--package", "flowlog-download", "--package", "flowlog-analyze"])
}

/// Builds both tools, reorganises the sample container into a tree below `folder`, and returns the summary.
pub(crate) fn prepare(folder: &Path) -> anyhow::Result<String> {
    build()?;
    fs::create_dir_all(folder)?;
    let container = root()?.join("samples/container");
    let mut command = tool("flowlog-download", folder)?;
    command.arg("--from-dir").arg(container).args(["--force", "--download-path", TREE]);
    let output = command.stderr(Stdio::inherit()).output().context("flowlog-download cannot be started")?;
    if !output.status.success() {
        bail!("flowlog-download failed: {}", output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Writes what the analysis prints, its report as JSON and its CSV files to the folder of the outputs.
pub(crate) fn write_outputs(folder: &Path) -> anyhow::Result<()> {
    let reports = folder.join(REPORTS);
    fs::create_dir_all(&reports)?;
    let page = format!("{REPORTS}/report.html");
    let full =
        ["--full", "--show-graphs", "--export-csv", "--output-path", REPORTS, "--html", &page, "--overwrite"];
    let wanted =
        [("report.txt", &[][..]), ("report-full.txt", &full), ("report.json", &["--format", "json"])];
    for (name, arguments) in wanted {
        let mut command = analyse(folder)?;
        // What is kept must not depend on the terminal it was made in.
        command.env("COLUMNS", "100").env("LC_ALL", "C.UTF-8");
        // What it says of the files it writes is told from the demo's folder: of use to nobody elsewhere.
        let output = command.args(arguments).args(["--color", "never"]).output()?;
        // The sample holds a truncated blob on purpose: exit code 3 says that it was noticed.
        if output.status.code() != Some(3) {
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            bail!("flowlog-analyze ended with {}, not with exit code 3: {told}", output.status);
        }
        fs::write(reports.join(name), output.stdout)?;
    }
    Ok(())
}

/// The outputs, under names without the time.
pub(crate) fn outputs(folder: &Path) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let mut found: Vec<(String, PathBuf)> = Vec::new();
    for entry in fs::read_dir(folder.join(REPORTS))? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).context("the outputs have plain names")?;
        found.push((without_time(name), path));
    }
    found.sort();
    Ok(found)
}

/// `NAME_<date>_<time>.csv` as `NAME.csv`, whatever the date and the time; any other name as it is.
fn without_time(name: &str) -> String {
    match name.strip_suffix(".csv") {
        Some(stem) => format!("{}.csv", stem.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_')),
        None => name.to_owned(),
    }
}

fn analyse(folder: &Path) -> anyhow::Result<Command> {
    let mut command = tool("flowlog-analyze", folder)?;
    // Settings of the person are not the sample's.
    command.args([TREE, "--no-config"]);
    Ok(command)
}

/// A tool just built, run in `folder`.
fn tool(name: &str, folder: &Path) -> anyhow::Result<Command> {
    let mut command = Command::new(built("debug", name)?);
    command.current_dir(folder);
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_an_output_is_cut_off_at_any_hour() {
        for hour in 0..24 {
            for date in ["20261126", "20202020"] {
                let name = format!("VNetFlowAnalysis_Details_{date}_{hour:02}2020.csv");
                assert_eq!(without_time(&name), "VNetFlowAnalysis_Details.csv");
            }
        }
        assert_eq!(without_time("report.json"), "report.json");
    }

    #[test]
    fn the_samples_are_what_the_demo_writes() {
        let folder = target().unwrap().join("demo-test");
        fs::remove_dir_all(&folder).ok();
        let summary = prepare(&folder).unwrap();
        assert!(summary.contains("\nNext: flowlog-analyze FlowLogs"), "{summary}");
        write_outputs(&folder).unwrap();
        let root = root().unwrap();
        let next = what_next(&folder, &root).unwrap();
        let words = next.split_whitespace().map(|word| word.trim_end_matches(['.', ',']).trim_matches('"'));
        let paths: Vec<&str> = words.filter(|word| word.contains(std::path::MAIN_SEPARATOR)).collect();
        assert!(paths.len() >= 7 && paths.iter().all(|path| root.join(path).exists()), "{next}");
        let samples = root.join("samples").join(REPORTS);
        let found = outputs(&folder).unwrap();
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        let expected = [
            "VNetFlowAnalysis_Details.csv",
            "VNetFlowAnalysis_Summary.csv",
            "report-full.txt",
            "report.html",
            "report.json",
            "report.txt",
        ];
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
