//! Where the two ends of connections are: an own subnet, a provider, or a class of addresses.

use std::cmp::Reverse;
use std::net::IpAddr;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::Sums;
use crate::enrich;
use crate::flow::{AddressClass, Network, OwnNetworks};

/// Prefixes of the subnets that are not named, finest first (IPv4, IPv6): wider ones are taken when there would be too
/// many pairs.
const PREFIXES: [(u8, u8); 4] = [(24, 64), (16, 48), (8, 32), (0, 0)];
/// Pairs of places at most (few in tests), 72 bytes each. Named networks and providers alone may be more.
const MOST: usize = if cfg!(test) { 8 } else { 1 << 16 };
/// Links that are told.
const TOLD: usize = 60;

/// Where one end is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Place {
    /// In a network that the person names.
    Named(Network),
    /// In a private network, or one with a logged NIC.
    Subnet(Network),
    /// At a provider of the internet, by its place in the list of their names.
    Provider(usize),
    /// Anywhere else.
    Class(AddressClass),
}

impl Place {
    fn of((address, is_own): (IpAddr, bool), own: &OwnNetworks) -> Self {
        let class = AddressClass::of(address);
        if let Some(named) = own.find(address) {
            return Self::Named(named.network);
        }
        if class.is_private() || is_own {
            let (v4, v6) = PREFIXES[0];
            return Self::Subnet(Network::around(
                address,
                if address.to_canonical().is_ipv4() { v4 } else { v6 },
            ));
        }
        let provider = enrich::provider(address)
            .and_then(|name| enrich::provider_names().iter().position(|known| *known == name));
        provider.map_or(Self::Class(class), Self::Provider)
    }

    fn widened(self, (v4, v6): (u8, u8)) -> Self {
        match self {
            Self::Subnet(network) => {
                let prefix = if network.is_ipv4() { v4 } else { v6 };
                Self::Subnet(Network::around(network.first(), prefix.min(network.prefix())))
            }
            other => other,
        }
    }

    fn label(self, own: &OwnNetworks) -> String {
        match self {
            Self::Named(network) => {
                own.find(network.first()).map_or_else(|| network.to_string(), ToString::to_string)
            }
            Self::Subnet(network) => network.to_string(),
            Self::Provider(place) => {
                enrich::provider_names().get(place).map_or_else(String::new, |name| (*name).to_owned())
            }
            Self::Class(class) => class.label().to_owned(),
        }
    }
}

/// Initiator's and responder's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Ends(Place, Place);

impl Ends {
    /// Of addresses, and whether a NIC logged them as its own.
    pub(super) fn of(source: (IpAddr, bool), destination: (IpAddr, bool), own: &OwnNetworks) -> Self {
        Self(Place::of(source, own), Place::of(destination, own))
    }

    fn widened(self, prefixes: (u8, u8)) -> Self {
        Self(self.0.widened(prefixes), self.1.widened(prefixes))
    }
}

/// Sums by both ends' places. How wide subnets become depends on all pairs alone, not on who counted which.
#[derive(Default)]
pub(super) struct Exchanges {
    width: usize,
    sums: HashMap<Ends, Sums, RandomState>,
}

impl Exchanges {
    pub(super) fn count(&mut self, ends: Ends, sums: &Sums) {
        let ends = if self.width == 0 { ends } else { ends.widened(PREFIXES[self.width]) };
        self.sums.entry(ends).or_default().add(sums);
        self.widen();
    }

    fn widen(&mut self) {
        while self.sums.len() > MOST
            && let Some(prefixes) = PREFIXES.get(self.width + 1)
        {
            self.width += 1;
            for (ends, sums) in std::mem::take(&mut self.sums) {
                self.sums.entry(ends.widened(*prefixes)).or_default().add(&sums);
            }
        }
    }

    /// Adds everything of `other`.
    pub(super) fn merge(&mut self, other: Self) {
        let width = self.width.max(other.width);
        if width > self.width {
            self.width = width;
            for (ends, sums) in std::mem::take(&mut self.sums) {
                self.sums.entry(ends.widened(PREFIXES[width])).or_default().add(&sums);
            }
        }
        for (ends, sums) in other.sums {
            self.count(ends, &sums);
        }
        self.widen();
    }

    pub(super) fn finish(self, own: &OwnNetworks) -> Links {
        let mut all: Vec<(Ends, Sums)> = self.sums.into_iter().collect();
        all.sort_unstable_by_key(|(ends, sums)| {
            (Reverse((sums.bytes, sums.connections, sums.denied)), *ends)
        });
        let found = all.len() as u64;
        let link = |(Ends(from, to), sums): &(Ends, Sums)| Link {
            from: from.label(own),
            to: to.label(own),
            sums: *sums,
        };
        Links { rows: all.iter().take(TOLD).map(link).collect(), found }
    }
}

/// Between which places connections are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// The heaviest, by bytes, then by connections.
    pub rows: Vec<Link>,
    /// How many there are.
    pub found: u64,
}

/// All connections from one place to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The initiators' subnet, provider, or class of addresses.
    pub from: String,
    /// The responders'.
    pub to: String,
    /// What went there and back.
    pub sums: Sums,
}
