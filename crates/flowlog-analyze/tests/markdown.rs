//! `--output x.md`: what the text says, as tables that GitHub shows, with nothing of a log as markup.

mod common;

use std::fs;

use common::Bench;
use flowlog_testkit::scenario::{Scenario, Volume};

const HOSTILE: [&str; 6] = [
    "UserRule_a|b`c`",
    "UserRule_<img src=x onerror=alert(1)>",
    "UserRule_[x](https://evil.example)",
    "UserRule_*b* _i_ ~~s~~ $m$",
    "UserRule_@team #1 :smile: www.evil.example a@evil.example",
    "UserRule_- | --- | --- | &lt;",
];

/// A record whose rules have names that would be markup.
fn hostile() -> String {
    let group = |(place, rule): (usize, &&str)| {
        let port = 1000 + place;
        let tuples: Vec<String> = (0..20)
            .map(|n| format!(r#""176846400{n:02}00,203.0.113.9,10.10.2.5,4000{n},{port},6,I,D,NX,0,0,0,0""#))
            .collect();
        format!(r#"{{"rule":{},"flowTuples":[{}]}}"#, serde_json::to_string(rule).unwrap(), tuples.join(","))
    };
    let groups: Vec<String> = HOSTILE.iter().enumerate().map(group).collect();
    format!(
        r#"{{"records":[{{"time":"2026-01-15T08:00:00Z","macAddress":"000D3A0000FF","flowRecords":{{"flows":[{{"aclID":"/x/networkSecurityGroups/<b>nsg</b>|`","flowGroups":[{}]}}]}}}}]}}"#,
        groups.join(",")
    )
}

fn markdown(bench: &Bench, arguments: &[&str]) -> String {
    let run = bench.run(&[&["logs", "--output", "r.md", "--overwrite"], arguments].concat());
    assert_eq!(run.code(), 0, "{}", run.talk());
    fs::read_to_string(bench.folder.path().join("r.md")).unwrap()
}

/// What is left of a line when its code and its own marks are taken away.
fn bare(line: &str) -> String {
    let outside: String = line.split('`').step_by(2).collect();
    let outside = outside.strip_prefix("- ").unwrap_or(&outside).trim_start_matches('#').to_owned();
    outside.replace("**", "").replace("|--:", "").replace("|---", "").replace('|', "")
}

#[test]
fn nothing_of_a_log_is_markup() {
    let bench = Bench::new().file("a.json", hostile());
    for view in [&["--full", "--show-graphs"][..], &["--top", "3"], &["--section", "rules,denied"]] {
        let text = markdown(&bench, view);
        assert!(text.contains("`<img`") || text.contains("`[x](https://evil.example)`"), "{text}");
        let mut columns = None;
        for line in text.lines() {
            assert_eq!(line.matches('`').count() % 2, 0, "{line}");
            let bare = bare(line);
            let marks = ['*', '_', '<', '>', '[', ']', '~', '&', '@', '#', '$', '\\'];
            assert!(!bare.contains(marks) && !bare.contains("www.") && !bare.contains("://"), "{line}");
            // Every row of a table has as many cells as its head.
            let cells = line.starts_with('|').then(|| line.matches('|').count());
            assert!(cells.is_none() || columns.is_none() || cells == columns, "{line}");
            columns = cells;
        }
    }
}

#[test]
fn it_says_what_the_text_says() {
    let volume = Volume::Tuples(3_000);
    let scenario = Scenario { seed: 71, nics: 3, hours: 2, volume, ..Scenario::default() };
    let bench = Bench::new().scenario(&scenario).0;
    let text = markdown(&bench, &["--full"]);
    let printed = bench.run(&["logs", "--full"]).out();
    // Every number and address of the tables, and every heading.
    let words = |text: &str| {
        let plain = text.replace(['`', '|', '*', '#'], " ");
        plain.split_whitespace().map(str::to_lowercase).collect::<std::collections::BTreeSet<_>>()
    };
    let (told, all) = (words(&text), words(&printed));
    let missing: Vec<&String> = all
        .iter()
        .filter(|word| word.contains(|c: char| c.is_ascii_digit()) && !told.contains(*word))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(text.starts_with("## Flow log report\n") && text.contains("\n### Rules\n"), "{text}");
    assert!(!text.contains("\n\n\n") && !text.contains('\u{1b}'));
    let short = markdown(&bench, &[]);
    assert!(short.lines().count() < text.lines().count() && short.contains("| Most bytes | Destination |"));
}
