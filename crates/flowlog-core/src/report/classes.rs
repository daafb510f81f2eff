//! Conversations by where their two ends are.
//!
//! Two kinds of evidence: an address says of itself that it is private, public, multicast or the
//! platform's; which VNet a private one is in say the networks the person names and, for near ends
//! of logged NICs, the VNet whose flow log it is. docs/cli-analyze.md tells when a class is a guess.

use std::net::IpAddr;

use serde::Serialize;

use crate::aggregate::{Aggregate, ConversationKey, HostId};
use crate::enrich::{self, ServiceTags};
use crate::flow::{AddressClass, Counters, OwnNetworks};

/// Where the two ends of a conversation are, in the words of Traffic Analytics where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FlowClass {
    /// Both in one VNet.
    IntraVNet,
    /// In two VNets.
    InterVNet,
    /// Both private, and of one at least it is not known in which VNet: on premises, or a network
    /// whose flow logs are not here.
    OnPremisesPrivate,
    /// With a public address of Microsoft.
    AzurePublic,
    /// With any other public address.
    ExternalPublic,
    /// With 168.63.129.16 or 169.254.169.254.
    Platform,
    /// To a multicast or broadcast address.
    Multicast,
    /// With an address that should not be on any network: loopback, link-local, reserved.
    Other,
}

impl FlowClass {
    /// Every class, in the order reports list them.
    pub const ALL: [Self; 8] = [
        Self::IntraVNet,
        Self::InterVNet,
        Self::OnPremisesPrivate,
        Self::AzurePublic,
        Self::ExternalPublic,
        Self::Platform,
        Self::Multicast,
        Self::Other,
    ];

    /// The word for reports.
    pub fn label(self) -> &'static str {
        match self {
            Self::IntraVNet => "IntraVNet",
            Self::InterVNet => "InterVNet",
            Self::OnPremisesPrivate => "OnPremisesPrivate",
            Self::AzurePublic => "AzurePublic",
            Self::ExternalPublic => "ExternalPublic",
            Self::Platform => "Platform",
            Self::Multicast => "Multicast",
            Self::Other => "Other",
        }
    }
}

/// The conversations of one class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClassRow {
    /// Word of the class.
    pub class: &'static str,
    /// Tuples.
    pub tuples: u64,
    /// Of these, denied.
    pub denied: u64,
    /// Begun tuples.
    pub begins: u64,
    /// Conversations.
    pub conversations: u64,
    /// Of these, those whose class is a guess.
    pub guessed: u64,
    /// Bytes from source to destination.
    pub bytes_sent: u64,
    /// Bytes from destination to source.
    pub bytes_received: u64,
}

/// Where one address is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Platform,
    Multicast,
    /// One's own, in the VNet of this name (lower case), or in a network given without a name.
    Known(Known),
    /// Private, or one's own, and nothing more is known.
    Private,
    /// Microsoft's; not for sure where only who announces it is known, and the list of tags has no such address.
    Azure {
        sure: bool,
    },
    External,
    Other,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Known {
    /// ARM id, lower case.
    Id(String),
    /// Name given by the person, lower case.
    Name(String),
    /// A network given without a name: those in it are together, whatever the VNet.
    Network(String),
}

impl Known {
    /// Whether two ends are in one VNet; `None` if that cannot be told.
    fn together(&self, other: &Self) -> Option<bool> {
        match (self, other) {
            (Self::Id(a), Self::Id(b)) | (Self::Name(a), Self::Name(b)) => Some(a == b),
            (Self::Id(id), Self::Name(name)) | (Self::Name(name), Self::Id(id)) => {
                Some(id.rsplit('/').next() == Some(name))
            }
            (Self::Network(a), Self::Network(b)) if a == b => Some(true),
            _ => None,
        }
    }
}

/// Sorts every conversation into its class; classes without any are left out.
pub(super) fn classes(tables: &Aggregate, own: &OwnNetworks, tags: Option<&ServiceTags>) -> Vec<ClassRow> {
    let places: Vec<Place> = (0..)
        .map(HostId)
        .zip(tables.hosts.addresses())
        .map(|(host, &address)| place(tables, host, address, own, tags))
        .collect();
    let mut rows = FlowClass::ALL.map(|class| ClassRow {
        class: class.label(),
        tuples: 0,
        denied: 0,
        begins: 0,
        conversations: 0,
        guessed: 0,
        bytes_sent: 0,
        bytes_received: 0,
    });
    let mut count = |key: &ConversationKey, is_new: bool, add: &dyn Fn(&mut ClassRow)| {
        let place = |host: HostId| places.get(host.0 as usize).unwrap_or(&Place::Other);
        let (class, sure) = class(place(key.source), place(key.destination));
        if let Some(row) = rows.get_mut(class as usize) {
            row.conversations += u64::from(is_new);
            row.guessed += u64::from(is_new && !sure);
            add(row);
        }
    };
    for (key, allowed) in &tables.allowed {
        let Counters { bytes_sent, bytes_received, .. } = allowed.counters;
        count(key, true, &|row| {
            row.tuples += allowed.tuples;
            row.begins += allowed.begins;
            row.bytes_sent = row.bytes_sent.saturating_add(bytes_sent);
            row.bytes_received = row.bytes_received.saturating_add(bytes_received);
        });
    }
    for (key, denied) in &tables.denied {
        count(key, !tables.allowed.contains_key(key), &|row| {
            row.tuples += denied.tuples;
            row.denied += denied.tuples;
        });
    }
    rows.into_iter().filter(|row| row.tuples > 0).collect()
}

