//! `flowlog.toml`, as it is found and told of.

mod common;

use std::fs;

use common::Bench;
use flowlog_testkit::faults;
use flowlog_testkit::scenario::{Behaviour, Scenario, Volume};

fn bench() -> Bench {
    Bench::new().file("a.json", faults::named("plain").expect("the kit has a plain file").bytes)
}

#[test]
fn a_slip_is_told_with_its_place_before_anything_is_read() {
    let bench = bench();
    fs::write(bench.folder.path().join("flowlog.toml"), "internal = []\n[beacon]\nlo = 1\n").unwrap();
    let told = "error: flowlog.toml, line 3, column 1: there is no limit beacon.lo; did you mean low?\n";
    for words in [&["logs"][..], &["compare", "logs", "logs"]] {
        let run = bench.run(words);
        assert_eq!((run.code(), run.out().as_str(), run.talk().as_str()), (2, "", told));
    }
    let run = bench.run(&["logs", "--no-config"]);
    assert_eq!((run.code(), run.talk().as_str()), (0, ""));
    // Nothing of it concerns a state.
    assert_eq!(bench.run(&["partial", "logs", "-o", "a.flowstate"]).code(), 0);
    let output =
        bench.command(&["logs", "--no-config"]).env("FLOWLOG_INTERNAL", "10.0.0.0/40").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: FLOWLOG_INTERNAL: "));
}

#[test]
fn every_layer_counts_and_files_that_were_found_are_named() {
    let behaviours = vec![Behaviour::VerticalScan];
    let volume = Volume::Tuples(20_000);
    let scenario = Scenario { seed: 82, nics: 4, hours: 2, volume, behaviours, ..Scenario::default() };
    let (bench, _) = Bench::new().scenario(&scenario);
    let scans = |arguments: &[&str], person: Option<&str>| {
        let mut command = bench.command(&[&["--format", "json", "logs"], arguments].concat());
        let home = bench.folder.path().join("person");
        if let Some(text) = person {
            fs::create_dir_all(home.join("flowlog")).unwrap();
            fs::write(home.join("flowlog/flowlog.toml"), text).unwrap();
            command.env("XDG_CONFIG_HOME", &home).env("APPDATA", &home);
        }
        let output = command.output().unwrap();
        let talk = String::from_utf8(output.stderr).unwrap();
        let report: serde_json::Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{talk}"));
        let findings = report["findings"].as_array().unwrap();
        (findings.iter().filter(|finding| finding["rule"] == "vertical-scan").count(), talk)
    };
    let (all, talk) = scans(&[], None);
    assert!(all > 0 && talk.is_empty(), "{all}: {talk}");
    let (none, talk) = scans(&[], Some("[vertical_scan]\nports = 60000\n"));
    assert_eq!(none, 0);
    assert!(talk.starts_with("settings of ") && talk.ends_with("flowlog.toml\n"), "{talk}");
    // The working folder's comes over the person's.
    fs::write(bench.folder.path().join("flowlog.toml"), "[vertical_scan]\nports = 15\n").unwrap();
    let (again, talk) = scans(&[], Some("[vertical_scan]\nports = 60000\n"));
    assert_eq!((again, talk.lines().count()), (all, 2), "{talk}");
    // A file that is named comes instead of both, and nothing is said of what was asked for.
    fs::write(bench.folder.path().join("other.toml"), "[vertical_scan]\nports = 60001\n").unwrap();
    assert_eq!(scans(&["--config", "other.toml"], None), (0, String::new()));
    assert_eq!(scans(&["--no-config"], None), (all, String::new()));
}
