//! Findings through the program: what is told, and the exit codes of scheduled jobs.

mod common;

use std::fs;

use common::Bench;
use flowlog_testkit::nsg_copy::NsgCopy;
use flowlog_testkit::scenario::{Behaviour, Scenario, Volume};

fn scenario(behaviours: &[Behaviour]) -> Scenario {
    Scenario {
        seed: 31,
        nics: 20,
        hours: 6,
        volume: Volume::Tuples(40_000),
        plants: Vec::new(),
        behaviours: behaviours.to_vec(),
        ..Scenario::default()
    }
}

fn bench(behaviours: &[Behaviour]) -> (Bench, flowlog_testkit::truth::Truth) {
    Bench::new().scenario(&scenario(behaviours))
}

#[test]
fn planted_scans_and_guessing_are_found_whatever_the_number_of_threads() {
    let planted = [Behaviour::VerticalScan, Behaviour::HorizontalSweep, Behaviour::BruteForceFromInternet];
    let (bench, truth) = bench(&planted);
    let (report, code) = bench.json(&["logs", "--threads", "1"]);
    assert_eq!(code, 0);
    let found = report["findings"].as_array().unwrap();
    for right in truth.behaviours.iter().filter(|right| right.required) {
        let hit = |row: &&serde_json::Value| {
            row["rule"] == right.rule.as_str() && row["entity"] == right.entity.as_str()
        };
        assert!(found.iter().any(|row| hit(&row)), "{right:?}");
    }
    for threads in ["2", "5"] {
        assert_eq!(bench.json(&["logs", "--threads", threads]).0["findings"], report["findings"]);
    }
}

#[test]
fn an_nsg_log_of_the_same_hours_makes_findings_no_graver() {
    let planted = [
        Behaviour::BruteForceFromInternet,
        Behaviour::BruteForceInside,
        Behaviour::SynFlood,
        Behaviour::Beacon,
        Behaviour::Exfiltration,
    ];
    let (blobs, _) = scenario(&planted).collect();
    let (mut alone, mut both, mut copy) = (Bench::new(), Bench::new(), NsgCopy::default());
    for (name, bytes) in &blobs {
        alone = alone.file(name, bytes);
        both = both.file(name, bytes);
        if let Some(nsg) = copy.blob(bytes) {
            both = both.file(&format!("nsg/{name}"), nsg);
        }
    }
    let findings = |bench: &Bench| {
        let mut found = bench.json(&["logs"]).0["findings"].as_array().unwrap().clone();
        for finding in found.iter_mut().filter_map(serde_json::Value::as_object_mut) {
            // NSG flow logs have whole seconds.
            finding.retain(|key, _| !key.ends_with("_time_ms"));
        }
        found
    };
    let (alone, both) = (findings(&alone), findings(&both));
    assert!(alone.len() >= planted.len());
    assert_eq!(alone, both);
}

#[test]
fn the_severity_asked_for_decides_the_exit_code() {
    let (bench, truth) = bench(&[Behaviour::VerticalScan]);
    assert_eq!(bench.run(&["logs"]).code(), 0);
    assert_eq!(bench.run(&["logs", "--fail-on", "medium"]).code(), 10);
    assert_eq!(bench.run(&["logs", "--fail-on", "critical"]).code(), 0);
    let text = bench.run(&["logs", "--full"]).out();
    assert!(text.contains(&format!("{} scans the ports of", truth.behaviours[0].entity)), "{text}");
    assert!(text.contains("HIGH: ") || text.contains("MEDIUM: "), "{text}");
    // A file that breaks off does not hide a finding.
    let bench = bench.file("cut.json", r#"{"records":[{"time":"2026"#);
    assert_eq!(bench.run(&["logs", "--fail-on", "medium"]).code(), 10);
    assert_eq!(bench.run(&["logs", "--fail-on", "critical"]).code(), 3);
}

#[test]
fn suppressions_hold_until_they_expire_and_thresholds_are_obeyed() {
    let (bench, truth) = bench(&[Behaviour::VerticalScan]);
    let entity = &truth.behaviours[0].entity;
    let write = |name: &str, text: String| fs::write(bench.folder.path().join(name), text).unwrap();
    let list = |day: &str| {
        format!(
            "[[suppress]]\nrule = \"vertical-scan\"\nentity = \"{entity}\"\nreason = \"known\"\nexpires = \"{day}\"\n"
        )
    };
    write("now.toml", list("9999-12-31"));
    write("old.toml", list("2020-01-01"));
    write("limits.toml", "[vertical_scan]\nports = 60000\n".to_owned());
    write("slip.toml", "[vertical_scan]\nport = 6\n".to_owned());
    let rules = |arguments: &[&str]| {
        let report = bench.json(&[&["logs"], arguments].concat()).0;
        let rows = report["findings"].as_array().unwrap().clone();
        let scans = rows.iter().filter(|row| row["rule"] == "vertical-scan").count();
        (scans, report["suppressed"].as_array().unwrap().len(), report["expired"].as_array().unwrap().len())
    };
    assert_eq!(rules(&[]), (1, 0, 0));
    assert_eq!(rules(&["--config", "now.toml"]), (0, 1, 0));
    assert_eq!(rules(&["--config", "old.toml"]), (1, 0, 1));
    assert_eq!(rules(&["--config", "limits.toml"]), (0, 0, 0));
    assert!(bench.run(&["logs", "--full", "--config", "old.toml"]).out().contains("expired on 2020-01-01"));
    let slip = bench.run(&["logs", "--config", "slip.toml"]);
    assert_eq!(slip.code(), 2);
    assert!(slip.talk().contains("slip.toml") && slip.talk().contains("port"), "{}", slip.talk());
    assert_eq!(bench.run(&["logs", "--config", "none.toml"]).code(), 2);
}

#[test]
fn without_findings_everything_else_is_the_same() {
    let (bench, _) = Bench::new().scenario(&Scenario { seed: 31, ..Scenario::default() });
    let (mut with, _) = bench.json(&["logs"]);
    let (without, _) = bench.json(&["logs", "--no-findings"]);
    let keys = with.as_object_mut().unwrap();
    for key in ["findings", "suppressed", "expired", "noise"] {
        assert!(keys.remove(key).is_some(), "{key}");
    }
    with["options"]["findings"] = false.into();
    assert_eq!(with, without);
    assert!(!bench.run(&["logs", "--full", "--no-findings"]).out().contains("FINDINGS"));
    assert_eq!(bench.run(&["logs", "--no-findings", "--fail-on", "low"]).code(), 2);
}
