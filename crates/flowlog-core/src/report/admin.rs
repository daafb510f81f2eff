//! What was let in from the internet to ports for administration.

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use serde::Serialize;

use super::distinct::{Distinct, Members};
use super::name::service;
use crate::flow::{OwnNetworks, Protocol};
use crate::state::{ADMIN_PORTS, HostId, LetIn, LetInKey, RuleClass, Summary};

/// A rule that let the internet in to a port for administration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AdminAccessRow {
    /// As in [`RuleRow::acl`](super::RuleRow::acl).
    pub acl: String,
    /// As in [`RuleRow::rule`](super::RuleRow::rule).
    pub rule: String,
    /// As in [`RuleRow::class`](super::RuleRow::class).
    pub class: &'static str,
    /// Destination port, TCP.
    pub port: u16,
    /// Registered service name.
    pub service: Option<&'static str>,
    /// Distinct public sources.
    pub sources: u64,
    /// Of these, sources to which payload came back.
    pub answered_sources: u64,
    /// Distinct hosts they reached.
    pub destinations: u64,
    /// Begun tuples.
    pub begun: u64,
    /// Bytes that came back.
    pub bytes_received: u64,
    /// First hit, Unix ms UTC.
    pub first_time_ms: i64,
    /// Last hit, Unix ms UTC.
    pub last_time_ms: i64,
}

/// What the rules let in, by rule and port. What it knows of own hosts must be complete when it gets the first.
pub(super) struct AdminAccess<'a> {
    tables: &'a Summary,
    own: &'a OwnNetworks,
    /// By [`group`]: one for each rule that let in anything and each of [`ADMIN_PORTS`] at most.
    sums: HashMap<u32, LetIn, RandomState>,
    sources: Distinct,
    answered: Distinct,
    destinations: Distinct,
}

/// A rule and one of [`ADMIN_PORTS`] as one number.
fn group(key: &LetInKey) -> Option<u32> {
    let port = ADMIN_PORTS.iter().position(|port| *port == key.port)?;
    u32::try_from(key.rule * ADMIN_PORTS.len() + port).ok()
}

fn parts(group: u32) -> Option<(usize, u16)> {
    let group = group as usize;
    Some((group / ADMIN_PORTS.len(), *ADMIN_PORTS.get(group % ADMIN_PORTS.len())?))
}

fn add(sums: &mut HashMap<u32, LetIn, RandomState>, group: u32, let_in: &LetIn) {
    let add = |known: &mut LetIn| {
        known.begun += let_in.begun;
        known.bytes_received = known.bytes_received.saturating_add(let_in.bytes_received);
        known.times = (known.times.0.min(let_in.times.0), known.times.1.max(let_in.times.1));
    };
    sums.entry(group).and_modify(add).or_insert(*let_in);
}

impl<'a> AdminAccess<'a> {
    pub(super) fn new(tables: &'a Summary, own: &'a OwnNetworks) -> Self {
        let [sources, answered, destinations] = [(); 3].map(|()| Distinct::default());
        Self { tables, own, sums: HashMap::default(), sources, answered, destinations }
    }

    /// Takes what rules let in of a pair of hosts.
    pub(super) fn take(&mut self, let_in: &[(LetInKey, LetIn)]) {
        for (key, let_in) in let_in {
            let Some(group) = group(key).filter(|_| !self.is_own(key.source)) else { continue };
            add(&mut self.sums, group, let_in);
            self.sources.insert(group, key.source.0);
            self.destinations.insert(group, key.destination.0);
            if let_in.answered {
                self.answered.insert(group, key.source.0);
            }
        }
    }

    fn is_own(&self, host: HostId) -> bool {
        let address = self.tables.hosts.address(host);
        self.tables.near.is_own(host) || address.is_some_and(|address| self.own.find(address).is_some())
    }

    /// Adds everything of `other`.
    pub(super) fn merge(&mut self, other: Self) {
        for (group, sums) in &other.sums {
            add(&mut self.sums, *group, sums);
        }
        self.sources.merge(other.sources);
        self.answered.merge(other.answered);
        self.destinations.merge(other.destinations);
    }

    /// The rows, those with the most sources answered first.
    pub(super) fn finish(self) -> Vec<AdminAccessRow> {
        let sets = [self.sources, self.answered, self.destinations];
        let [sources, answered, destinations] = sets.map(|distinct| distinct.finish(false));
        let rows = self.sums.into_iter().filter_map(|(group, sums)| {
            let count =
                |groups: &HashMap<u32, Members, RandomState>| groups.get(&group).map_or(0, |set| set.count);
            let (place, port) = parts(group)?;
            let ((acl, rule), _) = self.tables.rules.rows().get(place)?;
            Some(AdminAccessRow {
                acl: acl.clone(),
                rule: rule.clone(),
                class: RuleClass::of(acl, rule).label(),
                port,
                service: service(Protocol::TCP, port),
                sources: count(&sources),
                answered_sources: count(&answered),
                destinations: count(&destinations),
                begun: sums.begun,
                bytes_received: sums.bytes_received,
                first_time_ms: sums.times.0,
                last_time_ms: sums.times.1,
            })
        });
        let mut rows: Vec<AdminAccessRow> = rows.collect();
        rows.sort_by(|a, b| {
            let key = |row: &AdminAccessRow| (row.acl.clone(), row.rule.clone(), row.port);
            b.answered_sources
                .cmp(&a.answered_sources)
                .then(b.sources.cmp(&a.sources))
                .then_with(|| key(a).cmp(&key(b)))
        });
        rows
    }
}
