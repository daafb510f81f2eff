//! Rows of the report.

use serde::Serialize;

use super::{Ends, HostName, PortName};

/// One host as source or as destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HostRow {
    /// Which one.
    #[serde(flatten)]
    pub name: HostName,
    /// Tuples.
    pub tuples: u64,
    /// Of these, denied.
    pub denied: u64,
    /// Connections, without denied attempts.
    pub connections: u64,
    /// Bytes both ways.
    pub bytes: u64,
    /// Packets both ways.
    pub packets: u64,
}

/// One destination port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PortRow {
    /// Which one.
    #[serde(flatten)]
    pub name: PortName,
    /// Tuples.
    pub tuples: u64,
    /// Of these, denied.
    pub denied: u64,
    /// Connections, without denied attempts.
    pub connections: u64,
    /// Bytes both ways.
    pub bytes: u64,
}

/// A conversation with denied tuples. A denied tuple is a packet, not an attempt: retries are logged again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct DeniedRow {
    #[serde(flatten)]
    pub ends: Ends,
    /// `I`, `O`, or `IO` where both ends logged it.
    pub direction: &'static str,
    /// Denied tuples.
    pub tuples: u64,
    /// Of these, dropped for want of encryption: no rule denied them.
    pub dropped_for_encryption: u64,
    /// Attempts: packets of one 5-tuple within two minutes of each other are tries of one.
    pub attempts: u64,
    pub first_time_ms: i64,
    pub last_time_ms: i64,
    /// What denied it; nothing if no rule did.
    #[serde(skip)]
    pub rule: Option<DeniedBy>,
}

/// The rule that denied a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeniedBy {
    /// ARM id of the NSG or Network Manager rule collection, as in the log.
    pub acl: String,
    /// Its name, as in the log: of several the one that denies the most in all.
    pub rule: String,
    /// So many other rules that deny decided on it, too.
    pub others: u64,
}

/// A conversation with connections begun and never seen again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct IncompleteRow {
    #[serde(flatten)]
    pub ends: Ends,
    /// Connections begun, never continued or ended up to the end of the data.
    pub connections: u64,
    /// All begun tuples of the conversation.
    pub begins: u64,
    /// When the last of the incomplete ones began, Unix ms UTC.
    pub last_time_ms: i64,
}

/// A conversation begun very often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct RetryRow {
    #[serde(flatten)]
    pub ends: Ends,
    /// Begun tuples.
    pub begins: u64,
    /// Begun tuples of which the connection ended later.
    pub ended: u64,
}

/// A conversation and its volume.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct ConversationRow {
    #[serde(flatten)]
    pub ends: Ends,
    /// Connections the row speaks of (for `one_way`: those without an answer).
    pub connections: u64,
    pub packets_sent: u64,
    pub bytes_sent: u64,
    pub packets_received: u64,
    pub bytes_received: u64,
}

/// A source with many denials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct DeniedSourceRow {
    pub source: String,
    pub class: &'static str,
    pub provider: Option<&'static str>,
    /// Tuples that rules denied.
    pub tuples: u64,
    /// Distinct destinations among them.
    pub destinations: u64,
    /// Distinct destination ports among them.
    pub ports: u64,
}

/// A pair with many distinct destination ports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct PortScanRow {
    pub source: String,
    pub destination: String,
    /// Distinct destination ports (protocol and port).
    pub ports: u64,
    pub tuples: u64,
    /// Of the tuples, denied.
    pub denied: u64,
}

/// What the logs say of one queried address or network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SpecificIp {
    /// The query as given: an address or a CIDR.
    pub query: String,
    /// Traffic it initiated.
    pub as_source: SideOfHost,
    /// Traffic it received.
    pub as_destination: SideOfHost,
    /// Other ends there are.
    pub top_peers_total: u64,
    /// The other ends, by tuples.
    pub top_peers: Vec<HostRow>,
}

/// One side of a queried host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct SideOfHost {
    pub tuples: u64,
    pub denied: u64,
    pub packets_sent: u64,
    pub bytes_sent: u64,
    pub packets_received: u64,
    pub bytes_received: u64,
    /// Distinct other ends.
    pub peers: u64,
    /// Destination ports there are.
    pub top_ports_total: u64,
    /// Destination ports, by tuples.
    pub top_ports: Vec<PortRow>,
}

/// One reason why tuples could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MalformedRow {
    /// What is wrong.
    pub reason: String,
    /// Tuples with this reason.
    pub tuples: u64,
    /// As many examples there are.
    pub examples_total: u64,
    /// The first few, in path order.
    pub examples: Vec<MalformedExample>,
}

/// Where a malformed tuple stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MalformedExample {
    /// File, as in [`FileRow::path`](super::FileRow::path).
    pub path: String,
    /// Byte offset in the (decompressed) file.
    pub offset: u64,
    /// The text, cut to 120 characters.
    pub text: String,
}
