//! Values of networks, found by address.

use std::cmp::Reverse;
use std::net::IpAddr;

use crate::flow::Network;

/// First and last address of ranges that neither overlap nor touch, in order; of IPv4, of IPv6.
pub type Ranges = (Vec<(u32, u32)>, Vec<(u128, u128)>);

/// A value for each of some networks. Of several networks that hold an address the smallest counts; of the same network
/// given twice, the last.
///
/// Memory: two ranges a network at most, of 12 bytes (IPv4) or 48 (IPv6). A look-up halves the ranges.
#[derive(Clone, Debug)]
pub(super) struct Prefixes<T> {
    v4: Vec<(u32, u32, T)>,
    v6: Vec<(u128, u128, T)>,
}

impl<T> Default for Prefixes<T> {
    fn default() -> Self {
        Self { v4: Vec::new(), v6: Vec::new() }
    }
}

/// A network's first and last address, its place in the list, its value.
type Entry<T> = (u128, u128, usize, T);

impl<T: Copy + PartialEq> Prefixes<T> {
    /// Of these networks.
    pub(super) fn new(networks: impl IntoIterator<Item = (Network, T)>) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for (place, (network, value)) in networks.into_iter().enumerate() {
            let (first, last) = network.range();
            let entries = if network.is_ipv4() { &mut v4 } else { &mut v6 };
            entries.push((first, last, place, value));
        }
        // The range of an IPv4 network has 32 bits.
        let narrow = |bits: u128| u32::try_from(bits).unwrap_or(u32::MAX);
        let v4 = flat(v4).into_iter().map(|(first, last, value)| (narrow(first), narrow(last), value));
        Self { v4: v4.collect(), v6: flat(v6) }
    }

    /// True if there is no network.
    pub(super) fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// The values of this and, where it has none, those of `other`.
    pub(super) fn or(self, other: Self) -> Self {
        if other.is_empty() {
            return self;
        }
        Self { v4: over(self.v4, other.v4), v6: over(self.v6, other.v6) }
    }

    /// The value of the smallest network that holds `address`.
    #[inline]
    pub(super) fn find(&self, address: IpAddr) -> Option<T> {
        match address.to_canonical() {
            IpAddr::V4(address) => find(&self.v4, address.to_bits()),
            IpAddr::V6(address) => find(&self.v6, address.to_bits()),
        }
    }

    /// The addresses whose value is one of those that `is` says.
    pub(super) fn ranges(&self, is: impl Fn(T) -> bool) -> Ranges {
        let v4 = self.v4.iter().filter(|(.., value)| is(*value)).map(|&(first, last, _)| (first, last));
        let v6 = self.v6.iter().filter(|(.., value)| is(*value)).map(|&(first, last, _)| (first, last));
        (v4.collect(), v6.collect())
    }
}

#[inline]
fn find<N: Ord + Copy, T: Copy>(ranges: &[(N, N, T)], number: N) -> Option<T> {
    let place = ranges.partition_point(|&(_, last, _)| last < number);
    ranges.get(place).filter(|(first, ..)| *first <= number).map(|&(.., value)| value)
}

/// Whole numbers of which each but the last has a next one.
trait Number: Ord + Copy {
    fn next(self) -> Option<Self>;
    fn before(self) -> Option<Self>;
}

macro_rules! number {
    ($($kind:ty),*) => {
        $(impl Number for $kind {
            fn next(self) -> Option<Self> {
                self.checked_add(1)
            }

            fn before(self) -> Option<Self> {
                self.checked_sub(1)
            }
        })*
    };
}

number!(u32, u128);

/// Ranges in order, and what `below` says between them.
fn over<N: Number, T: Copy>(above: Vec<(N, N, T)>, below: Vec<(N, N, T)>) -> Vec<(N, N, T)> {
    let mut all = Vec::with_capacity(above.len() + below.len());
    let mut rest = above.iter().peekable();
    for (first, last, value) in below {
        let mut open = Some(first);
        // Those that end before this one cut nothing out of it; the one it ends in may cut the next one, too.
        while rest.next_if(|(_, end, _)| *end < first).is_some() {}
        let mut cutting = rest.clone();
        while let (Some(from), Some(&&(cut, end, _))) = (open, cutting.peek()) {
            if cut > last {
                break;
            }
            if let Some(to) = cut.before().filter(|to| from <= *to) {
                all.push((from, to, value));
            }
            open = end.next().filter(|next| *next <= last);
            cutting.next();
        }
        all.extend(open.map(|from| (from, last, value)));
    }
    all.extend(above);
    all.sort_unstable_by_key(|(first, ..)| *first);
    all
}

