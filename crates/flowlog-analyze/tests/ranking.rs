//! `--sort`: the rankings of the report against plain sums over every connection, which are exported one a line.

mod common;

use std::collections::BTreeMap;
use std::fs;

use common::{Bench, project};
use flowlog_testkit::scenario::{Behaviour, Scenario, Volume};
use serde_json::Value;

/// Tuples, connections without denied attempts, and bytes both ways.
type Sums = [u64; 3];

const ORDERS: [(&str, usize); 3] = [("bytes", 2), ("connections", 1), ("tuples", 0)];

fn number(row: &Value, key: &str) -> u64 {
    row[key].as_u64().unwrap_or_else(|| panic!("{key} of {row}"))
}

/// The sums of all connections by `key`.
fn summed(connections: &[Value], key: impl Fn(&Value) -> Option<String>) -> BTreeMap<String, Sums> {
    let mut sums: BTreeMap<String, Sums> = BTreeMap::new();
    for row in connections {
        let Some(key) = key(row) else { continue };
        let sum = sums.entry(key).or_default();
        sum[0] += number(row, "tuples");
        sum[1] += if row["outcome"] == "denied" { 0 } else { number(row, "connections") };
        sum[2] += number(row, "bytes_sent") + number(row, "bytes_received");
    }
    sums
}

/// The first `top` rows of `list` are those that a sort puts first, with their sums.
fn ranked(report: &Value, list: &str, by: usize, top: usize, sums: &BTreeMap<String, Sums>) {
    let key = |row: &Value| {
        row["ip"].as_str().map_or_else(|| format!("{}/{}", row["port"], row["protocol"]), str::to_owned)
    };
    let rows = report[list].as_array().unwrap();
    let found: Vec<(String, Sums)> = rows
        .iter()
        .map(|row| (key(row), [number(row, "tuples"), number(row, "connections"), number(row, "bytes")]))
        .collect();
    for (key, found) in &found {
        assert_eq!(Some(found), sums.get(key), "{list}: {key}");
    }
    let weight = |sums: &Sums| (sums[by], sums[0]);
    let mut wanted: Vec<(u64, u64)> = sums.values().map(weight).collect();
    wanted.sort_unstable_by(|a, b| b.cmp(a));
    assert_eq!(report[format!("{list}_total")], wanted.len(), "{list}");
    wanted.truncate(top);
    assert_eq!(found.iter().map(|(_, sums)| weight(sums)).collect::<Vec<_>>(), wanted, "{list}");
}

fn check(bench: &Bench, paths: &[&str]) {
    let file = bench.folder.path().join("all.ndjson");
    let export = ["--export-connections", file.to_str().unwrap(), "--overwrite"];
    assert!([0, 3].contains(&bench.run(&[paths, &export].concat()).code()));
    let lines = fs::read_to_string(&file).unwrap();
    let all: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let host = |end: &'static str| move |row: &Value| Some(row[end].as_str().unwrap().to_owned());
    let port = |row: &Value| {
        let protocol = number(row, "protocol");
        [6, 17].contains(&protocol).then(|| format!("{}/{protocol}", row["destination_port"]))
    };
    let sums = [
        ("top_sources", summed(&all, host("source"))),
        ("top_destinations", summed(&all, host("destination"))),
        ("top_ports", summed(&all, port)),
    ];
    for top in [1, 7, 100_000] {
        let count = top.to_string();
        let report = |more: &[&str]| {
            let (report, code) = bench.json(&[paths, &["--top", &count], more].concat());
            assert!([0, 3].contains(&code));
            report
        };
        for (order, by) in ORDERS {
            let report = report(&["--sort", order]);
            assert_eq!(report["options"]["sort"], order);
            for (list, sums) in &sums {
                ranked(&report, list, by, top, sums);
            }
            let rules = report["rules"].as_array().unwrap().iter();
            let key = ["tuples", "begun", "bytes"][by];
            let rules: Vec<u64> = rules.map(|row| number(row, key)).collect();
            assert!(rules.is_sorted_by(|a, b| a >= b), "rules by {order}: {rules:?}");
        }
        let usual = report(&[]);
        for ((list, sums), by) in sums.iter().zip([2, 2, 0]) {
            ranked(&usual, list, by, top, sums);
        }
    }
}

#[test]
fn of_the_samples() {
    let container = project().join("samples/container");
    check(&Bench::new(), &[container.to_str().unwrap()]);
}

#[test]
fn of_a_network_with_everything_in_it() {
    let volume = Volume::Tuples(40_000);
    let behaviours = Behaviour::ALL.to_vec();
    let scenario = Scenario { seed: 91, nics: 12, hours: 5, volume, behaviours, ..Scenario::default() };
    let (bench, _) = Bench::new().scenario(&scenario);
    check(&bench, &["logs"]);
}

#[test]
fn of_states_that_are_merged() {
    let (bench, _) = Bench::new().scenario(&Scenario { seed: 33, ..Scenario::default() });
    assert_eq!(bench.run(&["partial", "logs", "-o", "all.flowstate"]).code(), 0);
    for (order, _) in ORDERS {
        let report = |from: &[&str]| -> Value {
            let options = ["--top", "5", "--format", "json", "--sort", order];
            serde_json::from_str(&bench.run(&[from, &options].concat()).out()).unwrap()
        };
        let (whole, merged) = (report(&["logs"]), report(&["merge", "all.flowstate"]));
        assert_eq!(whole["top_sources"], merged["top_sources"], "{order}");
        assert_eq!(whole["rules"], merged["rules"], "{order}");
    }
}
