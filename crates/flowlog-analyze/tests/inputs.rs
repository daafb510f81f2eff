//! What pipelines make of flow logs gives the report of the logs themselves.

mod common;

use std::fs;

use common::Bench;
use flowlog_testkit::archives::{gzip, zip};
use flowlog_testkit::nsg_copy::NsgCopy;
use flowlog_testkit::scenario::{Capture, Scenario, Volume};
use serde_json::{Value, json};

fn scenario(seed: u64) -> Scenario {
    let (volume, capture) = (Volume::Tuples(6_000), Capture::HalfBoth);
    Scenario { seed, nics: 4, hours: 2, volume, capture, ..Scenario::default() }
}

/// The records of all logs, as they stand in them.
fn records(bench: &Bench) -> Vec<Value> {
    let mut records = Vec::new();
    let mut folders = vec![bench.logs()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let blob: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
                records.extend(blob["records"].as_array().unwrap().iter().cloned());
            }
        }
    }
    records.sort_by_key(|record| record["time"].as_str().map(str::to_owned));
    records
}

/// All that does not depend on how many files and records there are.
fn numbers(bench: &Bench, arguments: &[&str]) -> Value {
    let (mut report, code) = bench.json(&[arguments, &["--full"]].concat());
    assert_eq!(code, 0, "{}", report["files"]);
    let report = report.as_object_mut().unwrap();
    let totals = report["totals"].as_object_mut().unwrap();
    for key in ["files", "input_bytes", "records"] {
        totals.remove(key);
    }
    for key in ["files", "coverage"] {
        report.remove(key);
    }
    Value::Object(std::mem::take(report))
}

fn lines(objects: impl IntoIterator<Item = Value>) -> String {
    objects.into_iter().map(|object| object.to_string() + "\n").collect()
}

#[test]
fn wrapped_records_give_the_report_of_the_logs() {
    for seed in [21, 22] {
        let (bench, _) = Bench::new().scenario(&scenario(seed));
        let expected = numbers(&bench, &["logs"]);
        let records = records(&bench);
        let wrapped = |wrap: &dyn Fn(&Value) -> Value| lines(records.iter().map(wrap));
        let forms = [
            wrapped(&|record| json!({"@timestamp": "x", "message": record.to_string()})),
            wrapped(
                &|record| json!({"message": json!({"records": [record]}).to_string(), "event": {"original": "short"}}),
            ),
            wrapped(&|record| json!({"body": {"records": [record]}, "enqueuedTimeUtc": "x"})),
            wrapped(&|record| json!({"result": {"_raw": record.to_string()}, "offset": 1})),
            wrapped(&|record| json!({"_source": record})),
            json!(records.iter().map(|record| json!({"log": record.to_string()})).collect::<Vec<_>>())
                .to_string(),
        ];
        for (number, text) in forms.iter().enumerate() {
            let other = Bench::new().file("shipped.ndjson", text);
            assert_eq!(numbers(&other, &["logs"]), expected, "form {number} of {seed}");
        }
    }
}

#[test]
fn the_same_records_from_a_shipper_and_from_the_container_count_once() {
    let (bench, _) = Bench::new().scenario(&scenario(23));
    let expected = numbers(&bench, &["logs"]);
    let shipped = lines(records(&bench).iter().map(|record| json!({"message": record.to_string()})));
    assert_eq!(numbers(&bench.file("shipped.ndjson", shipped), &["logs"]), expected);
}

/// One object a tuple, in the names that events for Splunk have.
fn flattened(records: &[Value]) -> Vec<Value> {
    let mut rows = Vec::new();
    for record in records {
        for flow in record["flowRecords"]["flows"].as_array().unwrap() {
            for group in flow["flowGroups"].as_array().unwrap() {
                for tuple in group["flowTuples"].as_array().unwrap() {
                    let fields: Vec<&str> = tuple.as_str().unwrap().split(',').collect();
                    rows.push(json!({
                        "time": fields[0].parse::<u64>().unwrap(), "recordTime": record["time"],
                        "sourceAddress": fields[1], "destinationAddress": fields[2],
                        "sourcePort": fields[3], "destinationPort": fields[4], "protocol": fields[5],
                        "deviceDirection": fields[6], "flowState": fields[7], "encryption": fields[8],
                        "packetsStoD": fields[9], "bytesStoD": fields[10],
                        "packetsDtoS": fields[11], "bytesDtoS": fields[12],
                        "mac": record["macAddress"], "targetResourceID": record["targetResourceID"],
                        "aclID": flow["aclID"], "rule": group["rule"],
                    }));
                }
            }
        }
    }
    rows
}

