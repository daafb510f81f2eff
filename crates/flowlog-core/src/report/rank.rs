//! What rankings go by.

use serde::Serialize;

use super::tally::Tally;

/// What puts a row of a ranking before another; of equal rows the one with more tuples goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rank {
    /// Bytes both ways.
    Bytes,
    /// Connections, without denied attempts.
    Connections,
    /// Tuples.
    Tuples,
}

/// Comes first by what is asked for, and then by tuples.
pub(super) type Weight = (u64, u64);

impl Rank {
    /// Rankings of hosts, if nothing else is asked for: who moves the most.
    pub const HOSTS: Self = Self::Bytes;
    /// All other rankings: what happens the most.
    pub const OTHERS: Self = Self::Tuples;

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::Connections => "connections",
            Self::Tuples => "tuples",
        }
    }

    /// That of a row.
    pub fn of(self, tuples: u64, connections: u64, bytes: u64) -> u64 {
        match self {
            Self::Bytes => bytes,
            Self::Connections => connections,
            Self::Tuples => tuples,
        }
    }

    pub(super) fn weight(self, tally: &Tally) -> Weight {
        (self.of(tally.tuples, tally.connections, tally.bytes), tally.tuples)
    }
}
