use std::net::{IpAddr, Ipv4Addr};

use super::*;
use crate::flow::{Counters, Direction, Encryption, FlowTuple, State};
use State::{Begin, Continue, Deny, End};
use table::SWEEP_EVERY_MS;

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

/// Joins tuples of one 5-tuple, `(state, time in ms, packets sent, packets received)`.
fn join(tuples: &[(State, i64, u64, u64)]) -> Vec<Connection> {
    let mut table = Connections::default();
    let mut found = Vec::new();
    for &(state, time, sent, received) in tuples {
        table.add(KEY, &tuple(state, time, sent, received), |_, connection| found.push(connection));
    }
    table.finish(|_, connection| found.push(connection));
    found
}

/// How many connections a list of them is.
fn number(found: &[Connection]) -> u64 {
    found.iter().map(Connection::count).sum()
}

#[test]
fn a_whole_life_is_one_connection_with_summed_counters() {
    let found = join(&[(Begin, 100, 0, 0), (Continue, 200, 5, 4), (End, 300, 2, 1)]);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].begun_ms(), found[0].ended_ms()), (Some(100), Some(300)));
    assert_eq!((found[0].counters.packets_sent, found[0].counters.packets_received), (7, 5));
    assert!(!found[0].is_incomplete() && !found[0].is_one_way());
}

#[test]
fn an_end_written_before_its_begin_is_the_same_connection() {
    let found = join(&[(End, 100, 1, 1), (Begin, 100, 0, 0)]);
    assert_eq!(found.len(), 1);
    assert!(!found[0].is_incomplete());
    assert_eq!(found[0].begun_ms(), Some(100));
}

#[test]
fn identical_lives_in_one_millisecond_are_so_many_connections_in_whatever_order_they_stand() {
    let (b, e) = ((Begin, 100, 0, 0), (End, 100, 1, 1));
    for order in [[b, e, b, e], [b, b, e, e], [e, e, b, b], [e, b, e, b], [e, b, b, e], [b, e, e, b]] {
        let found = join(&order);
        assert_eq!(number(&found), 2, "{order:?}");
        assert!(found.iter().all(|connection| !connection.is_incomplete()), "{order:?}");
        assert_eq!(found.iter().map(Connection::begins).sum::<u64>(), 2, "{order:?}");
        let outcomes = found.iter().map(|connection| connection.outcome(Protocol::UDP, i64::MAX));
        assert!(outcomes.into_iter().all(|outcome| outcome == Outcome::Completed), "{order:?}");
    }
}

#[test]
fn two_begins_and_two_ends_are_two_connections_and_a_begin_sent_again_is_one() {
    assert_eq!(number(&join(&[(Begin, 0, 0, 0), (Begin, 5, 0, 0), (End, 9, 1, 1), (End, 12, 1, 1)])), 2);
    assert_eq!(number(&join(&[(Begin, 0, 0, 0), (Begin, 5, 0, 0), (End, 9, 1, 1)])), 1);
    assert_eq!(number(&join(&[(Begin, 0, 0, 0), (End, 5, 1, 1), (Begin, 5, 0, 0), (End, 12, 1, 1)])), 2);
}

#[test]
fn packets_denied_one_after_the_other_are_one_attempt_and_do_not_mix_with_what_was_let_through() {
    let found = join(&[
        (Deny, 0, 0, 0),
        (Deny, 1000, 0, 0),
        (Deny, 3000, 0, 0),
        (Begin, 4000, 0, 0),
        (Deny, 3000 + SETTLE_MS, 0, 0),
        (Deny, 4000 + 2 * SETTLE_MS, 0, 0),
        (End, 9000, 5, 5),
    ]);
    let mut seen: Vec<_> =
        found.iter().map(|one| (one.outcome(Protocol::TCP, i64::MAX), one.tuples())).collect();
    seen.sort_unstable();
    assert_eq!(seen, [(Outcome::Completed, 2), (Outcome::Denied, 1), (Outcome::Denied, 4)]);
}

