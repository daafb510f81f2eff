use crate::flow::{Counters, Encryption, State};
use crate::record::{Decoded, Decoder, LogKind, MalformedTuple, RecordContext, Sink};

use crate::flow::FlowTuple;

/// What was pushed, in words.
#[derive(Default)]
struct Pushed {
    records: Vec<(Option<i64>, String, LogKind, String)>,
    rules: Vec<(String, String)>,
    tuples: Vec<FlowTuple>,
    words: Vec<String>,
    malformed: Vec<(String, u64)>,
}

impl Sink for Pushed {
    fn record(&mut self, record: &RecordContext<'_>) {
        self.records.push((record.time_ms, record.mac.into(), record.kind, record.resource.into()));
    }
    fn rule(&mut self, acl: &str, rule: &str) {
        self.rules.push((acl.into(), rule.into()));
    }
    fn encryption_word(&mut self, word: &str) {
        self.words.push(word.into());
    }
    fn tuple(&mut self, tuple: &FlowTuple) {
        self.tuples.push(*tuple);
    }
    fn malformed(&mut self, tuple: &MalformedTuple<'_>) {
        self.malformed.push((tuple.reason.into(), tuple.offset));
    }
}

fn read(text: &str) -> (Pushed, Decoded) {
    let mut pushed = Pushed::default();
    let decoded = Decoder::default().decode(text.as_bytes(), &mut pushed);
    assert_eq!(decoded.tuples, pushed.tuples.len() as u64);
    assert_eq!(decoded.malformed, pushed.malformed.len() as u64);
    (pushed, decoded)
}

fn problem(decoded: &Decoded) -> String {
    decoded.problem.as_ref().map(ToString::to_string).unwrap_or_default()
}

const TUPLE: &str = "1764554401000,10.0.0.4,20.1.2.3,40001,443,6,O,E,NX,5,500,6,6000";

fn expected() -> FlowTuple {
    crate::record::tuple::parse(TUPLE).unwrap()
}

