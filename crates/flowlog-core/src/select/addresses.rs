//! Sets of addresses and of ports, made for being asked of every tuple.

use std::net::IpAddr;
use std::sync::Arc;

use crate::enrich::Ranges;
use crate::flow::Network;

/// Up to so many ranges are compared one after the other: that is faster than halving.
const FEW: usize = 8;
/// Ports in up to so many ranges are compared; more are looked up in a bitmap of 8 KiB.
const FEW_PORTS: usize = 4;

/// Addresses as sorted ranges that neither overlap nor touch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses {
    v4: Arc<[(u32, u32)]>,
    v6: Arc<[(u128, u128)]>,
}

impl Addresses {
    /// Those of `networks`.
    pub fn of(networks: &[Network]) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for network in networks {
            let (first, last) = network.range();
            if network.is_ipv4() {
                // The range of an IPv4 network has 32 bits.
                let narrow = |bits| u32::try_from(bits).unwrap_or(u32::MAX);
                v4.push((narrow(first), narrow(last)));
            } else {
                v6.push((first, last));
            }
        }
        Self { v4: joined(v4, |last| last.checked_add(1)), v6: joined(v6, |last| last.checked_add(1)) }
    }

    /// Of ranges of both families.
    pub fn of_ranges((v4, v6): Ranges) -> Self {
        Self { v4: joined(v4, |last| last.checked_add(1)), v6: joined(v6, |last| last.checked_add(1)) }
    }

    /// What is in any of `sets`.
    pub(super) fn union(sets: &[&Self]) -> Self {
        let v4 = sets.iter().flat_map(|set| set.v4.iter().copied()).collect();
        let v6 = sets.iter().flat_map(|set| set.v6.iter().copied()).collect();
        Self { v4: joined(v4, |last| last.checked_add(1)), v6: joined(v6, |last| last.checked_add(1)) }
    }

    /// True if `address` is one of them. An IPv4 address written as IPv6 counts as IPv4.
    #[inline]
    pub fn contains(&self, address: IpAddr) -> bool {
        match address.to_canonical() {
            IpAddr::V4(address) => holds(&self.v4, address.to_bits(), FEW),
            IpAddr::V6(address) => holds(&self.v6, address.to_bits(), FEW),
        }
    }
}

/// Ports as sorted ranges that neither overlap nor touch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ports {
    ranges: Arc<[(u16, u16)]>,
    /// One bit a port, if there are many ranges.
    bits: Option<Arc<[u64; 1024]>>,
}

impl Ports {
    pub(super) fn of(ranges: Vec<(u16, u16)>) -> Self {
        let ranges = joined(ranges, |last| last.checked_add(1));
        let bits = (ranges.len() > FEW_PORTS).then(|| {
            let mut bits = [0_u64; 1024];
            for port in ranges.iter().flat_map(|&(first, last)| first..=last) {
                bits[usize::from(port / 64)] |= 1 << (port % 64);
            }
            Arc::new(bits)
        });
        Self { ranges, bits }
    }

    /// What is in any of `sets`.
    pub(super) fn union(sets: &[&Self]) -> Self {
        Self::of(sets.iter().flat_map(|set| set.ranges.iter().copied()).collect())
    }

    #[inline]
    pub(super) fn contains(&self, port: u16) -> bool {
        match &self.bits {
            Some(bits) => bits[usize::from(port / 64)] >> (port % 64) & 1 == 1,
            None => holds(&self.ranges, port, FEW_PORTS),
        }
    }
}

/// Whether one of sorted ranges holds `value`.
#[inline]
fn holds<T: Ord + Copy>(ranges: &[(T, T)], value: T, few: usize) -> bool {
    if ranges.len() <= few {
        return ranges.iter().any(|&(first, last)| first <= value && value <= last);
    }
    let place = ranges.partition_point(|&(_, last)| last < value);
    ranges.get(place).is_some_and(|&(first, _)| first <= value)
}

/// Sorts ranges and joins those that overlap or touch. An empty range (its first behind its last) holds nothing.
fn joined<T: Ord + Copy>(mut ranges: Vec<(T, T)>, next: impl Fn(T) -> Option<T>) -> Arc<[(T, T)]> {
    ranges.retain(|(first, last)| first <= last);
    ranges.sort_unstable();
    let mut joined: Vec<(T, T)> = Vec::with_capacity(ranges.len());
    for (first, last) in ranges {
        match joined.last_mut() {
            // Without a next value, the range before reaches to the end.
            Some(before) if next(before.1).is_none_or(|next| first <= next) => before.1 = before.1.max(last),
            _ => joined.push((first, last)),
        }
    }
    joined.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(networks: &[&str]) -> Addresses {
        let networks: Vec<Network> = networks.iter().map(|text| text.parse().unwrap()).collect();
        Addresses::of(&networks)
    }

    #[test]
    fn networks_that_touch_or_overlap_become_one_range() {
        let set =
            addresses(&["10.0.1.0/24", "10.0.0.0/24", "10.0.0.7", "255.255.255.255", "255.255.255.0/24"]);
        assert_eq!(set.v4.len(), 2);
        let set = addresses(&["::/0", "fd00::/8", "ffff:ffff::/32"]);
        assert_eq!(&*set.v6, [(0, u128::MAX)]);
        assert!(!set.contains("10.0.0.4".parse().unwrap()), "of IPv4, though written as IPv6");
        assert!(!set.contains("::ffff:10.0.0.4".parse().unwrap()));
    }

    #[test]
    fn few_and_many_networks_hold_the_same() {
        let all: Vec<String> = (0..40).map(|third| format!("10.0.{}.0/25", third * 2)).collect();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let many = addresses(&all);
        let few: Vec<Addresses> = all.chunks(5).map(addresses).collect();
        for third in 0..=82 {
            for fourth in [0, 127, 128, 255] {
                let address: IpAddr = format!("10.0.{third}.{fourth}").parse().unwrap();
                let is_in = third % 2 == 0 && third < 80 && fourth < 128;
                assert_eq!(many.contains(address), is_in, "{address}");
                assert_eq!(few.iter().any(|set| set.contains(address)), is_in, "{address}");
            }
        }
        assert_eq!(Addresses::union(&few.iter().collect::<Vec<_>>()), many);
    }

    #[test]
    fn few_and_many_ports_hold_the_same() {
        let ranges: Vec<(u16, u16)> =
            vec![(0, 0), (22, 22), (80, 81), (1000, 2000), (1500, 2500), (65_535, 65_535), (443, 443)];
        let many = Ports::of(ranges.clone());
        assert!(many.bits.is_some() && many.ranges.len() == 6);
        let few: Vec<Ports> = ranges.chunks(3).map(|part| Ports::of(part.to_vec())).collect();
        assert!(few.iter().all(|set| set.bits.is_none()));
        for port in 0..=u16::MAX {
            let is_in = ranges.iter().any(|&(first, last)| (first..=last).contains(&port));
            assert_eq!(
                (many.contains(port), few.iter().any(|set| set.contains(port))),
                (is_in, is_in),
                "{port}"
            );
        }
        assert_eq!(Ports::union(&few.iter().collect::<Vec<_>>()), many);
    }
}
