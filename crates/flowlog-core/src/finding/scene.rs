//! What is known of the data as a whole, and of each host, before the first pair of hosts is looked at.

use std::net::IpAddr;

use super::thresholds::Thresholds;
use super::{EvidenceRow, FindingOptions, Note, Unit};
use crate::flow::{AddressClass, OwnNetwork, Protocol, State};
use crate::state::{ConversationKey, HostId, Hosts, NearEnds, Overall};

/// Whose a host is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Private, the near end of a logged NIC, or named as own.
    Internal,
    /// A host of the internet that is not one's own.
    Internet,
    Other,
}

/// What every [`Collector`](super::Collector) and every detector asks: whose a host is, when the data begin and end, and
/// the thresholds.
pub struct Scene<'a> {
    hosts: &'a Hosts,
    near: &'a NearEnds,
    own: Vec<OwnNetwork>,
    /// What is asked of the detectors.
    pub(super) options: &'a FindingOptions,
    /// First and last tuple, Unix ms.
    pub(super) times: (i64, i64),
    /// Some connection's end is in the data: what never ended is not only unseen.
    pub(super) ends_are_logged: bool,
}

impl<'a> Scene<'a> {
    /// `near` and `overall` must know all logs already.
    pub fn new(hosts: &'a Hosts, near: &'a NearEnds, overall: &Overall, options: &'a FindingOptions) -> Self {
        Self {
            hosts,
            near,
            own: options.thresholds.internal.iter().filter_map(|text| text.parse().ok()).collect(),
            options,
            times: overall.times.unwrap_or_default(),
            ends_are_logged: overall.state(State::End) > 0,
        }
    }

    pub(super) fn thresholds(&self) -> &'a Thresholds {
        &self.options.thresholds
    }

    #[inline]
    pub(super) fn kind(&self, host: HostId) -> Kind {
        let Some(address) = self.address(host) else { return Kind::Other };
        let named = || self.own.iter().any(|own| own.network.contains(address));
        match AddressClass::of(address) {
            AddressClass::Platform | AddressClass::Multicast | AddressClass::Broadcast => Kind::Other,
            // What a NIC logs as its own, or the person names, is own whatever its class.
            class if class.is_private() || self.near.is_own(host) || named() => Kind::Internal,
            AddressClass::Public | AddressClass::Documentation => Kind::Internet,
            _ => Kind::Other,
        }
    }

    pub(super) fn is_internal(&self, host: HostId) -> bool {
        self.kind(host) == Kind::Internal
    }

    pub(super) fn is_internet(&self, host: HostId) -> bool {
        self.kind(host) == Kind::Internet
    }

    /// False for addresses that stand for many.
    pub(super) fn is_one_host(&self, host: HostId) -> bool {
        let class = self.address(host).map(AddressClass::of);
        !matches!(class, Some(AddressClass::Multicast | AddressClass::Broadcast))
    }

    #[inline]
    pub(super) fn address(&self, host: HostId) -> Option<IpAddr> {
        self.hosts.address(host)
    }

    pub(super) fn name(&self, host: HostId) -> String {
        self.address(host).map(|address| address.to_string()).unwrap_or_default()
    }

    /// What ties are broken by: numbers of hosts depend on who met them first, addresses do not.
    pub(super) fn order(&self, key: &ConversationKey) -> (Option<IpAddr>, Option<IpAddr>, u16, Protocol) {
        (self.address(key.source), self.address(key.destination), key.port, key.protocol)
    }

    pub(super) fn span_ms(&self) -> i64 {
        self.times.1 - self.times.0
    }

    pub(super) fn row(&self, key: &ConversationKey, (count, unit): (u64, Unit), note: Note) -> EvidenceRow {
        EvidenceRow {
            source: self.name(key.source),
            destination: Some(self.name(key.destination)),
            port: key.protocol.has_ports().then_some(key.port),
            protocol: Some(key.protocol.0),
            count,
            unit,
            note,
        }
    }
}
