//! Addresses as small numbers, so that every other table keys on four bytes instead of sixteen.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use foldhash::fast::FixedState;
use hashbrown::HashMap;

/// An address of one [`Hosts`] table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostId(pub(crate) u32);

/// The distinct addresses met, numbered in the order they were met.
#[derive(Default)]
pub struct Hosts {
    v4: HashMap<Ipv4Addr, HostId, FixedState>,
    v6: HashMap<Ipv6Addr, HostId, FixedState>,
    addresses: Vec<IpAddr>,
}

impl Hosts {
    /// The number of `address`; the same address always gets the same one. An IPv4 address written
    /// as IPv6 (`::ffff:10.0.0.1`) is the IPv4 address.
    #[inline]
    pub fn id(&mut self, address: IpAddr) -> HostId {
        match address {
            IpAddr::V4(v4) => *self.v4.entry(v4).or_insert_with(|| number(&mut self.addresses, address)),
            IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
                Some(v4) => self.id(IpAddr::V4(v4)),
                None => *self.v6.entry(v6).or_insert_with(|| number(&mut self.addresses, address)),
            },
        }
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
