//! Conditions that only whole connections tell, in the report, in exports and in a comparison: the numbers are those of
//! flows.

mod common;

use common::{Bench, project};
use serde_json::Value;

const FILTERS: [&str; 14] = [
    "bytes > 1m",
    "bytes < 2k and not denied",
    "bytes_received = 0 and packets_sent >= 3",
    "unanswered",
    "completed",
    "open",
    "incomplete or refused",
    "not (completed or denied)",
    "duration > 5m",
    "tuples > 2 or denied",
    "completed and port 443 and bytes > 100k",
    "outbound and duration < 1s",
    "rule Allow-* and (open or bytes > 50k)",
    "bytes > 1m and denied",
];

fn samples() -> String {
    project().join("samples/container").display().to_string()
}

fn json(args: &[&str]) -> Value {
    let run = Bench::new().run(args);
    // The samples hold a file that is cut off: 3.
    assert!(matches!(run.code(), 0 | 3), "{args:?}: {}", run.talk());
    serde_json::from_str(&run.out()).unwrap_or_else(|error| panic!("{args:?}: {error}"))
}

#[test]
fn the_report_has_the_numbers_of_flows() {
    let samples = samples();
    let mut found = 0;
    for dedup in [&[][..], &["--no-dedup"]] {
        for text in FILTERS {
            let ask = |args: &[&str]| json(&[args, &[&samples, "-q", "--where", text], dedup].concat());
            let flows = ask(&["flows", "--format", "json", "--by", "outcome", "--limit", "all"]);
            let report = ask(&["--format", "json"]);
            let total = &flows["total"];
            let of_outcome = |flow: &Value| (flow["outcome"].clone(), flow["connections"].clone());
            let mut by_outcome: Vec<_> = flows["flows"].as_array().unwrap().iter().map(of_outcome).collect();
            by_outcome.sort_by_key(|(outcome, _)| outcome.to_string());
            let outcomes = report["connections"]["outcomes"].as_array().unwrap().iter();
            let mut of_report: Vec<_> =
                outcomes.filter(|row| row["connections"] != 0).map(of_outcome).collect();
            of_report.sort_by_key(|(outcome, _)| outcome.to_string());
            assert_eq!(by_outcome, of_report, "{text} {dedup:?}");
            for key in ["tuples", "bytes_sent", "bytes_received", "packets_sent", "packets_received"] {
                assert_eq!(report["resolved"][key], total[key], "{text} {dedup:?}: {key}");
            }
            found += total["connections"].as_u64().unwrap();
        }
    }
    assert!(found > 1000, "{found} connections say little");
}

#[test]
fn every_export_holds_what_was_chosen() {
    let samples = samples();
    for text in FILTERS {
        let lines = |args: &[&str]| -> Vec<Value> {
            let out = Bench::new().run(&[args, &[&samples, "-q", "--where", text]].concat()).out();
            let rows = out.lines().filter(|line| line.starts_with('{')).map(serde_json::from_str);
            rows.map(Result::unwrap).collect()
        };
        let report = json(&["--format", "json", &samples, "-q", "--where", text]);
        let connections = report["connections"]["total"].as_u64().unwrap()
            + report["connections"]["outcomes"].as_array().unwrap().iter().fold(0, |sum, row| {
                sum + if row["outcome"] == "denied" { row["connections"].as_u64().unwrap() } else { 0 }
            });
        let rows = lines(&["--export-connections", "-"]);
        let counted: u64 = rows.iter().map(|row| row["connections"].as_u64().unwrap()).sum();
        assert_eq!(counted, connections, "{text}");
        let tuples = lines(&["--export-tuples", "-"]).len() as u64;
        assert_eq!(tuples, report["totals"]["tuples"].as_u64().unwrap(), "{text}");
    }
}

#[test]
fn a_comparison_chooses_in_both_sets() {
    let samples = samples();
    let flows = json(&["flows", "--format", "json", &samples, "-q", "--where", "bytes > 100k"]);
    let both = json(&["compare", "--format", "json", &samples, &samples, "-q", "--where", "bytes > 100k"]);
    for set in ["a", "b"] {
        assert_eq!(both[set]["connections"], flows["total"]["connections"], "{both}");
    }
}

#[test]
fn a_pipe_cannot_be_read_twice() {
    let log = flowlog_testkit::faults::named("plain").unwrap().bytes;
    let piped = |args: &[&str]| Bench::new().command(args).write_stdin(log.clone()).output().unwrap();
    let refused = piped(&["-", "--where", "bytes > 1"]);
    assert_eq!(refused.status.code(), Some(2));
    let talk = String::from_utf8(refused.stderr).unwrap();
    assert!(talk.contains("read twice") && talk.contains("flowlog-analyze flows"), "{talk}");
    assert_eq!(piped(&["flows", "-", "--where", "bytes > 1"]).status.code(), Some(0));
    assert_eq!(piped(&["-", "--where", "port 443"]).status.code(), Some(0));
}
