//! What an IP address says of itself, before anything is looked up.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Azure's virtual public address of the host: the DNS resolver, DHCP, load-balancer health probes
/// and the VM agent of every virtual network answer there (Microsoft Learn, "What is IP address
/// 168.63.129.16?"). It looks public and never leaves the host.
pub(crate) const PLATFORM: Ipv4Addr = Ipv4Addr::new(168, 63, 129, 16);

/// The Instance Metadata Service, which also hands out managed-identity tokens (Microsoft Learn,
/// "Azure Instance Metadata Service").
pub(crate) const INSTANCE_METADATA: Ipv4Addr = Ipv4Addr::new(169, 254, 169, 254);

/// The class of an address by the IANA special-purpose registries (RFC 6890 and its updates), plus
/// the two addresses that Azure's platform uses. Every address has exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AddressClass {
    /// RFC 1918 (10/8, 172.16/12, 192.168/16) and RFC 4193 (`fc00::/7`).
    Private,
    /// 100.64/10, RFC 6598: shared by carriers; in Azure used like private space.
    CarrierGradeNat,
    /// 127/8 and `::1`.
    Loopback,
    /// 169.254/16 and `fe80::/10`.
    LinkLocal,
    /// 168.63.129.16 and 169.254.169.254, which Azure answers itself.
    Platform,
    /// 224/4 and `ff00::/8`.
    Multicast,
    /// 255.255.255.255. A subnet's own broadcast address cannot be told without its prefix.
    Broadcast,
    /// TEST-NET-1 to -3, `2001:db8::/32` and `3fff::/20`: seen in examples, never in real traffic.
    Documentation,
    /// Unspecified, benchmarking, protocol assignments and space not given out.
    Reserved,
    /// Everything else: an address of the internet.
    Public,
}

/// The class of all addresses that begin with an octet, where they have one: asked of every host of every pair.
const FIRST_OCTETS: [Option<AddressClass>; 256] = {
    let mut classes = [Some(AddressClass::Public); 256];
    let mut first = 0;
    while first < classes.len() {
        match first {
            10 => classes[first] = Some(AddressClass::Private),
            127 => classes[first] = Some(AddressClass::Loopback),
            224..=239 => classes[first] = Some(AddressClass::Multicast),
            // "This network", and class E.
            0 | 240..=254 => classes[first] = Some(AddressClass::Reserved),
            100 | 168 | 169 | 172 | 192 | 198 | 203 | 255 => classes[first] = None,
            _ => {}
        }
        first += 1;
    }
    classes
};

impl AddressClass {
    /// Every class, in the order reports list them.
    pub const ALL: [Self; 10] = [
        Self::Private,
        Self::CarrierGradeNat,
        Self::Public,
        Self::Platform,
        Self::LinkLocal,
        Self::Loopback,
        Self::Multicast,
        Self::Broadcast,
        Self::Documentation,
        Self::Reserved,
    ];

    /// The class of `address`; `::ffff:a.b.c.d` has the class of its IPv4 address.
    #[inline]
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::of_v4(address),
            IpAddr::V6(address) => address.to_ipv4_mapped().map_or_else(|| Self::of_v6(address), Self::of_v4),
        }
    }

    #[inline]
    fn of_v4(address: Ipv4Addr) -> Self {
        static FIRST: [Option<AddressClass>; 256] = FIRST_OCTETS;
        let [first, ..] = address.octets();
        FIRST[usize::from(first)].unwrap_or_else(|| Self::of_mixed(address))
    }

    /// Of an address of which the first octet alone does not tell.
    fn of_mixed(address: Ipv4Addr) -> Self {
        if address == PLATFORM || address == INSTANCE_METADATA {
            return Self::Platform;
        }
        match address.octets() {
            [172, 16..=31, ..] | [192, 168, ..] => Self::Private,
            [100, 64..=127, ..] => Self::CarrierGradeNat,
            [169, 254, ..] => Self::LinkLocal,
            [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Self::Documentation,
            [255, 255, 255, 255] => Self::Broadcast,
            // Class E, protocol assignments, benchmarking.
            [255, ..] | [192, 0, 0, _] | [198, 18..=19, ..] => Self::Reserved,
            _ => Self::Public,
        }
    }

    fn of_v6(address: Ipv6Addr) -> Self {
        match address.segments() {
            [0, 0, 0, 0, 0, 0, 0, 1] => Self::Loopback,
            [0xfc00..=0xfdff, ..] => Self::Private,
            [0xfe80..=0xfebf, ..] => Self::LinkLocal,
            [0xff00..=0xffff, ..] => Self::Multicast,
            [0x2001, 0x0db8, ..] | [0x3fff, 0x0000..=0x0fff, ..] => Self::Documentation,
            // Benchmarking (RFC 5180), and ORCHID: names that only look like addresses.
            [0x2001, 0x0002, 0, ..] | [0x2001, 0x0010..=0x002f, ..] => Self::Reserved,
            // NAT64 (RFC 6052) stands for a host of the IPv4 internet.
            [0x2000..=0x3fff, ..] | [0x0064, 0xff9b, 0, 0, 0, 0, ..] => Self::Public,
            // IANA has given out nothing else.
            _ => Self::Reserved,
        }
    }

    /// The word for reports.
    pub fn label(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::CarrierGradeNat => "carrier-grade NAT",
            Self::Loopback => "loopback",
            Self::LinkLocal => "link-local",
            Self::Platform => "Azure platform",
            Self::Multicast => "multicast",
            Self::Broadcast => "broadcast",
            Self::Documentation => "documentation",
            Self::Reserved => "reserved",
            Self::Public => "public",
        }
    }

    /// True for space that belongs to the network itself: private and carrier-grade NAT, the two
    /// that Azure Firewall, too, treats as private by default.
    pub fn is_private(self) -> bool {
        matches!(self, Self::Private | Self::CarrierGradeNat)
    }

    /// True for an address of the internet; false for the Azure platform.
    pub fn is_public(self) -> bool {
        self == Self::Public
    }
}

