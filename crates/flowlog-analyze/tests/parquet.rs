//! Parquet files against the other exports: the same rows in the same columns, and what engines skip by.

mod common;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use common::{Bench, names};
use flowlog_testkit::scenario::{Capture, Scenario, Volume};
use parquet::basic::Compression;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::Value;

fn bench() -> Bench {
    let volume = Volume::Tuples(20_000);
    let capture = Capture::HalfBoth;
    Bench::new().scenario(&Scenario { seed: 93, nics: 5, hours: 3, volume, capture, ..Scenario::default() }).0
}

/// A row by the names of its columns.
type Row = BTreeMap<String, Value>;

fn rows(path: &Path) -> Vec<Row> {
    let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
    let rows = reader.get_row_iter(None).unwrap();
    rows.map(|row| row.unwrap().get_column_iter().map(|(name, field)| (name.clone(), value(field))).collect())
        .collect()
}

fn value(field: &Field) -> Value {
    match field {
        Field::Null => Value::Null,
        Field::Str(text) => text.as_str().into(),
        Field::UByte(number) => (*number).into(),
        Field::UShort(number) => (*number).into(),
        Field::ULong(number) => (*number).into(),
        Field::Long(number) => (*number).into(),
        Field::TimestampMillis(ms) => {
            let time = chrono::DateTime::from_timestamp_millis(*ms).unwrap();
            time.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string().into()
        }
        other => panic!("{other:?}"),
    }
}

fn ndjson(bench: &Bench, arguments: &[&str]) -> Vec<Row> {
    let run = bench.run(arguments);
    assert_eq!(run.code(), 0, "{}", run.talk());
    run.out().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What lets an engine read only what a question is about.
fn is_well_made(path: &Path, sorted: &[&str]) {
    let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
    for group in reader.metadata().row_groups() {
        let name = |place: usize| group.column(place).column_path().string();
        let order: Vec<String> = group
            .sorting_columns()
            .unwrap()
            .iter()
            .map(|by| name(usize::try_from(by.column_idx).unwrap()))
            .collect();
        assert_eq!(order, sorted);
        for column in group.columns() {
            assert!(matches!(column.compression(), Compression::ZSTD(_)), "{column:?}");
            assert!(column.statistics().is_some() && column.column_index_offset().is_some(), "{column:?}");
            let path = column.column_path().string();
            let filtered = path == "source" || path == "destination";
            assert_eq!(column.bloom_filter_offset().is_some(), filtered, "{path}");
        }
    }
}

/// The files below a folder, by their paths in it.
fn files(folder: &Path) -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    for date in names(folder) {
        for hour in names(&folder.join(&date)) {
            for part in names(&folder.join(&date).join(&hour)) {
                found.insert(format!("{date}/{hour}/{part}"), folder.join(&date).join(&hour).join(part));
            }
        }
    }
    found
}

#[test]
fn connections_are_those_of_the_other_forms() {
    let bench = bench();
    let run = bench.run(&["logs", "--export-connections", "c.parquet"]);
    assert_eq!(run.code(), 0, "{}", run.talk());
    let path = bench.folder.path().join("c.parquet");
    let (found, lines) = (rows(&path), ndjson(&bench, &["logs", "--export-connections", "-"]));
    assert!(found.len() > 1000 && found == lines, "{} {}", found.len(), lines.len());
    is_well_made(&path, &["first_time"]);
    let again = bench.run(&["logs", "--export-connections", "again.parquet", "--threads", "7"]);
    assert_eq!(again.code(), 0, "{}", again.talk());
    assert!(fs::read(&path).unwrap() == fs::read(bench.folder.path().join("again.parquet")).unwrap());
}

#[test]
fn names_of_the_two_ends_are_columns_too() {
    let bench = bench();
    fs::write(bench.folder.path().join("names.csv"), "10.0.0.0/9,own\n").unwrap();
    let named = ["logs", "--names", "names.csv", "--export-connections"];
    let run = bench.run(&[&named[..], &["c.parquet"]].concat());
    assert_eq!(run.code(), 0, "{}", run.talk());
    let (found, lines) =
        (rows(&bench.folder.path().join("c.parquet")), ndjson(&bench, &[&named[..], &["-"]].concat()));
    assert!(found == lines, "{:?} {:?}", found.first(), lines.first());
    let ends = found.iter().flat_map(|row| [&row["source_name"], &row["destination_name"]]);
    let (own, other): (Vec<&Value>, Vec<&Value>) = ends.partition(|name| *name == "own");
    assert!(!own.is_empty() && !other.is_empty() && other.iter().all(|name| name.is_null()), "{other:?}");
    let named = ["logs", "--names", "names.csv", "--export-tuples"];
    let run = bench.run(&[&named[..], &["tuples"]].concat());
    assert_eq!(run.code(), 0, "{}", run.talk());
    let mut found: Vec<Row> =
        files(&bench.folder.path().join("tuples")).values().flat_map(|path| rows(path)).collect();
    let mut lines = ndjson(&bench, &[&named[..], &["-"]].concat());
    let key = |row: &Row| serde_json::to_string(row).unwrap();
    found.sort_by_key(key);
    lines.sort_by_key(key);
    assert!(found == lines && found.iter().any(|row| row["destination_name"] == "own"));
    let csv = bench.printed(&[&named[..], &["-.csv"]].concat());
    let mut csv = csv::Reader::from_reader(csv.as_bytes());
    let heads = csv.headers().unwrap().clone();
    assert!(heads.iter().rev().take(3).eq(["destination_name", "source_name", "file"]), "{heads:?}");
    let cell = |row: &csv::StringRecord| row.get(heads.len() - 2).unwrap() == "own";
    let own = csv.records().filter(|row| cell(row.as_ref().unwrap())).count();
    assert_eq!(own, lines.iter().filter(|row| row["source_name"] == "own").count());
}

