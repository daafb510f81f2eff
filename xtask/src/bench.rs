//! `cargo xtask bench`: the whole report, Flowlog against other engines in the same run.
//!
//! Builds flowlog-analyze as `cargo xtask release` and as `cargo build --release` make it, generates the sets once,
//! installs the peers into a virtual environment below `target/bench`, and leaves measuring and comparing to
//! `benches/run.py`.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::python;
use crate::release;
use crate::shell::{built, cargo, program, root, run as succeed, target};

/// The size that results are recorded for.
const STANDARD_SIZE: &str = "1.1GB";

/// What is measured: a name, and the generator's options but for the size.
const SETS: [(&str, &[&str]); 2] = [
    // A day of few NICs whose clients come back.
    ("own", &["--seed=7", "--hours=24", "--nics=64"]),
    // An hour of many NICs in the internet's noise: most addresses are seen once.
    ("noise", &["--seed=7", "--hours=1", "--nics=128", "--noise=0.125"]),
];

#[derive(Args)]
pub(crate) struct Options {
    /// Size of each set
    #[arg(long, default_value = STANDARD_SIZE, value_name = "SIZE")]
    size: String,
    /// Measured runs of each, after one warm-up
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// Which sets: own, noise; fewer are a try, not a record
    #[arg(long, default_values = SETS.map(|(name, _)| name), value_delimiter = ',', value_name = "NAME,...")]
    #[arg(value_parser = SETS.map(|(name, _)| name))]
    sets: Vec<String>,
    /// What to compare with
    #[arg(long, default_values = ["duckdb", "duckdb-plain", "clickhouse"], value_delimiter = ',', value_name = "NAME,...")]
    #[arg(value_parser = ["duckdb", "duckdb-plain", "clickhouse", "none"])]
    peers: Vec<String>,
    /// Numbers of threads to measure Flowlog with, beside its own choice, such as 1,2,4
    #[arg(long, value_delimiter = ',', value_name = "N,...")]
    threads: Vec<u32>,
}

/// Prints the table on standard output and says to `talk` what takes its time.
pub(crate) fn run(options: &Options, talk: &mut impl Write) -> Result<()> {
    let root = root()?;
    let target = target()?;
    let scratch = target.join("bench");
    fs::create_dir_all(&scratch).with_context(|| format!("cannot create {}", scratch.display()))?;

    build(&["--release"], talk)?;
    let (generator, plain) = (built("release", "flowlog-generate")?, built("release", "flowlog-analyze")?);
    let analyze = release::analyze(talk)?;
    let asked = |(name, _): &&(&str, &[&str])| options.sets.iter().any(|asked| asked == name);
    let sets = SETS
        .iter()
        .filter(asked)
        .map(|(name, how)| generate(&generator, &scratch, name, how, &options.size, talk))
        .collect::<Result<Vec<_>>>()?;
    // Another size, or fewer sets, is a try, not a record.
    let standard = options.size == STANDARD_SIZE && sets.len() == SETS.len();
    let results = if standard { root.join("benches/results") } else { scratch.clone() };
    let peers: Vec<&str> = options.peers.iter().map(String::as_str).filter(|peer| *peer != "none").collect();
    let python = install_peers(&scratch.join("venv"), &peers, talk)?;
    let threads: Vec<String> = options.threads.iter().map(u32::to_string).collect();
    succeed(
        Command::new(&python)
            .arg(root.join("benches/run.py"))
            .args(["--peers", &peers.join(","), "--runs", &options.runs.to_string()])
            .args(["--threads", &threads.join(",")])
            .args([OsStr::new("--analyze"), analyze.as_os_str()])
            .args([OsStr::new("--plain"), plain.as_os_str()])
            .args(sets.iter().flat_map(|set| [OsStr::new("--set"), set.as_os_str()]))
            .args([OsStr::new("--python"), python.as_os_str()])
            .args([OsStr::new("--scratch"), scratch.as_os_str()])
            .args([OsStr::new("--results"), results.as_os_str()])
            .current_dir(&root)
            .env("PYTHONDONTWRITEBYTECODE", "1"),
    )
}

