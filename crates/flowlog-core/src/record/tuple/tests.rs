use super::*;

fn ok(text: &str) -> FlowTuple {
    parse(text).unwrap()
}

#[test]
fn a_real_vnet_tuple_keeps_every_field() {
    let tuple = ok("1766848280798,2.248.39.208,10.1.1.4,52200,22,6,I,E,NX,1,160,2,66");
    assert_eq!(tuple.time_ms, 1_766_848_280_798);
    assert_eq!(tuple.source.to_string(), "2.248.39.208");
    assert_eq!(tuple.destination.to_string(), "10.1.1.4");
    assert_eq!((tuple.source_port, tuple.destination_port), (52200, 22));
    assert_eq!(tuple.protocol, Protocol::TCP);
    assert_eq!(tuple.direction, Direction::Inbound);
    assert_eq!(tuple.state, State::End);
    assert_eq!(tuple.encryption, Encryption::NotEncrypted);
    let counters = Counters { packets_sent: 1, bytes_sent: 160, packets_received: 2, bytes_received: 66 };
    assert_eq!(tuple.counters, Some(counters));
}

#[test]
fn thirteen_fields_mean_something_else_in_an_nsg_log() {
    let tuple = ok("1578673977,10.201.4.6,10.244.2.21,53763,80,T,O,A,E,4,246,2,126");
    assert_eq!(tuple.time_ms, 1_578_673_977_000);
    assert_eq!(tuple.state, State::End);
    assert_eq!(tuple.encryption, Encryption::NotRecorded);
    assert_eq!(tuple.counters.unwrap().bytes_sent, 246);
    assert_eq!(ok("1578673977,1.2.3.4,1.2.3.5,1,53,U,I,D,B,,,,").state, State::Deny);
}

#[test]
fn nsg_version_1_says_only_allowed_or_denied() {
    let tuple = ok("1527644123,10.1.0.5,10.1.1.4,51435,80,T,I,A");
    assert_eq!((tuple.state, tuple.counters), (State::Allow, None));
    assert_eq!(ok("1527644123,10.1.0.5,10.1.1.4,51435,80,T,I,D").state, State::Deny);
}

#[test]
fn empty_counters_are_not_zero() {
    assert_eq!(ok("1766848280798,1.2.3.4,1.2.3.5,1,2,6,I,B,NX,,,,").counters, None);
    let zero = ok("1766848280798,1.2.3.4,1.2.3.5,1,2,6,I,B,NX,0,0,0,0").counters;
    assert_eq!(zero, Some(Counters::default()));
    let some = ok("1766848280798,1.2.3.4,1.2.3.5,1,2,6,I,C,NX,3,,,9").counters.unwrap();
    assert_eq!((some.packets_sent, some.bytes_received), (3, 9));
}

#[test]
fn ipv6_and_every_encryption_word() {
    assert_eq!(ok("1766848280798,fd00::1,2001:db8::2,0,0,58,O,C,X,1,2,3,4").source.to_string(), "fd00::1");
    for value in Encryption::ALL {
        if !matches!(value, Encryption::NotRecorded | Encryption::Unknown) {
            let text = format!("1766848280798,1.1.1.1,1.1.1.2,1,2,6,I,B,{},0,0,0,0", value.word());
            assert_eq!(ok(&text).encryption, value);
        }
    }
    let unknown = ok("1766848280798,1.1.1.1,1.1.1.2,1,2,6,I,B,NX_NEW,0,0,0,0");
    assert_eq!(unknown.encryption, Encryption::Unknown);
}

#[test]
fn each_fault_has_its_reason() {
    let cases = [
        ("", TupleFault::FieldCount),
        ("1766848280798,1.2.3.4,1.2.3.5,1,2,6,I,B,NX,0,0,0", TupleFault::FieldCount),
        ("1766848280798,1.2.3.4,1.2.3.5,1,2,6,I,B,NX,0,0,0,0,0", TupleFault::FieldCount),
        ("x,1.2.3.4,1.2.3.5,1,2,6,I,B,NX,0,0,0,0", TupleFault::Time),
        ("99999999999999999,1.2.3.4,1.2.3.5,1,2,6,I,B,NX,0,0,0,0", TupleFault::Time),
        ("1766848280798,1.2.3.256,1.2.3.5,1,2,6,I,B,NX,0,0,0,0", TupleFault::Source),
        ("1766848280798,1.2.3.4,1.2.3,1,2,6,I,B,NX,0,0,0,0", TupleFault::Destination),
        ("1766848280798,1.2.3.4,1.2.3.5,65536,2,6,I,B,NX,0,0,0,0", TupleFault::SourcePort),
        ("1766848280798,1.2.3.4,1.2.3.5,1,-2,6,I,B,NX,0,0,0,0", TupleFault::DestinationPort),
        ("1766848280798,1.2.3.4,1.2.3.5,1,2,256,I,B,NX,0,0,0,0", TupleFault::Protocol),
        ("1766848280798,1.2.3.4,1.2.3.5,1,2,6,X,B,NX,0,0,0,0", TupleFault::Direction),
        ("1766848280798,1.2.3.4,1.2.3.5,1,2,6,I,Q,NX,0,0,0,0", TupleFault::State),
        ("1578673977,1.2.3.4,1.2.3.5,1,2,T,I,Q,B,0,0,0,0", TupleFault::State),
        ("1578673977,1.2.3.4,1.2.3.5,1,2,T,I,A,", TupleFault::FieldCount),
        ("1766848280798,1.2.3.4,1.2.3.5,1,2,6,I,E,NX,0,x,0,0", TupleFault::Counter),
        ("1766848280798,1.2.3.4,1.2.3.5,1,2,6,I,E,NX,0,99999999999999999999,0,0", TupleFault::Counter),
    ];
    for (text, fault) in cases {
        assert_eq!(parse(text), Err(fault), "{text}");
    }
}
