//! `cargo xtask bench`: the whole report, Flowlog against other engines in the same run.
//!
//! Builds both binaries, generates the set once, installs the peers into a virtual environment
//! below `target/bench`, and leaves measuring and comparing to `benches/run.py`.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use crate::shell::{cargo, root, run as succeed, target};

/// The size that results are recorded for.
const STANDARD_SIZE: &str = "1.1GB";

#[derive(Args)]
pub(crate) struct Options {
    /// Size of the set
    #[arg(long, default_value = STANDARD_SIZE, value_name = "SIZE")]
    size: String,
    /// Measured runs of each, after one warm-up
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// What to compare with: duckdb, duckdb-plain, clickhouse; separated by commas
    #[arg(long, default_value = "duckdb", value_name = "NAME,...")]
    peers: String,
}

/// Prints the table on standard output and says to `talk` what takes its time.
pub(crate) fn run(options: &Options, talk: &mut impl Write) -> Result<()> {
    let root = root()?;
    let target = target()?;
    let scratch = target.join("bench");
    fs::create_dir_all(&scratch).with_context(|| format!("cannot create {}", scratch.display()))?;

    writeln!(talk, "building flowlog-analyze and flowlog-generate for release")?;
    cargo(&[
        "build",
        "--quiet",
        "--release",
        "--locked",
        "--package=flowlog-analyze",
        "--package=flowlog-testkit",
        "--bins",
    ])?;
    let tool = |name: &str| target.join("release").join(format!("{name}{}", env::consts::EXE_SUFFIX));
    let set = generate(&tool("flowlog-generate"), &scratch, &options.size, talk)?;
    // Another size is a try, not a record.
    let results = if options.size == STANDARD_SIZE { root.join("benches/results") } else { scratch.clone() };
    let python = install_peers(&scratch.join("venv"), &options.peers, talk)?;
    succeed(
        Command::new(&python)
            .arg(root.join("benches/run.py"))
            .args(["--peers", &options.peers, "--runs", &options.runs.to_string()])
            .args([OsStr::new("--analyze"), tool("flowlog-analyze").as_os_str()])
            .args([OsStr::new("--set"), set.as_os_str()])
            .args([OsStr::new("--python"), python.as_os_str()])
            .args([OsStr::new("--scratch"), scratch.as_os_str()])
            .args([OsStr::new("--results"), results.as_os_str()])
            .current_dir(&root)
            .env("PYTHONDONTWRITEBYTECODE", "1"),
    )
}

/// The set of this size, generated if it is not there yet: 24 hours of 64 NICs.
fn generate(generator: &Path, scratch: &Path, size: &str, talk: &mut impl Write) -> Result<PathBuf> {
    let plain = size.chars().all(|c| c.is_ascii_alphanumeric() || c == '.');
    ensure!(
        plain && size.starts_with(|c: char| c.is_ascii_digit()),
        "--size {size} is no size such as 500MB"
    );
    let set = scratch.join(format!("set-{size}"));
    if !set.exists() {
        writeln!(talk, "generating {size} of flow logs")?;
        // Renamed when whole, so that a run that was cut off leaves no half a set.
        let unfinished = scratch.join("set.unfinished");
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished)
                .with_context(|| format!("cannot remove {}", unfinished.display()))?;
        }
        succeed(
            Command::new(generator)
                .args(["--seed=7", "--hours=24", "--nics=64", "--target-bytes", size, "--out"])
                .arg(&unfinished),
        )?;
        fs::rename(&unfinished, &set).with_context(|| format!("cannot create {}", set.display()))?;
    }
    Ok(set)
}

/// Installs the peers' packages and returns the Python that has them.
fn install_peers(environment: &Path, peers: &str, talk: &mut impl Write) -> Result<PathBuf> {
    let bin = if cfg!(windows) { "Scripts" } else { "bin" };
    let python = environment.join(bin).join(format!("python{}", env::consts::EXE_SUFFIX));
    if !python.exists() {
        let system = if cfg!(windows) { "python" } else { "python3" };
        succeed(Command::new(system).args(["-m", "venv"]).arg(environment))
            .context("Python 3 with its venv module is needed for the peers")?;
    }
    let mut packages: Vec<&str> = peers
        .split(',')
        .map(|peer| match peer {
            "duckdb" | "duckdb-plain" => Ok("duckdb"),
            "clickhouse" => Ok("chdb"),
            _ => bail!("no peer is called {peer}\nhint: there are duckdb, duckdb-plain and clickhouse"),
        })
        .collect::<Result<_>>()?;
    packages.sort_unstable();
    packages.dedup();
    writeln!(talk, "installing {}", packages.join(" and "))?;
    succeed(
        Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
            .args(&packages),
    )?;
    Ok(python)
}
