//! Where connections go that can get no more tuples.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::coverage::LogCoverage;
use super::evidence::{Evidence, Settled};
use super::group::Tables;
use super::hosts::{HostId, Hosts};
use super::near::NearLog;
use super::outcomes::Outcomes;
use crate::connection::{Connection, ConnectionKey, LogId, OPEN_MS, Outcome, Sighting};
use crate::flow::{Direction, OwnNetworks};

/// Where connections go that can get no more tuples, beside the tables.
#[derive(Default)]
pub(super) struct Settlement {
    /// Those that another log may tell of, too; `None` if nobody asks.
    pub(super) sightings: Option<Lists>,
    /// The others; `None` if nobody asks.
    pub(super) connections: Option<Lists>,
    /// Some NIC forwards: every connection may stand in another log, too.
    pub(super) forwards: bool,
    pub(super) own: OwnHosts,
}

/// Hosts that are one's own although their addresses do not say so.
#[derive(Default)]
pub(super) struct OwnHosts {
    /// Named by the person.
    networks: OwnNetworks,
    /// Known from the logs.
    addresses: BTreeSet<IpAddr>,
    /// By [`HostId`], as far as anybody asked.
    is_own: Vec<bool>,
}

impl OwnHosts {
    /// Hosts of `networks`, and those of `addresses`.
    pub(super) fn new(networks: OwnNetworks, addresses: &[IpAddr]) -> Self {
        Self { networks, addresses: addresses.iter().copied().collect(), is_own: Vec::new() }
    }

    #[inline]
    fn contains(&mut self, host: HostId, hosts: &Hosts) -> bool {
        match self.is_own.get(host.0 as usize) {
            Some(&is_own) => is_own,
            None => self.learn(host, hosts),
        }
    }

    #[cold]
    fn learn(&mut self, host: HostId, hosts: &Hosts) -> bool {
        let new = hosts.addresses().iter().skip(self.is_own.len());
        let is_own = |address| self.addresses.contains(address) || self.networks.find(*address).is_some();
        let new: Vec<bool> = new.map(is_own).collect();
        self.is_own.extend(new);
        self.is_own.get(host.0 as usize).copied().unwrap_or_default()
    }
}

/// Sightings in lists of one size: a single list that grows would be copied, and leave holes in memory.
#[derive(Default)]
pub(super) struct Lists(Vec<Vec<Sighting<HostId>>>);

impl Lists {
    const LENGTH: usize = 1024;

    fn push(&mut self, sighting: Sighting<HostId>) {
        if let Some(list) = self.0.last_mut().filter(|list| list.len() < Self::LENGTH) {
            list.push(sighting);
        } else {
            let mut list = Vec::with_capacity(Self::LENGTH);
            list.push(sighting);
            self.0.push(list);
        }
    }

    pub(super) fn take(&mut self) -> Vec<Vec<Sighting<HostId>>> {
        std::mem::take(&mut self.0)
    }
}

/// Takes the connections of one log that can get no more tuples.
pub(super) struct Settling<'a> {
    pub(super) tables: &'a mut Tables,
    /// `None` if no findings are asked for.
    pub(super) evidence: Option<&'a mut Evidence>,
    pub(super) near: &'a mut NearLog,
    pub(super) coverage: &'a LogCoverage,
    pub(super) outcomes: &'a mut Outcomes,
    pub(super) settled: &'a mut Settlement,
    pub(super) hosts: &'a Hosts,
    pub(super) log: ReadLog,
}

/// The log whose connections are settled.
#[derive(Clone, Copy)]
pub(super) struct ReadLog {
    pub(super) id: LogId,
    /// It was read up to this time, Unix ms.
    pub(super) until_ms: i64,
    /// Its NIC has another one, too.
    pub(super) logged_twice: bool,
    /// Findings are made from it, too.
    pub(super) is_evidence: bool,
    /// It has ends of what an NSG's own rule for inbound TCP let in.
    pub(super) has_ends: bool,
}

impl Settling<'_> {
    #[inline]
    pub(super) fn take(&mut self, key: &ConnectionKey<HostId>, connection: &Connection) {
        let outcome = if connection.is_stateless() && !self.log.has_ends {
            Outcome::Stateless
        } else {
            connection.outcome(key.protocol, self.log.until_ms)
        };
        self.near.settle(key, connection, self.hosts);
        self.tables.settle(key, connection, outcome);
        self.outcomes.count(outcome, connection);
        if let Some(evidence) = &mut self.evidence
            && self.log.is_evidence
            && outcome != Outcome::Denied
        {
            let coverage = self.coverage;
            let goes_on = |begun_ms: i64| coverage.tells_of_hour(begun_ms.saturating_add(OPEN_MS));
            evidence.settle(&Settled::new(key, connection, outcome, goes_on), self.hosts);
        }
        let list = if self.has_other_log(key, connection, outcome) {
            &mut self.settled.sightings
        } else {
            &mut self.settled.connections
        };
        if let Some(list) = list {
            list.push(Sighting { key: *key, log: self.log.id, connection: *connection, outcome });
        }
    }

    /// Whether the other end's NIC, or another log of this one, may tell of it, too.
    fn has_other_log(
        &mut self,
        key: &ConnectionKey<HostId>,
        connection: &Connection,
        outcome: Outcome,
    ) -> bool {
        if self.settled.sightings.is_none() {
            return false;
        }
        let far = match connection.direction {
            Direction::Outbound => key.destination,
            Direction::Inbound => key.source,
        };
        if self.log.logged_twice {
            return true;
        }
        // A denied attempt stands in the log of the NIC that denied it, and in no other NIC's.
        outcome != Outcome::Denied
            && (self.settled.forwards
                || self.hosts.class(far).is_private()
                || self.settled.own.contains(far, self.hosts))
    }
}
