//! Who is behind a public address.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::OnceLock;

use crate::flow::{AddressClass, INSTANCE_METADATA, PLATFORM};

/// The table, written by `cargo xtask registries`.
///
/// Text up to the first empty line: `flowlog-providers 1`, the versions of the sources, then a
/// provider a line. Then twice, for IPv4 and IPv6: the number of ranges, and for each the gap since
/// the end of the one before, its length less one, and a byte that counts into the providers.
/// Numbers are LEB128: seven bits a byte, lowest first, the top bit set when more follow. IPv4
/// counts addresses, IPv6 counts /48 networks.
const TABLE: &[u8] = include_bytes!("../../data/providers.bin");

const PLATFORM_NAME: &str = "Azure platform (DNS, DHCP, health probes)";
const METADATA_NAME: &str = "Instance metadata";

/// A range with inclusive bounds, in the unit of its family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    first: u64,
    last: u64,
    provider: &'static str,
}

/// Both families, each sorted and without overlap.
#[derive(Default)]
struct Providers {
    sources: &'static str,
    /// Every name that [`provider`] can give.
    names: Vec<&'static str>,
    v4: Vec<Range>,
    v6: Vec<Range>,
}

impl Providers {
    /// `None` when `bytes` is not such a table.
    fn decode(bytes: &'static [u8]) -> Option<Self> {
        let header = bytes.windows(2).position(|pair| pair == b"\n\n")?;
        let (text, mut rest) = (bytes.get(..header)?, bytes.get(header + 2..)?);
        let mut lines = std::str::from_utf8(text).ok()?.lines();
        if lines.next()? != "flowlog-providers 1" {
            return None;
        }
        let sources = lines.next()?;
        let names: Vec<&'static str> = lines.collect();
        let v4 = ranges(&mut rest, &names, u32::MAX.into())?;
        let v6 = ranges(&mut rest, &names, (1 << 48) - 1)?;
        let names = names.into_iter().chain([PLATFORM_NAME, METADATA_NAME]).collect();
        rest.is_empty().then_some(Self { sources, names, v4, v6 })
    }

    fn get() -> &'static Self {
        static PROVIDERS: OnceLock<Providers> = OnceLock::new();
        // The embedded table decodes: a test holds it. Names are an extra, so no panic either way.
        PROVIDERS.get_or_init(|| Self::decode(TABLE).unwrap_or_default())
    }

    fn find(&self, address: IpAddr) -> Option<&'static str> {
        let (ranges, number) = match address {
            IpAddr::V4(address) => (&self.v4, u64::from(address.to_bits())),
            IpAddr::V6(address) => (&self.v6, network(address)),
        };
        let after = ranges.partition_point(|range| range.first <= number);
        let range = ranges.get(after.checked_sub(1)?)?;
        (number <= range.last).then_some(range.provider)
    }
}

/// The /48 network of an address.
fn network(address: Ipv6Addr) -> u64 {
    let [a, b, c, ..] = address.segments();
    u64::from(a) << 32 | u64::from(b) << 16 | u64::from(c)
}

/// Reads the ranges of one family, none of which may end beyond `limit`.
fn ranges(bytes: &mut &[u8], names: &[&'static str], limit: u64) -> Option<Vec<Range>> {
    let count = usize::try_from(number(bytes)?).ok()?;
    // Each range takes three bytes or more: a wrong count must not reserve more than there is.
    let mut ranges = Vec::with_capacity(count.min(bytes.len() / 3));
    let mut free = 0_u64;
    for _ in 0..count {
        let first = free.checked_add(number(bytes)?)?;
        let last = first.checked_add(number(bytes)?)?;
        let (&owner, rest) = bytes.split_first()?;
        *bytes = rest;
        if last > limit {
            return None;
        }
        ranges.push(Range { first, last, provider: names.get(usize::from(owner))? });
        free = last + 1;
    }
    Some(ranges)
}

/// Reads one LEB128 number.
fn number(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..63).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

/// The provider of a public address, or the Azure service behind a platform address; `None` for
/// private space and for everybody else.
///
/// Azure, AWS, Google Cloud, Oracle Cloud, Cloudflare and `DigitalOcean` publish their ranges: there
/// the name is their word. For the others, and for what those six do not list, it is whoever
/// *announces* the address, which may carry a customer's own block. So "Microsoft Azure" is in
/// Microsoft's list of Azure ranges, and "Microsoft" is the rest of its network.
///
/// ```
/// use flowlog_core::enrich::provider;
/// assert_eq!(provider("1.1.1.1".parse().unwrap()), Some("Cloudflare"));
/// assert_eq!(provider("10.0.0.4".parse().unwrap()), None);
/// ```
pub fn provider(address: IpAddr) -> Option<&'static str> {
    let address = address.to_canonical();
    match AddressClass::of(address) {
        AddressClass::Platform if address == PLATFORM => Some(PLATFORM_NAME),
        AddressClass::Platform if address == INSTANCE_METADATA => Some(METADATA_NAME),
        AddressClass::Public => Providers::get().find(address),
        _ => None,
    }
}

