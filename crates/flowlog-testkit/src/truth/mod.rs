//! What is in a generated set: exact totals and lists, counted where the tuples were written and
//! without any code of the tools that are tested with them.

mod collector;
mod inventory;
mod lives;
mod network;
mod resolved;

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

pub(crate) use collector::Collector;
pub use resolved::ResolvedTruth;

/// The truth about a set. Lists are in ranking order: count descending, then key ascending
/// (addresses by number, IPv4 before IPv6).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Truth {
    /// Sums over all files.
    pub totals: Totals,
    /// Tuples by state: `B`, `C`, `E`, `D`, and `A` (NSG version 1); only states that occur. A
    /// denied tuple of an NSG flow log version 2 counts as `D` although its state field says `B`.
    pub states: BTreeMap<char, u64>,
    /// Tuples by direction, `I` and `O`.
    pub directions: BTreeMap<char, u64>,
    /// Tuples by IANA protocol number.
    pub protocols: BTreeMap<u8, u64>,
    /// Tuples by encryption word, empty for NSG flow logs, which have none.
    pub encryption: BTreeMap<String, u64>,
    /// Full length of each list below, by its name, whether or not the list was shortened by [`Truth::shorten`].
    pub lengths: BTreeMap<String, u64>,
    /// Tuples by ACL and rule. The ACL of an NSG flow log is its record's `resourceId`.
    pub rules: Vec<RuleTruth>,
    /// Every initiator.
    pub sources: Vec<HostTruth>,
    /// Every responder.
    pub destinations: Vec<HostTruth>,
    /// Destination ports of protocols that have ports.
    pub ports: Vec<PortTruth>,
    /// Denied tuples per conversation.
    pub denied: Vec<ConversationTruth>,
    /// Begun tuples per conversation.
    pub begins: Vec<ConversationTruth>,
    /// Connections begun and never seen again, per conversation: of one NIC and 5-tuple, the last
    /// begin has no continuation and no end at the same millisecond or later.
    pub incomplete: Vec<ConversationTruth>,
    /// Connections that sent packets and received none over their whole life, per conversation. A
    /// life of one NIC and 5-tuple goes from a begin to an end; it may lack either, where the data
    /// begins or ends, or where the next begin came first; only lives with at least one
    /// continuation or end are judged. Within one millisecond begins come before continuations,
    /// and these before ends.
    pub one_way: Vec<ConversationTruth>,
    /// Pairs of source and destination with at least 2 distinct destination ports (protocol and
    /// port together), of protocols that have ports.
    pub port_scans: Vec<PairTruth>,
    /// VNet flow logs alone, ordered by subnets and word.
    pub encryption_pairs: Vec<EncryptionTruth>,
    /// Conversations by where their ends are: `Platform` with 168.63.129.16, else `Public` with an
    /// address that is not private, else `IntraVNet` and `InterVNet` where both ends are near ends
    /// of a VNet's flow log, else `OnPremisesPrivate`.
    pub classes: BTreeMap<String, ClassTruth>,
    /// Every file, in the order written: hour by hour, NIC by NIC.
    pub files: Vec<FileTruth>,
    /// The same with each connection once; none where only rows are known.
    #[serde(default)]
    pub resolved: Option<ResolvedTruth>,
    /// Findings that are right, by the behaviours planted.
    #[serde(default)]
    pub behaviours: Vec<BehaviourTruth>,
}

/// Sums over all files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // the names say it; times are Unix ms UTC
pub struct Totals {
    pub files: u64,
    pub files_with_errors: u64,
    pub bytes: u64,
    pub records: u64,
    pub tuples: u64,
    pub malformed: u64,
    pub denied_by_rule: u64,
    /// Denied with a word that says so, or under no rule.
    pub dropped_for_encryption: u64,
    pub packets_sent: u64,
    pub bytes_sent: u64,
    pub packets_received: u64,
    pub bytes_received: u64,
    pub unique_sources: u64,
    pub unique_destinations: u64,
    pub unique_nics: u64,
    /// Distinct (source, destination, destination port, protocol).
    pub conversations: u64,
    pub first_time_ms: Option<i64>,
    pub last_time_ms: Option<i64>,
}

/// A finding that is right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BehaviourTruth {
    /// Name of the rule.
    pub rule: String,
    /// What the finding is about.
    pub entity: String,
    /// False for what may be found as well, but need not be.
    pub required: bool,
    /// First begin and last end of the connections that were planted for it, Unix ms UTC; nothing of what only lists
    /// what is in the log.
    #[serde(default)]
    pub times_ms: Option<(i64, i64)>,
}

/// Tuples of one rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct RuleTruth {
    pub acl: String,
    pub rule: String,
    pub tuples: u64,
    /// Begun tuples, and the allowed ones of NSG version 1.
    pub begun: u64,
    pub denied: u64,
    /// Of the denied ones, dropped for want of encryption.
    pub dropped: u64,
    /// Both ways.
    pub bytes: u64,
    /// Distinct.
    pub sources: u64,
    /// Distinct.
    pub destinations: u64,
    pub first_time_ms: i64,
    pub last_time_ms: i64,
}

/// What one encryption word stands at between two private subnets: of /24, or of /64 (IPv6).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct EncryptionTruth {
    pub source: String,
    pub destination: String,
    pub word: String,
    pub tuples: u64,
    /// Tuples that neither continue nor end.
    pub attempts: u64,
    /// Both ways.
    pub bytes: u64,
}

/// Conversations of one class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ClassTruth {
    pub tuples: u64,
    pub denied: u64,
    pub begins: u64,
    pub conversations: u64,
    pub bytes_sent: u64,
    pub bytes_received: u64,
}

/// Tuples of one host in one role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct HostTruth {
    pub ip: IpAddr,
    pub tuples: u64,
    /// Both ways.
    pub bytes: u64,
}

/// Tuples to one destination port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct PortTruth {
    pub port: u16,
    pub protocol: u8,
    pub tuples: u64,
}

/// A count for one conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ConversationTruth {
    pub source: IpAddr,
    pub destination: IpAddr,
    pub port: u16,
    pub protocol: u8,
    /// Tuples or connections, as the list says.
    pub count: u64,
}

/// Distinct ports one host tried of another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct PairTruth {
    pub source: IpAddr,
    pub destination: IpAddr,
    pub ports: u64,
    /// Tuples of protocols that have ports.
    pub tuples: u64,
    /// Of these, denied.
    pub denied: u64,
}

/// One blob.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct FileTruth {
    /// Blob name, which is the path below the container folder.
    pub name: String,
    pub bytes: u64,
    pub records: u64,
    pub tuples: u64,
    pub malformed: u64,
    pub first_time_ms: Option<i64>,
    pub last_time_ms: Option<i64>,
    /// The blob breaks off; the record it breaks off in is counted.
    pub cut: bool,
}

impl Truth {
    /// Cuts every list but `rules` and `files` to its first `rows` rows; `lengths` keeps the full lengths.
    #[must_use]
    pub fn shorten(mut self, rows: usize) -> Self {
        self.sources.truncate(rows);
        self.destinations.truncate(rows);
        self.ports.truncate(rows);
        for list in [&mut self.denied, &mut self.begins, &mut self.incomplete, &mut self.one_way] {
            list.truncate(rows);
        }
        self.port_scans.truncate(rows);
        if let Some(resolved) = &mut self.resolved {
            resolved.sources.truncate(rows);
            resolved.destinations.truncate(rows);
            resolved.ports.truncate(rows);
        }
        self
    }
}
