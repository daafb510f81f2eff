//! Behaviours set into the background on purpose, and the steady ones every landscape has.

use super::draft::Draft;
use super::event::{Counters, Encryption};
use super::rules::Rule;
use super::settings::Plant;
use super::timeline::{Connection, Fate, HOUR_MS};
use super::world::Role;
use crate::rng::mix;

const ICMP: u8 = 1;
const TCP: u8 = 6;
const UDP: u8 = 17;
const ESP: u8 = 50;
const ICMPV6: u8 = 58;

/// The connections of one planted behaviour that begins at `at`, in data from `start_ms` to `end_ms`.
pub(crate) fn plant(
    plant: Plant,
    draft: &mut Draft<'_>,
    at: i64,
    start_ms: i64,
    end_ms: i64,
) -> Vec<Connection> {
    match plant {
        Plant::RetryHeavyPair => retry_heavy_pair(draft, at),
        Plant::InternetPortScan => internet_port_scan(draft, at),
        Plant::InternalPortScan => internal_port_scan(draft, at),
        Plant::OneWayTcp => one_way_tcp(draft, at),
        Plant::OneWayUdp => one_way_udp(draft, at),
        Plant::BegunOnly => begun_only(draft, at),
        Plant::EspTunnel => esp_tunnel(draft, start_ms, end_ms),
        Plant::EncryptionDrops => encryption_drops(draft, at),
        Plant::AdminRuleDenials => admin_rule_denials(draft, at),
        Plant::PortReuse => port_reuse(draft, at),
    }
}

fn retry_heavy_pair(draft: &mut Draft<'_>, at: i64) -> Vec<Connection> {
    let nic = draft.nic_of_role(Role::App);
    let source = draft.world.nics[nic].ipv4;
    let destination = draft.one_of(|pools| &pools.silent);
    (0..40)
        .map(|number| {
            let start = at + number * 9_000 + draft.rng.below(4_000) as i64;
            let base = draft.connection(start, source, destination, TCP, 9200, 3_000);
            if number % 4 == 3 {
                return Connection { fate: Fate::BegunOnly, ..base };
            }
            Connection { duration_ms: 3_000, counters: draft.datagrams(2, 1), ..base }
        })
        .collect()
}

fn internet_port_scan(draft: &mut Draft<'_>, at: i64) -> Vec<Connection> {
    let source = draft.one_of(|pools| &pools.noise);
    let nic = draft.any_nic();
    let destination = draft.world.nics[nic].ipv4;
    (0..60_u16)
        .map(|number| {
            let start = at + i64::from(number) * 400 + draft.rng.below(150) as i64;
            let base = draft.connection(start, source, destination, TCP, 20 + number * 13, 0);
            Connection { fate: Fate::DeniedAtDestination(1), rule_in: Rule::DenyAllIn, ..base }
        })
        .collect()
}

fn internal_port_scan(draft: &mut Draft<'_>, at: i64) -> Vec<Connection> {
    let (source, destination) = draft.pair(Role::Client, Role::Data);
    (0..30_u16)
        .map(|number| {
            let start = at + i64::from(number) * 700 + draft.rng.below(300) as i64;
            let base = draft.connection(start, source, destination, TCP, 1400 + number * 3, 40);
            if number % 10 == 1 {
                return Connection { duration_ms: 40, counters: draft.datagrams(2, 2), ..base };
            }
            Connection { fate: Fate::DeniedAtDestination(1), rule_in: Rule::DenyAllIn, ..base }
        })
        .collect()
}

fn one_way_tcp(draft: &mut Draft<'_>, at: i64) -> Vec<Connection> {
    let nic = draft.nic_of_role(Role::Web);
    let source = draft.world.nics[nic].ipv4;
    let destination = draft.one_of(|pools| &pools.silent);
    (0..5)
        .map(|number| {
            let base = draft.connection(at + number * 61_000, source, destination, TCP, 5671, 21_000);
            Connection { duration_ms: 21_000, counters: draft.datagrams(4, 0), ..base }
        })
        .collect()
}

fn one_way_udp(draft: &mut Draft<'_>, at: i64) -> Vec<Connection> {
    let nic = draft.any_nic();
    let source = draft.world.nics[nic].ipv4;
    let destination = draft.one_of(|pools| &pools.silent);
    let life = 2_400_000;
    let base = draft.connection(at, source, destination, UDP, 514, life);
    vec![Connection { duration_ms: life, counters: draft.datagrams(900, 0), ..base }]
}