#[test]
fn rows_of_one_tuple_give_the_report_of_the_logs() {
    for seed in [31, 32] {
        let (bench, _) = Bench::new().scenario(&scenario(seed));
        let expected = numbers(&bench, &["logs"]);
        let rows = flattened(&records(&bench));
        let lines_of = lines(rows.iter().cloned());
        let events = rows.iter().map(|row| json!({"sourcetype": "x", "event": row.to_string()}));
        let archive = zip(&[("rows.ndjson.gz", &gzip(lines_of.as_bytes()))]);
        let forms: [(&str, Vec<u8>); 4] = [
            ("rows.ndjson", lines_of.clone().into()),
            ("rows.json", json!(rows).to_string().into()),
            ("events.json", events.map(|event| event.to_string()).collect::<String>().into()),
            ("rows.zip", archive),
        ];
        for (name, text) in forms {
            for threads in ["1", "4"] {
                let other = Bench::new().file(name, &text);
                assert_eq!(numbers(&other, &["logs", "--threads", threads]), expected, "{name} of {seed}");
            }
        }
    }
}

/// Names of rules in exports are without the prefix of the log: findings and lists of rules are held against a log that
/// has none.
fn without_prefixes(bench: &Bench) -> Bench {
    let text = lines(records(bench)).replace("UserRule_", "").replace("DefaultRule_", "");
    Bench::new().file("plain.ndjson", text)
}

#[test]
fn our_own_exports_of_tuples_give_the_report_of_the_logs() {
    for seed in [41, 42] {
        let (bench, _) = Bench::new().scenario(&scenario(seed));
        let bench = without_prefixes(&bench);
        let expected = numbers(&bench, &["logs"]);
        for name in ["tuples.ndjson", "tuples.csv"] {
            let run = bench.run(&["logs", "--export-tuples", name]);
            assert_eq!(run.code(), 0, "{}", run.talk());
            assert_eq!(numbers(&bench, &[name]), expected, "{name} of {seed}");
        }
    }
}

#[test]
fn exports_of_security_groups_logs_keep_their_numbers() {
    let (bench, _) = Bench::new().scenario(&scenario(51));
    let vnet = json!({"records": records(&bench)}).to_string();
    let copy = NsgCopy::default().blob(vnet.as_bytes()).unwrap();
    let copied = without_prefixes(&Bench::new().file("nsg.json", copy));
    let expected = numbers(&copied, &["logs"]);
    for name in ["tuples.ndjson", "tuples.csv"] {
        assert_eq!(copied.run(&["logs", "--export-tuples", name]).code(), 0);
        assert_eq!(numbers(&copied, &[name]), expected, "{name}");
    }
}

/// Two rows of Traffic Analytics, as `az monitor log-analytics query` prints them.
fn summaries() -> Vec<Value> {
    let row = |source: &str,
               public: &str,
               direction: &str,
               status: &str,
               flows: [u32; 4],
               figures: [u32; 4]| {
        json!({
            "FlowStartTime": "2025-12-01T02:00:01Z", "FlowEndTime": "2025-12-01T02:09:00Z", "SubType": "FlowLog",
            "MacAddress": "00-0D-3A-00-00-01", "TargetResourceId": "sub/rg/vnet", "AclGroup": "/nsg", "AclRule": "web",
            "SrcIp": source, "SrcPublicIps": public, "DestIp": "10.0.0.5", "DestPort": "443", "L4Protocol": "T",
            "FlowDirection": direction, "FlowStatus": status, "FlowEncryption": "",
            "AllowedInFlows": flows[0].to_string(), "DeniedInFlows": flows[1].to_string(),
            "AllowedOutFlows": flows[2].to_string(), "DeniedOutFlows": flows[3].to_string(),
            "PacketsSrcToDest": figures[0].to_string(), "BytesSrcToDest": figures[1].to_string(),
            "PacketsDestToSrc": figures[2].to_string(), "BytesDestToSrc": figures[3].to_string(),
            "TableName": "PrimaryResult",
        })
    };
    vec![
        row("10.0.0.4", "", "Inbound", "Allowed", [3, 0, 0, 0], [5, 500, 6, 6000]),
        row(
            "",
            "20.1.2.3|1|1|6|5|600|500 20.1.2.4|1|1|2|1|200|100",
            "Inbound",
            "Allowed",
            [2, 0, 0, 0],
            [6, 600, 8, 800],
        ),
        row("", "20.1.2.9|0|0|0|0|0|0 20.1.2.8|0|0|0|0|0|0", "Inbound", "Denied", [0, 9, 0, 0], [0, 0, 0, 0]),
    ]
}

