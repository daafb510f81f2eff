//! Tables of everything a report speaks of, filled in one pass and merged at the end.
//!
//! An [`Aggregate`] is one worker's. It reads group by group ([`Group`]): the files of a NIC, in time
//! order, so that connections can be joined on the spot. A group can be put aside between two of its
//! files and taken up again, by any worker. Merging is commutative: the result does not depend on
//! which worker read what. Memory grows with distinct conversations and open connections, not with tuples.

mod conversation;
mod coverage;
mod duplicates;
mod encryption;
pub mod evidence;
mod faults;
mod group;
mod hosts;
mod ids;
mod near;
mod nic_times;
mod outcomes;
mod overall;
mod provenance;
mod rules;
mod settle;
mod words;

use std::collections::BTreeSet;
use std::net::IpAddr;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

pub use conversation::{Allowed, ByConversation, ConversationKey, Denied, Trouble};
pub use coverage::{HOUR_MS, HourCounts, LogCoverage};
pub use duplicates::Duplicates;
pub use encryption::{EncryptedPairs, PairCounts, WordCounts};
pub use faults::{EXAMPLE_CHARS, EXAMPLES, Fault, Faults};
pub use group::{Group, plain_mac};
pub use hosts::{HostId, Hosts};
pub use ids::IdSet;
pub use near::NearEnds;
pub use nic_times::NicTimes;
pub use outcomes::{OutcomeCounts, Outcomes};
pub use overall::Overall;
pub use provenance::{Origin, Provenance};
pub use rules::{ADMIN_PORTS, LetIn, LetInKey, RuleClass, RuleCounts, Rules, plain_rule};
pub use words::{MAX_WORDS, UnknownWords};

use crate::connection::{ConnectionKey, Sighting};
use crate::flow::{Direction, Encryption, FlowTuple, OwnNetworks, State};
use crate::record::{MalformedTuple, RecordContext, Sink};
use evidence::Evidence;
use group::{NicLog, Tables};
use near::{Ends, NearLog};
use settle::{Lists, OwnHosts, ReadLog, Settlement, Settling};

/// What is collected beside the tables of the report.
#[derive(Clone, Debug, Default)]
#[allow(clippy::struct_excessive_bools)] // each is asked for by itself
pub struct Collecting {
    /// What findings are made from; takes a third of the time.
    pub findings: bool,
    /// Sightings of connections that other logs may tell of, too.
    pub sightings: bool,
    /// Every connection, for an export.
    pub connections: bool,
    /// Where tuples come from: what comparisons need.
    pub provenance: bool,
    /// Own hosts with addresses that are not private, as far as they are known before reading.
    pub own_public: Vec<IpAddr>,
    /// Some NIC passes on traffic of others ([`NearEnds::forwards`]): any connection may stand in several logs.
    pub forwards: bool,
    /// Networks that the person says are own.
    pub own: OwnNetworks,
}

/// Everything one worker counted.
#[derive(Default)]
pub struct Aggregate {
    /// Counts that need no key.
    pub overall: Overall,
    /// What was allowed, by conversation, of the groups that have ended ([`Aggregate::end_group`]).
    pub allowed: ByConversation<Allowed>,
    /// What was denied, by conversation, of the groups that have ended.
    pub denied: ByConversation<Denied>,
    /// Conversations with connections in trouble, of the groups that have ended.
    pub trouble: ByConversation<Trouble>,
    /// Connections by outcome.
    pub outcomes: Outcomes,
    /// What was taken out of the tables since several logs tell of it ([`Aggregate::take_out`]).
    pub duplicates: OutcomeCounts,
    /// What there is of each NIC's log, of the groups that have ended.
    pub coverage: Vec<LogCoverage>,
    /// MAC addresses, upper case without separators.
    pub nics: BTreeSet<String>,
    /// Why tuples could not be read.
    pub faults: Faults,
    /// Encryption words that this version does not know.
    pub words: UnknownWords,
    /// The distinct addresses.
    pub hosts: Hosts,
    /// What findings are made from, if it is collected.
    pub evidence: Evidence,
    /// The same of logs whose NIC has several near ends, some of which may be other NICs'.
    set_aside: Vec<(Ends, Evidence)>,
    /// What each rule decided.
    pub rules: Rules,
    /// Whose NIC wrote what.
    pub near: NearEnds,
    /// Encryption between subnets.
    pub encryption: EncryptedPairs,
    /// Where tuples come from, if it is collected.
    pub provenance: Provenance,
    group: Group,
    settled: Settlement,
    path: String,
    file_times: Option<(i64, i64)>,
}

