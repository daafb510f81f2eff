//! The short way through a record against the JSON library: any bytes mean the same to both.

use std::io::{self, Read};

use flowlog_core::flow::FlowTuple;
use flowlog_core::record::{Decoder, MalformedTuple, RecordContext, SeenRecords, Sink};
use flowlog_testkit::scenario::{Format, Scenario, Volume};
use proptest::prelude::*;
use proptest::sample::Index;

/// Every call of a sink, in words and in order.
#[derive(Default, PartialEq, Debug)]
struct Calls(Vec<String>);

impl Sink for Calls {
    fn record(&mut self, record: &RecordContext<'_>) {
        self.0.push(format!("{record:?}"));
    }
    fn rule(&mut self, acl: &str, rule: &str) {
        self.0.push(format!("{acl:?} {rule:?}"));
    }
    fn encryption_word(&mut self, word: &str) {
        self.0.push(format!("word {word:?}"));
    }
    fn tuple(&mut self, tuple: &FlowTuple) {
        self.0.push(format!("{tuple:?}"));
    }
    fn malformed(&mut self, tuple: &MalformedTuple<'_>) {
        self.0.push(format!("{tuple:?}"));
    }
}

/// Hands out `step` bytes a read.
struct Drip<'a>(&'a [u8], usize);

impl Read for Drip<'_> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        let length = self.1.min(self.0.len()).min(space.len());
        let (now, later) = self.0.split_at(length);
        space[..length].copy_from_slice(now);
        self.0 = later;
        Ok(length)
    }
}

/// What is found in `files`, read one after the other: the second may repeat records of the first.
fn found(mut decoder: Decoder, files: &[&[u8]], step: usize) -> (Calls, Vec<String>) {
    let mut calls = Calls::default();
    let mut seen = SeenRecords::default();
    let mut read = |file: &&[u8]| {
        let decoded = decoder.decode_new(Drip(file, step), &mut calls, Some(&mut seen));
        calls.0.push("end of file".to_owned());
        format!("{decoded:?}")
    };
    let decoded = files.iter().map(&mut read).collect();
    (calls, decoded)
}

fn agree(files: &[&[u8]], step: usize) -> Result<(), TestCaseError> {
    let walked = found(Decoder::default(), files, step);
    let library = found(Decoder::library_only(), files, step);
    let text = || files.iter().map(|file| String::from_utf8_lossy(file)).collect::<Vec<_>>().join("\n---\n");
    prop_assert_eq!(&walked.1, &library.1, "{}", text());
    for (place, (walked, library)) in walked.0.0.iter().zip(&library.0.0).enumerate() {
        prop_assert_eq!(walked, library, "call {} of {}", place, text());
    }
    prop_assert_eq!(walked.0.0.len(), library.0.0.len(), "{}", text());
    Ok(())
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => (0..3000_u32).prop_map(|number| number.to_string()),
        2 => any::<u32>().prop_map(|number| number.to_string()),
        1 => any::<u64>().prop_map(|number| number.to_string()),
        1 => "0{0,3}[0-9]{0,9}",
    ]
}

fn address() -> impl Strategy<Value = String> {
    prop_oneof![
        12 => any::<[u8; 4]>().prop_map(|octets| std::net::Ipv4Addr::from(octets).to_string()),
        2 => any::<[u8; 16]>().prop_map(|octets| std::net::Ipv6Addr::from(octets).to_string()),
        1 => "(0?[0-9]{1,3}\\.){3}[0-9]{1,4}",
    ]
}

fn tuple() -> impl Strategy<Value = String> {
    let counters = prop_oneof![
        3 => Just("0,0,0,0".to_owned()),
        1 => Just(",,,".to_owned()),
        5 => (number(), number(), number(), number()).prop_map(|(a, b, c, d)| format!("{a},{b},{c},{d}")),
    ];
    let head = ("17[0-9]{11}|17[0-9]{8}|[0-9]{9,14}", address(), address(), number(), number());
    let vnet = ("6|17|1|[0-9]{1,3}", "I|O", "B|C|E|D", "NX|X|NX_FALLBACK|NX_HW_NOT_SUPPORTED|NX_ODD");
    let nsg = ("T|U", "I|O", "A|D", prop_oneof![Just("B"), Just("C"), Just("E"), Just("")]);
    (head, vnet, nsg, counters, 0..8_u8).prop_map(|(head, vnet, nsg, counters, which)| {
        let (time, source, destination, from, to) = head;
        let head = format!("{time},{source},{destination},{from},{to}");
        match which {
            0 => format!("{head},{},{},{}", nsg.0, nsg.1, nsg.2),
            1 | 2 => format!("{head},{},{},{},{},{counters}", nsg.0, nsg.1, nsg.2, nsg.3),
            _ => format!("{head},{},{},{},{},{counters}", vnet.0, vnet.1, vnet.2, vnet.3),
        }
    })
}

