//! Background noise of the internet: what is tried at every public address, and came to nothing.

use serde::Serialize;

use super::facts::Facts;

/// The noise in one paragraph.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Noise {
    /// Hosts of the internet that were denied, refused or not answered.
    pub sources: u64,
    /// Distinct (source, destination, port) of these.
    pub conversations: u64,
    /// Denied packets and failed connections.
    pub attempts: u64,
    /// Of the sources, those that tried as much as a scan does.
    pub scanners: u64,
}

pub(super) fn sum(facts: &Facts<'_>) -> Noise {
    let least = facts.thresholds.vertical_scan.ports as u64;
    let knocks = facts.knocks.values();
    Noise {
        sources: facts.knocks.len() as u64,
        conversations: knocks.clone().map(|knocks| knocks.conversations).sum(),
        attempts: knocks.clone().map(|knocks| knocks.tuples).sum(),
        scanners: knocks.filter(|knocks| knocks.conversations >= least).count() as u64,
    }
}
