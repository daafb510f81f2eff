//! What is read of files that are cut, reformatted or of another shape, and how a run on them ends.

mod common;

use common::Bench;
use serde_json::{Value, json};

/// A record of `minute` with ten tuples.
fn record(minute: u32) -> Value {
    let tuple = |n: u32| {
        format!(
            "17684640{:02}000,10.10.1.4,10.10.2.5,{},443,6,O,E,NX,5,500,5,5000",
            minute * 3 + n % 3,
            40_000 + n
        )
    };
    record_of(minute, &(0..10).map(tuple).collect::<Vec<_>>().into())
}

fn record_of(minute: u32, tuples: &Value) -> Value {
    json!({
        "time": format!("2026-01-15T08:{minute:02}:05.1234560Z"),
        "macAddress": "000D3A000001",
        "category": "FlowLogFlowEvent",
        "targetResourceID": "/subscriptions/a/resourceGroups/b/providers/Microsoft.Network/virtualNetworks/c",
        "flowRecords": {"flows": [{"aclID": "acl", "flowGroups": [{"rule": "R", "flowTuples": tuples}]}]},
    })
}

/// The record as Azure orders its keys; `serde_json` sorts them.
fn in_azure_order(record: &Value) -> String {
    let keys = ["time", "macAddress", "category", "targetResourceID"];
    let members: Vec<String> = keys.map(|key| format!("\"{key}\":{}", record[key])).into();
    let tuples = &record["flowRecords"]["flows"][0]["flowGroups"][0]["flowTuples"];
    format!(
        "{{{},\"flowRecords\":{{\"flows\":[{{\"aclID\":\"acl\",\"flowGroups\":[{{\"rule\":\"R\",\"flowTuples\":{tuples}}}]}}]}}}}",
        members.join(",")
    )
}

fn document(records: &[Value]) -> String {
    format!("{{\"records\":[{}]}}", records.iter().map(in_azure_order).collect::<Vec<_>>().join(","))
}

fn totals(report: &Value) -> (u64, u64, u64) {
    let of = |key: &str| report["totals"][key].as_u64().unwrap();
    (of("records"), of("tuples"), of("malformed"))
}

fn error(report: &Value, file: usize) -> &str {
    report["files"][file]["error"].as_str().unwrap_or_default()
}

#[test]
fn rows_in_another_shape_are_told_with_file_and_byte() {
    let joined = |record: &Value| {
        let tuples = &record["flowRecords"]["flows"][0]["flowGroups"][0]["flowTuples"];
        let words: Vec<&str> = tuples.as_array().unwrap().iter().filter_map(Value::as_str).collect();
        json!(words.join(" "))
    };
    let records: Vec<Value> = (1..=3).map(|minute| record_of(minute, &joined(&record(minute)))).collect();
    let text = serde_json::to_string_pretty(&json!({ "records": records })).unwrap();
    let bench = Bench::new().file("powershell.json", text);
    for arguments in [&["logs"][..], &["logs", "--strict"]] {
        let (report, code) = bench.json(arguments);
        assert_eq!((totals(&report), code), ((3, 0, 30), 3));
        assert!(error(&report, 0).contains("at byte") && error(&report, 0).contains("flowTuples is no list"));
    }
    let run = bench.run(&["logs", "--full"]);
    assert!(run.out().contains("30 values are in a shape that no flow log has"), "{}", run.out());
}

#[test]
fn an_object_that_is_no_flow_log_among_records_is_told() {
    let text = format!("[{},{{\"category\":\"AuditEvent\"}}]", in_azure_order(&record(1)));
    let (report, code) = Bench::new().file("a.json", text).json(&["logs"]);
    assert_eq!((totals(&report), code), ((1, 10, 0), 3));
    assert!(error(&report, 0).contains("is of category AuditEvent"), "{}", error(&report, 0));
}

