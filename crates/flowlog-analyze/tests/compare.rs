//! `flowlog-analyze compare`: what is new, what vanished, and what the data cannot tell.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use common::Bench;
use common::schema::Schema;
use flowlog_testkit::faults;
use flowlog_testkit::nsg_copy::{Conversation, LeftOut, NsgCopy};
use flowlog_testkit::scenario::{Behaviour, Capture, Scenario, Volume};
use flowlog_testkit::truth::Truth;
use serde_json::{Value, json};

const HOUR_MS: i64 = 3_600_000;

fn small(seed: u64) -> Scenario {
    Scenario { seed, nics: 6, hours: 3, volume: Volume::Tuples(12_000), ..Scenario::default() }
}

/// Writes the blobs of a scenario below a folder of the bench. `place` names each file by its number and blob name.
fn write(bench: &Bench, folder: &str, scenario: &Scenario, place: impl Fn(usize, &str) -> String) -> Truth {
    let (blobs, truth) = scenario.collect();
    for (number, (name, bytes)) in blobs.iter().enumerate() {
        put(bench, folder, &place(number, name), bytes);
    }
    truth
}

fn put(bench: &Bench, folder: &str, name: &str, bytes: &[u8]) {
    let path = bench.folder.path().join(folder).join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn as_named(_: usize, name: &str) -> String {
    name.to_owned()
}

fn compared(bench: &Bench, arguments: &[&str]) -> (Value, i32) {
    let run = bench.run(&[&["compare", "--format", "json"], arguments].concat());
    let json = serde_json::from_str(&run.out()).unwrap_or_else(|error| panic!("{error}: {}", run.talk()));
    assert_eq!(Schema::read("compare.schema.json").fault(&json), None, "{arguments:?}");
    (json, run.code())
}

/// Everything that could be told as changed.
fn changes(comparison: &Value) -> u64 {
    let total = |value: &Value| value["total"].as_u64().unwrap();
    let lists = ["service_outcomes", "conversation_outcomes", "host_volume", "port_volume"];
    let deltas = ["hosts", "ports", "conversations", "denied", "rules"];
    let found = |list: &str| comparison["findings"][list].as_array().unwrap().len() as u64;
    lists.iter().map(|list| total(&comparison[list])).sum::<u64>()
        + deltas
            .iter()
            .map(|list| total(&comparison[list]["new"]) + total(&comparison[list]["vanished"]))
            .sum::<u64>()
        + found("new")
        + found("gone")
}

#[test]
fn the_same_seed_twice_is_no_change() {
    let bench = Bench::new();
    for folder in ["a", "b"] {
        write(&bench, folder, &small(41), as_named);
    }
    let (comparison, code) = compared(&bench, &["a", "b"]);
    assert_eq!((changes(&comparison), code), (0, 0), "{comparison:#}");
    assert_eq!(comparison["caveats"], json!([]));
    assert!(comparison["conversations"]["kept"].as_u64().unwrap() > 100);
    let text = bench.run(&["compare", "a", "b"]).out();
    assert!(text.contains("No difference:"), "{text}");
}

#[test]
fn the_other_way_round_says_the_opposite_and_neither_names_nor_threads_matter() {
    let bench = Bench::new();
    write(&bench, "a", &small(42), as_named);
    let other = Scenario { hours: 2, start_ms: small(42).start_ms + 24 * HOUR_MS, ..small(43) };
    let other = Scenario { plants: Vec::new(), ..other };
    write(&bench, "b", &other, as_named);
    let (there, _) = compared(&bench, &["a", "b", "--threads", "1", "--top", "1000000"]);
    let (back, _) = compared(&bench, &["b", "a", "--threads", "4", "--top", "1000000"]);
    assert!(changes(&there) > 100 && there["per_hour"] == true);
    for list in
        ["hosts", "ports", "conversations", "denied", "rules", "denied_only_hosts", "denied_from_internet"]
    {
        assert_eq!(there[list]["new"], back[list]["vanished"], "{list}");
        assert_eq!(there[list]["vanished"], back[list]["new"], "{list}");
        assert_eq!(there[list]["kept"], back[list]["kept"], "{list}");
    }
    assert_eq!(there["findings"]["new"], back["findings"]["gone"]);
    assert_eq!(there["findings"]["gone"], back["findings"]["new"]);
    for list in ["service_outcomes", "conversation_outcomes", "host_volume", "port_volume"] {
        let (ones, others) =
            (there[list]["rows"].as_array().unwrap(), back[list]["rows"].as_array().unwrap());
        assert_eq!(ones.len(), others.len(), "{list}");
        for (one, other) in ones.iter().zip(others) {
            let (a, b) = (&one["a"], &one["b"]);
            assert_eq!((a, b), (&other["b"], &other["a"]), "{list}");
            assert_eq!((&one["before"], &one["after"]), (&other["after"], &other["before"]), "{list}");
            if let (Some(ratio), Some(inverse)) =
                (one["ratios"]["bytes"].as_f64(), other["ratios"]["bytes"].as_f64())
            {
                assert!((ratio * inverse - 1.0).abs() < 1e-9, "{list}: {one} {other}");
            }
        }
    }
    // The same files under names that sort the other way, in other folders.
    write(&bench, "c/x", &small(42), |number, _| format!("{:04}.json", 9999 - number));
    write(&bench, "d", &other, |number, _| format!("{}/{:04}.json", number % 3, 9999 - number));
    let (mut renamed, _) = compared(&bench, &["c", "d", "--threads", "3", "--top", "1000000"]);
    for (side, name) in [("a", "a"), ("b", "b")] {
        renamed[side]["name"] = json!(name);
    }
    assert_eq!(renamed, there);
}

#[test]
fn the_lists_are_what_the_truths_of_both_sets_say() {
    let bench = Bench::new();
    let a = write(&bench, "a", &small(44), as_named);
    let b = write(&bench, "b", &small(45), as_named);
    let (comparison, _) = compared(&bench, &["a", "b", "--top", "1000000"]);
    let denied = |truth: &Truth| -> BTreeMap<String, u64> {
        let key = |row: &flowlog_testkit::truth::ConversationTruth| {
            format!("{} {} {} {}", row.source, row.destination, row.port, row.protocol)
        };
        truth.denied.iter().map(|row| (key(row), row.count)).collect()
    };
    let (in_a, in_b) = (denied(&a), denied(&b));
    let without = |here: &BTreeMap<String, u64>, there: &BTreeMap<String, u64>| -> BTreeMap<String, u64> {
        let alone = here.iter().filter(|(key, _)| !there.contains_key(*key));
        alone.map(|(key, count)| (key.clone(), *count)).collect()
    };
    let rows = |list: &str| -> BTreeMap<String, u64> {
        let rows = comparison["denied"][list]["rows"].as_array().unwrap();
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let key = |row: &Value| {
            ["source", "destination", "port", "protocol"].map(|field| text(&row[field])).join(" ")
        };
        rows.iter().map(|row| (key(row), row["denied"].as_u64().unwrap())).collect()
    };
    assert!(in_a.len() > 100 && in_b.len() > 100);
    assert_eq!(rows("new"), without(&in_b, &in_a));
    assert_eq!(rows("vanished"), without(&in_a, &in_b));
    let hit = |truth: &Truth| -> BTreeSet<String> {
        truth.rules.iter().map(|row| format!("{} {}", row.acl.to_lowercase(), row.rule)).collect()
    };
    let (in_a, in_b) = (hit(&a), hit(&b));
    assert_eq!(comparison["rules"]["new"]["total"], in_b.difference(&in_a).count());
    assert_eq!(comparison["rules"]["vanished"]["total"], in_a.difference(&in_b).count());
    assert_eq!(comparison["rules"]["kept"], in_a.intersection(&in_b).count());
    for (side, truth) in [("a", &a), ("b", &b)] {
        let set = &comparison[side];
        assert_eq!(set["tuples"], truth.totals.tuples);
        assert_eq!(set["denied"], truth.states[&'D']);
    }
}

#[test]
fn a_new_finding_is_told_and_decides_the_exit_code() {
    let bench = Bench::new();
    let calm = Scenario {
        seed: 31,
        nics: 20,
        hours: 6,
        volume: Volume::Tuples(40_000),
        plants: Vec::new(),
        ..Scenario::default()
    };
    write(&bench, "a", &calm, as_named);
    let attacked = Scenario { behaviours: vec![Behaviour::VerticalScan], ..calm };
    let truth = write(&bench, "b", &attacked, as_named);
    let scan = truth.behaviours.iter().find(|right| right.required).unwrap();
    let is_scan = |row: &Value| row["rule"] == scan.rule.as_str() && row["entity"] == scan.entity.as_str();
    let lists = |comparison: &Value| {
        ["new", "gone", "still"]
            .map(|list| comparison["findings"][list].as_array().unwrap().iter().any(is_scan))
    };
    assert_eq!(lists(&compared(&bench, &["a", "b"]).0), [true, false, false]);
    assert_eq!(lists(&compared(&bench, &["b", "a"]).0), [false, true, false]);
    assert_eq!(lists(&compared(&bench, &["b", "b"]).0), [false, false, true]);
    let code = |arguments: &[&str]| bench.run(&[&["compare"], arguments].concat()).code();
    assert_eq!(code(&["a", "b", "--fail-on", "medium"]), 10);
    assert_eq!(code(&["a", "b"]), 0, "differences alone are no failure");
    assert_eq!(code(&["b", "a", "--fail-on", "medium"]), 0, "it is gone");
    assert_eq!(code(&["b", "b", "--fail-on", "medium"]), 0, "it was there before");
    let text = bench.run(&["compare", "a", "b"]).out();
    assert!(text.contains(&format!("{}:{}", scan.rule, scan.entity)), "{text}");
    let (without, _) = compared(&bench, &["a", "b", "--no-findings"]);
    assert_eq!(without["findings"], Value::Null);
    assert!(!bench.run(&["compare", "a", "b", "--no-findings"]).out().contains("FINDINGS"));
}

const SSH_DENIED: &str = r#"{"records":[{"time":"2026-01-15T08:01:00Z","macAddress":"000D3A000001","category":"FlowLogFlowEvent","targetResourceID":"n","flowRecords":{"flows":[{"aclID":"/subscriptions/s/resourceGroups/r/providers/Microsoft.Network/networkSecurityGroups/jump","flowGroups":[{"rule":"UserRule_Https","flowTuples":["1768464010000,10.1.0.9,10.0.0.4,40001,443,6,I,B,NX,0,0,0,0","1768464011000,10.1.0.9,10.0.0.4,40001,443,6,I,E,NX,9,900,8,8000"]},{"rule":"DefaultRule_DenyAllInBound","flowTuples":["1768464020000,10.1.0.9,10.0.0.4,40002,22,6,I,D,NX,0,0,0,0","1768464021000,10.1.0.9,10.0.0.4,40002,22,6,I,D,NX,0,0,0,0"]}]}]}}]}"#;

#[test]
fn a_change_of_rules_shows_as_denied_before_and_allowed_now() {
    let opened = SSH_DENIED
        .replace("DefaultRule_DenyAllInBound", "UserRule_Ssh")
        .replace(
            "1768464020000,10.1.0.9,10.0.0.4,40002,22,6,I,D,NX,0,0,0,0",
            "1768464020000,10.1.0.9,10.0.0.4,40002,22,6,I,B,NX,0,0,0,0",
        )
        .replace(
            "1768464021000,10.1.0.9,10.0.0.4,40002,22,6,I,D,NX,0,0,0,0",
            "1768464021000,10.1.0.9,10.0.0.4,40002,22,6,I,E,NX,12,1200,11,9000",
        );
    let bench = Bench::new().file("before.json", SSH_DENIED).file("after.json", &opened);
    let (comparison, code) = compared(&bench, &["logs/before.json", "logs/after.json"]);
    let none = json!({"connections": 0, "denied": 2, "packets": 0, "bytes": 0});
    let one = json!({"connections": 1, "denied": 0, "packets": 23, "bytes": 10_200});
    let row = json!({"destination": "10.0.0.4", "port": 22, "protocol": 6, "service": "ssh",
        "before": "denied", "after": "allowed", "a": none, "b": one});
    assert_eq!((&comparison["service_outcomes"]["rows"], code), (&json!([row]), 0));
    let mut row = row;
    row["source"] = json!("10.1.0.9");
    assert_eq!(comparison["conversation_outcomes"]["rows"], json!([row]));
    assert_eq!(comparison["rules"]["new"]["rows"][0]["rule"], "UserRule_Ssh");
    assert_eq!(comparison["rules"]["vanished"]["rows"][0]["rule"], "DefaultRule_DenyAllInBound");
    // B holds no D rows: that is said, since it may be how the log is set up.
    let codes: Vec<&str> = comparison["caveats"]
        .as_array()
        .unwrap()
        .iter()
        .map(|caveat| caveat["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["no-denied"]);
    insta::assert_snapshot!(bench.run(&["compare", "logs/before.json", "logs/after.json"]).out());
}

/// Both logs of the same NICs and hours, and what the NSG log cannot tell.
fn both_logs(bench: &Bench, scenario: &Scenario, keep: impl Fn(&str) -> bool) -> NsgCopy {
    let (blobs, _) = scenario.collect();
    let mut copy = NsgCopy::default();
    for (name, bytes) in &blobs {
        if keep(name) {
            put(bench, "vnet", name, bytes);
        }
        if let Some(nsg) = copy.blob(bytes) {
            put(bench, "nsg", name, &nsg);
        }
    }
    copy
}

/// Why the analyser says it: the first reason in its own order.
fn reasons(copy: &NsgCopy) -> BTreeMap<&'static str, (u64, u64)> {
    let mut by_conversation: BTreeMap<&Conversation, (LeftOut, u64)> = BTreeMap::new();
    for ((why, conversation), (denied, _)) in &copy.left_out {
        let known = by_conversation.entry(conversation).or_insert((*why, 0));
        known.1 += denied;
    }
    let mut reasons: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for (why, denied) in by_conversation.values() {
        let word = match why {
            LeftOut::Protocol => "protocol",
            LeftOut::Encryption => "encryption",
            LeftOut::AdminRule => "admin-rule",
            LeftOut::Platform => "platform",
        };
        let row = reasons.entry(word).or_default();
        row.0 += 1;
        row.1 += denied;
    }
    reasons
}

#[test]
fn the_nsg_log_and_the_vnet_log_of_the_same_hours_agree_to_the_last_connection() {
    for capture in [Capture::SourceOnly, Capture::BothEnds] {
        agree(&Scenario { capture, ..small(46) });
    }
}

fn agree(scenario: &Scenario) {
    let bench = Bench::new();
    let copy = both_logs(&bench, scenario, |_| true);
    let (comparison, code) = compared(&bench, &["nsg", "vnet", "--top", "1000000"]);
    assert_eq!(code, 0);
    assert_eq!((&comparison["a"]["kind"], &comparison["b"]["kind"]), (&json!("nsg"), &json!("vnet")));
    let migration = &comparison["migration"];
    let connections = &migration["connections"];
    assert!(connections["nsg"].as_u64().unwrap() > 1000);
    assert_eq!((&connections["both"], &connections["covered"]), (&connections["nsg"], &json!(1.0)));
    assert_eq!(migration["denied_tuples"]["nsg"], copy.denied);
    assert_eq!(migration["denied_tuples"]["both"], copy.denied);
    assert_eq!(migration["only_nsg"]["conversations"]["total"], 0);
    assert_eq!(migration["nics_in_both"], 6);
    let found: BTreeMap<&str, (u64, u64)> = migration["only_vnet"]["reasons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (
                row["reason"].as_str().unwrap(),
                (row["conversations"].as_u64().unwrap(), row["denied"].as_u64().unwrap()),
            )
        })
        .collect();
    assert_eq!(found, reasons(&copy));
    assert!(found.len() == 4, "every reason is planted: {found:?}");
    // What only the VNet log has of TCP and UDP is what no NSG decided.
    let beyond: u64 = migration["only_vnet"]["reasons"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["reason"] != "protocol")
        .map(|row| row["connections"].as_u64().unwrap())
        .sum();
    let number = |field: &str| connections[field].as_u64().unwrap();
    assert_eq!(number("vnet") - number("both"), beyond);
    assert_eq!(migration["equal_counters"], migration["equal_conversations"]);
    assert_eq!(
        (&migration["bytes"]["nsg"], &migration["packets"]["nsg"]),
        (&migration["bytes"]["vnet"], &migration["packets"]["vnet"])
    );
    let text = bench.run(&["compare", "nsg", "vnet"]).out();
    assert!(text.contains("100.0 % of the NSG log's connections are in the VNet log"), "{text}");
    // From the other side it is the same match.
    let (back, _) = compared(&bench, &["vnet", "nsg", "--top", "1000000"]);
    let mut mirrored = back["migration"].clone();
    assert_eq!(mirrored["nsg"], "B");
    mirrored["nsg"] = json!("A");
    assert_eq!(&mirrored, migration);
}

