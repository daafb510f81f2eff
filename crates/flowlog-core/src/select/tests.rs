//! What filters let through, condition by condition.

mod errors;
mod page;
mod twin;
mod written;

use super::*;
use crate::flow::{Counters, Direction, Protocol, State};

const NSG: &str =
    "/SUBSCRIPTIONS/S/RESOURCEGROUPS/RG-WEB/PROVIDERS/MICROSOFT.NETWORK/NETWORKSECURITYGROUPS/SHOP-NSG";
const PLACE: Place<'_> = Place {
    mac: "000D3A1B2C3D",
    resource: "/subscriptions/s/resourcegroups/rg-net/providers/microsoft.network/virtualnetworks/hub",
    acl: NSG,
    rule: "UserRule_Allow-HTTPS",
};

fn tuple() -> FlowTuple {
    FlowTuple {
        time_ms: 1_000,
        source: "10.0.0.4".parse().unwrap(),
        destination: "203.0.113.9".parse().unwrap(),
        source_port: 50_000,
        destination_port: 443,
        protocol: Protocol::TCP,
        direction: Direction::Outbound,
        state: State::End,
        encryption: Encryption::NotEncrypted,
        counters: Some(Counters {
            packets_sent: 3,
            bytes_sent: 200,
            packets_received: 4,
            bytes_received: 5_000,
        }),
    }
}

fn key(tuple: &FlowTuple) -> ConnectionKey<IpAddr> {
    ConnectionKey {
        source: tuple.source,
        destination: tuple.destination,
        source_port: tuple.source_port,
        destination_port: tuple.destination_port,
        protocol: tuple.protocol,
    }
}

