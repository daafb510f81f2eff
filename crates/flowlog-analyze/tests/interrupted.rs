//! Runs that are told to end, or killed, in the middle of an export.
#![cfg(unix)]

mod common;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Child, ChildStdin, Stdio};
use std::thread;
use std::time::Duration;

use common::{Bench, names};
use flowlog_analyze::interrupt::is_ignored;
use flowlog_testkit::faults;
use rustix::process::{Pid, Signal, kill_process};

fn good() -> Vec<u8> {
    faults::named("plain").map_or_else(|| panic!("the kit has a plain file"), |fault| fault.bytes)
}

/// A run that exports to `out.csv` and two CSV files, and that waits for more of its standard input.
fn waiting(folder: &Path) -> (Child, ChildStdin) {
    begun(common::tool(), folder)
}

fn begun(mut tool: std::process::Command, folder: &Path) -> (Child, ChildStdin) {
    let mut child = tool
        .current_dir(folder)
        .args(["-", "--export-csv", "--export-connections", "out.csv"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(&good()).unwrap();
    input.flush().unwrap();
    for _ in 0..3000 {
        let csv = |name: &String| name.starts_with(".VNetFlowAnalysis_Details_");
        let details = names(folder).into_iter().any(|name| csv(&name) && has_parts(&folder.join(name)));
        if details && folder.join(".out.csv.flowlog-analyze").exists() {
            return (child, input);
        }
        thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    let end = child.wait_with_output().unwrap();
    panic!("the run has not begun to write: {:?}", String::from_utf8_lossy(&end.stderr));
}

fn has_parts(folder: &Path) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.into_iter().any(|entry| entry.file_name().to_string_lossy().starts_with("part"))
}

/// Signals that end a run, and its exit codes. A run that was begun with one of them ignored would wait for ever.
fn signals() -> [(Signal, i32); 2] {
    let signals = [(Signal::INT, 130), (Signal::TERM, 143)];
    for (signal, _) in signals {
        let deaf = is_ignored(signal.as_raw());
        assert!(!deaf, "{signal:?} is ignored here: run the tests in the foreground");
    }
    signals
}

fn send(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// A run over a good file, with the same exports.
fn run_after(bench: &Bench) -> String {
    let run = bench.run(&["logs", "--export-csv", "--export-connections", "out.csv"]);
    assert_eq!(run.code(), 0, "{}", run.talk());
    run.talk()
}

#[test]
fn a_run_that_is_told_to_end_leaves_nothing() {
    for (signal, code) in signals() {
        let folder = tempfile::tempdir().unwrap();
        let (child, input) = waiting(folder.path());
        send(&child, signal);
        let end = child.wait_with_output().unwrap();
        drop(input);
        assert_eq!(end.status.code(), Some(code));
        assert_eq!(String::from_utf8_lossy(&end.stderr), "interrupted: unfinished files are removed\n");
        assert!(end.stdout.is_empty());
        assert_eq!(names(folder.path()), Vec::<String>::new());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_a_script_runs_in_the_background_stays_deaf_to_ctrl_c() {
    let folder = tempfile::tempdir().unwrap();
    let mut shell = std::process::Command::new("sh");
    let tool = assert_cmd::cargo::cargo_bin("flowlog-analyze");
    shell.args(["-c", "trap '' INT; exec \"$0\" \"$@\""]).arg(tool).env("XDG_CONFIG_HOME", "/nobody");
    let (child, input) = begun(shell, folder.path());
    send(&child, Signal::INT);
    thread::sleep(Duration::from_millis(200));
    drop(input);
    let end = child.wait_with_output().unwrap();
    assert_eq!(end.status.code(), Some(0), "{}", String::from_utf8_lossy(&end.stderr));
    assert_eq!(names(folder.path()).len(), 3);
}

#[test]
fn a_run_without_exports_ends_with_the_same_codes() {
    let folder = tempfile::tempdir().unwrap();
    for (signal, code) in signals() {
        let mut child = common::tool()
            .current_dir(folder.path())
            .args(["-", "--threads", "1"])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        // More than a pipe holds: what is written last has been waited for by a tool that is reading.
        let block = good();
        for _ in 0..(2 << 20) / block.len() {
            input.write_all(&block).unwrap();
        }
        send(&child, signal);
        let end = child.wait_with_output().unwrap();
        assert_eq!(end.status.code(), Some(code));
        assert_eq!(String::from_utf8_lossy(&end.stderr), "interrupted\n");
    }
}

#[test]
fn what_a_killed_run_leaves_goes_with_the_next_run() {
    let bench = Bench::new().file("a.json", good());
    let folder = bench.folder.path();
    let (mut child, input) = waiting(folder);
    child.kill().unwrap();
    child.wait().unwrap();
    drop(input);
    assert_eq!(names(folder).iter().filter(|name| name.ends_with(".flowlog-analyze")).count(), 3);
    let talk = run_after(&bench);
    assert!(talk.starts_with("removed the parts of"), "{talk}");
    let left = names(folder);
    assert_eq!(left.len(), 4, "{left:?}");
    assert!(left.iter().all(|name| !name.starts_with('.')), "{left:?}");
    let text = fs::read_to_string(folder.join("out.csv")).unwrap();
    assert!(text.starts_with("first_time,") && text.lines().count() > 1);
}

#[test]
fn a_living_run_keeps_its_parts_and_goes_on() {
    let bench = Bench::new().file("a.json", good());
    let folder = bench.folder.path();
    let (child, input) = waiting(folder);
    let busy = bench.run(&["logs", "--export-connections", "out.csv"]);
    assert_eq!((busy.code(), busy.out().as_str()), (1, ""));
    assert!(busy.talk().contains("out.csv is being written by another run"), "{}", busy.talk());
    let beside = bench.run(&["logs", "--export-csv", "--export-connections", "other.csv"]);
    assert_eq!(beside.code(), 0, "{}", beside.talk());
    assert!(!beside.talk().contains("removed"), "{}", beside.talk());
    drop(input);
    let end = child.wait_with_output().unwrap();
    assert_eq!(end.status.code(), Some(0), "{}", String::from_utf8_lossy(&end.stderr));
    assert_eq!(fs::read(folder.join("out.csv")).unwrap(), fs::read(folder.join("other.csv")).unwrap());
    assert_eq!(names(folder).len(), 7, "{:?}", names(folder));
}

#[test]
fn what_only_looks_like_parts_stays() {
    let bench = Bench::new().file("a.json", good());
    let folder = bench.folder.path();
    let theirs = |name: &str, files: &[(&str, &str)]| {
        fs::create_dir(folder.join(name)).unwrap();
        for (file, text) in files {
            fs::write(folder.join(name).join(file), text).unwrap();
        }
    };
    theirs(".photos.flowlog-analyze", &[("part1", "mine"), ("whole", "mine")]);
    theirs(".notes.flowlog-analyze", &[("lock", "my own lock"), ("part1", "mine")]);
    theirs(".pipe.flowlog-analyze", &[("part1", "mine")]);
    rustix::fs::mknodat(
        rustix::fs::CWD,
        folder.join(".pipe.flowlog-analyze/lock"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RWXU,
        0,
    )
    .unwrap();
    std::os::unix::fs::symlink("logs", folder.join(".link.flowlog-analyze")).unwrap();
    // A dead run's folder into which somebody has put something of theirs.
    let (mut child, input) = waiting(folder);
    child.kill().unwrap();
    child.wait().unwrap();
    drop(input);
    fs::write(folder.join(".out.csv.flowlog-analyze/diary.txt"), "mine").unwrap();
    let talk = run_after(&bench);
    assert!(talk.contains("wrote out.csv"), "{talk}");
    for kept in [
        ".photos.flowlog-analyze/part1",
        ".photos.flowlog-analyze/whole",
        ".notes.flowlog-analyze/lock",
        ".notes.flowlog-analyze/part1",
        ".pipe.flowlog-analyze/part1",
        ".pipe.flowlog-analyze/lock",
        ".out.csv.flowlog-analyze/diary.txt",
        "logs/a.json",
    ] {
        assert!(folder.join(kept).exists(), "{kept}");
    }
    assert!(folder.join(".link.flowlog-analyze").is_symlink());
}

#[test]
fn what_stands_where_the_parts_should_go_is_told() {
    let bench = Bench::new().file("a.json", good());
    let (folder, place) = (bench.folder.path(), ".out.csv.flowlog-analyze");
    let in_the_way = || {
        let run = bench.run(&["logs", "--export-connections", "out.csv"]);
        assert_eq!((run.code(), run.out().as_str()), (1, ""));
        assert!(run.talk().contains(".out.csv.flowlog-analyze is in the way"), "{}", run.talk());
    };
    fs::write(folder.join(place), "mine").unwrap();
    in_the_way();
    assert_eq!(fs::read_to_string(folder.join(place)).unwrap(), "mine");
    fs::remove_file(folder.join(place)).unwrap();
    fs::create_dir(folder.join(place)).unwrap();
    fs::write(folder.join(place).join("lock"), "mine").unwrap();
    in_the_way();
    assert_eq!(fs::read_to_string(folder.join(place).join("lock")).unwrap(), "mine");
}
