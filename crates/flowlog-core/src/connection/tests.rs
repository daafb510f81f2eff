use super::*;
use State::{Begin, Continue, End};

const KEY: ConnectionKey<u32> = ConnectionKey {
    source: 1,
    destination: 2,
    source_port: 40000,
    destination_port: 443,
    protocol: Protocol::TCP,
};

/// Joins tuples of one 5-tuple, `(state, time in ms, packets sent, packets received)`.
fn join(tuples: &[(State, i64, u64, u64)]) -> Vec<Connection> {
    let mut table = Connections::default();
    let mut found = Vec::new();
    for &(state, time, packets_sent, packets_received) in tuples {
        let counters = Counters { packets_sent, packets_received, ..Counters::default() };
        table.add(KEY, state, time, Some(&counters), |_, connection| found.push(connection));
    }
    table.finish(|_, connection| found.push(connection));
    found
}

#[test]
fn a_whole_life_is_one_connection_with_summed_counters() {
    let found = join(&[(Begin, 100, 0, 0), (Continue, 200, 5, 4), (End, 300, 2, 1)]);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].begun_ms, found[0].ended_ms), (Some(100), Some(300)));
    assert_eq!((found[0].counters.packets_sent, found[0].counters.packets_received), (7, 5));
    assert!(!found[0].is_incomplete() && !found[0].is_one_way());
}

#[test]
fn an_end_written_before_its_begin_is_the_same_connection() {
    let found = join(&[(End, 100, 1, 1), (Begin, 100, 0, 0)]);
    assert_eq!(found.len(), 1);
    assert!(!found[0].is_incomplete());
    assert_eq!(found[0].begun_ms, Some(100));
}

#[test]
fn two_identical_lives_in_one_millisecond_are_two_connections() {
    let found = join(&[(Begin, 100, 0, 0), (End, 100, 1, 1), (Begin, 100, 0, 0), (End, 100, 1, 1)]);
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|connection| connection.begins == 1 && connection.ended_ms == Some(100)));
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
    assert_eq!((found.len(), found[0].begins), (1, 3));
    assert!(found[0].is_incomplete());
}

#[test]
fn what_began_before_the_data_is_neither_incomplete_nor_given_a_begin() {
    let found = join(&[(Continue, 100, 9, 0), (End, 200, 1, 0)]);
    assert_eq!((found.len(), found[0].begun_ms), (1, None));
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
    table.add(KEY, Begin, 0, None, |_, _| ());
    table.add(KEY, End, 1000, None, |_, _| ());
    let open = ConnectionKey { source_port: 40001, ..KEY };
    table.add(open, Begin, 0, None, |_, _| ());
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
