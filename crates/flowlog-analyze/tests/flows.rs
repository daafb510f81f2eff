//! `flowlog-analyze flows`: its numbers are the report's, and what was cut is told.

mod common;

use std::collections::BTreeMap;

use common::{Bench, hour_of};
use flowlog_testkit::scenario::{Capture, Scenario, Volume};
use serde_json::Value;

fn bench(seed: u64) -> Bench {
    let volume = Volume::Tuples(12_000);
    let scenario =
        Scenario { seed, nics: 5, hours: 3, volume, capture: Capture::HalfBoth, ..Scenario::default() };
    Bench::new().scenario(&scenario).0
}

fn flows(bench: &Bench, arguments: &[&str]) -> Value {
    let run = bench.run(&[&["flows", "logs", "--format", "json"], arguments].concat());
    assert_eq!(run.code(), 0, "{}", run.talk());
    serde_json::from_str(&run.out()).unwrap()
}

fn numbers(rows: &Value, key: &[&str], values: &[&str]) -> BTreeMap<String, Vec<u64>> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| {
        let key: Vec<String> = key.iter().map(|key| text(&row[*key])).collect();
        (key.join(" "), values.iter().map(|value| row[*value].as_u64().unwrap()).collect())
    })
    .collect()
}

#[test]
fn connections_by_outcome_are_those_of_the_report() {
    let bench = bench(31);
    let (report, _) = bench.json(&["logs"]);
    let found = flows(&bench, &["--by", "outcome"]);
    let sums = ["connections", "tuples", "packets_sent", "bytes_sent", "packets_received", "bytes_received"];
    let mut expected = numbers(&report["connections"]["outcomes"], &["outcome"], &sums);
    expected.retain(|_, sums| sums[0] > 0);
    assert_eq!(numbers(&found["flows"], &["outcome"], &sums), expected);
    assert!(expected.len() >= 5, "{expected:?}");
}

#[test]
fn the_heaviest_hosts_and_ports_are_those_of_the_report() {
    let bench = bench(32);
    let (report, _) = bench.json(&["logs", "--top", "100000"]);
    for (field, list, key) in [("source", "top_sources", "ip"), ("destination", "top_destinations", "ip")] {
        let found = flows(&bench, &["--by", field, "--sort", "tuples"]);
        assert_eq!(
            numbers(&found["flows"], &[field], &["tuples"]),
            numbers(&report[list], &[key], &["tuples"]),
            "{field}"
        );
    }
}

#[test]
fn a_cut_list_says_how_much_there_is_and_how_to_see_it() {
    let bench = bench(33);
    let all = flows(&bench, &[]);
    let found = all["found"].as_u64().unwrap();
    assert_eq!(all["shown"].as_u64().unwrap(), found);
    let run = bench.run(&["flows", "logs", "--limit", "3"]);
    assert!(
        run.out()
            .contains(&format!("3 of {} rows; --limit all shows the rest", flowlog_core::text::count(found))),
        "{}",
        run.out()
    );
    let cut = flows(&bench, &["--limit", "3"]);
    assert_eq!((cut["found"].as_u64(), cut["shown"].as_u64()), (Some(found), Some(3)));
    assert_eq!(cut["flows"].as_array().unwrap()[..], all["flows"].as_array().unwrap()[..3]);
    assert_eq!(cut["total"], all["total"]);
}

#[test]
fn every_format_has_the_same_rows_whatever_the_threads() {
    let bench = bench(34);
    let run = |arguments: &[&str]| bench.run(&[&["flows", "logs"], arguments].concat()).out();
    let csv = run(&["--format", "csv"]);
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let rows: Vec<BTreeMap<String, String>> = reader.deserialize().map(Result::unwrap).collect();
    let lines = run(&["--format", "ndjson"]);
    let objects: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), objects.len());
    for (row, object) in rows.iter().zip(&objects) {
        for (key, value) in object.as_object().unwrap() {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            assert_eq!(row[key], text, "{key}");
        }
    }
    let key = lines.find("\"source\"").unwrap();
    assert!(key < lines.find("\"bytes_sent\"").unwrap(), "keys are in the order of the columns");
    for threads in ["1", "2", "7"] {
        assert!(run(&["--format", "csv", "--threads", threads]) == csv, "{threads}");
    }
}

