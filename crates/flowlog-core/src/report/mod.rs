//! The report: the finished result of an analysis, and the only thing renderers see.
//!
//! It is plain data in a fixed order (count descending, then key), without clock or machine in it,
//! so that the same input gives the same bytes whatever the number of workers.
//! docs/json-report.md describes its JSON form field by field.

mod admin;
mod best;
mod build;
mod classes;
mod collector;
mod connections;
mod coverage;
mod distinct;
mod encryption;
mod hosts;
mod name;
mod ports;
mod problems;
mod rules;
mod rules_file;
mod scatter;
mod specific;
mod tally;
mod timeline;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::finding::Findings;

pub use admin::AdminAccessRow;
pub(crate) use best::first;
pub use build::{ReportOptions, build};
pub use classes::{ClassRow, FlowClass};
pub use collector::Collector;
pub use connections::{Connections, OutcomeRow, ResolvedTotals};
pub use coverage::{Coverage, Gap, LogRow, StateCounts};
pub use encryption::{EncryptedPairRow, WordRow};
pub use name::{Ends, HostName, PortName};
pub use rules::RuleRow;
pub use rules_file::{BroadRow, FEW, MANY_PORTS, NeverHitRow, NotInFileRow, NsgRow, RulesFile};
pub use timeline::{TimelineRow, fitting_width};

/// Everything an analysis found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Version of this structure; grows when a field changes its meaning.
    pub schema_version: u32,
    /// What was asked for; `None` if everything was.
    pub selection: Option<SelectionRow>,
    /// What the data holds and what it lacks, in the time asked for and whatever the filter.
    pub coverage: Coverage,
    /// Sums over all files: every row counts.
    pub totals: Totals,
    /// The same, each connection once, whichever and how many logs tell of it. Rankings and problem lists go by
    /// these numbers, too.
    pub resolved: ResolvedTotals,
    /// Connections by outcome.
    pub connections: Connections,
    /// Tuples by state letter: `B`, `C`, `E`, `D` always, `A` only where NSG version 1 logs were read.
    pub states: BTreeMap<char, u64>,
    /// Tuples by direction letter, `I` and `O`.
    pub directions: BTreeMap<char, u64>,
    /// Tuples by IANA protocol number.
    pub protocols: BTreeMap<u8, u64>,
    /// Tuples by encryption word, as in the log, whether or not this version knows it; only words that occurred.
    /// `?` are unknown words beyond the first [`crate::state::MAX_WORDS`].
    pub encryption: BTreeMap<String, u64>,
    /// How long a row of the timeline is, ms.
    pub timeline_bucket_ms: u64,
    /// Tuples over time, as often as logs tell of them; spans without any are left out.
    pub timeline: Vec<TimelineRow>,
    /// Conversations by where their two ends are.
    pub classes: Vec<ClassRow>,
    /// Encryption between own subnets; empty if nothing is encrypted or meant to be.
    pub encryption_pairs: Vec<EncryptedPairRow>,
    /// What each rule decided.
    pub rules: Vec<RuleRow>,
    /// What the rules let in from the internet to ports for administration.
    pub admin_access: Vec<AdminAccessRow>,
    /// The rules as configured beside what the log says of them, if a file was given.
    pub rules_file: Option<RulesFile>,
    /// Initiators by tuples.
    pub top_sources: Vec<HostRow>,
    /// Responders by tuples.
    pub top_destinations: Vec<HostRow>,
    /// Destination ports by tuples.
    pub top_ports: Vec<PortRow>,
    /// Exact number of entries each problem list would have without a limit.
    pub problem_counts: ProblemCounts,
    /// What deserves attention, what is suppressed, and the noise of the internet.
    #[serde(flatten)]
    pub findings: Option<Findings>,
    /// Denied conversations.
    pub denied: Vec<DeniedRow>,
    /// Conversations with connections that were begun and never continued or ended.
    pub incomplete: Vec<IncompleteRow>,
    /// Conversations begun more often than [`RETRY_BEGINS`].
    pub retries: Vec<RetryRow>,
    /// Conversations with connections that sent packets and got none back over their whole life.
    pub one_way: Vec<ConversationRow>,
    /// Conversations that carried almost nothing but headers ([`LOW_BYTES_PER_PACKET`]).
    pub low_payload: Vec<ConversationRow>,
    /// Conversations in the top 1 % by bytes.
    pub high_volume: Vec<ConversationRow>,
    /// The first conversations by bytes, at most as many as rankings have; where there are few, all of them.
    #[serde(skip)]
    pub heaviest: Vec<ConversationRow>,
    /// Destination ports without a registered service; allowed tuples only.
    pub unusual_ports: Vec<PortRow>,
    /// Sources with more than [`MANY_DENIALS`] tuples denied by rules.
    pub denied_sources: Vec<DeniedSourceRow>,
    /// Pairs with more than [`SCAN_PORTS`] distinct destination ports.
    pub port_scans: Vec<PortScanRow>,
    /// What was asked for with `--specific-ips`, one entry a query.
    pub specific_ips: Vec<SpecificIp>,
    /// Every input file, in path order.
    pub files: Vec<FileRow>,
    /// Reasons of malformed tuples, most frequent first.
    pub malformed: Vec<MalformedRow>,
}

