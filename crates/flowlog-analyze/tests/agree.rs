//! Numbers that stand in several places are the same in all, and shares are no more than the whole.

mod common;

use common::{Bench, names};
use serde_json::{Value, json};

/// 2026-01-15 00:00:00 UTC.
const DAY: i64 = 1_768_435_200_000;
const HOUR: i64 = 3_600_000;
const NSG: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkSecurityGroups/nsg";

/// A VNet flow log of one NIC: a record a tuple, written 58 s after it; each with ACL and rule.
fn log(tuples: &[(&str, &str, String)]) -> String {
    let record = |(acl, rule, tuple): &(&str, &str, String)| {
        let time: i64 = tuple.split(',').next().unwrap().parse().unwrap();
        let time = chrono::DateTime::from_timestamp_millis(time + 58_000).unwrap();
        json!({
            "time": time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true), "macAddress": "000D3A000001",
            "category": "FlowLogFlowEvent", "flowLogVersion": 4, "targetResourceID": "/vnet",
            "flowRecords": {"flows": [{"aclID": acl, "flowGroups": [{"rule": rule, "flowTuples": [tuple]}]}]},
        })
    };
    json!({"records": tuples.iter().map(record).collect::<Vec<_>>()}).to_string()
}

/// Rows of a section of the summary CSV, by column.
fn summary(bench: &Bench, section: &str, column: &str) -> Vec<String> {
    let folder = bench.folder.path().join("out");
    std::fs::remove_dir_all(&folder).ok();
    std::fs::create_dir(&folder).unwrap();
    let run = bench.run(&["logs", "--export-csv", "--output-path", "out"]);
    assert_eq!(run.code(), 0, "{}", run.talk());
    let name = names(&folder).into_iter().find(|name| name.contains("Summary")).unwrap();
    let mut csv = csv::Reader::from_path(folder.join(name)).unwrap();
    let titles = csv.headers().unwrap().clone();
    let place = titles
        .iter()
        .position(|title| title.eq_ignore_ascii_case(column))
        .unwrap_or_else(|| panic!("{titles:?}"));
    let rows = csv.records().map(Result::unwrap).filter(|row| &row[0] == section);
    rows.map(|row| row[place].to_owned()).collect()
}

#[test]
fn denied_is_one_number_and_drops_are_part_of_it() {
    let row = |n: i64, word: &str, ends: &str| format!("{},{ends},I,D,{word},0,0,0,0", DAY + n * 1000);
    let ends = "10.0.0.9,10.0.0.4,40000,443,6";
    let mut rows: Vec<_> = (0..4).map(|n| (NSG, "UserRule_deny", row(n, "NX", ends))).collect();
    rows.extend((4..22).map(|n| ("unspecified", "unspecified", row(n, "NX_NOT_ACCEPTED", ends))));
    let bench = Bench::new().file("log.json", log(&rows));
    let (report, _) = bench.json(&["logs"]);
    assert_eq!(
        (&report["denied"][0]["tuples"], &report["denied"][0]["dropped_for_encryption"]),
        (&json!(22), &json!(18))
    );
    assert_eq!(summary(&bench, "Denied", "denied"), ["22"]);
    assert_eq!(summary(&bench, "Denied", "dropped"), ["18"]);
    assert_eq!(summary(&bench, "Rules", "denied"), ["18", "4"]);
    let of =
        |rule: &Value| (rule["denied"].as_u64().unwrap(), rule["dropped_for_encryption"].as_u64().unwrap());
    assert_eq!(report["rules"].as_array().unwrap().iter().map(of).collect::<Vec<_>>(), [(18, 18), (4, 0)]);
    let text = bench.run(&["logs", "--full"]).out();
    let section = text.split("\nDenied").nth(1).unwrap();
    let line = section.lines().find(|line| line.contains("10.0.0.9")).unwrap();
    assert!(
        line.contains(" 22 ") && section.contains("of these 18 dropped for want of encryption"),
        "{section}"
    );
}

#[test]
fn an_end_counts_for_retries_only_if_its_begin_was_seen() {
    let rows: Vec<_> = (0..40_i64)
        .flat_map(|n| {
            let ends = format!("10.0.0.4,10.0.0.9,{},1433,6", 40_000 + n);
            let begin = (n >= 20).then(|| format!("{},{ends},O,B,NX,0,0,0,0", DAY + n * 1000));
            let end = format!("{},{ends},O,E,NX,9,900,9,900", DAY + n * 1000 + 500);
            begin.into_iter().chain([end]).map(|row| (NSG, "UserRule_out", row))
        })
        .collect();
    let (report, _) = Bench::new().file("log.json", log(&rows)).json(&["logs"]);
    assert_eq!((&report["retries"][0]["begins"], &report["retries"][0]["ended"]), (&json!(20), &json!(20)));
}

#[test]
fn one_minute_that_two_days_have_in_common_is_no_overlap_and_more_is_told_in_hours() {
    let day = |from: i64, to: i64| {
        let at: Vec<i64> = (0..30).map(|n| from + (to - from) * n / 29).collect();
        let rows: Vec<_> = at
            .iter()
            .map(|at| (NSG, "UserRule_out", format!("{at},10.0.0.4,10.0.0.9,4000,443,6,O,B,NX,0,0,0,0")))
            .collect();
        log(&rows)
    };
    let overlap = |from: i64| -> Vec<String> {
        let bench = Bench::new()
            .file("a/log.json", day(DAY, DAY + 24 * HOUR - 5000))
            .file("b/log.json", day(DAY + 24 * HOUR - from, DAY + 48 * HOUR - 5000));
        let run = bench.run(&["compare", "logs/a", "logs/b", "--format", "json"]);
        let report: Value =
            serde_json::from_str(&run.out()).unwrap_or_else(|error| panic!("{error}: {}", run.talk()));
        let caveats = report["caveats"].as_array().unwrap().iter();
        caveats
            .filter(|one| one["code"] == "overlap")
            .map(|one| one["text"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(overlap(63_000), [] as [&str; 0]);
    assert_eq!(overlap(124_000), [] as [&str; 0]);
    let told = overlap(3 * HOUR + 20 * 60_000 + 5000);
    assert!(told[0].starts_with("The sets overlap in time by 3 h 20 min:"), "{told:?}");
}

#[test]
fn subnets_of_others_are_not_among_own_ones_that_are_named() {
    let rows = |peer: &str| {
        let ends = format!("10.20.1.4,{peer},40000,443,6");
        [
            (NSG, "UserRule_x", format!("{DAY},{ends},O,B,X,0,0,0,0")),
            (NSG, "UserRule_x", format!("{},{ends},O,E,X,9,900,9,900", DAY + 900)),
        ]
    };
    let bench = Bench::new().file("log.json", log(&[rows("10.20.2.5"), rows("192.168.7.9")].concat()));
    let pairs = |arguments: &[&str]| -> Vec<String> {
        let (report, _) = bench.json(&[&["logs"], arguments].concat());
        let rows = report["encryption_pairs"].as_array().unwrap().iter();
        rows.map(|row| {
            format!("{} {}", row["source"].as_str().unwrap(), row["destination"].as_str().unwrap())
        })
        .collect()
    };
    assert_eq!(pairs(&["--internal-cidr", "10.20.2.0/24"]), ["10.20.1.0/24 10.20.2.0/24"]);
    assert_eq!(pairs(&[]), ["10.20.1.0/24 10.20.2.0/24", "10.20.1.0/24 192.168.7.0/24"]);
    assert!(!bench.run(&["logs", "--full"]).out().contains("Own subnets only"));
}
