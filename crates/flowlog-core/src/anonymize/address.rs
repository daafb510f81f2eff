//! Addresses -> other addresses of the same class.
//!
//! An address moves within its domain: the addresses of its class that have the same kept bits in front. Private
//! space keeps its block (`10/8`, `172.16/12`, `192.168/16`), as do carrier-grade NAT, link-local,
//! documentation and all other special blocks; public addresses keep no bit (IPv6: `2000::/3`). Crypto-PAn
//! permutes all addresses behind the kept bits; where that leads out of the domain (a public address to a private
//! one), it is applied again until it leads back in. This is a permutation of the domain, too.
//!
//! What it means for prefixes: in a domain that is a whole block, which is every one but those of public,
//! link-local, multicast and reserved addresses, all common prefixes are kept. Two addresses of the others keep
//! theirs if they are led the same way, which the domains see to for public ones of the same /24, or /48 in IPv6: a
//! special block is never smaller. With less in common, they may be led apart.
//!
//! Left as they are: addresses that say nothing of a network, since they mean the same everywhere.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::crypto_pan::CryptoPan;
use crate::flow::AddressClass::{
    self, Broadcast, CarrierGradeNat, Documentation, LinkLocal, Loopback, Multicast, Platform, Private,
    Public, Reserved,
};

/// Registered IPv6 multicast groups: all nodes, routers, DHCP, mDNS. Behind it are solicited nodes, which hold the
/// end of an address.
const REGISTERED_GROUPS: u128 = 0x2_0000;

/// Where an address may go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Domain {
    /// Nowhere.
    Fixed,
    /// To those of its class that share so many bits with it.
    Class(AddressClass, u32),
}

pub(super) fn anonymize(pan: &CryptoPan, address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) => v4(pan, address).into(),
        IpAddr::V6(address) => v6(pan, address).into(),
    }
}

fn v6(pan: &CryptoPan, address: Ipv6Addr) -> Ipv6Addr {
    if let Some(inner) = embedded(address) {
        let rest = address.to_bits() & !u128::from(u32::MAX);
        return Ipv6Addr::from_bits(rest | u128::from(v4(pan, inner).to_bits()));
    }
    let domain = |bits| domain_v6(Ipv6Addr::from_bits(bits));
    Ipv6Addr::from_bits(walk(pan, address.to_bits(), 128, domain))
}

fn v4(pan: &CryptoPan, address: Ipv4Addr) -> Ipv4Addr {
    let domain = |bits| domain_v4(upper(bits));
    upper(walk(pan, u128::from(address.to_bits()) << 96, 32, domain))
}

/// The IPv4 address in the upper end.
fn upper(bits: u128) -> Ipv4Addr {
    let [a, b, c, d, ..] = bits.to_be_bytes();
    Ipv4Addr::new(a, b, c, d)
}

/// The IPv4 address inside an IPv6 one: written as IPv6, or reached through NAT64.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let nat64 = matches!(address.segments(), [0x64, 0xff9b, 0, 0, 0, 0, ..]);
    let low = u32::try_from(address.to_bits() & u128::from(u32::MAX)).unwrap_or_default();
    if nat64 { Some(Ipv4Addr::from_bits(low)) } else { address.to_ipv4_mapped() }
}

fn walk(pan: &CryptoPan, bits: u128, width: u32, domain: impl Fn(u128) -> Domain) -> u128 {
    let home = domain(bits);
    let Domain::Class(_, kept) = home else { return bits };
    // A permutation leads back to where it began at the latest. Every domain is a good part of what
    // its kept bits leave open, so that few steps are needed.
    let mut at = pan.encrypt(bits, kept, width);
    while domain(at) != home {
        at = pan.encrypt(at, kept, width);
    }
    at
}