#[test]
fn a_layout_that_nobody_knows_yet_ends_with_1_and_beside_good_files_with_3() {
    let tuples = json!(["1768464001000,10.0.0.4,10.0.1.4,40000,443,6,O,B,NX,0,0,0,0,2,SYN"]);
    let unknown = document(&[record_of(1, &tuples)]);
    let alone = Bench::new().file("new.json", &unknown);
    let run = alone.run(&["logs"]);
    assert_eq!((run.code(), run.out().as_str()), (1, ""));
    insta::assert_snapshot!(run.talk(), @"
    logs/new.json: its only tuple, at byte 290, could not be read: wrong number of fields (13 expected, or 8 in NSG version 1)
    error: nothing could be analysed
    ");
    assert_eq!(alone.run(&["compare", "logs", "logs"]).code(), 1);
    let (report, code) = alone.file("good.json", document(&[record(2)])).json(&["logs"]);
    assert_eq!((totals(&report), code), ((2, 10, 1), 3));
}

#[test]
fn what_is_missing_in_a_flow_log_is_named() {
    let bench = Bench::new()
        .file("a.json", r#"{"records":[{"category":"FlowLogFlowEvent","time":"2026-01-15T08:00:00Z"}]}"#)
        .file("b.json", r#"{"records":[{"category":"FlowLogFlowEvent","flowRecords":{}}]}"#)
        .file(
            "c.json",
            r#"{"records":[{"category":"NetworkSecurityGroupFlowEvent","properties":{"Version":2}}]}"#,
        )
        .file("d.json", ",,,,")
        .file("e.json", "]]}}");
    let run = bench.run(&["logs"]);
    assert_eq!((run.code(), run.out().as_str()), (1, ""));
    insta::assert_snapshot!(run.talk(), @r"
    logs/a.json: no flow log: its records are of category FlowLogFlowEvent without flowRecords
    logs/b.json: no flow log: its records are of category FlowLogFlowEvent without flowRecords.flows
    logs/c.json: no flow log: its records are of category NetworkSecurityGroupFlowEvent without properties.flows
    logs/d.json: unexpected ',' at byte 1 between records
    logs/e.json: unexpected ']' at byte 0 between records
    error: nothing could be analysed
    ");
}

#[test]
fn a_cut_record_costs_itself_alone() {
    let lines: Vec<String> = (1..=10).map(|minute| in_azure_order(&record(minute))).collect();
    let one = lines[1].clone();
    let cut_at = |at: usize| {
        let mut lines = lines.clone();
        lines[1].truncate(at);
        lines
    };
    let half_tuple = one.find("40004").unwrap();
    for (text, least) in [
        (cut_at(half_tuple).join("\n"), 94),
        (cut_at(half_tuple).concat(), 94),
        (cut_at(one.find(",\"17684").unwrap() + 1).join("\n"), 91),
        (cut_at(one.find("[{\"rule\"").unwrap()).join("\n"), 90),
        (cut_at(20).join("\n"), 90),
        (cut_at(1).join("\n"), 90),
        // Its beginning is missing.
        (format!("{}\n{}", &one[half_tuple..], lines[1..].join("\n")), 90),
        // Whole files, one behind the other: the first one is cut.
        (
            format!(
                "{}{}",
                &document(&[record(11)])[..200],
                document(&(1..=9).map(record).collect::<Vec<_>>())
            ),
            90,
        ),
        (
            format!(
                "{}\n{}",
                &serde_json::to_string_pretty(&json!({"records": [record(11)]})).unwrap()[..300],
                serde_json::to_string_pretty(&json!({"records": (1..=9).map(record).collect::<Vec<_>>()}))
                    .unwrap()
            ),
            90,
        ),
    ] {
        let bench = Bench::new().file("logs.ndjson", &text);
        let (report, code) = bench.json(&["logs"]);
        let (_, tuples, malformed) = totals(&report);
        assert_eq!((tuples, code), (least, 3), "{}: {text}", error(&report, 0));
        // Without a line break, half a tuple goes on with what follows, up to a quotation mark.
        assert!(malformed <= 1, "{text}");
        assert!(error(&report, 0).contains("left out"), "{}", error(&report, 0));
        assert!(report["files"][0]["left_out_bytes"].as_u64().unwrap() < 1300);
        let piped = bench.command(&["-", "--format", "json"]).write_stdin(text).output().unwrap();
        let piped: Value = serde_json::from_slice(&piped.stdout).unwrap();
        assert_eq!(piped["totals"]["tuples"], least);
    }
}

#[test]
fn the_same_records_in_other_bytes_count_once() {
    let records: Vec<Value> = (1..=5).map(record).collect();
    let envelope = json!({ "records": records });
    let ndjson = records.iter().map(in_azure_order).collect::<Vec<_>>().join("\n");
    for copy in [
        serde_json::to_string_pretty(&envelope).unwrap(),
        envelope.to_string(),
        ndjson.clone(),
        ndjson.replace("08:", "08\\u003a"),
        document(&records)
            .replace("000D3A000001", "00-0d-3a-00-00-01")
            .replace("subscriptions", "SUBSCRIPTIONS"),
        document(&records).replace("\"category\":\"FlowLogFlowEvent\",", ""),
    ] {
        let bench = Bench::new().file("PT1H.json", document(&records)).file("copy.json", &copy);
        let (report, code) = bench.json(&["logs"]);
        assert_eq!((totals(&report), code), ((5, 50, 0), 0), "{copy}");
        assert_eq!(report["coverage"]["repeated_records"], 5);
        // Read from a pipe, after the file.
        let piped =
            bench.command(&["logs/PT1H.json", "-", "--format", "json"]).write_stdin(copy).output().unwrap();
        let piped: Value = serde_json::from_slice(&piped.stdout).unwrap();
        assert_eq!(piped["totals"]["tuples"], 50);
    }
}

#[test]
fn what_one_file_holds_twice_and_what_differs_is_left_alone() {
    let (one, two) = (record(1), record(2));
    let twice = document(&[one.clone(), one.clone()]);
    let (report, _) = Bench::new().file("a.json", &twice).json(&["logs"]);
    assert_eq!(totals(&report), (2, 20, 0));
    let pretty = serde_json::to_string_pretty(&json!({ "records": [one, one] })).unwrap();
    let (report, _) = Bench::new().file("a.json", &twice).file("b.json", pretty).json(&["logs"]);
    assert_eq!(totals(&report), (2, 20, 0), "twice in the copy, too");
    let reversed = {
        let tuples = two["flowRecords"]["flows"][0]["flowGroups"][0]["flowTuples"].as_array().unwrap();
        record_of(2, &tuples.iter().rev().cloned().collect::<Vec<_>>().into())
    };
    let bench = Bench::new()
        .file("a.json", document(std::slice::from_ref(&two)))
        .file("b.json", document(&[reversed]));
    assert_eq!(totals(&bench.json(&["logs"]).0), (2, 20, 0), "another order is another record");
    let other_nic = document(std::slice::from_ref(&two)).replace("000D3A000001", "000D3A000002");
    let bench = Bench::new().file("a.json", document(&[two])).file("b.json", other_nic);
    assert_eq!(totals(&bench.json(&["logs"]).0), (2, 20, 0), "another NIC is another record");
}

#[test]
fn a_copy_that_breaks_off_adds_nothing_whichever_is_read_first() {
    let records: Vec<Value> = (1..=5).map(record).collect();
    let whole = document(&records);
    let cut = &whole[..whole.rfind("40006").unwrap()];
    // Compressed, the whole one is the smaller file, and is read last.
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut gzip, whole.as_bytes()).unwrap();
    let bench = Bench::new().file("early.json", cut).file("late.json.gz", gzip.finish().unwrap());
    let (report, code) = bench.json(&["logs"]);
    assert_eq!((report["totals"]["tuples"].as_u64(), code), (Some(50), 3), "{}", error(&report, 0));
    let (report, code) = Bench::new().file("early.json", cut).file("late.json", &whole).json(&["logs"]);
    assert_eq!((report["totals"]["tuples"].as_u64(), code), (Some(50), 3), "{}", error(&report, 0));
}

#[test]
fn encryption_words_that_are_new_are_shown_as_they_stand() {
    let tuple =
        |word: &str, port: usize| format!("1768464001000,10.0.0.4,10.0.1.4,{port},443,6,O,B,{word},0,0,0,0");
    let words = ["NX_QUANTUM", "NX_QUANTUM", "=X()", "NX"];
    let tuples: Vec<String> = words.iter().zip(1..).map(|(word, port)| tuple(word, port)).collect();
    let bench = Bench::new().file("a.json", document(&[record_of(1, &tuples.into())]));
    for threads in ["1", "2"] {
        let (report, code) = bench.json(&["logs", "--threads", threads]);
        assert_eq!((&report["encryption"], code), (&json!({"=X()": 1, "NX": 1, "NX_QUANTUM": 2}), 0));
    }
    let run = bench.run(&["logs", "--full", "--export-csv", "--output-path", "out"]);
    assert!(run.out().contains("NX_QUANTUM  unknown word"), "{}", run.out());
    let mut csv = String::new();
    for name in common::names(&bench.folder.path().join("out")) {
        csv += &std::fs::read_to_string(bench.folder.path().join("out").join(name)).unwrap();
    }
    assert_eq!(csv.matches(",NX_QUANTUM,").count(), 3, "two rows of the details, one of the summary: {csv}");
    assert!(csv.contains(",'=X(),"), "guarded against being a formula");
    let many: Vec<String> = (0..40).map(|n| tuple(&format!("NX_{n:02}"), n + 1)).collect();
    let (report, _) = Bench::new().file("a.json", document(&[record_of(1, &many.into())])).json(&["logs"]);
    let words = report["encryption"].as_object().unwrap();
    assert_eq!((words.len(), &words["NX_31"], &words["?"]), (33, &json!(1), &json!(8)));
}
