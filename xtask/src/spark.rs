//! `cargo xtask spark`: the job of `spark/` on real engines, its outputs compared with those of one process.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use clap::Args;

use crate::bench::{Ground, build, generate, ground};
use crate::python;
use crate::shell::{built, program, root, run as succeed, target};

/// `check.py` holds what this version does with contents; the client is what runs the job.
const SAIL: [&str; 3] = ["pysail==0.7.2", "pyspark-client>=4,<5", "duckdb"];
const SPARK: [&str; 4] = ["pyspark>=4,<5", "pyarrow", "pandas", "duckdb"];
/// ziglang links with a C library old enough for the images of all services.
const MATURIN: [&str; 2] = ["maturin>=1.7,<2", "ziglang"];
/// C library 2.17, as in manylinux2014.
const PLATFORM: [&str; 4] = ["--target", "x86_64-unknown-linux-gnu", "--compatibility", "manylinux2014"];

#[derive(Args)]
pub(crate) struct Options {
    /// spark: a master and two workers (needs Java 17 or newer); sail: no Java, a small set, seconds
    #[arg(long, default_value = "spark", value_parser = ["spark", "sail"])]
    engine: String,
    /// Size of Spark's set
    #[arg(long, default_value = "1GB", value_name = "SIZE")]
    size: String,
}

/// A day of a small estate: NICs of both ends, plants of everything that is looked for.
const ESTATE: [&str; 6] =
    ["--seed=11", "--hours=24", "--nics=24", "--behaviours=1", "--harmless=1", "--noise=0.05"];

/// Fails if an output is not the same, and says to `talk` what takes its time.
pub(crate) fn run(options: &Options, talk: &mut impl Write) -> Result<()> {
    if options.engine == "sail" {
        return check_on_sail(&install_sail(talk)?, talk);
    }
    let folder = folder()?;
    let wheel = wheel(talk)?;
    let python = program(&python::install(&folder.join("python"), &SPARK, talk)?, "python");
    // Of two wheels of one version, the new one.
    succeed(
        Command::new(&python)
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--force-reinstall",
                "--no-deps",
                "--disable-pip-version-check",
            ])
            .arg(&wheel),
    )?;
    build(&[], talk)?;
    let set =
        generate(&built("debug", "flowlog-generate")?, &folder, "estate", &ESTATE, &options.size, talk)?;
    let analyze = python.with_file_name("flowlog-analyze");
    check("spark", &python, &analyze, &set)
}

/// Builds the program for release as a Python wheel that any Linux of ten years takes, and returns its path.
pub(crate) fn wheel(talk: &mut impl Write) -> Result<PathBuf> {
    let bin = python::install(&folder()?.join("maturin"), &MATURIN, talk)?;
    let out = target()?.join("wheels");
    writeln!(talk, "building the wheel (minutes)")?;
    if out.exists() {
        std::fs::remove_dir_all(&out)?;
    }
    let before = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([bin.clone()].into_iter().chain(std::env::split_paths(&before)))?;
    succeed(
        Command::new(program(&bin, "python"))
            .args(["-m", "maturin", "build", "--release", "--quiet", "--zig"])
            .args(PLATFORM)
            // maturin looks for zig in the Python that it finds there.
            .env("PATH", path)
            .arg("--out")
            .arg(&out)
            .current_dir(root()?.join("spark")),
    )?;
    let first = std::fs::read_dir(&out)?.next();
    Ok(first.with_context(|| format!("no wheel in {}", out.display()))??.path())
}

/// Python with Sail.
pub(crate) fn install_sail(talk: &mut impl Write) -> Result<PathBuf> {
    Ok(program(&python::install(&folder()?.join("sail"), &SAIL, talk)?, "python"))
}

/// The job on Sail, on a small set.
pub(crate) fn check_on_sail(python: &Path, talk: &mut impl Write) -> Result<()> {
    let Ground { analyze, set, .. } = ground("2MB", &[], talk)?;
    check("sail", python, &analyze, &set)
}

fn check(engine: &str, python: &Path, analyze: &Path, set: &Path) -> Result<()> {
    succeed(
        Command::new(python)
            .args(["-W", "ignore"])
            .arg(root()?.join("spark/check.py"))
            .arg(engine)
            .arg(analyze)
            .args([set.join("container"), folder()?.join("check")])
            .env("RUST_LOG", "error"),
    )
}

fn folder() -> Result<PathBuf> {
    let folder = target()?.join("spark");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}
