//! docs/scripts/keep-states.sh, as docs/continuous.md has it run every hour: the states' report is that of the tree.
#![cfg(target_os = "linux")]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::SystemTime;

use assert_cmd::Command;
use common::Bench;
use flowlog_core::blob_path::{Form, LocalName};
use flowlog_testkit::scenario::{Scenario, Volume};

/// The blobs of three days in the names that flowlog-download gives them, and what is put aside for later.
struct Tree {
    bench: Bench,
    blobs: Vec<(String, Vec<u8>)>,
}

impl Tree {
    fn new() -> Self {
        let scenario = Scenario {
            seed: 8,
            start_ms: 1_768_435_200_000,
            nics: 2,
            hours: 60,
            volume: Volume::Tuples(6_000),
            ..Scenario::default()
        };
        let mut blobs = Vec::new();
        let truth = scenario.generate(|blob| {
            blobs.push((LocalName::new(blob.name).path(Form::Full, ""), blob.bytes.to_vec()));
            Ok::<(), std::convert::Infallible>(())
        });
        truth.unwrap();
        assert!(blobs.len() > 100);
        let bench = Bench::new();
        fs::create_dir(bench.folder.path().join("bin")).unwrap();
        std::os::unix::fs::symlink(
            assert_cmd::cargo::cargo_bin("flowlog-analyze"),
            bench.folder.path().join("bin/flowlog-analyze"),
        )
        .unwrap();
        Self { bench, blobs }
    }

    /// Downloads the blobs whose place begins so.
    fn arrive(&self, wanted: impl Fn(&str) -> bool) {
        for (name, bytes) in self.blobs.iter().filter(|(name, _)| wanted(name)) {
            let path = self.bench.logs().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }

    /// Runs the script at a time when this is the newest closed hour; returns the states there are then.
    fn keep(&self, closed: &str) -> Vec<String> {
        let date = self.bench.folder.path().join("bin/date");
        fs::write(&date, format!("#!/bin/sh\necho {closed}\n")).unwrap();
        fs::set_permissions(&date, fs::Permissions::from_mode(0o755)).unwrap();
        let path =
            format!("{}:{}", self.bench.folder.path().join("bin").display(), std::env::var("PATH").unwrap());
        Command::new("sh")
            .arg(common::project().join("docs/scripts/keep-states.sh"))
            .args(["logs", "states"])
            .current_dir(self.bench.folder.path())
            .env("PATH", path)
            .env("XDG_CONFIG_HOME", "/nobody")
            .env("HOME", "/nobody")
            .assert()
            .success();
        self.states()
            .iter()
            .map(|path| path.strip_prefix(self.folder()).unwrap().display().to_string())
            .collect()
    }

    fn folder(&self) -> PathBuf {
        self.bench.folder.path().join("states")
    }

    fn states(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for folder in [self.folder(), self.folder().join("hours")] {
            let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
            found.extend(paths.filter(|path| path.extension().is_some_and(|ending| ending == "flowstate")));
        }
        found.sort();
        found
    }

    fn written(&self) -> Vec<SystemTime> {
        let written = |path: PathBuf| fs::metadata(path).unwrap().modified().unwrap();
        self.states().into_iter().map(written).collect()
    }

    /// The report of all states is that of these folders of the tree.
    fn same(&self, folders: &[&str]) {
        let states: Vec<String> = self.states().iter().map(|path| path.display().to_string()).collect();
        let states: Vec<&str> = states.iter().map(String::as_str).collect();
        let merged = self.bench.printed(&[&["merge", "--format", "json"], &states[..]].concat());
        let whole = self.bench.printed(&[&["--format", "json"], folders].concat());
        assert!(merged == whole, "{states:?}");
    }
}

#[test]
fn an_hourly_run_keeps_the_states_of_closed_hours_and_of_days_that_are_over() {
    let tree = Tree::new();
    let late = |name: &str| name.starts_with("2026-01-15/07");
    // Half past ten: the blobs of the hour grow, and some of seven o'clock are not there.
    tree.arrive(|name| name < "2026-01-15/11" && !late(name));
    let states = tree.keep("2026-01-15T09");
    assert_eq!(states.len(), 9, "{states:?}");
    assert_eq!(states.last().unwrap(), "hours/2026-01-15T09.flowstate");
    let before = tree.written();
    assert_eq!(tree.keep("2026-01-15T09").len(), 9);
    assert_eq!(tree.written(), before, "nothing is done twice");
    // In the night.
    tree.arrive(|name| name < "2026-01-16/03" && !late(name) && name >= "2026-01-15/11");
    let states = tree.keep("2026-01-16T01");
    let expected = ["2026-01-15.flowstate", "hours/2026-01-16T00.flowstate", "hours/2026-01-16T01.flowstate"];
    assert_eq!(states, expected);
    tree.same(&["logs/2026-01-15", "logs/2026-01-16/00", "logs/2026-01-16/01"]);
    // What came late belongs into the day's state.
    tree.arrive(late);
    assert_eq!(tree.keep("2026-01-16T01"), expected);
    tree.same(&["logs/2026-01-15", "logs/2026-01-16/00", "logs/2026-01-16/01"]);
    // A machine that was off for a day.
    tree.arrive(|name| name >= "2026-01-16/03");
    let states = tree.keep("2026-01-17T12");
    assert_eq!(states.len(), 2 + 12, "{states:?}");
    tree.same(&["logs"]);
    let before = tree.written();
    tree.keep("2026-01-17T12");
    assert_eq!(tree.written(), before);
}
