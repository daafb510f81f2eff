//! The decoder against a slow and obvious twin: `serde_json::Value` and `split(',')`.

mod common;

use common::{Kept, keep, show};
use flowlog_core::flow::{Counters, Direction, Encryption, FlowTuple, Protocol, State};
use flowlog_core::record::tuple::parse;
use proptest::prelude::*;
use serde_json::{Value, json};

/// Reads a tuple as its documentation says, with nothing but the standard library.
fn twin_parse(text: &str) -> Option<FlowTuple> {
    let fields: Vec<&str> = text.split(',').collect();
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse::<u64>().ok()).flatten()
    };
    let nsg = matches!(*fields.get(5)?, "T" | "U");
    if fields.len() != 13 && !(nsg && fields.len() == 8) {
        return None;
    }
    let time = number(fields[0])?;
    let time_ms = if time < 100_000_000_000 { time * 1000 } else { time };
    let state = |letter| match letter {
        "B" => Some(State::Begin),
        "C" => Some(State::Continue),
        "E" => Some(State::End),
        "D" => Some(State::Deny),
        _ => None,
    };
    let state = match (nsg, fields[7], fields.len()) {
        (false, letter, _) => state(letter)?,
        (true, "A", 8) => State::Allow,
        (true, "D", 8) => State::Deny,
        (true, "A", _) => state(fields[8])?,
        (true, "D", _) => state(fields[8]).map(|_| State::Deny)?,
        _ => return None,
    };
    let counters = match fields.get(9..) {
        None | Some(["", "", "", ""]) => None,
        Some(texts) => {
            let values: Option<Vec<u64>> =
                texts.iter().map(|text| if text.is_empty() { Some(0) } else { number(text) }).collect();
            let values = values?;
            Some(Counters {
                packets_sent: values[0],
                bytes_sent: values[1],
                packets_received: values[2],
                bytes_received: values[3],
            })
        }
    };
    Some(FlowTuple {
        time_ms: i64::try_from(time_ms).ok().filter(|&ms| ms <= 253_402_300_799_999)?,
        source: fields[1].parse().ok()?,
        destination: fields[2].parse().ok()?,
        source_port: number(fields[3])?.try_into().ok()?,
        destination_port: number(fields[4])?.try_into().ok()?,
        protocol: match fields[5] {
            "T" => Protocol::TCP,
            "U" => Protocol::UDP,
            digits => Protocol(number(digits)?.try_into().ok()?),
        },
        direction: match fields[6] {
            "I" => Direction::Inbound,
            "O" => Direction::Outbound,
            _ => return None,
        },
        state,
        encryption: if nsg {
            Encryption::NotRecorded
        } else {
            let known = Encryption::ALL.into_iter().filter(|&word| word != Encryption::NotRecorded);
            known.into_iter().find(|word| word.word() == fields[8]).unwrap_or(Encryption::Unknown)
        },
        counters,
    })
}

/// Reads a document as a tree.
fn twin_lines(document: &Value) -> Vec<String> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut lines = Vec::new();
    for record in list(&document["records"]) {
        let time = record["time"].as_str().unwrap_or_default();
        let time = format!("{:?}", flowlog_core::record::time::unix_ms(time));
        let word = |key: &str| record[key].as_str().unwrap_or_default().to_owned();
        for flow in list(&record["flowRecords"]["flows"]) {
            for group in list(&flow["flowGroups"]) {
                let acl = flow["aclID"].as_str().unwrap_or_default();
                let rule = group["rule"].as_str().unwrap_or_default();
                let head =
                    format!("{time} {} {} | {acl} {rule}", word("macAddress"), word("targetResourceID"));
                for tuple in list(&group["flowTuples"]) {
                    if let Some(tuple) = twin_parse(tuple.as_str().unwrap_or_default()) {
                        lines.push(format!("{head} | {}", show(&tuple)));
                    }
                }
            }
        }
        for flow in list(&record["properties"]["flows"]) {
            for nic in list(&flow["flows"]) {
                let rule = flow["rule"].as_str().unwrap_or_default();
                let mac = nic["mac"].as_str().unwrap_or_default();
                let resource = word("resourceId");
                for tuple in list(&nic["flowTuples"]) {
                    if let Some(tuple) = twin_parse(tuple.as_str().unwrap_or_default()) {
                        lines.push(format!("{time} {mac} {resource} | {resource} {rule} | {}", show(&tuple)));
                    }
                }
            }
        }
    }
    lines
}

