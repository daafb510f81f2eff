//! The background: connections as a landscape of web, application and data servers has them all day.

use super::draft::Draft;
use super::rules::Rule;
use super::settings::Mix;
use super::timeline::{Connection, Fate};
use super::world::Role;

pub(super) const TCP: u8 = 6;
pub(super) const UDP: u8 = 17;
/// Ports that scanners of the internet try first.
pub(super) const WANTED_PORTS: [u16; 14] =
    [22, 23, 80, 443, 445, 1433, 2375, 3306, 3389, 5432, 6379, 8080, 8443, 9200];
/// Ports an administrator's rule blocks.
const HIGH_RISK_PORTS: [u16; 6] = [22, 23, 445, 1433, 3306, 3389];

type Make = fn(&mut Draft<'_>, i64) -> Connection;

/// Chooses connections by the weights of a [`Mix`].
pub(crate) struct Background {
    /// Cumulative weight and kind.
    kinds: Vec<(u64, Make)>,
    total: u64,
}

impl Background {
    pub(crate) fn new(mix: &Mix) -> Self {
        let weights: [(u32, Make); 12] = [
            (mix.web, web),
            (mix.east_west, east_west),
            (mix.dns, dns),
            (mix.outbound, outbound),
            (mix.on_premises, on_premises),
            (mix.probes, probe),
            (mix.noise, noise),
            (mix.denied_out, denied_out),
            (mix.denied_inside, denied_inside),
            (mix.one_way, one_way),
            (mix.begun_only, begun_only),
            (mix.long, long),
        ];
        let mut total = 0;
        let mut kinds = Vec::with_capacity(weights.len());
        for (weight, make) in weights {
            total += u64::from(weight);
            kinds.push((total, make));
        }
        Self { kinds, total }
    }

    /// One connection that begins at `start_ms`; none if every weight is 0.
    pub(crate) fn connection(&self, draft: &mut Draft<'_>, start_ms: i64) -> Option<Connection> {
        let number = draft.rng.below(self.total);
        let (_, make) = self.kinds.iter().find(|(below, _)| number < *below)?;
        Some(make(draft, start_ms))
    }
}

/// Mostly short, sometimes minutes, seldom up to an hour.
fn lifetime(draft: &mut Draft<'_>) -> i64 {
    let range = match draft.rng.below(100) {
        0..84 => (30, 25_000),
        84..96 => (25_000, 280_000),
        _ => (300_000, 3_600_000),
    };
    draft.rng.range(range.0, range.1) as i64
}

fn web(draft: &mut Draft<'_>, start_ms: i64) -> Connection {
    let nic = draft.nic_of_role(Role::Web);
    let (source, destination) = if draft.ipv6() {
        (draft.skewed_of(|pools| &pools.clients_v6), draft.world.nics[nic].ipv6)
    } else {
        (draft.skewed_of(|pools| &pools.clients), draft.world.nics[nic].ipv4)
    };
    let port = if draft.rng.chance(0.92) { 443 } else { 80 };
    let life = lifetime(draft);
    let counters = draft.exchange(8, 12, 9, 20);
    Connection {
        duration_ms: life,
        counters,
        rule_in: Rule::HttpsIn,
        ..draft.connection(start_ms, source, destination, TCP, port, life)
    }
}

fn east_west(draft: &mut Draft<'_>, start_ms: i64) -> Connection {
    let (from, to, ports): (_, _, &[u16]) = match draft.rng.below(10) {
        0..4 => (Role::Web, Role::App, &[8080, 8443]),
        4..7 => (Role::App, Role::Data, &[1433, 5432, 6379]),
        7..9 => (Role::Client, Role::Web, &[443]),
        _ => (Role::Client, Role::Infra, &[445, 389, 88]),
    };
    let (source, destination) = draft.pair(from, to);
    let port = draft.rng.pick(ports);
    let life = lifetime(draft);
    let rule_in = if port >= 1000 { Rule::AppTierIn } else { Rule::AllowVnetIn };
    let counters = draft.exchange(7, 14, 7, 18);
    Connection {
        duration_ms: life,
        counters,
        rule_in,
        ..draft.connection(start_ms, source, destination, TCP, port, life)
    }
}

fn dns(draft: &mut Draft<'_>, start_ms: i64) -> Connection {
    let source = draft.any_nic();
    let (source, destination) = if draft.rng.chance(0.7) {
        (draft.world.nics[source].ipv4, draft.world.platform)
    } else {
        draft.pair(Role::Client, Role::Infra)
    };
    let life = draft.rng.range(1, 90) as i64;
    let answered = draft.rng.chance(0.985);
    let counters = draft.datagrams(1, u64::from(answered));
    Connection {
        duration_ms: life,
        counters,
        ..draft.connection(start_ms, source, destination, UDP, 53, life)
    }
}

fn outbound(draft: &mut Draft<'_>, start_ms: i64) -> Connection {
    let nic = draft.any_nic();
    let source = draft.world.nics[nic].ipv4;
    let destination = draft.skewed_of(|pools| &pools.sites);
    let port = if draft.rng.chance(0.9) { 443 } else { draft.rng.pick(&[80, 5671, 8883, 587]) };
    let life = lifetime(draft);
    let counters = draft.exchange(9, 16, 9, 22);
    Connection {
        duration_ms: life,
        counters,
        rule_out: Rule::AllowInternetOut,
        ..draft.connection(start_ms, source, destination, TCP, port, life)
    }
}

fn on_premises(draft: &mut Draft<'_>, start_ms: i64) -> Connection {
    let source = draft.skewed_of(|pools| &pools.on_premises);
    let (role, ports): (_, &[u16]) = match draft.rng.below(10) {
        0..6 => (Role::Web, &[443]),
        6..8 => (Role::Data, &[1433, 5432]),
        _ => (Role::Infra, &[445, 389, 22]),
    };
    let nic = draft.nic_of_role(role);
    let destination = draft.world.nics[nic].ipv4;
    let port = draft.rng.pick(ports);
    let life = lifetime(draft);
    let rule_in = if port == 22 { Rule::ManagementIn } else { Rule::AllowVnetIn };
    let counters = draft.exchange(8, 14, 8, 18);
    Connection {
        duration_ms: life,
        counters,
        rule_in,
        ..draft.connection(start_ms, source, destination, TCP, port, life)
    }
}

/// Health probes: the load balancer's, and others that the platform lets through itself.
fn probe(draft: &mut Draft<'_>, start_ms: i64) -> Connection {
    let balanced = draft.rng.chance(0.7);
    let nic = if balanced { draft.nic_of_role(Role::Web) } else { draft.any_nic() };
    let destination = draft.world.nics[nic].ipv4;
    let counters = draft.exchange(6, 7, 6, 8);
    if balanced {
        let source = draft.world.platform;
        let life = draft.rng.range(2, 40) as i64;
        let rule_in = Rule::AllowLoadBalancerIn;
        return Connection {
            duration_ms: life,
            counters,
            rule_in,
            ..draft.connection(start_ms, source, destination, TCP, 443, life)
        };
    }
    let source = draft.world.prober;
    let port = draft.rng.range(1024, 65_535) as u16;
    let fate = if draft.rng.chance(0.2) { Fate::Twice } else { Fate::Ends };
    Connection {
        source_port: 23_456,
        duration_ms: 0,
        counters,
        fate,
        rule_in: Rule::Platform,
        ..draft.connection(start_ms, source, destination, TCP, port, 0)
    }
}

fn noise(draft: &mut Draft<'_>, start_ms: i64) -> Connection {
    let source = draft.skewed_of(|pools| &pools.noise);
    let nic = draft.any_nic();
    let destination = draft.world.nics[nic].ipv4;
    let (protocol, port) = match draft.rng.below(20) {
        0..10 => (TCP, draft.rng.pick(&WANTED_PORTS)),
        10..18 => (TCP, draft.rng.range(1, 65_535) as u16),
        _ => (UDP, draft.rng.pick(&[53, 123, 161, 1900, 5060])),
    };
    let packets = if protocol == TCP && draft.rng.chance(0.2) { draft.rng.range(2, 3) as u8 } else { 1 };
    let by_admin = HIGH_RISK_PORTS.contains(&port) && draft.admin_rules(nic);
    let rule_in = if by_admin { Rule::AdminBlock } else { Rule::DenyAllIn };
    let fate = Fate::DeniedAtDestination(packets);
    Connection { fate, rule_in, ..draft.connection(start_ms, source, destination, protocol, port, 0) }
}

fn denied_out(draft: &mut Draft<'_>, start_ms: i64) -> Connection {
    let nic = draft.any_nic();
    let source = draft.world.nics[nic].ipv4;
    let destination = draft.skewed_of(|pools| &pools.sites);
    let fate = Fate::DeniedAtSource(draft.rng.range(1, 4) as u8);
    Connection {
        fate,
        rule_out: Rule::DenySmtpOut,
        ..draft.connection(start_ms, source, destination, TCP, 25, 0)
    }
}

fn denied_inside(draft: &mut Draft<'_>, start_ms: i64) -> Connection {
    let (source, destination) = draft.pair(Role::Client, Role::Data);
    let port = draft.rng.pick(&[1433, 5432, 22, 445]);
    let fate = Fate::DeniedAtDestination(draft.rng.range(2, 4) as u8);
    Connection {
        fate,
        rule_in: Rule::DenyAllIn,
        ..draft.connection(start_ms, source, destination, TCP, port, 0)
    }
}

fn one_way(draft: &mut Draft<'_>, start_ms: i64) -> Connection {
    let nic = draft.any_nic();
    let source = draft.world.nics[nic].ipv4;
    let destination = draft.one_of(|pools| &pools.silent);
    let (protocol, port) = draft.rng.pick(&[(UDP, 514), (UDP, 162), (TCP, 8443), (TCP, 443)]);
    let packets = if protocol == UDP { draft.rng.range(1, 400) } else { 3 };
    let life = draft.rng.range(7_000, 400_000) as i64;
    let counters = draft.datagrams(packets, 0);
    Connection {
        duration_ms: life,
        counters,
        ..draft.connection(start_ms, source, destination, protocol, port, life)
    }
}

fn begun_only(draft: &mut Draft<'_>, start_ms: i64) -> Connection {
    let nic = draft.any_nic();
    let source = draft.world.nics[nic].ipv4;
    let destination = draft.one_of(|pools| &pools.silent);
    let port = draft.rng.pick(&[443, 5985, 8443, 9100]);
    Connection { fate: Fate::BegunOnly, ..draft.connection(start_ms, source, destination, TCP, port, 0) }
}

/// Connection pools, remote desktops, message buses.
pub(crate) fn long(draft: &mut Draft<'_>, start_ms: i64) -> Connection {
    let life = draft.rng.range(3_600_000, 36_000_000) as i64;
    let counters = draft.exchange(16, 26, 16, 28);
    if draft.rng.chance(0.7) {
        let (source, destination) = draft.pair(Role::App, Role::Data);
        let port = draft.rng.pick(&[1433, 5432, 5672]);
        let base = draft.connection(start_ms, source, destination, TCP, port, life);
        return Connection { duration_ms: life, counters, rule_in: Rule::AppTierIn, ..base };
    }
    let source = draft.one_of(|pools| &pools.on_premises);
    let nic = draft.nic_of_role(Role::Infra);
    let destination = draft.world.nics[nic].ipv4;
    let base = draft.connection(start_ms, source, destination, TCP, 3389, life);
    Connection { duration_ms: life, counters, rule_in: Rule::ManagementIn, ..base }
}
