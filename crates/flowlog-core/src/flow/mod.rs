//! One flow tuple and the small copyable types its fields have.
//!
//! Source of the names and meanings: Microsoft Learn, "Virtual network flow logs overview"
//! (VNet, version 4) and "Flow logging for network security groups" (NSG, versions 1 and 2).

mod address;
mod network;
mod own;
mod protocol;

use std::net::IpAddr;

pub use address::AddressClass;
pub(crate) use address::{INSTANCE_METADATA, PLATFORM};
pub use network::{Network, NetworkError};
pub use own::{OwnNetwork, OwnNetworks};
pub use protocol::Protocol;

/// Direction of a flow as the NIC that logged it saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    /// `I`: towards the NIC.
    Inbound,
    /// `O`: from the NIC.
    Outbound,
}

impl Direction {
    /// The letter in the log: `I` or `O`.
    pub fn letter(self) -> char {
        match self {
            Self::Inbound => 'I',
            Self::Outbound => 'O',
        }
    }
}

/// What a tuple says of its flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// `B`: the flow was created; no counters yet.
    Begin,
    /// `C`: the flow goes on; counters since the previous tuple of the flow (about every 5 minutes).
    Continue,
    /// `E`: the flow *ended*; counters since the previous tuple of the flow.
    End,
    /// `D`: the flow was *denied*; no counters.
    Deny,
    /// `A`: allowed, life cycle not recorded. NSG flow logs version 1, and rows of Traffic Analytics, say no more.
    Allow,
}

impl State {
    /// Every state, in the order reports list them.
    pub const ALL: [Self; 5] = [Self::Begin, Self::Continue, Self::End, Self::Deny, Self::Allow];

    /// The letter that reports print: `B`, `C`, `E`, `D`, or `A` for NSG version 1.
    pub fn letter(self) -> char {
        match self {
            Self::Begin => 'B',
            Self::Continue => 'C',
            Self::End => 'E',
            Self::Deny => 'D',
            Self::Allow => 'A',
        }
    }

    /// The state in words, as tables explain it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Begin => "begun",
            Self::Continue => "continuing",
            Self::End => "ended",
            Self::Deny => "denied",
            Self::Allow => "allowed (life cycle not recorded)",
        }
    }
}

/// Virtual network encryption of a flow (VNet flow logs only).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Encryption {
    /// `X`: encrypted.
    Encrypted,
    /// `NX`: not encrypted.
    NotEncrypted,
    /// `NX_HW_NOT_SUPPORTED`: the hardware cannot.
    HardwareNotSupported,
    /// `NX_SW_NOT_READY`: the software was not ready; the packet was dropped.
    SoftwareNotReady,
    /// `NX_NOT_ACCEPTED`: dropped for want of encryption.
    NotAccepted,
    /// `NX_NOT_SUPPORTED`: discovery not supported; dropped.
    NotSupported,
    /// `NX_LOCAL_DST`: the destination is on the same host; clear by design.
    LocalDestination,
    /// `NX_FALLBACK`: allowed in clear.
    Fallback,
    /// A word this version does not know; counted, never dropped.
    Unknown,
    /// The format has no such field (NSG flow logs).
    NotRecorded,
}

impl Encryption {
    /// Every value, in the order reports list them.
    pub const ALL: [Self; 10] = [
        Self::Encrypted,
        Self::NotEncrypted,
        Self::HardwareNotSupported,
        Self::SoftwareNotReady,
        Self::NotAccepted,
        Self::NotSupported,
        Self::LocalDestination,
        Self::Fallback,
        Self::Unknown,
        Self::NotRecorded,
    ];

    /// The word in the log; `?` for an unknown word, empty where the format has none.
    pub fn word(self) -> &'static str {
        match self {
            Self::Encrypted => "X",
            Self::NotEncrypted => "NX",
            Self::HardwareNotSupported => "NX_HW_NOT_SUPPORTED",
            Self::SoftwareNotReady => "NX_SW_NOT_READY",
            Self::NotAccepted => "NX_NOT_ACCEPTED",
            Self::NotSupported => "NX_NOT_SUPPORTED",
            Self::LocalDestination => "NX_LOCAL_DST",
            Self::Fallback => "NX_FALLBACK",
            Self::Unknown => "?",
            Self::NotRecorded => "",
        }
    }

    /// True for the words of packets that were dropped for want of encryption.
    pub fn is_dropped(self) -> bool {
        matches!(self, Self::SoftwareNotReady | Self::NotAccepted | Self::NotSupported)
    }

    /// True for the words that say why a packet was not encrypted.
    pub(crate) fn says_why_not(self) -> bool {
        self > Self::NotEncrypted && self < Self::Unknown
    }

    /// The meaning in words.
    pub fn label(self) -> &'static str {
        match self {
            Self::Encrypted => "encrypted",
            Self::NotEncrypted => "not encrypted",
            Self::HardwareNotSupported => "not encrypted: hardware not supported",
            Self::SoftwareNotReady => "dropped: encryption software not ready",
            Self::NotAccepted => "dropped: no encryption accepted",
            Self::NotSupported => "dropped: discovery not supported",
            Self::LocalDestination => "not encrypted: both ends on one host",
            Self::Fallback => "not encrypted: allowed as fallback",
            Self::Unknown => "further unknown words",
            Self::NotRecorded => "not recorded (NSG flow log)",
        }
    }
}