fn as_table(rows: &[Value]) -> String {
    let names: Vec<&String> = rows[0].as_object().unwrap().keys().collect();
    let header: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
    let line = |row: &Value| {
        names.iter().map(|name| row[name.as_str()].as_str().unwrap()).collect::<Vec<_>>().join(",")
    };
    format!("{}\n{}\n", header.join(","), rows.iter().map(line).collect::<Vec<_>>().join("\n"))
}

#[test]
fn traffic_analytics_gives_its_sums_and_says_that_it_has_no_states() {
    let rows = summaries();
    let forms = [
        ("query.json", serde_json::to_string_pretty(&rows).unwrap()),
        ("export.ndjson", lines(rows.iter().cloned())),
        ("capture.json", json!({"records": rows}).to_string()),
        ("portal.csv", as_table(&rows)),
    ];
    for (name, text) in forms {
        let bench = Bench::new().file(name, text);
        let (report, code) = bench.json(&[&format!("logs/{name}")]);
        assert_eq!(code, 0, "{name}: {}", report["files"]);
        let totals = &report["totals"];
        let total = |key: &str| totals[key].as_u64().unwrap();
        // 500 + 600 bytes one way, 6000 + 800 the other; 5 + 6 and 6 + 8 packets.
        assert_eq!((total("bytes_sent"), total("bytes_received")), (1_100, 6_800), "{name}");
        assert_eq!((total("packets_sent"), total("packets_received")), (11, 14), "{name}");
        // One tuple for each address: 1 + 2 allowed, 2 denied.
        assert_eq!(
            (report["states"]["A"].as_u64(), report["states"]["D"].as_u64()),
            (Some(3), Some(2)),
            "{name}"
        );
        assert_eq!((total("tuples"), report["states"]["B"].as_u64()), (5, Some(0)), "{name}");
        let text = bench.printed(&[&format!("logs/{name}"), "--full"]);
        assert!(text.contains("life cycle not recorded"), "{text}");
    }
}

#[test]
fn a_folder_takes_no_tables_and_an_archive_does() {
    let table = as_table(&summaries());
    let run = Bench::new().file("portal.csv", &table).run(&["logs"]);
    assert!(run.talk().contains("no flow logs in folder"), "{}", run.talk());
    let (report, code) =
        Bench::new().file("export.zip", zip(&[("portal.csv", table.as_bytes())])).json(&["logs"]);
    assert_eq!((report["totals"]["tuples"].as_u64(), code), (Some(5), 0));
}

#[test]
fn what_is_not_understood_is_named_with_what_was_found() {
    let bench = Bench::new()
        .file("a.json", "{\"host\":\"a\",\"le\\u001bvel\":1}")
        .file("b.csv", "id,name,age\n1,2,3\n");
    let run = bench.run(&["logs/a.json", "logs/b.csv"]);
    let talk = run.talk() + &run.out();
    assert!(
        talk.contains("its keys are host, le\\u{1b}vel; a row of one tuple has a time, source"),
        "{talk}"
    );
    assert!(talk.contains("a table with the columns id, name, age; a row of one tuple has a time"), "{talk}");
    assert_eq!(run.code(), Bench::new().file("x.json", "{}").run(&["logs"]).code());
}

#[test]
fn rows_are_not_copied_by_anonymize() {
    let (bench, _) = Bench::new().scenario(&scenario(61));
    let records = records(&bench);
    let rows = lines(flattened(&records).into_iter().take(50));
    let table = as_table(&summaries());
    let bench = Bench::new().file("rows.ndjson", rows).file("t.csv", table);
    fs::write(bench.folder.path().join("key"), "ab".repeat(32)).unwrap();
    let run = bench.run(&["anonymize", "logs/rows.ndjson", "logs/t.csv", "-o", "out", "--key", "key"]);
    assert_ne!(run.code(), 0, "{}", run.talk());
    assert!(!bench.folder.path().join("out/rows.ndjson").exists(), "{}", run.talk());
    assert!(!bench.folder.path().join("out/t.csv").exists(), "{}", run.talk());
}
