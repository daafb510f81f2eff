//! Precision and recall of each detector on generated sets whose truth is known.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Write, stdout};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};
use serde_json::Value;

use crate::shell::{cargo, run, target};

#[derive(Default)]
struct Score {
    found: u64,
    missed: u64,
    wrong: u64,
}

/// What a set holds beside the background: its name, and options of the generator.
type Set = (&'static str, &'static [&'static str]);

/// Behaviours among harmless things that look alike.
const WITH: Set = ("behaviours", &["--behaviours", "3", "--harmless", "3"]);
/// Harmless things alone: flow logs of virtual networks, and with some NSG flow logs of stateless rules.
const WITHOUT: [Set; 2] = [
    ("benign", &["--behaviours", "0", "--harmless", "3"]),
    ("benign-stateless", &["--behaviours", "0", "--harmless", "3", "--stateless-nics", "12"]),
];

/// Scores the seeds `first..first + seeds`, and the same seeds without any behaviour.
pub(crate) fn run_seeds(first: u64, seeds: u64) -> anyhow::Result<()> {
    cargo(&["build", "--release", "-p", "flowlog-analyze", "-p", "flowlog-testkit"])?;
    let mut scores: BTreeMap<String, Score> = BTreeMap::new();
    let mut out = stdout().lock();
    let mut alarms = 0;
    for seed in first..first + seeds {
        let (truth, found) = one(seed, WITH)?;
        let required: BTreeSet<_> =
            truth.iter().filter(|(_, required)| **required).map(|(key, _)| key).collect();
        for key in &required {
            let score = scores.entry(key.0.clone()).or_default();
            if found.contains_key(*key) {
                score.found += 1;
            } else {
                score.missed += 1;
                writeln!(out, "seed {seed}: missed {} {}", key.0, key.1)?;
            }
        }
        for (key, severity) in found.iter().filter(|(key, _)| !truth.contains_key(*key)) {
            scores.entry(key.0.clone()).or_default().wrong += 1;
            writeln!(out, "seed {seed}: wrong {severity} {} {}", key.0, key.1)?;
        }
        for set in WITHOUT {
            let (_, benign) = one(seed, set)?;
            for (key, severity) in
                benign.iter().filter(|(_, severity)| !matches!(severity.as_str(), "low" | "info"))
            {
                alarms += 1;
                writeln!(out, "seed {seed}, {}: {severity} {} {}", set.0, key.0, key.1)?;
            }
        }
    }
    writeln!(
        out,
        "{:<20} {:>6} {:>6} {:>6} {:>9} {:>7}",
        "rule", "found", "missed", "wrong", "precision", "recall"
    )?;
    for (rule, score) in &scores {
        let share = |part: u64, rest: u64| part as f64 / (part + rest).max(1) as f64;
        let (precision, recall) = (share(score.found, score.wrong), share(score.found, score.missed));
        let Score { found, missed, wrong } = score;
        writeln!(out, "{rule:<20} {found:>6} {missed:>6} {wrong:>6} {precision:>9.3} {recall:>7.3}")?;
    }
    writeln!(out, "findings of medium severity or above on {} sets without behaviours: {alarms}", 2 * seeds)?;
    Ok(())
}

type Key = (String, String);

/// The truth (whether each is required) and the findings (their severity) of one set.
fn one(seed: u64, (name, options): Set) -> anyhow::Result<(BTreeMap<Key, bool>, BTreeMap<Key, String>)> {
    let folder = target()?.join("score").join(format!("{seed}-{name}"));
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    let bin = target()?.join("release");
    run(Command::new(bin.join("flowlog-generate"))
        .args(["--plants", "0", "--nics", "60", "--hours", "30", "--tuples", "1500000"])
        .args(["--internal-hosts", "3000", "--internet-hosts", "5000"])
        .args(options)
        .args(["--seed", &seed.to_string(), "--out"])
        .arg(&folder)
        .stdout(std::process::Stdio::null()))?;
    let output = Command::new(bin.join("flowlog-analyze"))
        .args(["--quiet", "--format", "json"])
        .arg(folder.join("container"))
        .output()?;
    if !output.status.success() {
        bail!("flowlog-analyze failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    let report: Value = serde_json::from_slice(&output.stdout)?;
    let truth: Value = serde_json::from_str(&fs::read_to_string(folder.join("truth.json"))?)?;
    remove(&folder)?;
    let mut right = BTreeMap::new();
    for row in rows(&truth, "behaviours") {
        *right.entry(key(row)).or_insert(false) |= row["required"].as_bool().unwrap_or_default();
    }
    let severity = |row: &Value| row["severity"].as_str().unwrap_or_default().to_owned();
    let found = rows(&report, "findings").iter().map(|row| (key(row), severity(row))).collect();
    Ok((right, found))
}

fn rows<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn key(row: &Value) -> Key {
    let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
    (text("rule"), text("entity"))
}

fn remove(folder: &Path) -> anyhow::Result<()> {
    fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))
}
