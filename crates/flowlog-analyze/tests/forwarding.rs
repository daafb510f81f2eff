//! NICs that pass on traffic of others, and addresses that are one's own whatever their class.

mod common;

use common::Bench;
use serde_json::{Value, json};

/// 2026-03-01 10:00:00 UTC.
const START: i64 = 1_772_359_200_000;
const HOUR: i64 = 3_600_000;

fn vnet(name: &str) -> String {
    format!("/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/{name}")
}

/// A VNet flow log: a record a minute of log time, of the NIC `mac` in the VNet `vnet`.
fn log(mac: &str, vnet_name: &str, tuples: &[String]) -> String {
    let time = |tuple: &String| tuple.split(',').next().unwrap().parse::<i64>().unwrap();
    let mut sorted: Vec<&String> = tuples.iter().collect();
    sorted.sort_by_key(|tuple| time(tuple));
    let records: Vec<Value> = sorted
        .chunk_by(|a, b| time(a) / 60_000 == time(b) / 60_000)
        .map(|minute| {
            let written = chrono::DateTime::from_timestamp_millis(time(minute[0]) / 60_000 * 60_000 + 61_000).unwrap();
            json!({
                "time": written.to_rfc3339_opts(chrono::SecondsFormat::Millis, true), "macAddress": mac,
                "category": "FlowLogFlowEvent", "flowLogVersion": 4, "targetResourceID": vnet(vnet_name),
                "flowRecords": {"flows": [{
                    "aclID": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/networkSecurityGroups/n",
                    "flowGroups": [{"rule": "UserRule_x", "flowTuples": minute}],
                }]},
            })
        })
        .collect();
    json!({ "records": records }).to_string()
}

/// Begin and end of a connection of 1,000 bytes out and 10,000 back, `ms` after the start.
fn life(ms: i64, ends: &str, direction: char) -> [String; 2] {
    let at = START + ms;
    [
        format!("{at},{ends},{direction},B,NX,0,0,0,0"),
        format!("{},{ends},{direction},E,NX,10,1000,12,10000", at + 4000),
    ]
}

fn report(bench: &Bench, arguments: &[&str]) -> Value {
    let (report, code) = bench.json(&[&["logs"], arguments].concat());
    assert_eq!(code, 0);
    report
}

/// Class, conversations and bytes sent of each class of traffic.
fn classes(report: &Value) -> Vec<(String, u64, u64)> {
    let rows = report["classes"].as_array().unwrap().iter();
    let number = |row: &Value, key: &str| row[key].as_u64().unwrap();
    rows.map(|row| {
        let class = row["class"].as_str().unwrap().to_owned();
        (class, number(row, "conversations"), number(row, "bytes_sent"))
    })
    .collect()
}

fn resolved(report: &Value) -> (u64, u64, u64) {
    let number = |value: &Value| value.as_u64().unwrap();
    let (resolved, connections) = (&report["resolved"], &report["connections"]);
    (number(&resolved["bytes_sent"]), number(&resolved["bytes_received"]), number(&connections["total"]))
}

fn findings_of(report: &Value, entity: &str) -> Vec<Value> {
    let all = report["findings"].as_array().unwrap().iter();
    all.filter(|finding| finding["entity"] == entity).cloned().collect()
}

/// A machine that calls a host of the internet every two minutes for two days, and knocks at forty machines.
fn vm_traffic(ends: impl Fn(i64) -> String, direction: char) -> Vec<String> {
    let beacon = (0..48 * 30).flat_map(|n| life(n * 120_000, &ends(n), direction));
    beacon.collect()
}

#[test]
fn behind_source_nat_hosts_of_the_internet_stay_what_they_are() {
    let vm = |n: i64| format!("10.1.0.4,93.184.216.34,{},443,6", 20_000 + n);
    let nat = |n: i64| format!("10.0.0.4,93.184.216.34,{},443,6", 30_000 + n);
    let alone = Bench::new().file("vm.json", log("0022480A0001", "vnet-a", &vm_traffic(vm, 'O')));
    let mut passed = vm_traffic(vm, 'I');
    passed.extend(vm_traffic(nat, 'O'));
    let hub = log("0022480A0002", "vnet-hub", &passed);
    let both = Bench::new()
        .file("vm.json", log("0022480A0001", "vnet-a", &vm_traffic(vm, 'O')))
        .file("nva.json", hub);
    let (alone, both) = (report(&alone, &[]), report(&both, &[]));
    let wanted = findings_of(&alone, "10.1.0.4");
    assert!(wanted.iter().any(|finding| finding["rule"] == "beacon"), "{wanted:?}");
    let rules = |found: &[Value]| found.iter().map(|one| one["id"].to_string()).collect::<Vec<_>>();
    assert_eq!(rules(&findings_of(&both, "10.1.0.4")), rules(&wanted));
    assert_eq!(classes(&both), [("ExternalPublic".to_owned(), 2, 2 * 1_440_000)]);
    // What the machine and the appliance logged under one 5-tuple is one connection.
    assert_eq!(resolved(&both), (2 * 1_440_000, 2 * 14_400_000, 2 * 1440));
}

