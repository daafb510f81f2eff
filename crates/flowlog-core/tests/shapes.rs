//! Rows in any shape: every tuple is counted or told, once, wherever in a JSON document it stands.

mod common;

use common::keep;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Keys of flow logs, and one that is of none.
const KEYS: &[&str] = &[
    "records",
    "flowRecords",
    "properties",
    "flows",
    "flows",
    "flowGroups",
    "flowTuples",
    "flowTuples",
    "flowTuples",
    "time",
    "category",
    "rule",
    "aclID",
    "mac",
    "macAddress",
    "targetResourceID",
    "note",
];

/// A leaf that becomes a tuple with a number of its own, see [`number`].
const TUPLE: &str = "tuple";

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => Just(json!(TUPLE)),
        1 => Just(json!("tuple tuple tuple")),
        1 => Just(json!("@{rule=UserRule_x; flowTuples=System.Object[]}")),
        1 => Just(json!("")),
        1 => Just(json!("FlowLogFlowEvent")),
        1 => Just(Value::Null),
        1 => any::<i32>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
    ]
}

/// JSON of any shape, mostly with flow logs' keys.
fn any_shape() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(6, 60, 5, |inner| {
        let key = proptest::sample::select(KEYS);
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((key, inner), 0..5).prop_map(|entries| {
                Value::from(
                    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>(),
                )
            }),
        ]
    })
}

/// A record of the right shape in which some values are of another one.
fn nearly_right() -> impl Strategy<Value = Value> {
    let tuples = || prop_oneof![4 => Just(json!([TUPLE, TUPLE])), 1 => any_shape()];
    let group = move || prop_oneof![6 => tuples().prop_map(|tuples| json!({"rule": "R", "flowTuples": tuples})), 1 => any_shape()];
    let groups = move || prop_oneof![6 => (group(), group()).prop_map(|(a, b)| json!([a, b])), 1 => group()];
    let flow = move || prop_oneof![6 => groups().prop_map(|groups| json!({"aclID": "a", "flowGroups": groups})), 1 => any_shape()];
    let flows = prop_oneof![6 => flow().prop_map(|flow| json!([flow])), 1 => flow(), 1 => any_shape()];
    (flows, any_shape(), any::<bool>()).prop_map(|(flows, note, first)| {
        let mut record = Map::new();
        let mut add = |key: &str, value| record.insert(key.to_owned(), value);
        add("time", json!("2026-01-02T03:04:05Z"));
        if first {
            add("flowRecords", json!({ "flows": flows }));
            add("note", note);
        } else {
            add("note", note);
            add("macAddress", json!("000D3A000001"));
            add("targetResourceID", json!("/subscriptions/a"));
            add("flowRecords", json!({ "flows": flows }));
        }
        Value::from(record)
    })
}

/// Gives every tuple a number, which is its source port. Every fifth has a layout that nobody knows yet.
fn number(value: &mut Value, next: &mut u16) {
    match value {
        Value::String(text) if text.starts_with(TUPLE) => {
            let tuples = text.split(' ').map(|_| {
                *next += 1;
                let more = if next.is_multiple_of(5) { ",2,SYN" } else { "" };
                format!("1768464001000,10.0.0.1,10.0.0.2,{next},443,6,O,B,NX,0,0,0,0{more}")
            });
            *text = tuples.collect::<Vec<_>>().join(" ");
        }
        Value::Array(values) => values.iter_mut().for_each(|value| number(value, next)),
        Value::Object(entries) => entries.values_mut().for_each(|value| number(value, next)),
        _ => {}
    }
}

