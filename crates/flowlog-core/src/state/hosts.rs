//! Addresses as small numbers, so that rows and tables hold four bytes instead of sixteen.
//!
//! An IPv4 address below 240.0.0.0 is its own number: nothing is looked up. The reserved rest of IPv4's numbers
//! stands for every other address, IPv6 above all, in the order they are met.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, PoisonError};

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use crate::connection::ConnectionKey;
use crate::flow::AddressClass;

/// An address of one [`Hosts`] table, or of all that share their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct HostId(pub(crate) u32);

/// The first number that is no IPv4 address itself: 240.0.0.0, from where on addresses are reserved (RFC 1112).
const FIRST_NUMBERED: u32 = 0xf000_0000;

/// Addresses and their numbers.
///
/// Workers share the numbers ([`Hosts::beside`]), so that what one counted needs no renaming at another. Each knows by
/// itself what it has met, and asks the shared ones only for what it meets first. Memory: nothing for IPv4, some 50
/// bytes for each other address and worker that met it.
#[derive(Default)]
pub struct Hosts {
    shared: Arc<Mutex<Numbered>>,
    known: Numbered,
}

/// Addresses that are not numbers themselves, in the order of their numbers.
#[derive(Clone, Default)]
struct Numbered {
    ids: HashMap<IpAddr, HostId, RandomState>,
    addresses: Vec<IpAddr>,
}

impl Numbered {
    fn id(&mut self, address: IpAddr) -> HostId {
        let addresses = &mut self.addresses;
        *self.ids.entry(address).or_insert_with(|| {
            // 2^28 such addresses need 14 GB here: more than that cannot have been stored.
            let number = u32::try_from(addresses.len()).unwrap_or(u32::MAX);
            addresses.push(address);
            HostId(FIRST_NUMBERED.saturating_add(number))
        })
    }

    /// Learns what `other` has more.
    fn read_on(&mut self, other: &Self) {
        for &address in other.addresses.iter().skip(self.addresses.len()) {
            self.id(address);
        }
    }
}

impl Hosts {
    /// A table that gives the same numbers as this one, from now on and on any thread.
    #[must_use]
    pub fn beside(&self) -> Self {
        let mut beside = Self { shared: Arc::clone(&self.shared), known: Numbered::default() };
        beside.refresh();
        beside
    }

    /// The number of an address. An IPv4 address written as IPv6 (`::ffff:10.0.0.1`) is the IPv4 address.
    #[inline]
    pub fn id(&mut self, address: IpAddr) -> HostId {
        match address {
            IpAddr::V4(v4) => self.id_v4(v4),
            IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
                Some(v4) => self.id_v4(v4),
                None => self.numbered(address),
            },
        }
    }

    /// The same of an IPv4 address, which need not become an [`IpAddr`]: writing one byte by byte, and reading it in one
    /// piece, is waited for.
    #[inline]
    pub(super) fn id_v4(&mut self, address: Ipv4Addr) -> HostId {
        match address.to_bits() {
            bits @ ..FIRST_NUMBERED => HostId(bits),
            _ => self.numbered(address.into()),
        }
    }

    fn numbered(&mut self, address: IpAddr) -> HostId {
        match self.known.ids.get(&address) {
            Some(&id) => id,
            None => self.meet(address),
        }
    }

    #[cold]
    fn meet(&mut self, address: IpAddr) -> HostId {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let id = shared.id(address);
        self.known.read_on(&shared);
        id
    }

    /// Reads what others that share the numbers have met.
    pub fn refresh(&mut self) {
        self.known.read_on(&self.shared.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The class of a host's address.
    #[inline]
    pub fn class(&self, id: HostId) -> AddressClass {
        self.address(id).map_or(AddressClass::Reserved, AddressClass::of)
    }

    /// The address behind `id`, if it is one of this table.
    #[inline]
    pub fn address(&self, id: HostId) -> Option<IpAddr> {
        match id.0.checked_sub(FIRST_NUMBERED) {
            None => Some(IpAddr::V4(Ipv4Addr::from_bits(id.0))),
            Some(place) => self.known.addresses.get(place as usize).copied(),
        }
    }

    /// The same of an IPv4 address, as [`Hosts::id_v4`] takes it.
    #[inline]
    pub(super) fn address_v4(&self, id: HostId) -> Option<Ipv4Addr> {
        if id.0 < FIRST_NUMBERED {
            return Some(Ipv4Addr::from_bits(id.0));
        }
        match self.address(id) {
            Some(IpAddr::V4(v4)) => Some(v4),
            _ => None,
        }
    }

    /// The 5-tuple with its ends' addresses, if both are of this table.
    pub fn ends(&self, key: &ConnectionKey<HostId>) -> Option<ConnectionKey<IpAddr>> {
        let &ConnectionKey { source, destination, source_port, destination_port, protocol } = key;
        let (source, destination) = self.address(source).zip(self.address(destination))?;
        Some(ConnectionKey { source, destination, source_port, destination_port, protocol })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_its_number_and_a_number_its_address() {
        let mut hosts = Hosts::default();
        let address = |n: u32| IpAddr::V4(Ipv4Addr::from_bits(n.wrapping_mul(2_654_435_761)));
        for n in 0..10_000 {
            let id = hosts.id(address(n));
            assert_eq!((hosts.id(address(n)), hosts.address(id)), (id, Some(address(n))));
        }
        for text in ["240.0.0.0", "255.255.255.255", "239.255.255.255", "fd00::1", "::"] {
            let address: IpAddr = text.parse().unwrap();
            let id = hosts.id(address);
            assert_eq!((hosts.address(id), hosts.class(id)), (Some(address), AddressClass::of(address)));
        }
        assert_eq!(hosts.id("::ffff:10.0.0.1".parse().unwrap()), hosts.id("10.0.0.1".parse().unwrap()));
    }

    #[test]
    fn tables_beside_each_other_share_numbers() {
        let mut one = Hosts::default();
        let mut other = one.beside();
        let address = |n: u16| IpAddr::V6(std::net::Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, n));
        let ids: Vec<HostId> = (0..100).map(|n| one.id(address(n))).collect();
        let new = other.id(address(200));
        assert!((0..100).all(|n| other.id(address(n)) == ids[usize::from(n)]));
        assert_eq!(one.address(new), None);
        one.refresh();
        assert_eq!((one.address(new), one.beside().address(new)), (Some(address(200)), Some(address(200))));
    }
}
