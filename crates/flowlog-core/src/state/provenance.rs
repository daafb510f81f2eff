//! Where tuples come from: what comparisons need to say why one log has what another lacks.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::hosts::HostId;
use super::logs::NicLog;
use super::nic_times::NicTimes;
use super::row::Row;
use super::rules::RuleClass;
use crate::flow::Direction;

/// The class as a bit of a set.
fn bit(class: RuleClass) -> u8 {
    1 << class as u8
}

/// Where one conversation's tuples come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    classes: u8,
    /// Logged by the source's NIC.
    pub outbound: bool,
    /// Logged by the destination's NIC.
    pub inbound: bool,
    /// The oldest tuple, Unix ms.
    pub first_ms: i64,
    /// The newest tuple, Unix ms.
    pub last_ms: i64,
}

impl Default for Origin {
    fn default() -> Self {
        Self { classes: 0, outbound: false, inbound: false, first_ms: i64::MAX, last_ms: i64::MIN }
    }
}

impl Origin {
    pub(super) fn of(row: &Row, class: Option<RuleClass>) -> Self {
        let outbound = row.connection.direction == Direction::Outbound;
        let (first_ms, last_ms) = (row.connection.first_ms, row.connection.last_ms);
        Self { classes: class.map_or(0, bit), outbound, inbound: !outbound, first_ms, last_ms }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.classes |= other.classes;
        self.outbound |= other.outbound;
        self.inbound |= other.inbound;
        self.first_ms = self.first_ms.min(other.first_ms);
        self.last_ms = self.last_ms.max(other.last_ms);
    }

    /// True if a rule of that class decided on some of its tuples.
    pub fn has(&self, class: RuleClass) -> bool {
        self.classes & bit(class) != 0
    }
}

/// When and where each NIC has tuples. Empty unless asked for ([`super::GatherOptions::provenance`]).
#[derive(Clone, Debug, Default)]
pub struct Provenance {
    /// By MAC address, upper case without separators.
    nics: Vec<Nic>,
}

#[derive(Clone, Debug)]
struct Nic {
    mac: String,
    times: NicTimes,
    near: BTreeSet<HostId>,
}

impl Provenance {
    /// Takes a log in. Those of one NIC may stand apart.
    pub(super) fn log(&mut self, log: &NicLog) {
        let times = log.times.as_deref().cloned().unwrap_or_default();
        self.nics.push(Nic { mac: log.coverage.mac.to_string(), times, near: log.near.all().collect() });
    }

    /// One entry for each NIC.
    pub(super) fn tidy(&mut self) {
        self.nics.sort_by(|a, b| a.mac.cmp(&b.mac));
        self.nics.dedup_by(|other, mine| {
            let same = other.mac == mine.mac;
            if same {
                mine.times.add(&other.times);
                mine.near.append(&mut other.near);
            }
            same
        });
    }

    /// Hours since 1970 (UTC) with tuples.
    pub(crate) fn hours(&self) -> BTreeSet<i64> {
        self.nics.iter().flat_map(|nic| nic.times.hours()).collect()
    }

    /// When there are tuples, by MAC address (upper case without separators).
    pub(crate) fn times(&self) -> impl Iterator<Item = (&str, &NicTimes)> {
        self.nics.iter().map(|nic| (nic.mac.as_str(), &nic.times))
    }

    /// The addresses behind each NIC (MAC address).
    pub(crate) fn nics<'a>(
        &'a self,
        address: impl Fn(HostId) -> Option<IpAddr> + 'a,
    ) -> impl Iterator<Item = (IpAddr, &'a str)> {
        let ends =
            self.nics.iter().flat_map(|nic| nic.near.iter().map(move |&host| (host, nic.mac.as_str())));
        ends.filter_map(move |(host, mac)| Some((address(host)?, mac)))
    }
}