#[test]
fn a_nic_and_an_hour_that_the_vnet_log_lacks_are_named_as_the_reason() {
    let bench = Bench::new();
    let scenario = Scenario { capture: Capture::SourceOnly, plants: Vec::new(), ..small(47) };
    let (blobs, _) = scenario.collect();
    let mac = |name: &str| name.split("macAddress=").nth(1).unwrap()[..12].to_owned();
    let lost = mac(&blobs[0].0);
    both_logs(&bench, &scenario, |name| mac(name) != lost && !name.contains("/h=10/"));
    let (comparison, _) = compared(&bench, &["nsg", "vnet"]);
    let migration = &comparison["migration"];
    assert_eq!(comparison["a"]["nics_only_here"], json!([lost]));
    let rest = migration["only_nsg"]["reasons"].as_array().unwrap();
    let found: BTreeSet<&str> = rest.iter().map(|row| row["reason"].as_str().unwrap()).collect();
    // A conversation that goes on into the lost hour has fewer connections in the VNet log.
    assert_eq!(found, BTreeSet::from(["fewer", "nic", "time"]), "{:#}", migration["only_nsg"]);
    let sum: u64 = rest.iter().map(|row| row["connections"].as_u64().unwrap()).sum();
    let connections = &migration["connections"];
    assert_eq!(connections["nsg"].as_u64().unwrap() - connections["both"].as_u64().unwrap(), sum);
    assert!(connections["covered"].as_f64().unwrap() < 0.9);
}

