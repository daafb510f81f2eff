//! IANA protocol numbers.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An IP protocol by its IANA number (6 TCP, 17 UDP, ...).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Protocol(pub u8);

impl Protocol {
    /// Internet Control Message Protocol (IPv4).
    pub const ICMP: Self = Self(1);
    /// Transmission Control Protocol.
    pub const TCP: Self = Self(6);
    /// User Datagram Protocol.
    pub const UDP: Self = Self(17);
    /// Internet Control Message Protocol for IPv6.
    pub const ICMPV6: Self = Self(58);
    /// Stream Control Transmission Protocol.
    pub const SCTP: Self = Self(132);

    /// True for protocols whose header has ports, so that a port list may speak of them.
    pub fn has_ports(self) -> bool {
        // 33 DCCP, 136 UDPLite
        matches!(self, Self::TCP | Self::UDP | Self::SCTP | Self(33 | 136))
    }
}

/// The number, e.g. `6`. [`crate::enrich`] knows the names.
impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