/// How often the tuple of this number was counted or told.
fn accounted(number: u16, lines: &[String], malformed: &[(String, u64, &'static str)]) -> usize {
    let mark = format!(",10.0.0.2,{number},");
    // A rule may be called like a tuple, and stands in the line of each of its own.
    let tuple_of = |line: &str| line.rsplit(" | ").next().map(str::to_owned).unwrap_or_default();
    lines.iter().filter(|line| tuple_of(line).contains(&mark)).count()
        + malformed.iter().filter(|(text, ..)| text.contains(&mark)).count()
}

fn check(mut document: Value, pretty: bool) -> Result<(), TestCaseError> {
    let mut tuples = 0;
    number(&mut document, &mut tuples);
    let text =
        if pretty { serde_json::to_string_pretty(&document) } else { serde_json::to_string(&document) };
    let text = text.unwrap();
    let (kept, decoded) = keep(text.as_bytes());
    for number in 1..=tuples {
        prop_assert_eq!(accounted(number, &kept.lines, &kept.malformed), 1, "tuple {} of {}", number, text);
    }
    prop_assert_eq!(decoded.malformed, kept.malformed.len() as u64);
    // What is told of shapes is a problem of the file; a tuple of a new layout alone is not.
    prop_assert!(decoded.misshapen == 0 || decoded.problem.is_some(), "{}", text);
    prop_assert!(decoded.tuples > 0 || tuples == 0 || decoded.problem.is_some(), "{}", text);
    for (told, offset, _) in &kept.malformed {
        let at = usize::try_from(*offset).unwrap();
        prop_assert!(text[at..].starts_with(told.as_str()), "{} at {} of {}", told, at, text);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn every_tuple_of_a_document_that_is_nearly_right_is_counted_or_told(
        records in proptest::collection::vec(nearly_right(), 1..4),
        shape in 0..4_u8,
        pretty: bool,
    ) {
        check(match shape {
            0 => json!({ "records": records }),
            1 => json!({ "before": records.first(), "records": records, "nextLink": records.last() }),
            2 => json!(records),
            _ => json!({ "records": records.first() }),
        }, pretty)?;
    }

    #[test]
    fn every_tuple_of_any_json_is_counted_or_told(
        records in proptest::collection::vec(any_shape(), 0..4),
        shape in 0..3_u8,
        pretty: bool,
    ) {
        check(match shape {
            0 => json!({ "records": records }),
            1 => json!(records),
            _ => json!({ "records": [records.first()], "other": records.last() }),
        }, pretty)?;
    }
}

#[test]
fn each_shape_is_told_in_words_of_its_own() {
    const GOOD: &str = "1768464001000,10.0.0.1,10.0.0.2,1,443,6,O,B,NX,0,0,0,0";
    let record = |flow_records: Value| json!({"time": "2026-01-02T03:04:05Z", "flowRecords": flow_records});
    let groups = |groups: Value| record(json!({"flows": [{"aclID": "a", "flowGroups": groups}]}));
    let tuples = |tuples: Value| groups(json!([{"rule": "R", "flowTuples": tuples}]));
    for (document, reason) in [
        (tuples(json!(format!("{GOOD} {GOOD}"))), "flowTuples is no list"),
        (tuples(json!({"0": GOOD})), "flowTuples is no list"),
        (tuples(json!([17])), "not a string"),
        (tuples(json!([null])), "not a string"),
        (tuples(json!([[GOOD]])), "not a string"),
        (groups(json!({"rule": "R", "flowTuples": [GOOD]})), "flowGroups is no list"),
        (groups(json!("@{rule=R; flowTuples=System.Object[]}")), "flowGroups is no list"),
        (groups(json!([{"rule": "R", "tuples": [GOOD]}])), "a flow group has no flowTuples"),
        (groups(json!([{"rule": "R", "flowTuples": [], "tuples": [GOOD]}])), "a tuple outside of flowTuples"),
        (groups(json!([{"rule": "R"}])), "a flow group has no flowTuples"),
        (groups(json!(["@{rule=R}"])), "an element of flowGroups is no object"),
        (record(json!({"flows": {"aclID": "a"}})), "flows is no list"),
        (record(json!({"flows": ["@{aclID=a}"]})), "an element of flows is no object"),
        (record(json!("@{flows=System.Object[]}")), "flowRecords is no object"),
        (record(json!([{"flows": []}])), "flowRecords is no object"),
        (json!("@{time=...}"), "a record is no object"),
        (json!({"time": "2026-01-02T03:04:05Z", "records": {"flowRecords": {}}}), "records is no list"),
    ] {
        let text = json!({ "records": [document] }).to_string();
        let (kept, decoded) = keep(text.as_bytes());
        assert!(kept.malformed.iter().any(|(_, _, told)| *told == reason), "{text}: {:?}", kept.malformed);
        let problem = decoded.problem.unwrap().to_string();
        assert!(problem.contains("at byte"), "{problem}");
    }
}

#[test]
fn empty_lists_however_they_are_written_are_no_fault() {
    for empty in ["null", "[]"] {
        let text = format!(r#"{{"records":[{{"flowRecords":{{"flows":{empty}}}}},null]}}"#);
        let (kept, decoded) = keep(text.as_bytes());
        assert_eq!((kept.malformed.len(), decoded.records), (0, 1), "{text}");
        assert!(decoded.problem.is_none(), "{:?}", decoded.problem);
    }
}
