//! Inputs made to be slow: time is in proportion to their size, which a generous limit is enough to tell from its square.

mod common;

use std::fmt::Write as _;
use std::time::Duration;

use common::Bench;
use serde_json::{Value, json};

const START: i64 = 1_768_464_000_000;
const LIMIT: Duration = Duration::from_secs(150);

fn report(bench: &Bench) -> Value {
    let output = bench.command(&["--format", "json", "logs"]).timeout(LIMIT).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn record(mac: &str, time_ms: i64, acl: &str, groups: &[Value]) -> String {
    let time = chrono::DateTime::from_timestamp_millis(time_ms).unwrap();
    let record = json!({
        "time": time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true), "macAddress": mac,
        "targetResourceID": "/x", "flowRecords": {"flows": [{"aclID": acl, "flowGroups": groups}]},
    });
    format!("{record}\n")
}

fn group(rule: &str, tuples: &[String]) -> Value {
    json!({"rule": rule, "flowTuples": tuples})
}

#[test]
fn addresses_chosen_against_a_known_seed_are_as_fast_as_others() {
    // With foldhash's fixed seed all addresses of this interface id hash alike.
    let mut log = String::new();
    for part in 0..80_i64 {
        let row = |n: i64| {
            format!(
                "{},2001:db8:{part:x}:{n:x}:dd50:7cc9:b729:acc0,10.0.0.4,40000,443,6,I,B,NX,0,0,0,0",
                START + part * 1000 + n
            )
        };
        let rows: Vec<String> = (0..1000).map(row).collect();
        log += &record("000D3A000001", START + part * 1000, "a", &[group("r", &rows)]);
    }
    let report = report(&Bench::new().file("log.json", log));
    assert_eq!(report["totals"]["unique_sources"], 80_000);
}

#[test]
fn one_5_tuple_used_again_and_again_is_as_fast_as_many() {
    let (mut client, mut server) = (String::new(), String::new());
    for part in 0..200_i64 {
        let (mut out, mut back) = (Vec::new(), Vec::new());
        for n in part * 300..(part + 1) * 300 {
            let at = START + n * 100;
            for (time, rest) in [(at, "B,NX,0,0,0,0"), (at + 50, "E,NX,1,76,1,76")] {
                out.push(format!("{time},10.0.0.4,10.0.0.5,123,123,17,O,{rest}"));
                back.push(format!("{time},10.0.0.4,10.0.0.5,123,123,17,I,{rest}"));
            }
        }
        let time = START + (part + 1) * 30_000;
        client += &record("000D3A000001", time, "a", &[group("r", &out)]);
        server += &record("000D3A000002", time, "a", &[group("r", &back)]);
    }
    let report = report(&Bench::new().file("a.json", client).file("b.json", server));
    assert_eq!(report["connections"]["total"], 60_000);
    assert_eq!(report["resolved"]["duplicate_connections"], 60_000);
    assert_eq!(report["resolved"]["bytes_sent"], 76 * 60_000);
}

#[test]
fn a_long_name_over_many_groups_is_read_once() {
    let acl = format!("/networkSecurityGroups/{}", "n".repeat(2 << 20));
    let groups: Vec<Value> = (0..30_000)
        .map(|n| {
            group(
                &format!("UserRule_{}", n % 7),
                &[format!("{},10.0.0.4,10.0.0.5,{n},443,6,O,B,NX,0,0,0,0", START + n)],
            )
        })
        .collect();
    let mut log = record("000D3A000001", START, &acl, &groups);
    // The same with the names that stand over a record.
    log = log.replace("\"/x\"", &format!("\"/{}\"", "x".repeat(2 << 20)));
    let report = report(&Bench::new().file("log.json", log));
    let rules = report["rules"].as_array().unwrap();
    assert_eq!(rules.len(), 7);
    assert!(rules[0]["acl"].as_str().unwrap().len() <= 512);
    assert!(report["coverage"]["logs"][0]["resource"].as_str().unwrap().len() <= 512);
}

#[test]
fn many_nics_vnets_and_hours_are_as_fast_as_few() {
    let mut log = String::new();
    for n in 0..20_000_i64 {
        let row = format!("{},10.0.0.4,198.51.100.9,4000,443,6,O,B,NX,0,0,0,0", START + n * 3_600_000);
        let target = format!("\"/virtualNetworks/v{n}\"");
        log += &record(&format!("{n:012X}"), START + n * 3_600_000, "a", &[group("r", &[row])])
            .replace("\"/x\"", &target);
    }
    let report = report(&Bench::new().file("log.json", log));
    assert_eq!(
        (&report["totals"]["unique_nics"], &report["coverage"]["hours"]),
        (&json!(20_000), &json!(20_000))
    );
}

#[test]
fn as_many_files_as_nics_are_as_fast_as_one() {
    let mut bench = Bench::new();
    for n in 0..3000_i64 {
        let mut log = String::new();
        let row = format!(
            "{},10.0.0.4,10.0.0.5,4000,443,6,{},B,NX,0,0,0,0",
            START + n,
            if n % 2 == 0 { 'O' } else { 'I' }
        );
        write!(log, "{}", record(&format!("{n:012X}"), START + n, "a", &[group("r", &[row])])).unwrap();
        bench = bench.file(&format!("{n}.json"), log);
    }
    assert_eq!(report(&bench)["connections"]["total"], 1);
}
