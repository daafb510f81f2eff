//! Connections by outcome.

use crate::connection::{Connection, Outcome};
use crate::flow::Counters;

/// Connections of one outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutcomeCounts {
    /// Connections; denied attempts for [`Outcome::Denied`].
    pub connections: u64,
    /// Their tuples.
    pub tuples: u64,
    /// Sums of their counters.
    pub counters: Counters,
}

impl OutcomeCounts {
    fn of(connection: &Connection) -> Self {
        let (connections, tuples) = (connection.count(), connection.tuples());
        Self { connections, tuples, counters: connection.counters }
    }

    /// Adds `other`.
    pub fn add(&mut self, other: &Self) {
        self.connections += other.connections;
        self.tuples += other.tuples;
        self.counters.add(&other.counters);
    }

    pub(super) fn count(&mut self, connection: &Connection) {
        self.add(&Self::of(connection));
    }

    fn take_out(&mut self, other: &Self) {
        self.connections = self.connections.saturating_sub(other.connections);
        self.tuples = self.tuples.saturating_sub(other.tuples);
        self.counters.take_out(&other.counters);
    }
}

/// All connections that have a life cycle, and denied attempts, by [`Outcome`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcomes([OutcomeCounts; Outcome::ALL.len()]);

impl Outcomes {
    #[inline]
    pub(super) fn count(&mut self, outcome: Outcome, connection: &Connection) {
        self.0[outcome as usize].count(connection);
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (mine, other) in self.0.iter_mut().zip(&other.0) {
            mine.add(other);
        }
    }

    /// Takes a connection out that was counted before.
    pub(super) fn take_out(&mut self, outcome: Outcome, connection: &Connection) {
        self.0[outcome as usize].take_out(&OutcomeCounts::of(connection));
    }

    /// Those of one outcome.
    pub fn of(&self, outcome: Outcome) -> &OutcomeCounts {
        &self.0[outcome as usize]
    }

    /// All together.
    pub fn sum(&self) -> OutcomeCounts {
        let mut sum = OutcomeCounts::default();
        self.0.iter().for_each(|counts| sum.add(counts));
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outcome_has_the_place_of_its_list() {
        assert!(Outcome::ALL.iter().enumerate().all(|(place, &outcome)| outcome as usize == place));
    }
}
