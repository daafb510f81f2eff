//! `cargo xtask instructions`: what a tuple costs in processor instructions, phase by phase.
//!
//! Runs the whole report under valgrind's callgrind over a small generated set of each kind. Instructions
//! are the same on a busy machine and on an idle one; what waits for memory they do not show.

mod callgrind;
mod phases;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, io};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use crate::bench;
use crate::shell::{built, cargo, target};
use callgrind::Profile;
use phases::Shares;

/// Small as the sets are, their records are full: few NICs and hours.
const SETS: [(&str, &[&str]); 2] = [
    ("small-own", &["--seed=7", "--hours=3", "--nics=6"]),
    ("small-noise", &["--seed=7", "--hours=1", "--nics=12", "--noise=0.125"]),
];

#[derive(Args)]
pub(crate) struct Options {
    /// Size of each set; callgrind takes about a second a megabyte
    #[arg(long, default_value = "20MB", value_name = "SIZE")]
    size: String,
}

/// Prints the table on standard output and says to `talk` what takes its time.
pub(crate) fn run(options: &Options, talk: &mut impl Write) -> Result<()> {
    ensure!(
        valgrind_is_there(),
        "valgrind is not installed\nhint: install it with the system's packages, such as apt-get install valgrind"
    );
    writeln!(talk, "building flowlog-analyze with symbols, and flowlog-generate")?;
    cargo(&["build", "--quiet", "--profile=profiling", "--locked", "--package=flowlog-analyze", "--bins"])?;
    cargo(&["build", "--quiet", "--release", "--locked", "--package=flowlog-testkit", "--bins"])?;
    let (analyze, generator) =
        (built("profiling", "flowlog-analyze")?, built("release", "flowlog-generate")?);
    let scratch = target()?.join("bench");
    fs::create_dir_all(&scratch).with_context(|| format!("cannot create {}", scratch.display()))?;
    let mut out = io::stdout();
    for (name, how) in SETS {
        let set = bench::generate(&generator, &scratch, name, how, &options.size, talk)?;
        writeln!(talk, "counting ({name})")?;
        let (tuples, shares) = count(&analyze, &set, &scratch)?;
        writeln!(out, "{}", table(name, tuples, &shares))?;
    }
    Ok(())
}

fn valgrind_is_there() -> bool {
    let asked =
        Command::new("valgrind").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    asked.is_ok_and(|status| status.success())
}

/// The set's tuples, and the instructions of its whole default report on one thread.
fn count(analyze: &Path, set: &Path, scratch: &Path) -> Result<(u64, Shares)> {
    let truth = set.join("truth.json");
    let truth = fs::read(&truth).with_context(|| format!("cannot read {}", truth.display()))?;
    let truth: serde_json::Value = serde_json::from_slice(&truth)?;
    let wanted = truth["totals"]["tuples"].as_u64().context("a truth file without tuples")?;
    let profile: PathBuf = scratch.join("callgrind.out");
    let mut command = Command::new("valgrind");
    command
        .args(["--quiet", "--tool=callgrind"])
        .arg(format!("--callgrind-out-file={}", profile.display()))
        .arg(analyze)
        .args(["--format", "json", "--quiet", "--threads", "1"])
        .arg(set.join("container"));
    let run = command.stderr(Stdio::inherit()).output().context("valgrind cannot be started")?;
    if !run.status.success() {
        bail!("valgrind failed: {}", run.status);
    }
    let report: serde_json::Value = serde_json::from_slice(&run.stdout)?;
    let tuples = report["totals"]["tuples"].as_u64().unwrap_or_default();
    ensure!(tuples == wanted, "{tuples} tuples were counted, and there are {wanted}");
    let text = fs::read_to_string(&profile).with_context(|| format!("cannot read {}", profile.display()))?;
    let profile = Profile::read(&text).context("a profile that is not understood")?;
    let shares = phases::shares(&profile);
    let sum: f64 = shares.iter().map(|(_, instructions)| instructions).sum();
    // Counts are far below 2^53.
    #[allow(clippy::cast_precision_loss)]
    let total = profile.total as f64;
    ensure!(
        (sum - total).abs() <= total / 1e6,
        "the phases sum up to {sum:.0}, and there are {total} instructions"
    );
    Ok((tuples, shares))
}

fn table(name: &str, tuples: u64, shares: &Shares) -> String {
    let total: f64 = shares.iter().map(|(_, instructions)| instructions).sum();
    // Counts are far below 2^53.
    #[allow(clippy::cast_precision_loss)]
    let row = |phase: &str, instructions: f64| {
        format!("| {phase} | {:.0} | {:.1} % |\n", instructions / tuples as f64, 100.0 * instructions / total)
    };
    let rows: String = shares.iter().map(|(phase, instructions)| row(phase, *instructions)).collect();
    let head = "| | instructions a tuple | |\n|---|---|---|\n";
    format!("{name}: {tuples} tuples\n\n{head}{rows}{}", row("all", total))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::{SETS, count, phases::REST, valgrind_is_there};
    use crate::shell::built;
    use crate::{bench, demo};

    #[test]
    fn every_phase_has_its_share_and_they_add_up() {
        if !valgrind_is_there() {
            writeln!(std::io::stderr(), "skipped: valgrind is not installed, so no instructions are counted")
                .unwrap();
            return;
        }
        demo::build().unwrap();
        crate::shell::cargo(&["build", "--quiet", "--package=flowlog-testkit", "--bins"]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let generator = built("debug", "flowlog-generate").unwrap();
        for (name, how) in SETS {
            let talk = &mut std::io::sink();
            let set = bench::generate(&generator, folder.path(), name, how, "1MB", talk).unwrap();
            let (_, shares) =
                count(&built("debug", "flowlog-analyze").unwrap(), &set, folder.path()).unwrap();
            let total: f64 = shares.iter().map(|(_, instructions)| instructions).sum();
            for (phase, instructions) in &shares {
                assert!(*phase == REST || instructions / total > 0.001, "{name}: {phase} of {shares:?}");
            }
            let rest = shares.iter().find(|(phase, _)| *phase == REST).unwrap().1;
            assert!(rest / total < 0.2, "{name}: {shares:?}");
        }
    }
}
