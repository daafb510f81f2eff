use std::io::Read;

use super::super::Key as Secret;
use super::*;
use crate::flow::FlowTuple;
use crate::record::{Decoder, MalformedTuple, RecordContext, Sink};
use proptest::prelude::*;

fn run(input: impl Read) -> (String, Rewritten) {
    let mut output = Vec::new();
    let met = Anonymizer::new(&Secret::new([3; 32])).rewrite(input, &mut output).unwrap();
    (String::from_utf8(output).unwrap(), met)
}

fn rewritten(text: &str) -> String {
    run(text.as_bytes()).0
}

/// One byte at a time: every read-ahead is cut everywhere.
struct Dribble<'a>(&'a [u8]);

impl Read for Dribble<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let length = out.len().min(1);
        let mut part = self.0.get(..length.min(self.0.len())).unwrap_or_default();
        self.0 = self.0.get(part.len()..).unwrap_or_default();
        part.read(out)
    }
}

const RECORD: &str = r#"{"time":"2026-01-15T09:00:40.9836280Z","flowLogGUID":"c01ff3ca-12dc-4e58-bfe0-0c35ed23d1a7","macAddress":"002248534000","category":"FlowLogFlowEvent","flowLogVersion":4,"flowRecords":{"flows":[{"aclID":"\/subscriptions\/s1\/x","flowGroups":[{"rule":"UserRule_Web","flowTuples":["1768467629088,8.8.4.4,10.10.1.4,36710,443,6,I,B,NX,0,0,0,0","1768467634599,8.8.4.4,10.10.1.4,36710,443,6,I,E,NX,42,2962,79,110784"]}]}]}}"#;
const GONE: [&str; 7] = ["c01ff3ca", "002248534000", "s1", "Web", "8.8.4.4", "10.10.1.4", "subscriptions\\"];

/// The text with every string emptied: what must stay.
fn bones(text: &str) -> String {
    let mut bones = String::new();
    let mut inside = false;
    for char in text.chars() {
        if char == '"' {
            inside = !inside;
        }
        if !inside {
            bones.push(char);
        }
    }
    bones
}

#[test]
fn every_form_keeps_its_bones() {
    let pretty =
        serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(RECORD).unwrap()).unwrap();
    for text in [
        RECORD.to_owned(),
        format!("{{\"records\":[{RECORD},{RECORD}]}}"),
        format!("\u{feff}{RECORD}\n{RECORD}\r\n"),
        format!("[ {RECORD} , {RECORD} ]"),
        format!(",{RECORD}]}}"),
        pretty,
    ] {
        let (mapped, met) = run(text.as_bytes());
        assert_eq!(bones(&mapped), bones(&text));
        assert!(GONE.iter().all(|gone| !mapped.contains(gone)), "{mapped}");
        assert!(met.is_flow_log && met.unknown == 0 && met.left_out == 0, "{met:?}");
        assert_eq!(met.tuples, text.matches("17684676").count() as u64);
        assert_eq!(run(Dribble(text.as_bytes())).0, mapped);
    }
}

#[test]
fn what_no_flow_log_has_does_not_pass() {
    let text = r#"{"contoso-vm":"bob's","n":4111,"list":[true,null,17,"10.1.2.3","x\ny"],"time":"now","rule":5,"flowTuples":[7,"secret"]}"#;
    let (mapped, met) = run(text.as_bytes());
    for gone in ["contoso", "bob", "4111", "17", "10.1.2.3", "x\\ny", "now", "5,\"flow", "7,", "secret"] {
        assert!(!mapped.contains(gone), "{gone} in {mapped}");
    }
    assert!(mapped.contains("[true,null,0,\"10.") && met.unknown > 8, "{mapped} {met:?}");
    serde_json::from_str::<serde_json::Value>(&mapped).unwrap();
}

#[test]
fn bytes_that_are_no_json_are_left_out() {
    let (mapped, met) = run(&b"10.0.0.1 - - GET /secret\n"[..]);
    assert_eq!(
        (mapped.as_str(), met.is_flow_log, met.left_out, met.first_left_out),
        ("", false, 25, Some(0))
    );
    let between = rewritten(&format!("{RECORD}\nsecret {{\"a\":1}}\n{RECORD}"));
    assert_eq!(between, format!("{0}\n{0}", rewritten(RECORD)));
    assert_eq!(rewritten("{\"time\":secret"), "{\"time\":");
    let long = format!("{{\"time\":\"{}\"", "9".repeat(2 * LONGEST_STRING));
    assert_eq!(rewritten(&long), "{\"time\":\"");
    assert!(rewritten(&"[".repeat(1000)).len() <= DEEPEST);
}

#[test]
fn a_record_that_breaks_off_does_so_afterwards() {
    let cut = RECORD.find("1768467634599").unwrap() + 30;
    let head = RECORD.get(..cut).unwrap();
    for text in
        [head.to_owned(), format!("{{\"records\":[{head}{RECORD},{RECORD}]}}"), format!("{RECORD}\n{head}")]
    {
        let mapped = rewritten(&text);
        assert!(GONE.iter().all(|gone| !mapped.contains(gone)), "{mapped}");
        let decoded = |text: &str| {
            let mut tuples = 0_u64;
            let decoded = Decoder::default().decode(text.as_bytes(), &mut Count(&mut tuples));
            (tuples, decoded.malformed, decoded.problem.is_some())
        };
        assert_eq!(decoded(&mapped), decoded(&text), "{mapped}");
    }
}

struct Count<'a>(&'a mut u64);

impl Sink for Count<'_> {
    fn record(&mut self, _: &RecordContext<'_>) {}
    fn rule(&mut self, _: &str, _: &str) {}
    fn tuple(&mut self, _: &FlowTuple) {
        *self.0 += 1;
    }
    fn malformed(&mut self, _: &MalformedTuple<'_>) {}
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic_and_reading_in_parts_changes_nothing(
        bytes in prop::collection::vec(prop_oneof![Just(b'"'), Just(b'{'), Just(b'['), Just(b']'), Just(b'\\'), Just(b','), Just(b':'), any::<u8>()], 0..200),
    ) {
        prop_assert_eq!(run(bytes.as_slice()).0, run(Dribble(&bytes)).0);
    }

    /// Whatever stands in the strings, and wherever: none of it is in the result.
    #[test]
    fn secrets_do_not_pass(text in "[A-Z]{9,20}", key in "time|rule|mac|aclID|category|flowTuples|other|records") {
        let log = format!(r#"{{"records":[{{"{key}":"{text}","{text}":["{text}",{{"{key}":["{text}"]}}]}}]}}"#);
        prop_assert!(!rewritten(&log).contains(&text));
    }
}
