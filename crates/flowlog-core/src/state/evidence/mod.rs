//! What findings need beyond the report's own tables, collected while connections settle.
//!
//! Everything here merges commutatively: sums, minima, maxima and bounded sets of smallest
//! elements, never "the first that came". Tables grow with pairs and conversations; what is kept of
//! each is bounded, by [`BEATS`] begins (64 KiB at most) or by bins of [`BIN_SECONDS`] (32 KiB a day
//! at most, and none for times at which nothing happened).
//!
//! A connection between two logged NICs is seen twice. Where counts matter, the two views are kept
//! apart by [`Side`] and a detector takes one of them; where only distinct ends or first times
//! matter, both views say the same.

mod bins;
mod rhythm;
mod settled;
mod sums;

pub(super) use bins::tidy;
pub use bins::{ATTEMPT_BYTES, ATTEMPT_MS, BIN_SECONDS, Bins, Load, SLOT_SECONDS, SLOTS, Sessions, bin_of};
pub use rhythm::{BEATS, Beat, Rhythm};
pub use settled::{Fate, Settled, Side};
pub use sums::{Activity, Clear, Contact, Failed, Long};

use super::hosts::HostId;
use crate::flow::Protocol;

/// Services that ask for a password, or give control of a machine: sessions to them are kept by time.
pub const LOGIN_PORTS: [u16; 19] =
    [21, 22, 23, 110, 135, 139, 143, 389, 445, 1433, 1521, 3306, 3389, 5432, 5900, 5985, 5986, 6379, 27_017];
/// Connections that last at least so long are kept, ms.
pub const LONG_MS: i64 = 3_600_000;
/// From here on ports are given to clients (by address translation; no system gives lower ones).
const CLIENT_PORTS: u16 = 1024;
/// From here on most systems do (Linux, `ip_local_port_range`).
const DYNAMIC_PORTS: u16 = 32_768;

/// Two hosts, the initiator first.
pub type Pair = (HostId, HostId);
/// Whether a port that a failed conversation came from may be a service's, and the port it went to a client's.
pub(super) fn comes_from_service(protocol: Protocol, to: u16, from: u16) -> bool {
    let low = if to >= DYNAMIC_PORTS { DYNAMIC_PORTS } else { CLIENT_PORTS };
    protocol.has_ports() && to >= low && from < low
}

/// Unix seconds of Unix ms; times no log can have are held at the ends.
pub(super) fn seconds(ms: i64) -> u32 {
    u32::try_from(ms.div_euclid(1000).max(0)).unwrap_or(u32::MAX - 1)
}
