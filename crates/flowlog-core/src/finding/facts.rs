//! The tables as detectors need them, gathered in one pass.

use std::collections::BTreeMap;
use std::net::IpAddr;

use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashSet};

use super::thresholds::Thresholds;
use super::{EVIDENCE_ROWS, EvidenceRow};
use crate::aggregate::evidence::{Contact, Evidence};
use crate::aggregate::{Aggregate, Allowed, ConversationKey, HostId};
use crate::flow::{AddressClass, OwnNetwork, Protocol, State};
use crate::text::bytes;

/// A conversation with connections that were denied, refused or unanswered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failure {
    pub(super) key: ConversationKey,
    pub(super) first_ms: i64,
    pub(super) last_ms: i64,
    /// Denied packets or failed connections, whichever are more.
    pub(super) count: u64,
}

/// What a host of the internet failed to reach.
#[derive(Clone, Debug, Default)]
pub(super) struct Knocks {
    /// Distinct destinations, ports and protocols.
    pub(super) conversations: u64,
    /// Denied packets and failed connections.
    pub(super) attempts: u64,
    /// Distinct destinations.
    pub(super) hosts: HashSet<HostId, RandomState>,
    /// First and last of them, Unix ms.
    pub(super) times: (i64, i64),
}

impl Knocks {
    fn add(&mut self, failure: &Failure) {
        self.times = match self.conversations {
            0 => (failure.first_ms, failure.last_ms),
            _ => (self.times.0.min(failure.first_ms), self.times.1.max(failure.last_ms)),
        };
        self.conversations += 1;
        self.attempts = self.attempts.saturating_add(failure.count);
        self.hosts.insert(failure.key.destination);
    }
}