/// One field of a tuple: mostly what belongs there, sometimes anything.
fn field(usual: impl Strategy<Value = String> + 'static) -> BoxedStrategy<String> {
    prop_oneof![20 => usual, 1 => "[0-9A-Z.:,-]{0,6}", 1 => Just(String::new())].boxed()
}

fn address() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => any::<[u8; 4]>().prop_map(|octets| std::net::Ipv4Addr::from(octets).to_string()),
        1 => any::<[u8; 16]>().prop_map(|octets| std::net::Ipv6Addr::from(octets).to_string()),
        1 => "[0-9]{1,3}(\\.[0-9]{1,3}){2,4}",
        1 => Just("::ffff:10.0.0.1".to_owned()),
    ]
}

fn tuple_text() -> impl Strategy<Value = String> {
    let head = (
        field(
            prop_oneof![any::<u32>().prop_map(u64::from), 0..300_000_000_000_000_u64]
                .prop_map(|n| n.to_string()),
        ),
        field(address()),
        field(address()),
        field((0..70_000_u32).prop_map(|port| port.to_string())),
        field(any::<u16>().prop_map(|port| port.to_string())),
        field(prop_oneof!["T|U", (0..300_u32).prop_map(|number| number.to_string())]),
        field("I|O|I|O|i".prop_map(|letter| letter)),
        field("B|C|E|D|A|D|A|Q".prop_map(|letter| letter)),
    );
    let tail = (
        field("NX|X|NX_FALLBACK|B|C|E|NX_LOCAL_DST|NX_ODD".prop_map(|word| word)),
        prop_oneof![
            Just(",,,".to_owned()),
            Just("0,0,0,0".to_owned()),
            any::<[u32; 4]>().prop_map(|n| n.map(|n| n.to_string()).join(",")),
            any::<[u64; 4]>().prop_map(|n| n.map(|n| n.to_string()).join(",")),
            "[0-9]{0,21}(,[0-9]{0,3}){2,4}",
        ],
    );
    (head, proptest::option::weighted(0.8, tail)).prop_map(|(head, tail)| {
        let (time, source, destination, source_port, destination_port, protocol, direction, state) = head;
        let mut text =
            [time, source, destination, source_port, destination_port, protocol, direction, state].join(",");
        if let Some((word, counters)) = tail {
            text = format!("{text},{word},{counters}");
        }
        text
    })
}

