//! The noise of the internet: packets of hosts that try one door and are never seen again.

use super::draft::Draft;
use super::event::HostId;
use super::rules::Rule;
use super::settings::Scenario;
use super::timeline::{Connection, Fate};
use super::traffic::{TCP, UDP, WANTED_PORTS};
use super::world::World;
use crate::rng::Rng;

/// Drafts denied packets so that they are a share of all tuples. It has random numbers of its own:
/// a set without noise does not change by it.
pub(crate) struct Passing {
    share: f64,
    rng: Rng,
    /// The number of the next host; each has another.
    next: u32,
    /// Tuples put down so far.
    tuples: u64,
}

impl Passing {
    pub(crate) fn new(scenario: &Scenario) -> Self {
        Self { share: scenario.noise, rng: Rng::new(scenario.seed, 5), next: 0, tuples: 0 }
    }

    /// True if of so many tuples too few are noise.
    pub(crate) fn is_due(&self, all: u64) -> bool {
        (self.tuples as f64) < self.share * all as f64
    }

    /// Counts tuples that were put down.
    pub(crate) fn count(&mut self, tuples: u64) {
        self.tuples += tuples;
    }

    /// A packet to any NIC in the minute; one host in 25 tries a second time.
    pub(crate) fn connection(&mut self, draft: &Draft<'_>, minute_ms: i64) -> Connection {
        let world = draft.world;
        let start_ms = minute_ms + self.rng.below(super::MINUTE_MS.unsigned_abs()) as i64;
        let source = self.host(world);
        let nic = self.rng.index(world.nics.len());
        let (protocol, destination_port) = match self.rng.below(20) {
            0..13 => (TCP, self.rng.pick(&WANTED_PORTS)),
            13..18 => (TCP, self.rng.range(1, 65_535) as u16),
            _ => (UDP, self.rng.pick(&[53, 123, 161, 1900, 5060])),
        };
        let packets = if self.rng.below(25) == 0 { 2 } else { 1 };
        Connection {
            source_port: self.rng.range(1024, 65_535) as u16,
            destination_port,
            protocol,
            fate: Fate::DeniedAtDestination(packets),
            rule_in: Rule::DenyAllIn,
            ..Connection::between(start_ms, source, world.nics[nic].ipv4)
        }
    }

    fn host(&mut self, world: &World) -> HostId {
        loop {
            let host = world.passing(self.next);
            self.next += 1;
            if let Some(host) = host {
                return host;
            }
        }
    }
}
