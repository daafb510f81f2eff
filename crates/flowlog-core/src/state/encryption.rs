//! Encryption between subnets.
//!
//! Virtual network encryption works between machines of a VNet and its peers: only pairs of which
//! both ends are one's own are counted. Everything is per tuple, as logged.

use std::net::IpAddr;
use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashSet};

use super::hosts::{HostId, Hosts};
use super::overall::encryption_index;
use super::row::{Row, RowKind};
use crate::flow::{AddressClass, Encryption, Network, OwnNetwork, OwnNetworks};

/// The subnet of an address that is in no network given: Azure's subnets are often of this size.
const PREFIX_V4: u8 = 24;
/// Azure's IPv6 subnets are /64, no other size.
const PREFIX_V6: u8 = 64;
/// Pairs met lately are found in one of so many places, without a look-up.
const RECENT: u32 = 64;
/// A host that is not one's own.
const OUTSIDE: u32 = u32::MAX;

/// What one word says of one pair of subnets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WordCounts {
    /// Tuples.
    pub tuples: u64,
    /// Connections: begun, or denied tuples.
    pub attempts: u64,
    /// Bytes both ways.
    pub bytes: u64,
}

/// What was encrypted of one pair of subnets, and what was not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PairCounts([WordCounts; Encryption::ALL.len()]);

impl PairCounts {
    /// The words that occurred, in the order of [`Encryption::ALL`].
    pub fn words(&self) -> impl Iterator<Item = (Encryption, &WordCounts)> {
        let all = Encryption::ALL.iter().copied().zip(&self.0);
        all.filter(|(_, counts)| counts.tuples > 0)
    }

    fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            mine.tuples += theirs.tuples;
            mine.attempts += theirs.attempts;
            mine.bytes = mine.bytes.saturating_add(theirs.bytes);
        }
    }
}

/// Pairs of subnets, the initiator's first.
#[derive(Default)]
pub struct EncryptedPairs {
    own: OwnNetworks,
    /// Own hosts, as the logs' near ends tell.
    own_hosts: Arc<HashSet<IpAddr, RandomState>>,
    /// Some own hosts are not private, or named networks may hold such.
    any_public: bool,
    subnets: Vec<OwnNetwork>,
    subnet_ids: HashMap<OwnNetwork, u32, RandomState>,
    /// Subnet of each own host; [`OUTSIDE`] for others that may have been own.
    of_host: HashMap<HostId, u32, RandomState>,
    pairs: HashMap<(u32, u32), usize, RandomState>,
    counts: Vec<PairCounts>,
    recent: Vec<Option<((u32, u32), usize)>>,
    /// Rows of two hosts come one after the other.
    last: Option<((HostId, HostId), Option<usize>)>,
}

impl EncryptedPairs {
    /// Pairs of subnets of which some are `own`, and of private ones and those of `own_hosts`.
    pub(super) fn new(own: OwnNetworks, own_hosts: HashSet<IpAddr, RandomState>) -> Self {
        let is_public = |address: &IpAddr| !AddressClass::of(*address).is_private();
        let any_public = !own.is_empty() || own_hosts.iter().any(is_public);
        Self { own, own_hosts: Arc::new(own_hosts), any_public, ..Self::default() }
    }

    /// An empty table with the same own hosts.
    pub(super) fn beside(&self) -> Self {
        let (own, own_hosts) = (self.own.clone(), Arc::clone(&self.own_hosts));
        Self { own, own_hosts, any_public: self.any_public, ..Self::default() }
    }

    /// Counts the tuples of a row.
    #[inline]
    pub(super) fn count(&mut self, row: &Row, hosts: &Hosts) {
        if row.encryption == Encryption::NotRecorded {
            return;
        }
        let ends = (row.key.source, row.key.destination);
        let place = match self.last {
            Some((last, place)) if last == ends => place,
            _ => {
                let place = self.place_of(ends, hosts);
                self.last = Some((ends, place));
                place
            }
        };
        let Some(place) = place else { return };
        let Some(counts) = self.counts.get_mut(place) else { return };
        let counts = &mut counts.0[encryption_index(row.encryption)];
        let connection = &row.connection;
        counts.tuples += connection.tuples();
        counts.attempts += if row.kind == RowKind::Life { connection.begins() } else { connection.tuples() };
        counts.bytes = counts.bytes.saturating_add(connection.counters.bytes());
    }

