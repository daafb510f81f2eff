//! White space between the tokens of a flow log means nothing, wherever it stands and however much there is.
#![no_main]

use flowlog_core::flow::FlowTuple;
use flowlog_core::record::{Decoder, MalformedTuple, RecordContext, Sink};

/// Tokens of two records, one of each kind of log.
const TOKENS: &[&str] = &[
    "{", "\"records\"", ":", "[", "{", "\"time\"", ":", "\"2026-01-15T09:01:02Z\"", ",", "\"macAddress\"", ":",
    "\"000D3A7B21C4\"", ",", "\"targetResourceID\"", ":", "\"/x\"", ",", "\"flowLogVersion\"", ":", "4", ",",
    "\"flowRecords\"", ":", "{", "\"flows\"", ":", "[", "{", "\"aclID\"", ":", "\"a\"", ",", "\"flowGroups\"", ":",
    "[", "{", "\"rule\"", ":", "\"r\"", ",", "\"flowTuples\"", ":", "[",
    "\"1768467662000,10.0.0.1,10.0.0.2,1,2,6,I,B,NX,0,0,0,0\"", ",",
    "\"1768467663000,10.0.0.1,10.0.0.2,1,2,6,I,E,NX,1,60,1,60\"", "]", "}", "]", "}", "]", "}", "}", ",", "{",
    "\"time\"", ":", "\"2026-01-15T09:02:02Z\"", ",", "\"resourceId\"", ":", "\"/y\"", ",", "\"properties\"", ":",
    "{", "\"Version\"", ":", "2", ",", "\"flows\"", ":", "[", "{", "\"rule\"", ":", "\"r\"", ",", "\"flows\"", ":",
    "[", "{", "\"mac\"", ":", "\"000D3A7B21C5\"", ",", "\"flowTuples\"", ":", "[",
    "\"1768467662,10.0.0.1,10.0.0.3,1,2,T,I,D,B,,,,\"", "]", "}", "]", "}", "]", "}", "}", "]", "}",
];
const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];
/// So many of a kind at most in one place: beyond the decoder's read-ahead of 64 KiB.
const LONGEST: usize = 70_000;

#[derive(Default, PartialEq, Debug)]
struct Found {
    tuples: Vec<FlowTuple>,
    names: Vec<String>,
}

impl Sink for Found {
    fn record(&mut self, record: &RecordContext<'_>) {
        self.names.push(format!("{} {} {:?}", record.mac, record.resource, record.time_ms));
    }
    fn rule(&mut self, acl: &str, rule: &str) {
        self.names.push(format!("{acl} {rule}"));
    }
    fn tuple(&mut self, tuple: &FlowTuple) {
        self.tuples.push(*tuple);
    }
    fn malformed(&mut self, tuple: &MalformedTuple<'_>) {
        panic!("{tuple:?}");
    }
}

fn found(text: &str) -> Found {
    let mut found = Found::default();
    let decoded = Decoder::default().decode(text.as_bytes(), &mut found);
    assert!(decoded.problem.is_none(), "{:?}", decoded.problem);
    assert_eq!((decoded.records, decoded.tuples, decoded.left_out_bytes), (2, 3, 0));
    assert_eq!(decoded.bytes, text.len() as u64);
    found
}

// Where blanks go: a token, which kind, and how many.
libfuzzer_sys::fuzz_target!(|places: Vec<(u8, u8, u16)>| {
    let mut before = vec![String::new(); TOKENS.len() + 1];
    for (token, kind, count) in places.into_iter().take(4) {
        let blanks = BLANKS[usize::from(kind) % BLANKS.len()].to_string().repeat(usize::from(count).min(LONGEST));
        let place = usize::from(token) % before.len();
        before[place].push_str(&blanks);
    }
    let mut text = String::new();
    for (blanks, token) in before.iter().zip(TOKENS.iter().copied().chain([""])) {
        text.push_str(blanks);
        text.push_str(token);
    }
    assert_eq!(found(&text), found(&TOKENS.concat()));
});
