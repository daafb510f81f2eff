//! What attackers' tools do, at full speed.

use super::{MINUTE, Plot, TCP, UDP, failing, nic, truth};
use crate::scenario::draft::Draft;
use crate::scenario::event::{Counters, HostId};
use crate::scenario::rules::Rule;
use crate::scenario::timeline::{Connection, Fate, HOUR_MS};
use crate::scenario::world::Role;

pub(super) fn vertical(draft: &mut Draft<'_>, at: i64) -> Plot {
    let source = nic(draft, Role::Client);
    let destination = nic(draft, Role::Data);
    let pace = draft.rng.range(40, 1500);
    let ports = draft.rng.range(80, 600);
    let mut time = at;
    let mut connections = Vec::new();
    for _ in 0..ports {
        time += draft.rng.range(pace / 2, pace * 2) as i64;
        let highest = if draft.rng.chance(0.7) { 10_000 } else { 65_535 };
        let port = draft.rng.range(1, highest) as u16;
        let base = draft.connection(time, source, destination, TCP, port, 0);
        connections.push(failing(draft, base));
    }
    Plot { connections, truth: truth(draft, &[("vertical-scan", source)]) }
}

pub(super) fn sweep(draft: &mut Draft<'_>, at: i64) -> Plot {
    let source = nic(draft, Role::App);
    let port = draft.rng.pick(&[22, 80, 135, 445, 3389, 8080]);
    let (targets, pace) = (draft.rng.range(60, 200) as usize, draft.rng.range(100, 4000));
    let pool = draft.world.pools.unused.len();
    let first = draft.rng.index(pool);
    let mut time = at;
    let mut connections = Vec::new();
    for number in 0..targets {
        time += draft.rng.range(pace / 2, pace * 3 / 2) as i64;
        let destination = draft.world.pools.unused[(first + number) % pool];
        let base = draft.connection(time, source, destination, TCP, port, 0);
        connections.push(failing(draft, base));
    }
    Plot { connections, truth: truth(draft, &[("horizontal-sweep", source)]) }
}

pub(super) fn slow(draft: &mut Draft<'_>, start: i64, end: i64) -> Plot {
    let source = nic(draft, Role::Client);
    let port = draft.rng.pick(&[22, 445, 3389, 5985]);
    let pool = draft.world.pools.unused.len();
    let first = draft.rng.index(pool);
    let pace = draft.rng.range(3, 12) * 60_000;
    let (mut time, mut number) = (start + 20 * MINUTE, 0);
    let mut connections = Vec::new();
    while time < end - HOUR_MS && number < pool {
        let destination = draft.world.pools.unused[(first + number) % pool];
        let base = draft.connection(time, source, destination, TCP, port, 0);
        connections.push(failing(draft, base));
        time += draft.rng.range(pace / 2, pace * 3 / 2) as i64;
        number += 1;
    }
    Plot { connections, truth: truth(draft, &[("slow-scan", source)]) }
}

pub(super) fn brute_force(draft: &mut Draft<'_>, at: i64, stranger: Option<HostId>) -> Plot {
    let inside = stranger.is_none();
    let source = stranger.unwrap_or_else(|| nic(draft, Role::Client));
    let destination = nic(draft, if inside { Role::Data } else { Role::Infra });
    let ports: &[u16] = if inside { &[445, 1433, 3389, 22] } else { &[22, 3389] };
    let port = draft.rng.pick(ports);
    let tries = draft.rng.range(150, 900);
    let pace = draft.rng.range(400, if inside { 5000 } else { 15_000 });
    let size = draft.rng.range(900, 3500);
    let mut time = at;
    let mut connections = Vec::new();
    for _ in 0..tries {
        time += draft.rng.range(pace / 2, pace * 3 / 2) as i64;
        let life = draft.rng.range(300, 6000) as i64;
        let counters = Counters {
            packets_sent: 14,
            bytes_sent: size + draft.rng.below(160),
            packets_received: 12,
            bytes_received: size + 700 + draft.rng.below(220),
        };
        connections.push(Connection {
            duration_ms: life,
            counters,
            rule_in: Rule::ManagementIn,
            ..draft.connection(time, source, destination, TCP, port, life)
        });
    }
    // From the internet, the service is what the finding is about.
    let names = if inside {
        vec![("brute-force", source)]
    } else {
        vec![("brute-force", destination), ("exposed-admin-port", destination)]
    };
    Plot { connections, truth: truth(draft, &names) }
}

