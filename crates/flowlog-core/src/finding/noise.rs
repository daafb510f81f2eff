//! Background noise of the internet: what is tried at every public address, and came to nothing.

use serde::Serialize;

/// Scanners that are named.
pub(super) const NAMED: usize = 5;

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
    #[serde(rename = "top_total")]
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
