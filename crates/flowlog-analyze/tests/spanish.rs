//! What people read, in Spanish; what programs read, as ever.

mod common;

use std::fs;
use std::path::Path;

use common::{Bench, project};
use flowlog_testkit::scenario::{Behaviour, Scenario, Volume};

fn samples() -> String {
    project().join("samples/container").to_str().unwrap().to_owned()
}

fn at(bench: &Bench, env: &[(&str, &str)], arguments: &[&str]) -> String {
    let output = bench.command(arguments).env("COLUMNS", "80").envs(env.iter().copied()).output().unwrap();
    assert!([0, 3].contains(&output.status.code().unwrap()), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn spanish(bench: &Bench, arguments: &[&str]) -> String {
    at(bench, &[], &[arguments, &["--quiet", "--lang", "es"]].concat())
}

#[test]
fn the_report_of_the_samples() {
    let (bench, samples) = (Bench::new(), samples());
    insta::assert_snapshot!("short", spanish(&bench, &[&samples]));
    insta::assert_snapshot!("brief", spanish(&bench, &[&samples, "--brief"]));
    // Paths stand in it: those of the repository.
    let full = ["samples/container", "--full", "--show-graphs", "--quiet", "--lang", "es", "--no-config"];
    let output = bench.command(&full).current_dir(project()).env("COLUMNS", "80").output().unwrap();
    insta::assert_snapshot!("full", String::from_utf8(output.stdout).unwrap());
}

#[test]
fn a_host_and_flows_of_the_samples() {
    let (bench, samples) = (Bench::new(), samples());
    insta::assert_snapshot!("host", spanish(&bench, &["host", "10.10.3.7", &samples]));
    insta::assert_snapshot!("flows", spanish(&bench, &["flows", &samples, "--limit", "8"]));
    let by = ["flows", &samples, "--by", "rule,direction,class,encryption", "--limit", "8"];
    insta::assert_snapshot!("flows_by", spanish(&bench, &by));
    let none = spanish(&bench, &["flows", &samples, "--host", "203.0.113.250"]);
    assert!(none.contains("Ninguna conexión es así.\n"), "{none}");
}

/// The flow logs of each hour of the samples in a folder of its own.
fn hours(bench: &Bench) {
    fn copy(from: &Path, to: &Path, hour: &str) {
        for entry in fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if name.starts_with("h=") && name != hour {
                continue;
            }
            if path.is_dir() {
                copy(&path, &to.join(name), hour);
            } else {
                fs::create_dir_all(to).unwrap();
                fs::copy(&path, to.join(name)).unwrap();
            }
        }
    }
    for (name, hour) in [("a", "h=09"), ("b", "h=10")] {
        copy(Path::new(&samples()), &bench.folder.path().join(name), hour);
    }
}

#[test]
fn a_comparison_of_two_hours() {
    let bench = Bench::new();
    hours(&bench);
    insta::assert_snapshot!("compare", spanish(&bench, &["compare", "a", "b", "--top", "4"]));
}

#[test]
fn the_report_of_merged_states_is_the_same() {
    let (bench, samples) = (Bench::new(), samples());
    at(&bench, &[], &["partial", &samples, "-o", "state", "--quiet"]);
    let merged = spanish(&bench, &["merge", "state"]);
    assert_eq!(merged, spanish(&bench, &[&samples]));
}

#[test]
fn whatever_happens_in_a_network_it_keeps_to_its_lines() {
    let volume = Volume::Tuples(40_000);
    let behaviours = Behaviour::ALL.repeat(2);
    let busy = Scenario { seed: 91, nics: 12, hours: 5, volume, behaviours, ..Scenario::default() };
    let (bench, _) = Bench::new().scenario(&busy);
    for (view, lines) in [(&[][..], 60), (&["--brief"][..], 23), (&["--no-findings"][..], 60)] {
        let text = spanish(&bench, &[&["logs"], view].concat());
        assert!(text.lines().count() <= lines, "{view:?}\n{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }
    // Of every kind of behaviour, nothing is told in English.
    let full = spanish(&bench, &["logs", "--section", "findings", "--top", "100"]);
    for word in [" the ", " of ", " hosts ", " was ", " were ", " ports", " packets"] {
        let told = full.lines().find(|line| line.contains(word) && !line.contains("T1"));
        assert_eq!(told, None, "{word}");
    }
}

/// Lines of the English report that stand in the Spanish one, too, have no word of English but names of others.
#[test]
fn nothing_of_the_english_report_is_left() {
    let (bench, samples) = (Bench::new(), samples());
    let english = at(&bench, &[], &[&samples, "--quiet", "--full", "--show-graphs"]);
    let spanish = spanish(&bench, &[&samples, "--full", "--show-graphs"]);
    let words =
        ["the", "of", "and", "with", "no", "none", "sent", "by", "tuples", "hosts", "connections", "denied"];
    let same = english.lines().filter(|line| spanish.lines().any(|other| other == *line));
    for line in same.filter(|line| !line.contains("T1") && !line.contains("could not be read")) {
        let found = line.split_whitespace().find(|word| words.contains(word));
        assert!(found.is_none() || line.contains("file ends"), "{line}");
    }
    assert!(spanish.lines().count() >= english.lines().count());
}

#[test]
fn what_programs_read_does_not_change() {
    let (bench, samples) = (Bench::new(), samples());
    for arguments in [
        &[samples.as_str(), "--format", "json"][..],
        &[&samples, "--export-connections", "-"],
        &["flows", &samples, "--format", "csv"],
        &["flows", &samples, "--format", "ndjson"],
        &["host", "10.10.3.7", &samples, "--format", "json"],
        &["compare", &samples, &samples, "--format", "json"],
    ] {
        let arguments = &[arguments, &["--quiet"]].concat();
        assert_eq!(
            at(&bench, &[], arguments),
            at(&bench, &[("FLOWLOG_LANG", "es")], arguments),
            "{arguments:?}"
        );
    }
}

#[test]
fn settings_say_the_language_and_the_option_comes_over_them() {
    let (bench, samples) = (Bench::new(), samples());
    let arguments = &[samples.as_str(), "--quiet"];
    let begins = |env: &[(&str, &str)], arguments: &[&str]| {
        at(&bench, env, arguments).split_whitespace().next().unwrap().to_owned()
    };
    assert_eq!(begins(&[], arguments), "FLOW");
    assert_eq!(begins(&[("FLOWLOG_LANG", "es")], arguments), "INFORME");
    fs::write(bench.folder.path().join("flowlog.toml"), "lang = \"es\"\n").unwrap();
    assert_eq!(begins(&[], arguments), "INFORME");
    assert_eq!(begins(&[("FLOWLOG_LANG", "en")], arguments), "FLOW");
    assert_eq!(begins(&[], &[&samples, "--quiet", "--lang", "en"]), "FLOW");
    let slip = bench.command(arguments).env("FLOWLOG_LANG", "eo").output().unwrap();
    let talk = String::from_utf8(slip.stderr).unwrap();
    assert!(slip.status.code() == Some(2) && talk.contains("there is no language eo"), "{talk}");
}

#[test]
fn where_only_ascii_is_shown_accents_are_left_out() {
    let (bench, samples) = (Bench::new(), samples());
    for view in ["--full", "--brief"] {
        let text = spanish(&bench, &[&samples, view, "--ascii"]);
        assert!(text.is_ascii() && text.contains("conversacion") && !text.contains("\\u{f3}"), "{text}");
    }
    let file = bench.folder.path().join("informe.md");
    spanish(&bench, &[&samples, "--output", file.to_str().unwrap()]);
    let page = fs::read_to_string(file).unwrap();
    assert!(
        page.starts_with("## Informe de registros de flujo\n") && page.contains("conversación"),
        "{page}"
    );
}
