//! What the data holds and what it lacks: gaps, missing kinds of rows, copies of the same hour.

mod common;

use std::collections::BTreeMap;

use common::Bench;
use flowlog_testkit::scenario::{Capture, Gap, Scenario, Volume};
use serde_json::{Value, json};

const HOUR_MS: i64 = 3_600_000;

fn scenario(seed: u64) -> Scenario {
    Scenario { seed, nics: 4, hours: 5, volume: Volume::Tuples(12_000), ..Scenario::default() }
}

fn remarks(report: &Value) -> String {
    report["coverage"]["remarks"].to_string()
}

#[test]
fn gaps_are_told_by_nic_and_hour() {
    let gaps = vec![Gap { nic: 1, hour: 2 }, Gap { nic: 3, hour: 0 }];
    let scenario = Scenario { gaps, ..scenario(41) };
    let (bench, truth) = Bench::new().scenario(&scenario);
    let (report, _) = bench.json(&["logs"]);
    let coverage = &report["coverage"];
    assert_eq!((coverage["hours"].as_u64(), coverage["empty_hours"].as_u64()), (Some(5), Some(0)));
    let gaps: Vec<Value> = coverage["logs"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|log| log["gaps"].as_array().unwrap().clone())
        .collect();
    let from = |hour: i64| scenario.start_ms + hour * HOUR_MS;
    assert_eq!(gaps.len(), 2);
    assert!(gaps.contains(&json!({"from_ms": from(2), "hours": 1, "inside": true})), "{gaps:?}");
    assert!(gaps.contains(&json!({"from_ms": from(0), "hours": 1, "inside": false})), "{gaps:?}");
    let findings = report["findings"].as_array().unwrap().iter();
    let found: Vec<&Value> = findings.filter(|finding| finding["rule"] == "log-gap").collect();
    assert_eq!(found.len(), 1, "a log that begins later has no gap");
    assert_eq!((&found[0]["first_time_ms"], &found[0]["last_time_ms"]), (&json!(from(2)), &json!(from(3))));
    assert!(
        remarks(&report).contains("1 NIC log has no records for hours that lie between"),
        "{}",
        remarks(&report)
    );
    let tuples: u64 =
        coverage["logs"].as_array().unwrap().iter().map(|log| log["tuples"].as_u64().unwrap()).sum();
    assert_eq!(tuples, truth.totals.tuples);
}

/// Rows of one state taken out, as a flow log with `recordTypes` set leaves them out.
fn without(state: char, text: &[u8]) -> Vec<u8> {
    let mut value: Value = serde_json::from_slice(text).unwrap();
    for record in value["records"].as_array_mut().unwrap() {
        for flow in record["flowRecords"]["flows"].as_array_mut().unwrap() {
            for group in flow["flowGroups"].as_array_mut().unwrap() {
                let tuples = group["flowTuples"].as_array_mut().unwrap();
                tuples.retain(|tuple| tuple.as_str().unwrap().split(',').nth(7) != Some(&state.to_string()));
            }
        }
    }
    value.to_string().into_bytes()
}

#[test]
fn rows_of_a_kind_that_the_flow_log_leaves_out_are_told_and_not_taken_for_good_news() {
    let (blobs, _) = scenario(42).collect();
    for (state, words) in [
        ('D', "no denials can be seen: the data holds no D rows"),
        ('B', "no begins can be seen: the data holds no B rows"),
        ('E', "no ends can be seen: the data holds no E rows"),
    ] {
        let mut bench = Bench::new();
        for (name, bytes) in &blobs {
            bench = bench.file(name, without(state, bytes));
        }
        let (report, _) = bench.json(&["logs"]);
        assert_eq!(report["coverage"]["missing_states"], json!([state.to_string()]));
        assert!(remarks(&report).contains(words), "{}", remarks(&report));
        assert!(bench.run(&["logs", "--full"]).out().replace("\n    ", " ").contains(words));
    }
}

#[test]
fn the_unfinished_last_hour_is_told() {
    let (blobs, _) = scenario(43).collect();
    let last = |name: &String| name.contains("/h=12/");
    let mut bench = Bench::new();
    for (name, bytes) in &blobs {
        // The last hour as it is when downloaded after some twenty minutes.
        let keep = if last(name) { bytes.len() / 3 } else { bytes.len() };
        let text = std::str::from_utf8(&bytes[..keep]).unwrap();
        let whole = text
            .rfind(",{\"time\"")
            .filter(|_| last(name))
            .map_or(text.to_owned(), |end| text[..end].to_owned() + "]}");
        bench = bench.file(name, whole);
    }
    let (report, code) = bench.json(&["logs"]);
    assert_eq!(code, 0);
    assert!(report["coverage"]["unfinished_ms"].is_i64(), "{}", report["coverage"]);
    assert!(bench.run(&["logs", "--full"]).out().contains("the last hour is not whole"));
    let (whole, _) = Bench::new().scenario(&scenario(43)).0.json(&["logs"]);
    assert_eq!(whole["coverage"]["unfinished_ms"], Value::Null);
}

