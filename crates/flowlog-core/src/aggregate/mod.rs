//! Tables of everything a report speaks of, filled in one pass and merged at the end.
//!
//! An [`Aggregate`] is one worker's: it receives the tuples of whole NICs, each NIC's in time
//! order, so that connections can be joined on the spot. Merging is commutative: the result does
//! not depend on which worker had which NIC. Memory grows with distinct conversations and open
//! connections, not with tuples.

mod conversation;
pub mod evidence;
mod faults;
mod hosts;
mod nic_times;
mod overall;
mod provenance;

use std::collections::BTreeSet;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

pub use conversation::{Allowed, ByConversation, ConversationKey, Denied, Trouble};
pub use faults::{EXAMPLES, Fault, Faults};
pub use hosts::{HostId, Hosts};
pub use nic_times::NicTimes;
pub use overall::{Overall, RuleCounts};
pub use provenance::{Decider, Origin, Provenance};

use crate::connection::{Connection, ConnectionKey, Connections};
use crate::flow::{FlowTuple, State};
use crate::record::{MalformedTuple, RecordContext, Sink};
use evidence::{Evidence, Settled};

/// A NIC's log: its MAC address and the resource whose log it is. Each spelling met has an entry, beside the plain one.
type Stream = (String, String);

/// Everything one worker counted.
#[derive(Default)]
pub struct Aggregate {
    /// Counts that need no key.
    pub overall: Overall,
    /// The distinct addresses.
    pub hosts: Hosts,
    /// What was allowed, by conversation, of the groups that have ended ([`Aggregate::end_group`]).
    pub allowed: ByConversation<Allowed>,
    /// What was denied, by conversation, of the groups that have ended.
    pub denied: ByConversation<Denied>,
    /// Conversations with connections in trouble, of the groups that have ended.
    pub trouble: ByConversation<Trouble>,
    group: Group,
    /// MAC addresses, upper case without separators.
    pub nics: BTreeSet<String>,
    /// Why tuples could not be read.
    pub faults: Faults,
    /// What findings are made from; nothing with [`Aggregate::without_findings`].
    pub evidence: Evidence,
    /// Where tuples come from; nothing without [`Aggregate::with_provenance`].
    pub provenance: Provenance,
    rules: Vec<((String, String), RuleCounts)>,
    rule_ids: HashMap<(String, String), usize, FixedState>,
    current_rule: usize,
    streams: HashMap<Stream, usize, FixedState>,
    connections: Vec<Connections<HostId>>,
    current_stream: usize,
    path: String,
    file_times: Option<(i64, i64)>,
}

impl Aggregate {
    /// Tables that collect no evidence for findings, which takes a third of the time.
    pub fn without_findings() -> Self {
        Self { evidence: Evidence::off(), ..Self::default() }
    }

    /// The same tables, which also keep where tuples come from: what comparisons need.
    #[must_use]
    pub fn with_provenance(self) -> Self {
        Self { provenance: Provenance::collecting(), ..self }
    }

    /// The tuples that follow are of the file `path`.
    pub fn begin_file(&mut self, path: &str) {
        path.clone_into(&mut self.path);
        self.file_times = None;
    }

    /// The file is read. Returns its oldest and newest tuple, Unix ms.
    pub fn end_file(&mut self) -> Option<(i64, i64)> {
        let times = self.file_times.take();
        self.overall.span(times);
        times
    }

    /// No more tuples follow of any NIC met up to now: what is still open stays open. Returns the NICs'
    /// logs met (MAC and resource id), sorted.
    pub fn end_group(&mut self) -> Vec<(String, String)> {
        let mut group = std::mem::take(&mut self.group);
        for (stream, table) in std::mem::take(&mut self.connections).into_iter().enumerate() {
            table.finish(|key, connection| {
                witness(&mut self.evidence, stream, &key, &connection);
                group.settle(key, &connection);
            });
        }
        self.evidence.end_group();
        merge_table(&mut self.allowed, group.allowed, Some, Allowed::add);
        merge_table(&mut self.denied, group.denied, Some, Denied::add);
        merge_table(&mut self.trouble, group.trouble, Some, Trouble::add);
        let mut streams: Vec<Stream> = std::mem::take(&mut self.streams).into_keys().collect();
        streams.sort_unstable();
        streams
    }

