//! What a run did, for standard output and the exit code.

mod failures;

use std::{
    io::{self, Write},
    path::PathBuf,
    time::Duration,
};

use flowlog_core::blob_path::LocalName;
use indicatif::{HumanBytes, HumanCount};
use serde_json::{Value, json};

use crate::{
    error::Failure,
    listing::{Archived, PassedOver},
    next::Next,
    plan::{Job, Plan, Why},
    progress::{amount, shown},
};

/// A finished run.
#[derive(Debug, Default)]
pub struct Summary {
    /// The container's address or the source folder.
    pub source: String,
    /// `Downloaded`, `Copied` or `Moved`.
    pub verb: &'static str,
    /// Blobs listed.
    pub listed: u64,
    /// Their bytes.
    pub listed_bytes: u64,
    /// Files of the source folder that are no logs by their name.
    pub ignored: u64,
    /// Blobs left out because their names do not tell what the filter asks about.
    pub left_out: u64,
    /// What is there and was not asked for.
    pub passed: PassedOver,
    /// Requests made to list.
    pub calls: u64,
    /// Blobs that were to be looked at: all that are listed, unless a choice was made.
    pub matched: u64,
    /// Of these, never fetched before.
    pub new: u64,
    /// Changed since they were fetched.
    pub changed: u64,
    /// Unchanged, but the local file was gone or had another length.
    pub damaged: u64,
    /// Blobs fetched and in place.
    pub fetched: u64,
    /// Their bytes.
    pub fetched_bytes: u64,
    /// Blobs that grew and whose beginning was here.
    pub spliced: u64,
    /// Bytes of these beginnings, which were not transferred again.
    pub kept_bytes: u64,
    /// With `--dry-run`, what would be fetched; nothing was.
    pub planned: Option<Vec<Planned>>,
    /// Blobs whose local file was current.
    pub unchanged: u64,
    /// Blobs the user left out.
    pub skipped: u64,
    /// Names shortened because their path was too long.
    pub shortened: u64,
    /// Blobs that failed, each with its reason.
    pub failed: Vec<(String, String)>,
    /// Blobs in the archive tier, which cannot be read before somebody rehydrates them.
    pub archived: u64,
    /// Of these, blobs that are being rehydrated.
    pub rehydrating: u64,
    /// Whether archived blobs count as failed.
    pub strict: bool,
    /// Blobs not tried, because too many before them failed in a row.
    pub not_tried: u64,
    /// Every failure was a refusal by the service.
    pub all_refused: bool,
    /// The run was ended early.
    pub interrupted: bool,
    /// What to analyse next.
    pub next: Next,
    /// Wall time.
    pub elapsed: Duration,
    /// Where the tree is.
    pub root: PathBuf,
    /// The same, as the user wrote it.
    pub shown_root: PathBuf,
}

/// A blob that a dry run would fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Why.
    pub why: Why,
    /// Bytes of the blob.
    pub bytes: u64,
    /// Local path below the download folder.
    pub path: String,
    /// Blob name.
    pub name: String,
}

impl Planned {
    /// What a job would do. A blob that tells its time in its content alone is shown in `unknown/`.
    pub fn of(job: &Job, source: &str) -> Self {
        let path = match job.kept_path() {
            Some(path) => path.to_owned(),
            None => LocalName::new(&job.blob.name).path(job.form, source),
        };
        Self { why: job.why, bytes: job.blob.length, path, name: job.blob.name.clone() }
    }
}

impl Summary {
    /// Takes over what a plan found.
    pub fn compared(&mut self, plan: &Plan) {
        let count = |why| plan.jobs.iter().filter(|job| job.why == why).count() as u64;
        (self.new, self.changed, self.damaged) = (count(Why::New), count(Why::Changed), count(Why::Damaged));
        self.unchanged = plan.unchanged.len() as u64;
        self.matched = plan.jobs.len() as u64 + self.unchanged + plan.archived.len() as u64;
        self.left_archived(&plan.archived);
    }

    /// Counts blobs that were left in the archive tier.
    pub fn left_archived(&mut self, blobs: &[Archived]) {
        self.archived += blobs.len() as u64;
        self.rehydrating += blobs.iter().filter(|how| **how == Archived::Rehydrating).count() as u64;
    }

