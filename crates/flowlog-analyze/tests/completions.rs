//! What real shells offer with the scripts of `completions`.
//!
//! bash is on every machine that these tests run on; `cargo xtask test` installs zsh and fish where apt can.
#![cfg(unix)]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::process::{Command, Output};

use common::Bench;

/// Those that read logs or states, and have options.
const COMMANDS: [&str; 6] = ["flows", "host", "top", "compare", "partial", "merge"];

const BASH: &str = r#"source ./bash; COMP_WORDS=(flowlog-analyze "$@"); COMP_CWORD=$#
_flowlog__analyze flowlog-analyze "${COMP_WORDS[$#]}" "${COMP_WORDS[$# - 1]}"
printf '%s\n' "${COMPREPLY[@]}""#;

/// Presses the tab key in a shell that runs in a pseudo-terminal.
const ZSH: &str = r#"zmodload zsh/zpty
export ZDOTDIR=$PWD TERM=dumb
zpty shell zsh -i
zpty -r -m shell all '*ready*'
zpty -w -n shell "flowlog-analyze $*"$'\t'
zpty -r -m shell all '*offered:end*'
print -r -- $all
"#;

/// What that shell reads first: it prints what is offered, and ends.
const ZSHRC: &str = r#"fpath=($ZDOTDIR $fpath)
autoload -Uz compinit
compinit -u -d $ZDOTDIR/.zcompdump
compadd() {
    if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
        builtin compadd "$@"
        return
    fi
    local -a hits
    builtin compadd -A hits "$@"
    (( $#hits )) && print -rl -- "offered:"$^hits
}
leave() { print -r -- offered:end; exit }
bindkey '^I' complete-word
comppostfuncs=(leave)
print ready
"#;

const FISH: &str = r#"source ./fish; complete -C "flowlog-analyze $argv"; true"#;

/// A folder with the shells' scripts.
fn bench() -> Bench {
    let bench = Bench::new();
    let files = [("bash", "bash"), ("zsh", "_flowlog-analyze"), ("fish", "fish")];
    for (shell, file) in files {
        fs::write(bench.folder.path().join(file), bench.run(&["completions", shell]).out()).unwrap();
    }
    fs::write(bench.folder.path().join(".zshrc"), ZSHRC).unwrap();
    bench
}

/// A shell, and what it offers behind words of which the last one is unfinished; nothing if there is no such shell here.
type Offered = fn(&Bench, &[&str]) -> Option<BTreeSet<String>>;

fn shell(bench: &Bench, program: &str, before: &[&str], words: &[&str]) -> Option<Output> {
    let mut shell = Command::new(program);
    shell.current_dir(bench.folder.path()).env("HOME", bench.folder.path()).args(before).args(words);
    let output = match shell.output() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && program != "bash" => {
            // Not by a macro, whose output is shown of failed tests alone.
            std::io::stderr().write_all(format!("SKIPPED: {program} is not installed\n").as_bytes()).unwrap();
            return None;
        }
        output => output.unwrap(),
    };
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    Some(output)
}

fn in_bash(bench: &Bench, words: &[&str]) -> Option<BTreeSet<String>> {
    let output = shell(bench, "bash", &["--norc", "-c", BASH, "bash"], words)?;
    Some(String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect())
}

fn in_zsh(bench: &Bench, words: &[&str]) -> Option<BTreeSet<String>> {
    let output = shell(bench, "zsh", &["-f", "-c", ZSH, "zsh"], words)?;
    let text = String::from_utf8_lossy(&output.stdout).replace('\r', "");
    let offered = text.lines().filter_map(|line| line.split_once("offered:").map(|(_, word)| word));
    Some(offered.filter(|word| *word != "end").map(str::to_owned).collect())
}

fn in_fish(bench: &Bench, words: &[&str]) -> Option<BTreeSet<String>> {
    let output = shell(bench, "fish", &["--no-config", "-c", FISH, "--"], words)?;
    let text = String::from_utf8(output.stdout).unwrap();
    Some(text.lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect())
}

/// The long options that a help defines; what is said of them stands further in, and may begin with an option, too.
fn options(help: &str) -> BTreeSet<String> {
    let lines = help.lines().filter(|line| !line.starts_with("        "));
    let lines = lines.map(str::trim_start).filter(|line| line.starts_with('-'));
    let long = lines.filter_map(|line| line.split_once("--")?.1.split([' ', '[', '=', ',']).next());
    long.map(|long| format!("--{long}")).collect()
}

fn set(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// What every shell is to offer.
fn check(offered: Offered) {
    let bench = bench();
    if offered(&bench, &["fl"]).is_none() {
        return;
    }
    let offered = |words: &[&str]| offered(&bench, words).unwrap();
    assert_eq!(offered(&["fl"]), set(&["flows"]));
    assert_eq!(offered(&["--sort", "b"]), set(&["bytes"]));
    for command in COMMANDS {
        let wanted = options(&bench.run(&[command, "--help"]).out());
        // Behind what the command needs first, too.
        for words in [&[command, "--"][..], &[command, "10.0.0.4", "--"]] {
            assert_eq!(offered(words), wanted, "{words:?}");
        }
    }
    assert_eq!(offered(&["--"]), options(&bench.run(&["--help"]).out()));
    assert_eq!(offered(&["host", "10.0.0.4", "--format", "j"]), set(&["json"]));
    fs::write(bench.folder.path().join("logs.json"), "").unwrap();
    for words in [&["log"][..], &["flows", "log"], &["flows", "x", "log"], &["x", "log"]] {
        let files = offered(words);
        // bash looks for files itself where a script offers none.
        assert!(files.contains("logs.json") || files.iter().all(String::is_empty), "{words:?}: {files:?}");
    }
}

#[test]
fn bash_offers_the_options_of_the_very_command() {
    check(in_bash);
}

#[test]
fn zsh_offers_the_options_of_the_very_command() {
    check(in_zsh);
}

#[test]
fn fish_offers_the_options_of_the_very_command_and_the_values_of_one_without() {
    check(in_fish);
    let bench = bench();
    if let Some(offered) = in_fish(&bench, &["--sort", ""]) {
        assert_eq!(offered, set(&["bytes", "connections", "tuples"]));
    }
}