fn keys_in_any_order(pairs: Vec<(&'static str, Value)>) -> impl Strategy<Value = String> {
    Just(pairs).prop_shuffle().prop_map(|pairs| {
        let members: Vec<String> = pairs.iter().map(|(key, value)| format!("\"{key}\" :{value}")).collect();
        format!("{{ {} }}", members.join(" ,\n"))
    })
}

fn record() -> impl Strategy<Value = String> {
    let tuples = || proptest::collection::vec(tuple_text(), 0..6);
    (tuples(), tuples(), any::<bool>(), 0..3_u8).prop_flat_map(|(one, two, nsg, odd)| {
        let time = json!("2026-01-02T03:04:05.678Z");
        let extra = match odd {
            0 => json!({"a": [1, {"flowTuples": ["x"]}], "records": null}),
            1 => json!("\"}]{[,\\"),
            _ => json!(null),
        };
        if nsg {
            let flows = json!([
                {"rule": "R1", "flows": [{"mac": "000D3A000001", "flowTuples": one}]},
                {"flows": [{"flowTuples": two, "mac": "000D3A000002"}, {"mac": "M"}], "rule": "R\u{e9}2"}]);
            keys_in_any_order(vec![
                ("time", time),
                ("category", json!("NetworkSecurityGroupFlowEvent")),
                ("resourceId", json!("/SUBSCRIPTIONS/A/NSG")),
                ("extra", extra),
                ("properties", json!({"Version": 2, "flows": flows})),
            ])
            .boxed()
        } else {
            let flows = json!([
                {"aclID": "acl-1", "flowGroups": [{"rule": "R1", "flowTuples": one}, {"flowTuples": two, "rule": "R2"}]},
                {"flowGroups": [{"rule": "R3", "flowTuples": ["1766848280798,1.2.3.4,5.6.7.8,1,2,6,I,B,NX,0,0,0,0"]}], "aclID": "acl\\2"}]);
            keys_in_any_order(vec![
                ("time", time),
                ("macAddress", json!("000D3A000003")),
                ("category", json!("FlowLogFlowEvent")),
                ("targetResourceID", json!("/subscriptions/a/vnet")),
                ("flowLogVersion", json!(4)),
                ("extra", extra),
                ("flowRecords", json!({"flows": flows})),
            ])
            .boxed()
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_tuple_reads_as_its_twin_does(text in tuple_text()) {
        prop_assert_eq!(parse(&text).ok(), twin_parse(&text), "{}", text);
    }

    #[test]
    fn any_text_is_refused_or_read_as_its_twin_does(text in "\\PC{0,80}") {
        prop_assert_eq!(parse(&text).ok(), twin_parse(&text));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_document_in_any_shape_reads_as_its_twin_does(records in proptest::collection::vec(record(), 0..4)) {
        let whole = format!("{{\"records\":[{}]}}", records.join(","));
        let expected = twin_lines(&serde_json::from_str(&whole).unwrap());
        let shapes = [
            whole.clone(),
            format!("\u{feff}{{\"x\":[{{}}],\n\"records\" : [\n{}\n], \"y\":0 }}\n", records.join(" ,\n ")),
            format!("[{}]", records.join(",")),
            records.join("\n"),
            format!(",{}", records.join(",")),
            format!("{}]}}", records.join(",")),
        ];
        for shape in shapes {
            let (kept, decoded) = keep(shape.as_bytes());
            prop_assert_eq!(&kept.lines, &expected, "{}", shape);
            prop_assert_eq!(decoded.records, records.len() as u64, "{}", shape);
            prop_assert_eq!(decoded.tuples, kept.lines.len() as u64);
            prop_assert_eq!(decoded.malformed, kept.malformed.len() as u64);
            for (text, offset, _) in &kept.malformed {
                let at = usize::try_from(*offset).unwrap();
                prop_assert!(shape.as_bytes()[at..].starts_with(text.as_bytes()), "{} at {}", text, at);
            }
        }
    }

    #[test]
    fn a_cut_anywhere_keeps_what_stood_before_and_says_so(
        records in proptest::collection::vec(record(), 1..3),
        cut in any::<prop::sample::Index>(),
    ) {
        let whole = format!("{{\"records\":[{}]}}", records.join(","));
        let at = cut.index(whole.len());
        let (all, _) = keep(whole.as_bytes());
        let (some, decoded) = keep(&whole.as_bytes()[..at]);
        prop_assert!(decoded.problem.is_some());
        prop_assert!(all.lines.starts_with(&some.lines));
    }

    #[test]
    fn any_bytes_whatever_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let (kept, decoded): (Kept, _) = keep(bytes.as_slice());
        prop_assert_eq!(kept.lines.len() as u64, decoded.tuples);
    }

    #[test]
    fn json_like_bytes_never_panic(text in "([{}\\[\\],:\"\\\\a1 ]|\"records\":|\"flowRecords\":|\"flows\":|\"flowTuples\":){0,60}") {
        keep(text.as_bytes());
    }
}
