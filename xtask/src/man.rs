//! `cargo xtask man`: the manual pages of both programs.

use std::io::Write as _;
use std::process::Command;

use crate::demo;
use crate::shell::{built, run, target};

/// Builds both programs, which write their pages to `target/man`.
pub(crate) fn write() -> anyhow::Result<()> {
    demo::build()?;
    let folder = target()?.join("man");
    run(Command::new(built("debug", "flowlog-analyze")?).arg("man").arg(&folder))?;
    run(Command::new(built("debug", "flowlog-download")?).arg("--man").arg(&folder))?;
    writeln!(std::io::stdout(), "wrote the manual pages to {}: man {0}/flowlog-analyze.1", folder.display())?;
    Ok(())
}
