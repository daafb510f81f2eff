//! docs/cookbook.md: every command is run over the samples and prints what the page says.
//!
//! With `UPDATE_COOKBOOK=1` the page gets what is printed.

mod common;

use std::fs;

use assert_cmd::Command;
use common::project;

const PAGE: &str = "docs/cookbook.md";
const FENCE: &str = "```console\n";

/// What a command of the page prints, run in the project's folder.
fn printed(command: &str) -> String {
    let words = shell_words(command);
    let mut run = Command::cargo_bin(&words[0]).unwrap();
    for (variable, value) in [("COLUMNS", "96"), ("LANG", "C.UTF-8"), ("FLOWLOG_CONFIG", "")] {
        run.env(variable, value);
    }
    for variable in ["NO_COLOR", "LC_ALL", "LC_CTYPE", "FLOWLOG_CONFIG"] {
        run.env_remove(variable);
    }
    let nowhere = tempfile::tempdir().unwrap();
    run.env("XDG_CONFIG_HOME", nowhere.path()).env("HOME", nowhere.path());
    let output = run.current_dir(project()).args(&words[1..]).output().unwrap();
    // The samples hold a file that is cut off: 3.
    assert!(matches!(output.status.code(), Some(0 | 3)), "{command}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Words as a shell parts them, with single quotes alone.
fn shell_words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for char in command.chars() {
        match char {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(std::mem::take(&mut word)),
            char => word.push(char),
        }
    }
    words.push(word);
    words
}

#[test]
fn every_command_prints_what_the_page_says() {
    let path = project().join(PAGE);
    let page = fs::read_to_string(&path).unwrap();
    let mut parts = page.split(FENCE);
    let mut told = parts.next().unwrap().to_owned();
    let mut commands = 0;
    for part in parts {
        let (block, rest) = part.split_once("```").unwrap();
        let command = block.lines().next().unwrap().strip_prefix("$ ").unwrap();
        let lines: Vec<String> = printed(command).lines().map(|line| line.trim_end().to_owned()).collect();
        told += FENCE;
        for line in std::iter::once(&format!("$ {command}")).chain(&lines) {
            told += line;
            told.push('\n');
        }
        told += "```";
        told += rest;
        commands += 1;
    }
    assert!(commands >= 20, "{commands}");
    if std::env::var_os("UPDATE_COOKBOOK").is_some() {
        fs::write(&path, &told).unwrap();
    }
    for (line, (is, says)) in told.lines().zip(page.lines()).enumerate() {
        assert_eq!(is, says, "{PAGE}:{}", line + 1);
    }
    assert!(told == page, "{PAGE} is longer or shorter than what is printed");
}
