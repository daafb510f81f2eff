//! The report against the generator's truth: every number, on sets with every behaviour planted.

mod common;

use std::collections::BTreeMap;

use common::Bench;
use flowlog_core::report::{RETRY_BEGINS, SCAN_PORTS};
use flowlog_testkit::scenario::{Capture, Format, Gap, Scenario, Volume};
use flowlog_testkit::truth::{ClassTruth, ConversationTruth, EncryptionTruth, HostTruth, PortTruth, Truth};
use serde_json::{Value, json};

/// Ranking entries compared: all of these small sets.
const ALL: &str = "1000000";

fn rows<'v>(report: &'v Value, list: &str) -> &'v [Value] {
    report[list].as_array().unwrap_or_else(|| panic!("{list} is a list"))
}

/// A list's rows by conversation, with the value of one field.
fn by_conversation(report: &Value, list: &str, count: &str) -> BTreeMap<String, u64> {
    let key =
        |row: &Value| format!("{} {} {} {}", row["source"], row["destination"], row["port"], row["protocol"]);
    rows(report, list).iter().map(|row| (key(row), row[count].as_u64().unwrap())).collect()
}

fn expected(list: &[ConversationTruth], above: u64) -> BTreeMap<String, u64> {
    let counted = list.iter().filter(|row| row.count > above);
    let key = |row: &ConversationTruth| {
        format!("\"{}\" \"{}\" {} {}", row.source, row.destination, row.port, row.protocol)
    };
    counted.map(|row| (key(row), row.count)).collect()
}

/// Rules, encryption between subnets, and classes of traffic.
fn network(report: &Value, truth: &Truth) {
    const FIELDS: [&str; 10] = [
        "class",
        "tuples",
        "begun",
        "denied",
        "dropped_for_encryption",
        "bytes",
        "sources",
        "destinations",
        "first_time_ms",
        "last_time_ms",
    ];
    let key = |acl: &Value, rule: &Value| format!("{acl} {rule}");
    let rules: BTreeMap<String, Vec<Value>> = rows(report, "rules")
        .iter()
        .map(|row| (key(&row["acl"], &row["rule"]), FIELDS.map(|field| row[field].clone()).to_vec()))
        .collect();
    let wanted = truth.rules.iter().map(|row| {
        let class = match row.rule.as_str() {
            "unspecified" => "unspecified",
            "PlatformRule" => "platform",
            rule if rule.starts_with("UserRule_") => "user",
            rule if rule.starts_with("DefaultRule_") => "default",
            _ => "security-admin",
        };
        let counts =
            [row.tuples, row.begun, row.denied, row.dropped, row.bytes, row.sources, row.destinations];
        let mut fields = vec![json!(class)];
        fields.extend(counts.map(|count| json!(count)));
        fields.extend([row.first_time_ms, row.last_time_ms].map(|time| json!(time)));
        (key(&json!(row.acl), &json!(row.rule)), fields)
    });
    assert_eq!(rules, wanted.collect(), "rules");

    let mut pairs: Vec<EncryptionTruth> = Vec::new();
    for row in rows(report, "encryption_pairs") {
        for (word, counts) in row["words"].as_object().unwrap() {
            let text = |field: &str| row[field].as_str().unwrap().to_owned();
            let count = |field: &str| counts[field].as_u64().unwrap();
            pairs.push(EncryptionTruth {
                source: text("source"),
                destination: text("destination"),
                word: word.clone(),
                tuples: count("tuples"),
                attempts: count("attempts"),
                bytes: count("bytes"),
            });
        }
    }
    pairs.sort();
    let in_use = truth.encryption.keys().any(|word| !["", "NX"].contains(&word.as_str()));
    assert_eq!(pairs, if in_use { truth.encryption_pairs.clone() } else { Vec::new() }, "encryption_pairs");

    let mut classes: BTreeMap<String, ClassTruth> = BTreeMap::new();
    for row in rows(report, "classes") {
        // By construction it is not known whose the public addresses are.
        let class = row["class"].as_str().unwrap();
        let class = if class.ends_with("Public") { "Public" } else { class };
        let sum = classes.entry(class.to_owned()).or_default();
        let count = |field: &str| row[field].as_u64().unwrap();
        sum.tuples += count("tuples");
        sum.denied += count("denied");
        sum.begins += count("begins");
        sum.conversations += count("conversations");
        sum.bytes_sent += count("bytes_sent");
        sum.bytes_received += count("bytes_received");
    }
    assert_eq!(classes, truth.classes, "classes");
}

/// Hosts on each side and ports, in their order.
fn rankings(report: &Value, hosts: [&Vec<HostTruth>; 2], ports: &[PortTruth]) {
    for (list, hosts) in ["top_sources", "top_destinations"].into_iter().zip(hosts) {
        let found: Vec<Value> =
            rows(report, list).iter().map(|row| json!([row["ip"], row["tuples"], row["bytes"]])).collect();
        let wanted: Vec<Value> = hosts.iter().map(|host| json!([host.ip, host.tuples, host.bytes])).collect();
        assert_eq!(found, wanted, "{list}, in this order");
    }
    let found: Vec<Value> = rows(report, "top_ports")
        .iter()
        .map(|row| json!([row["port"], row["protocol"], row["tuples"]]))
        .collect();
    let wanted: Vec<Value> = ports.iter().map(|row| json!([row.port, row.protocol, row.tuples])).collect();
    assert_eq!(found, wanted, "top_ports, in this order");
}