#[test]
fn each_outcome_is_told_by_what_was_seen() {
    let outcome = |tuples: &[(State, i64, u64, u64)], log_ms| {
        let found = join(tuples);
        assert_eq!(found.len(), 1);
        found[0].outcome(Protocol::TCP, log_ms)
    };
    let begin = (Begin, 1000, 0, 0);
    assert_eq!(outcome(&[begin, (End, 2000, 9, 8)], 9000), Outcome::Completed);
    assert_eq!(outcome(&[(Continue, 500, 9, 8), (End, 2000, 9, 8)], 9000), Outcome::BeganBefore);
    assert_eq!(outcome(&[begin, (Continue, 2000, 9, 8)], 9000), Outcome::Open);
    assert_eq!(outcome(&[(Continue, 2000, 9, 8)], 9000), Outcome::Open);
    assert_eq!(outcome(&[begin], 1000 + OPEN_MS - 1), Outcome::Open, "there was no time to go on");
    assert_eq!(outcome(&[begin], 1000 + OPEN_MS), Outcome::BegunOnly);
    assert_eq!(outcome(&[begin, (End, 2000, 3, 0)], 9000), Outcome::Unanswered);
    assert_eq!(outcome(&[begin, (End, 2000, 1, 1)], 9000), Outcome::Refused);
    assert_eq!(outcome(&[(Deny, 1000, 0, 0)], 9000), Outcome::Denied);
}

#[test]
fn what_has_been_silent_for_too_long_is_given_up() {
    let mut table = Connections::default();
    let mut settled = Vec::new();
    table.add(KEY, &tuple(Begin, 0, 0, 0), |_, _| ());
    table.add(KEY, &tuple(Continue, 300_000, 9, 9), |_, _| ());
    table.sweep(300_000 + SILENT_MS, |_, connection| settled.push(connection));
    assert_eq!(settled.len(), 0);
    table.sweep(300_001 + SILENT_MS, |_, connection| settled.push(connection));
    assert_eq!(settled.len(), 1);
}

#[test]
fn a_reused_5_tuple_that_never_ends_is_incomplete_and_the_first_use_is_not() {
    let found = join(&[(Begin, 100, 0, 0), (End, 150, 1, 1), (Begin, 200, 0, 0)]);
    assert_eq!(found.iter().filter(|connection| connection.is_incomplete()).count(), 1);
    assert_eq!(found.len(), 2);
}

#[test]
fn begun_again_and_again_is_one_incomplete_connection_with_many_begins() {
    let found = join(&[(Begin, 100, 0, 0), (Begin, 200, 0, 0), (Begin, 300, 0, 0)]);
    assert_eq!((found.len(), found[0].begins()), (1, 3));
    assert!(found[0].is_incomplete());
}

#[test]
fn what_began_before_the_data_is_neither_incomplete_nor_given_a_begin() {
    let found = join(&[(Continue, 100, 9, 0), (End, 200, 1, 0)]);
    assert_eq!((found.len(), found[0].begun_ms()), (1, None));
    assert!(!found[0].is_incomplete() && found[0].is_one_way());
}

#[test]
fn a_late_end_of_an_earlier_use_does_not_complete_the_later_one() {
    let found = join(&[(Begin, 200, 0, 0), (End, 150, 1, 1)]);
    assert_eq!(found.len(), 2);
    assert_eq!(found.iter().filter(|connection| connection.is_incomplete()).count(), 1);
}

#[test]
fn only_what_ended_long_ago_leaves_the_table_early() {
    let mut table = Connections::default();
    let mut early = 0;
    table.advance(0, |_: ConnectionKey<u32>, _| ());
    table.add(KEY, &tuple(Begin, 0, 0, 0), |_, _| ());
    table.add(KEY, &tuple(End, 1000, 1, 1), |_, _| ());
    let open = ConnectionKey { source_port: 40001, ..KEY };
    table.add(open, &tuple(Begin, 0, 0, 0), |_, _| ());
    table.advance(SWEEP_EVERY_MS - 1, |_, _| early += 1);
    assert_eq!(early, 0);
    table.advance(SWEEP_EVERY_MS, |key, _| {
        assert_eq!(key, KEY);
        early += 1;
    });
    assert_eq!(early, 1);
    let mut left = Vec::new();
    table.finish(|key, connection| left.push((key, connection.is_incomplete())));
    assert_eq!(left, [(open, true)]);
}

