//! What the short way takes, and what it leaves to the library. That both mean the same is held by `tests/walker.rs`.

use super::*;
use crate::record::framing::Buffer;

const TUPLE: &str = "1768442369475,10.10.5.19,10.10.1.14,55235,443,6,O,E,X,15,3907,21,25596";

/// Number of tuples of a record that is taken whole.
fn taken(record: &str) -> Option<usize> {
    let mut walker = Walker::default();
    let text = format!("{record},{{");
    let mut buffer = Buffer::default();
    let mut input = Framer::new(text.as_bytes(), &mut buffer);
    input.read_on();
    let length = walker.walk(&mut input)?;
    assert_eq!(length, record.len(), "{record}");
    Some(walker.batch().len())
}

fn vnet(members: &str, tuples: &str) -> String {
    format!(
        r#"{{"time":"2026-01-15T02:00:32.6Z","macAddress":"6045BD5CC00F","targetResourceID":"/s/vnet",{members}
        "flowRecords":{{"flows":[{{"aclID":"/s/nsg","flowGroups":[{{"rule":"R","flowTuples":[{tuples}]}}]}}]}}}}"#
    )
}

#[test]
fn records_as_azure_writes_them_are_taken() {
    let two = format!("\"{TUPLE}\",\"{TUPLE}\"");
    assert_eq!(taken(&vnet("", &two)), Some(2));
    assert_eq!(taken(&vnet("", "")), Some(0));
    let usual = r#""category":"FlowLogFlowEvent","flowLogGUID":"0ef7","flowLogVersion":4,"x":null,"y":true,"#;
    assert_eq!(taken(&vnet(usual, &two)), Some(2));
    let gaps = two.replace("\",\"", "\" ,\r\n \"");
    assert_eq!(taken(&vnet("\r\n\t", &gaps).replace(':', " : ")), Some(2));
    let sixes = two.replace("10.10.1.14", "fd00::1");
    assert_eq!(taken(&vnet("", &sixes)), Some(2));
    let sorted = format!(
        r#"{{"flowRecords":{{"flows":[{{"flowGroups":[{{"flowTuples":[{two}],"rule":"R"}}],"aclID":"a"}}]}},"time":"x"}}"#
    );
    assert_eq!(taken(&sorted), Some(2));
    for tuple in [
        "1493763938,185.170.185.105,10.2.0.4,35370,23,T,I,A,B,,,,",
        "1493763938,185.170.185.105,10.2.0.4,35370,23,U,I,D,C,1,2,3,4",
        "1493763938,185.170.185.105,10.2.0.4,35370,23,T,I,A",
    ] {
        let nsg = format!(
            r#"{{"time":"2017-05-02T22:00:32.1Z","resourceId":"/S/NSG","properties":{{"Version":2,
            "flows":[{{"rule":"R","flows":[{{"mac":"000D3AF87856","flowTuples":["{tuple}"]}}]}}]}}}}"#
        );
        assert_eq!(taken(&nsg), Some(1), "{nsg}");
    }
}

#[test]
fn what_is_odd_is_left_to_the_library() {
    let one = format!("\"{TUPLE}\"");
    for members in [
        r#""time":"2026-01-15T02:00:33.6Z","#,
        r#""properties":{"flows":[]},"#,
        r#""records":[],"#,
        r#""x":{"y":1},"#,
        r#""x":[],"#,
        r#""x":1.5,"#,
        r#""x":-1,"#,
        r#""x":01,"#,
        r#""x":1234567890123456,"#,
        r#""x":"a\u0041","#,
        "\"x\":\"a\tb\",",
        r#""x":tru,"#,
        r#""x":1 2,"#,
        r#""x" 1,"#,
        r#""x":1,,"#,
        "x:1,",
        r#""x":" 1768442369475,10.10.5.19,10.10.1.14","#,
    ] {
        assert_eq!(taken(&vnet(members, &one)), None, "{members}");
    }
    for tuples in [
        "1",
        "null",
        "[]",
        "\"\"",
        &format!("{one},"),
        &format!("{one} {one}"),
        &one.replace(",X,", ",NX_NEW,"),
        &one.replace("443", "70000"),
        &one.replace("443", "443\\u002c"),
        &one.replace("10.10.5.19", "010.10.5.19"),
        &one.replace("10.10.5.19", "256.10.5.19"),
        &one.replace("10.10.5.19", "10.10.519"),
    ] {
        assert_eq!(taken(&vnet("", tuples)), None, "{tuples}");
    }
    for record in [
        "{}",
        r#"{"time":"x"}"#,
        r#"{"flowRecords":{}}"#,
        r#"{"flowRecords":{"flows":null}}"#,
        r#"{"flowRecords":{"flows":[]"#,
    ] {
        assert_eq!(taken(record), None, "{record}");
    }
    let named = |length| vnet("", &one).replace("\"R\"", &format!("\"{}\"", "R".repeat(length)));
    assert_eq!(taken(&named(MAX_NAME_BYTES)), Some(1));
    assert_eq!(taken(&named(MAX_NAME_BYTES + 1)), None, "the name would have to be cut");
    assert_eq!(taken(r#"{"flowRecords":{"flows":[]}}"#), Some(0));
    assert_eq!(taken(r#"{"flowRecords":{"flows":[{"aclID":"a"}]}}"#), None);
}

#[test]
fn bytes_that_are_no_utf_8_are_left_to_the_library() {
    let record = vnet(r#""x":"?","#, "");
    let mut bytes = record.clone().into_bytes();
    let at = record.find('?').unwrap();
    *bytes.get_mut(at).unwrap() = 0xff;
    let mut buffer = Buffer::default();
    let mut input = Framer::new(bytes.as_slice(), &mut buffer);
    input.read_on();
    assert_eq!(Walker::default().walk(&mut input), None);
}

#[test]
fn attempts_become_rare_where_they_are_in_vain() {
    let odd = vnet("", &format!("{},1", [format!("\"{TUPLE}\"").as_str(); 20].join(",")));
    let fine = vnet("", &format!("\"{TUPLE}\""));
    let mut walker = Walker::default();
    let mut attempts = |record: &str, times: usize| {
        let mut walked = 0;
        for _ in 0..times {
            let mut buffer = Buffer::default();
            let mut input = Framer::new(record.as_bytes(), &mut buffer);
            input.read_on();
            walked += usize::from(walker.waiting == 0);
            walker.walk(&mut input);
        }
        walked
    };
    assert_eq!(attempts(&odd, 1000), 6 + 14, "after pauses of 1, 3, 7, 15, 31 and then 63 each time");
    assert_eq!(
        attempts(&fine, 1000),
        1000 - 22,
        "once the last pause is over and it goes well, there is none"
    );
}