fn domain_v4(address: Ipv4Addr) -> Domain {
    let class = AddressClass::of(address.into());
    let kept = match (class, address.octets()) {
        (Platform | Broadcast | Loopback, _) | (_, [0, 0, 0, 0]) => return Domain::Fixed,
        // Protocols' own groups: routing, mDNS, SSDP.
        (Multicast, [224, 0, 0..=1, _] | [239, 255, 255, 250]) => return Domain::Fixed,
        // What shares a /24 with Azure's own address stays with it: otherwise a neighbour could be led to that
        // address, and on from there without the rest of its network.
        (Public, [168, 63, 129, _]) => 24,
        (Public, _) => 0,
        (Private, [10, ..]) | (Reserved, [0, ..]) => 8,
        (Private, [172, ..]) => 12,
        (Private | LinkLocal, _) => 16,
        (CarrierGradeNat, _) => 10,
        (Reserved, [198, ..]) => 15,
        (Documentation, _) | (Reserved, [192, ..]) => 24,
        (Multicast | Reserved, _) => 4,
    };
    Domain::Class(class, kept)
}

fn domain_v6(address: Ipv6Addr) -> Domain {
    if embedded(address).is_some() {
        return Domain::Fixed;
    }
    let class = AddressClass::of(address.into());
    let kept = match (class, address.segments()) {
        (Platform | Broadcast | Loopback, _) | (_, [0, 0, 0, 0, 0, 0, 0, 0]) => return Domain::Fixed,
        (Multicast, _) if address.to_bits() << 16 >> 16 < REGISTERED_GROUPS => return Domain::Fixed,
        (Multicast, _) => 16,
        (Private, _) => 8,
        (LinkLocal, [_, 0, 0, 0, ..]) => 64,
        (LinkLocal | CarrierGradeNat, _) => 10,
        (Documentation, [0x2001, ..]) => 32,
        (Documentation, _) => 20,
        (Reserved, [0x2001, 0x0002, ..]) => 48,
        (Reserved, [0x2001, ..]) => 28,
        (Reserved | Public, _) => 3,
    };
    Domain::Class(class, kept)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use proptest::prelude::*;

    fn pan(key: u8) -> CryptoPan {
        CryptoPan::new(&std::array::from_fn(|index| u8::try_from(index).unwrap() ^ key))
    }

    fn mapped(pan: &CryptoPan, address: &str) -> IpAddr {
        anonymize(pan, address.parse().unwrap())
    }

    fn common(a: IpAddr, b: IpAddr) -> u32 {
        match (a, b) {
            (IpAddr::V4(a), IpAddr::V4(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros(),
            (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros(),
            _ => panic!("{a} and {b} are of two families"),
        }
    }

    /// Addresses of one class each, with the bits that all of them share.
    const BLOCKS: &[(&str, u32)] = &[
        ("10.0.0.0", 8),
        ("172.16.0.0", 12),
        ("192.168.0.0", 16),
        ("100.64.0.0", 10),
        ("192.0.2.0", 24),
        ("198.18.0.0", 15),
        ("fd00::", 8),
        ("2001:db8::", 32),
        ("3fff::", 20),
    ];

    #[test]
    fn what_means_the_same_everywhere_stays() {
        for address in [
            "168.63.129.16",
            "169.254.169.254",
            "255.255.255.255",
            "127.0.0.1",
            "0.0.0.0",
            "224.0.0.251",
            "239.255.255.250",
            "::",
            "::1",
            "ff02::1",
            "ff02::fb",
            "ff02::1:2",
            "::ffff:168.63.129.16",
        ] {
            assert_eq!(mapped(&pan(1), address), address.parse::<IpAddr>().unwrap());
        }
        // A solicited node's group tells the last bits of its address.
        assert_ne!(mapped(&pan(1), "ff02::1:ff12:3456"), "ff02::1:ff12:3456".parse::<IpAddr>().unwrap());
    }

    #[test]
    fn an_ipv4_address_inside_an_ipv6_one_is_that_address() {
        let pan = pan(2);
        for address in ["8.8.8.8", "10.1.2.3", "168.63.129.16"] {
            let plain = mapped(&pan, address);
            assert_eq!(mapped(&pan, &format!("::ffff:{address}")).to_canonical(), plain);
            let nat64 = mapped(&pan, &format!("64:ff9b::{address}")).to_string().parse::<Ipv6Addr>().unwrap();
            assert_eq!(embedded(nat64).map(IpAddr::from), Some(plain));
        }
    }

    #[test]
    fn a_small_block_is_permuted() {
        for (block, class) in
            [([203, 0, 113], Documentation), ([192, 0, 0], Reserved), ([168, 63, 129], Public)]
        {
            let [a, b, c] = block;
            let all: Vec<IpAddr> = (0..=255).map(|last| IpAddr::from([a, b, c, last])).collect();
            let mapped: HashSet<IpAddr> = all.iter().map(|&address| anonymize(&pan(3), address)).collect();
            assert_eq!(mapped, all.iter().copied().collect::<HashSet<_>>());
            let of_class = mapped.iter().filter(|&&address| AddressClass::of(address) == class).count();
            assert!(of_class >= 255);
        }
    }

    proptest! {
        #[test]
        fn every_address_keeps_its_class_and_no_two_become_one(key: u8, bits: [u32; 8], wide: [u128; 8]) {
            let pan = pan(key);
            let mut met = std::collections::HashMap::new();
            let wide = wide.into_iter().enumerate().map(|(index, bits)| {
                // Any address, and one of each of the blocks that are in use.
                let starts = [0, 0x2000, 0xfd00, 0xfe80, 0xff02, 0x2001, 0x2603, 0x2a00_u128];
                let start = starts.get(index).copied().unwrap_or_default();
                Ipv6Addr::from_bits(if start == 0 { bits } else { start << 112 | bits >> 16 })
            });
            let all = bits.into_iter().map(|bits| Ipv4Addr::from_bits(bits).into()).chain(wide.map(IpAddr::from));
            for address in all {
                let mapped = anonymize(&pan, address);
                prop_assert_eq!(AddressClass::of(mapped), AddressClass::of(address), "{} {}", address, mapped);
                let before = met.insert(mapped, address);
                prop_assert!(before.is_none_or(|before| before == address));
            }
        }

        #[test]
        fn blocks_keep_all_common_prefixes(key: u8, a: u128, b: u128, shared in 0_u32..128, block in 0..BLOCKS.len()) {
            let pan = pan(key);
            let (start, bits) = BLOCKS[block];
            let start: IpAddr = start.parse().unwrap();
            let tail = u128::MAX.checked_shr(shared).unwrap_or(0);
            let b = a & !tail | b & tail;
            let within = |random: u128| -> IpAddr {
                let random = random >> bits;
                match start {
                    IpAddr::V4(start) => Ipv4Addr::from_bits(start.to_bits() | u32::try_from(random >> 96).unwrap()).into(),
                    IpAddr::V6(start) => Ipv6Addr::from_bits(start.to_bits() | random).into(),
                }
            };
            let (a, b) = (within(a), within(b));
            let (x, y) = (anonymize(&pan, a), anonymize(&pan, b));
            prop_assert_eq!(common(a, b), common(x, y));
            prop_assert!(common(start, x) >= bits);
        }

        /// The promise for public addresses: a /24, or a /48, stays together with all its common prefixes.
        #[test]
        fn public_networks_stay_together(key: u8, net: u32, last: [u8; 2], wide: u128, rest: [u128; 2]) {
            let pan = pan(key);
            let [a, b] = last.map(|last| IpAddr::from(Ipv4Addr::from_bits(net & !0xff | u32::from(last))));
            let host = u128::MAX >> 48;
            let [c, d] = rest.map(|rest| {
                IpAddr::from(Ipv6Addr::from_bits(0x2000 << 112 | wide >> 3 & !host | rest & host))
            });
            for (one, other) in [(a, b), (c, d)] {
                if AddressClass::of(one) == Public && AddressClass::of(other) == Public {
                    let (x, y) = (anonymize(&pan, one), anonymize(&pan, other));
                    prop_assert_eq!(common(one, other), common(x, y), "{} {}", one, other);
                }
            }
        }
    }
}