pub(super) fn scan_accepted(draft: &mut Draft<'_>, at: i64, stranger: HostId) -> Plot {
    let destination = nic(draft, Role::App);
    let mut time = at;
    let mut connections = Vec::new();
    for _ in 0..draft.rng.range(40, 200) {
        time += draft.rng.range(50, 3000) as i64;
        let port = draft.rng.range(1, 12_000) as u16;
        let base = draft.connection(time, stranger, destination, TCP, port, 0);
        connections.push(Connection { fate: Fate::DeniedAtDestination(1), rule_in: Rule::DenyAllIn, ..base });
    }
    let counters = draft.exchange(9, 12, 11, 16);
    let base = draft.connection(time + 5000, stranger, destination, TCP, 9443, 4000);
    connections.push(Connection { duration_ms: 4000, counters, rule_in: Rule::HttpsIn, ..base });
    Plot { connections, truth: truth(draft, &[("scan-accepted", stranger)]) }
}

pub(super) fn exposed(draft: &mut Draft<'_>, at: i64, stranger: HostId) -> Plot {
    let destination = nic(draft, Role::Web);
    let port = draft.rng.pick(&[22, 3389, 5985, 1433]);
    let mut connections = Vec::new();
    for number in 0..draft.rng.range(1, 5) as i64 {
        let life = draft.rng.range(60_000, 1_800_000) as i64;
        let counters = draft.exchange(12, 18, 13, 20);
        let base = draft.connection(at + number * 4 * MINUTE, stranger, destination, TCP, port, life);
        connections.push(Connection { duration_ms: life, counters, rule_in: Rule::ManagementIn, ..base });
    }
    Plot { connections, truth: truth(draft, &[("exposed-admin-port", destination)]) }
}

pub(super) fn lateral(draft: &mut Draft<'_>, middle: i64) -> Plot {
    let source = nic(draft, Role::Client);
    let port = draft.rng.pick(&[445, 3389, 5985, 22]);
    let hour = middle / HOUR_MS * HOUR_MS + draft.rng.below(4) as i64 * HOUR_MS;
    let hosts = draft.rng.range(14, 30);
    let mut time = hour + 2 * MINUTE;
    let mut connections = Vec::new();
    for _ in 0..hosts {
        time += draft.rng.range(20_000, 100_000) as i64;
        let target = draft.any_nic();
        let destination = draft.world.nics[target].ipv4;
        if destination == source {
            continue;
        }
        let life = draft.rng.range(2000, 90_000) as i64;
        let counters = draft.exchange(12, 20, 10, 14);
        let base = draft.connection(time, source, destination, TCP, port, life);
        connections.push(Connection { duration_ms: life, counters, ..base });
    }
    Plot { connections, truth: truth(draft, &[("lateral-movement", source)]) }
}

pub(super) fn beacon(draft: &mut Draft<'_>, start: i64, end: i64, stranger: HostId) -> Plot {
    let source = nic(draft, Role::Client);
    let port = draft.rng.pick(&[80, 443, 8080, 8443]);
    let pace = draft.rng.range(30, 900) * 1000;
    let jitter = pace * draft.rng.range(2, 25) / 100;
    let size = draft.rng.range(500, 3000);
    let mut time = start + draft.rng.below(((end - start) / 8).unsigned_abs()) as i64;
    let mut connections = Vec::new();
    while time < end - 5 * MINUTE {
        // Now and then there is something to fetch.
        let answer = if draft.rng.chance(0.04) { draft.rng.range(4000, 80_000) } else { 700 };
        let counters = Counters {
            packets_sent: 8,
            bytes_sent: size + draft.rng.below(120),
            packets_received: 6 + answer / 1400,
            bytes_received: answer,
        };
        let base = draft.connection(time, source, stranger, TCP, port, 900);
        connections.push(Connection { duration_ms: 900, counters, rule_out: Rule::AllowInternetOut, ..base });
        time += draft.rng.range(pace - jitter, pace + jitter) as i64;
    }
    Plot { connections, truth: truth(draft, &[("beacon", source)]) }
}