#[test]
fn four_rows_of_an_appliance_and_two_of_a_machine_are_enough() {
    let (vm, nat) = ("10.1.0.4,93.184.216.34,40000,443,6", "10.0.0.4,93.184.216.34,51000,443,6");
    let hub = log("0022480A0002", "vnet-hub", &[life(1, vm, 'I'), life(2, nat, 'O')].concat());
    let bench =
        Bench::new().file("vm.json", log("0022480A0001", "vnet-a", &life(0, vm, 'O'))).file("nva.json", &hub);
    for threads in ["1", "4"] {
        let report = report(&bench, &["--threads", threads]);
        assert_eq!(classes(&report), [("ExternalPublic".to_owned(), 2, 2000)]);
        assert_eq!(resolved(&report), (2000, 20_000, 2));
    }
    // Its own log alone says as much.
    let alone = report(&Bench::new().file("nva.json", hub), &[]);
    assert_eq!(classes(&alone), [("ExternalPublic".to_owned(), 2, 2000)]);
}

#[test]
fn a_one_armed_appliance_logs_a_connection_twice_and_it_counts_once() {
    let ends = "10.1.0.4,10.2.0.4,40000,443,6";
    let bench = Bench::new()
        .file("vm-a.json", log("0022480A0001", "vnet-a", &life(0, ends, 'O')))
        .file("nva.json", log("0022480A0002", "vnet-hub", &[life(1, ends, 'I'), life(2, ends, 'O')].concat()))
        .file("vm-b.json", log("0022480A0003", "vnet-b", &life(3, ends, 'I')));
    let whole = report(&bench, &["--export-connections", "c.ndjson"]);
    assert_eq!(resolved(&whole), (1000, 10_000, 1));
    assert_eq!(classes(&whole), [("InterVNet".to_owned(), 1, 1000)]);
    assert_eq!(whole["resolved"]["duplicate_connections"], 3);
    let export = std::fs::read_to_string(bench.folder.path().join("c.ndjson")).unwrap();
    let row: Value = serde_json::from_str(export.trim_end()).unwrap();
    assert_eq!(
        (&row["logs"], &row["bytes_sent"], &row["outcome"]),
        (&json!(4), &json!(1000), &json!("completed"))
    );
    // The appliance's log alone, and each of its two sightings by itself.
    let nva = log("0022480A0002", "vnet-hub", &[life(1, ends, 'I'), life(2, ends, 'O')].concat());
    let alone = Bench::new().file("nva.json", nva);
    assert_eq!(resolved(&report(&alone, &[])), (1000, 10_000, 1));
    assert_eq!(resolved(&report(&alone, &["--no-dedup"])), (2000, 20_000, 2));
}

#[test]
fn without_nat_the_way_to_the_internet_counts_once_whichever_logs_there_are() {
    let ends = |n: i64| format!("10.1.0.4,198.41.0.{},{},443,6", n % 7, 20_000 + n);
    let vm: Vec<String> = (0..30).flat_map(|n| life(n * 1000, &ends(n), 'O')).collect();
    let passed: Vec<String> = (0..30)
        .flat_map(|n| [life(n * 1000 + 1, &ends(n), 'I'), life(n * 1000 + 2, &ends(n), 'O')].concat())
        .collect();
    let logs = [
        ("vm.json", log("0022480A0001", "vnet-a", &vm)),
        ("nva.json", log("0022480A0002", "vnet-hub", &passed)),
    ];
    for chosen in [&logs[..], &logs[1..]] {
        let bench = chosen.iter().fold(Bench::new(), |bench, (name, bytes)| bench.file(name, bytes));
        let report = report(&bench, &[]);
        assert_eq!(resolved(&report), (30_000, 300_000, 30));
        assert_eq!(classes(&report), [("ExternalPublic".to_owned(), 7, 30_000)]);
    }
}

