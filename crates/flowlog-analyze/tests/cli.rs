//! What a person at a terminal, or a job, observes of `flowlog-analyze`.

mod common;

use std::fs;

use common::{Bench, names};
use flowlog_testkit::faults;
use flowlog_testkit::scenario::{Scenario, Volume};
use predicates::prelude::*;
use serde_json::json;

/// A well-formed file with three tuples.
fn good() -> Vec<u8> {
    faults::named("plain").map_or_else(|| panic!("the kit has a plain file"), |fault| fault.bytes)
}

#[test]
fn nothing_to_read_is_a_usage_error_that_says_what_to_give() {
    let run = Bench::new().run(&[]);
    assert_eq!(run.code(), 2);
    assert!(run.talk().contains("there is no folder FlowLogs here"), "{}", run.talk());
}

#[test]
fn a_name_that_leads_nowhere_ends_the_run_before_anything_is_read() {
    let bench = Bench::new().file("a.json", good());
    for (name, words) in [("missing.json", "missing.json does not exist"), ("*.gz", "no file matches *.gz")] {
        let run = bench.run(&["logs/a.json", name]);
        assert_eq!((run.code(), run.out().as_str()), (1, ""));
        assert!(run.talk().contains(words), "{}", run.talk());
    }
}

#[test]
fn the_default_folder_is_what_the_downloader_writes() {
    let bench = Bench::new();
    fs::create_dir_all(bench.folder.path().join("FlowLogs/2026-01-15/08")).unwrap();
    fs::write(bench.folder.path().join("FlowLogs/2026-01-15/08/FlowLog_080000_x.json"), good()).unwrap();
    let run = bench.run(&[]);
    assert_eq!(run.code(), 0, "{}", run.talk());
    assert!(run.out().contains("Flows (tuples)"));
}

#[test]
fn every_fault_of_the_kit_gives_its_counts_its_line_and_its_exit_code() {
    for fault in faults::all() {
        let name = format!("{}.{}", fault.name, fault.extension);
        let bench = Bench::new().file(&name, &fault.bytes);
        let (report, code) = bench.json(&["logs"]);
        let totals = &report["totals"];
        let found = json!([totals["records"], totals["tuples"], totals["malformed"]]);
        assert_eq!(found, json!([fault.records, fault.tuples, fault.malformed]), "{name}");
        let error = &report["files"][0]["error"];
        assert_eq!(error.is_string(), fault.error, "{name}: {error}");
        let expected = match (fault.error, fault.records) {
            (false, _) => 0,
            (true, 0) => 1,
            (true, _) => 3,
        };
        assert_eq!(code, expected, "{name}");
        let strict = bench.run(&["logs", "--strict", "--format", "json"]).code();
        assert_eq!(strict != 0, fault.error || fault.malformed > 0, "{name} with --strict");
    }
}

