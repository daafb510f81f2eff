//! Each trap of the format in a log of a few lines, written by hand.

mod common;

use common::Bench;
use serde_json::{Value, json};

/// 2026-01-15 08:00:00 UTC.
const START: i64 = 1_768_464_000_000;
const MINUTE: i64 = 60_000;
const NSG: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkSecurityGroups/nsg";

/// A VNet flow log of one NIC: a record a tuple, written two seconds after it.
fn log(mac: &str, tuples: &[String]) -> Vec<u8> {
    let record = |tuple: &String| {
        let time: i64 = tuple.split(',').next().unwrap().parse().unwrap();
        let time = chrono::DateTime::from_timestamp_millis(time + 2000).unwrap();
        json!({
            "time": time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true), "macAddress": mac,
            "category": "FlowLogFlowEvent", "flowLogVersion": 4, "targetResourceID": "/vnet",
            "flowRecords": {"flows": [{"aclID": NSG, "flowGroups": [{"rule": "r", "flowTuples": [tuple]}]}]},
        })
    };
    json!({"records": tuples.iter().map(record).collect::<Vec<_>>()}).to_string().into_bytes()
}

/// `ms` after the start: source, destination and ports, then direction, state and counters.
fn tuple(ms: i64, ends: &str, rest: &str) -> String {
    format!("{},{ends},{rest}", START + ms)
}

fn report(mac: &str, tuples: &[String]) -> Value {
    let (report, code) = Bench::new().file("log.json", log(mac, tuples)).json(&["logs"]);
    assert_eq!(code, 0);
    report
}

fn outcomes(report: &Value) -> Vec<(String, u64)> {
    let rows = report["connections"]["outcomes"].as_array().unwrap().iter();
    rows.map(|row| (row["outcome"].as_str().unwrap().to_owned(), row["connections"].as_u64().unwrap()))
        .filter(|(_, connections)| *connections > 0)
        .collect()
}

fn rules(report: &Value) -> Vec<&str> {
    report["findings"].as_array().unwrap().iter().map(|finding| finding["rule"].as_str().unwrap()).collect()
}

#[test]
fn counters_are_deltas_and_begins_have_none_whether_empty_or_zero() {
    for begin in ["O,B,NX,0,0,0,0", "O,B,NX,,,,"] {
        let ends = "10.0.0.4,10.9.0.5,40000,443,6";
        let report = report(
            "000D3A000001",
            &[
                tuple(0, ends, begin),
                tuple(5 * MINUTE, ends, "O,C,NX,1021,588096,8005,4610880"),
                tuple(7 * MINUTE, ends, "O,E,NX,52,29952,47,27072"),
            ],
        );
        let totals = &report["totals"];
        let packets = totals["packets_sent"].as_u64().unwrap() + totals["packets_received"].as_u64().unwrap();
        let bytes = totals["bytes_sent"].as_u64().unwrap() + totals["bytes_received"].as_u64().unwrap();
        assert_eq!((packets, bytes), (9125, 5_256_000), "the worked example of the documentation");
        assert_eq!(outcomes(&report), [("completed".to_owned(), 1)]);
        assert_eq!(report["low_payload"], json!([]));
    }
}

#[test]
fn continuations_every_five_minutes_are_no_beacon_and_begins_at_that_pace_are() {
    let ends = |port: i64| format!("10.0.0.4,203.0.114.9,{port},443,6");
    let mut one_long: Vec<String> =
        (1..240).map(|n| tuple(n * 5 * MINUTE, &ends(40_000), "O,C,NX,5,600,5,600")).collect();
    one_long.insert(0, tuple(0, &ends(40_000), "O,B,NX,0,0,0,0"));
    assert!(!rules(&report("000D3A000001", &one_long)).contains(&"beacon"));
    let many_short: Vec<String> = (0..240)
        .flat_map(|n| {
            let at = n * 5 * MINUTE;
            [
                tuple(at, &ends(40_000 + n), "O,B,NX,0,0,0,0"),
                tuple(at + 900, &ends(40_000 + n), "O,E,NX,8,900,6,700"),
            ]
        })
        .collect();
    assert!(rules(&report("000D3A000001", &many_short)).contains(&"beacon"));
}

