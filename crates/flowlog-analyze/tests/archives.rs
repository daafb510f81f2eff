//! Packed files and archives: the report is that of the files in them.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::Bench;
use flowlog_testkit::archives::{Member, bzip2, gzip, tar, xz, zip, zstd};
use flowlog_testkit::scenario::{Scenario, Volume};
use serde_json::Value;

fn scenario(seed: u64) -> Scenario {
    Scenario { seed, nics: 3, hours: 2, volume: Volume::Tuples(3_000), ..Scenario::default() }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// The logs of a bench: their names below it, and their bytes.
fn logs_of(bench: &Bench) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    files(&bench.logs(), &mut found);
    found.sort();
    let name = |path: &Path| path.strip_prefix(bench.logs()).unwrap().to_str().unwrap().replace('\\', "/");
    found.iter().map(|path| (name(path), fs::read(path).unwrap())).collect()
}

/// A report without the paths of its files, which differ; and these.
fn without_paths(mut report: Value) -> (Value, Vec<String>) {
    let rows = report["files"].as_array_mut().unwrap();
    let paths = rows.iter().map(|row| row["path"].as_str().unwrap().to_owned()).collect();
    for row in rows {
        row["path"] = Value::Null;
    }
    (report, paths)
}

#[test]
fn an_archive_in_any_packing_gives_the_report_of_its_files() {
    let (bench, _) = Bench::new().scenario(&scenario(7));
    let logs = logs_of(&bench);
    assert!(logs.len() > 3);
    let members: Vec<Member<'_>> = logs.iter().map(|(name, bytes)| (name.as_str(), &bytes[..])).collect();
    let plain = bench.json(&["logs"]);
    let expected = without_paths(plain.0).0;
    let archive = tar(&members);
    let forms = [
        ("a.zip", zip(&members)),
        ("a.tar.gz", gzip(&archive)),
        ("a.tgz", gzip(&archive)),
        ("a.tar.bz2", bzip2(&archive)),
        ("a.tar.xz", xz(&archive)),
        ("a.tar.zst", zstd(&archive)),
        ("a.tar", archive),
    ];
    for (name, bytes) in forms {
        let packed = Bench::new().file(name, bytes);
        for threads in ["1", "4"] {
            let (report, code) = packed.json(&["logs", "--threads", threads]);
            let (report, paths) = without_paths(report);
            assert_eq!(code, plain.1, "{name}");
            assert_eq!(paths[0], format!("logs{}{name}: {}", std::path::MAIN_SEPARATOR, members[0].0));
            // Rows of an archive stand in its order: that of the names here.
            assert_eq!(report, expected, "{name} on {threads}");
        }
    }
}

#[test]
fn packed_files_in_a_folder_and_in_an_archive_are_unpacked() {
    let (bench, _) = Bench::new().scenario(&scenario(8));
    let totals = bench.json(&["logs"]).0["totals"].clone();
    let mut packed = Bench::new();
    for (number, (name, bytes)) in logs_of(&bench).iter().enumerate() {
        let pack = [gzip, bzip2, xz, zstd][number % 4];
        let ending = ["gz", "bz2", "xz", "zst"][number % 4];
        packed = packed.file(&format!("{name}.{ending}"), pack(bytes));
    }
    assert_eq!(packed.json(&["logs"]).0["totals"], totals);
    let members = logs_of(&packed);
    let members: Vec<Member<'_>> = members.iter().map(|(name, bytes)| (name.as_str(), &bytes[..])).collect();
    assert_eq!(Bench::new().file("all.zip", zip(&members)).json(&["logs"]).0["totals"], totals);
}

