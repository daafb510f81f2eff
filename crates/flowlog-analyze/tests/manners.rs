//! What a person is told at a terminal: slips in the command line, and why a run does not end with 0.

mod common;

use common::{Bench, Run};
use flowlog_testkit::faults;

fn fault(name: &str) -> Vec<u8> {
    faults::named(name).map_or_else(|| panic!("the kit has {name}"), |fault| fault.bytes)
}

fn usage(run: &Run, told: &str) {
    assert_eq!((run.code(), run.out().as_str()), (2, ""), "{}", run.talk());
    assert!(run.talk().contains(told), "{}", run.talk());
    assert!(run.talk().lines().count() <= 5, "{}", run.talk());
}

#[test]
fn a_slip_is_answered_with_the_right_word() {
    let bench = Bench::new().file("a.json", fault("plain"));
    usage(
        &bench.run(&["-LogFiles", "logs"]),
        "unexpected argument '-LogFiles' found\n\n  tip: write '--log-files'",
    );
    usage(&bench.run(&["-ShowGraphs", "logs"]), "tip: write '--show-graphs'");
    usage(&bench.run(&["compare", "-ShowGraphs", "logs", "logs"]), "is an option of 'flowlog-analyze'");
    // Not `-o utputpath`.
    usage(
        &bench.run(&["partial", "logs", "-outputpath", "a.flowstate"]),
        "unexpected argument '-outputpath' found\n\n  tip: write '--output'",
    );
    usage(&bench.run(&["logs", "--top", "0"]), "give a number of rows, 1 or more");
    usage(
        &bench.run(&["comapre", "logs", "logs"]),
        "unrecognized subcommand 'comapre'\n\n  tip: there is no file of this name; the subcommand is written 'compare'",
    );
    // Colours are clap's, nothing of what was typed drives the terminal.
    for (typed, colours) in [("--red", true), ("--\u{1b}[31mred", false)] {
        let output = bench.command(&[typed]).env("CLICOLOR_FORCE", "1").output().unwrap();
        assert_eq!(output.stderr.contains(&0x1b), colours, "{}", String::from_utf8_lossy(&output.stderr));
    }
    // A file or a folder of such a name is meant itself.
    std::fs::rename(bench.logs(), bench.folder.path().join("comapre")).unwrap();
    assert_eq!(bench.run(&["comapre"]).code(), 0);
}

#[test]
fn what_is_not_0_says_why() {
    let bench = Bench::new()
        .file("a.json", fault("plain"))
        .file("b.json", fault("cut_in_tuple"))
        .file("c.json", "no");
    let run = bench.run(&["logs"]);
    let why =
        "exit code 3: 2 of 3 files could not be read whole: logs/b.json, logs/c.json; the report tells why\n";
    assert_eq!((run.code(), run.talk().as_str()), (3, why));
    let run = bench.run(&["partial", "logs", "-o", "a.flowstate"]);
    assert_eq!(run.code(), 3);
    assert!(run.talk().ends_with(why), "{}", run.talk());
    let run = bench.run(&["compare", "logs", "logs/a.json"]);
    assert_eq!((run.code(), run.talk()), (3, why.replace("2 of 3", "2 of 4")));
}

#[test]
fn findings_that_end_a_run_are_counted() {
    let samples = common::project().join("samples/container");
    let bench = Bench::new();
    let run = bench.run(&[samples.to_str().unwrap(), "--fail-on", "low"]);
    assert_eq!(run.code(), 10);
    let (report, _) = bench.json(&[samples.to_str().unwrap()]);
    let findings = report["findings"].as_array().unwrap();
    let grave = |finding: &&serde_json::Value| !matches!(finding["severity"].as_str(), Some("info"));
    let grave = findings.iter().filter(grave).count();
    assert!(grave > 1, "{grave}");
    let told = format!("exit code 10: {grave} findings are low or graver (--fail-on low)\n");
    assert_eq!(run.talk(), told);
}

/// The names below the heading of a help's list of subcommands.
fn subcommands(help: &str) -> Vec<String> {
    let list =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names =
        list.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next());
    names.map(str::to_owned).collect()
}

#[test]
fn the_short_help_fits_a_screen_and_the_long_one_its_width() {
    let bench = Bench::new();
    let help = |words: &[&str]| {
        let run = bench.run(words);
        assert_eq!((run.code(), run.talk().as_str()), (0, ""), "{words:?}");
        let wide: Vec<String> =
            run.out().lines().filter(|line| line.chars().count() > 80).map(str::to_owned).collect();
        assert!(wide.is_empty(), "{words:?}: {wide:?}");
        run.out()
    };
    let all = subcommands(&help(&["--help"]));
    assert!(all.len() > 2, "{all:?}");
    for command in std::iter::once("").chain(all.iter().map(String::as_str)) {
        let words =
            |option| [command, option].into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>();
        let (short, long) = (help(&words("-h")), help(&words("--help")));
        assert!(short.lines().count() <= 23, "{short}");
        assert!(short.contains("\nOptions:\n"), "{short}");
        if !matches!(command, "completions" | "man") {
            assert!(short.contains("(see more with '--help')"), "{short}");
            assert!(short.lines().count() < long.lines().count() / 2, "{short}");
            assert!(long.contains("\nExamples:\n") && long.contains("\nExit codes:\n"), "{long}");
        }
    }
}
