//! Writes `samples/container` anew: `cargo run -p flowlog-testkit --bin flowlog-samples`.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use flowlog_testkit::samples;

/// Write the sample container; what is in it follows from the sources alone
#[derive(Parser)]
struct Cli {
    /// Folder to write to; it must not exist yet
    #[arg(long, default_value = "samples/container", value_name = "DIR")]
    out: PathBuf,
}

fn main() -> Result<()> {
    let Cli { out } = Cli::parse();
    ensure!(!out.exists(), "{} is there already\nhint: remove it first", out.display());
    let (blobs, truth) = samples::container().collect();
    for (name, bytes) in &blobs {
        let path = out.join(name);
        fs::create_dir_all(path.parent().unwrap_or(&out))?;
        fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    }
    writeln!(io::stdout(), "{}", serde_json::to_string_pretty(&truth.shorten(5))?)?;
    Ok(())
}