#[test]
fn syn_retries_of_a_denied_connection_are_one_attempt_of_several_packets() {
    let ends = "203.0.114.9,10.0.0.4,50000,9999,6";
    let denied = "I,D,NX,0,0,0,0";
    let mut tuples: Vec<String> = [0, 1000, 3000].map(|ms| tuple(ms, ends, denied)).into();
    // The same twice in one millisecond is two packets, and an hour later is another attempt.
    tuples.push(tuple(3000, ends, denied));
    tuples.push(tuple(60 * MINUTE, ends, denied));
    let report = report("000D3A000001", &tuples);
    let row = &report["denied"][0];
    assert_eq!((row["tuples"].as_u64(), row["attempts"].as_u64()), (Some(5), Some(2)));
    assert_eq!(outcomes(&report), [("denied".to_owned(), 2)]);
}

#[test]
fn what_the_internet_is_denied_is_noise_and_what_one_is_denied_oneself_is_a_finding() {
    let inbound: Vec<String> = (0..12)
        .map(|n| tuple(n * 1000, &format!("203.0.114.9,10.0.0.4,{},22,6", 50_000 + n), "I,D,NX,0,0,0,0"))
        .collect();
    let noise = report("000D3A000001", &inbound);
    assert_eq!(rules(&noise), [] as [&str; 0]);
    assert_eq!(noise["noise"]["sources"], 1);
    let outbound: Vec<String> = (0..12)
        .map(|n| tuple(n * 1000, &format!("10.0.0.4,203.0.114.9,{},25,6", 50_000 + n), "O,D,NX,0,0,0,0"))
        .collect();
    assert_eq!(rules(&report("000D3A000001", &outbound)), ["denied-outbound"]);
}

#[test]
fn protocols_without_ports_are_in_no_list_of_ports_and_scan_nothing() {
    let pings: Vec<String> = (0..40)
        .flat_map(|n| {
            let ends = format!("10.0.0.4,10.0.{n}.9,0,0,1");
            [tuple(n * 500, &ends, "O,B,NX,0,0,0,0"), tuple(n * 500 + 9, &ends, "O,E,NX,1,98,1,98")]
        })
        .collect();
    let report = report("000D3A000001", &pings);
    assert_eq!((&report["top_ports"], &report["port_scans"]), (&json!([]), &json!([])));
    assert_eq!(report["protocols"], json!({"1": 80}));
    assert!(!rules(&report).contains(&"horizontal-sweep"));
}

#[test]
fn a_nic_is_one_nic_however_its_mac_is_written() {
    let ends = "10.0.0.4,10.9.0.5,40000,443,6";
    let bench = Bench::new()
        .file("a.json", log("00-0d-3a-00-00-01", &[tuple(0, ends, "O,B,NX,0,0,0,0")]))
        .file("b.json", log("000D3A000001", &[tuple(9000, ends, "O,E,NX,9,900,9,900")]));
    let (report, _) = bench.json(&["logs"]);
    assert_eq!(report["totals"]["unique_nics"], 1);
    assert_eq!(outcomes(&report), [("completed".to_owned(), 1)]);
}

#[test]
fn what_reaches_beyond_the_data_is_not_called_incomplete() {
    let ends = |port| format!("10.0.0.4,10.9.0.5,{port},443,6");
    let report = report(
        "000D3A000001",
        &[
            tuple(0, &ends(1), "O,C,NX,9,900,9,900"),
            tuple(1000, &ends(1), "O,E,NX,9,900,9,900"),
            tuple(2000, &ends(2), "O,B,NX,0,0,0,0"),
            tuple(30 * MINUTE, &ends(3), "O,B,NX,0,0,0,0"),
            tuple(30 * MINUTE + 1, &ends(4), "O,C,NX,9,900,9,900"),
        ],
    );
    let expected = [("began-before", 1), ("open", 2), ("begun-only", 1)];
    assert_eq!(outcomes(&report), expected.map(|(outcome, count)| (outcome.to_owned(), count)));
}

