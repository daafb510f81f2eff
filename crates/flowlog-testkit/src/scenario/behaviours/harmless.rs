//! What looks like an attack and is none: nothing that it leaves in a log deserves a look this week.

use super::{MINUTE, Plot, TCP, nic, truth};
use crate::scenario::draft::Draft;
use crate::scenario::event::Counters;
use crate::scenario::rules::Rule;
use crate::scenario::timeline::{Connection, Fate, HOUR_MS};
use crate::scenario::world::Role;

/// A harmless thing that looks alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Harmless {
    /// Update, push and telemetry services of known vendors, called by the clock.
    Vendor,
    /// Thousands of answered connections to a web server, cut off by the data's end, or begun before it.
    LoadTest,
    /// A host that asks many services how they are, some of which are down.
    Poller,
    /// Hosts that talk to the internet through an appliance with address translation and a log of its own.
    Appliance,
    /// Packets of an internet server that come when the client is gone.
    LatePackets,
}

impl Harmless {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Vendor, Self::LoadTest, Self::Poller, Self::Appliance, Self::LatePackets];
}

/// Plays the `number`th harmless thing in data from `start` to `end`. Its truth is what may be said of it, in low voice.
pub(in crate::scenario) fn play(
    harmless: Harmless,
    number: usize,
    draft: &mut Draft<'_>,
    start: i64,
    end: i64,
) -> Plot {
    let mut plot = match harmless {
        Harmless::Vendor => vendor(draft, number, start, end),
        Harmless::LoadTest => load_test(draft, number, start, end),
        Harmless::Poller => poller(draft, start, end),
        Harmless::Appliance => appliance(draft, start, end),
        Harmless::LatePackets => late_packets(draft, start, end),
    };
    for finding in &mut plot.truth {
        finding.required = false;
    }
    plot
}

fn vendor(draft: &mut Draft<'_>, number: usize, start: i64, end: i64) -> Plot {
    let vendors = &draft.world.pools.vendors;
    let vendor = vendors[number % vendors.len()];
    let source = nic(draft, Role::App);
    let pace = draft.rng.range(30, 600) * 1000;
    let mut time = start + draft.rng.below(pace) as i64;
    let mut connections = Vec::new();
    while time < end {
        let counters = Counters {
            packets_sent: 9,
            bytes_sent: 2100 + draft.rng.below(90),
            packets_received: 8,
            bytes_received: 5200,
        };
        let base = draft.connection(time, source, vendor, TCP, 443, 700);
        connections.push(Connection { duration_ms: 700, counters, rule_out: Rule::AllowInternetOut, ..base });
        time += draft.rng.range(pace * 97 / 100, pace * 103 / 100) as i64;
    }
    // A push channel that stays.
    let counters = draft.exchange(16, 18, 16, 18);
    let life = (end - start) * 8 / 10;
    let base = draft.connection(start + 5 * MINUTE, source, vendor, TCP, 5223, life);
    connections.push(Connection { duration_ms: life, counters, rule_out: Rule::AllowInternetOut, ..base });
    Plot { connections, truth: truth(draft, &[("beacon", source), ("long-connection", source)]) }
}

fn load_test(draft: &mut Draft<'_>, number: usize, start: i64, end: i64) -> Plot {
    let destination = nic(draft, Role::Web);
    let (tries, life) = (draft.rng.range(4_000, 9_000), 240_000);
    // In the middle, cut by the end, cut by the begin.
    let at = match number % 3 {
        0 => start + (end - start) / 3 + draft.rng.below(4 * HOUR_MS.unsigned_abs()) as i64,
        1 => end - draft.rng.range(20_000, 230_000) as i64,
        _ => start - draft.rng.range(10_000, 200_000) as i64,
    };
    let mut connections = Vec::new();
    for _ in 0..tries {
        let time = at + draft.rng.below(life) as i64;
        let source = draft.one_of(|pools| &pools.on_premises);
        let (duration, counters) = (draft.rng.range(50, 45_000) as i64, draft.exchange(8, 11, 11, 16));
        let base = draft.connection(time, source, destination, TCP, 443, duration);
        connections.push(Connection { duration_ms: duration, counters, rule_in: Rule::HttpsIn, ..base });
    }
    Plot { connections, truth: truth(draft, &[("flood", destination)]) }
}

