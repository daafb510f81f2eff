//! What is made of a command's definition for other programs: completions and manual pages.

use std::path::Path;
use std::{fs, io};

use clap::Command;
pub use clap_complete::Shell;

/// The script that makes a shell complete the words of a command.
pub(crate) fn completions(mut command: Command, shell: Shell) -> Vec<u8> {
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name.clone(), &mut script);
    match (shell, String::from_utf8(script)) {
        (Shell::Bash, Ok(script)) => joined(&script, &name).into_bytes(),
        (_, Ok(script)) => script.into_bytes(),
        (_, Err(error)) => error.into_bytes(),
    }
}

/// The script for bash calls a program with a hyphen in its name by two names (`clap_complete` 4.6), and offers nothing behind its
/// subcommands: it gets one.
fn joined(script: &str, name: &str) -> String {
    script.replace(&name.replace('-', "__subcmd__"), &name.replace('-', "__"))
}

/// Writes the manual pages of a command and its subcommands to a folder, which is made if it is missing. Pages of
/// the same names are replaced.
///
/// # Errors
/// A folder or file that cannot be written.
pub(crate) fn manual(command: Command, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    clap_mangen::generate_to(command, folder)
}
