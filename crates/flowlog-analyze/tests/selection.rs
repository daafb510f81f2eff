//! A part of time and filters, in every form of the program: what is told is of the tuples asked for, and of no others.

mod common;

use common::{Bench, names};
use flowlog_testkit::scenario::{Capture, Scenario, Volume};
use serde_json::Value;

/// 2026-01-15 08:00 UTC, when scenarios begin.
const HOUR_8: &str = "2026-01-15T08:00";

fn bench(seed: u64) -> Bench {
    let volume = Volume::Tuples(12_000);
    let scenario =
        Scenario { seed, nics: 5, hours: 4, volume, capture: Capture::HalfBoth, ..Scenario::default() };
    Bench::new().scenario(&scenario).0
}

/// The rows of the details, without the head, of a run with these options.
fn details(bench: &Bench, arguments: &[&str]) -> (String, Vec<String>) {
    let out = tempfile::tempdir().unwrap();
    let folder = out.path().to_str().unwrap();
    let run = bench.run(&[&["logs", "--export-csv", "--output-path", folder], arguments].concat());
    assert_eq!(run.code(), 0, "{}", run.talk());
    let name = names(out.path()).into_iter().find(|name| name.contains("Details")).unwrap();
    let text = std::fs::read_to_string(out.path().join(name)).unwrap();
    let mut lines = text.lines().map(str::to_owned);
    (lines.next().unwrap(), lines.collect())
}

/// Rows of all details that `wanted` picks by their cells.
fn picked(bench: &Bench, wanted: impl Fn(&dyn Fn(&str) -> String) -> bool) -> Vec<String> {
    let (head, rows) = details(bench, &[]);
    let heads: Vec<&str> = head.split(',').collect();
    let is_wanted = |row: &String| {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(row.as_bytes());
        let cells = reader.records().next().unwrap().unwrap();
        let cell = |name: &str| cells[heads.iter().position(|head| *head == name).unwrap()].to_owned();
        wanted(&cell)
    };
    rows.into_iter().filter(is_wanted).collect()
}

#[track_caller]
fn agree(bench: &Bench, arguments: &[&str], wanted: impl Fn(&dyn Fn(&str) -> String) -> bool) -> Value {
    let expected = picked(bench, wanted);
    assert!(!expected.is_empty());
    let (_, rows) = details(bench, arguments);
    assert!(rows == expected, "{} rows, {} expected", rows.len(), expected.len());
    let (report, code) = bench.json(&[&["logs"], arguments].concat());
    assert_eq!(code, 0);
    assert_eq!(report["totals"]["tuples"], expected.len());
    let timeline = report["timeline"].as_array().unwrap().iter();
    assert_eq!(timeline.map(|row| row["tuples"].as_u64().unwrap()).sum::<u64>(), expected.len() as u64);
    let rules = report["rules"].as_array().unwrap().iter();
    assert_eq!(rules.map(|row| row["tuples"].as_u64().unwrap()).sum::<u64>(), expected.len() as u64);
    report
}

#[test]
fn a_part_of_time_is_cut_by_the_tuples_own_times() {
    let bench = bench(51);
    let within = |cell: &dyn Fn(&str) -> String| {
        let time = cell("FlowTime");
        ("2026-01-15T09:10".to_owned().."2026-01-15T10:20".to_owned()).contains(&time)
    };
    let asked = ["--from", "2026-01-15T09:10", "--to", "2026-01-15T11:20+01:00"];
    let report = agree(&bench, &asked, within);
    // Hour 8 is not opened; hour 11 neither, since its first record is too late.
    let left_out = report["selection"]["files_left_out"].as_u64().unwrap();
    assert_eq!(left_out, 10, "{}", report["selection"]);
    assert_eq!(report["totals"]["files"], 10);
    // An hour that was cut is not unfinished, and what goes on outside is open or began before, not incomplete.
    assert_eq!(report["coverage"]["unfinished_ms"], Value::Null);
    let outcomes = report["connections"]["outcomes"].as_array().unwrap();
    let of = |name: &str| outcomes.iter().find(|row| row["outcome"] == name).unwrap()["connections"].as_u64();
    assert!(of("began-before") > Some(0) && of("open") > Some(0), "{outcomes:?}");
}