fn poller(draft: &mut Draft<'_>, start: i64, end: i64) -> Plot {
    let source = nic(draft, Role::Infra);
    let sites: Vec<_> = (0..12).map(|_| draft.one_of(|pools| &pools.sites)).collect();
    let nics: Vec<_> = draft.world.nics.iter().map(|nic| nic.ipv4).filter(|host| *host != source).collect();
    let down: Vec<_> = (0..6).map(|_| draft.one_of(|pools| &pools.unused)).collect();
    let mut connections = Vec::new();
    let mut time = start + 7_000;
    while time < end {
        for (place, site) in (0_i64..).zip(&sites) {
            let counters = Counters {
                packets_sent: 8,
                bytes_sent: 900,
                packets_received: 7,
                bytes_received: 4000 + draft.rng.below(50),
            };
            let base = draft.connection(time + place * 400, source, *site, TCP, 443, 300);
            connections.push(Connection {
                duration_ms: 300,
                counters,
                rule_out: Rule::AllowInternetOut,
                ..base
            });
        }
        // A log-in at every machine, and tries at some that were switched off.
        for (place, host) in (0_i64..).zip(&nics) {
            let counters = Counters {
                packets_sent: 12,
                bytes_sent: 2300 + draft.rng.below(40),
                packets_received: 11,
                bytes_received: 2900,
            };
            let base = draft.connection(time + place * 150, source, *host, TCP, 22, 900);
            connections.push(Connection { duration_ms: 900, counters, rule_in: Rule::MonitoringIn, ..base });
        }
        for (place, host) in (0_i64..).zip(&down) {
            let counters = Counters { packets_sent: 3, bytes_sent: 198, ..Counters::default() };
            let base = draft.connection(time + 9000 + place * 100, source, *host, TCP, 22, 21_000);
            connections.push(Connection { duration_ms: 21_000, counters, ..base });
        }
        time += 5 * MINUTE;
    }
    Plot { connections, truth: truth(draft, &[("beacon", source)]) }
}

fn appliance(draft: &mut Draft<'_>, start: i64, end: i64) -> Plot {
    let appliance = draft.nic_of_role(Role::Infra);
    let mut connections = Vec::new();
    for _ in 0..6 {
        let source = nic(draft, Role::Client);
        if draft.world.nic(source) == Some(appliance as u32) {
            continue;
        }
        for _ in 0..250 {
            let time = start + draft.rng.below((end - start).unsigned_abs()) as i64;
            let site = draft.skewed_of(|pools| &pools.sites);
            let (life, counters) = (draft.rng.range(100, 90_000) as i64, draft.exchange(9, 14, 10, 18));
            let base = draft.connection(time, source, site, TCP, 443, life);
            let through = Some(appliance as u32);
            let rule_out = Rule::AllowInternetOut;
            connections.push(Connection { duration_ms: life, counters, rule_out, through, ..base });
        }
    }
    Plot { connections, truth: Vec::new() }
}

fn late_packets(draft: &mut Draft<'_>, start: i64, end: i64) -> Plot {
    let client = nic(draft, Role::Client);
    let server = draft.one_of(|pools| &pools.sites);
    let mut connections = Vec::new();
    let mut time = start + draft.rng.below((end - start).unsigned_abs() / 2) as i64;
    for _ in 0..60 {
        let counters = draft.exchange(9, 14, 10, 18);
        let call = draft.connection(time, client, server, TCP, 443, 3000);
        let call = Connection { duration_ms: 3000, counters, rule_out: Rule::AllowInternetOut, ..call };
        connections.push(call);
        let late = draft.connection(time + 4000, server, client, TCP, call.source_port, 0);
        connections.push(Connection {
            source_port: 443,
            fate: Fate::DeniedAtDestination(2),
            rule_in: Rule::DenyAllIn,
            ..late
        });
        time += draft.rng.range(500, 4000) as i64;
    }
    Plot { connections, truth: Vec::new() }
}
