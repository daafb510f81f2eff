//! Groups of hand-made logs, against sums in a plain tree.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::enrich::{AddressBook, AddressBookBuilder};
use crate::parallel::within;
use crate::state::testing::gatherer;

const ACL: &str = "/s/providers/Microsoft.Network/networkSecurityGroups/web";

/// One tuple: minute, source, destination, port, and whether it is denied.
type Tuple = (u8, u8, u8, bool, bool);

fn text(tuples: &[Tuple]) -> String {
    let group = |denied: bool| {
        let of_group = tuples.iter().enumerate().filter(|(_, tuple)| tuple.4 == denied);
        let rows = of_group.flat_map(|(place, &(minute, source, destination, ssh, _))| {
            let ms = 1_764_547_200_000 + i64::from(minute) * 60_000;
            let port = if ssh { 22 } else { 443 };
            let row = |ms: i64, rest: &str| {
                format!(
                    r#""{ms},10.0.{}.{source},10.1.0.{destination},{},{port},6,O,{rest}""#,
                    source % 2,
                    1024 + place
                )
            };
            if denied {
                vec![row(ms, "D,NX,0,0,0,0")]
            } else {
                vec![row(ms, "B,NX,0,0,0,0"), row(ms + 30_000, "E,NX,5,500,4,4000")]
            }
        });
        let rule = if denied { "UserRule_deny" } else { "DefaultRule_allow" };
        format!(r#"{{"rule":"{rule}","flowTuples":[{}]}}"#, rows.collect::<Vec<_>>().join(","))
    };
    format!(
        r#"{{"records":[{{"time":"2025-12-01T01:00:00Z","macAddress":"000D3A000001","category":"FlowLogFlowEvent","targetResourceID":"/s/virtualNetworks/hub","flowLogVersion":4,"flowRecords":{{"flows":[{{"aclID":"{ACL}","flowGroups":[{},{}]}}]}}}}]}}"#,
        group(false),
        group(true)
    )
}

fn table(tuples: &[Tuple], options: &FlowOptions, threads: usize, by_pair: Option<bool>) -> FlowTable {
    let gatherer = gatherer(&text(tuples));
    let book = book();
    let names = FlowNames::of(&gatherer.summary, &book);
    let mut scene = FlowScene::new(&gatherer.summary, &names, options);
    scene.by_pair = by_pair.unwrap_or(scene.by_pair);
    within(threads, || gatherer.gather(|| Flows::new(&scene))).unwrap().finish()
}

fn book() -> AddressBook {
    let mut builder = AddressBookBuilder::default();
    builder.names(b"10.0.0.0/24,even\n10.0.1.0/24,odd\n10.0.1.1,odd\n10.1.0.2,db01\n").unwrap();
    builder.finish()
}

fn options(by: &str, sort: Sort, limit: usize) -> FlowOptions {
    let by = by.split(',').map(|field| field.parse().unwrap()).collect();
    FlowOptions { filter: None, by, sort, limit, every_log: false }
}

fn tuples() -> impl Strategy<Value = Vec<Tuple>> {
    prop::collection::vec((0_u8..55, 1_u8..5, 1_u8..5, any::<bool>(), any::<bool>()), 1..80)
}

proptest! {
    #[test]
    fn groups_of_a_pair_are_the_same_whether_or_not_they_are_finished_with_it(
        tuples in tuples(), limit in 1_usize..9, threads in 1_usize..4,
        sort in prop::sample::select(vec![Sort::Last, Sort::First, Sort::Bytes, Sort::Connections, Sort::Duration]),
    ) {
        let options = options("source,destination,port,outcome,rule", sort, limit);
        let with = table(&tuples, &options, threads, None);
        prop_assert_eq!(&with, &table(&tuples, &options, 1, Some(false)));
        prop_assert_eq!(with.rows.len() as u64, with.found.min(limit as u64));
    }

    #[test]
    fn the_sums_are_those_of_a_tree(tuples in tuples()) {
        let found = table(&tuples, &options("source/24,port,outcome", Sort::Bytes, 1_000), 2, None);
        let mut expected: BTreeMap<(String, u16, Outcome), (u64, u64)> = BTreeMap::new();
        for &(_, source, _, ssh, denied) in &tuples {
            let outcome = if denied { Outcome::Denied } else { Outcome::Completed };
            let port = if ssh { 22 } else { 443 };
            let sums = expected.entry((format!("10.0.{}.0/24", source % 2), port, outcome)).or_default();
            *sums = (sums.0 + 1, sums.1 + if denied { 0 } else { 4_500 });
        }
        let rows = found.rows.iter().map(|row| match row.values.as_slice() {
            [Value::Network(network), Value::Port(port), Value::Outcome(outcome)] => {
                ((network.to_string(), *port, *outcome), (row.sums.connections, row.sums.counters.bytes()))
            }
            other => panic!("{other:?}"),
        });
        prop_assert_eq!(rows.collect::<BTreeMap<_, _>>(), expected);
        let total: u64 = found.rows.iter().map(|row| row.sums.connections).sum();
        prop_assert_eq!((total, found.found), (found.total.connections, found.rows.len() as u64));
    }
}

#[test]
fn fields_are_what_the_log_says() {
    let by =
        "source,rule,nsg,nic,resource,direction,encryption,source_class,destination_provider,hour,protocol";
    let found = table(&[(5, 1, 2, true, true)], &options(by, Sort::Last, 10), 1, None);
    let text = |text: &str| Value::Name(text.to_owned());
    assert_eq!(
        found.rows.first().unwrap().values,
        [
            Value::Address("10.0.1.1".parse().unwrap()),
            text("deny"),
            text(ACL),
            text("000D3A000001"),
            text("/s/virtualnetworks/hub"),
            Value::Direction(Direction::Outbound),
            Value::Encryption(Encryption::NotEncrypted),
            Value::Class(AddressClass::Private),
            Value::Provider(None),
            Value::Time(1_764_547_200_000),
            Value::Protocol(crate::flow::Protocol::TCP),
        ]
    );
}

#[test]
fn names_group_addresses_and_stand_beside_them() {
    let tuples =
        [(0, 1, 1, true, false), (1, 2, 1, false, false), (2, 3, 2, false, false), (3, 4, 2, true, true)];
    let found = table(&tuples, &options("source_name,destination_name", Sort::Connections, 9), 2, None);
    let rows: Vec<_> = found.rows.iter().map(|row| (row.values.clone(), row.sums.connections)).collect();
    let name = |name: &str| Value::Fact(Some(name.into()));
    // Of equal ones those without a name come first.
    let expected = [
        (vec![name("even"), Value::Fact(None)], 1),
        (vec![name("even"), name("db01")], 1),
        (vec![name("odd"), Value::Fact(None)], 1),
        (vec![name("odd"), name("db01")], 1),
    ];
    assert_eq!(rows, expected);
    let found = table(&tuples, &options("destination,port", Sort::Last, 9), 1, None);
    assert_eq!(found.hosts.get("10.1.0.2").and_then(|facts| facts.name.as_deref()), Some("db01"));
    assert!(found.hosts.get("10.1.0.1").is_none());
}

#[test]
fn a_filter_asks_of_whole_connections() {
    let tuples = [(0, 1, 1, true, false), (1, 2, 1, false, false), (2, 2, 2, false, true)];
    let connections = |filter: &str| {
        let filter = Some(Filter::parse(filter).unwrap());
        let options = FlowOptions { filter, ..options("source", Sort::Last, 9) };
        table(&tuples, &options, 1, None).total.connections
    };
    assert_eq!(connections("src 10.0.0.2"), 2);
    assert_eq!(connections("denied"), 1);
    assert_eq!(connections("port 22 or rule deny"), 2);
}