#[test]
fn a_one_way_connection_is_told_by_its_counters_not_by_missing_rows() {
    let ends = |port| format!("10.0.0.4,10.9.0.5,{port},514,17");
    let report = report(
        "000D3A000001",
        &[
            tuple(0, &ends(1), "O,B,NX,0,0,0,0"),
            tuple(9, &ends(1), "O,E,NX,4,400,0,0"),
            tuple(20, &ends(2), "O,B,NX,0,0,0,0"),
            tuple(29, &ends(2), "O,E,NX,4,400,1,100"),
        ],
    );
    assert_eq!(report["one_way"][0]["connections"], 1);
    assert_eq!(outcomes(&report), [("completed".to_owned(), 1), ("unanswered".to_owned(), 1)]);
}

#[test]
fn a_server_of_the_own_network_with_a_public_address_is_matched_at_both_ends() {
    let ends = "20.0.0.4,20.0.0.5,40000,443,6";
    let bench = Bench::new()
        .file(
            "client.json",
            log("000D3A000001", &[tuple(0, ends, "O,B,NX,0,0,0,0"), tuple(9000, ends, "O,E,NX,9,900,9,900")]),
        )
        .file(
            "server.json",
            log("000D3A000002", &[tuple(2, ends, "I,B,NX,0,0,0,0"), tuple(9003, ends, "I,E,NX,9,900,9,900")]),
        );
    let (report, _) = bench.json(&["logs"]);
    assert_eq!(outcomes(&report), [("completed".to_owned(), 1)]);
    assert_eq!(report["resolved"]["duplicate_tuples"], 2);
}

/// A connection of two rows, begun at `ms`.
fn whole(ms: i64, ends: &str, word: &str, counters: &str) -> [String; 2] {
    [tuple(ms, ends, &format!("O,B,{word},0,0,0,0")), tuple(ms + 20, ends, &format!("O,E,{word},{counters}"))]
}

#[test]
fn a_strobe_is_a_connection_a_second_over_the_whole_data() {
    let strobe = |count: i64| -> Vec<String> {
        let pause = 3_600_000 / count;
        (0..count)
            .flat_map(|n| {
                whole(n * pause, &format!("10.0.0.4,203.0.114.9,{},443,6", 1024 + n), "NX", "5,500,5,500")
            })
            .collect()
    };
    assert!(rules(&report("000D3A000001", &strobe(3700))).contains(&"strobe"));
    assert!(!rules(&report("000D3A000001", &strobe(3400))).contains(&"strobe"));
}

#[test]
fn protocols_in_clear_are_listed_once_a_port_and_only_if_answered() {
    let mut tuples = Vec::new();
    for (place, port) in [21, 23, 389, 636].into_iter().enumerate() {
        tuples.extend(whole(
            1000,
            &format!("10.0.0.4,10.9.0.5,{},{port},6", 5000 + place),
            "NX",
            "9,900,9,900",
        ));
    }
    tuples.extend(whole(1000, "10.0.0.4,10.9.0.5,6000,110,6", "NX", "3,180,0,0"));
    let report = report("000D3A000001", &tuples);
    let found: Vec<&str> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["rule"] == "cleartext-protocol")
        .map(|finding| finding["entity"].as_str().unwrap())
        .collect();
    assert_eq!(found, ["21", "23", "389"]);
}

#[test]
fn clear_traffic_is_a_finding_only_where_encryption_is_on_and_drops_are_apart() {
    let of = |words: &[&str]| -> Vec<(String, u64)> {
        let tuples: Vec<String> = words
            .iter()
            .enumerate()
            .flat_map(|(place, word)| {
                whole(1000, &format!("10.0.0.4,10.0.1.5,{},443,6", 5000 + place), word, "9,900,9,900")
            })
            .collect();
        report("000D3A000001", &tuples)["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|finding| finding["rule"] == "unencrypted")
            .map(|finding| {
                let count = finding["evidence"][0]["count"].as_u64().unwrap();
                (finding["entity"].as_str().unwrap().to_owned(), count)
            })
            .collect()
    };
    assert_eq!(of(&["NX", "X", "NX_LOCAL_DST"]), []);
    assert_eq!(of(&["NX_FALLBACK", "X"]), [("passed".to_owned(), 2)]);
    assert_eq!(of(&["NX_NOT_ACCEPTED", "NX_SW_NOT_READY"]), [("dropped".to_owned(), 4)]);
}