fn compare(report: &Value, truth: &Truth) {
    let totals = serde_json::to_value(&truth.totals).unwrap();
    for (field, value) in totals.as_object().unwrap() {
        let field = if field == "bytes" { "input_bytes" } else { field };
        assert_eq!(&report["totals"][field], value, "totals.{field}");
    }
    let mut states: BTreeMap<char, u64> = ['B', 'C', 'E', 'D'].map(|letter| (letter, 0)).into();
    states.extend(&truth.states);
    assert_eq!(report["states"], json!(states));
    assert_eq!(report["directions"], json!(truth.directions));
    assert_eq!(report["protocols"], json!(truth.protocols));
    assert_eq!(report["encryption"], json!(truth.encryption));
    rankings(report, [&truth.sources, &truth.destinations], &truth.ports);
    network(report, truth);
    assert_eq!(by_conversation(report, "denied", "tuples"), expected(&truth.denied, 0), "denied");
    assert_eq!(
        by_conversation(report, "incomplete", "connections"),
        expected(&truth.incomplete, 0),
        "incomplete"
    );
    assert_eq!(by_conversation(report, "one_way", "connections"), expected(&truth.one_way, 0), "one_way");
    assert_eq!(
        by_conversation(report, "retries", "begins"),
        expected(&truth.begins, RETRY_BEGINS),
        "retries"
    );
    let scans: BTreeMap<String, Value> = rows(report, "port_scans")
        .iter()
        .map(|row| {
            (
                format!("{} {}", row["source"], row["destination"]),
                json!([row["ports"], row["tuples"], row["denied"]]),
            )
        })
        .collect();
    let wanted = truth.port_scans.iter().filter(|pair| pair.ports > SCAN_PORTS).map(|pair| {
        (
            format!("\"{}\" \"{}\"", pair.source, pair.destination),
            json!([pair.ports, pair.tuples, pair.denied]),
        )
    });
    assert_eq!(scans, wanted.collect(), "port_scans");
    let lists = [
        "denied",
        "incomplete",
        "retries",
        "one_way",
        "low_payload",
        "high_volume",
        "unusual_ports",
        "denied_sources",
        "port_scans",
    ];
    for list in lists {
        let total = report[format!("{list}_total")].as_u64().unwrap();
        assert_eq!(total, rows(report, list).len() as u64, "no list of these sets is cut: {list}");
    }
}

/// Each connection once: sums, outcomes and rankings.
fn compare_resolved(report: &Value, truth: &Truth) {
    let wanted = truth.resolved.as_ref().expect("a scenario knows its connections");
    let totals = serde_json::to_value(&truth.totals).unwrap();
    for field in ["tuples", "bytes_sent", "packets_received", "conversations", "unique_sources"] {
        assert_eq!(report["totals"][field], totals[field], "rows count in totals: {field}");
    }
    let resolved = &report["resolved"];
    assert_eq!(resolved["applied"], true);
    for (field, value) in [
        ("duplicate_connections", wanted.duplicate_connections),
        ("duplicate_tuples", wanted.duplicate_tuples),
        ("duplicate_bytes", wanted.duplicate_bytes),
        ("tuples", wanted.tuples),
        ("bytes_sent", wanted.bytes_sent),
        ("bytes_received", wanted.bytes_received),
    ] {
        assert_eq!(resolved[field], value, "resolved.{field}");
    }
    let outcomes: BTreeMap<String, u64> = rows(&report["connections"], "outcomes")
        .iter()
        .map(|row| (row["outcome"].as_str().unwrap().to_owned(), row["connections"].as_u64().unwrap()))
        .filter(|(_, connections)| *connections > 0)
        .collect();
    assert_eq!(outcomes, wanted.outcomes);
    rankings(report, [&wanted.sources, &wanted.destinations], &wanted.ports);
    for field in ["tuples", "bytes_sent", "bytes_received"] {
        let sum: u64 = rows(report, "classes").iter().map(|row| row[field].as_u64().unwrap()).sum();
        assert_eq!(resolved[field], sum, "classes, each connection once: {field}");
    }
}

fn check(scenario: &Scenario) {
    let (bench, truth) = Bench::new().scenario(scenario);
    let (report, code) = bench.json(&["logs", "--top", ALL, "--sort", "tuples", "--no-dedup"]);
    assert_eq!(code, if truth.totals.files_with_errors > 0 { 3 } else { 0 });
    compare(&report, &truth);
    compare_resolved(&bench.json(&["logs", "--top", ALL, "--sort", "tuples"]).0, &truth);
    let files: BTreeMap<String, u64> = rows(&report, "files")
        .iter()
        .map(|row| (row["path"].as_str().unwrap().replace('\\', "/"), row["tuples"].as_u64().unwrap()))
        .collect();
    let wanted = truth.files.iter().map(|file| (format!("logs/{}", file.name), file.tuples));
    assert_eq!(files, wanted.collect());
}

