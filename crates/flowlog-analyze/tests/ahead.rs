//! Threads that read, decode, count and write rows of one NIC's logs side by side: what comes out is what one thread makes.

mod common;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use common::Bench;
use flate2::Compression;
use flate2::write::GzEncoder;
use flowlog_testkit::scenario::{Scenario, Volume};
use serde_json::Value;

/// One NIC's log as a file that is large enough to be read ahead, packed in two members, and how many tuples it holds.
fn bench() -> (Bench, u64) {
    let volume = Volume::Tuples(100_000);
    let (made, truth) =
        Bench::new().scenario(&Scenario { seed: 31, nics: 1, hours: 1, volume, ..Scenario::default() });
    let plain = fs::read(only_file(&made.logs())).unwrap();
    let (first, second) = plain.split_at(plain.len() / 3);
    let packed = [first, second].map(|part| {
        let mut out = GzEncoder::new(Vec::new(), Compression::fast());
        out.write_all(part).unwrap();
        out.finish().unwrap()
    });
    let packed = packed.concat();
    assert!(packed.len() > 1 << 20, "{} bytes are not read ahead", packed.len());
    (Bench::new().file("log.json", plain).file("log.json.gz", packed), truth.totals.tuples)
}

fn only_file(folder: &Path) -> PathBuf {
    let mut path = folder.to_owned();
    while path.is_dir() {
        let mut inside = fs::read_dir(&path).unwrap();
        let next = inside.next().unwrap().unwrap().path();
        assert!(inside.next().is_none());
        path = next;
    }
    path
}

#[test]
fn a_large_file_gives_the_same_report_and_the_same_rows_by_any_number_of_threads() {
    let (bench, tuples) = bench();
    let run = |file: &str, threads: &str| {
        let folder = format!("{threads}-{file}");
        let options = ["--format", "json", "--threads", threads, "--export-csv", "--output-path", &folder];
        let run = bench.run(&[&[&*format!("logs/{file}")], &options[..]].concat());
        assert_eq!(run.code(), 0, "{}", run.talk());
        let rows = fs::read_dir(bench.folder.path().join(folder)).unwrap().map(|entry| entry.unwrap().path());
        let rows = rows.filter(|path| path.to_str().unwrap().contains("Details")).map(fs::read);
        (run.out(), rows.collect::<Result<Vec<_>, _>>().unwrap().concat())
    };
    for file in ["log.json", "log.json.gz"] {
        let (report, rows) = run(file, "1");
        let counted = serde_json::from_str::<Value>(&report).unwrap()["totals"]["tuples"].as_u64();
        assert_eq!(counted, Some(tuples));
        let lines = rows.split_inclusive(|&byte| byte == b'\n').count() as u64;
        assert_eq!(lines, tuples + 1, "a row a tuple, and the header");
        for threads in ["2", "7"] {
            let same = run(file, threads);
            assert!(same.0 == report, "another report of {file} with {threads} threads");
            assert!(same.1 == rows, "other rows of {file} with {threads} threads");
        }
    }
}

#[test]
fn a_packed_file_that_breaks_off_is_told_with_what_was_read_before() {
    let (bench, _) = bench();
    let packed = fs::read(bench.logs().join("log.json.gz")).unwrap();
    let bench = bench.file("cut.json.gz", packed.get(..packed.len() / 2).unwrap());
    let (alone, code) = bench.json(&["logs/cut.json.gz", "--threads", "1"]);
    assert_eq!(code, 3);
    assert!(alone["totals"]["tuples"].as_u64().unwrap() > 10_000);
    assert!(alone["files"][0]["error"].is_string());
    assert_eq!(bench.json(&["logs/cut.json.gz", "--threads", "2"]), (alone, 3));
}