/// A record with the gaps between its tokens as given.
fn record() -> impl Strategy<Value = String> {
    let lists = proptest::collection::vec(proptest::collection::vec(tuple(), 0..5), 1..4);
    let gap = prop_oneof![4 => Just(""), 1 => Just(" "), 1 => Just("\r\n      ")];
    (lists, gap, any::<bool>(), 0..60_u8, any::<bool>()).prop_map(|(lists, gap, is_nsg, second, sorted)| {
        let quoted = |list: &Vec<String>| {
            let quoted: Vec<String> = list.iter().map(|tuple| format!("\"{tuple}\"")).collect();
            format!("[{gap}{}{gap}]", quoted.join(&format!("{gap},{gap}")))
        };
        let time = format!("\"time\":{gap}\"2026-01-02T03:04:{second:02}.678Z\"");
        if is_nsg {
            let flow =
                |list| format!("{{\"mac\":\"000D3A00000{second}\",\"flowTuples\":{gap}{}}}", quoted(list));
            let flows: Vec<String> = lists.iter().map(flow).collect();
            format!(
                "{{{time},{gap}\"category\":\"NetworkSecurityGroupFlowEvent\",\"resourceId\":\"/S/NSG\",\
                 \"properties\":{{\"Version\":2,\"flows\":[{{\"rule\":\"R\u{e9}\",\"flows\":[{}]}}]}}}}",
                flows.join(",")
            )
        } else {
            let rule = "R".repeat(usize::from(second) * 5);
            let group = |list| format!("{{\"rule\":\"{rule}\",{gap}\"flowTuples\":{}}}{gap}", quoted(list));
            let groups: Vec<String> = lists.iter().map(group).collect();
            let flows = format!(
                "\"flowRecords\":{{\"flows\":[{{\"aclID\":\"/s/acl\",{gap}\"flowGroups\":[{}]}}]}}",
                groups.join(",")
            );
            let names = "\"macAddress\":\"000D3A000003\",\"targetResourceID\":\"/s/vnet\"";
            if sorted {
                format!("{{{flows},{gap}{names},{time}}}{gap}")
            } else {
                format!(
                    "{{{time},{names},\"category\":\"FlowLogFlowEvent\",\"flowLogVersion\":4,{gap}{flows}}}"
                )
            }
        }
    })
}

/// Several records as a file of any of the shapes that are read.
fn document() -> impl Strategy<Value = Vec<u8>> {
    (proptest::collection::vec(record(), 1..5), 0..5_u8).prop_map(|(records, shape)| {
        let list = records.join(",");
        let text = match shape {
            0 => records.join("\n"),
            1 => format!("[{list}]"),
            2 => format!(",{list}]}}"),
            _ => format!("{{\"records\":[{list}]}}"),
        };
        text.into_bytes()
    })
}

/// Changes one place of a file.
#[derive(Clone, Debug)]
enum Change {
    Put(Index, &'static str),
    Replace(Index, u8),
    Remove(Index, usize),
    Repeat(Index, usize),
    Cut(Index),
}

const PIECES: [&str; 28] = [
    "\\",
    "\\u0041",
    "\\\"",
    "\"",
    ",",
    ":",
    "{",
    "}",
    "[",
    "]",
    " ",
    "\t",
    "\u{0}",
    "\u{1f}",
    "\u{e9}",
    "null",
    "-1",
    "1e999",
    "1234567890123456789012",
    "{\"time\":",
    "\"records\":[",
    "\"flowTuples\":[],",
    "\"time\":\"x\",",
    "\"rule\":\"x\",",
    "{},",
    "\"a\":{\"b\":[]},",
    "\"1768442369475,10.0.0.1,10.0.0.2\",",
    "\"TIME\":1,",
];

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => (any::<Index>(), proptest::sample::select(PIECES.to_vec())).prop_map(|(at, text)| Change::Put(at, text)),
        4 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Change::Replace(at, byte)),
        4 => (any::<Index>(), 0x20..0x7f_u8).prop_map(|(at, byte)| Change::Replace(at, byte)),
        3 => (any::<Index>(), 1..40_usize).prop_map(|(at, length)| Change::Remove(at, length)),
        2 => (any::<Index>(), 1..300_usize).prop_map(|(at, length)| Change::Repeat(at, length)),
        1 => any::<Index>().prop_map(Change::Cut),
    ]
}