/// Networks of values that neither overlap nor go back, as they come: those that touch and have one value are one range.
#[derive(Debug)]
pub(super) struct Spans<T>(Prefixes<T>);

impl<T> Default for Spans<T> {
    fn default() -> Self {
        Self(Prefixes::default())
    }
}

impl<T: Copy + PartialEq> Spans<T> {
    pub(super) fn push(&mut self, network: Network, value: T) {
        let (first, last) = network.range();
        let narrow = |bits: u128| u32::try_from(bits).unwrap_or(u32::MAX);
        if network.is_ipv4() {
            extend(&mut self.0.v4, (narrow(first), narrow(last), value));
        } else {
            extend(&mut self.0.v6, (first, last, value));
        }
    }

    pub(super) fn finish(mut self) -> Prefixes<T> {
        self.0.v4.shrink_to_fit();
        self.0.v6.shrink_to_fit();
        self.0
    }
}

fn extend<N: Number, T: PartialEq>(ranges: &mut Vec<(N, N, T)>, range: (N, N, T)) {
    match ranges.last_mut() {
        Some(last) if last.2 == range.2 && last.1.next() == Some(range.0) => last.1 = range.1,
        _ => ranges.push(range),
    }
}

/// Networks as disjoint ranges in order. Of any two networks one holds the other, or they share nothing.
fn flat<T: Copy + PartialEq>(mut entries: Vec<Entry<T>>) -> Vec<(u128, u128, T)> {
    // The larger one before those in it; of the same one, the last given first.
    entries.sort_by_key(|&(first, last, place, _)| (first, Reverse(last), Reverse(place)));
    entries.dedup_by_key(|(first, last, ..)| (*first, *last));
    let mut flat: Vec<(u128, u128, T)> = Vec::with_capacity(entries.len());
    let mut push = |first: u128, last: u128, value: T| match flat.last_mut() {
        _ if first > last => {}
        Some(before) if before.2 == value && before.1.checked_add(1) == Some(first) => before.1 = last,
        _ => flat.push((first, last, value)),
    };
    // Those that the place is in, the smallest last, and the first address that has no value yet.
    let mut open: Vec<(u128, T)> = Vec::new();
    let mut place = 0;
    for (first, last, _, value) in entries {
        while let Some(&(end, outer)) = open.last().filter(|(end, _)| *end < first) {
            push(place, end, outer);
            place = place.max(end + 1);
            open.pop();
        }
        if let (Some(&(_, outer)), Some(before)) = (open.last(), first.checked_sub(1)) {
            push(place, before, outer);
        }
        place = first;
        open.push((last, value));
    }
    while let Some((end, value)) = open.pop() {
        push(place, end, value);
        match end.checked_add(1) {
            Some(next) => place = place.max(next),
            None => break,
        }
    }
    flat
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use proptest::prelude::*;

    use super::*;

    fn prefixes(networks: &[(&str, u32)]) -> Prefixes<u32> {
        Prefixes::new(networks.iter().map(|(network, value)| (network.parse().unwrap(), *value)))
    }

    #[test]
    fn the_smallest_network_counts_and_of_equal_ones_the_last() {
        let all = prefixes(&[
            ("10.0.0.4", 1),
            ("10.0.0.0/24", 2),
            ("10.0.0.0/8", 3),
            ("10.0.0.9/24", 4),
            ("0.0.0.0/0", 5),
            ("255.255.255.255", 6),
            ("fd00::/8", 7),
            ("::/0", 8),
        ]);
        let find = |address: &str| all.find(address.parse().unwrap());
        assert_eq!(
            ["10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.1.0", "11.0.0.0", "255.255.255.255", "0.0.0.0"]
                .map(find),
            [4, 1, 4, 3, 5, 6, 5].map(Some)
        );
        assert_eq!(["fd12::1", "fe80::1", "::ffff:10.0.0.4"].map(find), [7, 8, 1].map(Some));
        assert_eq!(prefixes(&[("10.0.0.4", 1)]).find("10.0.0.5".parse().unwrap()), None);
        assert_eq!(prefixes(&[("10.0.0.0/25", 1), ("10.0.0.128/25", 1)]).ranges(|_| true).0.len(), 1);
        assert_eq!(
            all.ranges(|value| value == 4).0,
            [(0x0a00_0000, 0x0a00_0003), (0x0a00_0005, 0x0a00_00ff)]
        );
    }

    #[test]
    fn what_one_says_goes_over_what_another_says() {
        let above = prefixes(&[("10.0.0.0/24", 1), ("10.0.2.0/25", 2), ("255.255.255.0/24", 3)]);
        let below = prefixes(&[("10.0.0.0/16", 4), ("10.1.0.0/16", 5), ("255.0.0.0/8", 6), ("fd00::/8", 7)]);
        let all = above.or(below);
        let find = |address: &str| all.find(address.parse().unwrap());
        assert_eq!(
            [
                "10.0.0.9",
                "10.0.1.0",
                "10.0.2.1",
                "10.0.2.128",
                "10.1.0.0",
                "255.255.255.255",
                "255.254.0.0",
                "fd00::1"
            ]
            .map(find),
            [1, 4, 2, 4, 5, 3, 6, 7].map(Some)
        );
        let first: Vec<u32> = all.v4.iter().map(|(first, ..)| *first).collect();
        assert!(first.is_sorted() && all.v4.len() == 7, "{:?}", all.v4);
    }

    #[test]
    fn networks_in_order_are_joined() {
        let mut spans = Spans::default();
        for (network, value) in
            [("10.0.0.0/25", 1), ("10.0.0.128/25", 1), ("10.0.1.0/24", 2), ("fd00::/8", 1)]
        {
            spans.push(network.parse().unwrap(), value);
        }
        let all = spans.finish();
        assert_eq!((all.v4.len(), all.v6.len()), (2, 1));
        assert_eq!(all.find("10.0.0.200".parse().unwrap()), Some(1));
    }

    /// By reading every network in turn.
    fn in_turn(networks: &[(Network, u32)], address: IpAddr) -> Option<u32> {
        let holding = networks.iter().enumerate().filter(|(_, (network, _))| network.contains(address));
        holding.max_by_key(|(place, (network, _))| (network.prefix(), *place)).map(|(_, (_, value))| *value)
    }

    proptest! {
        #[test]
        fn a_look_up_agrees_with_reading_every_network(
            networks in prop::collection::vec((any::<bool>(), 0_u32..64, 24_u8..=32, 0_u32..4), 0..24),
            wide in prop::collection::vec((any::<u32>(), 0_u8..=32, 0_u32..4), 0..6),
        ) {
            // Close to each other, at the ends of what there is, so that many hold each other.
            let mut all: Vec<(Network, u32)> = networks
                .into_iter()
                .map(|(v6, near, prefix, value)| {
                    let address: IpAddr = if v6 {
                        Ipv6Addr::from_bits(u128::MAX - u128::from(near)).into()
                    } else {
                        Ipv4Addr::from_bits(u32::MAX - near).into()
                    };
                    (Network::around(address, if v6 { prefix + 96 } else { prefix }), value)
                })
                .collect();
            all.extend(wide.into_iter().map(|(bits, prefix, value)| {
                (Network::around(Ipv4Addr::from_bits(bits).into(), prefix), value)
            }));
            let found = Prefixes::new(all.iter().copied());
            for near in 0..80_u32 {
                for address in [
                    IpAddr::V4(Ipv4Addr::from_bits(u32::MAX - near)),
                    IpAddr::V4(Ipv4Addr::from_bits(near << 25)),
                    IpAddr::V6(Ipv6Addr::from_bits(u128::MAX - u128::from(near))),
                ] {
                    prop_assert_eq!(found.find(address), in_turn(&all, address), "{}", address);
                }
            }
        }
    }
}
