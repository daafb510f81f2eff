//! What attackers' tools do on real networks: for minutes only, with much jitter, just below common limits.

use super::{ICMP, MINUTE, Plot, TCP, nic, truth};
use crate::scenario::draft::Draft;
use crate::scenario::event::{Counters, HostId};
use crate::scenario::rules::Rule;
use crate::scenario::timeline::{Connection, Fate, HOUR_MS};
use crate::scenario::world::Role;

/// One call home: a small request and a small answer.
fn call(draft: &mut Draft<'_>, at: i64, source: HostId, to: HostId, port: u16, size: u64) -> Connection {
    let counters = Counters {
        packets_sent: 7,
        bytes_sent: size + draft.rng.below(60),
        packets_received: 6,
        bytes_received: 640 + draft.rng.below(200),
    };
    let base = draft.connection(at, source, to, TCP, port, 400);
    Connection { duration_ms: 400, counters, rule_out: Rule::AllowInternetOut, ..base }
}

fn between(draft: &mut Draft<'_>, middle: i64, percent: i64) -> i64 {
    let spread = middle * percent / 100;
    middle - spread + draft.rng.below((2 * spread + 1).unsigned_abs()) as i64
}

pub(super) fn dense_beacon(draft: &mut Draft<'_>, at: i64, stranger: HostId) -> Plot {
    let source = nic(draft, Role::Client);
    let port = draft.rng.pick(&[443, 4444, 8080, 1337]);
    let (pace, size) = (draft.rng.range(5, 15) as i64 * 1000, draft.rng.range(400, 1200));
    let end = at + draft.rng.range(12, 30) as i64 * MINUTE;
    let mut time = at;
    let mut connections = Vec::new();
    while time < end {
        connections.push(call(draft, time, source, stranger, port, size));
        time += between(draft, pace, 15);
    }
    Plot { connections, truth: truth(draft, &[("beacon", source)]) }
}

pub(super) fn refused_beacon(draft: &mut Draft<'_>, at: i64, stranger: HostId) -> Plot {
    let source = nic(draft, Role::Client);
    let port = draft.rng.pick(&[443, 4444, 8443]);
    let end = at + draft.rng.range(4, 12) as i64 * MINUTE;
    let mut time = at;
    let mut connections = Vec::new();
    while time < end {
        let counters = Counters { packets_sent: 1, bytes_sent: 66, packets_received: 1, bytes_received: 54 };
        let base = draft.connection(time, source, stranger, TCP, port, 3);
        connections.push(Connection { duration_ms: 3, counters, rule_out: Rule::AllowInternetOut, ..base });
        time += between(draft, 500, 10);
    }
    Plot { connections, truth: truth(draft, &[("beacon", source)]) }
}

pub(super) fn jitter_beacon(draft: &mut Draft<'_>, start: i64, end: i64, stranger: HostId) -> Plot {
    let source = nic(draft, Role::App);
    let (pace, size) = (draft.rng.range(120, 1800) as i64 * 1000, draft.rng.range(400, 1200));
    let mut time = start + draft.rng.below(HOUR_MS.unsigned_abs()) as i64;
    let mut connections = Vec::new();
    while time < end - 5 * MINUTE {
        connections.push(call(draft, time, source, stranger, 443, size));
        let second = time + draft.rng.range(50, 4000) as i64;
        connections.push(call(draft, second, source, stranger, 443, size * 3));
        time += between(draft, pace, 50);
    }
    Plot { connections, truth: truth(draft, &[("beacon", source)]) }
}

pub(super) fn office_beacon(draft: &mut Draft<'_>, start: i64, end: i64, stranger: HostId) -> Plot {
    let source = nic(draft, Role::Client);
    let (pace, size) = (draft.rng.range(60, 600) as i64 * 1000, draft.rng.range(400, 1200));
    let mut time = start;
    let mut connections = Vec::new();
    while time < end - 5 * MINUTE {
        let hour = time.div_euclid(HOUR_MS).rem_euclid(24);
        if (8..17).contains(&hour) {
            connections.push(call(draft, time, source, stranger, 443, size));
        }
        time += between(draft, pace, 30);
    }
    Plot { connections, truth: truth(draft, &[("beacon", source)]) }
}

pub(super) fn patient_guesser(draft: &mut Draft<'_>, at: i64, stranger: HostId) -> Plot {
    let destination = nic(draft, Role::App);
    let port = draft.rng.pick(&[22, 3389]);
    let (tries, size) = (draft.rng.range(15, 29), draft.rng.range(900, 3000));
    // All of them fall into half an hour, wherever clocks cut it.
    let pace = 28 * MINUTE / tries as i64;
    let mut connections = Vec::new();
    for number in 0..tries as i64 {
        let time = at + number * pace + draft.rng.below((pace / 2).unsigned_abs()) as i64;
        let life = draft.rng.range(900, 9000) as i64;
        let counters = Counters {
            packets_sent: 14,
            bytes_sent: size + draft.rng.below(160),
            packets_received: 12,
            bytes_received: size + 700 + draft.rng.below(220),
        };
        let base = draft.connection(time, stranger, destination, TCP, port, life);
        connections.push(Connection { duration_ms: life, counters, rule_in: Rule::ManagementIn, ..base });
    }
    let names = [("brute-force", destination), ("exposed-admin-port", destination)];
    Plot { connections, truth: truth(draft, &names) }
}

pub(super) fn outbound_flood(draft: &mut Draft<'_>, at: i64, stranger: HostId) -> Plot {
    let source = nic(draft, Role::Web);
    let port = draft.rng.pick(&[80, 443, 25565]);
    let (tries, life) = (draft.rng.range(3_000, 9_000), draft.rng.range(100, 280) * 1000);
    let refused = draft.rng.chance(0.5);
    let mut connections = Vec::new();
    for _ in 0..tries {
        let time = at + draft.rng.below(life) as i64;
        let base = draft.connection(time, source, stranger, TCP, port, 0);
        let base = Connection { rule_out: Rule::AllowInternetOut, ..base };
        connections.push(if refused {
            let counters =
                Counters { packets_sent: 1, bytes_sent: 66, packets_received: 1, bytes_received: 54 };
            Connection { duration_ms: 2, counters, ..base }
        } else {
            Connection { fate: Fate::BegunOnly, ..base }
        });
    }
    Plot { connections, truth: truth(draft, &[("flood", source)]) }
}

pub(super) fn ping_sweep(draft: &mut Draft<'_>, at: i64) -> Plot {
    let source = nic(draft, Role::App);
    let pool = draft.world.pools.unused.len();
    let (first, hosts) = (draft.rng.index(pool), draft.rng.range(60, 250) as usize);
    let pace = draft.rng.range(20, 1500);
    let mut time = at;
    let mut connections = Vec::new();
    for number in 0..hosts {
        time += draft.rng.range(pace / 2, pace * 3 / 2) as i64;
        let destination = draft.world.pools.unused[(first + number) % pool];
        let answered = u64::from(draft.rng.chance(0.3));
        let counters = Counters {
            packets_sent: 1,
            bytes_sent: 98,
            packets_received: answered,
            bytes_received: answered * 98,
        };
        let base = draft.connection(time, source, destination, ICMP, 0, 1000);
        connections.push(Connection { source_port: 0, duration_ms: 1000, counters, ..base });
    }
    Plot { connections, truth: truth(draft, &[("horizontal-sweep", source)]) }
}
