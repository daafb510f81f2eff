//! Connections by outcome, and what both ends logged.

use serde::Serialize;

use crate::connection::Outcome;
use crate::state::{OutcomeCounts, Summary};

/// All connections with a life cycle, each once, and denied attempts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Connections {
    /// Connections; without denied attempts.
    pub total: u64,
    /// By outcome, every outcome in a fixed order.
    pub outcomes: Vec<OutcomeRow>,
}

/// Connections of one outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct OutcomeRow {
    /// Name, as in the export of connections.
    pub outcome: &'static str,
    /// In words.
    pub meaning: &'static str,
    /// Connections; attempts for `denied`.
    pub connections: u64,
    pub tuples: u64,
    pub packets_sent: u64,
    pub bytes_sent: u64,
    pub packets_received: u64,
    pub bytes_received: u64,
}

pub(super) fn connections(tables: &Summary) -> Connections {
    let outcomes = Outcome::ALL.map(|outcome| {
        let OutcomeCounts { connections, tuples, counters } = *tables.outcomes().of(outcome);
        OutcomeRow {
            outcome: outcome.name(),
            meaning: outcome.label(),
            connections,
            tuples,
            packets_sent: counters.packets_sent,
            bytes_sent: counters.bytes_sent,
            packets_received: counters.packets_received,
            bytes_received: counters.bytes_received,
        }
    });
    let denied = tables.outcomes().of(Outcome::Denied).connections;
    Connections { total: tables.outcomes().sum().connections - denied, outcomes: outcomes.into() }
}

/// Sums in which each connection counts once, whichever and how many logs tell of it; `totals` counts all rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ResolvedTotals {
    /// False with `--no-dedup`: nothing was looked for, and nothing taken out.
    pub applied: bool,
    /// Sightings of a connection beside the one that counts.
    pub duplicate_connections: u64,
    /// Their tuples.
    pub duplicate_tuples: u64,
    /// Their bytes, both ways.
    pub duplicate_bytes: u64,
    /// Tuples without those.
    pub tuples: u64,
    /// Packets from source to destination, each connection once.
    pub packets_sent: u64,
    /// Bytes from source to destination, each connection once.
    pub bytes_sent: u64,
    /// Packets from destination to source, each connection once.
    pub packets_received: u64,
    /// Bytes from destination to source, each connection once.
    pub bytes_received: u64,
}

pub(super) fn resolved(tables: &Summary, applied: bool) -> ResolvedTotals {
    let OutcomeCounts { connections, tuples, counters } = *tables.duplicates();
    let mut rest = tables.overall.counters;
    rest.take_out(&counters);
    ResolvedTotals {
        applied,
        duplicate_connections: connections,
        duplicate_tuples: tuples,
        duplicate_bytes: counters.bytes(),
        tuples: tables.overall.tuples.saturating_sub(tuples),
        packets_sent: rest.packets_sent,
        bytes_sent: rest.bytes_sent,
        packets_received: rest.packets_received,
        bytes_received: rest.bytes_received,
    }
}
