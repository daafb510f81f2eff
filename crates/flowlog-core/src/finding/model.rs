//! What every finding tells.

use std::fmt;

use serde::Serialize;

use super::words::counted;
use super::{Concern, NextStep, Note, Reason, Technique};

/// Evidence rows a finding shows; [`Finding::evidence_rows`] tells the full number.
pub const EVIDENCE_ROWS: usize = 10;

/// How much a finding asks for attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; no action needed.
    Info,
    /// A weakness, or something odd that has common harmless causes.
    Low,
    /// Probably wanted by nobody: look at it this week.
    Medium,
    /// Look at it today.
    High,
    /// An attack that seems to have succeeded: act now.
    Critical,
}

impl Severity {
    /// Every severity, the gravest first.
    pub const ALL: [Self; 5] = [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Info];

    /// The word for reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// Something that deserves attention.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// The rule and what it is about: the same in every run over the same behaviour.
    pub id: String,
    /// The detector.
    pub rule: &'static str,
    /// How much it asks for attention.
    pub severity: Severity,
    /// One line.
    pub title: String,
    /// Why it was raised: the numbers and the thresholds they passed; and what speaks against it.
    pub reason: Reason,
    /// The address it is about; suppressions name it.
    pub entity: String,
    /// What it concerns, as far as it shares it with others: [`groups`](super::groups) tells those together.
    #[serde(skip)]
    pub concern: Concern,
    /// When the oldest of the connections that make it began, Unix ms UTC; `None` if that is not known.
    pub first_time_ms: Option<i64>,
    /// When the newest of them was last heard of, Unix ms UTC; `None` if that is not known.
    pub last_time_ms: Option<i64>,
    /// MITRE ATT&CK techniques (Enterprise) that look so.
    pub techniques: &'static [Technique],
    /// What to do next.
    pub next_step: NextStep,
    /// What it rests on, at most [`EVIDENCE_ROWS`].
    pub evidence: Vec<EvidenceRow>,
    /// Rows there are.
    #[serde(rename = "evidence_total")]
    pub evidence_rows: u64,
}

impl Finding {
    /// First and last evidence, Unix ms UTC, if they are known.
    pub fn times(&self) -> Option<(i64, i64)> {
        self.first_time_ms.zip(self.last_time_ms)
    }
}

/// One conversation a finding rests on, or several of one kind.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EvidenceRow {
    /// Initiator; of a log, its NIC.
    pub source: String,
    /// Responder; `None` if there are several or none.
    pub destination: Option<String>,
    /// Port of the responder; nothing if there are several.
    pub port: Option<u16>,
    /// IANA protocol number; nothing where none is spoken of.
    pub protocol: Option<u8>,
    /// How many.
    pub count: u64,
    /// Of what.
    pub unit: Unit,
    /// What else is to be said of them, for people: it follows number and unit. Empty if there is nothing.
    pub note: Note,
}

/// What a row of evidence counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Distinct hosts.
    Hosts,
    /// Distinct ports.
    Ports,
    /// Connections.
    Connections,
    /// Connections that look like a person's or a program's session.
    Sessions,
    /// Denied packets and failed connections.
    FailedAttempts,
    /// Packets.
    Packets,
    /// Bytes.
    Bytes,
    /// Tuples.
    Tuples,
    /// Hours.
    Hours,
}

impl Unit {
    /// The word behind one of them, and the word behind several.
    pub fn words(self) -> [&'static str; 2] {
        match self {
            Self::Hosts => ["host", "hosts"],
            Self::Ports => ["port", "ports"],
            Self::Connections => ["connection", "connections"],
            Self::Sessions => ["session", "sessions"],
            Self::FailedAttempts => ["failed attempt", "failed attempts"],
            Self::Packets => ["packet", "packets"],
            Self::Bytes => ["byte", "bytes"],
            Self::Tuples => ["tuple", "tuples"],
            Self::Hours => ["hour", "hours"],
        }
    }
}

impl EvidenceRow {
    /// Number, unit and note: `60 ports failed, 60 of them within 24 s`.
    pub fn what(&self) -> String {
        let [one, many] = self.unit.words();
        let blank = if self.note.is_empty() { "" } else { " " };
        format!("{}{blank}{}", counted(self.count, one, many), self.note)
    }
}
