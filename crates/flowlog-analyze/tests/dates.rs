//! Dates that no log can have, and the time between two dates: never walked, whatever lies between them.

mod common;

use std::time::Duration;

use assert_cmd::Command;
use common::Bench;
use serde_json::Value;

/// A record of one tuple; its `time` as written.
fn record(time: &str, tuple_time: &str) -> String {
    format!(
        "{{\"time\":\"{time}\",\"macAddress\":\"000D3A7B21C4\",\"targetResourceID\":\"/x\",\"flowRecords\":{{\"flows\":\
         [{{\"aclID\":\"a\",\"flowGroups\":[{{\"rule\":\"r\",\"flowTuples\":\
         [\"{tuple_time},10.0.0.1,10.0.0.2,1,2,6,I,B,NX,0,0,0,0\"]}}]}}]}}}}\n"
    )
}

const NOW: &str = "1768467662000";

/// The report of a run that may take 256 MiB of memory and two minutes.
fn bounded(bench: &Bench) -> Value {
    let tool = assert_cmd::cargo::cargo_bin("flowlog-analyze");
    let mut command = Command::new("sh");
    command
        .current_dir(bench.folder.path())
        .args(["-c", "ulimit -v 262144; exec \"$0\" \"$@\""])
        .env("XDG_CONFIG_HOME", "/nobody")
        .arg(tool)
        .args(["--threads", "1", "--format", "json", "logs"])
        .timeout(Duration::from_secs(120));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn log(lines: &[String]) -> Bench {
    Bench::new().file("log.json", lines.concat())
}

#[test]
#[cfg(target_os = "linux")]
fn a_record_of_another_age_costs_nothing_and_is_told() {
    for time in ["+262142-12-31T23:59:59", "1969-12-31T23:59:59Z", "-0044-03-15T12:00:00Z"] {
        let lines = [record(time, NOW), record("2026-01-15T09:01:02.000000Z", NOW)];
        let report = bounded(&log(&lines));
        assert_eq!(report["totals"]["tuples"], 2, "{time}");
        assert_eq!(
            (&report["coverage"]["hours"], &report["coverage"]["empty_hours"]),
            (&1.into(), &0.into())
        );
        assert_eq!(report["coverage"]["untimed_tuples"], 1, "{time}");
        let remarks = report["coverage"]["remarks"].to_string();
        assert!(remarks.contains("1 tuple is in records without a time between 1970 and 9999"), "{remarks}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn eight_thousand_years_between_two_records_are_one_gap() {
    let busy = |time: &str| (0..100).map(|_| record(time, NOW)).collect::<String>();
    let lines = [busy("2026-01-15T09:01:02Z"), busy("9999-12-31T23:59:59Z")];
    let report = bounded(&log(&lines));
    // From 2026-01-15 10:00 to 9999-12-31 23:00.
    let hours = (253_402_297_200_i64 - 1_768_471_200) / 3600;
    assert_eq!(report["coverage"]["empty_hours"], hours);
    let gap =
        report["findings"].as_array().unwrap().iter().find(|finding| finding["rule"] == "log-gap").unwrap();
    assert_eq!(gap["evidence"][0]["count"], hours);
    assert_eq!(gap["first_time_ms"], 1_768_471_200_000_i64);
    assert_eq!(gap["last_time_ms"], 253_402_297_200_000_i64);
}

#[test]
#[cfg(target_os = "linux")]
fn tuples_of_1970_and_9999_beside_each_other_cost_nothing() {
    let times = ["0", "253402300799999", NOW];
    let lines: Vec<String> =
        times.iter().flat_map(|time| (0..300).map(|_| record("2026-01-15T09:01:02Z", time))).collect();
    let report = bounded(&log(&lines));
    assert_eq!(report["totals"]["tuples"], 900);
    assert_eq!(report["totals"]["malformed"], 0);
    let late = log(&[record("2026-01-15T09:01:02Z", "253402300800000"), record("2026-01-15T09:01:02Z", NOW)]);
    assert_eq!(bounded(&late)["totals"]["malformed"], 1);
}
