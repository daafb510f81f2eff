//! What can be read only once (pipes, standard input under all its names), and what cannot be read at all.
#![cfg(unix)]

mod common;

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::process::Command;

use common::{Bench, names};
use flowlog_testkit::faults;
use serde_json::{Value, json};

/// 64 records of one tuple, a line each, 32 KiB together: more than a peek, less than a pipe holds. The NIC's last
/// digit is `nic`.
fn lines(nic: u8) -> String {
    let line = |number: u32| {
        let record = format!(
            "{{\"time\":\"2026-01-15T09:{:02}:02Z\",\"macAddress\":\"000D3A7B21C{nic}\",\"targetResourceID\":\"/x\",\
             \"flowRecords\":{{\"flows\":[{{\"aclID\":\"a\",\"flowGroups\":[{{\"rule\":\"r\",\"flowTuples\":[\
             \"17684676{number:02}000,10.0.0.{nic},10.0.0.9,{number},2,6,O,B,NX,0,0,0,0\"]}}]}}]}}}}",
            number % 60
        );
        format!("{record:<511}\n")
    };
    (0..64).map(line).collect()
}

/// Runs `script` in a shell that knows process substitution; `flowlog-analyze` is `$PROGRAM`. A run that waits for
/// ever is killed.
fn shell(bench: &Bench, script: &str) -> (Value, i32) {
    let output = Command::new("timeout")
        .args(["60", "bash", "-c", script])
        .current_dir(bench.logs())
        .env("PROGRAM", assert_cmd::cargo::cargo_bin("flowlog-analyze"))
        .env("XDG_CONFIG_HOME", "/nobody")
        .output()
        .unwrap();
    let talk = String::from_utf8_lossy(&output.stderr).into_owned();
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {talk}"));
    (report, output.status.code().unwrap())
}

fn counts(report: &Value) -> (u64, u64) {
    let number = |key: &str| report["totals"][key].as_u64().unwrap();
    (number("records"), number("tuples"))
}

#[test]
fn a_pipe_is_read_whole_whatever_it_is_called() {
    let bench = Bench::new().file("a", lines(1)).file("b", lines(2));
    for (script, records) in [
        ("$PROGRAM --format json <(cat a)", 64),
        ("$PROGRAM --format json <(cat a) <(cat b)", 128),
        ("$PROGRAM --format json <(cat a) b", 128),
        ("$PROGRAM --format json <(gzip -c a)", 64),
        ("cat a | $PROGRAM --format json /dev/stdin", 64),
        ("cat a | $PROGRAM --format json /dev/fd/0 -", 64),
        ("$PROGRAM --format json /dev/stdin < a", 64),
        ("cat a | $PROGRAM --format json - <(cat b)", 128),
        ("cat a | $PROGRAM --format json --threads 1 -", 64),
        ("$PROGRAM --format json /dev/fd/7 7< <(cat a)", 64),
        ("mkfifo p && (cat a > p & $PROGRAM --format json p; rm p)", 64),
        ("mkfifo p q && (cat a > p & cat b > q & $PROGRAM --format json p q; rm p q)", 128),
        ("mkfifo p && ln -s p link && (cat a > p & $PROGRAM --format json link ./p; rm p link)", 64),
        ("mkfifo p && (cat a > p & $PROGRAM --format json p --export-csv --output-path out; rm p)", 64),
    ] {
        let (report, code) = shell(&bench, script);
        assert_eq!((counts(&report), code), ((records, records), 0), "{script}");
    }
    assert_eq!(names(&bench.logs().join("out")).len(), 2);
}

#[test]
fn sets_to_compare_may_be_pipes() {
    let bench = Bench::new().file("a", lines(1)).file("b", lines(2));
    for script in [
        "$PROGRAM compare --format json <(cat a) <(cat b)",
        "cat a | $PROGRAM compare --format json /dev/stdin b",
        "mkfifo p && (cat a > p & $PROGRAM compare --format json p b; rm p)",
    ] {
        let (comparison, code) = shell(&bench, script);
        assert_eq!(code, 0, "{script}");
        assert_eq!(
            (&comparison["a"]["tuples"], &comparison["b"]["tuples"]),
            (&json!(64), &json!(64)),
            "{script}"
        );
    }
}

#[test]
fn what_is_there_but_cannot_be_read_is_a_row() {
    let good = faults::named("plain").unwrap().bytes;
    let bench = Bench::new().file("a.json", good).file("locked/b.json", "{}");
    let logs = bench.logs();
    symlink("gone.json", logs.join("dangling.json")).unwrap();
    symlink("loop.json", logs.join("loop.json")).unwrap();
    symlink("gone.md", logs.join("of no interest.md")).unwrap();
    assert!(Command::new("mkfifo").arg(logs.join("pipe.json")).status().unwrap().success());
    fs::set_permissions(logs.join("locked"), fs::Permissions::from_mode(0o000)).unwrap();
    for named in [&["."][..], &["a.json", "dangling.json", "locked", "loop.json"], &["*.json", "l*"]] {
        let (report, code) = analyse_as_nobody(&bench, named);
        assert_eq!((counts(&report), code), ((2, 6), 3), "{named:?}");
        let errors: Vec<String> = report["files"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|file| Some(format!("{}: {}", file["path"].as_str()?, file["error"].as_str()?)))
            .filter(|error| !error.contains("pipe.json"))
            .collect();
        let reasons = ["No such file", "Permission denied", "symbolic link"];
        assert_eq!(errors.len(), reasons.len(), "{errors:?}");
        assert!(errors.iter().zip(reasons).all(|(error, reason)| error.contains(reason)), "{errors:?}");
    }
    fs::set_permissions(logs.join("locked"), fs::Permissions::from_mode(0o755)).unwrap();
}

/// The analyser in the logs' folder. Whoever is root may read everything, and is somebody else for once.
fn analyse_as_nobody(bench: &Bench, named: &[&str]) -> (Value, i32) {
    const NOBODY: u32 = 65_534;
    let mut command = Command::new("timeout");
    let logs = bench.logs();
    let is_root = fs::metadata(&logs).unwrap().uid() == 0;
    let program = bench.folder.path().join("program");
    if !program.exists() {
        fs::copy(assert_cmd::cargo::cargo_bin("flowlog-analyze"), &program).unwrap();
    }
    fs::set_permissions(bench.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    command
        .env("XDG_CONFIG_HOME", "/nobody")
        .arg("60")
        .arg(program)
        .args(["--format", "json"])
        .args(named)
        .current_dir(&logs);
    if is_root {
        command.uid(NOBODY).gid(NOBODY);
    }
    // A named pipe among the names would be waited for.
    if named.contains(&"*.json") {
        fs::remove_file(logs.join("pipe.json")).unwrap();
    }
    let output = command.output().unwrap();
    let talk = String::from_utf8_lossy(&output.stderr).into_owned();
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {talk}"));
    (report, output.status.code().unwrap())
}
