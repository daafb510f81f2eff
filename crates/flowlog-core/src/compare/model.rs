//! The result of a comparison: plain data in a fixed order, and the only thing renderers see.
//! docs/compare.md describes it.

use serde::Serialize;

use super::caveat::Caveat;
use super::migration::Migration;
use crate::enrich::KnownHosts;
use crate::finding::{Concern, Severity};
use crate::report::{Ends, HostName, PortName};

/// Version of this structure; grows when a field changes its meaning.
pub const SCHEMA_VERSION: u32 = 1;

/// What two sets of flow logs have in common and where they differ. A is what was, B what is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The first set.
    pub a: SetSummary,
    /// The second set.
    pub b: SetSummary,
    /// One set is of NSG flow logs and the other of `VNet` flow logs; see [`Comparison::migration`].
    pub across_formats: bool,
    /// The sets cover different lengths of time: ratios are of counts an hour, not of counts.
    pub per_hour: bool,
    /// B by A, over the whole sets.
    pub ratios: Ratios,
    /// What the data cannot tell, and what must be known to read the rest.
    pub caveats: Vec<Caveat>,
    /// Services (destination, port, protocol) both sets speak of, and with another outcome.
    pub service_outcomes: Listed<OutcomeChange>,
    /// Conversations both sets speak of, and with another outcome.
    pub conversation_outcomes: Listed<OutcomeChange>,
    /// Hosts with allowed traffic.
    pub hosts: Delta<HostRow>,
    /// Hosts that were only ever denied; mostly noise of the internet, so they are counted and not listed.
    pub denied_only_hosts: Difference,
    /// Destination ports with allowed traffic.
    pub ports: Delta<PortRow>,
    /// Allowed conversations.
    pub conversations: Delta<ConversationRow>,
    /// Denied conversations. Those whose source is no address of the internet come first.
    pub denied: Delta<ConversationRow>,
    /// Of the denied conversations, those with a source in the internet.
    pub denied_from_internet: Difference,
    /// Hosts in both sets, by how much their bytes changed.
    pub host_volume: Listed<VolumeChange<HostName>>,
    /// Destination ports in both sets, by how much their bytes changed.
    pub port_volume: Listed<VolumeChange<PortName>>,
    /// Rules that were hit.
    pub rules: Delta<RuleRow>,
    /// Findings, if they were looked for.
    pub findings: Option<FindingChanges>,
    /// How far one log holds what the other holds, if one is of NSG and the other of `VNet` flow logs.
    pub migration: Option<Migration>,
    /// What the person's files say of the addresses above; left out if nothing.
    #[serde(skip_serializing_if = "KnownHosts::is_empty")]
    pub known_hosts: KnownHosts,
}

impl Comparison {
    /// True if nothing that is compared differs: no outcome, host, port, conversation, denial, rule,
    /// finding or volume.
    pub fn is_same(&self) -> bool {
        let lists = [
            self.service_outcomes.total,
            self.conversation_outcomes.total,
            self.host_volume.total,
            self.port_volume.total,
            self.hosts.changes(),
            self.ports.changes(),
            self.conversations.changes(),
            self.denied.changes(),
            self.rules.changes(),
            self.denied_only_hosts.new + self.denied_only_hosts.vanished,
        ];
        let findings = self.findings.as_ref().is_none_or(FindingChanges::is_same);
        findings && lists.iter().all(|&changes| changes == 0)
    }
}

/// The first rows of a list, and how many there are without a limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listed<T> {
    /// Without a limit.
    pub total: u64,
    /// The first of them.
    pub rows: Vec<T>,
}

/// What is in one of the sets alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Delta<T> {
    /// In B, not in A.
    pub new: Listed<T>,
    /// In A, not in B.
    pub vanished: Listed<T>,
    /// In both.
    pub kept: u64,
}

impl<T> Delta<T> {
    /// New and vanished ones.
    pub fn changes(&self) -> u64 {
        self.new.total + self.vanished.total
    }
}

/// The same as numbers alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// In B, not in A.
    pub new: u64,
    /// In A, not in B.
    pub vanished: u64,
    /// In both.
    pub kept: u64,
}

/// Which logs a set is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SetKind {
    /// No tuple at all.
    Empty,
    /// `VNet` flow logs.
    VNet,
    /// NSG flow logs.
    Nsg,
    /// Both.
    Mixed,
}