pub(super) fn long(draft: &mut Draft<'_>, start: i64, end: i64, stranger: HostId) -> Plot {
    let source = nic(draft, Role::App);
    let begin = start + draft.rng.below(((end - start) / 6).unsigned_abs()) as i64;
    let life = (end - start) * 7 / 10;
    let counters = draft.exchange(18, 24, 18, 24);
    let base = draft.connection(begin, source, stranger, TCP, 443, life);
    let connection = Connection { duration_ms: life, counters, rule_out: Rule::AllowInternetOut, ..base };
    Plot { connections: vec![connection], truth: truth(draft, &[("long-connection", source)]) }
}

pub(super) fn exfiltration(draft: &mut Draft<'_>, at: i64, stranger: HostId) -> Plot {
    let source = nic(draft, Role::Data);
    let parts = draft.rng.range(1, 12);
    let total = draft.rng.range(1_500, 12_000) * 1_000_000;
    let mut connections = Vec::new();
    for number in 0..parts as i64 {
        let bytes_sent = total / parts;
        let packets = bytes_sent / 1400;
        let counters = Counters {
            packets_sent: packets,
            bytes_sent,
            packets_received: packets / 2,
            bytes_received: packets / 2 * 60,
        };
        let base = draft.connection(at + number * 3 * MINUTE, source, stranger, TCP, 443, 150_000);
        connections.push(Connection {
            duration_ms: 150_000,
            counters,
            rule_out: Rule::AllowInternetOut,
            ..base
        });
    }
    Plot { connections, truth: truth(draft, &[("exfiltration", source)]) }
}

pub(super) fn flood(draft: &mut Draft<'_>, at: i64) -> Plot {
    let destination = nic(draft, Role::Web);
    let packets = draft.rng.range(8_000, 25_000);
    let mut connections = Vec::new();
    for _ in 0..packets {
        let time = at + draft.rng.below(240_000) as i64;
        let source = draft.one_of(|pools| &pools.clients);
        let base = draft.connection(time, source, destination, TCP, 443, 0);
        connections.push(Connection { fate: Fate::BegunOnly, rule_in: Rule::HttpsIn, ..base });
    }
    Plot { connections, truth: truth(draft, &[("flood", destination)]) }
}

pub(super) fn dns_tunnel(draft: &mut Draft<'_>, at: i64, stranger: HostId) -> Plot {
    let source = nic(draft, Role::Client);
    let mut time = at;
    let mut connections = Vec::new();
    for _ in 0..draft.rng.range(1500, 5000) {
        time += draft.rng.range(100, 1500) as i64;
        let counters = Counters {
            packets_sent: 1,
            bytes_sent: draft.rng.range(150, 260),
            packets_received: 1,
            bytes_received: draft.rng.range(120, 500),
        };
        let base = draft.connection(time, source, stranger, UDP, 53, 30);
        connections.push(Connection { duration_ms: 30, counters, rule_out: Rule::AllowInternetOut, ..base });
    }
    Plot { connections, truth: truth(draft, &[("dns-bypass", source)]) }
}

pub(super) fn strobe(draft: &mut Draft<'_>, start: i64, end: i64, stranger: HostId) -> Plot {
    let source = nic(draft, Role::Client);
    let mut time = start;
    let mut connections = Vec::new();
    while time < end {
        let counters = Counters {
            packets_sent: 4,
            bytes_sent: 260 + draft.rng.below(60),
            packets_received: 3,
            bytes_received: 320 + draft.rng.below(90),
        };
        let base = draft.connection(time, source, stranger, TCP, 443, 40);
        connections.push(Connection { duration_ms: 40, counters, rule_out: Rule::AllowInternetOut, ..base });
        time += draft.rng.range(650, 1150) as i64;
    }
    // What comes every second comes by the clock, too.
    Plot { connections, truth: truth(draft, &[("strobe", source), ("beacon", source)]) }
}