/// Builds the program that is measured, and the one that makes its sets.
pub(crate) fn build(profile: &[&str], talk: &mut impl Write) -> Result<()> {
    writeln!(talk, "building flowlog-analyze and flowlog-generate")?;
    let packages = ["--package=flowlog-analyze", "--package=flowlog-testkit", "--bins"];
    cargo(&[&["build", "--quiet", "--locked"], profile, &packages].concat())
}

/// What a comparison with other engines needs.
pub(crate) struct Ground {
    /// For what it makes.
    pub(crate) scratch: PathBuf,
    /// The program that is compared, built for debugging.
    pub(crate) analyze: PathBuf,
    /// Flow logs.
    pub(crate) set: PathBuf,
    /// Python with the engines.
    pub(crate) python: PathBuf,
}

/// A morning of a small network, with the NICs of both ends and plants of everything that is looked for.
const SMALL: [&str; 5] = ["--seed=11", "--hours=4", "--nics=12", "--behaviours=1", "--noise=0.1"];

/// Builds the programs, generates a small set of this size and installs the `engines`.
pub(crate) fn ground(size: &str, engines: &[&str], talk: &mut impl Write) -> Result<Ground> {
    let scratch = target()?.join("bench");
    fs::create_dir_all(&scratch).with_context(|| format!("cannot create {}", scratch.display()))?;
    build(&[], talk)?;
    let set = generate(&built("debug", "flowlog-generate")?, &scratch, "filters", &SMALL, size, talk)?;
    let python = install_peers(&scratch.join("venv"), engines, talk)?;
    Ok(Ground { analyze: built("debug", "flowlog-analyze")?, scratch, set, python })
}

/// The set of this name and size, generated as told if it is not there yet.
pub(crate) fn generate(
    generator: &Path,
    scratch: &Path,
    name: &str,
    how: &[&str],
    size: &str,
    talk: &mut impl Write,
) -> Result<PathBuf> {
    let plain = size.chars().all(|c| c.is_ascii_alphanumeric() || c == '.');
    ensure!(
        plain && size.starts_with(|c: char| c.is_ascii_digit()),
        "--size {size} is no size such as 500MB"
    );
    let set = scratch.join(format!("{name}-{size}"));
    if !set.exists() {
        writeln!(talk, "generating {size} of flow logs ({name})")?;
        // Renamed when whole, so that a run that was cut off leaves no half a set.
        let unfinished = scratch.join("set.unfinished");
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished)
                .with_context(|| format!("cannot remove {}", unfinished.display()))?;
        }
        succeed(Command::new(generator).args(how).args(["--target-bytes", size, "--out"]).arg(&unfinished))?;
        fs::rename(&unfinished, &set).with_context(|| format!("cannot create {}", set.display()))?;
    }
    Ok(set)
}

/// Installs the peers' packages and returns the Python that has them.
fn install_peers(environment: &Path, peers: &[&str], talk: &mut impl Write) -> Result<PathBuf> {
    let package = |peer: &&str| match *peer {
        "clickhouse" => "chdb",
        "polars" => "polars",
        "spark" => "pyspark>=4,<5",
        _ => "duckdb",
    };
    let mut packages: Vec<&str> = peers.iter().map(package).collect();
    packages.sort_unstable();
    packages.dedup();
    Ok(program(&python::install(environment, &packages, talk)?, "python"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Prints how the report differs from itself, and from itself with one source missing.
    const COMPARE: &str = "\
import json, sys
from agree import differences
report, other = (json.load(open(sys.argv[1])) for _ in range(2))
other['top_sources'].pop()
print(len(differences(report, report)), len(differences(report, other)))
";

    #[test]
    fn every_section_that_is_compared_is_in_the_report() {
        let root = root().unwrap();
        let compared = Command::new(python::SYSTEM)
            .args(["-c", COMPARE])
            .arg(root.join("samples/reports/report.json"))
            .current_dir(root.join("benches"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .output()
            .unwrap();
        let said = (String::from_utf8_lossy(&compared.stdout), String::from_utf8_lossy(&compared.stderr));
        assert_eq!(said, ("0 1\n".into(), "".into()));
    }
}