#[test]
fn the_first_record_of_the_next_hour_belongs_to_the_window() {
    let bench = bench(52);
    let within = |cell: &dyn Fn(&str) -> String| cell("FlowTime").as_str() < "2026-01-15T09:00";
    let report = agree(&bench, &["--to", "2026-01-15T09:00"], within);
    // No hour begins in the window but the first.
    assert!(report["coverage"]["hours"].as_u64() <= Some(2), "{}", report["coverage"]["hours"]);
    assert_eq!(report["selection"]["files_left_out"], 10);
}

#[test]
fn the_last_hour_of_the_data_ends_with_its_newest_tuple() {
    let bench = bench(53);
    let (whole, _) = bench.json(&["logs"]);
    let newest = whole["totals"]["last_time_ms"].as_i64().unwrap();
    let (report, _) = bench.json(&["logs", "--last-of-data", "30m"]);
    assert_eq!(report["totals"]["last_time_ms"], newest);
    assert_eq!(report["selection"]["from_ms"], newest - 1_800_000);
    assert!(report["totals"]["first_time_ms"].as_i64().unwrap() >= newest - 1_800_000);
    assert!(report["totals"]["tuples"].as_u64() < whole["totals"]["tuples"].as_u64());
}

#[test]
fn filters_of_every_field_choose_tuples() {
    let bench = bench(54);
    agree(&bench, &["--port", "443,53/udp"], |cell| {
        let port = cell("DestinationPort");
        port == "443" || (port == "53" && cell("Protocol") == "17")
    });
    agree(&bench, &["--outcome", "denied", "--direction", "in"], |cell| {
        cell("State") == "D" && cell("Direction").starts_with('I')
    });
    agree(&bench, &["--where", "not rule *AllowInternet* and src in 10.0.0.0/8"], |cell| {
        cell("SourceIP").starts_with("10.") && !cell("Rule").to_lowercase().contains("allowinternet")
    });
}

#[test]
fn whose_nic_it_is_and_how_connections_ended_do_not_depend_on_the_filter() {
    let bench = bench(55);
    let (whole, _) = bench.json(&["logs"]);
    let (part, _) = bench.json(&["logs", "--port", "443"]);
    assert_eq!(part["coverage"]["logs"], whole["coverage"]["logs"]);
    let passed = part["selection"]["tuples_left_out"].as_u64().unwrap();
    assert_eq!(
        passed + part["totals"]["tuples"].as_u64().unwrap(),
        whole["totals"]["tuples"].as_u64().unwrap()
    );
    for threads in ["1", "2", "7"] {
        assert_eq!(bench.json(&["logs", "--port", "443", "--threads", threads]).0, part);
    }
}

#[test]
fn comparisons_are_of_the_same_part_of_both_sets() {
    let bench = bench(56);
    let run = bench.run(&["compare", "logs", "logs", "--port", "22", "--from", HOUR_8, "--format", "json"]);
    assert_eq!(run.code(), 0, "{}", run.talk());
    let compared: Value = serde_json::from_str(&run.out()).unwrap();
    let (report, _) = bench.json(&["logs", "--port", "22"]);
    for set in ["a", "b"] {
        assert_eq!(compared[set]["tuples"], report["totals"]["tuples"]);
    }
}

#[test]
fn what_leaves_nothing_is_told() {
    let bench = bench(57);
    let told = |arguments: &[&str], code: i32| {
        let run = bench.run(&[&["logs"], arguments].concat());
        assert_eq!((run.code(), run.out().as_str()), (code, ""), "{}", run.talk());
        run.talk()
    };
    let other = told(&["--from", "2027-01-01"], 1);
    assert!(
        other.contains("no file is of that time: the folders' names go from 2026-01-15 08:00:00"),
        "{other}"
    );
    assert!(told(&["--from", "2026-01-16", "--to", "2026-01-15"], 2).contains("no time lies between them"));
    let pipe = bench.command(&["-", "--last-of-data", "1h"]).write_stdin("").output().unwrap();
    assert_eq!(pipe.status.code(), Some(1));
}
