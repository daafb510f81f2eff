//! Every number that stands in two outputs is the same in both: the text, JSON, the summary CSV, the details CSV and
//! the connections of one run are read back and compared cell by cell.

#[path = "../common/mod.rs"]
mod common;
mod comparison;
mod form;
mod rows;
mod summary;
mod text;

use std::fs;

use common::{Bench, project};
use flowlog_testkit::faults;
use flowlog_testkit::scenario::{Behaviour, Capture, Scenario, Volume};
use serde_json::Value;

/// Runs the tool in every form over `paths`, and compares what they say.
fn agree(bench: &Bench, paths: &[&str], more: &[&str]) {
    let input = format!("{paths:?} {more:?}");
    // All rows everywhere, and a line for each of them.
    let common =
        [paths, &["--full", "--top", "100000", "--specific-ips", "10.0.0.0/8,8.8.8.8"], more].concat();
    let out = tempfile::tempdir().unwrap();
    let folder = out.path().to_str().unwrap();
    let connections = out.path().join("connections.csv");
    let export = ["--export-csv", "--output-path", folder, "--export-connections"];
    let export = [&export[..], &[connections.to_str().unwrap()]].concat();
    let exported = [&common[..], &export, &["--format", "json"]].concat();
    let run = bench.run(&exported);
    assert!([0, 3].contains(&run.code()), "{input}: {}", run.talk());
    let json: Value = serde_json::from_str(&run.out()).unwrap();
    let read = |kind: &str| {
        let names = common::names(out.path());
        let name = names.iter().find(|name| name.contains(kind)).unwrap();
        fs::read_to_string(out.path().join(name)).unwrap()
    };
    summary::compare(&json, &read("Summary"), &input);
    rows::details(&json, &read("Details"), &input);
    rows::connections(&json, &read("connections"), &input);
    let shown = bench.command(&common).env("COLUMNS", "400").output().unwrap();
    text::compare(&json, &String::from_utf8(shown.stdout).unwrap(), &input);

    let raw = tempfile::tempdir().unwrap();
    let folder = raw.path().to_str().unwrap();
    let raw_run = [&common[..], &["--no-dedup", "--export-csv", "--output-path", folder, "--format", "json"]];
    let run = bench.run(&raw_run.concat());
    let json: Value = serde_json::from_str(&run.out()).unwrap();
    let names = common::names(raw.path());
    let name = names.iter().find(|name| name.contains("Details")).unwrap();
    rows::undeduplicated(&json, &fs::read_to_string(raw.path().join(name)).unwrap(), &input);
}

#[test]
fn of_the_samples() {
    let samples = project().join("samples");
    let path = |name: &str| samples.join(name).to_str().unwrap().to_owned();
    agree(&Bench::new(), &[&path("container"), &path("sample-flowlog.json")], &[]);
    agree(&Bench::new(), &[&path("container")], &["--internal-cidr", "10.10.0.0/16"]);
}

#[test]
fn of_a_network_with_everything_in_it() {
    let behaviours = Behaviour::ALL.to_vec();
    let volume = Volume::Tuples(40_000);
    let scenario = Scenario { seed: 91, nics: 12, hours: 5, volume, behaviours, ..Scenario::default() };
    let (bench, _) = Bench::new().scenario(&scenario);
    let rules = r#"[{"name":"nsg-a","securityRules":[{"name":"never","access":"Allow","direction":"Inbound","priority":100,"protocol":"*","sourceAddressPrefix":"*","sourcePortRange":"*","destinationAddressPrefix":"*","destinationPortRange":"*"}]}]"#;
    fs::write(bench.folder.path().join("rules.json"), rules).unwrap();
    agree(&bench, &["logs"], &["--rules", "rules.json"]);
}

#[test]
fn of_logs_of_one_end_and_of_both_kinds() {
    for (seed, capture) in [(92, Capture::HalfBoth), (93, Capture::SourceOnly)] {
        let volume = Volume::Tuples(6000);
        let scenario = Scenario { seed, nics: 5, hours: 3, volume, capture, ..Scenario::default() };
        let (bench, _) = Bench::new().scenario(&scenario);
        agree(&bench, &["logs"], &[]);
    }
}

#[test]
fn of_files_with_faults() {
    let bench = faults::all().into_iter().fold(Bench::new(), |bench, fault| {
        bench.file(&format!("{}.{}", fault.name, fault.extension), &fault.bytes)
    });
    agree(&bench, &["logs"], &[]);
}

#[test]
fn of_a_comparison() {
    let set = |seed| {
        let behaviours = vec![Behaviour::VerticalScan, Behaviour::Beacon];
        let volume = Volume::Tuples(8000);
        Scenario { seed, nics: 6, hours: 2, volume, behaviours, ..Scenario::default() }
    };
    let (a, b) = (Bench::new().scenario(&set(94)).0, Bench::new().scenario(&set(95)).0);
    let [a, b] = [&a, &b].map(|bench| bench.logs().to_str().unwrap().to_owned());
    let arguments = ["compare", &a, &b, "--top", "100000"];
    let bench = Bench::new();
    let run = bench.run(&[&arguments[..], &["--format", "json"]].concat());
    let json: Value = serde_json::from_str(&run.out()).unwrap();
    let shown = bench.command(&arguments).env("COLUMNS", "400").output().unwrap();
    comparison::compare(&json, &String::from_utf8(shown.stdout).unwrap());
}
