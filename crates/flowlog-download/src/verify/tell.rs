//! A checked tree, for people and for programs.

use std::io::{self, Write};

use indicatif::HumanCount;
use serde_json::{Value, json};

use super::{Difference, Verified};
use crate::{
    progress::{amount, shown},
    summary::archived,
};

/// How many differences are listed one by one.
const SHOWN: usize = 20;

impl Verified {
    /// 0 if every blob's file is right, else 3.
    pub fn exit_code(&self) -> u8 {
        let left = self.strict && self.archived > 0;
        if self.findings.is_empty() && !left { 0 } else { 3 }
    }

    /// Writes the result for people.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut line = |label: &str, text: String| writeln!(out, "{label:<11} {text}");
        line("Source", shown(&self.source))?;
        line("Tree", shown(&self.root.display().to_string()))?;
        line("Checked", amount(self.checked, self.bytes))?;
        line("Content", format!("{} proved the same as in the source", HumanCount(self.by_content)))?;
        line(
            "As fetched",
            format!(
                "{} hold what came for this version (the service keeps no hash)",
                HumanCount(self.by_record)
            ),
        )?;
        line(
            "Length",
            format!("{} of the right version and length, content not compared", HumanCount(self.by_length)),
        )?;
        if self.only_here > 0 {
            line("Only here", format!("{} no longer in the source, kept", HumanCount(self.only_here)))?;
        }
        if self.left_out > 0 {
            let count = HumanCount(self.left_out);
            line("Left out", format!("{count} blobs whose names do not tell what is asked for"))?;
        }
        if !self.passed.is_nothing() {
            line("Passed over", shown(&self.passed.to_string()))?;
        }
        if self.archived > 0 {
            line("Archived", archived(self.archived, self.rehydrating))?;
        }
        if !self.broken_at_source.is_empty() {
            let count = HumanCount(self.broken_at_source.len() as u64);
            line("Broken", format!("{count} whose JSON is not closed in the source either"))?;
        }
        line("Different", HumanCount(self.findings.len() as u64).to_string())?;
        line("Seconds", format!("{:.1}", self.elapsed.as_secs_f64()))?;
        if self.findings.is_empty() {
            let but = if self.archived > 0 { ", but for archived blobs" } else { "" };
            let part = !self.passed.is_nothing() || self.left_out > 0;
            let asked = if part { ", as far as it was asked for" } else { "" };
            return writeln!(out, "\nThe tree is complete{asked}{but}");
        }
        writeln!(out, "\nDifferent (a run without --verify brings what is missing, outdated, gone or cut):")?;
        for finding in self.findings.iter().take(SHOWN) {
            writeln!(out, "  {}\n    {}", shown(&finding.name), shown(&finding.told))?;
        }
        match self.findings.len().saturating_sub(SHOWN) {
            0 => {}
            more => writeln!(out, "  and {} more; --format json lists all", HumanCount(more as u64))?,
        }
        if self.findings.iter().any(|finding| finding.difference == Difference::Content) {
            writeln!(
                out,
                "A file with other content is not fetched again by itself: remove it, then run again"
            )?;
        }
        Ok(())
    }

    /// The result for programs.
    pub fn to_json(&self) -> Value {
        let findings: Vec<Value> = self
            .findings
            .iter()
            .map(|f| json!({"name": f.name, "path": f.path, "difference": f.difference.word(), "reason": f.told}))
            .collect();
        json!({
            "kind": "verify",
            "outcome": if self.exit_code() == 0 { "complete" } else { "different" },
            "exit_code": self.exit_code(),
            "source": self.source,
            "tree": self.root.display().to_string(),
            "checked": self.checked,
            "checked_bytes": self.bytes,
            "same_content": self.by_content,
            "as_fetched": self.by_record,
            "same_length": self.by_length,
            "only_here": self.only_here,
            "left_out": self.left_out,
            "passed_over": self.passed,
            "archived": self.archived,
            "rehydrating": self.rehydrating,
            "broken_at_source": self.broken_at_source,
            "different": findings,
            "seconds": (self.elapsed.as_secs_f64() * 1000.0).round() / 1000.0,
        })
    }
}
