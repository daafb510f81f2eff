//! How a connection went.

/// How a connection went, as far as its tuples can tell. Each connection has exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// Begin and end were seen, and packets came back (or none were sent).
    Completed,
    /// The end was seen, but not the begin: it began before the data. Duration and counters are lower bounds.
    BeganBefore,
    /// No end was seen: still open when the data or its NIC's log ended, or given up after
    /// [`super::SILENT_MS`] of silence. Duration and counters are lower bounds.
    Open,
    /// Begun and never seen again, although the log went on for [`super::OPEN_MS`] or longer.
    BegunOnly,
    /// Let in by an NSG's own rule for inbound TCP, whose rows in the NSG flow log (version 2) have neither ends nor
    /// bytes while its virtual network has no `FlowTimeoutInMinutes`: nothing is known of how it went.
    Stateless,
    /// Packets were sent over its whole life and none came back.
    Unanswered,
    /// TCP: three packets or fewer came back, and no payload: most likely a reset.
    Refused,
    /// The NIC's rules, or the want of encryption, denied the attempt.
    Denied,
}

impl Outcome {
    /// Every outcome, in the order reports list them.
    pub const ALL: [Self; 8] = [
        Self::Completed,
        Self::BeganBefore,
        Self::Open,
        Self::BegunOnly,
        Self::Stateless,
        Self::Unanswered,
        Self::Refused,
        Self::Denied,
    ];

    /// Name in exports and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::BeganBefore => "began-before",
            Self::Open => "open",
            Self::BegunOnly => "begun-only",
            Self::Stateless => "stateless",
            Self::Unanswered => "unanswered",
            Self::Refused => "refused",
            Self::Denied => "denied",
        }
    }

    /// The outcome in words.
    pub fn label(self) -> &'static str {
        match self {
            Self::Completed => "begun, answered and ended",
            Self::BeganBefore => "ended, began before the data",
            Self::Open => "open: no end seen",
            Self::BegunOnly => "begun and never seen again",
            Self::Stateless => "let in, no end logged (NSG)",
            Self::Unanswered => "sent packets, none came back",
            Self::Refused => "reset without payload (TCP)",
            Self::Denied => "denied (attempts)",
        }
    }
}