/// Version of the report's structure.
pub const SCHEMA_VERSION: u32 = 1;
/// More begun tuples than this in one conversation count as excessive retries (the script's threshold).
pub const RETRY_BEGINS: u64 = 10;
/// More tuples denied by rules than this make a source stand out (the script's threshold).
pub const MANY_DENIALS: u64 = 10;
/// More distinct destination ports than this in one pair look like a port scan (the script's threshold).
pub const SCAN_PORTS: u64 = 5;
/// A TCP packet without payload has 40 to 60 bytes of headers: an average below this carried almost no data.
pub const LOW_BYTES_PER_PACKET: u64 = 64;
/// Conversations with fewer packets than this are too short for the average to say anything.
pub const LOW_PAYLOAD_MIN_PACKETS: u64 = 10;

/// The part of the logs that a report is made of. Everything else in it, but for `files` and `coverage`, is of that part.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SelectionRow {
    /// First moment asked for, Unix ms UTC; `None`: since ever.
    pub from_ms: Option<i64>,
    /// First moment after it, Unix ms UTC; `None`: without end.
    pub to_ms: Option<i64>,
    /// The condition, in the words of the command line.
    pub filter: Option<String>,
    /// Files that were not opened: their folders name another time.
    pub files_left_out: u64,
    /// Tuples of the time asked for that the condition leaves out.
    pub tuples_left_out: u64,
}

/// Sums over all files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Files read, whether or not they held flow logs.
    pub files: u64,
    /// Files that could not be read whole, or held no flow log.
    pub files_with_errors: u64,
    /// Bytes read, after decompression.
    pub input_bytes: u64,
    /// Flow-log records.
    pub records: u64,
    /// Well-formed tuples.
    pub tuples: u64,
    /// Tuples that could not be read.
    pub malformed: u64,
    /// Denied tuples that a rule denied.
    pub denied_by_rule: u64,
    /// Denied tuples that no rule denied: dropped for want of encryption.
    pub dropped_for_encryption: u64,
    /// Packets from source to destination.
    pub packets_sent: u64,
    /// Bytes from source to destination.
    pub bytes_sent: u64,
    /// Packets from destination to source.
    pub packets_received: u64,
    /// Bytes from destination to source.
    pub bytes_received: u64,
    /// Distinct initiator addresses.
    pub unique_sources: u64,
    /// Distinct responder addresses.
    pub unique_destinations: u64,
    /// Distinct NICs (MAC addresses).
    pub unique_nics: u64,
    /// Distinct conversations (source, destination, destination port, protocol).
    pub conversations: u64,
    /// Oldest tuple, Unix ms UTC.
    pub first_time_ms: Option<i64>,
    /// Newest tuple, Unix ms UTC.
    pub last_time_ms: Option<i64>,
}

/// How many entries each problem list has without a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs)] // each field is the length of the list of the same name
pub struct ProblemCounts {
    pub denied: u64,
    pub incomplete: u64,
    pub retries: u64,
    pub one_way: u64,
    pub low_payload: u64,
    pub high_volume: u64,
    pub unusual_ports: u64,
    pub denied_sources: u64,
    pub port_scans: u64,
}

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
    /// Destination ports, by tuples.
    pub top_ports: Vec<PortRow>,
}

/// One input file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct FileRow {
    /// As found: `-` for standard input.
    pub path: String,
    /// Bytes read, after decompression.
    pub bytes: u64,
    pub records: u64,
    pub tuples: u64,
    pub malformed: u64,
    /// Of the malformed tuples, those in values that stand where a flow log has something else.
    pub misshapen: u64,
    /// Records passed over because another file held them before.
    pub repeated_records: u64,
    /// Bytes of records that break off and of what stands between records, which could not be read.
    pub left_out_bytes: u64,
    pub first_time_ms: Option<i64>,
    pub last_time_ms: Option<i64>,
    /// Why the file could not be read whole, or is no flow log; nothing if all is well.
    pub error: Option<String>,
}

impl FileRow {
    /// True if nothing could be read of a file that is not simply empty of flows. A file in an unexpected shape has
    /// been read: its rows are told one by one.
    pub fn is_nothing(&self) -> bool {
        self.error.is_some() && self.tuples == 0 && self.misshapen == 0
    }
}

/// One reason why tuples could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MalformedRow {
    /// What is wrong.
    pub reason: String,
    /// Tuples with this reason.
    pub tuples: u64,
    /// The first few, in path order.
    pub examples: Vec<MalformedExample>,
}

/// Where a malformed tuple stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MalformedExample {
    /// File, as in [`FileRow::path`].
    pub path: String,
    /// Byte offset in the (decompressed) file.
    pub offset: u64,
    /// The text, cut to 120 characters.
    pub text: String,
}

#[cfg(test)]
mod tests;