#[test]
fn an_early_copy_of_an_hour_beside_the_whole_one_counts_once() {
    let (bench, truth) = Bench::new().scenario(&scenario(44));
    let (report, _) = bench.json(&["logs", "--top", "100000"]);
    let file = truth.files.iter().max_by_key(|file| file.records).unwrap();
    let whole = std::fs::read(bench.logs().join(&file.name)).unwrap();
    let text = String::from_utf8(whole.clone()).unwrap();
    let cut = text[..text.len() / 2].rfind(",{\"time\"").unwrap();
    let early = text[..cut].to_owned() + "]}";
    let records = early.matches("{\"time\"").count();
    // An early copy, one that was cut off in the middle of a record, and the whole again.
    let bench = bench
        .file("a/early.json", early)
        .file("zz/cut.json", &text[..text.len() / 2])
        .file("zz/again.json", &whole);
    let (again, code) = bench.json(&["logs", "--top", "100000"]);
    assert_eq!(code, 3, "the cut file is still named");
    for key in [
        "states",
        "rules",
        "resolved",
        "connections",
        "top_sources",
        "top_ports",
        "denied",
        "incomplete",
        "findings",
    ] {
        assert_eq!(again[key], report[key], "{key}");
    }
    assert_eq!(again["totals"]["tuples"], truth.totals.tuples);
    let of = |path: &str| {
        let files = again["files"].as_array().unwrap();
        files.iter().find(|row| row["path"].as_str().unwrap().ends_with(path)).unwrap().clone()
    };
    assert_eq!(of("early.json")["repeated_records"], records);
    assert_eq!((of("early.json")["records"].as_u64(), of("early.json")["error"].as_str()), (Some(0), None));
    assert_eq!(of("again.json")["repeated_records"], file.records);
    assert!(remarks(&again).contains("other files hold the same"));
}

/// A VNet flow log as an NSG flow log version 2 of the same NIC would tell it: TCP and UDP, whole seconds.
fn as_nsg(text: &[u8]) -> Vec<u8> {
    let mut value: Value = serde_json::from_slice(text).unwrap();
    for record in value["records"].as_array_mut().unwrap() {
        let mut flows = Vec::new();
        for flow in record["flowRecords"]["flows"].as_array().unwrap() {
            for group in flow["flowGroups"].as_array().unwrap() {
                let tuples = group["flowTuples"].as_array().unwrap().iter();
                let tuples: Vec<String> =
                    tuples.filter_map(|tuple| nsg_tuple(tuple.as_str().unwrap())).collect();
                let flow = json!({"mac": record["macAddress"], "flowTuples": tuples});
                flows.push(json!({"rule": group["rule"], "flows": [flow]}));
            }
        }
        *record = json!({
            "time": record["time"], "macAddress": record["macAddress"], "resourceId": "/NSG",
            "category": "NetworkSecurityGroupFlowEvent", "properties": {"Version": 2, "flows": flows},
        });
    }
    value.to_string().into_bytes()
}

fn nsg_tuple(tuple: &str) -> Option<String> {
    let fields: Vec<&str> = tuple.split(',').collect();
    let letter = match fields[5] {
        "6" => "T",
        "17" => "U",
        _ => return None,
    };
    let (decision, state) = if fields[7] == "D" { ("D", "B") } else { ("A", fields[7]) };
    let counters = if matches!(state, "C" | "E") { fields[9..].join(",") } else { ",,,".to_owned() };
    let seconds = &fields[0][..fields[0].len() - 3];
    Some(format!("{seconds},{},{letter},{},{decision},{state},{counters}", fields[1..5].join(","), fields[6]))
}

#[test]
fn a_nic_with_a_vnet_and_an_nsg_flow_log_is_told_and_its_connections_count_once() {
    let (vnet, truth) = Scenario { capture: Capture::HalfBoth, ..scenario(45) }.collect();
    let mut bench = Bench::new();
    for (name, bytes) in &vnet {
        bench = bench.file(name, bytes).file(&format!("nsg/{name}"), as_nsg(bytes));
    }
    let (report, _) = bench.json(&["logs"]);
    assert_eq!(report["coverage"]["logged_twice"].as_array().unwrap().len(), 4);
    assert!(remarks(&report).contains("4 NICs are in both VNet and NSG flow logs"), "{}", remarks(&report));
    assert!(report["totals"]["tuples"].as_u64().unwrap() > truth.totals.tuples * 3 / 2);
    let wanted = truth.resolved.unwrap();
    let outcomes = report["connections"]["outcomes"].as_array().unwrap().iter();
    let outcomes: BTreeMap<String, u64> = outcomes
        .map(|row| (row["outcome"].as_str().unwrap().to_owned(), row["connections"].as_u64().unwrap()))
        .filter(|(_, connections)| *connections > 0)
        .collect();
    assert_eq!(outcomes, wanted.outcomes);
}
