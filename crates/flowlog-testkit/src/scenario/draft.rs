//! Tools to draft a connection with: who, from which port, how much.

use super::event::{Counters, Encryption, HostId};
use super::settings::{Format, Scenario};
use super::timeline::Connection;
use super::world::{Pools, Role, World};
use crate::rng::{Rng, mix};

/// Connections longer than this take their ports from a range of their own, so that a short
/// connection does not get the 5-tuple of one that is still open.
const SHORT_MS: i64 = 120_000;

/// What drafting needs and changes.
pub(crate) struct Draft<'a> {
    pub(crate) world: &'a World,
    pub(crate) rng: Rng,
    pub(crate) encryption: bool,
    pub(crate) ipv6_share: f64,
    /// Makes each seed's landscape its own where no random number may be used up.
    salt: u64,
    ports: Vec<Ports>,
}

/// The next source ports of one host, counted up as most systems do.
#[derive(Clone, Copy)]
struct Ports {
    short: u16,
    long: u16,
}

impl<'a> Draft<'a> {
    pub(crate) fn new(world: &'a World, scenario: &Scenario) -> Self {
        let ports = (0..world.addresses.len() as u64)
            .map(|host| Ports { short: (mix(host) % 28_000) as u16, long: (mix(!host) % 31_000) as u16 })
            .collect();
        Self {
            world,
            rng: Rng::new(scenario.seed, 2),
            encryption: scenario.encryption,
            ipv6_share: scenario.ipv6_share,
            salt: mix(scenario.seed),
            ports,
        }
    }

    /// A connection with everything filled in that follows from its ends: allowed by the default
    /// rules, ending as soon as it began, without counters.
    pub(crate) fn connection(
        &mut self,
        start_ms: i64,
        source: HostId,
        destination: HostId,
        protocol: u8,
        destination_port: u16,
        duration_ms: i64,
    ) -> Connection {
        Connection {
            duration_ms,
            source_port: self.source_port(source, duration_ms),
            destination_port,
            protocol,
            encryption: self.encryption_between(source, destination),
            ..Connection::between(start_ms, source, destination)
        }
    }

    fn source_port(&mut self, host: HostId, duration_ms: i64) -> u16 {
        let ports = &mut self.ports[host as usize];
        if duration_ms < SHORT_MS {
            ports.short = (ports.short + 1) % 28_232;
            32_768 + ports.short
        } else {
            ports.long = (ports.long + 1) % 31_744;
            1024 + ports.long
        }
    }

    /// The encryption state is a matter of the two hosts: it does not change from one connection to the next.
    fn encryption_between(&self, source: HostId, destination: HostId) -> Encryption {
        let ends = (self.world.nic(source), self.world.nic(destination));
        let (true, (Some(from), Some(to))) = (self.encryption, ends) else {
            return Encryption::NotEncrypted;
        };
        if self.world.nics[from as usize].vnet != self.world.nics[to as usize].vnet {
            return Encryption::NotEncrypted;
        }
        match mix(self.salt ^ (u64::from(from.min(to)) << 32) ^ u64::from(from.max(to))) % 16 {
            0 => Encryption::LocalDestination,
            1 => Encryption::Fallback,
            2 => Encryption::HardwareNotSupported,
            _ => Encryption::Encrypted,
        }
    }

    /// True if this connection is to use IPv6.
    pub(crate) fn ipv6(&mut self) -> bool {
        self.rng.chance(self.ipv6_share)
    }

    /// True if the network manager's rules show in this NIC's log.
    pub(crate) fn admin_rules(&self, nic: usize) -> bool {
        let nic = &self.world.nics[nic];
        nic.vnet.is_multiple_of(2) && nic.format == Format::VNet
    }

    /// Any NIC's index.
    pub(crate) fn any_nic(&mut self) -> usize {
        self.rng.index(self.world.nics.len())
    }

    /// A NIC of that role; any, if none has it.
    pub(crate) fn nic_of_role(&mut self, role: Role) -> usize {
        self.rng.pick(&self.world.by_role[role as usize]) as usize
    }

    /// Two different hosts, mostly of one `VNet`. With one NIC alone, the other end is not monitored.
    pub(crate) fn pair(&mut self, from: Role, to: Role) -> (HostId, HostId) {
        let world = self.world;
        let source = self.nic_of_role(from);
        let mut destination = self.nic_of_role(to);
        for _ in 0..8 {
            let same_vnet = world.nics[source].vnet == world.nics[destination].vnet;
            if source != destination && (same_vnet || self.rng.chance(0.05)) {
                break;
            }
            destination = self.nic_of_role(to);
        }
        if source == destination {
            destination = (source + 1) % world.nics.len();
        }
        let (a, b) = (&world.nics[source], &world.nics[destination]);
        if source == destination {
            (a.ipv4, self.one_of(|pools| &pools.on_premises))
        } else if self.ipv6() {
            (a.ipv6, b.ipv6)
        } else {
            (a.ipv4, b.ipv4)
        }
    }

    /// Any host of a pool.
    pub(crate) fn one_of(&mut self, pool: impl Fn(&'a Pools) -> &'a Vec<HostId>) -> HostId {
        self.rng.pick(pool(&self.world.pools))
    }

    /// A host of a pool, some far more often than others.
    pub(crate) fn skewed_of(&mut self, pool: impl Fn(&'a Pools) -> &'a Vec<HostId>) -> HostId {
        let hosts = pool(&self.world.pools);
        hosts[self.rng.skewed(hosts.len())]
    }

    /// A TCP exchange: payloads of 2^low to 2^high bytes each way, cut into packets, headers included.
    pub(crate) fn exchange(
        &mut self,
        sent_low: u32,
        sent_high: u32,
        received_low: u32,
        received_high: u32,
    ) -> Counters {
        let sent = self.rng.magnitude(sent_low, sent_high);
        let received = self.rng.magnitude(received_low, received_high);
        // Each side also acknowledges every second packet of the other, and opens and closes.
        let (data_sent, data_received) = (sent.div_ceil(1400), received.div_ceil(1400));
        let packets_sent = data_sent + data_received / 2 + 3;
        let packets_received = data_received + data_sent / 2 + 2;
        Counters {
            packets_sent,
            bytes_sent: sent + packets_sent * 54,
            packets_received,
            bytes_received: received + packets_received * 54,
        }
    }

    /// So many small packets each way.
    pub(crate) fn datagrams(&mut self, sent: u64, received: u64) -> Counters {
        Counters {
            packets_sent: sent,
            bytes_sent: sent * self.rng.range(66, 110),
            packets_received: received,
            bytes_received: received * self.rng.range(90, 480),
        }
    }
}
