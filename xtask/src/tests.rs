//! Every test, the ones against a real storage service included.

use std::io::Write as _;
use std::process::Command;

use anyhow::bail;

use crate::shell::{cargo, run as start};
use crate::spark;

/// Checks that what the tests install for themselves can be installed, then runs them.
pub(crate) fn run() -> anyhow::Result<()> {
    for (program, what_for) in
        [("node", "Azurite, the storage service of the tests"), ("npm", "installing Azurite")]
    {
        // On Windows npm is a batch file, which only its full name starts.
        let file = if cfg!(windows) && program == "npm" { "npm.cmd" } else { program };
        if !starts(file) {
            bail!("{program} is needed for {what_for}; install Node.js 18 or newer, then run this again");
        }
    }
    let is_missing = |shell: &&str| !starts(shell) && !installed(shell);
    let missing: Vec<&str> = ["zsh", "fish"].into_iter().filter(is_missing).collect();
    let talk = &mut std::io::stderr();
    let sail = spark::install_sail(talk);
    let mut tested = cargo(&["test", "--workspace", "--locked"]);
    if let (Ok(()), Ok(python)) = (&tested, &sail) {
        tested = spark::check_on_sail(python, talk);
    }
    // Behind everything else, where it is read.
    for shell in missing {
        writeln!(
            talk,
            "NOT RUN: completions in {shell}, which is not installed and cannot be installed with apt"
        )?;
    }
    if let Err(reason) = sail {
        writeln!(talk, "NOT RUN: the job of spark/ on Sail, which cannot be installed with pip: {reason:#}")?;
    }
    tested
}

fn starts(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

/// Installs a package with apt, where there is one and no password is asked for.
fn installed(package: &str) -> bool {
    let install = ["apt-get", "install", "--yes", "--no-install-recommends", package];
    start(Command::new(install[0]).args(&install[1..])).is_ok()
        || start(Command::new("sudo").arg("--non-interactive").args(install)).is_ok()
}