/// One of the two sets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SetSummary {
    /// As named on the command line.
    pub name: String,
    /// Which logs it is of.
    pub kind: SetKind,
    /// Files read.
    pub files: u64,
    /// Files that could not be read whole, or held no flow log.
    pub files_with_errors: u64,
    /// Well-formed tuples.
    pub tuples: u64,
    /// Tuples that could not be read.
    pub malformed: u64,
    /// Oldest tuple, Unix ms UTC.
    pub first_time_ms: Option<i64>,
    /// Newest tuple, Unix ms UTC.
    pub last_time_ms: Option<i64>,
    /// Time with data, ms: from the oldest to the newest tuple without whole hours that have none.
    pub covered_ms: u64,
    /// NICs (MAC addresses).
    pub nics: u64,
    /// NICs the other set does not have.
    pub nics_only_here: Vec<String>,
    /// Sums over the set.
    #[serde(flatten)]
    pub counts: Counts,
}

/// Counts of a host, a port, a conversation or a whole set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Allowed connections.
    pub connections: u64,
    /// Denied tuples. Each is a packet, not an attempt.
    pub denied: u64,
    /// Packets both ways.
    pub packets: u64,
    /// Bytes both ways.
    pub bytes: u64,
}

impl Counts {
    pub(super) fn add(&mut self, other: &Self) {
        self.connections += other.connections;
        self.denied += other.denied;
        self.packets = self.packets.saturating_add(other.packets);
        self.bytes = self.bytes.saturating_add(other.bytes);
    }
}

/// How the rules treated a conversation or service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Nothing of it was denied.
    Allowed,
    /// Some was denied, and some connection got an answer.
    Partly,
    /// Denied, and no connection got an answer: the source's NIC may have logged its way out as allowed.
    Denied,
}

impl Outcome {
    /// The word for reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Partly => "partly denied",
            Self::Denied => "denied",
        }
    }
}

/// A service or conversation with another outcome than before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct OutcomeChange {
    /// Initiator; nothing where the row is of a service, whoever called it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    pub destination: String,
    #[serde(flatten)]
    pub port: PortName,
    /// In A.
    pub before: Outcome,
    /// In B.
    pub after: Outcome,
    /// Counts in A.
    pub a: Counts,
    /// Counts in B.
    pub b: Counts,
}

/// A host of one set, at whichever end of its connections.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct HostRow {
    #[serde(flatten)]
    pub name: HostName,
    #[serde(flatten)]
    pub counts: Counts,
}

/// A destination port of one set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct PortRow {
    #[serde(flatten)]
    pub name: PortName,
    #[serde(flatten)]
    pub counts: Counts,
}

/// A conversation of one set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct ConversationRow {
    #[serde(flatten)]
    pub ends: Ends,
    #[serde(flatten)]
    pub counts: Counts,
}

/// A host or port in both sets whose counts changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VolumeChange<N> {
    /// What it is.
    #[serde(flatten)]
    pub name: N,
    /// Counts in A.
    pub a: Counts,
    /// Counts in B.
    pub b: Counts,
    /// B by A.
    pub ratios: Ratios,
}

/// Counts of B by those of A, of an hour if [`Comparison::per_hour`]; nothing where A has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Ratios {
    pub connections: Option<f64>,
    pub denied: Option<f64>,
    pub packets: Option<f64>,
    pub bytes: Option<f64>,
}

/// A rule that was hit in one of the sets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct RuleRow {
    pub acl: String,
    pub rule: String,
    pub tuples: u64,
    /// Of the tuples, denied.
    pub denied: u64,
}

/// Findings, the gravest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FindingChanges {
    /// In B, not in A.
    pub new: Vec<FindingRow>,
    /// In A, not in B.
    pub gone: Vec<FindingRow>,
    /// In both.
    pub still: Vec<FindingRow>,
}

impl FindingChanges {
    fn is_same(&self) -> bool {
        self.new.is_empty()
            && self.gone.is_empty()
            && self.still.iter().all(|row| row.severity_before == Some(row.severity))
    }
}

/// A finding; the reports of the sets have all of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct FindingRow {
    pub id: String,
    pub rule: &'static str,
    pub entity: String,
    /// In B; in A where it is gone.
    pub severity: Severity,
    /// In A, where it is in both.
    pub severity_before: Option<Severity>,
    pub title: String,
    /// What it concerns.
    #[serde(skip)]
    pub concern: Concern,
}
