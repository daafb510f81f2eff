//! How CSV files are written, and that the summary has every list of the report.

mod common;

use std::fs;

use common::{Bench, names};
use flowlog_testkit::scenario::{Behaviour, Scenario, Volume};
use serde_json::Value;

fn bench() -> Bench {
    let volume = Volume::Tuples(5_000);
    let behaviours = vec![Behaviour::VerticalScan];
    let scenario = Scenario { seed: 92, nics: 4, hours: 2, volume, behaviours, ..Scenario::default() };
    Bench::new().scenario(&scenario).0
}

const ALL: [&str; 11] = [
    "logs",
    "--export-csv",
    "--export-connections",
    "c.csv",
    "--export-tuples",
    "t.csv",
    "--export-findings",
    "f.csv",
    "--output",
    "o.csv",
    "--overwrite",
];

/// Every CSV file of a run, and what `flows` prints.
fn files(bench: &Bench, more: &[&str]) -> Vec<(String, String)> {
    let run = bench.run(&[&ALL[..], more].concat());
    assert_eq!(run.code(), 0, "{}", run.talk());
    let flows = bench.run(&[&["flows", "logs", "--format", "csv"], more].concat());
    assert_eq!(flows.code(), 0, "{}", flows.talk());
    let folder = bench.folder.path();
    let mut all = vec![("flows".to_owned(), flows.out())];
    for name in names(folder).into_iter().filter(|name| name.contains(".csv")) {
        all.push((
            name.split("_20").next().unwrap().to_owned(),
            fs::read_to_string(folder.join(&name)).unwrap(),
        ));
        fs::remove_file(folder.join(name)).unwrap();
    }
    assert_eq!(all.len(), 7);
    all
}

fn cells(text: &str, delimiter: u8) -> Vec<csv::StringRecord> {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).delimiter(delimiter).from_reader(text.as_bytes());
    reader.records().map(Result::unwrap).collect()
}

#[test]
fn every_file_has_the_delimiter_and_the_mark_that_are_asked_for() {
    let bench = bench();
    let plain = files(&bench, &[]);
    for (option, delimiter) in [(";", b';'), ("tab", b'\t'), (",", b',')] {
        let other = files(&bench, &["--csv-delimiter", option, "--csv-bom"]);
        for ((name, text), (_, plain)) in other.iter().zip(&plain) {
            assert!(text.starts_with('\u{feff}') && text.matches('\u{feff}').count() == 1, "{name}");
            assert!(!plain.contains('\u{feff}'), "{name}");
            assert!(cells(text, delimiter) == cells(plain, b','), "{name} {option}");
        }
    }
    // Settings say the same; options come over them.
    fs::write(bench.folder.path().join("flowlog.toml"), "csv_delimiter = \";\"\ncsv_bom = true\n").unwrap();
    for ((name, text), (_, plain)) in files(&bench, &[]).iter().zip(&plain) {
        assert!(text.starts_with('\u{feff}') && cells(text, b';') == cells(plain, b','), "{name}");
    }
    let options = files(&bench, &["--csv-delimiter", "tab"]);
    assert!(options.iter().all(|(_, text)| text.lines().next().unwrap().contains('\t')));
    let slip = bench.run(&["logs", "--csv-delimiter", "|"]);
    assert!(slip.code() == 2 && slip.talk().contains("it is , or ; or tab"), "{}", slip.talk());
}

/// Every list of words in the report: its path, and the words.
fn lists(value: &Value, path: &str, found: &mut Vec<(String, Vec<String>)>) {
    match value {
        Value::Object(fields) if path.ends_with(".techniques") => {
            let word = |key: &str| fields[key].as_str().unwrap().to_owned();
            found.push((path.to_owned(), vec![format!("{} {}", word("id"), word("name"))]));
        }
        Value::Object(fields) => {
            fields.iter().for_each(|(key, value)| lists(value, &format!("{path}.{key}"), found));
        }
        Value::Array(items) if items.iter().any(Value::is_string) => {
            let words = items.iter().map(|item| item.as_str().unwrap().to_owned());
            found.push((path.to_owned(), words.collect()));
        }
        Value::Array(items) => items.iter().for_each(|item| lists(item, path, found)),
        _ => {}
    }
}

#[test]
fn the_summary_has_every_list_of_words_of_the_report() {
    // The numbers of all other lists are held by tests/agreement.
    let bench = bench();
    let denied_alone = ["logs", "--outcome", "denied"];
    for arguments in [&["logs"][..], &denied_alone] {
        let (report, _) = bench.json(arguments);
        let mut found = Vec::new();
        lists(&report, "", &mut found);
        assert!(found.iter().any(|(path, _)| path == ".findings.techniques"), "{found:?}");
        let run = bench.run(&[arguments, &["--output", "s.csv", "--overwrite"]].concat());
        assert_eq!(run.code(), 0, "{}", run.talk());
        let text = fs::read_to_string(bench.folder.path().join("s.csv")).unwrap();
        let rows = cells(&text, b',');
        for (path, words) in found {
            for word in words {
                assert!(
                    rows.iter().flat_map(csv::StringRecord::iter).any(|cell| cell.contains(&word)),
                    "{path}: {word}"
                );
            }
        }
    }
}