#[test]
fn a_million_tuples_of_both_ends() {
    let volume = Volume::Tuples(1_050_000);
    check(&Scenario { seed: 11, nics: 24, hours: 12, volume, ..Scenario::default() });
}

#[test]
fn one_end_only_and_half_the_time_both() {
    for capture in [Capture::SourceOnly, Capture::HalfBoth] {
        let volume = Volume::Tuples(40_000);
        check(&Scenario { seed: 12, nics: 5, hours: 3, volume, capture, ..Scenario::default() });
    }
}

#[test]
fn a_connection_that_one_end_lost_for_an_hour_counts_as_the_other_end_saw_it() {
    let gaps = vec![Gap { nic: 0, hour: 2 }, Gap { nic: 3, hour: 1 }, Gap { nic: 4, hour: 4 }];
    let volume = Volume::Tuples(60_000);
    check(&Scenario { seed: 18, nics: 6, hours: 6, volume, gaps, ..Scenario::default() });
}

#[test]
fn a_single_nic_is_decoded_ahead() {
    check(&Scenario { seed: 13, nics: 1, hours: 30, volume: Volume::Tuples(60_000), ..Scenario::default() });
}

#[test]
fn nsg_flow_logs_of_both_versions_and_beside_vnet_flow_logs() {
    for format in [Format::NsgV1, Format::NsgV2] {
        let volume = Volume::Tuples(30_000);
        check(&Scenario { seed: 14, nics: 4, hours: 3, volume, format, ..Scenario::default() });
    }
    check(&Scenario { seed: 15, nics: 6, nsg_v2_nics: 2, ..Scenario::default() });
}

#[test]
fn the_result_does_not_depend_on_threads_order_or_how_the_files_are_packed() {
    let (bench, truth) = Bench::new().scenario(&Scenario { seed: 16, ..Scenario::default() });
    let (report, _) = bench.json(&["logs", "--top", ALL, "--sort", "tuples", "--threads", "1"]);
    compare_resolved(&report, &truth);
    let text = bench.run(&["logs", "--full", "--threads", "1"]).out();
    for threads in ["2", "3", "16"] {
        assert_eq!(
            bench.json(&["logs", "--top", ALL, "--sort", "tuples", "--threads", threads]).0,
            report,
            "{threads} threads"
        );
        assert_eq!(bench.run(&["logs", "--full", "--threads", threads]).out(), text);
    }
    // The same files under names in the reverse order.
    let mut renamed = Bench::new();
    for (place, file) in truth.files.iter().enumerate() {
        let content = std::fs::read(bench.logs().join(&file.name)).unwrap();
        renamed = renamed.file(&format!("{:05}.json", 99_999 - place), content);
    }
    let (mut other, _) = renamed.json(&["logs", "--top", ALL, "--sort", "tuples"]);
    other["files"] = report["files"].clone();
    assert_eq!(other, report, "whatever the files are called");
    // All blobs in one stream, the last one first: rows count as they come in any order.
    let (report, _) = bench.json(&["logs", "--top", ALL, "--sort", "tuples", "--no-dedup"]);
    let mut names: Vec<&str> = truth.files.iter().map(|file| file.name.as_str()).collect();
    names.reverse();
    let contents = names.iter().map(|name| std::fs::read(bench.logs().join(name)).unwrap());
    let stream: Vec<u8> = contents.collect::<Vec<_>>().join(&b'\n');
    let output = bench
        .command(&["-", "--format", "json", "--top", ALL, "--sort", "tuples", "--no-dedup"])
        .write_stdin(stream)
        .output()
        .unwrap();
    let mut from_stdin: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(from_stdin["totals"]["tuples"], report["totals"]["tuples"]);
    assert_eq!(from_stdin["top_sources"], report["top_sources"]);
    assert_eq!(from_stdin["denied"].take(), report["denied"]);
}

#[test]
fn a_file_of_several_nics_is_joined_with_the_other_files_of_these_nics() {
    let scenario =
        Scenario { seed: 17, nics: 3, hours: 2, volume: Volume::Tuples(6_000), ..Scenario::default() };
    let (blobs, truth) = scenario.collect();
    let mut bench = Bench::new();
    // The blobs of the first hour one after the other in one file, those of the second hour as they are.
    let (first, second): (Vec<_>, Vec<_>) = blobs.into_iter().partition(|(name, _)| name.contains("/h=08/"));
    bench = bench.file(
        "first.ndjson",
        first.iter().map(|(_, bytes)| bytes.as_slice()).collect::<Vec<_>>().join(&b'\n'),
    );
    for (name, bytes) in &second {
        bench = bench.file(name, bytes);
    }
    let (report, code) = bench.json(&["logs", "--top", ALL, "--sort", "tuples", "--no-dedup"]);
    assert_eq!(code, 0);
    assert_eq!(by_conversation(&report, "incomplete", "connections"), expected(&truth.incomplete, 0));
    assert_eq!(by_conversation(&report, "one_way", "connections"), expected(&truth.one_way, 0));
}
