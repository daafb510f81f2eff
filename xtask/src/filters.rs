//! `cargo xtask filters`: random filters against DuckDB over the same JSON.

use std::fs;
use std::io::Write;
use std::process::Command;

use anyhow::{Context, Result};
use clap::Args;

use crate::bench::{generate, install_peers};
use crate::shell::{built, cargo, root, run as succeed, target};

/// A morning of a small network, with the NICs of both ends and plants of everything that is looked for.
pub(crate) const SET: [&str; 5] = ["--seed=11", "--hours=4", "--nics=12", "--behaviours=1", "--noise=0.1"];

#[derive(Args)]
pub(crate) struct Options {
    /// Filters to try
    #[arg(long, default_value_t = 50)]
    filters: u32,
    /// First seed of their random numbers
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Size of the set
    #[arg(long, default_value = "10MB", value_name = "SIZE")]
    size: String,
}

/// Prints each filter whose answers differ, and says to `talk` what takes its time.
pub(crate) fn run(options: &Options, talk: &mut impl Write) -> Result<()> {
    let (root, scratch) = (root()?, target()?.join("bench"));
    fs::create_dir_all(&scratch).with_context(|| format!("cannot create {}", scratch.display()))?;
    writeln!(talk, "building flowlog-analyze and flowlog-generate")?;
    cargo(&[
        "build",
        "--quiet",
        "--locked",
        "--package=flowlog-analyze",
        "--package=flowlog-testkit",
        "--bins",
    ])?;
    let set = generate(&built("debug", "flowlog-generate")?, &scratch, "filters", &SET, &options.size, talk)?;
    let python = install_peers(&scratch.join("venv"), &["duckdb"], talk)?;
    succeed(
        Command::new(python)
            .arg(root.join("benches/duckdb/filters.py"))
            .arg(built("debug", "flowlog-analyze")?)
            .arg(set.join("container"))
            .args(["--filters", &options.filters.to_string(), "--seed", &options.seed.to_string()])
            .env("PYTHONDONTWRITEBYTECODE", "1"),
    )
}
