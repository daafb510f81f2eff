//! Tuples one by one, against the generator's truth and the report.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::process::Stdio;

use common::{Bench, names};
use flowlog_testkit::scenario::{Capture, Scenario, Volume};
use serde_json::Value;

fn bench() -> Bench {
    let volume = Volume::Tuples(20_000);
    let capture = Capture::HalfBoth;
    Bench::new().scenario(&Scenario { seed: 91, nics: 5, hours: 3, volume, capture, ..Scenario::default() }).0
}

fn ndjson(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn sum(rows: &[Value], field: &str) -> u64 {
    rows.iter().map(|row| row[field].as_u64().unwrap_or(0)).sum()
}

fn counts(rows: &[Value], fields: &[&str]) -> BTreeMap<Vec<String>, u64> {
    let mut counts = BTreeMap::new();
    for row in rows {
        let key = fields.iter().map(|field| row[*field].as_str().unwrap_or_default().to_owned()).collect();
        *counts.entry(key).or_default() += 1;
    }
    counts
}

/// The report's numbers, made of the rows.
fn agree(rows: &[Value], report: &Value) {
    let totals = &report["totals"];
    assert_eq!(rows.len() as u64, totals["tuples"].as_u64().unwrap());
    for field in ["packets_sent", "bytes_sent", "packets_received", "bytes_received"] {
        assert_eq!(sum(rows, field), totals[field].as_u64().unwrap(), "{field}");
    }
    for (field, list) in [("state", "states"), ("direction", "directions"), ("encryption", "encryption")] {
        let told = report[list].as_object().unwrap();
        let told: BTreeMap<Vec<String>, u64> = told
            .iter()
            .map(|(key, number)| (vec![key.clone()], number.as_u64().unwrap()))
            .filter(|(_, number)| *number > 0)
            .collect();
        assert_eq!(counts(rows, &[field]), told, "{list}");
    }
    let decisions = counts(rows, &["decision"]);
    let denied = decisions.get(&vec!["denied".to_owned()]).copied().unwrap_or(0);
    assert_eq!(denied, report["states"]["D"].as_u64().unwrap());
}

#[test]
fn every_tuple_is_a_row_and_the_rows_make_the_report() {
    let bench = bench();
    let (report, _) = bench.json(&["logs"]);
    let run = bench.run(&["logs", "--export-tuples", "t.ndjson"]);
    assert_eq!(run.code(), 0, "{}", run.talk());
    assert!(run.talk().contains("wrote t.ndjson"), "{}", run.talk());
    let rows = ndjson(&fs::read_to_string(bench.folder.path().join("t.ndjson")).unwrap());
    agree(&rows, &report);
    assert!(report["resolved"]["duplicate_tuples"].as_u64().unwrap() > 0);
    let rules = report["rules"].as_array().unwrap();
    let plain = |rule: &str| rule.replace("UserRule_", "").replace("DefaultRule_", "");
    let told: BTreeMap<Vec<String>, u64> = rules
        .iter()
        .map(|row| {
            let text = |field: &str| row[field].as_str().unwrap().to_owned();
            (vec![text("acl"), plain(&text("rule"))], row["tuples"].as_u64().unwrap())
        })
        .collect();
    assert_eq!(counts(&rows, &["nsg", "rule"]), told);
    let files = report["files"].as_array().unwrap().iter();
    let told: BTreeMap<Vec<String>, u64> = files
        .map(|row| (vec![row["path"].as_str().unwrap().to_owned()], row["tuples"].as_u64().unwrap()))
        .collect();
    assert_eq!(counts(&rows, &["file"]), told);
    let macs = counts(&rows, &["mac"]);
    assert_eq!(macs.len() as u64, report["totals"]["unique_nics"].as_u64().unwrap());
}

#[test]
fn rows_are_those_of_the_filter_and_of_the_details_whatever_the_number_of_threads() {
    let bench = bench();
    let chosen = ["logs", "--port", "443", "--last-of-data", "90m"];
    let (report, _) = bench.json(&chosen);
    let threads = |number: &'static str, name: &'static str| {
        let run = bench.run(&[&chosen[..], &["--export-tuples", name, "--threads", number]].concat());
        assert_eq!(run.code(), 0, "{}", run.talk());
        fs::read_to_string(bench.folder.path().join(name)).unwrap()
    };
    let text = threads("1", "one.csv");
    for (number, name) in [("2", "two.csv"), ("7", "seven.csv")] {
        assert!(threads(number, name) == text, "{number}");
    }
    let run = bench.run(&[&chosen[..], &["--export-csv", "--export-tuples", "t.ndjson"]].concat());
    assert_eq!(run.code(), 0, "{}", run.talk());
    let rows = ndjson(&fs::read_to_string(bench.folder.path().join("t.ndjson")).unwrap());
    assert!(rows.len() > 100 && rows.iter().all(|row| row["destination_port"] == 443));
    agree(&rows, &report);
    // What both files tell, they tell alike.
    let all = names(bench.folder.path());
    let details = all.iter().find(|name| name.contains("Details")).unwrap();
    let mut details = csv::Reader::from_path(bench.folder.path().join(details)).unwrap();
    let mut lines = csv::Reader::from_reader(text.as_bytes());
    let columns = [
        ("File", "file"),
        ("RecordTime", "record_time_utc"),
        ("FlowTime", "time_utc"),
        ("MAC", "mac"),
        ("SourceIP", "source"),
        ("DestinationIP", "destination"),
        ("SourcePort", "source_port"),
        ("DestinationPort", "destination_port"),
        ("Protocol", "protocol"),
        ("State", "state"),
        ("Encryption", "encryption"),
        ("PacketsSent", "packets_sent"),
        ("BytesSent", "bytes_sent"),
        ("PacketsReceived", "packets_received"),
        ("BytesReceived", "bytes_received"),
    ];
    let place =
        |titles: &csv::StringRecord, name: &str| titles.iter().position(|title| title == name).unwrap();
    let [ours, theirs] = [lines.headers().unwrap().clone(), details.headers().unwrap().clone()];
    let mut count = 0;
    for (line, detail) in lines.records().zip(details.records()) {
        let (line, detail) = (line.unwrap(), detail.unwrap());
        for (of_details, of_tuples) in columns {
            assert_eq!(line[place(&ours, of_tuples)], detail[place(&theirs, of_details)], "{of_tuples}");
        }
        count += 1;
    }
    assert_eq!((count, details.records().count()), (rows.len(), 0));
}

#[test]
fn exports_go_to_standard_output_instead_of_the_report() {
    let bench = bench();
    let temporary = bench.folder.path().join("temporary");
    fs::create_dir(&temporary).unwrap();
    for option in ["--export-tuples", "--export-connections", "--export-findings"] {
        for (dash, name) in [("-", "a.ndjson"), ("-.csv", "a.csv")] {
            let printed = bench.run(&["logs", option, dash, "--temp-dir", "temporary"]);
            assert_eq!(printed.code(), 0, "{}", printed.talk());
            assert_eq!(bench.run(&["logs", option, name]).code(), 0);
            let path = bench.folder.path().join(name);
            assert!(fs::read_to_string(&path).unwrap() == printed.out(), "{option} {dash}");
            assert!(printed.out().lines().count() > 1, "{option}");
            fs::remove_file(path).unwrap();
        }
    }
    assert!(names(&temporary).is_empty(), "nothing is left of what was printed");
    // The report is still there for a file.
    let run = bench.run(&["logs", "--export-tuples", "-", "--output", "r.txt"]);
    assert_eq!(run.code(), 0, "{}", run.talk());
    assert!(ndjson(&run.out()).len() > 1000);
    assert!(fs::read_to_string(bench.folder.path().join("r.txt")).unwrap().contains("FLOW LOG REPORT"));
    let two = bench.run(&["logs", "--export-tuples", "-", "--export-connections", "-.csv"]);
    assert_eq!((two.code(), two.out().as_str()), (2, ""));
    assert!(two.talk().contains("only one export can go to standard output"), "{}", two.talk());
}

#[test]
fn who_reads_but_the_first_rows_changes_nothing() {
    let bench = bench();
    let mut child = common::tool()
        .current_dir(bench.folder.path())
        .args(["logs", "--export-tuples", "-"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let end = child.wait_with_output().unwrap();
    assert_eq!((end.status.code(), String::from_utf8_lossy(&end.stderr).as_ref()), (Some(0), ""));
}

#[test]
fn nothing_is_replaced_unasked_or_written_where_nothing_could_be_read() {
    let bench = bench().file("page/x.json", "<html>");
    let path = bench.folder.path().join("t.csv");
    fs::write(&path, "mine").unwrap();
    let run = bench.run(&["logs", "--export-tuples", "t.csv"]);
    assert_eq!((run.code(), run.out().as_str()), (2, ""));
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    let run = bench.run(&["logs/page", "--export-tuples", "t.csv", "--overwrite"]);
    assert_eq!((run.code(), fs::read_to_string(&path).unwrap().as_str()), (1, "mine"));
    let run = bench.run(&["logs/page", "--export-tuples", "-"]);
    assert_eq!((run.code(), run.out().as_str()), (1, ""));
    let run = bench.run(&["logs", "--export-tuples", "t.csv", "--overwrite"]);
    assert_eq!(run.code(), 3, "{}", run.talk());
    assert!(fs::read_to_string(&path).unwrap().starts_with("time_utc,time_ms,"));
    assert_eq!(names(bench.folder.path()), ["logs", "t.csv"]);
    let slip = bench.run(&["logs", "--export-tuples", "t.txt"]);
    assert!(slip.code() == 2 && slip.talk().contains("must end in .csv, .ndjson or .jsonl, be - or"));
}
