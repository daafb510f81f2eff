//! What rows are of: hosts, ports and conversations, as people know them.

use std::net::IpAddr;

use serde::Serialize;

use crate::enrich::{self, HostFacts};
use crate::flow::{AddressClass, Protocol};

/// A host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HostName {
    /// Address.
    pub ip: String,
    /// Class of the address in words: private, public, platform, ...
    pub class: &'static str,
    /// Name of the provider that announces the address, or of the platform service, if known.
    pub provider: Option<&'static str>,
    /// What the person's files say of it.
    #[serde(flatten)]
    pub facts: HostFacts,
}

impl HostName {
    /// Of this address.
    pub fn of(address: IpAddr) -> Self {
        Self {
            ip: address.to_string(),
            class: AddressClass::of(address).label(),
            provider: enrich::provider(address),
            facts: HostFacts::default(),
        }
    }
}

/// A destination port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PortName {
    /// Destination port.
    pub port: u16,
    /// IANA protocol number.
    pub protocol: u8,
    /// Registered service name, if any.
    pub service: Option<&'static str>,
}

impl PortName {
    pub(crate) fn of((protocol, port): (Protocol, u16)) -> Self {
        Self { port, protocol: protocol.0, service: service(protocol, port) }
    }
}

/// A conversation: who, to whom, about what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ends {
    /// Initiator.
    pub source: String,
    /// Responder.
    pub destination: String,
    /// Destination port.
    pub port: u16,
    /// IANA protocol number.
    pub protocol: u8,
    /// Registered service name, if any.
    pub service: Option<&'static str>,
}

impl Ends {
    pub(crate) fn of(source: String, destination: String, (protocol, port): (Protocol, u16)) -> Self {
        let PortName { port, protocol, service } = PortName::of((protocol, port));
        Self { source, destination, port, protocol, service }
    }
}

/// The registered service of a port.
pub(crate) fn service(protocol: Protocol, port: u16) -> Option<&'static str> {
    if protocol.has_ports() { enrich::service_name(protocol, port) } else { None }
}
