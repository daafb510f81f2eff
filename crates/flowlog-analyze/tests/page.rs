//! The file of `--html`: when it is written, what it replaces, and that it depends on nothing but the logs.

mod common;

use std::collections::BTreeSet;
use std::fs;

use common::Bench;
use flowlog_testkit::scenario::{Behaviour, Scenario, Volume};
use serde_json::Value;

fn bench() -> Bench {
    let scenario = Scenario { volume: Volume::Tuples(4_000), hours: 2, ..Scenario::default() };
    Bench::new().scenario(&scenario).0
}

fn page(bench: &Bench, name: &str) -> String {
    fs::read_to_string(bench.folder.path().join(name)).unwrap()
}

/// What a page shows.
fn data(page: &str) -> Value {
    let (_, rest) = page.split_once("id=\"data\">").unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

/// Rows of one of its tables.
fn rows<'a>(data: &'a Value, table: &str) -> &'a Vec<Value> {
    let tables = data["tables"].as_array().unwrap();
    let found = tables.iter().find(|one| one["id"] == table);
    found.unwrap_or_else(|| panic!("no table {table}"))["rows"].as_array().unwrap()
}

#[test]
fn the_page_stands_beside_the_report_and_replaces_nothing_unasked() {
    let bench = bench();
    let run = bench.run(&["logs", "--html", "report.html"]);
    assert_eq!(run.code(), 0, "{}", run.talk());
    assert!(run.talk().contains("wrote report.html") && !run.out().is_empty());
    let first = page(&bench, "report.html");
    let again = bench.run(&["logs", "--html", "report.html"]);
    assert!(again.code() == 2 && again.talk().contains("report.html"), "{}", again.talk());
    let replaced = bench.run(&["logs", "--html", "report.html", "--overwrite"]);
    assert_eq!(replaced.code(), 0, "{}", replaced.talk());
    assert_eq!(page(&bench, "report.html"), first);
    let left: Vec<_> = fs::read_dir(bench.folder.path()).unwrap().collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn threads_and_states_change_no_byte() {
    let bench = bench();
    for threads in ["1", "3"] {
        let name = format!("{threads}.html");
        assert_eq!(bench.run(&["logs", "--html", &name, "--threads", threads]).code(), 0);
    }
    assert_eq!(bench.run(&["partial", "logs", "-o", "all.flowstate"]).code(), 0);
    let merged = bench.run(&["merge", "all.flowstate", "--html", "merged.html"]);
    assert_eq!(merged.code(), 0, "{}", merged.talk());
    let one = page(&bench, "1.html");
    assert!(one == page(&bench, "3.html") && one == page(&bench, "merged.html"));
}

#[test]
fn the_numbers_are_those_of_the_report() {
    let bench = bench();
    assert_eq!(bench.run(&["logs", "--html", "report.html"]).code(), 0);
    let (report, _) = bench.json(&["logs"]);
    let data = data(&page(&bench, "report.html"));
    let line = data["timeline"]["rows"].as_array().unwrap();
    let sum = |place: usize| line.iter().map(|row| row[place].as_u64().unwrap()).sum::<u64>();
    assert_eq!(Some(sum(1)), report["totals"]["bytes_sent"].as_u64());
    assert_eq!(Some(sum(3)), report["states"]["B"].as_u64());
    assert_eq!(Some(sum(4)), report["states"]["D"].as_u64());
    assert_eq!(rows(&data, "rules").len(), report["rules"].as_array().unwrap().len());
    assert_eq!(rows(&data, "denied").len(), report["denied"].as_array().unwrap().len());
    let groups = data["findings"]["groups"].as_array().unwrap();
    let findings: usize = groups.iter().map(|group| group["findings"].as_array().unwrap().len()).sum();
    assert_eq!(findings, report["findings"].as_array().unwrap().len());
    // Every port over time adds up to its row.
    let ports = data["tables"].as_array().unwrap().iter().find(|table| table["id"] == "ports").unwrap();
    for (row, over_time) in rows(&data, "ports").iter().zip(ports["series"]["rows"].as_array().unwrap()) {
        for measure in 0..3 {
            let cells = over_time[measure].as_array().unwrap();
            let sum: u64 = cells.iter().map(|cell| cell.as_u64().unwrap()).sum();
            assert_eq!(row[2 + measure].as_u64(), Some(sum), "{row}");
        }
    }
}

#[test]
fn hosts_asked_for_have_a_section() {
    let bench = bench();
    let (report, _) = bench.json(&["logs"]);
    let host = report["top_sources"][0]["ip"].as_str().unwrap();
    let run = bench.run(&["logs", "--host", host, "--specific-ips", "192.0.2.1", "--html", "host.html"]);
    assert_eq!(run.code(), 0, "{}", run.talk());
    let data = data(&page(&bench, "host.html"));
    let hosts = data["hosts"].as_array().unwrap();
    assert_eq!(
        (hosts.len(), hosts[0]["name"].as_str(), hosts[1]["name"].as_str()),
        (2, Some(host), Some("192.0.2.1"))
    );
    assert!(!hosts[0]["tables"].as_array().unwrap().is_empty() && hosts[0]["timeline"].is_object());
    assert_eq!(hosts[1]["what"], "Nothing is logged of it.");
    let asked = data["asked"].as_str().unwrap();
    assert!(asked.contains(host), "{asked}");
}

#[test]
fn nothing_to_tell_writes_none() {
    let bench = Bench::new().file("empty.json", "<html>");
    assert_eq!(bench.run(&["logs", "--html", "report.html"]).code(), 1);
    assert!(!bench.folder.path().join("report.html").exists());
}

#[test]
fn in_spanish_every_reason_of_every_detector_is() {
    let (mut rules, mut findings) = (BTreeSet::new(), Vec::new());
    // Too many at once would be everybody's habit.
    for behaviours in Behaviour::ALL.chunks(5) {
        let scenario = Scenario {
            seed: 31,
            nics: 20,
            hours: 30,
            volume: Volume::Tuples(40_000),
            plants: Vec::new(),
            behaviours: behaviours.to_vec(),
            ..Scenario::default()
        };
        let bench = Bench::new().scenario(&scenario).0;
        let run = bench.run(&["logs", "--html", "es.html", "--lang", "es"]);
        assert_eq!(run.code(), 0, "{}", run.talk());
        let data = data(&page(&bench, "es.html"));
        let groups = data["findings"]["groups"].as_array().unwrap();
        let found = groups.iter().flat_map(|group| group["findings"].as_array().unwrap());
        findings.extend(found.cloned());
    }
    rules.extend(findings.iter().map(|finding| finding["rule"].as_str().unwrap()));
    assert!(rules.len() >= 14, "{rules:?}");
    for finding in &findings {
        let told = finding.to_string();
        for word in [" the ", " of ", " was ", " were ", " hosts ", "packets"] {
            assert!(!told.replace("Denial of Service", "").contains(word), "{word}: {told}");
        }
    }
}