    /// Tuples by ACL and rule.
    pub fn rules(&self) -> &[((String, String), RuleCounts)] {
        &self.rules
    }

    /// Adds everything of `other`, whose groups must have ended.
    pub fn merge(&mut self, mut other: Self) {
        other.end_group();
        self.overall.add(&other.overall);
        let ids: Vec<HostId> =
            other.hosts.addresses().iter().map(|&address| self.hosts.id(address)).collect();
        let renamed = |key: ConversationKey| {
            let source = *ids.get(key.source.0 as usize)?;
            let destination = *ids.get(key.destination.0 as usize)?;
            Some(ConversationKey { source, destination, ..key })
        };
        merge_table(&mut self.allowed, other.allowed, renamed, Allowed::add);
        merge_table(&mut self.denied, other.denied, renamed, Denied::add);
        merge_table(&mut self.trouble, other.trouble, renamed, Trouble::add);
        self.provenance.merge(std::mem::take(&mut other.provenance), &ids, renamed);
        self.evidence.classify(self.hosts.addresses());
        self.evidence.merge(std::mem::take(&mut other.evidence), &ids);
        self.nics.append(&mut other.nics);
        self.faults.merge(other.faults);
        for ((acl, rule), counts) in other.rules {
            let id = self.rule_id(&acl, &rule);
            if let Some((_, mine)) = self.rules.get_mut(id) {
                mine.add(&counts);
            }
        }
    }

    fn rule_id(&mut self, acl: &str, rule: &str) -> usize {
        let hash_key = RuleKey(acl, rule);
        if let Some(&id) = self.rule_ids.get(&hash_key) {
            return id;
        }
        let id = self.rules.len();
        let key = (acl.to_owned(), rule.to_owned());
        self.rule_ids.insert(key.clone(), id);
        self.rules.push((key, RuleCounts::default()));
        id
    }

    /// The place of a NIC's log in `connections`, whatever the case and separators it is written with.
    fn stream_id(&mut self, record: &RecordContext<'_>) -> usize {
        let mac = plain_mac(record.mac);
        let stream = (mac.clone(), record.resource.to_ascii_lowercase());
        let connections = &mut self.connections;
        let id = *self.streams.entry(stream).or_insert_with(|| {
            connections.push(Connections::default());
            connections.len() - 1
        });
        self.nics.insert(mac);
        id
    }

    /// Counts a tuple of an allowed connection with a life cycle.
    #[inline]
    fn join(&mut self, tuple: &FlowTuple, source: HostId, destination: HostId) {
        let Some(connections) = self.connections.get_mut(self.current_stream) else {
            return;
        };
        let key = ConnectionKey {
            source,
            destination,
            source_port: tuple.source_port,
            destination_port: tuple.destination_port,
            protocol: tuple.protocol,
        };
        let group = &mut self.group;
        let (evidence, stream) = (&mut self.evidence, self.current_stream);
        connections.add(key, tuple.state, tuple.time_ms, tuple.counters.as_ref(), |key, connection| {
            witness(evidence, stream, &key, &connection);
            group.settle(key, &connection);
        });
    }
}

/// The conversations of the group being read. A table of one NIC stays in the processor's cache, where
/// one of all NICs would cost a wait for memory with every connection.
#[derive(Default)]
struct Group {
    allowed: ByConversation<Allowed>,
    denied: ByConversation<Denied>,
    trouble: ByConversation<Trouble>,
}

impl Group {
    /// Adds a connection that can get no more tuples to its conversation.
    fn settle(&mut self, key: ConnectionKey<HostId>, connection: &Connection) {
        let key = ConversationKey::of(&key);
        self.allowed.entry(key).or_default().add(&Allowed {
            tuples: connection.tuples,
            begins: connection.begins,
            ended: u64::from(connection.ended_ms.is_some()),
            connections: 1,
            counters: connection.counters,
        });
        if let (true, Some(begun)) = (connection.is_incomplete(), connection.begun_ms) {
            let trouble = self.trouble.entry(key).or_default();
            trouble.incomplete += 1;
            trouble.incomplete_last_ms = trouble.incomplete_last_ms.max(begun);
        } else if connection.is_one_way() {
            let trouble = self.trouble.entry(key).or_default();
            trouble.one_way += 1;
            trouble.one_way_counters.add(&connection.counters);
        }
    }
}

