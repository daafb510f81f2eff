//! An address or a network in CIDR notation, as people type it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// All addresses that share the first `prefix` bits of `base`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Network {
    base: IpAddr,
    prefix: u8,
}

/// Why a text is no [`Network`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// The part before the slash is no address.
    #[error("{0:?} is no IP address; give an address such as 10.0.0.4 or a network such as 10.0.0.0/24")]
    Address(String),
    /// The part behind the slash is no number, or too large.
    #[error("/{0} is no prefix length; IPv4 has /0 to /32, IPv6 /0 to /128")]
    Prefix(String),
    /// Nothing stands before the equals sign.
    #[error("no name before ={0}; give name={0}, or the network alone")]
    Name(String),
}

impl Network {
    /// The network of `prefix` bits around `address`; of all its bits if it has fewer.
    pub fn around(address: IpAddr, prefix: u8) -> Self {
        let base = address.to_canonical();
        let around = Self { base, prefix: prefix.min(if base.is_ipv4() { 32 } else { 128 }) };
        let (first, _) = around.range();
        let base = match base {
            // The range of an IPv4 network has 32 bits.
            IpAddr::V4(_) => Ipv4Addr::from_bits(u32::try_from(first).unwrap_or_default()).into(),
            IpAddr::V6(_) => Ipv6Addr::from_bits(first).into(),
        };
        Self { base, ..around }
    }

    /// How many bits all its addresses share.
    pub fn prefix(&self) -> u8 {
        self.prefix
    }

    /// Its first and last address; of IPv4 as 32 bits.
    pub fn range(&self) -> (u128, u128) {
        let (bits, width) = match self.base {
            IpAddr::V4(base) => (base.to_bits().into(), 32),
            IpAddr::V6(base) => (base.to_bits(), 128_u8),
        };
        let rest = u32::from(width.saturating_sub(self.prefix));
        let hosts = if rest == 0 { 0 } else { u128::MAX >> (128 - rest) };
        (bits & !hosts, bits | hosts)
    }

    /// Its address, if it has but one.
    pub fn single(&self) -> Option<IpAddr> {
        let (first, last) = self.range();
        (first == last).then(|| self.first())
    }

    /// Its first address.
    pub fn first(&self) -> IpAddr {
        Self::around(self.base, self.prefix).base
    }

    /// True if it is one of IPv4.
    pub fn is_ipv4(&self) -> bool {
        self.base.is_ipv4()
    }

    /// True if `address` is one of the network's. An IPv4 address written as IPv6 counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.base, address.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                same_prefix(base.to_bits().into(), address.to_bits().into(), 32, self.prefix)
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                same_prefix(base.to_bits(), address.to_bits(), 128, self.prefix)
            }
            _ => false,
        }
    }
}

/// Compares the first `prefix` of the last `width` bits.
fn same_prefix(a: u128, b: u128, width: u8, prefix: u8) -> bool {
    let ignored = u32::from(width.saturating_sub(prefix));
    // A shift by all 128 bits is no shift for the processor: nothing is left to compare.
    (a ^ b).checked_shr(ignored).unwrap_or(0) == 0
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let text = text.trim();
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let base: IpAddr = address.parse().map_err(|_| NetworkError::Address(address.to_owned()))?;
        let base = base.to_canonical();
        let longest = if base.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => longest,
            Some(digits) => match digits.parse() {
                Ok(prefix) if prefix <= longest => prefix,
                _ => return Err(NetworkError::Prefix(digits.to_owned())),
            },
        };
        Ok(Self { base, prefix })
    }
}

/// As given, without the prefix length of a single address.
impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let single = if self.base.is_ipv4() { 32 } else { 128 };
        if self.prefix == single { self.base.fmt(f) } else { write!(f, "{}/{}", self.base, self.prefix) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(network: &str, address: &str) -> bool {
        network.parse::<Network>().unwrap().contains(address.parse().unwrap())
    }

    #[test]
    fn networks_hold_what_their_prefix_says() {
        assert!(contains("10.0.0.4", "10.0.0.4") && !contains("10.0.0.4", "10.0.0.5"));
        assert!(contains("10.0.0.77/24", "10.0.0.4") && !contains("10.0.0.0/24", "10.0.1.4"));
        assert!(contains("0.0.0.0/0", "203.0.113.9") && !contains("0.0.0.0/0", "::1"));
        assert!(contains("fd00::/8", "fd12::1") && !contains("fd00::/8", "fe80::1"));
        assert!(contains("::/0", "fe80::1"));
        assert!(contains("10.0.0.4", "::ffff:10.0.0.4"));
    }

    #[test]
    fn an_address_has_a_network_around_it() {
        let around = |address: &str, prefix| Network::around(address.parse().unwrap(), prefix).to_string();
        assert_eq!(around("10.1.2.3", 24), "10.1.2.0/24");
        assert_eq!((around("10.1.2.3", 0), around("10.1.2.3", 99)), ("0.0.0.0/0".into(), "10.1.2.3".into()));
        assert_eq!(around("fd00:1:2:3:4::5", 64), "fd00:1:2:3::/64");
        assert_eq!(around("::ffff:10.1.2.3", 24), "10.1.2.0/24");
        assert_eq!(around("fd00::1", 0), "::/0");
    }

    #[test]
    fn what_is_wrong_is_said() {
        let error = |text: &str| text.parse::<Network>().unwrap_err().to_string();
        assert!(error("10.0.0").starts_with("\"10.0.0\" is no IP address"));
        assert!(error("10.0.0.0/33").starts_with("/33 is no prefix length"));
        assert_eq!("10.0.0.0/24".parse::<Network>().unwrap().to_string(), "10.0.0.0/24");
        assert_eq!("10.0.0.4/32".parse::<Network>().unwrap().to_string(), "10.0.0.4");
    }
}