#[test]
fn exit_codes_tell_what_could_not_be_read() {
    let plain = faults::named("plain").unwrap().bytes;
    let bench = Bench::new()
        .file("good/a.json", &plain)
        .file("bad/a.json", "<html>")
        .file("half/a.json", &plain)
        .file("half/b.json", "<html>");
    let run = bench.run(&["compare", "logs/good", "logs/bad"]);
    assert_eq!((run.code(), run.out().as_str()), (1, ""));
    assert!(run.talk().contains("error: nothing in B (logs/bad) could be analysed"), "{}", run.talk());
    assert_eq!(bench.run(&["compare", "logs/good", "logs/half"]).code(), 3);
    assert_eq!(bench.run(&["compare", "logs/good", "logs/good"]).code(), 0);
    for arguments in
        [&["compare"][..], &["compare", "a"], &["compare", "-", "-"], &["compare", "a", "b", "--top", "0"]]
    {
        assert_eq!(bench.run(arguments).code(), 2, "{arguments:?}");
    }
    let run = bench.run(&["compare", "logs/good", "missing"]);
    assert_eq!(run.code(), 1);
    assert!(run.talk().contains("missing does not exist"), "{}", run.talk());
}

#[test]
fn a_folder_called_compare_and_standard_input_are_sets_like_others() {
    let plain = faults::named("plain").unwrap().bytes;
    let bench = Bench::new().file("a.json", &plain);
    put(&bench, "compare", "a.json", &plain);
    let run = bench.run(&["./compare"]);
    assert_eq!(run.code(), 0, "{}", run.talk());
    assert!(run.out().contains("FLOW LOG REPORT"), "{}", run.out());
    let output =
        bench.command(&["compare", "-", "compare", "--format", "json"]).write_stdin(plain).output().unwrap();
    let comparison: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((changes(&comparison), &comparison["a"]["name"]), (0, &json!("-")));
}
