//! What is made of a command's definition for other programs: completions and manual pages.

use std::path::Path;
use std::{fs, io};

use clap::Command;
pub use clap_complete::Shell;

/// The script that makes a shell complete the words of a command.
pub(crate) fn completions(mut command: Command, shell: Shell) -> Vec<u8> {
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    script
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
