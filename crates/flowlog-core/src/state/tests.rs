//! Tuples joined to connections, whole and cut into files anywhere.

use std::net::{IpAddr, Ipv4Addr};

use proptest::prelude::*;

use super::*;
use crate::connection::{Connection, OPEN_MS, Outcome, SETTLE_MS, SILENT_MS};
use crate::flow::{Counters, Direction, Encryption, FlowTuple, OwnNetworks, Protocol, State as FlowState};
use crate::parallel::within;
use crate::record::{LogKind, RecordContext, Sink};
use FlowState::{Begin, Continue, Deny, End};

/// State, time in ms, packets sent and received.
type Told = (FlowState, i64, u64, u64);

fn tuple(&(state, time_ms, packets_sent, packets_received): &Told) -> FlowTuple {
    let address = |last| IpAddr::V4(Ipv4Addr::new(10, 0, 0, last));
    FlowTuple {
        time_ms,
        source: address(4),
        destination: address(5),
        source_port: 40_000,
        destination_port: 443,
        protocol: Protocol::TCP,
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

/// The connections handed out, in a fixed order.
#[derive(Default)]
struct Connections(Vec<Connection>);

impl Gather for Connections {
    fn take(&mut self, _: &mut HostPair) {}
    fn connection(&mut self, sighting: &Sighting<HostId>, _: usize) {
        self.0.push(sighting.connection);
    }
    fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
    }
}

fn options() -> GatherOptions {
    GatherOptions { resolve: true, findings: true, provenance: false, own: OwnNetworks::default() }
}

/// Joins tuples that stand in files, read by as many readers.
fn join_files(files: &[&[Told]], records: bool) -> Vec<Connection> {
    let shared = Shared::new(&Budget::unlimited());
    let mut all: Option<State> = None;
    for file in files {
        let mut reader = Reader::new(&shared);
        reader.begin_file("a file");
        for told in *file {
            let time_ms = records.then_some(told.1);
            reader.record(&RecordContext {
                time_ms,
                mac: "000D3A000001",
                kind: LogKind::VNet,
                resource: "",
                offset: 0,
            });
            reader.rule("acl", "rule");
            reader.tuple(&tuple(told));
        }
        reader.end_file();
        let state = reader.finish().unwrap();
        match &mut all {
            Some(all) => all.merge(state),
            slot => *slot = Some(state),
        }
    }
    let gatherer = Gatherer::new(all.unwrap(), options());
    let mut found = gatherer.gather(Connections::default).unwrap().0;
    found.sort_unstable_by_key(|one| {
        (one.first_ms, one.last_ms, one.tuples(), one.counters.packets_sent, one.ended_ms())
    });
    found
}

/// Joins tuples of one 5-tuple.
fn join(tuples: &[Told]) -> Vec<Connection> {
    let whole = join_files(&[tuples], false);
    if tuples.is_sorted_by_key(|told| told.1) {
        for cut in 0..=tuples.len() {
            let (before, after) = tuples.split_at(cut);
            assert_eq!(join_files(&[after, before], true), whole, "cut at {cut}");
        }
    }
    whole
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
    let outcome = |tuples: &[Told], log_ms| {
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
fn a_reused_5_tuple_that_never_ends_is_incomplete_and_the_first_use_is_not() {
    let found = join(&[(Begin, 100, 0, 0), (End, 150, 1, 1), (Begin, 200, 0, 0)]);
    assert_eq!(found.iter().filter(|connection| connection.is_incomplete()).count(), 1);
    assert_eq!(found.len(), 2);
}

#[test]
fn ends_written_before_their_begins_do_not_end_the_life_before() {
    let tuples = [(End, 100, 1, 1), (Begin, 100, 0, 0), (End, 900_000, 2, 2), (Begin, 900_000, 0, 0)];
    let (first, second) = tuples.split_at(2);
    for found in [join_files(&[&tuples], false), join_files(&[second, first], true)] {
        let lives: Vec<_> = found.iter().map(|one| (one.begun_ms(), one.ended_ms(), one.tuples())).collect();
        assert_eq!(lives, [(Some(100), Some(100), 2), (Some(900_000), Some(900_000), 2)]);
    }
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
fn what_has_been_silent_for_too_long_is_given_up() {
    let lives =
        |silence| join(&[(Begin, 0, 0, 0), (Continue, 300_000, 9, 9), (End, 300_000 + silence, 1, 1)]).len();
    assert_eq!((lives(SILENT_MS), lives(SILENT_MS + 1)), (1, 2));
}

proptest! {
    /// Tuples of one 5-tuple in order of time, cut into files anywhere: as if they were one.
    #[test]
    fn it_does_not_matter_where_files_are_cut(
        tuples in prop::collection::vec((0_usize..4, 1_i64..3_000_000, 0_u64..9), 1..30),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..5),
    ) {
        let mut time = 0;
        let tuples: Vec<Told> = tuples
            .into_iter()
            .map(|(state, gap, packets)| {
                time += gap;
                ([Begin, Continue, End, Deny][state], time, packets, packets / 2)
            })
            .collect();
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(tuples.len() + 1)).collect();
        places.extend([0, tuples.len()]);
        places.sort_unstable();
        let mut files: Vec<&[Told]> = places.windows(2).map(|cut| &tuples[cut[0]..cut[1]]).collect();
        files.reverse();
        prop_assert_eq!(join_files(&files, true), join_files(&[&tuples], false));
        prop_assert_eq!(join_files(&[&tuples], true), join_files(&[&tuples], false));
    }
}

#[test]
fn more_open_connections_than_are_held_are_all_there() {
    let shared = Shared::new(&Budget::unlimited());
    let mut reader = Reader::new(&shared);
    reader.begin_file("a file");
    reader.record(&RecordContext {
        time_ms: Some(0),
        mac: "000D3A000001",
        kind: LogKind::VNet,
        resource: "",
        offset: 0,
    });
    reader.rule("acl", "rule");
    for (state, time_ms) in [(Begin, 5), (Continue, 70), (End, 900)] {
        for port in 0..100_000_u32 {
            let told = tuple(&(state, time_ms, 1, 1));
            let source_port = u16::try_from(port % 60_000).unwrap();
            reader.tuple(&FlowTuple { source_port, destination_port: u16::from(port >= 60_000), ..told });
        }
    }
    reader.end_file();
    let gatherer = Gatherer::new(reader.finish().unwrap(), options());
    let found = gatherer.gather(Connections::default).unwrap().0;
    assert_eq!(found.len(), 100_000);
    assert!(
        found.iter().all(|one| (one.begun_ms(), one.ended_ms(), one.tuples()) == (Some(5), Some(900), 3))
    );
}

#[test]
fn partitions_that_are_read_in_parts_give_the_same() {
    let found = |limit: u64, threads: usize| {
        let folder = tempfile::tempdir().unwrap();
        let budget = Budget::new(limit, folder.path().to_owned());
        let mut reader = Reader::new(&Shared::new(&budget));
        reader.begin_file("a file");
        let (mac, kind) = ("000D3A000001", LogKind::VNet);
        reader.record(&RecordContext { time_ms: Some(0), mac, kind, resource: "", offset: 0 });
        reader.rule("acl", "rule");
        // Some of a thousand partitions have several pairs, and all many rows a pair.
        for host in 0..3000_u16 {
            let [high, low] = host.to_be_bytes();
            let destination = IpAddr::V4(Ipv4Addr::new(10, 1, high, low));
            for source_port in 0..100 {
                reader.tuple(&FlowTuple {
                    destination,
                    source_port,
                    ..tuple(&(Begin, i64::from(host), 0, 0))
                });
            }
        }
        reader.end_file();
        let gatherer = Gatherer::new(reader.finish().unwrap(), options());
        let mut found = within(threads, || gatherer.gather(Connections::default)).unwrap().0;
        found.sort_unstable_by_key(|one| one.first_ms);
        (budget.written() > 0, found)
    };
    let whole = found(u64::MAX, 1);
    assert_eq!((whole.0, whole.1.len()), (false, 300_000));
    for (limit, threads) in [(1 << 20, 1), (1 << 20, 7), (1 << 14, 2)] {
        let parts = found(limit, threads);
        assert!(parts.0 && parts.1 == whole.1, "{limit} bytes, {threads} threads");
    }
}

/// All that is known of pairs, each told in one way.
#[derive(Default)]
struct WholePairs(Vec<String>);

impl Gather for WholePairs {
    fn take(&mut self, pair: &mut HostPair) {
        let vain: Vec<_> = pair.vain.iter().map(|(ends, bins)| (ends, bins.sorted())).collect();
        let mut told = vec![format!("{:?} {:?} {:?} {vain:?}", pair.contacts, pair.rules, pair.let_in)];
        for known in &pair.conversations {
            let mut known = known.clone();
            let logins = std::mem::take(&mut known.logins).map(|bins| bins.map(|bins| bins.sorted()));
            let rhythm = known.rhythm.take().map(|rhythm| rhythm.sorted());
            told.push(format!("{known:?} {logins:?} {rhythm:?}"));
        }
        self.0.push(told.join("\n"));
    }
    fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
    }
}

/// Reads two pairs with thousands of connections each, and some hundred with one.
fn heavy_pairs(budget: &Arc<Budget>) -> Gatherer {
    let mut reader = Reader::new(&Shared::new(budget));
    reader.begin_file("a file");
    let (mac, kind) = ("000D3A000001", LogKind::VNet);
    reader.record(&RecordContext { time_ms: Some(0), mac, kind, resource: "", offset: 0 });
    let address = |octets: [u8; 4]| IpAddr::V4(octets.into());
    for n in 0..4000_u16 {
        reader.rule("acl", if n % 7 == 0 { "one" } else { "other" });
        let [high, low] = n.to_be_bytes();
        let destination = match n % 10 {
            0 => address([10, 2, high, low]),
            1..5 => address([10, 0, 0, 5]),
            _ => address([20, 1, 1, 1]),
        };
        let destination_port = [22, 443, 3389][usize::from(n % 3)];
        let state = if n % 11 == 0 { Deny } else { Begin };
        let begun = tuple(&(state, i64::from(n) * 300_000, 2, 0));
        let begun = FlowTuple { destination, destination_port, source_port: n, ..begun };
        reader.tuple(&begun);
        if state == Begin && n % 5 > 0 {
            reader.tuple(&FlowTuple { state: End, time_ms: begun.time_ms + 900, ..begun });
        }
    }
    reader.end_file();
    Gatherer::new(reader.finish().unwrap(), options())
}

#[test]
fn pairs_of_more_rows_than_fit_are_gathered_slice_by_slice_and_the_load_of_hosts_goes_to_disk() {
    let found = |limit: u64, threads: usize| {
        let folder = tempfile::tempdir().unwrap();
        let budget = Budget::new(limit, folder.path().to_owned());
        let gatherer = heavy_pairs(&budget);
        let mut pairs = within(threads, || gatherer.gather(WholePairs::default)).unwrap().0;
        pairs.sort_unstable();
        let load = gatherer.summary.load();
        let mut loads = Vec::new();
        for part in load.parts() {
            let bins = part.bins().unwrap();
            assert!(bins.is_sorted_by(|(a, _), (b, _)| a < b));
            loads.extend(bins.iter().map(|(bin, load)| (bin.host(), bin.side(), bin.bin(), *load)));
        }
        loads.sort_unstable_by_key(|(host, side, bin, _)| (*host, *side, *bin));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing has a name");
        (load.parts().len() > 1, pairs, loads)
    };
    let (is_away, pairs, loads) = found(u64::MAX, 1);
    let hosts = loads.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).count();
    assert_eq!((is_away, pairs.len(), hosts), (false, 402, 401));
    for threads in [1, 3] {
        let limited = found(1 << 14, threads);
        assert!(limited.0, "the load went to disk");
        assert_eq!(limited.1, pairs);
        assert_eq!(limited.2, loads);
    }
}

#[test]
fn pairs_asked_for_once_more_are_the_same_whatever_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let gatherer = heavy_pairs(&Budget::new(1 << 14, folder.path().to_owned()));
    let again = |wanted: &(dyn Fn(HostId) -> bool + Sync)| {
        let mut pairs = gatherer.again(WholePairs::default, wanted).unwrap().0;
        pairs.sort_unstable();
        pairs
    };
    let mut all = gatherer.gather(WholePairs::default).unwrap().0;
    all.sort_unstable();
    assert_eq!(again(&|_| true), all);
    let heavy = HostId(u32::from_be_bytes([20, 1, 1, 1]));
    assert_eq!(again(&|host| host == heavy).len(), 1);
}