/// Hands a connection of the log `stream` to the evidence.
fn witness(evidence: &mut Evidence, stream: usize, key: &ConnectionKey<HostId>, connection: &Connection) {
    if evidence.is_off() {
        return;
    }
    let side = evidence.side(stream, key.source);
    evidence.settle(&Settled::new(key, connection, side));
}

fn merge_table<T>(
    mine: &mut ByConversation<T>,
    other: ByConversation<T>,
    key_here: impl Fn(ConversationKey) -> Option<ConversationKey>,
    add: impl Fn(&mut T, &T),
) {
    // Keys come in the order of their hashes: without room for all, they would pile up in one place.
    mine.reserve(other.len());
    for (key, value) in other {
        if let Some(key) = key_here(key) {
            mine.entry(key).and_modify(|present| add(present, &value)).or_insert(value);
        }
    }
}

/// Looks up `(String, String)` keys without owning the strings.
#[derive(Hash)]
struct RuleKey<'a>(&'a str, &'a str);

impl hashbrown::Equivalent<(String, String)> for RuleKey<'_> {
    fn equivalent(&self, key: &(String, String)) -> bool {
        self.0 == key.0 && self.1 == key.1
    }
}

impl Sink for Aggregate {
    fn record(&mut self, record: &RecordContext<'_>) {
        self.provenance.record(record.mac);
        let stream = RuleKey(record.mac, record.resource);
        self.current_stream = if let Some(&known) = self.streams.get(&stream) {
            known
        } else {
            let spelling = (record.mac.to_owned(), record.resource.to_owned());
            let id = self.stream_id(record);
            *self.streams.entry(spelling).or_insert(id)
        };
        if let (Some(now), Some(connections)) =
            (record.time_ms, self.connections.get_mut(self.current_stream))
        {
            let group = &mut self.group;
            let (evidence, stream) = (&mut self.evidence, self.current_stream);
            connections.advance(now, |key, connection| {
                witness(evidence, stream, &key, &connection);
                group.settle(key, &connection);
            });
        }
    }

    fn rule(&mut self, acl: &str, rule: &str) {
        self.current_rule = self.rule_id(acl, rule);
        self.provenance.rule(acl, rule);
    }

    #[inline]
    fn tuple(&mut self, tuple: &FlowTuple) {
        self.overall.count(tuple);
        let time = tuple.time_ms;
        self.file_times = Some(self.file_times.map_or((time, time), |(a, b)| (a.min(time), b.max(time))));
        if let Some((_, counts)) = self.rules.get_mut(self.current_rule) {
            counts.count(tuple);
        }
        let source = self.hosts.id(tuple.source);
        let destination = self.hosts.id(tuple.destination);
        let key =
            ConversationKey { source, destination, port: tuple.destination_port, protocol: tuple.protocol };
        self.evidence.see(self.current_stream, tuple, source, destination);
        self.provenance.see(tuple, key);
        match tuple.state {
            State::Deny => {
                self.evidence.deny(tuple, source, destination);
                let once = Denied::once(time, tuple.direction);
                self.group.denied.entry(key).and_modify(|denied| denied.add(&once)).or_insert(once);
            }
            State::Allow => self.group.allowed.entry(key).or_default().add(&Allowed {
                tuples: 1,
                connections: 1,
                ..Allowed::default()
            }),
            State::Begin | State::Continue | State::End => self.join(tuple, source, destination),
        }
    }

    fn malformed(&mut self, tuple: &MalformedTuple<'_>) {
        self.faults.count(&self.path, tuple);
    }
}

/// Upper case hex digits only, as Azure writes MAC addresses in VNet flow logs.
pub fn plain_mac(mac: &str) -> String {
    mac.chars().filter(|c| !matches!(c, '-' | ':' | '.')).collect::<String>().to_ascii_uppercase()
}