impl Aggregate {
    /// Tables that collect what `collecting` says, and number hosts together with `hosts`.
    pub fn new(collecting: &Collecting, hosts: &Hosts) -> Self {
        let hosts = hosts.beside();
        let settled = Settlement {
            sightings: collecting.sightings.then(Lists::default),
            connections: collecting.connections.then(Lists::default),
            forwards: collecting.forwards,
            own: OwnHosts::new(collecting.own.clone(), &collecting.own_public),
        };
        let evidence = if collecting.findings { Evidence::default() } else { Evidence::off() };
        let provenance = if collecting.provenance { Provenance::collecting() } else { Provenance::default() };
        let encryption = EncryptedPairs::new(collecting.own.clone(), &collecting.own_public);
        Self { hosts, evidence, encryption, provenance, settled, ..Self::default() }
    }

    /// Tuples of a conversation that a rule denied: without those dropped for want of encryption.
    pub fn denied_by_rule(&self, key: &ConversationKey, denied: &Denied) -> u64 {
        denied.tuples.saturating_sub(self.encryption.dropped.get(key).copied().unwrap_or_default())
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

    /// The files that follow are of `group`.
    pub fn begin_group(&mut self, group: Group) {
        self.group = group;
    }

    /// The files that follow are of another group; this one goes on later, with records from `next_ms` (Unix ms) on.
    pub fn put_aside(&mut self, next_ms: i64) -> Group {
        let mut group = std::mem::take(&mut self.group);
        for log in &mut group.logs {
            let read = log.read(group.logged_twice, next_ms);
            let NicLog { connections, evidence, near, coverage, .. } = log;
            let mut settling = self.settling(&mut group.tables, evidence, near, coverage, read);
            connections.sweep(next_ms, |key, connection| settling.take(&key, &connection));
        }
        self.empty(&mut group.tables);
        group
    }

    /// No more tuples follow of this group: what is still open stays open. Returns its logs' names (MAC
    /// and resource id), sorted.
    pub fn end_group(&mut self) -> Vec<(String, String)> {
        let mut group = std::mem::take(&mut self.group);
        let names = group.names();
        self.hosts.refresh();
        for mut log in std::mem::take(&mut group.logs) {
            let read = log.read(group.logged_twice, log.newest_ms);
            let NicLog { connections, evidence, near, coverage, .. } = &mut log;
            let mut settling = self.settling(&mut group.tables, evidence, near, coverage, read);
            connections.finish(|key, connection| settling.take(&key, &connection));
            self.end_log(log);
        }
        self.empty(&mut group.tables);
        names
    }

    fn end_log(&mut self, mut log: NicLog) {
        log.coverage.put_away();
        let ends = log.near.finish(&self.hosts);
        self.near.end_log(&log.coverage.resource, &ends);
        if ends.several {
            self.set_aside.push((ends, log.evidence));
        } else {
            self.evidence.merge(log.evidence);
        }
        self.nics.insert(log.coverage.mac.clone());
        self.coverage.push(log.coverage);
    }

    /// All logs have been read: of what one NIC only passes on, the NICs at its ends have the evidence, if their logs
    /// are here.
    pub fn end_logs(&mut self) {
        for (ends, mut evidence) in std::mem::take(&mut self.set_aside) {
            evidence.leave_to_others(&ends, &self.near);
            self.evidence.merge(evidence);
        }
    }

    /// Moves a group's counts by conversation into those of all groups.
    fn empty(&mut self, tables: &mut Tables) {
        let Tables { allowed, denied, trouble } = std::mem::take(tables);
        merge_table(&mut self.allowed, allowed, Allowed::add);
        merge_table(&mut self.denied, denied, Denied::add);
        merge_table(&mut self.trouble, trouble, Trouble::add);
    }

    /// Sightings since the last call, if they are collected.
    pub fn take_sightings(&mut self) -> Vec<Vec<Sighting<HostId>>> {
        self.settled.sightings.as_mut().map(Lists::take).unwrap_or_default()
    }

    /// Connections since the last call that no other log can tell of, if they are collected.
    pub fn take_connections(&mut self) -> Vec<Sighting<HostId>> {
        self.settled.connections.as_mut().map(Lists::take).unwrap_or_default().concat()
    }

    /// Adds everything of `other`, which numbers hosts together with this one and whose groups have ended.
    pub fn merge(&mut self, mut other: Self) {
        self.overall.add(&other.overall);
        merge_table(&mut self.allowed, other.allowed, Allowed::add);
        merge_table(&mut self.denied, other.denied, Denied::add);
        merge_table(&mut self.trouble, other.trouble, Trouble::add);
        self.outcomes.add(&other.outcomes);
        self.duplicates.add(&other.duplicates);
        self.coverage.append(&mut other.coverage);
        self.evidence.merge(other.evidence);
        self.set_aside.extend(other.set_aside);
        self.provenance.merge(other.provenance);
        self.hosts.refresh();
        self.nics.append(&mut other.nics);
        self.faults.merge(other.faults);
        self.words.merge(other.words);
        self.rules.merge(other.rules);
        self.near.merge(other.near);
        self.encryption.merge(other.encryption);
    }

    fn settling<'a>(
        &'a mut self,
        tables: &'a mut Tables,
        evidence: &'a mut Evidence,
        near: &'a mut NearLog,
        coverage: &'a LogCoverage,
        log: ReadLog,
    ) -> Settling<'a> {
        let evidence = (!self.evidence.is_off()).then_some(evidence);
        let Self { outcomes, settled, hosts, .. } = self;
        Settling { tables, evidence, near, coverage, outcomes, settled, hosts, log }
    }
}

