//! When findings were: by the connections that make them, whatever else the data hold.

mod common;
#[path = "common/nic_log.rs"]
mod nic_log;

use common::Bench;
use flowlog_testkit::scenario::{Behaviour, Scenario, Volume};
use nic_log::{HOUR, Log, MINUTE, NSG, OWN, SMALL, START, STRANGER, only, times};
use serde_json::{Value, json};

/// Clocks of the log: a flow is written up to a minute late.
const LATE_MS: i64 = 60_000;

#[test]
fn every_planted_behaviour_is_dated_by_its_own_connections() {
    for behaviour in Behaviour::ALL {
        let scenario = Scenario {
            seed: 77,
            nics: 20,
            hours: 10,
            volume: Volume::Tuples(6_000),
            plants: Vec::new(),
            behaviours: vec![behaviour],
            ..Scenario::default()
        };
        let (bench, truth) = Bench::new().scenario(&scenario);
        let report = bench.json(&["logs"]).0;
        let right = truth.behaviours.iter().find(|right| right.times_ms.is_some()).unwrap();
        let (first, last) = right.times_ms.unwrap();
        let is_it =
            |row: &&Value| row["rule"] == right.rule.as_str() && row["entity"] == right.entity.as_str();
        let spans: Vec<(i64, i64)> = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(is_it)
            .map(|row| (row["first_time_ms"].as_i64().unwrap(), row["last_time_ms"].as_i64().unwrap()))
            .collect();
        // Floods are counted by bins of five minutes, in which others call, too.
        let is_flood = matches!(behaviour, Behaviour::SynFlood | Behaviour::OutboundFlood);
        let late = LATE_MS * if is_flood { 5 } else { 1 };
        let within = |span: &&(i64, i64)| span.0 >= first - late && span.1 <= last + late;
        let Some(found) = spans.iter().find(within) else {
            panic!("{behaviour:?}: {first} - {last} is dated {spans:?}");
        };
        // A scan is its dense part, a beacon the calls that were judged, logins are those of an hour.
        assert!((found.1 - found.0) * 2 >= last - first, "{behaviour:?}: {first} - {last}, {found:?}");
    }
}

#[test]
fn a_heartbeat_of_the_same_pair_does_not_date_an_upload() {
    let mut log = Log::default();
    for n in 0..20 * 6 {
        log.out(n * 10 * MINUTE + n % 7 * 1000, STRANGER, 443, SMALL);
        for other in 5..12 {
            let (host, site) = (format!("10.0.0.{other}"), format!("203.0.115.{other}"));
            log.call(n * 10 * MINUTE, [&host, &site], 443, 'O', 300, [90, 60_000, 60, 70_000]);
        }
    }
    // Two connections one after the other carry nearly everything.
    for at in [9 * HOUR, 9 * HOUR + 3 * MINUTE] {
        let counters = [2_000_000, 3_000_000_000, 900_000, 60_000_000];
        log.call(at, [OWN, STRANGER], 443, 'O', 3 * MINUTE, counters);
    }
    let upload = log.report();
    assert_eq!(times(only(&upload, "exfiltration")), (9 * HOUR, 9 * HOUR + 6 * MINUTE));
}

#[test]
fn what_no_connection_dates_has_no_time_and_text_says_so() {
    let mut tuples: Vec<String> = (0..40)
        .map(|n| format!("{},{STRANGER},{OWN},{},{},T,I,D", START / 1000 + n, 50_000 + n, 100 + n))
        .collect();
    tuples.push(format!("{},{STRANGER},{OWN},50100,3389,T,I,A", START / 1000 + 50));
    let log = json!({"records": [{
        "time": "2026-01-15T08:01:00.000Z", "macAddress": "000D3A000001", "category": "NetworkSecurityGroupFlowEvent",
        "resourceId": NSG.to_uppercase(), "operationName": "NetworkSecurityGroupFlowEvents",
        "properties": {"Version": 1, "flows": [{"rule": "r", "flows": [
            {"mac": "000D3A000001", "flowTuples": tuples}]}]},
    }]});
    let bench = Bench::new().file("log.json", log.to_string());
    let report = bench.json(&["logs"]).0;
    let finding = only(&report, "scan-accepted");
    assert_eq!((&finding["first_time_ms"], &finding["last_time_ms"]), (&Value::Null, &Value::Null));
    assert!(bench.run(&["logs", "--full"]).out().contains("scan-accepted | time not known | "));
    let brief = bench.run(&["logs"]).out();
    let line = brief.lines().find(|line| line.contains("got through")).unwrap();
    assert!(line.contains("time not known"), "{line}");
}
