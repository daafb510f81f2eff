//! Background noise of the internet: what is tried at every public address, and came to nothing.

use serde::Serialize;

use super::facts::Facts;
use super::provider::Provider;
use crate::aggregate::HostId;

/// Scanners that are named.
const NAMED: usize = 5;

/// The noise in one paragraph.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Noise {
    /// Hosts of the internet that were denied, refused or not answered.
    pub sources: u64,
    /// Distinct (source, destination, port) of these.
    pub conversations: u64,
    /// Denied packets and failed connections.
    pub attempts: u64,
    /// Distinct own hosts that were tried.
    pub targets: u64,
    /// Of the sources, those that tried as much as a scan does.
    pub scanners: u64,
    /// The scanners that tried the most, at most 5.
    pub top: Vec<Scanner>,
}

/// A host of the internet that tried as much as a scan does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Scanner {
    /// Its address.
    pub source: String,
    /// Who runs the address.
    pub provider: Option<&'static str>,
    /// Distinct own hosts it tried in vain.
    pub targets: u64,
    /// Distinct pairs of host and port it tried in vain.
    pub conversations: u64,
    /// Denied packets and failed connections.
    pub attempts: u64,
    /// Distinct pairs of host and port at which a rule let it through, answered or not.
    pub let_through: u64,
    /// First and last try, Unix ms UTC.
    pub first_time_ms: i64,
    /// See `first_time_ms`.
    pub last_time_ms: i64,
}

pub(super) fn sum(facts: &Facts<'_>) -> Noise {
    let least = facts.thresholds.vertical_scan.ports as u64;
    let knocks = facts.knocks.values();
    let mut targets: Vec<HostId> = knocks.clone().flat_map(|knocks| knocks.hosts.iter().copied()).collect();
    targets.sort_unstable();
    targets.dedup();
    let scanners = facts.knocks.iter().filter(|(_, knocks)| knocks.conversations >= least);
    let mut top: Vec<_> = scanners.clone().collect();
    top.sort_unstable_by_key(|(source, knocks)| {
        (std::cmp::Reverse((knocks.conversations, knocks.attempts)), facts.address(**source))
    });
    top.truncate(NAMED);
    let scanner = |(source, knocks): (&HostId, &super::facts::Knocks)| Scanner {
        source: facts.name(*source),
        provider: Provider::of(facts.address(*source)).name(),
        targets: knocks.hosts.len() as u64,
        conversations: knocks.conversations,
        attempts: knocks.attempts,
        let_through: facts.inbound.iter().filter(|(key, _)| key.source == *source).count() as u64,
        first_time_ms: knocks.times.0,
        last_time_ms: knocks.times.1,
    };
    Noise {
        sources: facts.knocks.len() as u64,
        conversations: knocks.clone().map(|knocks| knocks.conversations).sum(),
        attempts: knocks.fold(0, |sum, knocks| sum.saturating_add(knocks.attempts)),
        targets: targets.len() as u64,
        scanners: scanners.count() as u64,
        top: top.into_iter().map(scanner).collect(),
    }
}