pub(super) struct Facts<'a> {
    pub(super) tables: &'a Aggregate,
    pub(super) evidence: &'a Evidence,
    pub(super) thresholds: &'a Thresholds,
    /// First and last tuple, Unix ms.
    pub(super) times: (i64, i64),
    /// Failures of internal sources.
    pub(super) failures: Vec<Failure>,
    /// Failures of hosts of the internet, by source.
    pub(super) knocks: HashMap<HostId, Knocks, RandomState>,
    /// Allowed conversations from internal hosts to the internet.
    pub(super) outbound: Vec<(ConversationKey, &'a Allowed)>,
    /// Allowed conversations from the internet to internal hosts.
    pub(super) inbound: Vec<(ConversationKey, &'a Allowed)>,
    /// Each host of the internet with each own host it has a conversation with, whoever began it; sorted.
    users: Vec<(HostId, HostId)>,
    talkers: usize,
    /// First contacts by source, in order of time.
    pub(super) contacts: BTreeMap<HostId, Vec<(HostId, Contact)>>,
    kinds: Vec<Kind>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Internal,
    Internet,
    Other,
}

impl<'a> Facts<'a> {
    pub(super) fn new(tables: &'a Aggregate, thresholds: &'a Thresholds) -> Self {
        let evidence = &tables.evidence;
        let own: Vec<OwnNetwork> = thresholds.internal.iter().filter_map(|text| text.parse().ok()).collect();
        let kind = |(host, &address): (HostId, &IpAddr)| {
            let named = || own.iter().any(|own| own.network.contains(address));
            match AddressClass::of(address) {
                AddressClass::Platform | AddressClass::Multicast | AddressClass::Broadcast => Kind::Other,
                // What a NIC logs as its own, or the person names, is own whatever its class.
                class if class.is_private() || tables.near.is_own(host) || named() => Kind::Internal,
                AddressClass::Public | AddressClass::Documentation => Kind::Internet,
                _ => Kind::Other,
            }
        };
        let mut facts = Self {
            tables,
            evidence,
            thresholds,
            times: tables.overall.times.unwrap_or_default(),
            failures: Vec::new(),
            knocks: HashMap::default(),
            outbound: Vec::new(),
            inbound: Vec::new(),
            users: Vec::new(),
            talkers: 0,
            contacts: BTreeMap::new(),
            kinds: (0..).map(HostId).zip(tables.hosts.addresses()).map(kind).collect(),
        };
        facts.gather_failures();
        facts.gather_allowed();
        for (&(source, destination), &contact) in &evidence.contacts {
            if facts.is_internal(source) {
                facts.contacts.entry(source).or_default().push((destination, contact));
            }
        }
        facts
    }

    fn gather_failures(&mut self) {
        let tables = self.tables;
        let failed = &self.evidence.failed;
        // What was dropped for want of encryption is no failure of the source: the network lacks something.
        let by_rule = |key: &ConversationKey| {
            tables.denied.get(key).is_some_and(|denied| tables.denied_by_rule(key, denied) > 0)
        };
        for (key, denied) in &tables.denied {
            let count = tables.denied_by_rule(key, denied);
            if count == 0 {
                continue;
            }
            let mut failure =
                Failure { key: *key, first_ms: denied.first_ms, last_ms: denied.last_ms, count };
            if let Some(other) = failed.get(key).and_then(|_| self.failed(key)) {
                failure.first_ms = failure.first_ms.min(other.first_ms);
                failure.last_ms = failure.last_ms.max(other.last_ms);
                failure.count = failure.count.max(other.count);
            }
            self.take_failure(&failure);
        }
        for key in failed.keys().filter(|key| !by_rule(key)) {
            if let Some(failure) = self.failed(key) {
                self.take_failure(&failure);
            }
        }
        let mut failures = std::mem::take(&mut self.failures);
        failures.sort_unstable_by_key(|failure| (failure.first_ms, self.order(&failure.key)));
        self.failures = failures;
    }

    fn take_failure(&mut self, failure: &Failure) {
        if self.is_late(&failure.key) {
            return;
        }
        if self.is_internal(failure.key.source) {
            self.failures.push(*failure);
        } else if self.is_internet(failure.key.source) {
            self.knocks.entry(failure.key.source).or_default().add(failure);
        }
    }

    /// Packets of a server to the ports of a client that has called it: they came when the client was gone.
    fn is_late(&self, key: &ConversationKey) -> bool {
        self.evidence.from_service.get(key).is_some_and(|&port| {
            let ConversationKey { source, destination, protocol, .. } = *key;
            let call = ConversationKey { source: destination, destination: source, port, protocol };
            port > 0 && self.tables.allowed.contains_key(&call)
        })
    }

    /// What failed without being denied. Where a log holds no ends at all, silence says nothing.
    fn failed(&self, key: &ConversationKey) -> Option<Failure> {
        let failed = self.evidence.failed.get(key)?;
        let mut count = failed.failed.iter().copied().max().unwrap_or_default();
        let (mut first_ms, mut last_ms) = failed.times;
        if self.ends_are_logged() && key.protocol == Protocol::TCP {
            count += failed.silent.iter().copied().max().unwrap_or_default();
            first_ms = first_ms.min(failed.silent_times.0);
            last_ms = last_ms.max(failed.silent_times.1);
        }
        (count > 0).then_some(Failure { key: *key, first_ms, last_ms, count })
    }

    /// Some of its connections that were let through were refused or not answered.
    pub(super) fn has_failed(&self, key: &ConversationKey) -> bool {
        self.failed(key).is_some()
    }

    /// Some connection's end is in the data: what never ended is not only unseen.
    pub(super) fn ends_are_logged(&self) -> bool {
        self.tables.overall.state(State::End) > 0
    }

    fn gather_allowed(&mut self) {
        let tables = self.tables;
        for (key, allowed) in &tables.allowed {
            let (from, to) = (self.kind(key.source), self.kind(key.destination));
            match (from, to) {
                (Kind::Internal, Kind::Internet) => {
                    self.outbound.push((*key, allowed));
                    self.users.push((key.destination, key.source));
                }
                (Kind::Internet, Kind::Internal) => {
                    self.inbound.push((*key, allowed));
                    self.users.push((key.source, key.destination));
                }
                _ => {}
            }
        }
        self.users.sort_unstable();
        self.users.dedup();
        let mut talkers: Vec<HostId> = self.outbound.iter().map(|(key, _)| key.source).collect();
        talkers.sort_unstable();
        talkers.dedup();
        self.talkers = talkers.len();
    }

    /// Own hosts that have a conversation with a host of the internet, whoever began it.
    pub(super) fn users(&self, internet: HostId) -> usize {
        let of = |least: u32| self.users.partition_point(|&(host, _)| host.0 < least);
        of(internet.0.saturating_add(1)) - of(internet.0)
    }

    /// Connections of a conversation that got payload back.
    pub(super) fn answered(&self, key: &ConversationKey) -> u64 {
        let activity = self.evidence.activity.get(key);
        activity.map_or(0, |activity| activity.answered.iter().copied().max().unwrap_or_default())
    }

    /// First and last time of these conversations' connections; of those answered, if `answered`. The data's
    /// own where nothing is known (NSG flow logs version 1 have no connections).
    pub(super) fn times_of<'k>(
        &self,
        keys: impl Iterator<Item = &'k ConversationKey>,
        answered: bool,
    ) -> (i64, i64) {
        let mut times = (i64::MAX, i64::MIN);
        for activity in keys.filter_map(|key| self.evidence.activity.get(key)) {
            let (first, last) = if answered { activity.answered_times } else { activity.times };
            times = (times.0.min(first), times.1.max(last));
        }
        if times.0 > times.1 { self.times } else { times }
    }

    fn kind(&self, host: HostId) -> Kind {
        self.kinds.get(host.0 as usize).copied().unwrap_or(Kind::Other)
    }

    /// Private, the near end of a logged NIC, or named as own.
    pub(super) fn is_internal(&self, host: HostId) -> bool {
        self.kind(host) == Kind::Internal
    }

    /// A host of the internet that is not one's own.
    pub(super) fn is_internet(&self, host: HostId) -> bool {
        self.kind(host) == Kind::Internet
    }

    pub(super) fn address(&self, host: HostId) -> Option<IpAddr> {
        self.tables.hosts.address(host)
    }

    pub(super) fn name(&self, host: HostId) -> String {
        self.address(host).map(|address| address.to_string()).unwrap_or_default()
    }

    /// What ties are broken by: numbers of hosts depend on who met them first, addresses do not.
    pub(super) fn order(&self, key: &ConversationKey) -> (Option<IpAddr>, Option<IpAddr>, u16, Protocol) {
        (self.address(key.source), self.address(key.destination), key.port, key.protocol)
    }

    pub(super) fn span_ms(&self) -> i64 {
        self.times.1 - self.times.0
    }

    /// Internal hosts that call the internet.
    pub(super) fn talkers(&self) -> usize {
        self.talkers
    }

    /// A conversation from the internet that was let through and answered, as a row of evidence.
    pub(super) fn let_through(&self, key: &ConversationKey, allowed: &Allowed) -> EvidenceRow {
        let what = format!("connections let through, {} came back", bytes(allowed.counters.bytes_received));
        self.row(key, allowed.connections, what)
    }

    pub(super) fn row(&self, key: &ConversationKey, count: u64, what: impl Into<String>) -> EvidenceRow {
        EvidenceRow {
            source: self.name(key.source),
            destination: self.name(key.destination),
            port: key.protocol.has_ports().then_some(key.port),
            protocol: key.protocol.0,
            count,
            what: what.into(),
        }
    }
}

/// The heaviest rows, and how many there are.
pub(super) fn shown(mut rows: Vec<EvidenceRow>) -> (Vec<EvidenceRow>, u64) {
    let all = rows.len() as u64;
    rows.sort_by(|a, b| {
        let key = |row: &EvidenceRow| (row.source.clone(), row.destination.clone(), row.port, row.protocol);
        b.count.cmp(&a.count).then_with(|| key(a).cmp(&key(b)))
    });
    rows.truncate(EVIDENCE_ROWS);
    (rows, all)
}
