//! `--output FILE`: the report in a file, as it would be printed, and in UTF-8 wherever it is written.

mod common;

use common::{Bench, names};
use flowlog_testkit::scenario::{Scenario, Volume};

fn bench() -> Bench {
    let volume = Volume::Tuples(3_000);
    Bench::new().scenario(&Scenario { seed: 71, nics: 3, hours: 2, volume, ..Scenario::default() }).0
}

#[test]
fn the_file_holds_what_would_be_printed_by_its_ending() {
    let bench = bench();
    let read = |name: &str| std::fs::read_to_string(bench.folder.path().join(name)).unwrap();
    for (name, printed) in [
        ("r.json", &["logs", "--format", "json"][..]),
        ("r.txt", &["logs"]),
        ("full.txt", &["logs", "--full"]),
    ] {
        let whole = if name == "full.txt" { "--full" } else { "--quiet" };
        let run = bench.command(&["logs", "--output", name, whole]).env("LANG", "C").output().unwrap();
        assert_eq!((run.status.code(), run.stdout.len()), (Some(0), 0));
        assert!(String::from_utf8(run.stderr).unwrap().contains(&format!("wrote {name}")));
        assert!(read(name) == bench.run(printed).out(), "{name}");
    }
    let run = bench.run(&["logs", "--output", "r.csv", "--export-csv"]);
    assert_eq!(run.code(), 0, "{}", run.talk());
    let names = names(bench.folder.path());
    let summary = names.iter().find(|name| name.contains("Summary")).unwrap();
    assert!(read("r.csv") == read(summary));
}

#[test]
fn no_file_is_replaced_unasked_and_none_is_left_when_there_is_nothing_to_say() {
    let bench = bench();
    let path = bench.folder.path().join("r.txt");
    std::fs::write(&path, "mine").unwrap();
    let run = bench.run(&["logs", "--output", "r.txt"]);
    assert_eq!((run.code(), run.out().as_str()), (2, ""), "{}", run.talk());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    let run = bench.run(&["logs", "--output", "r.txt", "--overwrite"]);
    assert_eq!(run.code(), 0, "{}", run.talk());
    assert!(std::fs::read_to_string(&path).unwrap().contains("FLOW LOG REPORT"));
    let wrong = bench.run(&["logs", "--output", "r.pdf"]);
    assert!(
        wrong.code() == 2 && wrong.talk().contains("must end in .txt, .json, .csv or .md"),
        "{}",
        wrong.talk()
    );
    std::fs::write(bench.folder.path().join("none.json"), "no log").unwrap();
    assert_eq!(bench.run(&["none.json", "--output", "new.txt"]).code(), 1);
    assert_eq!(names(bench.folder.path()), ["logs", "none.json", "r.txt"]);
}

#[test]
fn findings_go_to_a_file_of_their_own() {
    let bench = bench();
    let (report, _) = bench.json(&["logs"]);
    let findings = report["findings"].as_array().unwrap();
    for name in ["f.ndjson", "f.csv"] {
        let run = bench.run(&["logs", "--export-findings", name]);
        assert_eq!(run.code(), 0, "{}", run.talk());
    }
    let read = |name: &str| std::fs::read_to_string(bench.folder.path().join(name)).unwrap();
    let lines: Vec<serde_json::Value> =
        read("f.ndjson").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(!lines.is_empty() && lines == *findings, "{lines:?}");
    assert_eq!(csv::Reader::from_reader(read("f.csv").as_bytes()).records().count(), findings.len());
    assert_eq!(bench.run(&["logs", "--export-findings", "g.csv", "--no-findings"]).code(), 2);
}