#[test]
fn the_last_minutes_of_the_data_are_found_in_an_archive() {
    let (bench, _) = Bench::new().scenario(&scenario(9));
    let logs = logs_of(&bench);
    let members: Vec<Member<'_>> = logs.iter().map(|(name, bytes)| (name.as_str(), &bytes[..])).collect();
    let arguments = ["logs", "--last-of-data", "10m"];
    let chosen = |bench: &Bench| {
        let (report, code) = bench.json(&arguments);
        // Members are read whole, while files of other hours are not opened.
        let keys = ["tuples", "bytes_sent", "bytes_received", "first_time_ms", "last_time_ms"];
        (keys.map(|key| report["totals"][key].clone()), code)
    };
    assert_eq!(chosen(&Bench::new().file("a.zip", zip(&members))), chosen(&bench));
}

const GOOD: &str = r#"{"records":[{"time":"2026-01-15T08:01:05Z","macAddress":"000D3A000001","targetResourceID":"/x","flowRecords":{"flows":[{"aclID":"a","flowGroups":[{"rule":"r","flowTuples":["1768464001000,10.10.1.4,10.10.2.5,40001,8080,6,O,B,X,0,0,0,0"]}]}]}}]}"#;

fn errors(report: &Value) -> Vec<(String, String)> {
    let rows = report["files"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    rows.map(|row| (text(&row["path"]).replace("logs/", "").replace("logs\\", ""), text(&row["error"])))
        .collect()
}

#[test]
fn damage_is_told_of_the_member_and_the_rest_is_counted() {
    let good = GOOD.as_bytes();
    let archive = gzip(&tar(&[("1.json", good), ("2.json", good), ("readme.txt", b"x")]));
    let bench = Bench::new().file("cut.tgz", &archive[..archive.len() - 20]);
    let (report, code) = bench.json(&["logs"]);
    assert_eq!(code, 3);
    let errors = errors(&report);
    assert_eq!(errors[0], ("cut.tgz: 1.json".to_owned(), String::new()));
    let last = errors.last().unwrap();
    assert_eq!(last.0, "cut.tgz");
    assert!(last.1.starts_with("cannot be read"), "{errors:?}");
}

#[test]
fn an_archive_without_logs_ends_as_a_file_that_is_none() {
    let none = Bench::new().file("a.json", "{\"a\":1}").json(&["logs"]).1;
    let bench = Bench::new().file("a.zip", zip(&[("readme.txt", b"x"), (".hidden.json", b"{}")]));
    let (report, code) = bench.json(&["logs"]);
    assert_eq!(code, none);
    assert!(errors(&report)[0].1.contains("an archive without flow logs"), "{report}");
}

#[test]
fn a_tar_comes_through_a_pipe_and_a_zip_says_that_it_cannot() {
    let run = |bytes: Vec<u8>| {
        let output = Bench::new().command(&["--format", "json", "-"]).write_stdin(bytes).output().unwrap();
        (serde_json::from_slice::<Value>(&output.stdout).unwrap(), output.status.code().unwrap())
    };
    let members: [Member<'_>; 1] = [("1.json", GOOD.as_bytes())];
    let (report, code) = run(gzip(&tar(&members)));
    assert_eq!((report["totals"]["tuples"].as_u64(), code), (Some(1), 0));
    assert_eq!(errors(&report)[0].0, "-: 1.json");
    let (report, code) = run(zip(&members));
    assert!(errors(&report)[0].1.contains("only from a file of its own"), "{report}");
    assert_eq!(code, Bench::new().file("a.json", "{\"a\":1}").json(&["logs"]).1);
}

#[test]
fn anonymizing_an_archive_is_refused_and_nothing_is_written() {
    let bench = Bench::new().file("a.tgz", gzip(&tar(&[("1.json", GOOD.as_bytes())])));
    fs::write(bench.folder.path().join("key"), "ab".repeat(32)).unwrap();
    let run = bench.run(&["anonymize", "logs", "-o", "out", "--key", "key"]);
    assert_ne!(run.code(), 0);
    assert!(run.talk().contains("unpack it first"), "{}", run.talk());
    assert!(!bench.folder.path().join("out").join("a.json.gz").exists());
}
