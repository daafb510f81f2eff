//! The settings files, and what is said of a wrong one.

mod common;

use std::fmt::Write;
use std::fs;

use common::{Bench, Run};
use flowlog_core::finding::{Allowed, Thresholds};
use flowlog_testkit::faults;
use flowlog_testkit::scenario::{Behaviour, Scenario, Volume};

fn bench() -> Bench {
    let good = faults::named("plain").map_or_else(|| panic!("the kit has a plain file"), |fault| fault.bytes);
    Bench::new().file("a.json", good)
}

/// A run that must refuse the settings before anything is read, in one line.
fn refused(bench: &Bench, option: &str, text: &str) -> Run {
    fs::write(bench.folder.path().join("t.toml"), text).unwrap();
    let run = bench.run(&["logs", option, "t.toml"]);
    let start: String = text.chars().take(60).collect();
    assert_eq!((run.code(), run.out().as_str()), (2, ""), "{start}: {}", run.talk());
    let talk = run.talk();
    assert!(talk.starts_with("error: t.toml") && talk.lines().count() == 1, "{start}: {talk}");
    assert!(talk.chars().count() < 2_100, "{start}: {} characters", talk.chars().count());
    assert!(!talk.contains(|char: char| char.is_control() && char != '\n'), "{talk:?}");
    run
}

#[test]
fn no_limit_is_no_number_or_negative() {
    let bench = bench();
    for (section, limits) in Thresholds::sections() {
        for (key, allowed) in limits {
            for value in ["nan", "-inf", "-1", "-0.5", "\"1\""] {
                let run = refused(&bench, "--config", &format!("[{section}]\n{key} = {value}\n"));
                assert!(run.talk().contains(&format!("{section}.{key} is ")), "{}", run.talk());
                assert!(run.talk().contains(&format!("allowed is {allowed}")), "{}", run.talk());
            }
        }
    }
    let run = refused(&bench, "--config", "[slow_scan]\ntheta0 = 0.1\ntheta1 = 0.2\n");
    assert!(run.talk().contains("slow_scan.theta1 must be smaller than slow_scan.theta0"), "{}", run.talk());
}

#[test]
fn every_limit_at_its_edges_gives_a_report() {
    let volume = Volume::Tuples(20_000);
    let behaviours = vec![Behaviour::VerticalScan, Behaviour::Beacon, Behaviour::SynFlood];
    let scenario = Scenario { seed: 81, nics: 6, hours: 3, volume, behaviours, ..Scenario::default() };
    let (bench, _) = Bench::new().scenario(&scenario);
    let edges = |allowed: Allowed| match allowed {
        Allowed::Count => ("1", "9223372036854775807"),
        Allowed::Seconds => ("1", "31622400"),
        Allowed::Number => ("0", "1e308"),
        Allowed::Share => ("0", "1"),
        Allowed::Chance => ("0.001", "0.999"),
    };
    for high in [false, true] {
        let mut text = String::new();
        for (section, limits) in Thresholds::sections() {
            writeln!(text, "[{section}]").unwrap();
            for (key, allowed) in limits {
                let (low, top) = edges(allowed);
                // Those two must stay below their fellows.
                let value = match key {
                    "theta1" | "false_alarm" => "0.0001",
                    _ if high => top,
                    _ => low,
                };
                writeln!(text, "{key} = {value}").unwrap();
            }
        }
        fs::write(bench.folder.path().join("t.toml"), text).unwrap();
        for threads in ["1", "3"] {
            let run = bench.run(&["logs", "--config", "t.toml", "--threads", threads]);
            assert_eq!(run.code(), 0, "high: {high}: {}", run.talk());
        }
    }
}

#[test]
fn what_is_wrong_is_said_in_one_short_harmless_line() {
    let bench = bench();
    let long = "x".repeat(300_000);
    let hostile = "\u{1b}]0;owned\u{7}\u{9b}1m\u{202e}";
    for text in [
        format!("[{long}]\nx = 1"),
        format!("x = \"{long}"),
        long.clone(),
        format!("{hostile} = 1"),
        format!("\"\\u001b]0;{long}\" = 1"),
        format!("x = {}", "[".repeat(50_000)),
        format!("{}x = 1", "x.".repeat(50_000)),
        "internal = [\"\\u001b[31m\"]".to_owned(),
        format!("internal = [\"{long}\"]"),
        "internal = 7".to_owned(),
    ] {
        refused(&bench, "--config", &text);
        refused(&bench, "--config", &text);
    }
    let entry = |rule: &str, day: &str| {
        format!("[[suppress]]\nrule = \"{rule}\"\nentity = \"*\"\nreason = \"r\"\nexpires = \"{day}\"\n")
    };
    refused(&bench, "--config", &entry("\\u001b[2J", "2026-12-31"));
    refused(&bench, "--config", &entry(&long, "2026-12-31"));
    refused(&bench, "--config", &entry("*", &long));
    let run = refused(&bench, "--config", "internal = []\n\n[beacon]\nlow = 0.8 0.9\n");
    assert!(run.talk().contains("t.toml, line 4, column 7: "), "{}", run.talk());
}

#[test]
fn files_are_read_up_to_a_bound() {
    let bench = bench();
    let folder = bench.folder.path();
    let sparse =
        |name: &str, bytes: u64| fs::File::create(folder.join(name)).unwrap().set_len(bytes).unwrap();
    sparse("t.toml", (16 << 20) + 1);
    sparse("n.json", (256 << 20) + 1);
    for (option, name) in
        [("--config", "t.toml"), ("--config", "t.toml"), ("--rules", "n.json"), ("--service-tags", "n.json")]
    {
        let run = bench.run(&["logs", option, name]);
        assert_eq!(run.code(), 2, "{}", run.talk());
        assert!(run.talk().contains("it is larger than "), "{}", run.talk());
    }
}
