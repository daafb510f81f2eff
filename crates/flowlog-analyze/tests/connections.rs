//! Connections one by one, against the generator's truth.

mod common;

use std::collections::BTreeMap;

use common::{Bench, names};
use flowlog_testkit::scenario::{Capture, Gap, Scenario, Volume};
use serde_json::Value;

fn scenario() -> Scenario {
    let gaps = vec![Gap { nic: 2, hour: 1 }];
    let volume = Volume::Tuples(30_000);
    Scenario { seed: 51, nics: 5, hours: 4, volume, gaps, capture: Capture::HalfBoth, ..Scenario::default() }
}

fn exported(bench: &Bench, arguments: &[&str], name: &str) -> String {
    let run = bench.run(&[&["logs", "--export-connections", name], arguments].concat());
    assert_eq!(run.code(), 0, "{}", run.talk());
    assert!(run.talk().contains(&format!("wrote {name}")), "{}", run.talk());
    std::fs::read_to_string(bench.folder.path().join(name)).unwrap()
}

fn ndjson(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_connection_is_written_once_with_its_outcome_and_sums() {
    let (bench, truth) = Bench::new().scenario(&scenario());
    let truth = truth.resolved.unwrap();
    let rows = ndjson(&exported(&bench, &[], "c.ndjson"));
    let number = |row: &Value, field: &str| row[field].as_u64().unwrap();
    let mut outcomes: BTreeMap<String, u64> = BTreeMap::new();
    for row in &rows {
        *outcomes.entry(row["outcome"].as_str().unwrap().to_owned()).or_default() +=
            number(row, "connections");
    }
    assert_eq!(outcomes, truth.outcomes);
    let sum = |field: &str| rows.iter().map(|row| number(row, field)).sum::<u64>();
    assert_eq!((sum("bytes_sent"), sum("bytes_received")), (truth.bytes_sent, truth.bytes_received));
    assert_eq!(sum("tuples"), truth.tuples);
    let twice: u64 = rows.iter().map(|row| (number(row, "logs") - 1) * number(row, "connections")).sum();
    assert_eq!(twice, truth.duplicate_connections);
    for row in &rows {
        let seen = |field: &str| row[field].is_string();
        match row["outcome"].as_str().unwrap() {
            "completed" | "refused" => assert!(seen("begin_time") && seen("end_time"), "{row}"),
            "began-before" => assert!(!seen("begin_time") && seen("end_time"), "{row}"),
            "open" => assert!(!seen("end_time"), "{row}"),
            "begun-only" => assert!(seen("begin_time") && !seen("end_time"), "{row}"),
            _ => {}
        }
        assert_eq!(row["mac"].as_str().unwrap().len(), 12);
    }
}

#[test]
fn both_forms_say_the_same_whatever_the_number_of_threads() {
    let (bench, _) = Bench::new().scenario(&scenario());
    let rows = ndjson(&exported(&bench, &["--threads", "1"], "one.ndjson"));
    let text = exported(&bench, &["--threads", "4"], "four.csv");
    let mut csv = csv::Reader::from_reader(text.as_bytes());
    let titles: Vec<String> = csv.headers().unwrap().iter().map(str::to_owned).collect();
    let mut sorted = titles.clone();
    sorted.sort();
    assert_eq!(sorted, rows[0].as_object().unwrap().keys().cloned().collect::<Vec<_>>());
    let mut count = 0;
    for (record, row) in csv.records().zip(&rows) {
        let record = record.unwrap();
        for (title, cell) in titles.iter().zip(record.iter()) {
            let value = match &row[title] {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            assert_eq!(cell, value, "{title} of row {count}");
        }
        count += 1;
    }
    assert_eq!(count, rows.len());
    assert_eq!(names(bench.folder.path()), ["four.csv", "logs", "one.ndjson"], "no part is left");
}

#[test]
fn without_resolving_each_nic_s_sighting_is_a_row() {
    let (bench, truth) = Bench::new().scenario(&scenario());
    let rows = ndjson(&exported(&bench, &["--no-dedup"], "raw.ndjson"));
    let tuples: u64 = rows.iter().map(|row| row["tuples"].as_u64().unwrap()).sum();
    assert_eq!(tuples, truth.totals.tuples);
    assert!(rows.iter().all(|row| row["logs"] == 1));
}

#[test]
fn a_name_that_says_no_form_and_a_folder_that_is_not_there_are_told_before_reading() {
    let bench = Bench::new().file("a.json", "{}");
    let slip = bench.run(&["logs", "--export-connections", "c.txt"]);
    assert_eq!(slip.code(), 2);
    assert!(slip.talk().contains("must end in .csv, .ndjson, .jsonl or .parquet"), "{}", slip.talk());
    let nowhere = bench.run(&["logs", "--export-connections", "none/c.csv"]);
    assert_eq!((nowhere.code(), nowhere.out().as_str()), (1, ""));
    assert!(nowhere.talk().contains("cannot write none"), "{}", nowhere.talk());
}

#[test]
fn rules_and_classes_are_those_of_the_flows() {
    let (bench, _) = Bench::new().scenario(&scenario());
    let rows = ndjson(&exported(&bench, &[], "all.ndjson"));
    let fields = ["rule", "nsg", "resource", "encryption", "source_class", "destination_class", "outcome"];
    let text = |row: &Value| fields.map(|field| row[field].as_str().unwrap().to_owned());
    let mut sums: BTreeMap<[String; 7], u64> = BTreeMap::new();
    for row in &rows {
        let denied = row["outcome"] == "denied";
        *sums.entry(text(row)).or_default() += if denied { 1 } else { row["connections"].as_u64().unwrap() };
    }
    let run = bench.run(&["flows", "logs", "--format", "ndjson", "--by", &fields.join(",")]);
    assert_eq!(run.code(), 0, "{}", run.talk());
    let told = ndjson(&run.out());
    let told: BTreeMap<[String; 7], u64> =
        told.iter().map(|row| (text(row), row["connections"].as_u64().unwrap())).collect();
    assert_eq!(sums, told);
    assert!(sums.len() > 20, "{}", sums.len());
}