#[test]
fn a_firewall_of_two_arms_makes_no_host_of_the_internet_own() {
    let ends = |n: i64| format!("10.1.0.{},93.184.216.{},{},443,6", 4 + n % 3, 34 + n % 2, 40_000 + n);
    let nat = |n: i64| format!("10.0.1.4,93.184.216.{},{},443,6", 34 + n % 2, 50_000 + n);
    let rows = |ends: &dyn Fn(i64) -> String, direction| -> Vec<String> {
        (0..12).flat_map(|n| life(n * 1000, &ends(n), direction)).collect()
    };
    let bench = Bench::new()
        .file("trusted.json", log("0022480A0002", "vnet-hub", &rows(&ends, 'I')))
        .file("untrusted.json", log("0022480A0003", "vnet-hub", &rows(&nat, 'O')));
    let report = report(&bench, &[]);
    assert_eq!(classes(&report), [("ExternalPublic".to_owned(), 8, 24_000)]);
}

#[test]
fn a_gateway_that_tells_of_two_networks_places_no_machine_of_others() {
    let ends = |n: i64| format!("192.168.7.20,10.1.0.{},{},443,6", 4 + n % 5, 40_000 + n);
    let passed: Vec<String> = (0..20).flat_map(|n| life(n * 1000, &ends(n), 'I')).collect();
    let mut bench = Bench::new().file("gateway.json", log("0022480A00FF", "vnet-hub", &passed));
    for machine in 0..5 {
        let own: Vec<String> =
            (0..20).filter(|n| n % 5 == machine).flat_map(|n| life(n * 1000 + 2, &ends(n), 'I')).collect();
        let to_each_other =
            life(90_000, &format!("10.1.0.{},10.1.0.{},5000,22,6", 4 + machine, 4 + (machine + 1) % 5), 'O');
        let mac = format!("0022480A000{machine}");
        bench = bench
            .file(&format!("{machine}.json"), log(&mac, "vnet-a", &[own, to_each_other.into()].concat()));
    }
    let report = report(&bench, &[]);
    assert_eq!(
        classes(&report),
        [("IntraVNet".to_owned(), 5, 5000), ("OnPremisesPrivate".to_owned(), 5, 20_000)]
    );
    assert_eq!(resolved(&report).0, 25_000);
}

#[test]
fn own_addresses_are_own_whatever_their_class_with_and_without_a_name() {
    for (a, b, network) in [
        ("ace:cab:deca:deed::4", "ace:cab:deca:deee::4", "ace:cab:deca::/48"),
        ("2001:db8:1::4", "2001:db8:2::4", "2001:db8::/32"),
        ("192.0.2.4", "192.0.2.5", "192.0.2.0/24"),
        ("20.7.0.4", "20.7.0.5", "20.7.0.0/16"),
        ("198.18.0.4", "198.18.0.5", "198.18.0.0/15"),
    ] {
        let ends = format!("{a},{b},40000,443,6");
        let bench = Bench::new()
            .file("a.json", log("0022480A0001", "vnet-a", &life(0, &ends, 'O')))
            .file("b.json", log("0022480A0002", "vnet-a", &life(1, &ends, 'I')));
        for arguments in [&[][..], &["--internal-cidr", network]] {
            let report = report(&bench, arguments);
            assert_eq!(classes(&report), [("IntraVNet".to_owned(), 1, 1000)], "{a} {arguments:?}");
            assert_eq!(resolved(&report), (1000, 10_000, 1), "{a} {arguments:?}");
        }
    }
}

#[test]
fn an_own_address_that_no_file_begins_with_is_matched_at_both_ends_all_the_same() {
    let (plain, other) =
        ("10.0.0.4,10.0.0.5,40000,443,6", "ace:cab:deca:deed::4,ace:cab:deca:deee::4,40000,443,6");
    let rows =
        |plain_of: char, ms| [life(0, plain, plain_of), life(20 * HOUR + ms, other, plain_of)].concat();
    let filler = |mac: &str, direction| {
        let begin: Vec<String> = (0..120)
            .flat_map(|n| life(60_000 + n * 10, &format!("10.0.0.4,10.0.0.5,{},80,6", 1000 + n), direction))
            .collect();
        log(mac, "vnet-a", &[rows(direction, 0), begin].concat())
    };
    let bench =
        Bench::new().file("a.json", filler("0022480A0001", 'O')).file("b.json", filler("0022480A0002", 'I'));
    assert_eq!(resolved(&report(&bench, &[])), (122_000, 1_220_000, 122));
}
