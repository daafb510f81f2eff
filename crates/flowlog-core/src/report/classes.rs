//! Conversations by where their two ends are.
//!
//! Two kinds of evidence: an address says of itself that it is private, public, multicast or the
//! platform's; which VNet a private one is in say the networks the person names and, for near ends
//! of logged NICs, the VNet whose flow log it is. docs/analyze.md tells when a class is a guess.

use std::net::IpAddr;

use serde::Serialize;

use super::scatter::place;
use super::tally::Tally;
use crate::enrich::{self, ServiceTags};
use crate::flow::{AddressClass, OwnNetwork, OwnNetworks};
use crate::state::{Conversation, ConversationKey, HostId, Summary};

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place<'a> {
    Platform,
    Multicast,
    /// One's own, in a VNet that has a name, or in a network given without one.
    Known(Known<'a>),
    /// Private, or one's own, and nothing more is known.
    Private,
    /// Microsoft's; not for sure where only who announces it is known, and the list of tags has no such address.
    Azure {
        sure: bool,
    },
    External,
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known<'a> {
    /// ARM id, lower case.
    Id(&'a str),
    /// Name given by the person, in any case.
    Name(&'a str),
    /// A network given without a name: those in it are together, whatever the VNet.
    Network(&'a OwnNetwork),
}

impl Known<'_> {
    /// Whether two ends are in one VNet; `None` if that cannot be told.
    fn together(&self, other: &Self) -> Option<bool> {
        match (self, other) {
            (Self::Id(a), Self::Id(b)) => Some(a == b),
            (Self::Name(a), Self::Name(b)) => Some(a.eq_ignore_ascii_case(b)),
            (Self::Id(id), Self::Name(name)) | (Self::Name(name), Self::Id(id)) => {
                Some(id.rsplit('/').next().is_some_and(|last| last.eq_ignore_ascii_case(name)))
            }
            (Self::Network(a), Self::Network(b)) if a == b => Some(true),
            _ => None,
        }
    }
}

/// Hosts whose place is remembered, each where its number leads to: 24 KiB or so.
const RECENT: usize = 512;

/// Sorts conversations into their classes. What it knows of own hosts must be complete when it gets the first.
pub(super) struct Classes<'a> {
    tables: &'a Summary,
    own: &'a OwnNetworks,
    tags: Option<&'a ServiceTags>,
    recent: Vec<Option<(HostId, Place<'a>)>>,
    rows: [ClassRow; FlowClass::ALL.len()],
}

impl<'a> Classes<'a> {
    pub(super) fn new(tables: &'a Summary, own: &'a OwnNetworks, tags: Option<&'a ServiceTags>) -> Self {
        let rows = FlowClass::ALL.map(ClassRow::empty);
        Self { tables, own, tags, recent: vec![None; RECENT], rows }
    }

    /// Takes the conversations of one host with another, all of one initiator, with their sum.
    pub(super) fn take(&mut self, conversations: &[Conversation], tally: &Tally) {
        let Some(Conversation { key, .. }) = conversations.first() else { return };
        let count = conversations.iter().filter(|conversation| conversation.has_tuples()).count() as u64;
        let Some(row) = self.count(key, count, tally) else { return };
        for allowed in conversations.iter().filter_map(|conversation| conversation.allowed.as_ref()) {
            row.begins += allowed.begins;
            row.bytes_sent = row.bytes_sent.saturating_add(allowed.counters.bytes_sent);
            row.bytes_received = row.bytes_received.saturating_add(allowed.counters.bytes_received);
        }
    }

    /// Takes a pair of hosts of which all there is is one denied attempt.
    pub(super) fn lone(&mut self, key: &ConversationKey, tally: &Tally) {
        self.count(key, 1, tally);
    }

    /// Counts conversations of the two hosts of `key`, with their sum. The row of their class.
    fn count(&mut self, key: &ConversationKey, conversations: u64, tally: &Tally) -> Option<&mut ClassRow> {
        let (class, sure) = class(self.place(key.source), self.place(key.destination));
        let row = self.rows.get_mut(class as usize)?;
        row.conversations += conversations;
        row.guessed += if sure { 0 } else { conversations };
        row.tuples += tally.tuples;
        row.denied += tally.denied;
        Some(row)
    }

    /// Adds everything of `other`.
    pub(super) fn merge(&mut self, other: &Self) {
        for (mine, other) in self.rows.iter_mut().zip(&other.rows) {
            mine.add(other);
        }
    }

    /// The classes that have any conversations.
    pub(super) fn finish(self) -> Vec<ClassRow> {
        self.rows.into_iter().filter(|row| row.tuples > 0).collect()
    }

    #[inline]
    fn place(&mut self, host: HostId) -> Place<'a> {
        let slot = place(host.0.into(), RECENT);
        match self.recent.get(slot) {
            Some(&Some((known, place))) if known == host => place,
            _ => self.look_up(host, slot),
        }
    }

    fn look_up(&mut self, host: HostId, slot: usize) -> Place<'a> {
        let place =
            self.tables.hosts.address(host).map_or(Place::Other, |address| self.place_of(host, address));
        // Those of the internet are many, come once each, and would only drive out those that come again.
        if !matches!(place, Place::External)
            && let Some(recent) = self.recent.get_mut(slot)
        {
            *recent = Some((host, place));
        }
        place
    }

    fn place_of(&self, host: HostId, address: IpAddr) -> Place<'a> {
        let near = &self.tables.near;
        // What a NIC logs as its own, or the person names, is own whatever its class.
        let is_own = || self.own.find(address).is_some() || near.is_own(host);
        match AddressClass::of(address) {
            AddressClass::Platform => return Place::Platform,
            AddressClass::Multicast | AddressClass::Broadcast => return Place::Multicast,
            class if class.is_private() || is_own() => {}
            // Examples are written with addresses of documentation: they stand for the internet.
            AddressClass::Public | AddressClass::Documentation => return public(address, self.tags),
            _ => return Place::Other,
        }
        let name = || self.own.vnet(address).map(Known::Name);
        let network = || self.own.find(address).map(Known::Network);
        let known = name().or_else(|| near.vnet(host).map(Known::Id)).or_else(network);
        known.map_or(Place::Private, Place::Known)
    }
}