fn merge_table<K: Eq + std::hash::Hash, T>(
    mine: &mut HashMap<K, T, RandomState>,
    other: HashMap<K, T, RandomState>,
    add: impl Fn(&mut T, &T),
) {
    if mine.is_empty() {
        *mine = other;
        return;
    }
    // Keys come in the order of their hashes: without room for all, they would pile up in one place.
    mine.reserve(other.len());
    for (key, value) in other {
        mine.entry(key).and_modify(|present| add(present, &value)).or_insert(value);
    }
}

impl Sink for Aggregate {
    fn record(&mut self, record: &RecordContext<'_>) {
        self.provenance.record(record.mac);
        let is_off = self.evidence.is_off();
        let Self { group, outcomes, settled, hosts, .. } = self;
        group.enter(record);
        let Group { tables, logs, current, logged_twice, .. } = group;
        let Some(log) = logs.get_mut(*current) else { return };
        log.coverage.record(record);
        if let Some(now) = record.time_ms {
            let read = log.read(*logged_twice, now);
            let NicLog { connections, evidence, near, coverage, .. } = log;
            let evidence = (!is_off).then_some(evidence);
            let mut settling =
                Settling { tables, evidence, near, coverage, outcomes, settled, hosts, log: read };
            connections.advance(now, |key, connection| settling.take(&key, &connection));
        }
    }

    fn rule(&mut self, acl: &str, rule: &str) {
        self.rules.select(acl, rule);
        self.provenance.rule(acl, rule);
    }

    fn encryption_word(&mut self, word: &str) {
        self.words.count(word);
    }

    #[inline]
    fn tuple(&mut self, tuple: &FlowTuple) {
        self.overall.count(tuple);
        let time = tuple.time_ms;
        self.file_times = Some(self.file_times.map_or((time, time), |(a, b)| (a.min(time), b.max(time))));
        let source = self.hosts.id(tuple.source);
        let destination = self.hosts.id(tuple.destination);
        let dropped = self.rules.is_dropped(tuple);
        self.overall.dropped += u64::from(dropped);
        self.rules.count(tuple, source, destination, dropped);
        self.encryption.count(tuple, source, destination, &self.hosts);
        self.provenance.see(tuple, source, destination);
        let is_off = self.evidence.is_off();
        let stateless = tuple.encryption == Encryption::NotRecorded && self.rules.lets_in_by_user_rule(tuple);
        let Self { group, outcomes, settled, hosts, encryption, .. } = self;
        let Group { tables, logs, current, logged_twice, .. } = group;
        let Some(log) = logs.get_mut(*current) else { return };
        log.coverage.count(tuple.state);
        log.newest_ms = log.newest_ms.max(time);
        if !is_off {
            log.evidence.see(tuple, source, destination);
        }
        if tuple.state == State::Allow {
            let key = ConversationKey {
                source,
                destination,
                port: tuple.destination_port,
                protocol: tuple.protocol,
            };
            let once = Allowed { tuples: 1, connections: 1, ..Allowed::default() };
            tables.allowed.entry(key).or_default().add(&once);
            let inbound = tuple.direction == Direction::Inbound;
            let (near, far) = if inbound { (destination, source) } else { (source, destination) };
            log.near.see(near, far, 1, hosts);
            return;
        }
        if dropped {
            let key = ConversationKey {
                source,
                destination,
                port: tuple.destination_port,
                protocol: tuple.protocol,
            };
            encryption.drop(key);
        } else if tuple.state == State::Deny && log.is_evidence && !is_off {
            log.evidence.deny(tuple, source, destination, hosts);
        }
        let key = ConnectionKey {
            source,
            destination,
            source_port: tuple.source_port,
            destination_port: tuple.destination_port,
            protocol: tuple.protocol,
        };
        log.has_ends |= stateless && tuple.state != State::Begin;
        let read = log.read(*logged_twice, time);
        let NicLog { connections, evidence, near, coverage, .. } = log;
        let evidence = (!is_off).then_some(evidence);
        let mut settling = Settling { tables, evidence, near, coverage, outcomes, settled, hosts, log: read };
        if stateless && tuple.state == State::Begin {
            connections.add_stateless(key, tuple, |key, connection| settling.take(&key, &connection));
        } else {
            connections.add(key, tuple, |key, connection| settling.take(&key, &connection));
        }
    }

    fn malformed(&mut self, tuple: &MalformedTuple<'_>) {
        self.faults.count(&self.path, tuple);
    }
}
