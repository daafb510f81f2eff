//! Every test, the ones against a real storage service included.

use std::process::Command;

use anyhow::bail;

use crate::shell::cargo;

/// Checks that what the tests install for themselves can be installed, then runs them.
pub(crate) fn run() -> anyhow::Result<()> {
    for (program, what_for) in
        [("node", "Azurite, the storage service of the tests"), ("npm", "installing Azurite")]
    {
        // On Windows npm is a batch file, which only its full name starts.
        let file = if cfg!(windows) && program == "npm" { "npm.cmd" } else { program };
        if !Command::new(file).arg("--version").output().is_ok_and(|output| output.status.success()) {
            bail!("{program} is needed for {what_for}; install Node.js 18 or newer, then run this again");
        }
    }
    cargo(&["test", "--workspace", "--locked"])
}
