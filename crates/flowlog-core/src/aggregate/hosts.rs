//! Addresses as small numbers, so that every other table keys on four bytes instead of sixteen.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use foldhash::fast::FixedState;
use hashbrown::HashMap;

/// An address of one [`Hosts`] table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostId(pub(crate) u32);

/// Addresses met lately, each in the one place its bits lead to: a NIC speaks with few hosts at a time, and
/// these places fit into the processor's nearest cache, which the table of all hosts does not.
const RECENT: usize = 1024;

/// The distinct addresses met, numbered in the order they were met.
pub struct Hosts {
    recent: Box<[(Ipv4Addr, Option<HostId>); RECENT]>,
    v4: HashMap<Ipv4Addr, HostId, FixedState>,
    v6: HashMap<Ipv6Addr, HostId, FixedState>,
    addresses: Vec<IpAddr>,
}

impl Default for Hosts {
    fn default() -> Self {
        let recent = Box::new([(Ipv4Addr::UNSPECIFIED, None); RECENT]);
        Self { recent, v4: HashMap::default(), v6: HashMap::default(), addresses: Vec::new() }
    }
}

impl Hosts {
    /// The number of `address`; the same address always gets the same one. An IPv4 address written
    /// as IPv6 (`::ffff:10.0.0.1`) is the IPv4 address.
    #[inline]
    pub fn id(&mut self, address: IpAddr) -> HostId {
        match address {
            IpAddr::V4(v4) => self.v4_id(v4),
            IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
                Some(v4) => self.v4_id(v4),
                None => *self.v6.entry(v6).or_insert_with(|| number(&mut self.addresses, address)),
            },
        }
    }

    #[inline]
    fn v4_id(&mut self, v4: Ipv4Addr) -> HostId {
        // Fibonacci hashing: the top bits of the product depend on all bits of the address.
        let place = (v4.to_bits().wrapping_mul(0x9e37_79b9) >> (32 - RECENT.ilog2())) as usize;
        let recent = &mut self.recent[place % RECENT];
        if let (known, Some(id)) = *recent
            && known == v4
        {
            return id;
        }
        let id = *self.v4.entry(v4).or_insert_with(|| number(&mut self.addresses, IpAddr::V4(v4)));
        *recent = (v4, Some(id));
        id
    }

    /// The address behind `id`, if it is one of this table.
    pub fn address(&self, id: HostId) -> Option<IpAddr> {
        self.addresses.get(id.0 as usize).copied()
    }

    /// How many addresses there are.
    pub fn len(&self) -> usize {
        self.addresses.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.addresses.is_empty()
    }

    /// All addresses, in the order of their numbers.
    pub fn addresses(&self) -> &[IpAddr] {
        &self.addresses
    }
}

fn number(addresses: &mut Vec<IpAddr>, address: IpAddr) -> HostId {
    // 2^32 distinct addresses would need 100 GB here: more than that cannot have been stored.
    let id = HostId(u32::try_from(addresses.len()).unwrap_or(u32::MAX));
    addresses.push(address);
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_its_number_however_many_are_met_between() {
        let mut hosts = Hosts::default();
        let address = |n: u32| IpAddr::V4(Ipv4Addr::from_bits(n.wrapping_mul(2_654_435_761)));
        let first: Vec<HostId> = (0..10_000).map(|n| hosts.id(address(n))).collect();
        let again: Vec<HostId> = (0..10_000).map(|n| hosts.id(address(n))).collect();
        assert_eq!(first, again);
        assert_eq!(hosts.len(), 10_000);
        assert!((0..10_000).all(|n| hosts.address(first[n as usize]) == Some(address(n))));
        assert_eq!(hosts.id("::ffff:10.0.0.1".parse().unwrap()), hosts.id("10.0.0.1".parse().unwrap()));
    }
}