fn filter(text: &str) -> Filter {
    Filter::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Whether the tuple is admitted, and whether the connection of that tuple alone matches.
fn asks(text: &str, tuple: &FlowTuple, outcome: Outcome) -> (bool, bool) {
    let filter = filter(text);
    let connection = match outcome {
        Outcome::Denied => Connection::denied(tuple),
        _ => Connection::of(tuple),
    };
    let encryption = tuple.encryption;
    let facts = Facts { key: key(tuple), place: PLACE, connection: &connection, outcome, encryption };
    (filter.bind(&PLACE).admits(tuple), filter.matches(&facts))
}

#[test]
fn conditions_of_tuples_are_decided_by_each() {
    for (text, holds) in [
        ("any", true),
        ("not any", false),
        ("host 10.0.0.4", true),
        ("host 203.0.113.0/24", true),
        ("host ::ffff:10.0.0.4", true),
        ("host 10.0.0.5", false),
        ("host != 10.0.0.4", false),
        ("src 10.0.0.4", true),
        ("dst 10.0.0.4", false),
        ("src host 10.0.0.4 and dst net 203.0.113.0/24", true),
        ("SRC IP 10.0.0.4 AND NOT DST IP 10.0.0.4", true),
        ("dst in 203.0.113.0/24", true),
        ("dst not in [203.0.113.0/24, 10.0.0.0/8]", false),
        ("host in [192.0.2.1 fd00::/8, 10.0.0.4]", true),
        ("host 0.0.0.0/0", true),
        ("host ::/0", false),
        ("port 443", true),
        ("port = 443/tcp", true),
        ("port 443/udp", false),
        ("port != 443/udp", true),
        ("dst port 443", true),
        ("src port 443", false),
        ("src port > 1023", true),
        ("port < 443", false),
        ("port <= 443", true),
        ("port >= 444", false),
        ("port 400-500/6", true),
        ("port in [22, 3389 400-500]", true),
        ("port in [1,3,5,7,9,443]", true),
        ("port not in [1,3,5,7,9,443]", false),
        ("proto tcp", true),
        ("protocol in [17, esp]", false),
        ("protocol = 6", true),
        ("tcp and not udp", true),
        ("direction out", true),
        ("direction in", false),
        ("direction = in", false),
        ("direction in [in, out]", true),
        ("direction in or direction out", true),
        ("inbound || outbound", true),
        ("rule Allow-HTTPS", true),
        ("rule userrule_allow*", true),
        ("rule allow-http", false),
        ("rule '*'", true),
        ("nsg shop-nsg", true),
        ("nsg *web*", false),
        ("nsg */rg-web/*", true),
        ("nsg != shop*", false),
        ("resource hub", true),
        ("mac 00:0d:3a:1b:2c:3d", true),
        ("mac 00-0D-3A-1B-2C-3D", true),
        ("mac 000d3a*", true),
        ("mac 000d3b*", false),
        ("class private", true),
        ("src class public", false),
        ("dst class documentation", true),
        ("dst class in [public, documentation]", true),
        ("encryption nx", true),
        ("encryption unencrypted", true),
        ("encryption dropped", false),
        ("denied", false),
        ("allowed", true),
        ("outcome != denied", true),
        ("(port 22 or port 443) && !(src 10.0.0.4 && denied)", true),
        ("port 22 or port 443 and denied", false),
        ("not not port 443", true),
    ] {
        assert_eq!(asks(text, &tuple(), Outcome::Completed), (holds, holds), "{text}");
        assert!(!filter(text).needs_connection(), "{text}");
    }
}

#[test]
fn conditions_of_connections_may_hold_of_any_tuple() {
    for (text, admits, matches) in [
        ("bytes > 5k", true, true),
        ("bytes < 5k", true, false),
        ("not bytes < 5k", true, true),
        ("bytes = 5200", true, true),
        ("bytes_sent 0.2KB", true, true),
        ("bytes_received >= 1MiB", true, false),
        ("packets > 6 and packets < 8", true, true),
        ("packets_sent = 3 and packets_received != 4", true, false),
        ("tuples = 1", true, true),
        ("duration <= 0s", true, true),
        ("duration > 1h", true, false),
        ("bytes > 18446744073709551615", false, false),
        ("port 22 and bytes > 1", false, false),
        ("port 443 and not bytes > 1", true, false),
        ("port 443 or bytes > 1m", true, true),
        ("outcome completed", true, true),
        ("unanswered", true, false),
        ("not unanswered", true, true),
        ("outcome in [refused, denied]", true, false),
        ("outcome incomplete", true, false),
    ] {
        assert_eq!(asks(text, &tuple(), Outcome::Completed), (admits, matches), "{text}");
    }
    assert!(filter("port 22 and not (denied or bytes > 1)").needs_connection());
    assert!(filter("unanswered").needs_connection() && !filter("not denied").needs_connection());
}

#[test]
fn a_denied_tuple_tells_its_outcome() {
    let tuple = FlowTuple { state: State::Deny, counters: None, ..tuple() };
    for (text, holds) in [
        ("denied", true),
        ("allowed", false),
        ("not denied", false),
        ("unanswered", false),
        ("not unanswered", true),
        ("outcome in [refused, denied]", true),
        ("not outcome in [refused, denied]", false),
    ] {
        assert_eq!(asks(text, &tuple, Outcome::Denied), (holds, holds), "{text}");
    }
}

#[test]
fn what_a_place_decides_is_decided_once() {
    let bound = |text: &str| filter(text).bind(&PLACE);
    assert!(bound("rule allow* and mac 000D3A1B2C3D").is_everything());
    assert!(bound("rule deny* and port 22").is_nothing());
    assert!(bound("bytes > 1 or port 22").is_everything());
    assert_eq!(bound("nsg shop* and port 22"), bound("port 22"));
}

#[test]
fn options_and_expressions_build_the_same() {
    let of = |field, value| Filter::of(field, value).unwrap();
    let (a, b) = (of(Field::Host, "10.0.0.4"), Filter::host("10.0.1.0/24".parse().unwrap()));
    assert_eq!(
        Filter::any([a, b]).and(of(Field::Port, "443/tcp")),
        filter("(host 10.0.0.4 or host in [10.0.1.0/24]) and port 443/tcp")
    );
    let (source, destination) = ("10.0.0.0/8".parse().unwrap(), "fd00::1".parse().unwrap());
    assert_eq!(
        Filter::source(source).or(Filter::destination(destination)),
        filter("src 10.0.0.0/8 or dst fd00::1")
    );
    assert_eq!(!of(Field::Outcome, "denied"), filter("allowed"));
    assert_eq!(
        Filter::of(Field::Port, "65536").unwrap_err().to_string(),
        "expected a port such as 443, 8000-8080 or 53/udp"
    );
}

#[test]
fn windows_are_half_open() {
    let window = Window { from_ms: Some(10), to_ms: Some(20) };
    assert!(window.contains(10) && window.contains(19) && !window.contains(20) && !window.contains(9));
    assert!(Window::default().contains(i64::MIN) && Window::default().is_all() && !window.is_all());
}