/// Every name that [`provider`] can give, each once.
pub fn provider_names() -> &'static [&'static str] {
    &Providers::get().names
}

/// True for a public address whose [`provider`] is Microsoft. Much cheaper than asking for the name: it is asked of
/// every address of the internet.
pub fn is_microsoft(address: IpAddr) -> bool {
    let address = address.to_canonical();
    AddressClass::of(address) == AddressClass::Public && Microsoft::get().has(address)
}

/// Where Microsoft's addresses begin and, at the next place, end: small enough for the processor's nearest cache.
#[derive(Default)]
struct Microsoft {
    /// One bit for each network of 16 bits: it has some. Most have none, and need no search.
    some: Vec<u64>,
    v4: Vec<u32>,
    v6: Vec<u64>,
}

impl Microsoft {
    fn get() -> &'static Self {
        static MICROSOFT: OnceLock<Microsoft> = OnceLock::new();
        MICROSOFT.get_or_init(|| {
            let Providers { v4, v6, .. } = Providers::get();
            let (v4, v6) = (edges(v4), edges(v6));
            let mut some = vec![0; 1024];
            for range in v4.chunks(2) {
                let [first, end] = range else { continue };
                for block in first >> 16..=(end - 1) >> 16 {
                    if let Some(word) = some.get_mut((block / 64) as usize) {
                        *word |= 1_u64 << (block % 64);
                    }
                }
            }
            Self { some, v4: v4.into_iter().filter_map(|edge| u32::try_from(edge).ok()).collect(), v6 }
        })
    }

    fn has(&self, address: IpAddr) -> bool {
        let before = match address {
            IpAddr::V4(address) => {
                let (bits, block) = (address.to_bits(), address.to_bits() >> 16);
                if self.some.get((block / 64) as usize).is_none_or(|word| word >> (block % 64) & 1 == 0) {
                    return false;
                }
                self.v4.partition_point(|edge| *edge <= bits)
            }
            IpAddr::V6(address) => self.v6.partition_point(|edge| *edge <= network(address)),
        };
        before % 2 == 1
    }
}

/// Where ranges of Microsoft begin and where they have ended, in turn.
fn edges(ranges: &[Range]) -> Vec<u64> {
    let mut edges: Vec<u64> = Vec::new();
    for range in ranges.iter().filter(|range| range.provider.starts_with("Microsoft")) {
        if edges.last() == Some(&range.first) {
            edges.pop();
        } else {
            edges.push(range.first);
        }
        edges.push(range.last + 1);
    }
    edges
}

