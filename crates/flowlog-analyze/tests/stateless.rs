//! NSG flow logs of version 2 under inbound TCP rules of one's own: a begin, and never an end or a byte.

mod common;

use common::Bench;
use serde_json::{Value, json};

/// 2026-03-01 10:00:00 UTC, seconds.
const START: i64 = 1_772_359_200;

/// The minute of a record, and its tuples by rule.
type Record<'a> = (i64, Vec<(&'a str, Vec<String>)>);

/// One NIC's log.
fn log(mac: &str, records: &[Record<'_>]) -> String {
    let record = |(minute, rules): &Record<'_>| {
        let time = chrono::DateTime::from_timestamp(START + 60 * minute + 60, 0).unwrap();
        let rules: Vec<Value> = rules
            .iter()
            .map(|(rule, tuples)| json!({"rule": rule, "flows": [{"mac": mac, "flowTuples": tuples}]}))
            .collect();
        json!({
            "time": time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true), "macAddress": mac,
            "category": "NetworkSecurityGroupFlowEvent",
            "resourceId": "/SUBSCRIPTIONS/S/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.NETWORK/NETWORKSECURITYGROUPS/NSG",
            "properties": {"Version": 2, "flows": rules},
        })
    };
    json!({"records": records.iter().map(record).collect::<Vec<_>>()}).to_string()
}

fn begun(minute: i64, ends: &str) -> String {
    format!("{},{ends},A,B,,,,", START + 60 * minute)
}

fn ended(minute: i64, ends: &str) -> String {
    format!("{},{ends},A,E,12,1500,14,9000", START + 60 * minute + 9)
}

const SSH: &str = "UserRule_allow-ssh-in";
const OUT: &str = "DefaultRule_AllowInternetOutBound";

/// What such a machine logs: what comes in by `rule`, and something that goes out and ends, now and 16 minutes later.
fn machine(mac: &str, own: &str, rule: &str, inbound: Vec<String>) -> String {
    let out = |minute, port| {
        let ends = format!("{own},151.101.1.1,{port},443,T,O");
        vec![begun(minute, &ends), ended(minute, &ends)]
    };
    log(mac, &[(0, vec![(rule, inbound), (OUT, out(0, 40_000))]), (16, vec![(OUT, out(16, 40_016))])])
}

fn outcomes(report: &Value) -> Vec<(String, u64)> {
    let rows = report["connections"]["outcomes"].as_array().unwrap().iter();
    rows.map(|row| (row["outcome"].as_str().unwrap().to_owned(), row["connections"].as_u64().unwrap()))
        .filter(|(_, connections)| *connections > 0)
        .collect()
}

fn from_internet() -> Vec<String> {
    (0..3).map(|n| begun(0, &format!("203.0.114.5,10.0.1.4,{},22,T,I", 50_000 + n))).collect()
}

#[test]
fn what_was_let_in_without_an_end_is_neither_incomplete_nor_without_success() {
    let bench = Bench::new().file("a.json", machine("0022480A0B0C", "10.0.1.4", SSH, from_internet()));
    let (report, code) = bench.json(&["logs"]);
    assert_eq!(code, 0);
    assert_eq!(outcomes(&report), [("completed".to_owned(), 2), ("stateless".to_owned(), 3)]);
    assert_eq!((&report["incomplete"], &report["one_way"]), (&json!([]), &json!([])));
    assert_eq!(report["noise"]["sources"], 0);
    assert_eq!(report["coverage"]["stateless_connections"], 3);
    let text = bench.run(&["logs", "--full"]).out();
    assert!(!text.contains("got nothing"), "{text}");
    let told = text.replace("\n    ", " ");
    assert!(
        told.contains("3 connections were let in by NSGs' own inbound TCP rules without end and bytes"),
        "{text}"
    );
}

#[test]
fn a_monitor_that_logs_in_everywhere_is_no_sweep_and_no_scan() {
    let mut bench = Bench::new();
    for host in 1..=40 {
        let own = format!("10.0.1.{host}");
        let inbound = (0..15)
            .map(|port| begun(0, &format!("10.0.0.9,{own},{},{},T,I", 30_000 + port, 22 + port)))
            .collect();
        bench = bench
            .file(&format!("h{host}.json"), machine(&format!("0022480A01{host:02}"), &own, SSH, inbound));
    }
    let (report, _) = bench.json(&["logs"]);
    let found: Vec<&Value> =
        report["findings"].as_array().unwrap().iter().map(|finding| &finding["id"]).collect();
    assert_eq!(found, [] as [&Value; 0]);
    assert_eq!(report["coverage"]["stateless_connections"], 600);
    assert_eq!(report["incomplete"], json!([]));
}

#[test]
fn where_such_rows_have_ends_or_another_rule_let_them_in_a_lone_begin_is_incomplete() {
    // FlowTimeoutInMinutes is set: the same rule's connections end.
    let mut rows = from_internet();
    let whole = "10.0.7.7,10.0.1.4,1234,22,T,I";
    rows.extend([begun(0, whole), ended(0, whole)]);
    let (stateful, _) =
        Bench::new().file("a.json", machine("0022480A0B0C", "10.0.1.4", SSH, rows)).json(&["logs"]);
    assert_eq!(outcomes(&stateful), [("completed".to_owned(), 3), ("begun-only".to_owned(), 3)]);
    assert_eq!(stateful["coverage"]["stateless_connections"], 0);
    // Default rules, and UDP, are told to their end.
    let default = machine("0022480A0B0C", "10.0.1.4", "DefaultRule_AllowVnetInBound", from_internet());
    let (default, _) = Bench::new().file("a.json", default).json(&["logs"]);
    assert_eq!(outcomes(&default), [("completed".to_owned(), 2), ("begun-only".to_owned(), 3)]);
    let udp = from_internet().iter().map(|row| row.replace(",T,", ",U,")).collect();
    let (udp, _) = Bench::new().file("a.json", machine("0022480A0B0C", "10.0.1.4", SSH, udp)).json(&["logs"]);
    assert_eq!(outcomes(&udp), [("completed".to_owned(), 2), ("begun-only".to_owned(), 3)]);
}

#[test]
fn an_input_of_nothing_else_does_not_miss_its_ends() {
    let rows = vec![(0, vec![(SSH, from_internet())]), (30, vec![(SSH, vec![])])];
    let (report, code) = Bench::new().file("a.json", log("0022480A0B0C", &rows)).json(&["logs"]);
    assert_eq!((code, &report["coverage"]["missing_states"]), (0, &json!(["D"])));
    assert_eq!(outcomes(&report), [("stateless".to_owned(), 3)]);
}