    /// The exit code this run deserves.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self { interrupted: true, .. } => 130,
            Self { strict: true, archived: 1.., failed, .. } if failed.is_empty() => 3,
            Self { failed, .. } if failed.is_empty() => 0,
            Self { all_refused: true, fetched: 0, .. } => 4,
            _ => 3,
        }
    }

    /// Writes the summary.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        if let Some(planned) = &self.planned {
            return self.write_plan(out, planned);
        }
        let mut line = |label: &str, text: String| writeln!(out, "{label:<11} {text}");
        line("Source", shown(&self.source))?;
        let requests = match self.calls {
            0 => String::new(),
            1 => " in 1 request".to_owned(),
            calls => format!(" in {} requests", HumanCount(calls)),
        };
        line("Listed", format!("{}{requests}", amount(self.listed, self.listed_bytes)))?;
        line(self.verb, amount(self.fetched, self.fetched_bytes))?;
        if self.spliced > 0 {
            let received = HumanBytes(self.fetched_bytes.saturating_sub(self.kept_bytes));
            let (kept, blobs) = (HumanBytes(self.kept_bytes), amount_of(self.spliced));
            line("Received", format!("{received}; {kept} of {blobs} that grew were here"))?;
        }
        line("Unchanged", HumanCount(self.unchanged).to_string())?;
        for (label, count, note) in [
            ("Shortened", self.shortened, ""),
            ("Skipped", self.skipped, ""),
            ("Ignored", self.ignored, " files that are no whole logs by their name"),
            ("Left out", self.left_out, " blobs whose names do not tell what is asked for"),
        ] {
            if count > 0 {
                line(label, format!("{}{note}", HumanCount(count)))?;
            }
        }
        if self.archived > 0 {
            line("Archived", archived(self.archived, self.rehydrating))?;
        }
        if !self.passed.is_nothing() {
            line("Passed over", shown(&self.passed.to_string()))?;
        }
        line("Failed", HumanCount(self.failed.len() as u64).to_string())?;
        if self.not_tried > 0 {
            let count = HumanCount(self.not_tried);
            line("Not tried", format!("{count}, because too many before them failed in a row"))?;
        }
        line("Seconds", format!("{:.1}", self.elapsed.as_secs_f64()))?;
        line("Tree", shown(&self.root.display().to_string()))?;
        failures::write(&self.failed, out)?;
        if self.interrupted {
            writeln!(out, "\nStopped early: run the same command again to fetch the rest")
        } else {
            self.write_next(out)
        }
    }

    /// The command that comes next.
    fn write_next(&self, out: &mut dyn Write) -> io::Result<()> {
        let root = self.shown_root.display().to_string();
        let command = |arguments: &[String]| {
            let arguments: Vec<String> = arguments.iter().map(|argument| quoted(argument)).collect();
            format!("\nNext: flowlog-analyze {}", arguments.join(" "))
        };
        match &self.next {
            Next::Nothing => Ok(()),
            // A pattern below a folder whose own name is one would mean something else.
            Next::Parts(parts) if !root.contains(['*', '?', '[']) => {
                let root = root.trim_end_matches(['/', '\\']);
                let below: Vec<String> = parts.iter().map(|part| format!("{root}/{part}")).collect();
                writeln!(out, "{}", command(&below))
            }
            Next::Parts(_) | Next::More => {
                writeln!(out, "{}\n      (the tree holds more than was asked for)", command(&[root]))
            }
            Next::Tree => writeln!(out, "{}", command(&[root])),
        }
    }

    /// The summary for programs; docs/download.md describes each field.
    pub fn to_json(&self) -> Value {
        let outcome = match self.exit_code() {
            0 => "complete",
            130 => "interrupted",
            4 => "refused",
            _ => "partial",
        };
        let failed: Vec<Value> =
            self.failed.iter().map(|(name, reason)| json!({"name": name, "reason": reason})).collect();
        let planned = self.planned.as_ref().map(|planned| {
            let row = |blob: &Planned| {
                json!({"why": blob.why.to_string(), "bytes": blob.bytes, "path": blob.path, "name": blob.name})
            };
            planned.iter().map(row).collect::<Vec<Value>>()
        });
        json!({
            "kind": if planned.is_some() { "dry-run" } else { "download" },
            "outcome": outcome,
            "exit_code": self.exit_code(),
            "source": self.source,
            "tree": self.root.display().to_string(),
            "listed": self.listed,
            "listed_bytes": self.listed_bytes,
            "matched": self.matched,
            "new": self.new,
            "changed": self.changed,
            "damaged": self.damaged,
            "unchanged": self.unchanged,
            "fetched": self.fetched,
            "fetched_bytes": self.fetched_bytes,
            "grown": self.spliced,
            "kept_bytes": self.kept_bytes,
            "planned": planned,
            "left_out": self.left_out,
            "passed_over": self.passed,
            "skipped": self.skipped,
            "shortened": self.shortened,
            "ignored": self.ignored,
            "failed": failed,
            "archived": self.archived,
            "rehydrating": self.rehydrating,
            "not_tried": self.not_tried,
            "seconds": (self.elapsed.as_secs_f64() * 1000.0).round() / 1000.0,
        })
    }

    /// One line a blob, tabs between its columns, so that scripts can read it; then the sums.
    fn write_plan(&self, out: &mut dyn Write, planned: &[Planned]) -> io::Result<()> {
        for Planned { why, bytes, path, name } in planned {
            writeln!(out, "{why}\t{bytes}\t{}\t{}", shown(path), shown(name))?;
        }
        let bytes = planned.iter().map(|blob| blob.bytes).sum();
        writeln!(
            out,
            "\nWould fetch {}; {} unchanged; nothing was written",
            amount(planned.len() as u64, bytes),
            HumanCount(self.unchanged)
        )?;
        if self.archived > 0 {
            writeln!(out, "Archived    {}", archived(self.archived, self.rehydrating))?;
        }
        if self.left_out > 0 {
            writeln!(
                out,
                "Left out    {} blobs whose names do not tell what is asked for",
                HumanCount(self.left_out)
            )?;
        }
        if !self.passed.is_nothing() {
            writeln!(out, "Passed over {}", shown(&self.passed.to_string()))?;
        }
        failures::write(&self.failed, out)
    }
}

