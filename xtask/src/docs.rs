//! Every page of the documentation held against what the programs say of themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use clap::CommandFactory as _;

use crate::reference::{self, PAGES};
use crate::schema;
use crate::shell::root;
use crate::{Cli, demo};

/// Options of other programs that the pages name. Each is here because a page tells to type it.
const FOREIGN: [(&str, &[&str]); 8] = [
    (
        "az",
        &[
            "--account-name",
            "--assignee",
            "--cron-expression",
            "--env-vars",
            "--environment",
            "--image",
            "--location",
            "--mi-user-assigned",
            "--name",
            "--namespace",
            "--output",
            "--query",
            "--replica-retry-limit",
            "--replica-timeout",
            "--resource-group",
            "--retention",
            "--role",
            "--scope",
            "--service-principal",
            "--tenant",
            "--trigger-type",
            "--vnet",
            "--yaml",
        ],
    ),
    ("cargo", &["--bench", "--locked", "--package", "--path", "--release"]),
    ("rclone", &["--fast-list", "--transfers"]),
    ("az storage blob download-batch", &["--max-connections"]),
    ("useradd, systemctl, apt-get", &["--home-dir", "--no-install-recommends", "--now", "--system"]),
    ("spark-submit, sail", &["--conf", "--deploy-mode", "--master", "--port"]),
    ("spark/flowlog_report.py", &["--binary", "--part-size", "--remote"]),
    ("a form of words in docs/scripts.md", &["--like-this"]),
];

/// A program's own words: its options, and its exit codes with their meaning.
#[derive(Default)]
struct Help {
    options: BTreeSet<String>,
    codes: BTreeMap<u32, String>,
}

/// The programs a person calls, by the words of the command.
fn programs() -> BTreeMap<String, Help> {
    demo::build().unwrap();
    let mut found = BTreeMap::new();
    for (program, _, _) in PAGES {
        for words in reference::commands(program).unwrap() {
            let name = [&[program.to_owned()][..], &words].concat().join(" ");
            found.insert(name, help(&reference::help(program, &words).unwrap()));
        }
    }
    assert!(found.len() > 6, "{:?}", found.keys());
    found
}

fn help(text: &str) -> Help {
    let mut found = Help::default();
    // Where an option is defined its line begins with it.
    for line in text.lines().map(str::trim_start).filter(|line| line.starts_with('-')) {
        found.options.extend(options(line.split("  ").next().unwrap_or_default()));
    }
    let codes = text.lines().skip_while(|line| *line != "Exit codes:").skip(1);
    for line in codes.take_while(|line| !line.is_empty()).map(str::trim) {
        // `130  interrupted; 143: terminated` tells of two.
        for part in line.split("; ") {
            let (first, rest) = part.split_once([' ', ':']).unwrap_or((part, ""));
            match first.parse() {
                Ok(code) => drop(found.codes.insert(code, rest.trim_start_matches(':').trim().to_owned())),
                Err(_) => found.codes.last_entry().unwrap().get_mut().extend(["; ", part]),
            }
        }
    }
    assert!(!found.options.is_empty() && (found.codes.is_empty() || found.codes.len() > 3), "{text}");
    found
}

/// The `--options` of a text.
fn options(text: &str) -> Vec<String> {
    let starts = text.match_indices("--").map(|(at, _)| at);
    let alone = |at: &usize| !text[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '-');
    let name = |at: usize| {
        let rest = &text[at + 2..];
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(rest.len());
        format!("--{}", rest[..end].trim_end_matches('-'))
    };
    let letter = |name: &String| name[2..].starts_with(|c: char| c.is_ascii_alphabetic());
    starts.filter(alone).map(name).filter(letter).collect()
}

/// README.md, README.es.md and the pages in docs/, by their paths.
fn pages() -> BTreeMap<String, String> {
    let root = root().unwrap();
    let docs = fs::read_dir(root.join("docs")).unwrap();
    let docs = docs.map(|entry| format!("docs/{}", entry.unwrap().file_name().into_string().unwrap()));
    let names = docs
        .filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "md"))
        .chain(["README.md".into(), "README.es.md".into()]);
    names.map(|name| (name.clone(), fs::read_to_string(root.join(name)).unwrap())).collect()
}

/// Lines of code blocks and spans of code within a line.
fn code(page: &str) -> Vec<&str> {
    let mut fenced = false;
    let mut found = Vec::new();
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if fenced || line.starts_with("    ") {
            found.push(line);
        } else {
            found.extend(line.split('`').skip(1).step_by(2));
        }
    }
    found
}

/// The cells of a table's rows.
fn cells(line: &str) -> Vec<String> {
    // A bar within code is written as `\|`.
    let line = line.replace("\\|", "\u{0}");
    let inner = line.trim().trim_start_matches('|').trim_end_matches('|');
    inner.split('|').map(|cell| cell.trim().replace('\u{0}', "|")).collect()
}

/// The tables of exit codes of a page: each column's heading, and what it says of each code.
fn code_tables(page: &str) -> Vec<BTreeMap<String, BTreeMap<u32, String>>> {
    let lines: Vec<&str> = page.lines().collect();
    let is_heading = |line: &str| {
        line.starts_with('|') && matches!(cells(line)[0].as_str(), "code" | "exit code" | "código")
    };
    let starts = lines.iter().enumerate().filter(|(_, line)| is_heading(line));
    let table = |(at, heading): (usize, &&str)| {
        let mut columns: BTreeMap<String, BTreeMap<u32, String>> = BTreeMap::new();
        for row in lines[at + 2..].iter().take_while(|line| line.starts_with('|')).map(|line| cells(line)) {
            let code: u32 = row[0].parse().unwrap_or_else(|_| panic!("no exit code: {row:?}"));
            for (heading, cell) in cells(heading).into_iter().zip(&row).skip(1) {
                let column = columns.entry(heading).or_default();
                if !cell.is_empty() {
                    assert_eq!(column.insert(code, cell.clone()), None, "{code} stands twice");
                }
            }
        }
        columns
    };
    starts.map(table).collect()
}

