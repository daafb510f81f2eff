//! Connections: the tuples of one NIC and 5-tuple joined.
//!
//! - [`Connection`]: one connection as one NIC's log tells it, with its [`Outcome`];
//! - [`LogId`]: the NIC's log.
//!
//! Tuples arrive nearly in time order, but not quite: across rule groups of a record they are unordered, an E may stand
//! before its B of the same millisecond, and a record holds tuples up to a minute older than itself.

mod life;
mod log_id;
mod outcome;

use crate::flow::Protocol;

pub use life::Connection;
pub(crate) use life::UNKNOWN;
pub use log_id::LogId;
pub(crate) use log_id::make_plain;
pub use outcome::Outcome;

/// How long a connection of which the end is known and the begin is not waits for it, in ms of log time.
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
