//! The files that are read one after the other because they belong together: mostly those of one NIC.

use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashSet};

use super::conversation::{Allowed, ByConversation, ConversationKey, Denied, Trouble};
use super::coverage::{HOUR_MS, LogCoverage};
use super::evidence::Evidence;
use super::hosts::HostId;
use super::near::NearLog;
use super::settle::ReadLog;
use crate::connection::{Connection, ConnectionKey, Connections, LogId, Outcome};
use crate::flow::Direction;
use crate::record::{LogKind, RecordContext};

/// A NIC's log: MAC address, resource and kind. Each spelling met has an entry, beside the plain one.
type LogName = (String, String, LogKind);

/// What is known of a group while its files are read; between two of them it can be put aside.
///
/// Its tables are its own: those of one NIC stay in the processor's cache, where those of all NICs
/// would cost a wait for memory with every connection.
#[derive(Default)]
pub struct Group {
    pub(super) tables: Tables,
    pub(super) logs: Vec<NicLog>,
    pub(super) current: usize,
    names: HashMap<LogName, usize, RandomState>,
    /// Two flow logs of the same NIC are in it (VNet and NSG): connections stand in both.
    pub(super) logged_twice: bool,
    /// Hours (Unix ms / [`HOUR_MS`]) that the `VNet` log of a NIC (MAC address) has files of.
    vnet_hours: HashMap<String, HashSet<i64, RandomState>, RandomState>,
}

impl Group {
    /// A group in which one NIC has two kinds of logs. `vnet_hours`: MAC addresses (upper case without separators)
    /// and the hours (Unix ms / [`HOUR_MS`]) their `VNet` logs have files of.
    pub fn logged_twice(vnet_hours: impl IntoIterator<Item = (String, i64)>) -> Self {
        let mut group = Self { logged_twice: true, ..Self::default() };
        for (mac, hour) in vnet_hours {
            group.vnet_hours.entry(mac).or_default().insert(hour);
        }
        group
    }

    /// Makes the record's log the current one.
    pub(super) fn enter(&mut self, record: &RecordContext<'_>) {
        let known = self.names.get(&NameRef(record.mac, record.resource, record.kind)).copied();
        self.current = known.unwrap_or_else(|| self.learn(record));
        if self.logged_twice
            && record.kind == LogKind::Nsg
            && let Some(log) = self.logs.get_mut(self.current)
        {
            let hour = record.time_ms.map(|time_ms| time_ms.div_euclid(HOUR_MS));
            let hours = self.vnet_hours.get(&log.coverage.mac);
            log.is_evidence = !hour.zip(hours).is_some_and(|(hour, hours)| hours.contains(&hour));
        }
    }

    /// The place of a log, whatever the case and separators its names are written with.
    fn learn(&mut self, record: &RecordContext<'_>) -> usize {
        let mac = plain_mac(record.mac);
        let plain = (mac, record.resource.to_ascii_lowercase(), record.kind);
        let logs = &mut self.logs;
        let place = *self.names.entry(plain).or_insert_with_key(|name| {
            logs.push(NicLog {
                id: LogId::new(&name.0, &name.1, name.2),
                connections: Connections::default(),
                near: NearLog::default(),
                coverage: LogCoverage::of(&name.0, &name.1, name.2),
                evidence: Evidence::default(),
                newest_ms: i64::MIN,
                is_evidence: true,
                has_ends: false,
            });
            logs.len() - 1
        });
        let spelling = (record.mac.to_owned(), record.resource.to_owned(), record.kind);
        *self.names.entry(spelling).or_insert(place)
    }

    /// The logs' names (MAC and resource id), sorted.
    pub(super) fn names(&self) -> Vec<(String, String)> {
        let name = |log: &NicLog| (log.coverage.mac.clone(), log.coverage.resource.clone());
        let mut names: Vec<_> = self.logs.iter().map(name).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// One NIC's log while it is read.
pub(super) struct NicLog {
    pub(super) id: LogId,
    pub(super) connections: Connections<HostId>,
    pub(super) near: NearLog,
    pub(super) coverage: LogCoverage,
    /// What findings are made from, until it is known whether the NIC only passes it on.
    pub(super) evidence: Evidence,
    /// Its newest tuple, Unix ms.
    pub(super) newest_ms: i64,
    /// Findings are made from it, too: not from the NSG log of an hour that the `VNet` log has, which says more.
    pub(super) is_evidence: bool,
    /// It had continuations or ends of what an NSG's own rule for inbound TCP let in: not of version 2 without
    /// `FlowTimeoutInMinutes`, which has none.
    pub(super) has_ends: bool,
}

impl NicLog {
    /// What is to be known of it where its connections are settled.
    #[inline]
    pub(super) fn read(&self, logged_twice: bool, until_ms: i64) -> ReadLog {
        let Self { id, is_evidence, has_ends, .. } = *self;
        ReadLog { id, until_ms, logged_twice, is_evidence, has_ends }
    }
}

/// Counts by conversation.
#[derive(Default)]
pub(super) struct Tables {
    pub(super) allowed: ByConversation<Allowed>,
    pub(super) denied: ByConversation<Denied>,
    pub(super) trouble: ByConversation<Trouble>,
}

impl Tables {
    /// Adds a connection that can get no more tuples to its conversation.
    #[inline]
    pub(super) fn settle(&mut self, key: &ConnectionKey<HostId>, connection: &Connection, outcome: Outcome) {
        let key = ConversationKey::of(key);
        if outcome == Outcome::Denied {
            let inbound = connection.direction == Direction::Inbound;
            let once = Denied {
                tuples: connection.tuples(),
                attempts: 1,
                first_ms: connection.first_ms,
                last_ms: connection.last_ms,
                inbound,
                outbound: !inbound,
            };
            self.denied.entry(key).and_modify(|denied| denied.add(&once)).or_insert(once);
            return;
        }
        self.allowed.entry(key).or_default().add(&Allowed {
            tuples: connection.tuples(),
            begins: connection.begins(),
            ended: if connection.begins() > 0 && connection.ended_ms().is_some() {
                connection.count()
            } else {
                0
            },
            connections: connection.count(),
            counters: connection.counters,
        });
        if outcome == Outcome::Stateless {
            self.trouble.entry(key).or_default().stateless += 1;
        } else if let (true, Some(begun)) = (connection.is_incomplete(), connection.begun_ms()) {
            let trouble = self.trouble.entry(key).or_default();
            trouble.incomplete += 1;
            trouble.incomplete_last_ms = trouble.incomplete_last_ms.max(begun);
        } else if connection.is_one_way() {
            let trouble = self.trouble.entry(key).or_default();
            trouble.one_way += connection.count();
            trouble.one_way_counters.add(&connection.counters);
        }
    }
}

/// Looks up [`LogName`]s without owning the strings.
#[derive(Hash)]
struct NameRef<'a>(&'a str, &'a str, LogKind);

impl hashbrown::Equivalent<LogName> for NameRef<'_> {
    fn equivalent(&self, key: &LogName) -> bool {
        self.0 == key.0 && self.1 == key.1 && self.2 == key.2
    }
}

/// Upper case hex digits only, as Azure writes MAC addresses in VNet flow logs.
pub fn plain_mac(mac: &str) -> String {
    mac.chars().filter(|c| !matches!(c, '-' | ':' | '.')).collect::<String>().to_ascii_uppercase()
}
