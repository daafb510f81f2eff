//! `cargo xtask docs`: the reference pages, written from what the programs say of themselves.
//!
//! An option or a subcommand that is added to a program needs nothing here: run the command, and the test of
//! `docs.rs` that compares the pages passes again.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::process::Command;

use anyhow::ensure;

use crate::demo;
use crate::shell::{built, root};

/// Program, page, and where the rest is told.
pub(crate) const PAGES: [(&str, &str, &str); 2] = [
    (
        "flowlog-analyze",
        "docs/cli-analyze.md",
        "[how it reads, and what its report means](analyze.md), [comparisons](compare.md), [states](state.md),\n\
         [findings](detection.md), [settings](config.md).",
    ),
    (
        "flowlog-download",
        "docs/cli-download.md",
        "[what it does, and how](download.md), [getting in](auth.md), [on a schedule](scheduling.md),\n\
         [settings](config.md).",
    ),
];

/// Builds the programs and writes their pages.
pub(crate) fn write() -> anyhow::Result<()> {
    demo::build()?;
    for (program, path, rest) in PAGES {
        fs::write(root()?.join(path), page(program, rest)?)?;
        writeln!(std::io::stdout(), "wrote {path}")?;
    }
    Ok(())
}

/// The page of a program that is built.
pub(crate) fn page(program: &str, rest: &str) -> anyhow::Result<String> {
    let mut page = format!(
        "# {program}: every option\n\n\
         <!-- Written by `cargo xtask docs` from the program's --help; do not edit. -->\n\n\
         What the program says of itself with `--help`. Beside that:\n{rest}\n"
    );
    for words in commands(program)? {
        let title = [&[program.to_owned()][..], &words].concat().join(" ");
        write!(page, "\n## {title}\n\n```text\n{}```\n", help(program, &words)?)?;
    }
    Ok(page)
}

/// The words of each command behind the program's name: none, then those of each subcommand.
pub(crate) fn commands(program: &str) -> anyhow::Result<Vec<Vec<String>>> {
    let help = help(program, &[])?;
    let list =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // What goes on stands further in.
    let names =
        list.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next());
    Ok(std::iter::once(Vec::new()).chain(names.map(|name| vec![name.to_owned()])).collect())
}

/// The help of a command, at 80 columns whatever the terminal.
pub(crate) fn help(program: &str, words: &[String]) -> anyhow::Result<String> {
    let output =
        Command::new(built("debug", program)?).args(words).arg("--help").env("COLUMNS", "80").output()?;
    ensure!(output.status.success(), "{program} {words:?} --help: {}", output.status);
    let text = String::from_utf8(output.stdout)?;
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    Ok(lines.join("\n") + "\n")
}
