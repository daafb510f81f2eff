//! What a run leaves for standard output and the exit code, whatever it was asked to do.

use std::io::{self, Write};

use serde_json::Value;

use crate::{
    cli::Format,
    doctor::Diagnosis,
    summary::{Summary, amount_of},
    verify::Verified,
};

/// The result of one run.
#[derive(Debug)]
pub enum Outcome {
    /// Blobs were brought.
    Download(Summary),
    /// The tree was checked.
    Verify(Verified),
    /// The way to the container was checked.
    Doctor(Diagnosis),
}

impl Outcome {
    /// The process exit code.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Download(summary) => summary.exit_code(),
            Self::Verify(verified) => verified.exit_code(),
            Self::Doctor(diagnosis) => diagnosis.exit_code(),
        }
    }

    /// Why the exit code is 3, in one sentence; nothing with any other.
    pub fn why_partial(&self) -> Option<String> {
        let (failed, archived, what) = match self {
            _ if self.exit_code() != 3 => return None,
            Self::Download(summary) => {
                (summary.failed.len(), summary.archived, "failed; run again to fetch the rest")
            }
            Self::Verify(verified) => (verified.findings.len(), verified.archived, "differ from the source"),
            Self::Doctor(_) => return None,
        };
        Some(if failed > 0 {
            format!("exit code 3: {} {what}", amount_of(failed as u64))
        } else {
            format!("exit code 3: {} left in the archive tier, and --strict is given", amount_of(archived))
        })
    }

    /// Writes the result.
    pub fn write(&self, format: Format, out: &mut dyn Write) -> io::Result<()> {
        match (format, self) {
            (Format::Text, Self::Download(summary)) => summary.write(out),
            (Format::Text, Self::Verify(verified)) => verified.write(out),
            (Format::Text, Self::Doctor(diagnosis)) => diagnosis.write(out),
            (Format::Json, Self::Download(summary)) => write_json(&summary.to_json(), out),
            (Format::Json, Self::Verify(verified)) => write_json(&verified.to_json(), out),
            (Format::Json, Self::Doctor(diagnosis)) => write_json(&diagnosis.to_json(), out),
        }
    }
}

/// Writes one JSON object and a line end.
pub fn write_json(value: &Value, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)
}