    /// The place of the counts of two hosts; `None` if one of them is not own.
    fn place_of(&mut self, (source, destination): (HostId, HostId), hosts: &Hosts) -> Option<usize> {
        // Nearly all pairs have an end in the internet: that is told without a look-up.
        let (from, to) = (self.may_be_own(source, hosts)?, self.may_be_own(destination, hosts)?);
        let ends = (self.subnet(source, from), self.subnet(destination, to));
        (ends.0 != OUTSIDE && ends.1 != OUTSIDE).then(|| self.place(ends))
    }

    #[inline]
    fn place(&mut self, pair: (u32, u32)) -> usize {
        let slot = (pair.0.wrapping_mul(31).wrapping_add(pair.1) % RECENT) as usize;
        match self.recent.get(slot) {
            Some(&Some((known, place))) if known == pair => place,
            _ => self.look_up(pair, slot),
        }
    }

    fn look_up(&mut self, pair: (u32, u32), slot: usize) -> usize {
        let place = *self.pairs.entry(pair).or_insert_with(|| {
            self.counts.push(PairCounts::default());
            self.counts.len() - 1
        });
        self.recent.resize(RECENT as usize, None);
        if let Some(recent) = self.recent.get_mut(slot) {
            *recent = Some((pair, place));
        }
        place
    }

    /// The address of a host, unless it is one of the internet for sure.
    #[inline]
    fn may_be_own(&self, host: HostId, hosts: &Hosts) -> Option<IpAddr> {
        let is_public =
            |address: &IpAddr| self.any_public && (!self.own.is_empty() || self.own_hosts.contains(address));
        hosts.address(host).filter(|address| AddressClass::of(*address).is_private() || is_public(address))
    }

    #[inline]
    fn subnet(&mut self, host: HostId, address: IpAddr) -> u32 {
        match self.of_host.get(&host) {
            Some(&subnet) => subnet,
            None => self.new_host(host, address),
        }
    }

    #[cold]
    fn new_host(&mut self, host: HostId, address: IpAddr) -> u32 {
        let may_be_own = self.own.find(address).is_some()
            || AddressClass::of(address).is_private()
            || self.own_hosts.contains(&address);
        let subnet = if may_be_own { self.subnet_id(self.subnet_of(address)) } else { OUTSIDE };
        self.of_host.insert(host, subnet);
        subnet
    }

    /// The subnet of an own address: the network named for it, or one of the usual size.
    pub(crate) fn subnet_of(&self, address: IpAddr) -> OwnNetwork {
        let prefix = if address.to_canonical().is_ipv4() { PREFIX_V4 } else { PREFIX_V6 };
        let usual = || OwnNetwork { vnet: None, network: Network::around(address, prefix) };
        self.own.find(address).cloned().unwrap_or_else(usual)
    }

    /// Networks that the person says are own.
    pub(crate) fn named(&self) -> &OwnNetworks {
        &self.own
    }

    fn subnet_id(&mut self, subnet: OwnNetwork) -> u32 {
        let next = u32::try_from(self.subnets.len()).unwrap_or(OUTSIDE);
        let id = *self.subnet_ids.entry(subnet.clone()).or_insert(next);
        if id == next {
            self.subnets.push(subnet);
        }
        id
    }

    /// Source, destination, and what was encrypted; in no order.
    pub fn rows(&self) -> impl Iterator<Item = (&OwnNetwork, &OwnNetwork, &PairCounts)> {
        self.pairs.iter().filter_map(|(&(source, destination), &place)| {
            let subnet = |id: u32| self.subnets.get(id as usize);
            Some((subnet(source)?, subnet(destination)?, self.counts.get(place)?))
        })
    }

    /// Adds everything of `other`.
    pub(super) fn merge(&mut self, other: Self) {
        let ids: Vec<u32> = other.subnets.into_iter().map(|subnet| self.subnet_id(subnet)).collect();
        for ((source, destination), place) in other.pairs {
            let id = |id: u32| ids.get(id as usize).copied();
            if let (Some(source), Some(destination), Some(theirs)) =
                (id(source), id(destination), other.counts.get(place))
            {
                let place = self.place((source, destination));
                if let Some(mine) = self.counts.get_mut(place) {
                    mine.add(theirs);
                }
            }
        }
    }
}
