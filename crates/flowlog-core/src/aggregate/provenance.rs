//! Where each conversation's tuples come from: kept for comparisons alone, which must say why one log
//! has what another lacks.

use std::collections::BTreeSet;
use std::net::IpAddr;

use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashSet};

use super::conversation::{ByConversation, ConversationKey};
use super::hosts::HostId;
use super::nic_times::NicTimes;
use super::rules::RuleClass;
use super::{merge_table, plain_mac};
use crate::flow::{Direction, FlowTuple};

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

impl Origin {
    fn add(&mut self, other: &Self) {
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

/// Everything kept of where tuples come from. Empty unless asked for ([`super::Collecting::provenance`]).
#[derive(Default)]
pub struct Provenance {
    on: bool,
    /// By conversation.
    pub origins: ByConversation<Origin>,
    /// Near ends of NICs, and the NIC's place in `nics`.
    near: HashSet<(HostId, usize), RandomState>,
    /// MAC addresses, and when there are tuples of them.
    nics: Vec<(String, NicTimes)>,
    spellings: HashMap<String, usize, RandomState>,
    nic: usize,
    class: u8,
}

impl Provenance {
    pub(super) fn collecting() -> Self {
        Self { on: true, ..Self::default() }
    }

    pub(super) fn record(&mut self, mac: &str) {
        if !self.on {
            return;
        }
        self.nic = if let Some(&known) = self.spellings.get(mac) {
            known
        } else {
            let id = self.nic_id(&plain_mac(mac));
            self.spellings.insert(mac.to_owned(), id);
            id
        };
    }

    fn nic_id(&mut self, plain: &str) -> usize {
        if let Some(&known) = self.spellings.get(plain) {
            return known;
        }
        self.nics.push((plain.to_owned(), NicTimes::default()));
        self.spellings.insert(plain.to_owned(), self.nics.len() - 1);
        self.nics.len() - 1
    }

    pub(super) fn rule(&mut self, acl: &str, rule: &str) {
        if self.on {
            self.class = bit(RuleClass::of(acl, rule));
        }
    }

    #[inline]
    pub(super) fn see(&mut self, tuple: &FlowTuple, source: HostId, destination: HostId) {
        if !self.on {
            return;
        }
        let key =
            ConversationKey { source, destination, port: tuple.destination_port, protocol: tuple.protocol };
        let time = tuple.time_ms;
        if let Some((_, times)) = self.nics.get_mut(self.nic) {
            times.see(time);
        }
        let outbound = tuple.direction == Direction::Outbound;
        let near = if outbound { source } else { destination };
        self.near.insert((near, self.nic));
        let classes = self.class;
        let once = Origin { classes, outbound, inbound: !outbound, first_ms: time, last_ms: time };
        self.origins.entry(key).and_modify(|known| known.add(&once)).or_insert(once);
    }

    /// Adds everything of `other`, whose hosts have the same numbers.
    pub(super) fn merge(&mut self, other: Self) {
        self.on |= other.on;
        merge_table(&mut self.origins, other.origins, Origin::add);
        let mut nics = Vec::with_capacity(other.nics.len());
        for (mac, times) in &other.nics {
            let id = self.nic_id(mac);
            if let Some((_, mine)) = self.nics.get_mut(id) {
                mine.add(times);
            }
            nics.push(id);
        }
        let here = |(host, nic): (HostId, usize)| Some((host, *nics.get(nic)?));
        self.near.extend(other.near.into_iter().filter_map(here));
    }

    /// Hours since 1970 (UTC) with tuples.
    pub(crate) fn hours(&self) -> BTreeSet<i64> {
        self.nics.iter().flat_map(|(_, times)| times.hours()).collect()
    }

    /// When there are tuples, by MAC address (upper case without separators).
    pub(crate) fn times(&self) -> impl Iterator<Item = (&str, &NicTimes)> {
        self.nics.iter().map(|(mac, times)| (mac.as_str(), times))
    }

    /// The addresses behind each NIC (MAC address).
    pub(crate) fn nics<'a>(
        &'a self,
        address: impl Fn(HostId) -> Option<IpAddr> + 'a,
    ) -> impl Iterator<Item = (IpAddr, &'a str)> {
        let mac = |nic: usize| self.nics.get(nic).map(|(mac, _)| mac.as_str());
        self.near.iter().filter_map(move |&(host, nic)| Some((address(host)?, mac(nic)?)))
    }
}