/// Where [`provider`]'s names come from, with the versions that carry the dates, for a footnote.
pub fn provider_data() -> &'static str {
    Providers::get().sources
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    use proptest::prelude::*;

    use super::{Microsoft, Providers, Range, TABLE, is_microsoft, number, provider, provider_data};

    #[test]
    fn known_addresses_have_their_provider() {
        let cases = [
            ("20.42.0.1", "Microsoft Azure"),
            ("52.239.1.1", "Microsoft Azure"),
            ("13.107.42.14", "Microsoft Azure"),
            // Exchange Online: Microsoft's network, not in the list of Azure ranges.
            ("40.96.0.1", "Microsoft"),
            ("52.95.110.1", "Amazon AWS"),
            ("3.5.140.1", "Amazon AWS"),
            ("54.240.196.1", "Amazon AWS"),
            ("8.8.8.8", "Google"),
            ("34.64.0.1", "Google Cloud"),
            ("1.1.1.1", "Cloudflare"),
            ("104.16.0.1", "Cloudflare"),
            ("140.82.112.3", "GitHub"),
            ("151.101.1.1", "Fastly"),
            ("17.0.0.1", "Apple"),
            ("157.240.1.35", "Meta"),
            ("9.9.9.9", "Quad9"),
            ("162.142.125.1", "Censys (scanner)"),
            ("2603:1030::1", "Microsoft Azure"),
            ("2606:4700:4700::1111", "Cloudflare"),
            ("2001:4860:4860::8888", "Google"),
            ("2600:1f18::1", "Amazon AWS"),
        ];
        for (address, name) in cases {
            assert_eq!(provider(address.parse().unwrap()), Some(name), "{address}");
        }
    }

    /// The scripts before this tool called 13., 20., 40., 52. and 104. Azure by the first octet.
    #[test]
    fn a_first_octet_is_no_provider() {
        let cases = [
            ("13.32.1.1", Some("Amazon AWS")),
            ("20.32.0.1", None),
            ("20.129.0.1", Some("Amazon")),
            ("40.1.1.1", None),
            ("52.95.110.1", Some("Amazon AWS")),
            ("104.16.0.1", Some("Cloudflare")),
            ("104.154.1.1", Some("Google Cloud")),
        ];
        for (address, name) in cases {
            assert_eq!(provider(address.parse().unwrap()), name, "{address}");
        }
    }

    #[test]
    fn platform_addresses_have_their_service() {
        for (address, name) in [
            ("168.63.129.16", "Azure platform (DNS, DHCP, health probes)"),
            ("::ffff:168.63.129.16", "Azure platform (DNS, DHCP, health probes)"),
            ("169.254.169.254", "Instance metadata"),
        ] {
            assert_eq!(provider(address.parse().unwrap()), Some(name), "{address}");
        }
    }

    #[test]
    fn addresses_that_are_not_public_have_no_provider() {
        for address in ["10.0.0.4", "172.20.0.1", "100.64.0.1", "127.0.0.1", "::1", "fd00::1", "224.0.0.1"] {
            assert_eq!(provider(address.parse().unwrap()), None, "{address}");
        }
    }

    #[test]
    fn the_table_is_sorted_disjoint_and_joined() {
        let table = Providers::decode(TABLE).unwrap();
        assert!(table.v4.len() > 10_000 && table.v6.len() > 4_000);
        for ranges in [&table.v4, &table.v6] {
            for range in ranges {
                assert!(range.first <= range.last);
            }
            for pair in ranges.windows(2) {
                let [a, b] = pair else { unreachable!() };
                assert!(a.last < b.first, "{a:?} {b:?}");
                assert!(a.last + 1 < b.first || a.provider != b.provider, "{a:?} {b:?}");
            }
        }
        assert!(provider_data().contains("@ip-location-db/asn "));
    }

    #[test]
    fn a_table_cut_anywhere_is_refused() {
        for length in (0..TABLE.len()).step_by(997) {
            assert!(Providers::decode(&TABLE[..length]).is_none(), "{length}");
        }
    }

    #[test]
    fn numbers_are_read_seven_bits_a_byte() {
        assert_eq!(number(&mut &[0xac, 0x02][..]), Some(300));
        assert_eq!(number(&mut &[0x80][..]), None);
        assert_eq!(number(&mut &[0xff; 12][..]), None);
    }

    /// The search against reading every range in turn.
    fn in_turn(ranges: &[Range], number: u64) -> Option<&'static str> {
        ranges.iter().find(|r| r.first <= number && number <= r.last).map(|r| r.provider)
    }

    fn is_named_microsoft(address: IpAddr) -> bool {
        provider(address).is_some_and(|name| name.starts_with("Microsoft"))
    }

    #[test]
    fn the_edges_of_microsoft_s_ranges_are_those_of_its_name() {
        let Microsoft { v4, v6, .. } = Microsoft::get();
        assert!(v4.len() > 100 && v6.len() > 20 && v4.is_sorted() && v6.is_sorted());
        for &edge in v4 {
            for address in [edge - 1, edge].map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits))) {
                assert_eq!(is_microsoft(address), is_named_microsoft(address), "{address}");
            }
        }
        for &edge in v6 {
            for net in [edge - 1, edge] {
                let address = IpAddr::V6(Ipv6Addr::from_bits(u128::from(net) << 80 | 7));
                assert_eq!(is_microsoft(address), is_named_microsoft(address), "{address}");
            }
        }
        assert!(
            !is_microsoft("10.0.0.4".parse().unwrap()) && !is_microsoft("168.63.129.16".parse().unwrap())
        );
    }

    proptest! {
        #[test]
        fn microsoft_is_known_without_its_name(bits: u32) {
            let address = IpAddr::V4(Ipv4Addr::from_bits(bits));
            prop_assert_eq!(is_microsoft(address), is_named_microsoft(address));
        }

        #[test]
        fn v4_search_agrees_with_reading_in_turn(bits: u32) {
            let table = Providers::get();
            let found = table.find(IpAddr::V4(Ipv4Addr::from_bits(bits)));
            prop_assert_eq!(found, in_turn(&table.v4, bits.into()));
        }

        #[test]
        fn v6_search_agrees_with_reading_in_turn(net in 0x2400_0000_0000_u64..0x2c10_0000_0000, host: u128) {
            let table = Providers::get();
            let address = Ipv6Addr::from_bits(u128::from(net) << 80 | host >> 48);
            prop_assert_eq!(table.find(IpAddr::V6(address)), in_turn(&table.v6, net));
        }

        #[test]
        fn edges_of_ranges_belong_to_them(index in 0_usize..1 << 20) {
            let table = Providers::get();
            let range = table.v4[index % table.v4.len()];
            for edge in [range.first, range.last] {
                let address = Ipv4Addr::from_bits(u32::try_from(edge).unwrap());
                prop_assert_eq!(table.find(address.into()), Some(range.provider));
            }
        }
    }
}
