//! Nothing from outside drives the terminal: names of files, arguments, and what the logs say.
#![cfg(unix)]

mod common;

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;

use common::{Bench, Run};
use flowlog_testkit::faults;

/// A title, a bell, a clear, a C1 control, a direction, something invisible, and a line end.
const HOSTILE: &str = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}1m\u{202e}\u{ad}\n\rx";

fn assert_harmless(what: &str, run: &Run) {
    let drives = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202e}' | '\u{ad}');
    for told in [run.talk(), run.out()] {
        assert!(!told.contains(drives), "{what}: {told:?}");
    }
}

fn good() -> Vec<u8> {
    faults::named("plain").map_or_else(|| panic!("the kit has a plain file"), |fault| fault.bytes)
}

#[test]
fn names_of_files_are_escaped_wherever_they_are_told() {
    let bench = Bench::new().file("page.json", "<html>");
    let folder = format!("logs/d{HOSTILE}");
    let path = bench.folder.path().join(&folder);
    fs::create_dir(&path).unwrap();
    fs::write(path.join(format!("a{HOSTILE}.json")), good()).unwrap();
    fs::write(path.join(format!("b{HOSTILE}.json")), "<html>").unwrap();
    let not_utf8 = OsString::from_vec([HOSTILE.as_bytes(), b"\xff\xfe.json"].concat());
    fs::write(path.join(not_utf8), "<html>").unwrap();
    let bad = format!("{folder}/b{HOSTILE}.json");
    let (missing, pattern) = (format!("logs/none{HOSTILE}"), format!("logs/none{HOSTILE}*.gz"));
    let export = format!("o{HOSTILE}.csv");
    let nowhere = format!("none{HOSTILE}/o.csv");
    let within = format!("{folder}/out");
    let cases: [(&[&str], i32); 16] = [
        (&[&folder], 3),
        (&[&bad], 1),
        (&[&missing], 1),
        (&[&pattern], 1),
        (&["compare", &folder, &folder], 3),
        (&["compare", &folder, &bad], 1),
        (&["compare", &folder, &missing], 1),
        (&[&folder, "--export-connections", &export], 3),
        (&[&folder, "--export-connections", &export], 2),
        (&[&folder, "--export-connections", &nowhere], 1),
        (&[&folder, "--export-csv", "--output-path", &within], 3),
        (&[&folder, "--export-csv", "--output-path", &bad], 1),
        (&[&folder, "--config", &bad], 2),
        (&[&folder, "--config", &missing], 2),
        (&[&folder, "--rules", &bad], 2),
        (&[&folder, "--service-tags", &missing], 2),
    ];
    for (arguments, code) in cases {
        let run = bench.run(arguments);
        assert_eq!(run.code(), code, "{arguments:?}: {}", run.talk());
        assert_harmless(&format!("{arguments:?}"), &run);
    }
}

#[test]
fn arguments_are_escaped_and_cut() {
    let bench = Bench::new().file("a.json", good());
    let long = format!("{HOSTILE}{}", "x".repeat(100_000));
    let unknown = format!("--{HOSTILE}");
    for arguments in [
        &[unknown.as_str()][..],
        &["logs", "--top", HOSTILE],
        &["logs", "--format", HOSTILE],
        &["logs", "--internal-cidr", HOSTILE],
        &["logs", "--specific-ips", &long],
        &["logs", "--export-connections", &long],
        &["compare", "logs", "logs", HOSTILE],
    ] {
        let run = bench.run(arguments);
        assert_eq!(run.code(), 2, "{}", run.talk());
        assert_harmless("arguments", &run);
        assert!(run.talk().len() < 10_000, "{} bytes", run.talk().len());
    }
}

#[test]
fn no_text_of_a_log_drives_the_terminal() {
    let text = |value: &str| serde_json::to_string(&format!("{value}{HOSTILE}")).unwrap();
    let tuple = "1768464001000,10.10.1.4,10.10.2.5,40001,8080,6,O,B,X,0,0,0,0";
    let good = serde_json::to_string(tuple).unwrap();
    let record = |mac: &str, category: &str, version: &str, tuples: &str| {
        format!(
            r#"{{"time":{},"category":{category},"flowLogVersion":{version},"macAddress":{mac},"operationName":{},"flowLogResourceID":{},"targetResourceID":{},"flowRecords":{{"flows":[{{"aclID":{},"flowGroups":[{{"rule":{},"flowTuples":[{tuples}]}}]}}]}}}}"#,
            serde_json::to_string("2026-01-15T08:00:00Z").unwrap(),
            text("operation"),
            text("/subscriptions/s/FLOWLOG/"),
            text("/subscriptions/s/virtualNetworks/v/"),
            text("/subscriptions/s/networkSecurityGroups/n/"),
            text("rule"),
        )
    };
    let category = serde_json::to_string("FlowLogFlowEvent").unwrap();
    let mac = serde_json::to_string("000D3A000001").unwrap();
    let bad = [
        text(tuple),
        text(""),
        serde_json::to_string(&tuple.replace("6,O", &format!("6,O{HOSTILE}"))).unwrap(),
        serde_json::to_string(&tuple.replace(",X,", &format!(",NX_{HOSTILE},"))).unwrap(),
        serde_json::to_string(&tuple.replace("10.10.2.5", HOSTILE)).unwrap(),
    ];
    let records = [
        record(&mac, &category, "4", &format!("{good},{}", bad.join(","))),
        record(&text("000D3A000002"), &category, "4", &good),
        record(&mac, &text("Other"), "4", &good),
        record(&mac, &category, &text("9"), &good),
    ];
    let all = format!(r#"{{"records":[{}]}}"#, records.join(","));
    let bench = Bench::new().file("all.json", &all);
    let bench = records.iter().enumerate().fold(bench, |bench, (place, record)| {
        bench.file(&format!("{place}.json"), format!(r#"{{"records":[{record}]}}"#))
    });
    let bench = bench.file("cut.json", &all[..all.len() / 2]);
    let rules = format!(
        r#"{{"name":{0},"id":{0},"type":"Microsoft.Network/networkSecurityGroups","securityRules":[{{"name":{0},"access":"Allow","direction":"Inbound","priority":100,"protocol":"*","sourceAddressPrefix":"*","sourcePortRange":"*","destinationAddressPrefix":"*","destinationPortRange":"*"}}]}}"#,
        text("nsg")
    );
    fs::write(bench.folder.path().join("rules.json"), rules).unwrap();
    for arguments in [
        &["logs", "--show-graphs", "--rules", "rules.json", "--specific-ips", "10.0.0.0/8", "--top", "100"][..],
        &["logs/0.json"],
        &["logs/1.json"],
        &["logs/2.json"],
        &["logs/3.json"],
        &["logs/cut.json", "--strict"],
        &["compare", "logs/0.json", "logs"],
        &["compare", "logs", "logs/1.json"],
    ] {
        let run = bench.run(arguments);
        assert!([0, 1, 3].contains(&run.code()), "{arguments:?}: {}", run.talk());
        assert_harmless(&format!("{arguments:?}"), &run);
    }
}
