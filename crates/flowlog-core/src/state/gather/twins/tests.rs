use super::*;
use crate::flow::{Counters, Encryption, FlowTuple, Protocol, State};
use crate::record::LogKind;
use Direction::{Inbound, Outbound};
use State::{Begin, Continue, End};
use std::net::{IpAddr, Ipv4Addr};

const KEY: ConnectionKey<u32> = ConnectionKey {
    source: 1,
    destination: 2,
    source_port: 40000,
    destination_port: 443,
    protocol: Protocol::TCP,
};

fn tuple(state: State, time_ms: i64, packets_sent: u64, packets_received: u64) -> FlowTuple {
    let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
    FlowTuple {
        time_ms,
        source: address,
        destination: address,
        source_port: KEY.source_port,
        destination_port: KEY.destination_port,
        protocol: KEY.protocol,
        direction: Direction::Outbound,
        state,
        encryption: Encryption::NotEncrypted,
        counters: Some(Counters {
            packets_sent,
            bytes_sent: packets_sent * 60,
            packets_received,
            bytes_received: packets_received * 60,
        }),
    }
}

/// What came out, in the order of times: `(packets sent, log)` of connections and of duplicates.
#[derive(Default)]
struct Out {
    connections: Vec<(u64, u64)>,
    duplicates: Vec<(u64, u64)>,
}

fn number(log: LogId) -> u64 {
    u64::from_str_radix(&log.mac().unwrap(), 16).unwrap()
}

/// A connection from `begin` to `end` with so many packets, at the initiator's NIC or the other one.
fn seen(log: u64, direction: Direction, begin: i64, end: i64, packets: u64) -> Sighting<u32> {
    let mut first = tuple(Begin, begin, 0, 0);
    first.direction = direction;
    let mut connection = Connection::of(&first);
    connection.add(&tuple(End, end, packets, packets));
    let log = LogId::new(&format!("{log:012X}"), "", LogKind::VNet);
    let outcome = connection.outcome(KEY.protocol, i64::MAX);
    let encryption = Encryption::NotRecorded;
    Sighting { key: KEY, log, log_place: 0, rule: 0, encryption, connection, outcome }
}

fn once(mut sightings: Vec<Sighting<u32>>) -> Out {
    let mut out = Out::default();
    let told = |sighting: &Sighting<u32>| (sighting.connection.counters.packets_sent, number(sighting.log));
    super::resolve(&mut sightings, |counts, others| {
        out.connections.push(told(counts));
        out.duplicates.extend(others.iter().map(told));
    });
    out.connections.sort_unstable();
    out.duplicates.sort_unstable();
    out
}

fn resolve(mut sightings: Vec<Sighting<u32>>) -> Out {
    let out = once(sightings.clone());
    // The order in which they come must not matter.
    for _ in 0..sightings.len() {
        sightings.rotate_left(1);
        let again = once(sightings.clone());
        assert_eq!((&again.connections, &again.duplicates), (&out.connections, &out.duplicates));
    }
    out
}

#[test]
fn what_both_ends_logged_counts_once_as_the_initiators_nic_saw_it() {
    let out = resolve(vec![seen(2, Inbound, 1003, 9001, 11), seen(1, Outbound, 1000, 9000, 10)]);
    assert_eq!((out.connections, out.duplicates), (vec![(10, 1)], vec![(11, 2)]));
}

#[test]
fn what_one_end_logged_counts() {
    let out = resolve(vec![seen(2, Inbound, 1003, 9001, 11)]);
    assert_eq!((out.connections, out.duplicates), (vec![(11, 2)], vec![]));
}

#[test]
fn the_sighting_that_was_watched_longer_counts() {
    let mut whole = seen(2, Inbound, 0, 700_000, 50);
    whole.connection.add(&tuple(Continue, 300_000, 25, 25));
    let out = resolve(vec![seen(1, Outbound, 0, 700_000, 20), whole]);
    assert_eq!((out.connections, out.duplicates), (vec![(75, 2)], vec![(20, 1)]));
}

#[test]
fn a_5_tuple_used_again_is_another_connection_at_each_end() {
    let out = resolve(vec![
        seen(1, Outbound, 1000, 2000, 1),
        seen(1, Outbound, 3000, 4000, 2),
        seen(2, Inbound, 1001, 2001, 1),
        seen(2, Inbound, 3001, 4001, 2),
    ]);
    assert_eq!(out.connections, [(1, 1), (2, 1)]);
    assert_eq!(out.duplicates, [(1, 2), (2, 2)]);
    // Far apart in time, they have nothing to do with each other.
    let out = resolve(vec![seen(1, Outbound, 0, 1000, 1), seen(2, Inbound, 2000 + OVERLAP_MS, 900_000, 2)]);
    assert_eq!(out.connections.len(), 2);
}

#[test]
fn four_logs_of_one_connection_are_one_connection() {
    let sightings = [(1, Outbound), (2, Outbound), (3, Inbound), (4, Inbound)]
        .map(|(log, direction)| seen(log, direction, 1000, 2000, log));
    let out = resolve(sightings.into());
    assert_eq!((out.connections.len(), out.duplicates.len()), (1, 3));
}

#[test]
fn one_log_that_tells_of_both_directions_passes_a_connection_on() {
    let life = |at: i64, packets: u64| {
        let seen = |log, direction, late: i64| seen(log, direction, at + late, at + 4000 + late, packets);
        [seen(1, Outbound, 0), seen(2, Inbound, 1), seen(2, Outbound, 2), seen(3, Inbound, 3)]
    };
    let out = resolve([life(1000, 7), life(20_000, 8)].concat());
    assert_eq!((out.connections, out.duplicates.len()), (vec![(7, 1), (8, 1)], 6));
}

#[test]
fn a_5_tuple_used_a_hundred_thousand_times_is_not_compared_with_all_its_uses() {
    // As network time does it, faster: a life every 5 ms at both ends, so that 24,000 overlap at each time.
    let lives = |log, direction| (0..100_000).map(move |n| seen(log, direction, n * 5, n * 5 + 3, 1));
    let out = once(lives(1, Outbound).chain(lives(2, Inbound)).collect());
    assert_eq!((out.connections.len(), out.duplicates.len()), (100_000, 100_000));
    // One end has a long one that all others overlap.
    let long = seen(2, Inbound, 0, 500_000, 1);
    let out = once(lives(1, Outbound).chain([long]).collect());
    assert_eq!((out.connections.len(), out.duplicates.len()), (100_000, 1));
}

#[test]
fn every_second_one_at_the_other_end() {
    let mut all = Vec::new();
    for minute in 0..1000_i64 {
        let begin = minute * 200_000;
        all.push(seen(1, Outbound, begin, begin + 3000, minute.unsigned_abs()));
        if minute % 2 == 0 {
            all.push(seen(2, Inbound, begin + 2, begin + 3001, minute.unsigned_abs()));
        }
    }
    let out = once(all);
    assert_eq!((out.connections.len(), out.duplicates.len()), (1000, 500));
}
