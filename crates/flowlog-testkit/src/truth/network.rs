//! Rules, encryption between subnets, and classes of traffic.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv6Addr};

use foldhash::fast::FixedState;

use super::{EncryptionTruth, RuleTruth};
use crate::scenario::event::{Encryption, Event, HostId, State};
use crate::scenario::world::World;

/// The rule that is none.
const UNSPECIFIED: u16 = 2;

/// True for a denied tuple that no rule denied.
pub(super) fn is_dropped(event: &Event, nsg: bool) -> bool {
    let word = matches!(
        event.encryption,
        Encryption::SoftwareNotReady | Encryption::NotAccepted | Encryption::NotSupported
    );
    event.state == State::Deny && (event.rule == UNSPECIFIED || (word && !nsg))
}

/// What one rule decided.
#[derive(Default)]
pub(super) struct RuleTally {
    pub(super) tuples: u64,
    begun: u64,
    denied: u64,
    dropped: u64,
    bytes: u64,
    times: Option<(i64, i64)>,
    sources: Flags,
    destinations: Flags,
}

/// Which hosts, by number.
#[derive(Default)]
struct Flags(Vec<bool>);

impl Flags {
    fn set(&mut self, host: HostId) {
        let place = host as usize;
        if self.0.len() <= place {
            self.0.resize(place + 1, false);
        }
        self.0[place] = true;
    }

    fn count(&self) -> u64 {
        self.0.iter().filter(|flag| **flag).count() as u64
    }
}

impl RuleTally {
    pub(super) fn add(&mut self, event: &Event, dropped: bool, bytes: u64) {
        self.tuples += 1;
        self.begun += u64::from(event.state == State::Begin);
        self.denied += u64::from(event.state == State::Deny);
        self.dropped += u64::from(dropped);
        self.bytes += bytes;
        let (first, last) = self.times.unwrap_or((event.time_ms, event.time_ms));
        self.times = Some((first.min(event.time_ms), last.max(event.time_ms)));
        self.sources.set(event.source);
        self.destinations.set(event.destination);
    }

    /// Without its names.
    pub(super) fn truth(&self) -> RuleTruth {
        let (first_time_ms, last_time_ms) = self.times.unwrap_or_default();
        RuleTruth {
            acl: String::new(),
            rule: String::new(),
            tuples: self.tuples,
            begun: self.begun,
            denied: self.denied,
            dropped: self.dropped,
            bytes: self.bytes,
            sources: self.sources.count(),
            destinations: self.destinations.count(),
            first_time_ms,
            last_time_ms,
        }
    }
}

/// Tuples, attempts and bytes by source, destination and word; hosts become subnets at the end.
#[derive(Default)]
pub(super) struct EncryptionPairs(HashMap<(HostId, HostId, usize), [u64; 3], FixedState>);

impl EncryptionPairs {
    pub(super) fn add(&mut self, event: &Event, bytes: u64) {
        let key = (event.source, event.destination, event.encryption as usize);
        let [tuples, attempts, sum] = self.0.entry(key).or_default();
        *tuples += 1;
        *attempts += u64::from(matches!(event.state, State::Begin | State::Deny));
        *sum += bytes;
    }

    pub(super) fn finish(&self, world: &World) -> Vec<EncryptionTruth> {
        let mut rows: BTreeMap<(String, String, &str), [u64; 3]> = BTreeMap::new();
        for (&(source, destination, word), counts) in &self.0 {
            let subnet = |host: HostId| subnet(world.address(host));
            if let (Some(source), Some(destination)) = (subnet(source), subnet(destination)) {
                let sums = rows.entry((source, destination, Encryption::ALL[word].word())).or_default();
                sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
            }
        }
        let row = |((source, destination, word), [tuples, attempts, bytes]): ((_, _, &str), [u64; 3])| {
            EncryptionTruth { source, destination, word: word.to_owned(), tuples, attempts, bytes }
        };
        rows.into_iter().map(row).collect()
    }
}

/// The /24 or /64 of a private address.
fn subnet(address: IpAddr) -> Option<String> {
    match address {
        IpAddr::V4(address) if address.is_private() => {
            let [a, b, c, _] = address.octets();
            Some(format!("{a}.{b}.{c}.0/24"))
        }
        IpAddr::V6(address) if address.is_unique_local() => {
            let [a, b, c, d, ..] = address.segments();
            Some(format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0)))
        }
        _ => None,
    }
}

/// Which hosts are near ends of VNet flow logs.
pub(super) struct Classes(Vec<bool>);

impl Classes {
    pub(super) fn new(hosts: usize) -> Self {
        Self(vec![false; hosts])
    }

    /// A tuple of a VNet flow log.
    pub(super) fn near(&mut self, event: &Event) {
        let near = if event.outbound { event.source } else { event.destination };
        self.0[near as usize] = true;
    }

    pub(super) fn class(&self, world: &World, source: HostId, destination: HostId) -> &'static str {
        let ends = [source, destination];
        let vnet = |host: HostId| {
            let nic = world.nic(host).filter(|_| self.0[host as usize])?;
            Some(world.nics[nic as usize].vnet)
        };
        if ends.contains(&world.platform) {
            "Platform"
        } else if ends.iter().any(|&host| subnet(world.address(host)).is_none()) {
            "Public"
        } else {
            match (vnet(source), vnet(destination)) {
                (Some(a), Some(b)) if a == b => "IntraVNet",
                (Some(_), Some(_)) => "InterVNet",
                _ => "OnPremisesPrivate",
            }
        }
    }
}