fn changed(mut bytes: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for change in changes {
        let place = |at: &Index| at.index(bytes.len().max(1)).min(bytes.len());
        match change {
            Change::Put(at, text) => {
                let at = place(at);
                bytes.splice(at..at, text.bytes());
            }
            Change::Replace(at, byte) => {
                let at = place(at);
                if let Some(old) = bytes.get_mut(at) {
                    *old = *byte;
                }
            }
            Change::Remove(at, length) => {
                let at = place(at);
                bytes.drain(at..(at + length).min(bytes.len()));
            }
            Change::Repeat(at, length) => {
                let at = place(at);
                let again = bytes[at..(at + length).min(bytes.len())].to_vec();
                bytes.splice(at..at, again);
            }
            Change::Cut(at) => bytes.truncate(place(at)),
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn changed_files_mean_the_same(
        file in document(),
        changes in proptest::collection::vec(change(), 0..4),
        step in prop_oneof![Just(usize::MAX), 1..300_usize],
    ) {
        let other = changed(file.clone(), &changes);
        agree(&[&file, &other, &file], step)?;
        agree(&[&other, &file], step)?;
    }
}

/// What Azure would write: larger than the read-ahead, so that records stand across its borders.
fn blob(format: Format) -> Vec<u8> {
    let scenario = Scenario { format, volume: Volume::Tuples(6000), nics: 1, ..Scenario::default() };
    let (blobs, _) = scenario.collect();
    blobs.into_iter().map(|(_, bytes)| bytes).max_by_key(Vec::len).unwrap()
}

#[test]
fn whole_blobs_mean_the_same_wherever_they_break() {
    for format in [Format::VNet, Format::NsgV1, Format::NsgV2] {
        let whole = blob(format);
        assert!(whole.len() > 130_000, "{} bytes", whole.len());
        for step in [usize::MAX, 4096, 777] {
            agree(&[&whole, &whole], step).unwrap();
        }
        for cut in (0..whole.len()).step_by(whole.len() / 23) {
            agree(&[&whole[..cut], &whole], usize::MAX).unwrap();
        }
        for at in (0..whole.len()).step_by(whole.len() / 29) {
            for byte in [b'"', b'\\', b'}', 0xff] {
                let mut broken = whole.clone();
                broken[at] = byte;
                agree(&[&broken, &whole], usize::MAX).unwrap();
            }
        }
    }
}

#[test]
fn records_too_long_for_the_short_way_mean_the_same() {
    let tuple = "\"1768442369475,10.10.5.19,10.10.1.14,55235,443,6,O,E,X,15,3907,21,25596\",";
    for (blanks, tuples) in [(0, 15_000), (900_000, 3000), (1_100_000, 10)] {
        let list = tuple.repeat(tuples);
        let list = list.trim_end_matches(',');
        let gap = " ".repeat(blanks);
        let record = format!(
            "{{\"time\":\"2026-01-02T03:04:05Z\",{gap}\"flowRecords\":{{\"flows\":[{{\"aclID\":\"a\",\
             \"flowGroups\":[{{\"rule\":\"r\",\"flowTuples\":[{list}]}}]}}]}}}}"
        );
        let file = format!("{{\"records\":[{record},{record}]}}");
        agree(&[file.as_bytes()], usize::MAX).unwrap();
        let broken = file.replacen("\"flowGroups\"", "\"flowGroups\":[{\"x\":{\"time\":1}}],\"y\"", 1);
        agree(&[broken.as_bytes()], usize::MAX).unwrap();
    }
}
