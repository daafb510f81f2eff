//! Networks that are one's own, as the person names them.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use super::{Network, NetworkError};

/// A network that is one's own: a subnet, a VNet's address space, or any other.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OwnNetwork {
    /// The VNet it belongs to, if it was named (`hub=10.0.0.0/16`).
    pub vnet: Option<String>,
    /// Its addresses.
    pub network: Network,
}

impl FromStr for OwnNetwork {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        match text.split_once('=') {
            Some((name, network)) if !name.trim().is_empty() => {
                Ok(Self { vnet: Some(name.trim().to_owned()), network: network.parse()? })
            }
            Some((_, network)) => Err(NetworkError::Name(network.to_owned())),
            None => Ok(Self { vnet: None, network: text.parse()? }),
        }
    }
}

/// As given.
impl fmt::Display for OwnNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.vnet {
            Some(vnet) => write!(f, "{vnet}={}", self.network),
            None => self.network.fmt(f),
        }
    }
}

/// All networks that are one's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnNetworks(Vec<OwnNetwork>);

impl OwnNetworks {
    /// Of several with the same addresses, a named one goes first.
    pub fn new(mut networks: Vec<OwnNetwork>) -> Self {
        networks.sort_by_key(|own| (std::cmp::Reverse(own.network.prefix()), own.vnet.is_none()));
        Self(networks)
    }

    /// True if none is named.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, the smallest first.
    pub fn iter(&self) -> impl Iterator<Item = &OwnNetwork> {
        self.0.iter()
    }

    /// True if this very network is one of them.
    pub fn contains(&self, network: &OwnNetwork) -> bool {
        self.0.contains(network)
    }

    /// The smallest one that holds `address`.
    pub fn find(&self, address: IpAddr) -> Option<&OwnNetwork> {
        self.0.iter().find(|own| own.network.contains(address))
    }

    /// The VNet of the smallest *named* one that holds `address`.
    pub fn vnet(&self, address: IpAddr) -> Option<&str> {
        self.0.iter().filter(|own| own.network.contains(address)).find_map(|own| own.vnet.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn networks(texts: &[&str]) -> OwnNetworks {
        OwnNetworks::new(texts.iter().map(|text| text.parse().unwrap()).collect())
    }

    #[test]
    fn the_smallest_network_counts_and_names_are_those_of_vnets() {
        let own = networks(&["hub=10.0.0.0/16", "10.0.1.0/24", "10.0.0.0/8", "spoke=fd00:1::/32"]);
        let of = |address: &str| own.find(address.parse().unwrap()).map(ToString::to_string);
        assert_eq!(of("10.0.1.4").as_deref(), Some("10.0.1.0/24"));
        assert_eq!(of("10.0.2.4").as_deref(), Some("hub=10.0.0.0/16"));
        assert_eq!(of("10.1.2.4").as_deref(), Some("10.0.0.0/8"));
        assert_eq!(of("192.168.0.1"), None);
        let vnet = |address: &str| own.vnet(address.parse().unwrap());
        assert_eq!(
            (vnet("10.0.1.4"), vnet("10.1.2.4"), vnet("fd00:1::9")),
            (Some("hub"), None, Some("spoke"))
        );
    }

    #[test]
    fn slips_are_told() {
        let error = |text: &str| text.parse::<OwnNetwork>().unwrap_err().to_string();
        assert!(error("hub=10.0.0.0/33").starts_with("/33 is no prefix length"));
        assert!(error("=10.0.0.0/8").contains("name"));
        assert!(error("hub").contains("is no IP address"));
    }
}