/// The record of [`TUPLE`], as Azure writes it.
fn record() -> String {
    format!(
        r#"{{"time":"2025-12-01T02:01:00Z","macAddress":"000D3A000001","category":"FlowLogFlowEvent","targetResourceID":"/vnet","flowRecords":{{"flows":[{{"aclID":"/nsg","flowGroups":[{{"rule":"web","flowTuples":["{TUPLE}"]}}]}}]}}}}"#
    )
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

#[test]
fn records_in_a_field_are_read_as_text_and_as_objects() {
    let record = record();
    let document = format!("{{\"records\":[{record}]}}");
    for text in [
        format!("{{\"message\":{}}}", quoted(&record)),
        format!("{{\"@timestamp\":\"2025\",\"message\":{},\"tags\":[\"a\"]}}", quoted(&document)),
        format!("{{\"body\":{document}}}"),
        format!("{{\"body\":{record},\"x\":1}}"),
        format!("{{\"preview\":false,\"result\":{{\"_raw\":{},\"_time\":\"1\"}}}}", quoted(&record)),
        format!("{{\"time\":1764554401.0,\"sourcetype\":\"azure\",\"event\":{}}}", quoted(&record)),
        format!("{{\"_index\":\"a\",\"_source\":{{\"event\":{{\"original\":{}}}}}}}", quoted(&record)),
        format!("[{{\"log\":{}}}]", quoted(&format!(" {record}\n"))),
        // Kept in two fields, it counts once.
        format!("{{\"message\":{0},\"event\":{{\"original\":{0}}}}}", quoted(&record)),
        // Logstash's split filter leaves one record in the place of the list.
        format!("{{\"records\":{record},\"@version\":\"1\"}}"),
        // A table of Splunk.
        format!("_time,_raw,host\n1,\"{}\",a\n", record.replace('"', "\"\"")),
    ] {
        let (pushed, decoded) = read(&text);
        assert_eq!(pushed.tuples, [expected()], "{text}");
        assert_eq!((decoded.records, problem(&decoded).as_str()), (1, ""), "{text}");
        assert_eq!(pushed.records[0].1, "000D3A000001");
        assert_eq!(pushed.rules, [("/nsg".to_owned(), "web".to_owned())]);
    }
}

#[test]
fn a_wrapped_record_that_breaks_off_is_told() {
    let record = record();
    let cut = &record[..record.len() - 4];
    let text = format!("{{\"message\":{}}}\n{{\"message\":{}}}\n", quoted(cut), quoted(&record));
    let (pushed, decoded) = read(&text);
    assert_eq!((pushed.tuples.len(), decoded.records, decoded.broken_records), (2, 2, 1));
    assert!(
        problem(&decoded).starts_with("a record in the object at byte 0 breaks off"),
        "{}",
        problem(&decoded)
    );
}

#[test]
fn wrappers_in_wrappers_end_somewhere() {
    let mut text = record();
    for _ in 0..12 {
        text = format!("{{\"message\":{}}}", quoted(&text));
    }
    let (pushed, decoded) = read(&text);
    assert!(pushed.tuples.is_empty());
    assert!(problem(&decoded).contains("its keys are message"), "{}", problem(&decoded));
}

#[test]
fn rows_of_one_tuple_are_read_by_the_names_of_many_pipelines() {
    let rows = [
        // Our own.
        r#"{"time_utc":"2025-12-01T02:00:01.000Z","time_ms":1764554401000,"record_time_utc":"2025-12-01T02:01:00.000Z","mac":"000D3A000001","log":"VNet","resource":"/vnet","nsg":"/nsg","rule":"web","direction":"O","source":"10.0.0.4","source_port":40001,"destination":"20.1.2.3","destination_port":443,"protocol":6,"protocol_name":"TCP","state":"E","decision":"allowed","encryption":"NX","packets_sent":5,"bytes_sent":500,"packets_received":6,"bytes_received":6000,"source_class":"private","destination_class":"internet","file":"a.json"}"#.to_owned(),
        // Functions that send events to Splunk.
        r#"{"time":1764554401000,"sourceAddress":"10.0.0.4","destinationAddress":"20.1.2.3","sourcePort":"40001","destinationPort":"443","protocol":"6","deviceDirection":"O","flowState":"E","encryption":"NX","packetsStoD":5,"bytesStoD":500,"packetsDtoS":6,"bytesDtoS":6000,"flowLogVersion":4,"mac":"000D3A000001","targetResourceID":"/vnet","aclID":"/nsg","rule":"web"}"#.to_owned(),
        format!(r#"{{"time":1764554401000,"flowTuple":"{TUPLE}","mac":"000D3A000001","targetResourceID":"/vnet","aclID":"/nsg","rule":"web"}}"#),
        // Logstash.
        format!(r#"{{"macAddress":"000D3A000001","targetResourceID":"/vnet","aclID":"/nsg","rule":"web","message":"{TUPLE}"}}"#),
        r#"{"unixtimestamp":"1764554401000","mac":"000D3A000001","resourceId":"/vnet","nsg":"/nsg","rule":"web","srcIp":"10.0.0.4","destIp":"20.1.2.3","srcPort":"40001","destPort":"443","protocol":"6","trafficflow":"O","traffic":"A","flowstate":"E","encryption":"NX","packetsSourceToDest":"5","bytesSentSource":"500","packetsDestToSource":"6","bytesSentDest":"6000"}"#.to_owned(),
        // Elastic's common schema, with objects in objects.
        r#"{"@timestamp":"2025-12-01T02:00:01Z","source":{"ip":"10.0.0.4","port":40001,"packets":5,"bytes":500},"destination":{"ip":"20.1.2.3","port":443,"packets":6,"bytes":6000},"network":{"transport":"tcp","direction":"outbound"},"state":"E","encryption":"NX","mac":"000D3A000001","resource":"/vnet","nsg":"/nsg","rule":{"name":"web"}}"#.to_owned(),
        // A custom table of Log Analytics.
        r#"{"TimeGenerated":"2025-12-01T02:00:01Z","MacAddress_s":"000D3A000001","TargetResourceId_s":"/vnet","AclId_s":"/nsg","Rule_s":"web","SrcIP_s":"10.0.0.4","DstIP_s":"20.1.2.3","SrcPort_d":40001.0,"DstPort_d":443.0,"Protocol_s":"6","FlowDirection_s":"O","FlowState_s":"E","Encryption_s":"NX","PacketsSrcToDst_d":5,"BytesSrcToDst_d":500,"PacketsDstToSrc_d":6,"BytesDstToSrc_d":6000}"#.to_owned(),
    ];
    for row in &rows {
        for text in [row.clone(), format!("[{row}]"), format!("{{\"event\":{}}}", quoted(row))] {
            let (pushed, decoded) = read(&text);
            assert_eq!(pushed.tuples, [expected()], "{text}");
            assert_eq!(problem(&decoded), "", "{text}");
            assert_eq!(
                (&pushed.records[0].1, pushed.records[0].2),
                (&"000D3A000001".to_owned(), LogKind::VNet)
            );
            assert_eq!(pushed.records[0].3, "/vnet");
            assert_eq!(pushed.rules, [("/nsg".to_owned(), "web".to_owned())], "{text}");
        }
    }
    let (pushed, decoded) = read(&rows.join("\n"));
    assert_eq!(
        (pushed.tuples.len(), decoded.records),
        (rows.len(), 2),
        "only the first tells its record's time"
    );
    assert_eq!(pushed.records[0].0, Some(1_764_554_460_000));
}

#[test]
fn a_row_without_state_or_counters_has_none() {
    let row = r#"{"category":"NetworkSecurityGroupFlowEvent","startTime":"1764554401","sourceAddress":"10.0.0.4","destinationAddress":"20.1.2.3","sourcePort":"40001","destinationPort":"443","transportProtocol":"T","deviceDirection":"I","deviceAction":"A","time":"2025-12-01T02:01:00Z","nsgRuleName":"web","mac":"m"}"#;
    let (pushed, _) = read(row);
    let tuple = pushed.tuples[0];
    assert_eq!(
        (tuple.state, tuple.counters, tuple.encryption),
        (State::Allow, None, Encryption::NotRecorded)
    );
    assert_eq!((tuple.time_ms, pushed.records[0].2), (1_764_554_401_000, LogKind::Nsg));
}

#[test]
fn a_table_is_read_whatever_stands_between_its_cells() {
    let header =
        ["time_ms", "source", "source_port", "destination", "destination_port", "protocol", "direction"];
    let header =
        [&header[..], &["state", "encryption", "packets_sent", "bytes_sent", "packets_received"]].concat();
    let row = [
        "1764554401000",
        "10.0.0.4",
        "40001",
        "20.1.2.3",
        "443",
        "6",
        "O",
        "E",
        "NX",
        "5",
        "500",
        "6",
        "6000",
    ];
    for separator in [",", ";", "\t"] {
        let header = format!("{}{separator}bytes_received", header.join(separator));
        for (start, end) in [("", "\n"), ("\u{feff}", "\r\n"), ("\n", "\n\n")] {
            let text = format!("{start}{header}{end}{0}{end}{0}", row.join(separator));
            let (pushed, decoded) = read(&text);
            assert_eq!(pushed.tuples, [expected(), expected()], "{text:?}");
            assert_eq!((decoded.bytes, problem(&decoded)), (text.len() as u64, String::new()));
        }
    }
}

#[test]
fn rows_that_cannot_be_read_are_told_with_their_place() {
    let good = "1764554401000,10.0.0.4,1,10.0.0.5,2,6,O,E";
    let header = "time_ms,source,source_port,destination,destination_port,protocol,direction,state";
    let text =
        format!("{header}\n{good}\n1764554401000,somewhere,1,10.0.0.5,2,6,O,E\n{good}\n1764554401000,10.0");
    let (pushed, decoded) = read(&text);
    assert_eq!((decoded.tuples, decoded.malformed), (2, 2));
    let second = (header.len() + 1 + good.len() + 1) as u64;
    assert_eq!(pushed.malformed[0], ("its source is no IP address".to_owned(), second));
    assert_eq!(pushed.malformed[1].0, "its protocol is no number or name");
}

#[test]
fn quotation_marks_without_end_do_not_fill_the_memory() {
    let header = "time_ms,source,source_port,destination,destination_port,protocol,direction,state\n\"";
    let endless = header.as_bytes().iter().copied().chain(std::iter::repeat_n(b'x', 40 << 20));
    let bytes: Vec<u8> = endless.collect();
    let decoded = Decoder::default().decode(&bytes[..], &mut Pushed::default());
    assert!(problem(&decoded).contains("a row of the table has more than 16 MiB"), "{}", problem(&decoded));
}

#[test]
fn what_is_not_understood_is_named_with_its_keys() {
    let (_, decoded) = read("{\"host\":\"a\",\"level\":\"info\",\"text\":\"hello\"}\n");
    let words = problem(&decoded);
    assert!(
        words
            .starts_with("no flow log: JSON without flow-log records, its keys are host, level, text; a row")
    );
    let (_, decoded) = read("name,age,town\nA,1,B\n");
    let words = problem(&decoded);
    assert!(
        words.starts_with("no flow log: a table with the columns name, age, town; a row of one tuple"),
        "{words}"
    );
    let (_, decoded) = read(&format!("[{},{{\"level\":1}}]", record()));
    assert!(
        problem(&decoded).ends_with("is no flow-log record, its keys are level"),
        "{}",
        problem(&decoded)
    );
    // Azure's own keep their own words.
    let (_, decoded) = read("{\"category\":\"AuditEvent\",\"properties\":{\"a\":1}}");
    assert!(problem(&decoded).contains("of category AuditEvent"));
    let (_, decoded) = read("just some text");
    assert_eq!(problem(&decoded), "no flow log: it is not JSON");
}

/// A row of Traffic Analytics. Figures by hand; addresses are of documentation.
fn summary(changes: &[(&str, &str)]) -> String {
    let mut row = serde_json::json!({
        "TimeGenerated": "2025-12-01T02:30:00Z", "SubType": "FlowLog", "FaSchemaVersion": "3",
        "FlowStartTime": "2025-12-01T02:00:01Z", "FlowEndTime": "2025-12-01T02:09:00Z",
        "FlowIntervalStartTime": "2025-12-01T02:00:00Z", "FlowIntervalEndTime": "2025-12-01T02:10:00Z",
        "MacAddress": "00-0D-3A-00-00-01", "TargetResourceId": "sub/rg/vnet", "AclGroup": "/nsg", "AclRule": "web",
        "FlowType": "IntraVNet", "SrcIp": "10.0.0.4", "DestIp": "10.0.0.5", "DestPort": "443", "L4Protocol": "T",
        "FlowDirection": "Outbound", "FlowStatus": "Allowed", "FlowEncryption": "Unencrypted",
        "AllowedInFlows": "0", "DeniedInFlows": "0", "AllowedOutFlows": "3", "DeniedOutFlows": "0",
        "PacketsSrcToDest": "5", "BytesSrcToDest": "500", "PacketsDestToSrc": "6", "BytesDestToSrc": "6000",
        "SrcPublicIps": "", "DestPublicIps": "", "TableName": "PrimaryResult"
    });
    for (key, value) in changes {
        row[*key] = (*value).into();
    }
    row.to_string()
}

#[allow(clippy::unnecessary_wraps)] // as tuples have them
fn counters(
    packets_sent: u64,
    bytes_sent: u64,
    packets_received: u64,
    bytes_received: u64,
) -> Option<Counters> {
    Some(Counters { packets_sent, bytes_sent, packets_received, bytes_received })
}

#[test]
fn a_summary_is_one_tuple_without_state_and_source_port() {
    let (pushed, decoded) = read(&format!("[{}]", summary(&[])));
    let tuple = pushed.tuples[0];
    assert_eq!((pushed.tuples.len(), problem(&decoded).as_str()), (1, ""));
    assert_eq!((tuple.state, tuple.time_ms), (State::Allow, 1_764_554_401_000));
    assert_eq!((tuple.source_port, tuple.destination_port, tuple.protocol.0), (0, 443, 6));
    assert_eq!((tuple.counters, tuple.encryption), (counters(5, 500, 6, 6000), Encryption::NotEncrypted));
    assert_eq!(pushed.records[0], (None, "00-0D-3A-00-00-01".into(), LogKind::VNet, "sub/rg/vnet".into()));
    assert_eq!(pushed.rules, [("/nsg".to_owned(), "web".to_owned())]);
}

#[test]
fn verdicts_are_told_by_the_numbers_of_flows_and_else_by_the_status() {
    let denied = [("FlowStatus", "Denied"), ("AllowedOutFlows", "0"), ("DeniedOutFlows", "2")];
    let tuple = read(&summary(&denied)).0.tuples[0];
    assert_eq!((tuple.state, tuple.counters), (State::Deny, None));
    let both = read(&summary(&[("DeniedOutFlows", "2")])).0.tuples;
    let states: Vec<State> = both.iter().map(|tuple| tuple.state).collect();
    assert_eq!((states.as_slice(), both[1].counters), (&[State::Allow, State::Deny][..], None));
    // All of its flows began before.
    let none = read(&summary(&[("AllowedOutFlows", "0")])).0.tuples;
    assert_eq!((none.len(), none[0].state), (1, State::Allow));
    let unknown = read(&summary(&[("AllowedOutFlows", "0"), ("FlowStatus", "")])).0;
    assert_eq!(unknown.malformed[0].0, "it has neither flows nor a status");
}

#[test]
fn public_addresses_are_unpacked_with_their_own_figures() {
    // Out of the NIC is from its source: 7 and 3 packets make 10.
    let packed = "20.1.2.3|1|1|7|8|700|800 20.1.2.4|2|2|3|2|300|200";
    let sums = [
        ("PacketsSrcToDest", "10"),
        ("BytesSrcToDest", "1000"),
        ("PacketsDestToSrc", "10"),
        ("BytesDestToSrc", "1000"),
    ];
    let row = summary(&[&sums[..], &[("DestIp", ""), ("DestPublicIps", packed)]].concat());
    let tuples = read(&row).0.tuples;
    let seen: Vec<_> = tuples.iter().map(|tuple| (tuple.destination.to_string(), tuple.counters)).collect();
    assert_eq!(
        seen,
        [("20.1.2.3".into(), counters(7, 700, 8, 800)), ("20.1.2.4".into(), counters(3, 300, 2, 200))]
    );
    // Into the NIC: what it sent is what came back.
    let inbound =
        [("FlowDirection", "Inbound"), ("SrcIp", ""), ("SrcPublicIps", packed), ("DestIp", "10.0.0.5")];
    let inward = [
        ("PacketsSrcToDest", "10"),
        ("BytesSrcToDest", "1000"),
        ("PacketsDestToSrc", "10"),
        ("BytesDestToSrc", "1000"),
    ];
    let tuples = read(&summary(&[&inbound[..], &inward].concat())).0.tuples;
    let seen: Vec<_> = tuples.iter().map(|tuple| (tuple.source.to_string(), tuple.counters)).collect();
    assert_eq!(
        seen,
        [("20.1.2.3".into(), counters(8, 800, 7, 700)), ("20.1.2.4".into(), counters(2, 200, 3, 300))]
    );
    // The row's own sums decide where they tell the other way round.
    let packed = "20.1.2.3|1|1|7|1|700|100 20.1.2.4|2|2|3|1|300|100";
    let other = [
        ("PacketsSrcToDest", "2"),
        ("BytesSrcToDest", "200"),
        ("PacketsDestToSrc", "10"),
        ("BytesDestToSrc", "1000"),
    ];
    let tuples =
        read(&summary(&[&other[..], &[("DestIp", ""), ("DestPublicIps", packed)]].concat())).0.tuples;
    assert_eq!(tuples[0].counters, counters(1, 100, 7, 700));
    // Of one address, the row's figures are its own.
    let tuples = read(&summary(&[("DestIp", ""), ("DestPublicIps", "20.1.2.3|1|1|0|0|0|0")])).0.tuples;
    assert_eq!(tuples[0].counters, counters(5, 500, 6, 6000));
}

#[test]
fn bytes_that_nobody_can_share_out_are_no_guess() {
    let row = summary(&[("DestIp", ""), ("DestPublicIps", "20.1.2.3 20.1.2.4")]);
    let (pushed, _) = read(&row);
    assert_eq!(pushed.tuples.len(), 0);
    assert!(pushed.malformed[0].0.contains("several addresses"));
    let row = summary(&[("DestIp", ""), ("DestPublicIps", "20.1.2.3|1|x")]);
    assert_eq!(read(&row).0.malformed[0].0, "its destination is no IP address");
    let row = summary(&[
        ("SrcIp", ""),
        ("SrcPublicIps", "20.1.2.3"),
        ("DestIp", ""),
        ("DestPublicIps", "20.1.2.4"),
    ]);
    assert_eq!(read(&row).0.malformed[0].0, "both of its ends are lists of addresses");
}

#[test]
fn the_table_of_security_groups_logs_tells_in_and_out() {
    let row = r#"{"SubType_s":"FlowLog","FlowStartTime_t":"2025-12-01T02:00:01Z","SrcIP_s":"","SrcPublicIPs_s":"20.1.2.3|1|1|6|5|6000|500","DestIP_s":"10.0.0.5","DestPort_d":443.0,"L4Protocol_s":"T","FlowDirection_s":"I","FlowStatus_s":"A","NSGList_s":"sub/rg/nsg","NSGRule_s":"web","MACAddress_s":"000D3A000001","AllowedInFlows_d":1.0,"DeniedInFlows_d":0.0,"AllowedOutFlows_d":0.0,"DeniedOutFlows_d":0.0,"InboundPackets_d":5.0,"OutboundPackets_d":6.0,"InboundBytes_d":500.0,"OutboundBytes_d":6000.0}"#;
    let (pushed, decoded) = read(row);
    assert_eq!((pushed.tuples[0].counters, problem(&decoded).as_str()), (counters(5, 500, 6, 6000), ""));
    assert_eq!(
        (pushed.records[0].2, pushed.tuples[0].source.to_string().as_str()),
        (LogKind::Nsg, "20.1.2.3")
    );
    assert_eq!(pushed.rules, [("sub/rg/nsg".to_owned(), "web".to_owned())]);
    let (_, decoded) = read(
        r#"{"SubType_s":"Topology","FlowStartTime_t":"","SrcIP_s":"","DestIP_s":"","DestPort_d":1,"L4Protocol_s":"","FlowDirection_s":"","FlowStatus_s":""}"#,
    );
    assert!(problem(&decoded).starts_with("no flow log"));
}

#[test]
fn the_portal_writes_a_table_with_zones_in_its_names() {
    let text = "\u{feff}\"TimeGenerated [UTC]\",FlowStartTime [UTC],SrcIp,DestIp,DestPort,L4Protocol,FlowDirection,FlowStatus,AllowedOutFlows,BytesSrcToDest\n\
                \"12/1/2025, 2:30:00.000 AM\",\"12/1/2025, 2:00:01.000 AM\",10.0.0.4,10.0.0.5,443,T,Outbound,Allowed,1,500\n";
    let (pushed, decoded) = read(text);
    assert_eq!((pushed.tuples.len(), problem(&decoded).as_str()), (1, ""));
    assert_eq!(
        (pushed.tuples[0].time_ms, pushed.tuples[0].counters),
        (1_764_554_401_000, counters(0, 500, 0, 0))
    );
}
