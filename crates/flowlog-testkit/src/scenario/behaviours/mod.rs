//! Behaviours that a detector should find, set into the background with the truth about who did it.
//!
//! They are modelled on what attackers' tools do, with random pace, size and order, not on the
//! limits of any detector.

mod attacks;
pub(super) mod harmless;
mod shapes;

use super::draft::Draft;
use super::event::{Counters, HostId};
use super::rules::Rule;
use super::timeline::{Connection, Fate, HOUR_MS};
use super::world::Role;
use crate::truth::BehaviourTruth;

const ICMP: u8 = 1;
const TCP: u8 = 6;
const UDP: u8 = 17;
const MINUTE: i64 = 60_000;

/// A behaviour with a known culprit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// An internal host tries some hundred ports of another.
    VerticalScan,
    /// An internal host tries one port of some hundred addresses.
    HorizontalSweep,
    /// An internal host tries an address every few minutes, all the time.
    SlowScan,
    /// A host of the internet guesses passwords over SSH or RDP.
    BruteForceFromInternet,
    /// An internal host guesses passwords over SMB, SQL or RDP.
    BruteForceInside,
    /// A host of the internet scans, is denied, and finds an open port.
    ScanAccepted,
    /// A host of the internet works on a machine over RDP or SSH.
    ExposedPort,
    /// An internal host logs in to some twenty others within the hour.
    LateralMovement,
    /// Malware calls home at intervals with jitter.
    Beacon,
    /// A connection to the internet that stays for most of a day.
    LongConnection,
    /// Gigabytes to a host of the internet nobody else uses.
    Exfiltration,
    /// Thousands of begun connections from everywhere within minutes.
    SynFlood,
    /// Data in name look-ups.
    DnsTunnel,
    /// A program that connects to a host of the internet more than once a second, all the time. Of several
    /// instances only the first is played: each is as large as all the rest.
    Strobe,
    /// A remote-access tool calls home every few seconds, for some minutes.
    DenseBeacon,
    /// The same retries a connection that is refused, twice a second.
    RefusedBeacon,
    /// Malware calls home with jitter of half its interval, and opens two connections each time.
    JitterBeacon,
    /// Malware calls home in working hours alone.
    OfficeBeacon,
    /// A host of the internet guesses a few passwords in half an hour, as not to be noticed.
    PatientGuesser,
    /// An internal host attacks one of the internet with thousands of connections in minutes.
    OutboundFlood,
    /// An internal host pings some hundred addresses.
    PingSweep,
}

impl Behaviour {
    /// Every behaviour.
    pub const ALL: [Self; 21] = [
        Self::VerticalScan,
        Self::HorizontalSweep,
        Self::SlowScan,
        Self::BruteForceFromInternet,
        Self::BruteForceInside,
        Self::ScanAccepted,
        Self::ExposedPort,
        Self::LateralMovement,
        Self::Beacon,
        Self::LongConnection,
        Self::Exfiltration,
        Self::SynFlood,
        Self::DnsTunnel,
        Self::Strobe,
        Self::DenseBeacon,
        Self::RefusedBeacon,
        Self::JitterBeacon,
        Self::OfficeBeacon,
        Self::PatientGuesser,
        Self::OutboundFlood,
        Self::PingSweep,
    ];
}

/// What happens, and the findings that are right: the first is the one a detector must raise.
pub(super) struct Plot {
    pub(super) connections: Vec<Connection>,
    pub(super) truth: Vec<BehaviourTruth>,
}

impl Plot {
    /// The truth, dated by the connections.
    pub(super) fn dated(self) -> Vec<BehaviourTruth> {
        let first = self.connections.iter().map(|one| one.start_ms).min();
        let last = self.connections.iter().map(|one| one.start_ms + one.duration_ms).max();
        let times_ms = first.zip(last);
        self.truth.into_iter().map(|truth| BehaviourTruth { times_ms, ..truth }).collect()
    }
}

/// Plays the `number`th instance of `behaviour` in data from `start` to `end`.
pub(super) fn play(behaviour: Behaviour, number: usize, draft: &mut Draft<'_>, start: i64, end: i64) -> Plot {
    let room = (end - start - 2 * HOUR_MS).max(1).unsigned_abs();
    let at = start + HOUR_MS + draft.rng.below(room) as i64;
    let stranger = draft.world.pools.strangers[number % draft.world.pools.strangers.len()];
    match behaviour {
        Behaviour::VerticalScan => attacks::vertical(draft, at),
        Behaviour::HorizontalSweep => attacks::sweep(draft, at),
        Behaviour::SlowScan => attacks::slow(draft, start, end),
        Behaviour::BruteForceFromInternet => attacks::brute_force(draft, at, Some(stranger)),
        Behaviour::BruteForceInside => attacks::brute_force(draft, at, None),
        Behaviour::ScanAccepted => attacks::scan_accepted(draft, at, stranger),
        Behaviour::ExposedPort => attacks::exposed(draft, at, stranger),
        Behaviour::LateralMovement => attacks::lateral(draft, start + (end - start) / 2),
        Behaviour::Beacon => attacks::beacon(draft, start, end, stranger),
        Behaviour::LongConnection => attacks::long(draft, start, end, stranger),
        Behaviour::Exfiltration => attacks::exfiltration(draft, at, stranger),
        Behaviour::SynFlood => attacks::flood(draft, at),
        Behaviour::DnsTunnel => attacks::dns_tunnel(draft, at, stranger),
        Behaviour::Strobe if number < Behaviour::ALL.len() => attacks::strobe(draft, start, end, stranger),
        Behaviour::DenseBeacon => shapes::dense_beacon(draft, at, stranger),
        Behaviour::RefusedBeacon => shapes::refused_beacon(draft, at, stranger),
        Behaviour::JitterBeacon => shapes::jitter_beacon(draft, start, end, stranger),
        Behaviour::OfficeBeacon => shapes::office_beacon(draft, start, end, stranger),
        Behaviour::PatientGuesser => shapes::patient_guesser(draft, at, stranger),
        Behaviour::OutboundFlood => shapes::outbound_flood(draft, at, stranger),
        Behaviour::PingSweep => shapes::ping_sweep(draft, at),
        Behaviour::Strobe => Plot { connections: Vec::new(), truth: Vec::new() },
    }
}

fn nic(draft: &mut Draft<'_>, role: Role) -> HostId {
    let nic = draft.nic_of_role(role);
    draft.world.nics[nic].ipv4
}

/// What a detector should say, and what else would be right.
fn truth(draft: &Draft<'_>, names: &[(&str, HostId)]) -> Vec<BehaviourTruth> {
    let one = |(place, (rule, host)): (usize, &(&str, HostId))| BehaviourTruth {
        rule: (*rule).to_owned(),
        entity: draft.world.address(*host).to_string(),
        required: place == 0,
        times_ms: None,
    };
    names.iter().enumerate().map(one).collect()
}

/// Denied, refused with a reset, or swallowed.
fn failing(draft: &mut Draft<'_>, base: Connection) -> Connection {
    match draft.rng.below(3) {
        0 => Connection { fate: Fate::DeniedAtDestination(1), rule_in: Rule::DenyAllIn, ..base },
        1 => {
            let counters =
                Counters { packets_sent: 1, bytes_sent: 66, packets_received: 1, bytes_received: 54 };
            Connection { duration_ms: 2, counters, ..base }
        }
        _ => {
            let counters = Counters { packets_sent: 3, bytes_sent: 198, ..Counters::default() };
            Connection { duration_ms: 21_000, counters, ..base }
        }
    }
}
