//! What `-V` and `--version` say beside the number.

use clap::Command;

/// The commit that the programs are built from.
const COMMIT: &str = env!("FLOWLOG_COMMIT");

/// The first digits of the commit that the program is built from; nothing where it is not recorded.
pub fn commit() -> Option<&'static str> {
    let word = COMMIT.split(' ').next()?;
    (!word.is_empty() && word.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(word)
}

/// Gives a command its long version: the number, the commit, and what else the program knows of itself.
pub(crate) fn tell(command: Command, details: &[(&str, String)]) -> Command {
    let number = command.get_version().unwrap_or_default().to_owned();
    let commit = [("commit", COMMIT.to_owned())];
    let lines =
        commit.iter().chain(details).map(|(what, told)| format!("\n{:<11}{told}", format!("{what}:")));
    let lines: String = lines.collect();
    command.long_version(number + &lines)
}

/// Makes the short option say all that the long one says. Manual pages have the number alone in their heads: not for these.
pub(crate) fn in_full(command: Command) -> Command {
    match command.get_long_version().map(str::to_owned) {
        Some(long) => command.version(long),
        None => command,
    }
}
