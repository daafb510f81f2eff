//! Runs that are killed, or run out of disk, while rows go through a temporary file.
#![cfg(target_os = "linux")]

mod common;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use common::{Bench, Run, names};
use flowlog_testkit::scenario::{Behaviour, Scenario, Volume};

const LIMITED: [&str; 4] = ["--max-memory", "16MiB", "--temp-dir", "temporary"];

fn bench() -> Bench {
    let volume = Volume::Tuples(250_000);
    let scenario = Scenario { seed: 12, nics: 6, hours: 5, volume, ..Scenario::default() };
    let (bench, _) = Bench::new().scenario(&scenario);
    fs::create_dir(bench.folder.path().join("temporary")).unwrap();
    bench
}

/// Bytes in open files of the process that have no name and are in `folder`.
fn nameless(child: &Child, folder: &Path) -> u64 {
    let open = fs::read_dir(format!("/proc/{}/fd", child.id())).into_iter().flatten().flatten();
    let of = |entry: fs::DirEntry| {
        let target = fs::read_link(entry.path()).ok()?;
        let is_nameless = target.starts_with(folder) && target.to_string_lossy().ends_with(" (deleted)");
        is_nameless.then(|| fs::metadata(entry.path()).map_or(0, |file| file.len()))
    };
    open.filter_map(of).sum()
}

#[test]
fn a_run_that_is_killed_while_rows_go_to_disk_leaves_nothing() {
    let bench = bench();
    let folder = bench.folder.path().canonicalize().unwrap();
    let temporary = folder.join("temporary");
    let mut child = common::tool()
        .current_dir(&folder)
        .args(["-", "--format", "json"])
        .args(LIMITED)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // All logs are read, and it waits for more.
    let mut input = child.stdin.take().unwrap();
    for entry in walkdir(&folder.join("logs")) {
        input.write_all(&fs::read(entry).unwrap()).unwrap();
        input.write_all(b"\n").unwrap();
    }
    let mut bytes = 0;
    for _ in 0..3000 {
        bytes = nameless(&child, &temporary);
        if bytes > 0 {
            break;
        }
        thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(bytes > 0, "rows went to disk before it was killed");
    assert_eq!(names(&temporary), [""; 0], "nothing is left");
    let after = bench.run(&[&["logs", "--format", "json"][..], &LIMITED].concat());
    assert_eq!(after.code(), 0, "{}", after.talk());
    assert!(after.talk().contains("went through temporary files in temporary"), "{}", after.talk());
    assert!(after.out() == bench.run(&["logs", "--format", "json"]).out());
}

/// Logs of which much is kept for findings, with so large a share of the internet's noise.
fn busy(noise: f64) -> Bench {
    let volume = Volume::Tuples(600_000);
    let behaviours = Behaviour::ALL.to_vec();
    let settings = Scenario { seed: 5, nics: 6, hours: 12, volume, noise, behaviours, ..Scenario::default() };
    let (bench, _) = Bench::new().scenario(&settings);
    fs::create_dir(bench.folder.path().join("temporary")).unwrap();
    bench
}

fn report(bench: &Bench, more: &[&str]) -> Run {
    let run = bench.run(&[&["logs", "--format", "json", "--temp-dir", "temporary"], more].concat());
    assert_eq!(run.code(), 0, "{}", run.talk());
    run
}

#[test]
fn what_findings_are_made_from_goes_to_disk_and_changes_no_byte() {
    for noise in [0.0, 0.6] {
        let bench = busy(noise);
        let whole = report(&bench, &[]);
        assert!(!whole.talk().contains("temporary files"), "{}", whole.talk());
        for threads in ["1", "2"] {
            let limited = report(&bench, &["--threads", threads, "--max-memory", "16MiB"]);
            assert!(limited.out() == whole.out(), "{threads} threads");
            written(&limited.talk());
        }
        assert_eq!(names(&bench.folder.path().join("temporary")), [""; 0], "nothing is left");
    }
}

/// Of several threads, chance decides how well rows pack; and the noise is kept for the report, too.
#[test]
fn more_goes_to_disk_if_findings_are_looked_for() {
    let bench = busy(0.0);
    let limit = ["--threads", "1", "--max-memory", "16MiB"];
    let all = written(&report(&bench, &limit).talk());
    let rows = written(&report(&bench, &[&limit[..], &["--no-findings"]].concat()).talk());
    assert!(all > rows, "{all} MiB, {rows} MiB of rows");
}

/// The number of MiB that went through temporary files.
fn written(talk: &str) -> f64 {
    let told = talk.split("memory limit reached: ").nth(1).and_then(|rest| rest.split(" MiB went").next());
    told.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("{talk}"))
}

/// All files below `folder`.
fn walkdir(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walkdir(&path) } else { vec![path] }).collect()
}

#[test]
fn a_disk_without_room_is_told_and_nothing_is_left_of_the_rows() {
    let bench = bench();
    // The kernel refuses every byte beyond the limit, as a full disk does; the signal that comes with it is ignored.
    let limited = LIMITED.join(" ");
    let run =
        bench.shell(&format!("trap '' XFSZ; ulimit -f 16; exec \"$PROGRAM\" logs --format json {limited}"));
    let talk = run.talk();
    assert_eq!((run.code(), run.out().len()), (1, 0), "{talk}");
    assert!(talk.contains("cannot keep rows in a temporary file in temporary: "), "{talk}");
    assert!(talk.contains("\nhint: --temp-dir names another folder"), "{talk}");
    assert_eq!(names(&bench.folder.path().join("temporary")), [""; 0], "nothing is left");
}