/// One sentence about blobs in the archive tier.
pub(crate) fn archived(blobs: u64, rehydrating: u64) -> String {
    let resting = HumanCount(blobs.saturating_sub(rehydrating));
    match rehydrating {
        0 => format!(
            "{resting} in the archive tier: rehydrate them (change their tier to hot, cool or cold) and run again"
        ),
        _ if rehydrating == blobs => {
            format!(
                "{} being rehydrated from the archive tier: run again in some hours",
                HumanCount(rehydrating)
            )
        }
        _ => format!(
            "{resting} in the archive tier: rehydrate them (change their tier to hot, cool or cold) and run again; {} more are being rehydrated",
            HumanCount(rehydrating)
        ),
    }
}

/// A run that ended early, for programs.
pub fn failure_json(failure: &Failure) -> Value {
    json!({
        "kind": "failure",
        "outcome": "failed",
        "exit_code": failure.kind.exit_code(),
        "error": failure.message,
        "details": failure.details,
        "hints": failure.hints,
    })
}

/// A number of blobs in words.
pub(crate) fn amount_of(blobs: u64) -> String {
    if blobs == 1 { "1 blob".to_owned() } else { format!("{} blobs", HumanCount(blobs)) }
}

/// A path as the shells of this system take it.
fn quoted(path: &str) -> String {
    // An option would begin like that.
    let path = if path.starts_with('-') { format!("./{path}") } else { path.to_owned() };
    let plain = |c: char| c.is_alphanumeric() || "/._-:".contains(c) || (cfg!(windows) && c == '\\');
    if !path.is_empty() && path.chars().all(plain) {
        return path;
    }
    if cfg!(windows) {
        // No path holds a double quote there.
        format!("\"{}\"", shown(&path))
    } else {
        format!("'{}'", shown(&path).replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_follow_the_worst_that_happened() {
        let failed = vec![("b".to_owned(), "gone".to_owned())];
        assert_eq!(Summary::default().exit_code(), 0);
        assert_eq!(Summary { failed: failed.clone(), ..Summary::default() }.exit_code(), 3);
        let refused = Summary { failed: failed.clone(), all_refused: true, ..Summary::default() };
        assert_eq!(refused.exit_code(), 4);
        assert_eq!(Summary { fetched: 1, ..refused }.exit_code(), 3);
        assert_eq!(Summary { archived: 2, ..Summary::default() }.exit_code(), 0);
        assert_eq!(Summary { archived: 2, strict: true, ..Summary::default() }.exit_code(), 3);
        assert_eq!(Summary { strict: true, ..Summary::default() }.exit_code(), 0);
        assert_eq!(Summary { failed, interrupted: true, ..Summary::default() }.exit_code(), 130);
    }

    #[test]
    fn paths_are_quoted_as_a_shell_reads_them() {
        for path in
            ["plain/2025-10-05", "my logs", "$HOME/`x`", "it's", "~/x", "a\"b\\c", "-x", "x;y", "a&b", ""]
        {
            let command = format!("printf %s {}", quoted(path));
            let output = std::process::Command::new("sh").args(["-c", &command]).output().expect("a shell");
            let read = String::from_utf8(output.stdout).expect("text");
            assert_eq!(read.trim_start_matches("./"), path, "{command}");
        }
    }
}