#[test]
fn tuples_dated_far_ahead_are_not_looked_at_again_and_again() {
    let mut table = Connections::default();
    let mut settled = 0;
    for n in 0..100_000_u32 {
        let key = ConnectionKey { source: n, ..KEY };
        table.add(key, &tuple(Begin, 1 << 50, 0, 0), |_, _| settled += 1);
        table.advance(i64::from(n) * (SWEEP_EVERY_MS + 1), |_, _| settled += 1);
    }
    assert_eq!(settled, 0);
    table.finish(|_, _| settled += 1);
    assert_eq!(settled, 100_000);
}

mod resolved {
    use super::*;

    /// What came out, in the order of times: `(packets sent, log)` of connections and of duplicates.
    #[derive(Default)]
    struct Out {
        connections: Vec<(u64, u64)>,
        duplicates: Vec<(u64, u64)>,
    }

    impl Resolved<u32> for Out {
        fn connection(&mut self, counts: &Sighting<u32>, others: &[Sighting<u32>]) {
            let told =
                |sighting: &Sighting<u32>| (sighting.connection.counters.packets_sent, number(sighting.log));
            self.connections.push(told(counts));
            self.duplicates.extend(others.iter().map(told));
        }
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
        let log = LogId::new(&format!("{log:012X}"), "", crate::record::LogKind::VNet);
        Sighting { key: KEY, log, connection, outcome: connection.outcome(KEY.protocol, i64::MAX) }
    }

    fn resolve(mut sightings: Vec<Sighting<u32>>) -> Out {
        let mut out = Out::default();
        Twins::default().finish(vec![sightings.clone()], &mut out);
        out.connections.sort_unstable();
        out.duplicates.sort_unstable();
        // The order in which they come must not matter.
        for _ in 0..sightings.len() {
            sightings.rotate_left(1);
            let mut again = Out::default();
            Twins::default().finish(sightings.chunks(1).map(<[_]>::to_vec).collect(), &mut again);
            again.connections.sort_unstable();
            again.duplicates.sort_unstable();
            assert_eq!((&again.connections, &again.duplicates), (&out.connections, &out.duplicates));
        }
        out
    }

    use Direction::{Inbound, Outbound};

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
        let out =
            resolve(vec![seen(1, Outbound, 0, 1000, 1), seen(2, Inbound, 2000 + OVERLAP_MS, 900_000, 2)]);
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
        let (mut out, mut twins) = (Out::default(), Twins::default());
        let sightings = [lives(1, Outbound).collect(), lives(2, Inbound).collect()];
        twins.advance(sightings.into(), 300_000, &mut out);
        twins.finish(Vec::new(), &mut out);
        assert_eq!((out.connections.len(), out.duplicates.len()), (100_000, 100_000));
        // One end has a long one that all others overlap.
        let mut out = Out::default();
        let long = seen(2, Inbound, 0, 500_000, 1);
        Twins::default().finish(vec![lives(1, Outbound).collect(), vec![long]], &mut out);
        assert_eq!((out.connections.len(), out.duplicates.len()), (100_000, 1));
    }

    #[test]
    fn it_does_not_matter_how_the_time_is_cut() {
        // Every minute a connection of the same 5-tuple; the other end logs each second one, a little later.
        let mut all = Vec::new();
        for minute in 0..1000_i64 {
            let begin = minute * 200_000;
            all.push(seen(1, Outbound, begin, begin + 3000, minute.unsigned_abs()));
            if minute % 2 == 0 {
                all.push(seen(2, Inbound, begin + 2, begin + 3001, minute.unsigned_abs()));
            }
        }
        let whole = resolve(all.clone());
        assert_eq!((whole.connections.len(), whole.duplicates.len()), (1000, 500));
        for cut in [7, 100, 731] {
            let (mut twins, mut out) = (Twins::default(), Out::default());
            for part in all.chunks(cut) {
                let now = part.iter().map(|sighting| sighting.connection.last_ms).max().unwrap();
                twins.advance(vec![part.to_vec()], now, &mut out);
            }
            twins.finish(Vec::new(), &mut out);
            out.connections.sort_unstable();
            out.duplicates.sort_unstable();
            assert_eq!(
                (out.connections, out.duplicates),
                (whole.connections.clone(), whole.duplicates.clone())
            );
        }
    }
}
