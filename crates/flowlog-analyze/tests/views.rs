//! How much of the report is printed: the short one, one screen, sections, everything.

mod common;

use common::{Bench, project};
use flowlog_testkit::scenario::{Behaviour, Scenario, Volume};

fn samples() -> String {
    project().join("samples/container").to_str().unwrap().to_owned()
}

fn out(bench: &Bench, columns: &str, arguments: &[&str]) -> String {
    let output = bench.command(arguments).env("COLUMNS", columns).output().unwrap();
    assert!([0, 3].contains(&output.status.code().unwrap()), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn of_the_samples() {
    insta::assert_snapshot!(out(&Bench::new(), "80", &[&samples(), "--quiet"]));
}

#[test]
fn of_the_samples_on_one_screen() {
    insta::assert_snapshot!(out(&Bench::new(), "80", &[&samples(), "--quiet", "--brief"]));
}

#[test]
fn whatever_happens_in_a_network_it_keeps_to_its_lines() {
    let volume = Volume::Tuples(40_000);
    let behaviours = Behaviour::ALL.repeat(2);
    let busy = Scenario { seed: 91, nics: 12, hours: 5, volume, behaviours, ..Scenario::default() };
    let (bench, _) = Bench::new().scenario(&busy);
    for columns in ["80", "120", "160"] {
        for (view, lines) in [(&[][..], 60), (&["--brief"][..], 23), (&["--no-findings"][..], 60)] {
            let text = out(&bench, columns, &[&["logs", "--quiet"], view].concat());
            assert!(text.lines().count() <= lines, "{view:?}\n{text}");
            assert!(text.lines().all(|line| line.chars().count() <= columns.parse().unwrap()), "{text}");
        }
    }
    let text = out(&bench, "80", &["logs"]);
    // Those who do the same to the same host stand in one line.
    assert!(text.contains(" guess SSH passwords"), "{text}");
    assert!(text.lines().last().unwrap().starts_with("Next: --section findings"), "{text}");
}

#[test]
fn sections_are_those_of_the_whole_report_in_the_order_asked_for() {
    let (bench, samples) = (Bench::new(), samples());
    let whole = out(&bench, "80", &[&samples, "--full"]);
    let two = out(&bench, "80", &[&samples, "--section", "rules,denied", "--section", "rules"]);
    let (rules, denied) = two.split_once("\n\nDenied: ").unwrap();
    assert!(rules.starts_with("Rules: ") && whole.contains(rules), "{two}");
    assert!(whole.contains(&format!("Denied: {}", denied.trim_end())), "{denied}");
    for (name, told) in [
        ("findings", "FINDINGS "),
        ("configured", "configured\n  no rules as configured (--rules FILE)\n"),
        ("addresses", "addresses\n  none asked for (--specific-ips)\n"),
        ("charts", "Tuples by flow state\n"),
    ] {
        let text = out(&bench, "80", &[&samples, "--section", name]);
        assert!(text.starts_with(told), "{name}: {text}");
    }
    let none = out(&bench, "80", &[&samples, "--section", "findings", "--no-findings"]);
    assert_eq!(none, "findings\n  not looked for (--no-findings)\n");
}

#[test]
fn every_section_that_is_named_can_be_asked_for() {
    let (bench, samples) = (Bench::new(), samples());
    let text = out(&bench, "80", &[&samples]);
    let index = text.split("Sections: ").nth(1).unwrap().split("\n\n").next().unwrap();
    let words: Vec<&str> = index.lines().skip(1).flat_map(str::split_whitespace).collect();
    let names: Vec<&&str> =
        words.iter().filter(|word| word.chars().all(|c| c.is_ascii_lowercase() || c == '-')).collect();
    assert!(names.len() > 20, "{index}");
    for name in names {
        assert!(!out(&bench, "80", &[&samples, "--section", name]).is_empty(), "{name}");
    }
}

#[test]
fn slips_are_told_with_what_was_meant() {
    let bench = Bench::new();
    let slip = bench.run(&["logs", "--section", "denied,rulse"]);
    assert_eq!((slip.code(), slip.out().as_str()), (2, ""));
    assert!(slip.talk().contains("rulse") && slip.talk().contains("'rules'"), "{}", slip.talk());
    for two in [["--full", "--brief"], ["--full", "--section=rules"], ["--brief", "--section=rules"]] {
        assert_eq!(bench.run(&[&["logs"][..], &two].concat()).code(), 2, "{two:?}");
    }
}

#[test]
fn a_merge_takes_the_same() {
    let (bench, samples) = (Bench::new(), samples());
    assert_eq!(bench.run(&["partial", &samples, "-o", "s.flowstate", "-q"]).code(), 3);
    for view in [&[][..], &["--brief"], &["--full"], &["--section", "rules,denied"]] {
        let merged = out(&bench, "80", &[&["merge", "s.flowstate"], view].concat());
        assert_eq!(merged, out(&bench, "80", &[&[samples.as_str()], view].concat()), "{view:?}");
    }
}
