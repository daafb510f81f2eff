//! `cargo xtask assets`: bundles the script and the style of the HTML report, with the charts it vendors.
//!
//! The source is in `crates/flowlog-analyze/page`; packages come by `npm ci` from its lock file into `target/page`.
//! What is made is checked in, so that `cargo build` needs no network: the same versions give the same bytes.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::shell::{root, run as run_command, target};

/// What npm installs from, and what is bundled.
const PACKAGES: [&str; 2] = ["package.json", "package-lock.json"];
const BUNDLER: &str = "build.mjs";
/// What is made, beside its source.
const BUILT: [&str; 3] = ["page.min.css", "page.min.js", LICENCES];
const LICENCES: &str = "licences.txt";
/// Whose code is in the script, and the texts that must go with it.
const TEXTS: [(&str, &[&str]); 3] = [
    ("echarts", &["NOTICE", "LICENSE", "licenses/LICENSE-d3"]),
    ("zrender", &["LICENSE"]),
    ("tslib", &["LICENSE.txt"]),
];

#[derive(Args)]
pub(crate) struct Options {
    /// Write nothing: fail if what is checked in is not what the source makes
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let (source, built) = (root()?.join("crates/flowlog-analyze/page"), bundle()?);
    for name in BUILT {
        let (made, kept) = (built.join(name), source.join(name));
        let bytes = fs::read(&made).with_context(|| format!("cannot read {}", made.display()))?;
        if fs::read(&kept).ok().as_ref() == Some(&bytes) {
            continue;
        }
        if options.check {
            bail!("{} is not what its source makes: cargo xtask assets", kept.display());
        }
        fs::write(&kept, bytes).with_context(|| format!("cannot write {}", kept.display()))?;
    }
    Ok(())
}

/// Makes everything below `target/page`; returns the folder it is in.
fn bundle() -> Result<PathBuf> {
    let (source, scratch) = (root()?.join("crates/flowlog-analyze/page"), target()?.join("page"));
    let (sources, built) = (scratch.join("src"), scratch.join("built"));
    for folder in [&sources, &built] {
        if folder.exists() {
            fs::remove_dir_all(folder).with_context(|| format!("cannot empty {}", folder.display()))?;
        }
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    install(&source, &scratch)?;
    copy(&source.join(BUNDLER), &scratch.join(BUNDLER))?;
    for entry in fs::read_dir(source.join("src"))? {
        let path = entry?.path();
        copy(&path, &sources.join(path.file_name().context("files have names")?))?;
    }
    run_command(Command::new("node").current_dir(&scratch).arg(BUNDLER).arg("built"))?;
    fs::write(built.join(LICENCES), licences(&scratch.join("node_modules"))?)?;
    Ok(built)
}

/// The packages of the lock file, unless they are there.
fn install(source: &Path, scratch: &Path) -> Result<()> {
    let same = |name: &&str| {
        let [wanted, there] = [source, scratch].map(|folder| fs::read(folder.join(name)).ok());
        wanted == there
    };
    let mark = scratch.join("installed");
    if PACKAGES.iter().all(same) && mark.exists() {
        return Ok(());
    }
    fs::remove_file(&mark).ok();
    for name in PACKAGES {
        copy(&source.join(name), &scratch.join(name))?;
    }
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    run_command(Command::new(npm).current_dir(scratch).args(["ci", "--no-audit", "--no-fund"]))?;
    fs::write(mark, "")?;
    Ok(())
}

/// Licences and notices of everything in the script.
fn licences(packages: &Path) -> Result<String> {
    let mut all = String::new();
    for (package, files) in TEXTS {
        let folder = packages.join(package);
        let about: serde_json::Value = serde_json::from_slice(&fs::read(folder.join("package.json"))?)?;
        let [version, licence] = ["version", "license"].map(|key| about[key].as_str().unwrap_or_default());
        writeln!(all, "=== {package} {version} ({licence})\n")?;
        for name in files {
            let path = folder.join(name);
            let text =
                fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
            all.push_str(lines.join("\n").trim_matches('\n'));
            all.push_str("\n\n");
        }
    }
    all.truncate(all.trim_end().len());
    all.push('\n');
    Ok(all)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let told = || format!("cannot copy {} to {}", from.display(), to.display());
    fs::copy(from, to).with_context(told).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_checked_in_is_what_the_source_makes() {
        run(&Options { check: true }).unwrap();
    }
}