impl ClassRow {
    fn empty(class: FlowClass) -> Self {
        Self {
            class: class.label(),
            tuples: 0,
            denied: 0,
            begins: 0,
            conversations: 0,
            guessed: 0,
            bytes_sent: 0,
            bytes_received: 0,
        }
    }

    fn add(&mut self, other: &Self) {
        self.tuples += other.tuples;
        self.denied += other.denied;
        self.begins += other.begins;
        self.conversations += other.conversations;
        self.guessed += other.guessed;
        self.bytes_sent = self.bytes_sent.saturating_add(other.bytes_sent);
        self.bytes_received = self.bytes_received.saturating_add(other.bytes_received);
    }
}

fn public(address: IpAddr, tags: Option<&ServiceTags>) -> Place<'static> {
    let announced = || enrich::is_microsoft(address);
    match tags {
        Some(tags) if tags.contains(address) => Place::Azure { sure: true },
        Some(_) if announced() => Place::Azure { sure: false },
        None if announced() => Place::Azure { sure: true },
        _ => Place::External,
    }
}

/// The class of two ends, and whether it is sure.
fn class(a: Place<'_>, b: Place<'_>) -> (FlowClass, bool) {
    match (a, b) {
        (Place::Platform, _) | (_, Place::Platform) => (FlowClass::Platform, true),
        (Place::Multicast, _) | (_, Place::Multicast) => (FlowClass::Multicast, true),
        (Place::Other, _) | (_, Place::Other) => (FlowClass::Other, true),
        (Place::External, _) | (_, Place::External) => (FlowClass::ExternalPublic, true),
        (Place::Azure { sure: true }, _) | (_, Place::Azure { sure: true }) => (FlowClass::AzurePublic, true),
        (Place::Azure { .. }, _) | (_, Place::Azure { .. }) => (FlowClass::AzurePublic, false),
        (Place::Known(a), Place::Known(b)) => match a.together(&b) {
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
        let networks = ["10.0.0.0/24", "10.0.1.0/24"].map(|text| text.parse::<OwnNetwork>().unwrap());
        let vnet = |id: &'static str| Place::Known(Known::Id(id));
        let name = |name: &'static str| Place::Known(Known::Name(name));
        let network = |text| {
            networks.iter().find(|own| own.to_string() == text).map(Known::Network).map(Place::Known).unwrap()
        };
        let azure = |sure| Place::Azure { sure };
        for (a, b, expected) in [
            (vnet("/x/virtualnetworks/a"), vnet("/x/virtualnetworks/a"), (FlowClass::IntraVNet, true)),
            (vnet("/x/virtualnetworks/a"), vnet("/y/virtualnetworks/a"), (FlowClass::InterVNet, true)),
            (vnet("/x/virtualnetworks/a"), name("A"), (FlowClass::IntraVNet, true)),
            (name("a"), name("A"), (FlowClass::IntraVNet, true)),
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
            assert_eq!(class(a, b), expected, "{a:?} {b:?}");
            assert_eq!(class(b, a), expected, "{b:?} {a:?}");
        }
    }
}