#[test]
fn what_is_no_flow_log_is_named_in_one_line_each() {
    let bench = Bench::new()
        .file("audit.json", faults::named("audit_events").unwrap().bytes)
        .file("empty.json", "")
        .file("page.json", "<html></html>");
    let run = bench.run(&["logs"]);
    assert_eq!((run.code(), run.out().as_str()), (1, ""));
    insta::assert_snapshot!(run.talk(), @r"
    logs/audit.json: no flow log: its records are of category AuditEvent
    logs/empty.json: empty: no flow log in it
    logs/page.json: no flow log: it looks like HTML or XML (an error page saved in its place?)
    error: nothing could be analysed
    ");
}

#[test]
fn one_bad_file_among_good_ones_is_shown_and_changes_the_exit_code_only() {
    let bench = Bench::new().file("a.json", good()).file("b.json", "<html>");
    let run = bench.run(&["logs", "--full"]);
    assert_eq!(run.code(), 3);
    assert!(run.out().contains("1 file of 2 could not be read whole"), "{}", run.out());
    assert!(run.out().contains("logs/b.json"));
}

#[test]
fn standard_input_compressed_or_not() {
    for (name, fault) in [("plain", good()), ("gzip", faults::named("gzip").unwrap().bytes)] {
        let output = Bench::new().command(&["-", "--format", "json"]).write_stdin(fault).output().unwrap();
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(report["totals"]["tuples"].as_u64().unwrap() > 0, "{name}");
        assert_eq!(report["files"][0]["path"], "-");
    }
}

#[test]
fn the_two_csv_files_hold_every_tuple_and_leave_nothing_else_behind() {
    let volume = Volume::Tuples(20_000);
    let (bench, truth) =
        Bench::new().scenario(&Scenario { seed: 21, nics: 4, hours: 2, volume, ..Scenario::default() });
    let mut details = Vec::new();
    for threads in ["1", "3"] {
        let out = bench.folder.path().join(format!("out{threads}"));
        let run = bench.run(&[
            "logs",
            "--export-csv",
            "--output-path",
            out.to_str().unwrap(),
            "--threads",
            threads,
            "--quiet",
        ]);
        assert_eq!(run.code(), 0, "{}", run.talk());
        let files = names(&out);
        assert_eq!(files.len(), 2, "{files:?}");
        let stamped = |kind: &str| {
            predicate::str::is_match(format!("^VNetFlowAnalysis_{kind}_\\d{{8}}_\\d{{6}}.csv$")).unwrap()
        };
        assert!(stamped("Details").eval(&files[0]) && stamped("Summary").eval(&files[1]), "{files:?}");
        assert!(run.talk().contains(&files[0]) && run.talk().contains(&files[1]), "{}", run.talk());
        details.push(fs::read(out.join(&files[0])).unwrap());
        csv::Reader::from_path(out.join(&files[1])).unwrap().records().for_each(|row| drop(row.unwrap()));
    }
    assert!(details[0] == details[1], "the details do not depend on the number of threads");
    let mut reader = csv::Reader::from_reader(details[0].as_slice());
    let column = |name: &str| reader.headers().unwrap().iter().position(|title| title == name).unwrap();
    let columns: Vec<usize> =
        ["PacketsSent", "BytesSent", "PacketsReceived", "BytesReceived"].map(column).into();
    let mut sums = [0_u64; 4];
    let mut rows = 0;
    for row in reader.records() {
        let row = row.unwrap();
        rows += 1;
        for (sum, &column) in sums.iter_mut().zip(&columns) {
            *sum += row[column].parse().unwrap_or(0);
        }
    }
    assert_eq!(rows, truth.totals.tuples);
    let totals = &truth.totals;
    let wanted = [totals.packets_sent, totals.bytes_sent, totals.packets_received, totals.bytes_received];
    assert_eq!(sums, wanted);
}

#[test]
fn a_csv_folder_that_cannot_be_made_is_found_before_reading() {
    let bench = Bench::new().file("a.json", good());
    let run = bench.run(&["logs", "--export-csv", "--output-path", "logs/a.json/out"]);
    assert_eq!((run.code(), run.out().as_str()), (1, ""));
    assert!(run.talk().contains("cannot write logs/a.json/out"), "{}", run.talk());
}

#[test]
fn specific_addresses_and_networks_get_their_sections() {
    let (bench, truth) = Bench::new().scenario(&Scenario { seed: 22, ..Scenario::default() });
    let truth = truth.resolved.expect("a scenario knows its connections");
    let source = &truth.sources[0];
    let ip = source.ip.to_string();
    let (report, _) = bench.json(&["logs", "--specific-ips", &format!("{ip},10.0.0.0/8")]);
    let section = &report["specific_ips"][0];
    assert_eq!(section["query"], ip);
    assert_eq!(section["as_source"]["tuples"], source.tuples);
    let destination = truth.destinations.iter().find(|host| host.ip == source.ip);
    assert_eq!(section["as_destination"]["tuples"], destination.map_or(0, |host| host.tuples));
    let inside = |hosts: &[flowlog_testkit::truth::HostTruth]| -> u64 {
        let private = |host: &&flowlog_testkit::truth::HostTruth| host.ip.to_string().starts_with("10.");
        hosts.iter().filter(private).map(|host| host.tuples).sum()
    };
    assert_eq!(report["specific_ips"][1]["as_source"]["tuples"], inside(&truth.sources));
    assert_eq!(report["specific_ips"][1]["as_destination"]["tuples"], inside(&truth.destinations));
    assert!(bench.run(&["logs", "--specific-ips", &ip]).out().contains(&ip));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let (bench, _) = Bench::new().scenario(&Scenario { seed: 24, ..Scenario::default() });
    let mut tool = common::tool();
    let mut child = tool
        .current_dir(bench.folder.path())
        .args(["logs", "--format", "json"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn the_help_names_every_exit_code() {
    let talk = Bench::new().command(&["--help"]).assert().success();
    let says = |words: &'static str| predicate::str::contains(words);
    talk.stdout(
        says("0  done")
            .and(says("1  nothing could be analysed"))
            .and(says("2  usage"))
            .and(says("3  finished")),
    );
}

#[test]
fn hostile_names_reach_neither_the_terminal_nor_a_spreadsheet() {
    let text = r#"{"records":[{"time":"2026-01-15T08:00:00Z","macAddress":"000D3A000001","targetResourceID":"x","flowRecords":{"flows":[{"aclID":"=1+1","flowGroups":[{"rule":"=cmd|' /C calc'!A0\u001b[31m","flowTuples":["1768464001000,10.10.1.4,10.10.2.5,40001,8080,6,O,B,X,0,0,0,0"]}]}]}}]}"#;
    let bench = Bench::new().file("a.json", text);
    let run = bench.run(&["logs", "--export-csv"]);
    assert_eq!(run.code(), 0, "{}", run.talk());
    assert!(!run.out().contains('\u{1b}'));
    for name in names(bench.folder.path()).iter().filter(|name| name.starts_with("VNetFlow")) {
        let path = bench.folder.path().join(name);
        for row in csv::Reader::from_path(path).unwrap().records() {
            for cell in &row.unwrap() {
                assert!(!cell.starts_with(['=', '+', '@']), "{name}: {cell}");
            }
        }
    }
}