#[test]
fn every_option_of_the_pages_exists() {
    let programs = programs();
    let own = |command: clap::Command| {
        let all: Vec<_> = command.get_subcommands().flat_map(|sub| sub.get_arguments().cloned()).collect();
        all.into_iter().filter_map(|argument| argument.get_long().map(|long| format!("--{long}")))
    };
    let mut known: BTreeSet<String> = own(Cli::command()).collect();
    known.extend(FOREIGN.iter().flat_map(|(_, options)| options.iter().map(|&option| option.to_owned())));
    known.extend(["--help", "--version"].map(str::to_owned));
    let mut named = BTreeSet::new();
    for (name, page) in pages() {
        for option in options(&page) {
            let there =
                known.contains(&option) || programs.values().any(|help| help.options.contains(&option));
            assert!(there, "{name} names {option}, which no program has");
            named.insert(option);
        }
        // In a command, the options are those of its program. cargo takes the names as packages, and a line
        // that begins with an option goes on with another program's command.
        let other = |code: &&str| code.contains("cargo ") || code.trim_start().starts_with("--");
        for code in code(&page).into_iter().filter(|code| !other(code)) {
            for (program, help) in &programs {
                let Some((_, arguments)) = code.split_once(&format!("{program} ")) else { continue };
                let command = arguments.split(' ').next().unwrap_or_default();
                if programs.contains_key(format!("{program} {command}").as_str()) {
                    continue;
                }
                let end = arguments.find(['|', ';', '>', '#']).unwrap_or(arguments.len());
                for option in options(&arguments[..end]) {
                    assert!(help.options.contains(&option), "{name}: {program} has no {option}: {code}");
                }
            }
        }
    }
    for (program, list) in FOREIGN {
        for option in list {
            assert!(named.contains(*option), "no page names {option} of {program} any more");
        }
    }
}

#[test]
fn the_reference_pages_are_what_the_programs_say() {
    demo::build().unwrap();
    for (program, path, rest) in PAGES {
        let page = fs::read_to_string(root().unwrap().join(path)).unwrap().replace("\r\n", "\n");
        let told = reference::page(program, rest).unwrap();
        let differ = page.lines().zip(told.lines()).find(|(page, told)| page != told);
        assert!(page == told, "{path} is not what {program} says; run cargo xtask docs. First: {differ:?}");
    }
}

#[test]
fn schemas_are_what_their_pages_say() {
    for kind in &schema::KINDS {
        let kept = fs::read_to_string(root().unwrap().join(kind.schema)).unwrap().replace("\r\n", "\n");
        assert!(
            kept == schema::schema(kind).unwrap(),
            "{} is not what its page says; run cargo xtask docs",
            kind.schema
        );
    }
}

#[test]
fn exit_codes_are_what_the_programs_say() {
    let programs = programs();
    let all: BTreeSet<u32> = programs.values().flat_map(|help| help.codes.keys().copied()).collect();
    let mut tables = 0;
    for (name, page) in pages() {
        for columns in code_tables(&page) {
            for (heading, told) in columns {
                let program = match (heading.as_str(), name.as_str()) {
                    ("flowlog-download" | "flowlog-analyze", _) => heading.as_str(),
                    ("meaning", "docs/download.md" | "docs/scheduling.md") => "flowlog-download",
                    ("meaning", "docs/analyze.md") => "flowlog-analyze",
                    ("meaning", "docs/compare.md") => "flowlog-analyze compare",
                    _ => continue,
                };
                tables += 1;
                let codes = &programs[program].codes;
                let both: [Vec<u32>; 2] = [told.keys().copied().collect(), codes.keys().copied().collect()];
                assert_eq!(both[0], both[1], "{name}: codes of {program} in the page and in --help");
                for (code, meaning) in codes.iter().filter(|_| name != "README.es.md") {
                    let gist = meaning.split([':', ';', ',', '.', '(']).next().unwrap_or_default().trim();
                    let cell = &told[code];
                    assert!(
                        cell.contains(gist),
                        "{name}: {program} says of {code} '{gist}', the page '{cell}'"
                    );
                }
            }
        }
        // Whatever else names a code names one that there is.
        let lower = page.to_lowercase();
        for words in ["exit code ", "(exit ", "código de salida "] {
            for (at, _) in lower.match_indices(words) {
                let digits: String =
                    lower[at + words.len()..].chars().take_while(char::is_ascii_digit).collect();
                let known = digits.is_empty() || all.contains(&digits.parse().unwrap());
                assert!(known, "{name}: no program ends with {digits}");
            }
        }
    }
    assert!(tables >= 8, "{tables} columns of exit codes found");
}

#[test]
fn the_reading_of_pages_finds_what_is_there() {
    assert_eq!(options("a --b-c, `--d=e` ---f x--g -- --1 (--h)"), ["--b-c", "--d", "--h"]);
    assert_eq!(code("x `a b` y `c`\n    d\n```\ne\n```\nf"), ["a b", "c", "    d", "e"]);
    let table = "| code | meaning |\n|---|---|\n| 0 | done |\n| 3 | a \\| b |\n\ntext";
    assert_eq!(code_tables(table)[0]["meaning"], BTreeMap::from([(0, "done".into()), (3, "a | b".into())]));
}
