//! Where connections go that can get no more tuples.

use foldhash::fast::FixedState;
use hashbrown::HashSet;

use super::evidence::{Evidence, Settled};
use super::group::Tables;
use super::hosts::{HostId, Hosts};
use super::outcomes::Outcomes;
use crate::connection::{Connection, ConnectionKey, LogId, Outcome, Sighting};
use crate::flow::Direction;

/// Where connections go that can get no more tuples, beside the tables.
#[derive(Default)]
pub(super) struct Settlement {
    /// Those that another log may tell of, too; `None` if nobody asks.
    pub(super) sightings: Option<Lists>,
    /// The others; `None` if nobody asks.
    pub(super) connections: Option<Lists>,
    pub(super) own_public: HashSet<HostId, FixedState>,
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
    pub(super) evidence: &'a mut Evidence,
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
}

impl Settling<'_> {
    #[inline]
    pub(super) fn take(&mut self, key: &ConnectionKey<HostId>, connection: &Connection) {
        let outcome = connection.outcome(key.protocol, self.log.until_ms);
        self.tables.settle(key, connection, outcome);
        self.outcomes.count(outcome, connection);
        if self.log.is_evidence && !self.evidence.is_off() && outcome != Outcome::Denied {
            self.evidence.settle(&Settled::new(key, connection), self.hosts);
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
    fn has_other_log(&self, key: &ConnectionKey<HostId>, connection: &Connection, outcome: Outcome) -> bool {
        if self.settled.sightings.is_none() {
            return false;
        }
        let far = match connection.direction {
            Direction::Outbound => key.destination,
            Direction::Inbound => key.source,
        };
        let own_public = &self.settled.own_public;
        // A denied attempt stands in the log of the NIC that denied it, and in no other NIC's.
        let two_ends =
            self.hosts.class(far).is_private() || (!own_public.is_empty() && own_public.contains(&far));
        self.log.logged_twice || (two_ends && outcome != Outcome::Denied)
    }
}