/// Packets and bytes each way since the previous tuple of the flow. Source to destination is
/// *sent*, whichever NIC logged it. Bytes include headers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Counters {
    /// Packets from source to destination.
    pub packets_sent: u64,
    /// Bytes from source to destination.
    pub bytes_sent: u64,
    /// Packets from destination to source.
    pub packets_received: u64,
    /// Bytes from destination to source.
    pub bytes_received: u64,
}

/// A TCP packet of at most so many bytes carries no payload (Ethernet, IPv6 and TCP headers, few options).
const BARE_PACKET: u64 = 80;
/// What the options of a SYN add to it.
const SYN_OPTIONS: u64 = 16;
/// A SYN is answered at most so often: the answer and five repetitions (Linux, `tcp_synack_retries`). More
/// packets than these acknowledge data.
const BARE_PACKETS: u64 = 6;

impl Counters {
    /// Adds `other`, holding at [`u64::MAX`] instead of wrapping round.
    pub fn add(&mut self, other: &Self) {
        self.packets_sent = self.packets_sent.saturating_add(other.packets_sent);
        self.bytes_sent = self.bytes_sent.saturating_add(other.bytes_sent);
        self.packets_received = self.packets_received.saturating_add(other.packets_received);
        self.bytes_received = self.bytes_received.saturating_add(other.bytes_received);
    }

    /// Whether nothing was counted.
    pub(crate) fn is_zero(&self) -> bool {
        // One test of all four: comparing them one by one costs three branches more.
        (self.packets_sent | self.bytes_sent | self.packets_received | self.bytes_received) == 0
    }

    /// Takes `other` away, which was added before.
    pub fn take_out(&mut self, other: &Self) {
        self.packets_sent = self.packets_sent.saturating_sub(other.packets_sent);
        self.bytes_sent = self.bytes_sent.saturating_sub(other.bytes_sent);
        self.packets_received = self.packets_received.saturating_sub(other.packets_received);
        self.bytes_received = self.bytes_received.saturating_sub(other.bytes_received);
    }

    /// Whether payload came back over a connection with these counters: the one test of "answered". Of
    /// TCP, resets and handshakes are no answer however often they are repeated. Ask it of single connections
    /// (or rows of them), never of sums of several.
    pub fn is_answered(&self, protocol: Protocol) -> bool {
        let packets = self.packets_received;
        protocol != Protocol::TCP && packets > 0
            || packets > BARE_PACKETS
            || self.bytes_received > packets.saturating_mul(BARE_PACKET).saturating_add(SYN_OPTIONS)
    }

    /// Bytes both ways.
    pub fn bytes(&self) -> u64 {
        self.bytes_sent.saturating_add(self.bytes_received)
    }

    /// Packets both ways.
    pub fn packets(&self) -> u64 {
        self.packets_sent.saturating_add(self.packets_received)
    }
}

/// One line of a flow log: what one NIC saw of one flow at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowTuple {
    /// Unix milliseconds, UTC. NSG logs write seconds; they are converted.
    pub time_ms: i64,
    /// Address of the initiator, whichever NIC logged it.
    pub source: IpAddr,
    /// Address of the responder.
    pub destination: IpAddr,
    /// Port of the initiator; 0 where the protocol has none.
    pub source_port: u16,
    /// Port of the responder; 0 where the protocol has none.
    pub destination_port: u16,
    /// IANA protocol number.
    pub protocol: Protocol,
    /// As the logging NIC saw it.
    pub direction: Direction,
    /// Begun, continuing, ended or denied.
    pub state: State,
    /// Virtual network encryption.
    pub encryption: Encryption,
    /// `None` where the log leaves the fields empty: not the same as zero in an average.
    pub counters: Option<Counters>,
}
