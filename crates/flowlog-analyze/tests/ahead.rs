//! Threads that read, decode, count and write rows of one NIC's logs side by side, and of one NIC's after the other's: what
//! comes out is what one thread makes.

mod common;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use common::{Bench, hour_of};
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

/// The record of NIC number `nic`, with so many tuples.
fn record(nic: usize, tuples: usize) -> String {
    let tuple = |n: usize| {
        format!(
            r#""{},10.0.0.{nic},10.1.{}.4,{},443,6,O,B,NX,,,,""#,
            1_764_556_200_000_u64 + n as u64,
            n % 200,
            1024 + n
        )
    };
    let tuples: Vec<String> = (0..tuples).map(tuple).collect();
    let document =
        hour_of("/s/nsg", &[("allow", &tuples)]).replace("000D3A000001", &format!("000D3A00000{nic}"));
    let record = document.strip_prefix(r#"{"records":["#).and_then(|rest| rest.strip_suffix("]}"));
    record.unwrap().to_owned()
}

#[test]
fn rows_stand_in_the_order_of_nics_by_any_number_of_threads() {
    let file = |records: &[String]| format!(r#"{{"records":[{}]}}"#, records.join(","));
    let bench = Bench::new()
        .file("a.json", file(&[record(3, 4000)]))
        .file("b.json", file(&[record(1, 10)]))
        .file("c.json", file(&[record(2, 1500)]))
        .file("none.json", "{}");
    let rows = |bench: &Bench, round: &str, threads: &str| {
        let details = format!("{round}-{threads}-details");
        let tuples = format!("{round}-{threads}.csv");
        let run = bench.run(
            &[
                &["logs", "--threads", threads, "--export-csv", "--output-path", &details][..],
                &["--export-tuples", &tuples],
            ]
            .concat(),
        );
        assert_eq!(run.code(), 3, "{}", run.talk());
        let name = common::names(&bench.folder.path().join(&details))
            .into_iter()
            .find(|name| name.contains("Details"));
        [format!("{details}/{}", name.unwrap()), tuples]
            .map(|name| fs::read_to_string(bench.folder.path().join(name)).unwrap())
    };
    let one = rows(&bench, "first", "1");
    for text in &one {
        let nics: Vec<_> = text
            .lines()
            .skip(1)
            .map(|line| line.split(',').find(|cell| cell.starts_with("000D")).unwrap())
            .collect();
        assert_eq!(nics.len(), 5510);
        assert!(nics.is_sorted());
        assert!(
            !text.lines().skip(1).any(|line| line.contains("MAC,") || line.contains("mac,")),
            "one header"
        );
    }
    for threads in ["2", "4", "5", "9"] {
        assert!(rows(&bench, "first", threads) == one, "other rows with {threads} threads");
    }
    // One file of two NICs lets all be read again.
    let bench = bench.file("d.json", file(&[record(3, 1), record(1, 2)]));
    let one = rows(&bench, "second", "1");
    assert!(one.iter().all(|text| text.lines().count() == 5514));
    for threads in ["2", "5"] {
        assert!(
            rows(&bench, "second", threads) == one,
            "other rows with {threads} threads of a file of two NICs"
        );
    }
}