#[test]
fn tuples_are_those_of_the_other_forms_hour_by_hour() {
    let bench = bench();
    let chosen = ["logs", "--protocol", "tcp"];
    let export = |name: &str, threads: &str| {
        let run = bench.run(&[&chosen[..], &["--export-tuples", name, "--threads", threads]].concat());
        assert_eq!(run.code(), 0, "{}", run.talk());
        files(&bench.folder.path().join(name))
    };
    let found = export("tuples", "1");
    let mut all = Vec::new();
    for (name, path) in &found {
        is_well_made(path, &["time_utc", "time_ms"]);
        let rows = rows(path);
        let times: Vec<&str> = rows.iter().map(|row| row["time_utc"].as_str().unwrap()).collect();
        assert!(times.is_sorted(), "{name}");
        // date=2026-01-15/hour=09/part-0.parquet
        let (date, hour) = (&name[5..15], &name[21..23]);
        assert_eq!(*name, format!("date={date}/hour={hour}/part-0.parquet"));
        assert!(times.iter().all(|time| time.starts_with(&format!("{date}T{hour}:"))), "{name}");
        all.extend(rows);
    }
    assert!(found.len() > 2, "{found:?}");
    let mut lines = ndjson(&bench, &[&chosen[..], &["--export-tuples", "-"]].concat());
    let key = |row: &Row| serde_json::to_string(row).unwrap();
    all.sort_by_key(key);
    lines.sort_by_key(key);
    assert!(all.len() > 1000 && all == lines, "{} {}", all.len(), lines.len());
    let others = export("others", "7");
    assert!(found.keys().eq(others.keys()));
    for (one, other) in found.values().zip(others.values()) {
        assert!(fs::read(one).unwrap() == fs::read(other).unwrap(), "{}", one.display());
    }
}

#[test]
fn a_folder_that_holds_something_is_left_alone_and_an_empty_one_is_filled() {
    let bench = bench().file("page/x.json", "<html>");
    let folder = bench.folder.path();
    for (name, content) in [("full", Some("full/mine")), ("file", None), ("empty", None)] {
        match name {
            "file" => fs::write(folder.join(name), "mine").unwrap(),
            _ => fs::create_dir(folder.join(name)).unwrap(),
        }
        if let Some(content) = content {
            fs::write(folder.join(content), "mine").unwrap();
        }
    }
    for name in ["full", "file", "logs"] {
        let run = bench.run(&["logs", "--export-tuples", name, "--overwrite"]);
        assert_eq!((run.code(), run.out().as_str()), (2, ""), "{}", run.talk());
        assert!(run.talk().contains("exists and is no empty folder"), "{}", run.talk());
    }
    assert_eq!(fs::read_to_string(folder.join("file")).unwrap(), "mine");
    let nothing = bench.run(&["logs/page", "--export-tuples", "new"]);
    assert_eq!(nothing.code(), 1);
    let run = bench.run(&["logs", "--export-tuples", "empty/"]);
    assert_eq!(run.code(), 3, "{}", run.talk());
    assert!(!files(&folder.join("empty")).is_empty());
    assert_eq!(names(folder), ["empty", "file", "full", "logs"]);
}

#[test]
fn the_farthest_times_that_a_log_can_hold_have_their_hours() {
    let tuple = |ms: i64| format!(r#""{ms},10.10.1.4,10.10.2.5,40001,23,6,O,E,NX,50,9000,50,9000""#);
    let tuples: Vec<String> = [1_768_464_001_000, 99_999_999_999_999, 100_000_000].map(tuple).into();
    let log = format!(
        r#"{{"records":[{{"time":"2026-01-15T08:00:00Z","macAddress":"000D3A0000FF","flowRecords":{{"flows":[{{"aclID":"a","flowGroups":[{{"rule":"r","flowTuples":[{}]}}]}}]}}}}]}}"#,
        tuples.join(",")
    );
    let bench = Bench::new().file("a.json", log);
    let run = bench.run(&["logs", "--export-tuples", "out", "--export-connections", "c.parquet"]);
    assert_eq!(run.code(), 0, "{}", run.talk());
    let found = files(&bench.folder.path().join("out"));
    let hours: Vec<&String> = found.keys().collect();
    let expected = ["date=1973-03-03/hour=09", "date=2026-01-15/hour=08", "date=5138-11-16/hour=09"];
    assert_eq!(hours, expected.map(|hour| format!("{hour}/part-0.parquet")).each_ref());
    let last = rows(found.last_key_value().unwrap().1);
    assert_eq!((&last[0]["time_utc"], last.len()), (&"5138-11-16T09:46:39.999Z".into(), 1));
    assert!(!rows(&bench.folder.path().join("c.parquet")).is_empty());
}
