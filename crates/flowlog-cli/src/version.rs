//! What `--version` says beside the number, which is all that `-V` says.

use clap::Command;

/// The commit that the programs are built from.
const COMMIT: &str = env!("FLOWLOG_COMMIT");

/// Gives a command its long version: the number, the commit, and what else the program knows of itself.
pub(crate) fn tell(command: Command, details: &[(&str, String)]) -> Command {
    let number = command.get_version().unwrap_or_default().to_owned();
    let commit = [("commit", COMMIT.to_owned())];
    let lines =
        commit.iter().chain(details).map(|(what, told)| format!("\n{:<11}{told}", format!("{what}:")));
    let lines: String = lines.collect();
    command.long_version(number + &lines)
}
