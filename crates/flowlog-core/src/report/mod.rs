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
mod files;
mod head;
mod hosts;
mod known;
mod name;
mod ports;
mod ports_met;
mod problems;
mod rank;
mod ranking;
mod remark;
mod rows;
mod rules;
mod rules_file;
mod scatter;
mod specific;
mod tally;
mod timeline;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::enrich::KnownHosts;
use crate::finding::Findings;

pub use admin::AdminAccessRow;
pub(crate) use best::first;
pub use build::{ReportOptions, build};
pub use classes::{ClassRow, FlowClass};
pub use collector::Collector;
pub use connections::{Connections, OutcomeRow, ResolvedTotals};
pub use coverage::{Coverage, Gap, LogRow, StateCounts};
pub use encryption::{EncryptedPairRow, WordRow};
pub use files::{FileRow, FileRows, FileSums};
pub use head::{OptionsRow, Tool};
pub use known::addresses;
pub use name::{Ends, HostName, PortName};
pub use rank::Rank;
pub use remark::{Remark, RulesLimit};
pub use rows::{
    ConversationRow, DeniedBy, DeniedRow, DeniedSourceRow, HostRow, IncompleteRow, MalformedExample,
    MalformedRow, PortRow, PortScanRow, RetryRow, SideOfHost, SpecificIp,
};
pub use rules::RuleRow;
pub use rules_file::{BroadRow, FEW, MANY_PORTS, NeverHitRow, NotInFileRow, NsgRow, RulesFile};
pub use timeline::{Line, TimelineRow, fitting_width};
pub(crate) use timeline::{fitting_width_of, line};

/// Everything an analysis found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Version of this structure; grows when a field changes its meaning.
    pub schema_version: u32,
    /// The program that made it.
    pub tool: Tool,
    /// The options that decide what it holds.
    pub options: OptionsRow,
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
    /// Tuples by state letter: `B`, `C`, `E`, `D` always, `A` only where logs without states were read (NSG version 1).
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
    /// Initiators, by bytes unless `options.sort` says otherwise.
    pub top_sources: Vec<HostRow>,
    /// Responders, in the same order.
    pub top_destinations: Vec<HostRow>,
    /// Destination ports, by tuples unless `options.sort` says otherwise.
    pub top_ports: Vec<PortRow>,
    /// How many entries the other lists that are cut would have.
    #[serde(flatten)]
    pub list_totals: ListTotals,
    /// Exact number of entries each problem list would have without a limit.
    #[serde(flatten)]
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
    /// What the person's files say of the addresses above; left out if nothing.
    #[serde(skip_serializing_if = "KnownHosts::is_empty")]
    pub hosts: KnownHosts,
    /// Every input file, in path order.
    pub files: FileRows,
    /// Reasons of malformed tuples, most frequent first.
    pub malformed: Vec<MalformedRow>,
}

/// Version of the report's structure.
pub const SCHEMA_VERSION: u32 = 2;
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

/// How many entries rankings and the pairs of subnets have without a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs)] // each field is the length of the list of the same name
pub struct ListTotals {
    #[serde(rename = "encryption_pairs_total")]
    pub encryption_pairs: u64,
    #[serde(rename = "top_sources_total")]
    pub top_sources: u64,
    #[serde(rename = "top_destinations_total")]
    pub top_destinations: u64,
    #[serde(rename = "top_ports_total")]
    pub top_ports: u64,
}

/// How many entries each problem list has without a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs)] // each field is the length of the list of the same name
pub struct ProblemCounts {
    #[serde(rename = "denied_total")]
    pub denied: u64,
    #[serde(rename = "incomplete_total")]
    pub incomplete: u64,
    #[serde(rename = "retries_total")]
    pub retries: u64,
    #[serde(rename = "one_way_total")]
    pub one_way: u64,
    #[serde(rename = "low_payload_total")]
    pub low_payload: u64,
    #[serde(rename = "high_volume_total")]
    pub high_volume: u64,
    #[serde(rename = "unusual_ports_total")]
    pub unusual_ports: u64,
    #[serde(rename = "denied_sources_total")]
    pub denied_sources: u64,
    #[serde(rename = "port_scans_total")]
    pub port_scans: u64,
}

#[cfg(test)]
mod tests;
