//! Addresses as small numbers, so that every other table keys on four bytes instead of sixteen.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use crate::flow::AddressClass;

/// An address of one [`Hosts`] table, or of all that share their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostId(pub(crate) u32);

/// Addresses met lately, each in the one place its bits lead to: a NIC speaks with few hosts at a time, and
/// these places fit into the processor's nearest cache, which the table of all hosts does not.
const RECENT: usize = 1024;

/// The distinct addresses met, numbered in the order they were met.
///
/// Workers share the numbers ([`Hosts::beside`]), so that what one counted needs no renaming at
/// another. Each has its own look-up tables, and asks the shared ones only for what it meets first.
pub struct Hosts {
    recent: Box<[(Ipv4Addr, Option<HostId>); RECENT]>,
    v4: HashMap<Ipv4Addr, HostId, RandomState>,
    v6: HashMap<Ipv6Addr, HostId, RandomState>,
    numbers: Arc<Mutex<Numbers>>,
    /// The addresses known here, by number: as far as [`Hosts::refresh`] has read them.
    addresses: Vec<IpAddr>,
    classes: Vec<AddressClass>,
}

/// Who has which number.
#[derive(Default)]
struct Numbers {
    by_address: HashMap<IpAddr, HostId, RandomState>,
    addresses: Vec<IpAddr>,
}

impl Numbers {
    fn id(&mut self, address: IpAddr) -> HostId {
        let addresses = &mut self.addresses;
        *self.by_address.entry(address).or_insert_with(|| {
            // 2^32 distinct addresses would need 100 GB here: more than that cannot have been stored.
            let id = HostId(u32::try_from(addresses.len()).unwrap_or(u32::MAX));
            addresses.push(address);
            id
        })
    }
}

impl Default for Hosts {
    fn default() -> Self {
        Self::sharing(Arc::default())
    }
}

impl Hosts {
    fn sharing(numbers: Arc<Mutex<Numbers>>) -> Self {
        Self {
            recent: Box::new([(Ipv4Addr::UNSPECIFIED, None); RECENT]),
            v4: HashMap::default(),
            v6: HashMap::default(),
            numbers,
            addresses: Vec::new(),
            classes: Vec::new(),
        }
    }

    /// An empty table that gives the same numbers as this one, from now on and on any thread.
    #[must_use]
    pub fn beside(&self) -> Self {
        Self::sharing(Arc::clone(&self.numbers))
    }

    /// The number of `address`; the same address always gets the same one. An IPv4 address written
    /// as IPv6 (`::ffff:10.0.0.1`) is the IPv4 address.
    #[inline]
    pub fn id(&mut self, address: IpAddr) -> HostId {
        match address {
            IpAddr::V4(v4) => self.v4_id(v4),
            IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
                Some(v4) => self.v4_id(v4),
                None => match self.v6.get(&v6) {
                    Some(&id) => id,
                    None => self.meet(address),
                },
            },
        }
    }

    #[inline]
    fn v4_id(&mut self, v4: Ipv4Addr) -> HostId {
        // Fibonacci hashing: the top bits of the product depend on all bits of the address.
        let place = (v4.to_bits().wrapping_mul(0x9e37_79b9) >> (32 - RECENT.ilog2())) as usize % RECENT;
        if let (known, Some(id)) = self.recent[place]
            && known == v4
        {
            return id;
        }
        let id = match self.v4.get(&v4) {
            Some(&id) => id,
            None => self.meet(IpAddr::V4(v4)),
        };
        self.recent[place] = (v4, Some(id));
        id
    }

    #[cold]
    fn meet(&mut self, address: IpAddr) -> HostId {
        let id = {
            let mut numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
            let id = numbers.id(address);
            read_on(&mut self.addresses, &numbers);
            id
        };
        match address {
            IpAddr::V4(v4) => self.v4.insert(v4, id),
            IpAddr::V6(v6) => self.v6.insert(v6, id),
        };
        self.classify();
        id
    }

    /// Reads what others that share the numbers have met.
    pub fn refresh(&mut self) {
        read_on(&mut self.addresses, &self.numbers.lock().unwrap_or_else(PoisonError::into_inner));
        self.classify();
    }

    fn classify(&mut self) {
        let known = self.classes.len();
        self.classes.extend(self.addresses.iter().skip(known).map(|&address| AddressClass::of(address)));
    }

    /// The class of a host's address.
    #[inline]
    pub fn class(&self, id: HostId) -> AddressClass {
        self.classes.get(id.0 as usize).copied().unwrap_or(AddressClass::Reserved)
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

fn read_on(addresses: &mut Vec<IpAddr>, numbers: &Numbers) {
    let known = addresses.len();
    addresses.extend(numbers.addresses.iter().skip(known));
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

    #[test]
    fn tables_beside_each_other_share_numbers() {
        let mut one = Hosts::default();
        let mut other = one.beside();
        let address = |n: u32| IpAddr::V4(Ipv4Addr::from_bits(n));
        let ids: Vec<HostId> = (0..100).map(|n| one.id(address(n))).collect();
        assert_eq!(other.id(address(200)), HostId(100));
        assert!((0..100).all(|n| other.id(address(n)) == ids[n as usize]));
        one.refresh();
        assert_eq!(one.address(HostId(100)), Some(address(200)));
        assert_eq!((one.len(), one.class(HostId(100))), (101, AddressClass::of(address(200))));
    }
}
