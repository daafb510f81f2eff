//! Each connection once, whoever logged it: followed by the number the scenario gave it, not by its 5-tuple.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use foldhash::fast::FixedState;
use serde::{Deserialize, Serialize};

use super::{HostTruth, PortTruth};
use crate::scenario::event::{Counters, Event, HostId, State};
use crate::scenario::world::World;

/// Signs of life come every five minutes: after two of them a begin that stands alone stays alone.
const OPEN_MS: i64 = 600_000;

/// What is left when each connection counts once: as the NIC tells it that wrote the most tuples, of equals the
/// initiator's. Denials and rows without a life cycle (NSG version 1) always count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ResolvedTruth {
    pub duplicate_connections: u64,
    pub duplicate_tuples: u64,
    /// Both ways.
    pub duplicate_bytes: u64,
    pub tuples: u64,
    pub bytes_sent: u64,
    pub bytes_received: u64,
    /// Connections by outcome: `completed`, `began-before`, `open`, `begun-only`, `unanswered`, `refused`;
    /// attempts for `denied`.
    pub outcomes: BTreeMap<String, u64>,
    pub sources: Vec<HostTruth>,
    pub destinations: Vec<HostTruth>,
    pub ports: Vec<PortTruth>,
}

/// What one NIC wrote of a connection.
#[derive(Clone, Copy, Default)]
struct Copy {
    tuples: u64,
    begun_ms: Option<i64>,
    continued: bool,
    ended: bool,
    denied: bool,
    counters: Counters,
    nic: usize,
}

impl Copy {
    fn outcome(&self, protocol: u8, newest_ms: &[i64]) -> &'static str {
        let Counters { packets_sent, bytes_sent, packets_received, bytes_received } = self.counters;
        let seen_again = self.continued || self.ended;
        let bare = |packets: u64, bytes: u64| packets <= 3 && bytes <= packets * 80;
        match self.begun_ms {
            _ if self.denied => "denied",
            Some(begun) if !seen_again && newest_ms[self.nic] - begun >= OPEN_MS => "begun-only",
            Some(_) if packets_sent > 0 && packets_received == 0 => "unanswered",
            Some(_)
                if protocol == 6
                    && self.ended
                    && packets_received > 0
                    && bare(packets_sent, bytes_sent)
                    && bare(packets_received, bytes_received) =>
            {
                "refused"
            }
            _ if !self.ended => "open",
            Some(_) => "completed",
            None => "began-before",
        }
    }
}

/// A connection as up to two NICs wrote of it.
struct Followed {
    source: HostId,
    destination: HostId,
    port: u16,
    protocol: u8,
    /// By the initiator's NIC, by the responder's.
    copies: [Copy; 2],
}

/// Follows every connection.
#[derive(Default)]
pub(super) struct Resolver {
    followed: HashMap<u64, Followed, FixedState>,
    newest_ms: Vec<i64>,
}

impl Resolver {
    pub(super) fn tuple(&mut self, nic: usize, life_cycle: bool, event: &Event, counters: &Counters) {
        if self.newest_ms.len() <= nic {
            self.newest_ms.resize(nic + 1, i64::MIN);
        }
        self.newest_ms[nic] = self.newest_ms[nic].max(event.time_ms);
        if !life_cycle && event.state != State::Deny {
            return;
        }
        let denied = event.state == State::Deny;
        // What one end lets through and the other denies is a connection here and an attempt there.
        let number = event.connection * 2 + u64::from(denied);
        let followed = self.followed.entry(number).or_insert_with(|| Followed {
            source: event.source,
            destination: event.destination,
            port: event.destination_port,
            protocol: event.protocol,
            copies: [Copy::default(); 2],
        });
        let copy = &mut followed.copies[usize::from(!event.outbound)];
        copy.nic = nic;
        copy.tuples += 1;
        copy.denied = denied;
        match event.state {
            State::Begin => copy.begun_ms = Some(event.time_ms),
            State::Continue => copy.continued = true,
            State::End => copy.ended = true,
            State::Deny => {}
        }
        copy.counters.packets_sent += counters.packets_sent;
        copy.counters.bytes_sent += counters.bytes_sent;
        copy.counters.packets_received += counters.packets_received;
        copy.counters.bytes_received += counters.bytes_received;
    }

    /// Takes what is written twice out of the lists of all rows.
    pub(super) fn finish(
        self,
        world: &World,
        sums: &Counters,
        tuples: u64,
        (sources, destinations, ports): (&[HostTruth], &[HostTruth], &[PortTruth]),
    ) -> ResolvedTruth {
        let mut truth = ResolvedTruth {
            tuples,
            bytes_sent: sums.bytes_sent,
            bytes_received: sums.bytes_received,
            ..ResolvedTruth::default()
        };
        let by_ip =
            |hosts: &[HostTruth]| hosts.iter().map(|host| (host.ip, (host.tuples, host.bytes))).collect();
        let mut by_source: BTreeMap<IpAddr, (u64, u64)> = by_ip(sources);
        let mut by_destination: BTreeMap<IpAddr, (u64, u64)> = by_ip(destinations);
        let mut by_port: BTreeMap<(u16, u8), u64> =
            ports.iter().map(|row| ((row.port, row.protocol), row.tuples)).collect();
        for followed in self.followed.into_values() {
            let [near, far] = followed.copies;
            let (counts, twice) = if far.tuples > near.tuples { (far, near) } else { (near, far) };
            *truth
                .outcomes
                .entry(counts.outcome(followed.protocol, &self.newest_ms).to_owned())
                .or_default() += 1;
            if twice.tuples == 0 {
                continue;
            }
            let bytes = twice.counters.bytes_sent + twice.counters.bytes_received;
            truth.duplicate_connections += 1;
            truth.duplicate_tuples += twice.tuples;
            truth.duplicate_bytes += bytes;
            truth.tuples -= twice.tuples;
            truth.bytes_sent -= twice.counters.bytes_sent;
            truth.bytes_received -= twice.counters.bytes_received;
            for (hosts, host) in
                [(&mut by_source, followed.source), (&mut by_destination, followed.destination)]
            {
                let row = hosts.get_mut(&world.address(host)).expect("counted with all rows");
                *row = (row.0 - twice.tuples, row.1 - bytes);
            }
            if let Some(row) = by_port.get_mut(&(followed.port, followed.protocol)) {
                *row -= twice.tuples;
            }
        }
        truth.sources = ranked_hosts(by_source);
        truth.destinations = ranked_hosts(by_destination);
        truth.ports = by_port
            .into_iter()
            .map(|((port, protocol), tuples)| PortTruth { port, protocol, tuples })
            .collect();
        truth.ports.sort_by_key(|row| (std::cmp::Reverse(row.tuples), row.port, row.protocol));
        truth
    }
}

fn ranked_hosts(by_ip: BTreeMap<IpAddr, (u64, u64)>) -> Vec<HostTruth> {
    let mut rows: Vec<_> =
        by_ip.into_iter().map(|(ip, (tuples, bytes))| HostTruth { ip, tuples, bytes }).collect();
    rows.sort_by_key(|row| (std::cmp::Reverse(row.tuples), row.ip));
    rows
}
