//! `cargo xtask filters`: random filters against DuckDB over the same JSON.

use std::io::Write;
use std::process::Command;

use anyhow::Result;
use clap::Args;

use crate::bench::{Ground, ground};
use crate::shell::{root, run as succeed};

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
    let Ground { analyze, set, python, .. } = ground(&options.size, &["duckdb"], talk)?;
    succeed(
        Command::new(python)
            .arg(root()?.join("benches/duckdb/filters.py"))
            .arg(analyze)
            .arg(set.join("container"))
            .args(["--filters", &options.filters.to_string(), "--seed", &options.seed.to_string()])
            .env("PYTHONDONTWRITEBYTECODE", "1"),
    )
}
