//! What the logs say of each pair of hosts.
//!
//! Everything that a report, a detector or a comparison is made from is taken from [`HostPair`]s, one after
//! the other and each once: what needs more than one of them keeps what it needs ([`Gather`]). So no table
//! of everything is needed, and pairs can be gathered on any number of threads.

mod from_tables;
mod pair;

pub use from_tables::pairs;
pub use pair::{Conversation, Gather, HostPair};
