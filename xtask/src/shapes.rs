//! `cargo xtask shapes`: hostile shapes of input, and sets of growing size, each with its time and memory.
//!
//! Builds both binaries, generates the sets once below `target/bench`, and leaves writing the shapes and
//! measuring to `benches/shapes.py`. A shape is removed when it is measured.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Write;
use std::process::Command;

use anyhow::{Context, Result};
use clap::Args;

use crate::bench;
use crate::shell::{built, cargo, root, run as succeed, target};

#[derive(Args)]
pub(crate) struct Options {
    /// These shapes alone, or none; a try, not a record
    #[arg(long, value_name = "NAME,...")]
    only: Option<String>,
    /// So much of each shape's number; a try, not a record
    #[arg(long, default_value_t = 1.0, value_name = "SHARE")]
    part: f64,
    /// Megabytes of the sets of growing size, of each kind; generating a set takes four times its size in memory
    #[arg(long, default_values_t = [110, 330, 1100], value_delimiter = ',', value_name = "MB,...")]
    scaling: Vec<u32>,
    /// Seconds after which the run of a shape is stopped
    #[arg(long, default_value_t = 200)]
    timeout: u32,
    /// Gigabytes of address space that a run may have
    #[arg(long, default_value_t = 8.0)]
    memory: f64,
}

/// Prints the tables on standard output and says to `talk` what takes its time.
pub(crate) fn run(options: &Options, talk: &mut impl Write) -> Result<()> {
    let root = root()?;
    let scratch = target()?.join("bench");
    fs::create_dir_all(&scratch).with_context(|| format!("cannot create {}", scratch.display()))?;
    writeln!(talk, "building flowlog-analyze and flowlog-generate for release")?;
    let packages = ["--package=flowlog-analyze", "--package=flowlog-testkit"];
    cargo(&["build", "--quiet", "--release", "--locked", packages[0], packages[1], "--bins"])?;
    let (analyze, generator) = (built("release", "flowlog-analyze")?, built("release", "flowlog-generate")?);
    let mut scaling = Vec::new();
    for kind in [days, noise] {
        let mut folders = OsString::new();
        for &megabytes in &options.scaling {
            let (name, how) = kind(megabytes);
            let how: Vec<&str> = how.iter().map(String::as_str).collect();
            let set = bench::generate(&generator, &scratch, name, &how, &format!("{megabytes}MB"), talk)?;
            if !folders.is_empty() {
                folders.push(",");
            }
            folders.push(set);
        }
        scaling.push(folders);
    }
    let whole = options.only.is_none() && options.part >= 1.0;
    let results = if whole { root.join("benches/results") } else { scratch.clone() };
    let only = options.only.as_deref().map(|only| format!("--only={}", only.replace("none", "")));
    succeed(
        Command::new(if cfg!(windows) { "python" } else { "python3" })
            .arg(root.join("benches/shapes.py"))
            .args([OsStr::new("--analyze"), analyze.as_os_str()])
            .args([OsStr::new("--scratch"), scratch.as_os_str()])
            .args([OsStr::new("--results"), results.as_os_str()])
            .args(["--timeout", &options.timeout.to_string(), "--memory", &options.memory.to_string()])
            .args(["--part", &options.part.to_string()])
            .args(only)
            .args(scaling.iter().flat_map(|folders| [OsStr::new("--scaling"), folders]))
            .current_dir(&root)
            .env("PYTHONDONTWRITEBYTECODE", "1"),
    )
    .context("Python 3 writes the shapes and measures")
}

/// More hours of the same hosts.
fn days(megabytes: u32) -> (&'static str, Vec<String>) {
    let hours = (megabytes * 24 / 1100).max(1);
    let same = ["--seed=7", "--nics=64", "--internet-hosts=36000", "--internal-hosts=3600"];
    ("hours", same.map(str::to_owned).into_iter().chain([format!("--hours={hours}")]).collect())
}

/// The same hour with more hosts.
fn noise(_: u32) -> (&'static str, Vec<String>) {
    ("noise", ["--seed=7", "--nics=128", "--hours=1", "--noise=0.125"].map(str::to_owned).to_vec())
}
