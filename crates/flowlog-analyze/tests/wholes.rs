//! Conditions that only whole connections tell, in the report, in exports and in a comparison: the numbers are those of
//! flows.

mod common;

use common::{Bench, hour_of, project};
use flowlog_testkit::mix;
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
            found += agree(&Bench::new(), &[&[&samples, "-q", "--where", text], dedup].concat());
        }
    }
    assert!(found > 1000, "{found} connections say little");
}

/// The report's numbers are those of `flows`. Returns the connections.
#[track_caller]
fn agree(bench: &Bench, args: &[&str]) -> u64 {
    let ask = |form: &[&str]| {
        let run = bench.run(&[form, args].concat());
        // The samples hold a file that is cut off: 3.
        assert!(matches!(run.code(), 0 | 3), "{args:?}: {}", run.talk());
        serde_json::from_str::<Value>(&run.out()).unwrap()
    };
    let flows = ask(&["flows", "--format", "json", "--by", "outcome", "--limit", "all"]);
    let report = ask(&["--format", "json"]);
    let of_outcome = |row: &Value| (row["outcome"].clone(), row["connections"].clone());
    let mut by_outcome: Vec<_> = flows["flows"].as_array().unwrap().iter().map(of_outcome).collect();
    by_outcome.sort_by_key(|(outcome, _)| outcome.to_string());
    let outcomes = report["connections"]["outcomes"].as_array().unwrap().iter();
    let mut of_report: Vec<_> = outcomes.filter(|row| row["connections"] != 0).map(of_outcome).collect();
    of_report.sort_by_key(|(outcome, _)| outcome.to_string());
    assert_eq!(by_outcome, of_report, "{args:?}");
    let total = &flows["total"];
    for key in ["tuples", "bytes_sent", "bytes_received", "packets_sent", "packets_received"] {
        assert_eq!(report["resolved"][key], total[key], "{args:?}: {key}");
    }
    total["connections"].as_u64().unwrap()
}

/// 2025-12-01 02:00 UTC, Unix ms.
const HOUR: u64 = 1_764_554_400_000;

fn logs(tuples: &[String]) -> Bench {
    let quoted: Vec<String> = tuples.iter().map(|tuple| format!("\"{tuple}\"")).collect();
    // In two files, so that connections are joined in one and across.
    let (one, other) = quoted.split_at(quoted.len() / 2);
    let file = |part: &[String]| hour_of("nsg", &[("Allow-Web", part)]);
    Bench::new().file("one.json", file(one)).file("two.json", file(other))
}

#[test]
fn a_connection_that_is_not_chosen_parts_those_around_it() {
    let tuple = |seconds: u64, rest: &str| {
        format!("{},10.0.0.4,93.184.216.34,50000,443,6,O,{rest}", HOUR + seconds * 1000)
    };
    let (few, many) = ("NX,10,2000,10,3000", "NX,1000,5000000,900,50000");
    let all = [
        tuple(10, "B,NX,0,0,0,0"),
        tuple(70, &format!("C,{many}")),
        tuple(100, "B,NX,0,0,0,0"),
        tuple(110, &format!("E,{few}")),
        tuple(200, &format!("E,{many}")),
    ];
    assert_eq!(agree(&logs(&all), &["logs", "-q", "--where", "bytes > 1m"]), 2);
    // The port is used again in the millisecond in which it was given up.
    let again = [
        tuple(10, "B,NX,0,0,0,0"),
        tuple(70, &format!("E,{many}")),
        tuple(70, "B,NX,0,0,0,0"),
        tuple(100, &format!("E,{few}")),
    ];
    for text in ["bytes > 1m", "bytes < 1m", "bytes > 1"] {
        let expected = if text == "bytes > 1" { 2 } else { 1 };
        assert_eq!(agree(&logs(&again), &["logs", "-q", "--where", text]), expected, "{text}");
    }
}

#[test]
fn a_port_used_again_and_again_is_told_alike_by_report_and_flows() {
    let mut drawn = 0;
    let mut below = |n: u64| {
        drawn += 1;
        usize::try_from(mix(drawn) % n).unwrap()
    };
    let mut found = 0;
    for _ in 0..40 {
        let mut tuple = |place: u64| {
            let state = ["B", "C", "E", "E", "D"][below(5)];
            let (port, bytes) = (50_000 + below(2), [100, 2000, 5_000_000][below(3)]);
            let counters =
                if matches!(state, "B" | "D") { "0,0,0,0".into() } else { format!("9,{bytes},8,{bytes}") };
            let time = HOUR + place * 20_000;
            format!("{time},10.0.0.4,93.184.216.34,{port},443,6,O,{state},NX,{counters}")
        };
        let tuples: Vec<String> = (0..24).map(&mut tuple).collect();
        for text in
            ["bytes > 1m", "bytes < 5k and not denied", "completed", "open or denied", "duration > 30s"]
        {
            found += agree(&logs(&tuples), &["logs", "-q", "--where", text]);
        }
    }
    assert!(found > 500, "{found} connections say little");
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
    assert!(
        talk.contains("read twice")
            && talk.contains("\nhint: save it to a file, or ask flowlog-analyze flows"),
        "{talk}"
    );
    assert_eq!(piped(&["flows", "-", "--where", "bytes > 1"]).status.code(), Some(0));
    assert_eq!(piped(&["-", "--where", "port 443"]).status.code(), Some(0));
}