fn begun_only(draft: &mut Draft<'_>, at: i64) -> Vec<Connection> {
    let nic = draft.any_nic();
    let source = draft.world.nics[nic].ipv4;
    let destination = draft.one_of(|pools| &pools.silent);
    (0..3)
        .map(|number| {
            let base = draft.connection(at + number * 37_000, source, destination, TCP, 9100, 0);
            Connection { fate: Fate::BegunOnly, ..base }
        })
        .collect()
}

/// Goes on longer than the data on both sides.
fn esp_tunnel(draft: &mut Draft<'_>, start_ms: i64, end_ms: i64) -> Vec<Connection> {
    let nic = draft.nic_of_role(Role::Infra);
    let destination = draft.world.nics[nic].ipv4;
    let begin = start_ms - HOUR_MS + 71_000;
    let life = end_ms - begin + HOUR_MS;
    let base = draft.connection(begin, draft.world.gateway, destination, ESP, 0, life);
    let packets = life.unsigned_abs() / 50;
    let counters = Counters {
        packets_sent: packets,
        bytes_sent: packets * 610,
        packets_received: packets,
        bytes_received: packets * 480,
    };
    vec![Connection { source_port: 0, duration_ms: life, counters, rule_in: Rule::VpnIn, ..base }]
}

fn encryption_drops(draft: &mut Draft<'_>, at: i64) -> Vec<Connection> {
    let (source, destination) = draft.pair(Role::App, Role::Data);
    let states = [Encryption::SoftwareNotReady, Encryption::NotAccepted, Encryption::NotSupported];
    (0..9)
        .map(|number| {
            let base = draft.connection(at + number * 5_000, source, destination, TCP, 1433, 0);
            let encryption = states[number as usize % states.len()];
            Connection { encryption, fate: Fate::DeniedAtSource(1), rule_out: Rule::Unspecified, ..base }
        })
        .collect()
}

fn admin_rule_denials(draft: &mut Draft<'_>, at: i64) -> Vec<Connection> {
    let source = draft.one_of(|pools| &pools.noise);
    // The first VNet is managed.
    let destination = draft.world.nics[0].ipv4;
    (0..12)
        .map(|number| {
            let port = [3389, 22, 445][number as usize % 3];
            let base = draft.connection(at + number * 2_500, source, destination, TCP, port, 0);
            Connection { fate: Fate::DeniedAtDestination(2), rule_in: Rule::AdminBlock, ..base }
        })
        .collect()
}

fn port_reuse(draft: &mut Draft<'_>, at: i64) -> Vec<Connection> {
    let nic = draft.any_nic();
    let source = draft.world.nics[nic].ipv4;
    let gateway = draft.world.gateway;
    let counters = draft.datagrams(2, 2);
    let base =
        Connection { source_port: 500, counters, ..draft.connection(at, source, gateway, UDP, 500, 0) };
    vec![
        Connection { fate: Fate::Twice, ..base },
        Connection { start_ms: at + 40_000, duration_ms: 2_000, ..base },
        Connection { start_ms: at + 90_000, duration_ms: 2_000, ..base },
    ]
}

/// What runs by the clock in every landscape: pings of the monitoring host every quarter of an hour,
/// and time synchronisation every twenty minutes. Their 5-tuples never change.
pub(crate) fn steady(draft: &mut Draft<'_>, hour_ms: i64) -> Vec<Connection> {
    let world = draft.world;
    let monitor = world.by_role[Role::Infra as usize][0] as usize;
    let mut connections = Vec::new();
    for (number, nic) in world.nics.iter().enumerate() {
        let offset = (mix(number as u64) % 600_000) as i64;
        for round in 0..4 {
            if number == monitor {
                break;
            }
            let monitor = &world.nics[monitor];
            let (source, destination, protocol) = if number % 4 == 1 {
                (monitor.ipv6, nic.ipv6, ICMPV6)
            } else {
                (monitor.ipv4, nic.ipv4, ICMP)
            };
            let base =
                draft.connection(hour_ms + round * 900_000 + offset, source, destination, protocol, 0, 3_000);
            let counters =
                Counters { packets_sent: 4, bytes_sent: 392, packets_received: 4, bytes_received: 392 };
            connections.push(Connection {
                source_port: 0,
                duration_ms: 3_000,
                counters,
                rule_in: Rule::MonitoringIn,
                ..base
            });
        }
        let clock = world.pools.sites[number % world.pools.sites.len()];
        for round in 0..3 {
            let base = draft.connection(hour_ms + round * 1_200_000 + offset, nic.ipv4, clock, UDP, 123, 900);
            let counters =
                Counters { packets_sent: 1, bytes_sent: 90, packets_received: 1, bytes_received: 90 };
            connections.push(Connection {
                source_port: 123,
                duration_ms: 900,
                counters,
                rule_out: Rule::AllowInternetOut,
                ..base
            });
        }
    }
    connections
}