impl fmt::Display for AddressClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}

#[cfg(test)]
mod tests {
    use super::AddressClass::{self, *};

    /// Both edges of every block, and the neighbours outside it.
    const EDGES: &[(&str, AddressClass)] = &[
        ("0.0.0.0", Reserved),
        ("0.255.255.255", Reserved),
        ("1.0.0.0", Public),
        ("9.255.255.255", Public),
        ("10.0.0.0", Private),
        ("10.255.255.255", Private),
        ("11.0.0.0", Public),
        ("100.63.255.255", Public),
        ("100.64.0.0", CarrierGradeNat),
        ("100.127.255.255", CarrierGradeNat),
        ("100.128.0.0", Public),
        ("126.255.255.255", Public),
        ("127.0.0.1", Loopback),
        ("128.0.0.0", Public),
        ("168.63.129.15", Public),
        ("168.63.129.16", Platform),
        ("168.63.129.17", Public),
        ("169.253.255.255", Public),
        ("169.254.0.1", LinkLocal),
        ("169.254.169.253", LinkLocal),
        ("169.254.169.254", Platform),
        ("169.255.0.0", Public),
        ("172.15.255.255", Public),
        ("172.16.0.0", Private),
        ("172.20.0.1", Private),
        ("172.31.255.255", Private),
        ("172.32.0.1", Public),
        ("192.0.0.8", Reserved),
        ("192.0.1.0", Public),
        ("192.0.2.1", Documentation),
        ("192.167.255.255", Public),
        ("192.168.0.0", Private),
        ("192.169.0.0", Public),
        ("198.17.255.255", Public),
        ("198.18.0.1", Reserved),
        ("198.20.0.0", Public),
        ("198.51.100.7", Documentation),
        ("203.0.113.7", Documentation),
        ("223.255.255.255", Public),
        ("224.0.0.1", Multicast),
        ("239.255.255.250", Multicast),
        ("240.0.0.1", Reserved),
        ("255.255.255.254", Reserved),
        ("255.255.255.255", Broadcast),
        ("::", Reserved),
        ("::1", Loopback),
        ("::2", Reserved),
        ("64:ff9b::808:808", Public),
        ("100::1", Reserved),
        ("1fff::1", Reserved),
        ("2001:2::1", Reserved),
        ("2001:2:1::1", Public),
        ("2001:20::1", Reserved),
        ("2001:db8::1", Documentation),
        ("2001:db9::1", Public),
        ("2603:1030::1", Public),
        ("3fff:fff::1", Documentation),
        ("3fff:1000::1", Public),
        ("4000::1", Reserved),
        ("fbff::1", Reserved),
        ("fc00::1", Private),
        ("fdff::1", Private),
        ("fe00::1", Reserved),
        ("fe80::1", LinkLocal),
        ("febf::1", LinkLocal),
        ("fec0::1", Reserved),
        ("ff02::1", Multicast),
    ];

    #[test]
    fn every_block_has_its_class_up_to_both_edges() {
        for (address, class) in EDGES {
            assert_eq!(AddressClass::of(address.parse().unwrap()), *class, "{address}");
        }
    }

    #[test]
    fn a_mapped_address_has_the_class_of_its_ipv4() {
        for (address, class) in EDGES.iter().filter(|(address, _)| !address.contains(':')) {
            let mapped = format!("::ffff:{address}").parse().unwrap();
            assert_eq!(AddressClass::of(mapped), *class, "{mapped}");
        }
    }

    #[test]
    fn each_class_is_listed_once_and_has_a_word_of_its_own() {
        let mut labels: Vec<_> = AddressClass::ALL.iter().map(|class| class.label()).collect();
        labels.sort_unstable();
        labels.dedup();
        assert_eq!(labels.len(), AddressClass::ALL.len());
        for (_, class) in EDGES {
            assert!(AddressClass::ALL.contains(class));
        }
    }

    #[test]
    fn private_and_public_leave_the_platform_out() {
        assert!(Private.is_private() && CarrierGradeNat.is_private() && Public.is_public());
        assert!(!Platform.is_public() && !Platform.is_private() && !LinkLocal.is_private());
    }
}