fn place(
    tables: &Aggregate,
    host: HostId,
    address: IpAddr,
    own: &OwnNetworks,
    tags: Option<&ServiceTags>,
) -> Place {
    // What a NIC logs as its own, or the person names, is own whatever its class.
    let is_own = || own.find(address).is_some() || tables.near.is_own(host);
    match AddressClass::of(address) {
        AddressClass::Platform => return Place::Platform,
        AddressClass::Multicast | AddressClass::Broadcast => return Place::Multicast,
        class if class.is_private() || is_own() => {}
        // Examples are written with addresses of documentation: they stand for the internet.
        AddressClass::Public | AddressClass::Documentation => return public(address, tags),
        _ => return Place::Other,
    }
    if let Some(name) = own.vnet(address) {
        return Place::Known(Known::Name(name.to_ascii_lowercase()));
    }
    if let Some(id) = tables.near.vnet(host) {
        return Place::Known(Known::Id(id.to_owned()));
    }
    match own.find(address) {
        Some(network) => Place::Known(Known::Network(network.to_string())),
        None => Place::Private,
    }
}

fn public(address: IpAddr, tags: Option<&ServiceTags>) -> Place {
    let announced = || enrich::provider(address).is_some_and(|name| name.starts_with("Microsoft"));
    match tags {
        Some(tags) if tags.contains(address) => Place::Azure { sure: true },
        Some(_) if announced() => Place::Azure { sure: false },
        None if announced() => Place::Azure { sure: true },
        _ => Place::External,
    }
}

/// The class of two ends, and whether it is sure.
fn class(a: &Place, b: &Place) -> (FlowClass, bool) {
    let either = |place: &Place| a == place || b == place;
    match (a, b) {
        _ if either(&Place::Platform) => (FlowClass::Platform, true),
        _ if either(&Place::Multicast) => (FlowClass::Multicast, true),
        _ if either(&Place::Other) => (FlowClass::Other, true),
        _ if either(&Place::External) => (FlowClass::ExternalPublic, true),
        _ if either(&Place::Azure { sure: true }) => (FlowClass::AzurePublic, true),
        _ if either(&Place::Azure { sure: false }) => (FlowClass::AzurePublic, false),
        (Place::Known(a), Place::Known(b)) => match a.together(b) {
            Some(true) => (FlowClass::IntraVNet, true),
            Some(false) => (FlowClass::InterVNet, true),
            None => (FlowClass::OnPremisesPrivate, false),
        },
        _ => (FlowClass::OnPremisesPrivate, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_is_at_its_place_in_the_list() {
        assert!(FlowClass::ALL.iter().enumerate().all(|(place, &class)| class as usize == place));
    }

    #[test]
    fn two_ends_have_one_class_whichever_calls() {
        let vnet = |id: &str| Place::Known(Known::Id(id.to_owned()));
        let name = |name: &str| Place::Known(Known::Name(name.to_owned()));
        let network = |network: &str| Place::Known(Known::Network(network.to_owned()));
        let azure = |sure| Place::Azure { sure };
        for (a, b, expected) in [
            (vnet("/x/virtualnetworks/a"), vnet("/x/virtualnetworks/a"), (FlowClass::IntraVNet, true)),
            (vnet("/x/virtualnetworks/a"), vnet("/y/virtualnetworks/a"), (FlowClass::InterVNet, true)),
            (vnet("/x/virtualnetworks/a"), name("a"), (FlowClass::IntraVNet, true)),
            (name("a"), name("b"), (FlowClass::InterVNet, true)),
            (network("10.0.0.0/24"), network("10.0.0.0/24"), (FlowClass::IntraVNet, true)),
            (network("10.0.0.0/24"), network("10.0.1.0/24"), (FlowClass::OnPremisesPrivate, false)),
            (network("10.0.0.0/24"), name("a"), (FlowClass::OnPremisesPrivate, false)),
            (name("a"), Place::Private, (FlowClass::OnPremisesPrivate, false)),
            (Place::Private, Place::Private, (FlowClass::OnPremisesPrivate, false)),
            (Place::Private, azure(true), (FlowClass::AzurePublic, true)),
            (name("a"), azure(false), (FlowClass::AzurePublic, false)),
            (azure(true), Place::External, (FlowClass::ExternalPublic, true)),
            (name("a"), Place::External, (FlowClass::ExternalPublic, true)),
            (name("a"), Place::Platform, (FlowClass::Platform, true)),
            (Place::Private, Place::Multicast, (FlowClass::Multicast, true)),
            (Place::Other, Place::External, (FlowClass::Other, true)),
        ] {
            assert_eq!(class(&a, &b), expected, "{a:?} {b:?}");
            assert_eq!(class(&b, &a), expected, "{b:?} {a:?}");
        }
    }
}
