//! One tuple before it is written: a compact value that millions of fit in memory.

/// Index of an address in the world's host table.
pub(crate) type HostId = u32;
/// Index of a rule in the world's rule table.
pub(crate) type RuleId = u16;

/// State of a tuple. The order is the one of a connection's life, which breaks ties of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    Begin,
    Continue,
    End,
    Deny,
}

/// Virtual network encryption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encryption {
    Encrypted,
    NotEncrypted,
    HardwareNotSupported,
    SoftwareNotReady,
    NotAccepted,
    NotSupported,
    LocalDestination,
    Fallback,
}

impl Encryption {
    pub(crate) const ALL: [Self; 8] = [
        Self::Encrypted,
        Self::NotEncrypted,
        Self::HardwareNotSupported,
        Self::SoftwareNotReady,
        Self::NotAccepted,
        Self::NotSupported,
        Self::LocalDestination,
        Self::Fallback,
    ];

    /// The word in the log.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Encrypted => "X",
            Self::NotEncrypted => "NX",
            Self::HardwareNotSupported => "NX_HW_NOT_SUPPORTED",
            Self::SoftwareNotReady => "NX_SW_NOT_READY",
            Self::NotAccepted => "NX_NOT_ACCEPTED",
            Self::NotSupported => "NX_NOT_SUPPORTED",
            Self::LocalDestination => "NX_LOCAL_DST",
            Self::Fallback => "NX_FALLBACK",
        }
    }
}

/// Packets and bytes each way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counters {
    pub(crate) packets_sent: u64,
    pub(crate) bytes_sent: u64,
    pub(crate) packets_received: u64,
    pub(crate) bytes_received: u64,
}

/// A tuple as one NIC logs it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    /// The connection it is part of: the same number at both ends.
    pub(crate) connection: u64,
    /// Unix ms; whole seconds where the log writes seconds.
    pub(crate) time_ms: i64,
    pub(crate) counters: Counters,
    pub(crate) source: HostId,
    pub(crate) destination: HostId,
    pub(crate) source_port: u16,
    pub(crate) destination_port: u16,
    pub(crate) rule: RuleId,
    pub(crate) protocol: u8,
    pub(crate) outbound: bool,
    pub(crate) state: State,
    pub(crate) encryption: Encryption,
}

impl Event {
    /// The 5-tuple as one number pair: equal exactly if all five fields are.
    pub(crate) fn flow(&self) -> (u64, u64) {
        (
            (u64::from(self.source) << 32) | u64::from(self.destination),
            (u64::from(self.source_port) << 24)
                | (u64::from(self.destination_port) << 8)
                | u64::from(self.protocol),
        )
    }
}