#[test]
fn filters_choose_connections_and_columns_that_are_the_same_stand_above() {
    let bench = bench(35);
    let found = flows(&bench, &["--where", "denied and port 22"]);
    let rows = found["flows"].as_array().unwrap();
    assert!(!rows.is_empty());
    assert!(rows.iter().all(|row| row["outcome"] == "denied" && row["port"] == 22), "{rows:?}");
    let table = bench.run(&["flows", "logs", "--where", "denied and port 22"]).out();
    assert!(table.contains("Each row: port 22/tcp, outcome denied"), "{table}");
    // What only whole connections tell.
    let large = flows(&bench, &["--where", "bytes > 1m", "--by", "source,destination,source_port,port"]);
    let rows = large["flows"].as_array().unwrap();
    assert!(!rows.is_empty());
    let bytes = |row: &Value| row["bytes_sent"].as_u64().unwrap() + row["bytes_received"].as_u64().unwrap();
    assert!(rows.iter().all(|row| bytes(row) > 1_000_000), "{rows:?}");
    let none = bench.run(&["flows", "logs", "--host", "203.0.113.77/32", "--port", "1"]);
    assert!(none.out().contains("No connection is like that."), "{}", none.out());
    let looked_at = bench.json(&["logs"]).0["totals"]["tuples"].as_u64().unwrap();
    let looked_at = format!("{} tuples of that time were looked at.", flowlog_core::text::count(looked_at));
    assert!(none.out().contains(&looked_at), "{}", none.out());
}

#[test]
fn what_nsg_version_1_lets_through_is_there() {
    let tuple = "1542110377,10.0.0.4,13.67.143.118,44931,443,T,O,A";
    let text = format!(
        r#"{{"records":[{{"time":"2018-11-13T12:00:35Z","macAddress":"000D3AF87856","category":"NetworkSecurityGroupFlowEvent","resourceId":"/S/NSG","properties":{{"Version":1,"flows":[{{"rule":"DefaultRule_AllowInternetOutBound","flows":[{{"mac":"000D3AF87856","flowTuples":["{tuple}"]}}]}}]}}}}]}}"#
    );
    let run = Bench::new().file("v1.json", text).run(&["flows", "logs"]);
    assert!(run.out().contains("stateless"), "{}", run.out());
}

#[test]
fn slips_are_told_in_a_sentence() {
    let bench = bench(36);
    let told = |arguments: &[&str]| {
        let run = bench.run(&[&["flows", "logs"], arguments].concat());
        assert_eq!((run.code(), run.out().as_str()), (2, ""));
        run.talk()
    };
    assert!(told(&["--by", "sourc"]).contains("did you mean source?"));
    assert!(told(&["--by", "source/200"]).contains("/200 is no prefix length"));
    assert!(told(&["--limit", "many"]).contains("give a number of rows, or all"));
    assert!(told(&["--sort", "size"]).contains("[possible values: last, first, bytes"));
}

#[test]
fn class_and_provider_are_those_of_the_end_outside() {
    let samples = common::project().join("samples/container").display().to_string();
    let sums = |by: &str, key: &dyn Fn(&Value) -> Value| {
        let run =
            Bench::new().run(&["flows", &samples, "-q", "--format", "json", "--limit", "all", "--by", by]);
        let printed: Value = serde_json::from_str(&run.out()).unwrap();
        let mut sums = std::collections::BTreeMap::<String, u64>::new();
        for row in printed["flows"].as_array().unwrap() {
            *sums.entry(key(row).to_string()).or_default() += row["connections"].as_u64().unwrap();
        }
        sums
    };
    let class = sums("class", &|row| row["class"].clone());
    assert!(class.len() > 2, "{class:?}");
    let of_ends = sums("source_class,destination_class", &|row| {
        row[if row["destination_class"] == "private" { "source_class" } else { "destination_class" }].clone()
    });
    assert_eq!(class, of_ends);
    let provider = sums("provider", &|row| row["provider"].clone());
    assert!(provider.len() > 1, "{provider:?}");
    let of_ends = sums("source_provider,destination_provider", &|row| {
        row[if row["destination_provider"].is_null() { "source_provider" } else { "destination_provider" }]
            .clone()
    });
    assert_eq!(provider, of_ends);
}

#[test]
fn each_use_of_a_port_has_the_rule_that_let_it_through() {
    let tuple = |seconds: i64, state: &str| {
        format!(
            "\"{},10.0.0.4,93.184.216.34,50000,443,6,O,{state},NX,1,100,1,100\"",
            1_764_554_400_000 + seconds * 1000
        )
    };
    let rules =
        [("Allow-One", [tuple(10, "B"), tuple(20, "E")]), ("Allow-Two", [tuple(100, "B"), tuple(120, "E")])];
    let rules: Vec<_> = rules.iter().map(|(rule, tuples)| (*rule, tuples.as_slice())).collect();
    let found = flows(&Bench::new().file("log.json", hour_of("nsg", &rules)), &["--by", "rule"]);
    let expected = [("Allow-One", 1), ("Allow-Two", 1)].map(|(rule, n)| (rule.to_owned(), vec![n]));
    assert_eq!(numbers(&found["flows"], &["rule"], &["connections"]), expected.into());
}
