//! Connections: the tuples of one NIC and 5-tuple joined, and what two NICs logged of the same
//! connection brought together.
//!
//! - [`Connection`]: one connection as one NIC's log tells it, with its [`Outcome`];
//! - [`Connections`]: the ones that are open or ended lately, filled tuple by tuple;
//! - [`Twins`]: connections that several logs tell of, each counted once.
//!
//! Tuples arrive nearly in time order, but not quite: across rule groups of a record they are
//! unordered, an E may stand before its B of the same millisecond, and a record holds tuples up to
//! a minute older than itself. A connection that ended is therefore kept for [`SETTLE_MS`] before
//! it is handed out, and one that is not heard of any more for [`SILENT_MS`], so that the table
//! holds what is open and what ended lately, never every connection of the data.

mod life;
mod log_id;
mod outcome;
mod table;
mod twins;

use crate::flow::Protocol;

pub use life::Connection;
pub use log_id::LogId;
pub use outcome::Outcome;
pub use table::Connections;
pub use twins::{OVERLAP_MS, Resolved, Sighting, Twins};

/// How long after its end a connection waits for a tuple that stands out of order, in ms of log time.
/// Records hold tuples up to 63 s older than themselves; the double leaves room for late records. Also
/// how long a denied packet may follow the one before to be the same attempt: a SYN is sent again after
/// 1, 2, 4, ... 64 s (Linux, `tcp_syn_retries` 6).
pub const SETTLE_MS: i64 = 120_000;

/// How long an open connection may be silent before it is given up, in ms of log time. While it lives,
/// it is logged every five minutes; two hours leave room for an hourly blob that is missing.
pub const SILENT_MS: i64 = 7_200_000;

/// How long after a begin its connection must have shown a sign of life, in ms: two continuations.
pub const OPEN_MS: i64 = 600_000;

/// The 5-tuple. `H` names a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionKey<H> {
    /// Initiator.
    pub source: H,
    /// Responder.
    pub destination: H,
    /// Port of the initiator.
    pub source_port: u16,
    /// Port of the responder.
    pub destination_port: u16,
    /// IANA protocol number.
    pub protocol: Protocol,
}

#[cfg(test)]
mod tests;
