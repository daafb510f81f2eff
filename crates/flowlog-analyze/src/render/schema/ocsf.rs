//! OCSF 1.8, class 4001 "Network Activity" with the profiles `cloud` and `security_control` (schema.ocsf.io).

use chrono::DateTime;
use serde_json::{Value, json};

use super::{Field, Row};

pub(super) const FIELDS: &[Field] = &[
    Field::made("category_uid", "4", |_| Some(4.into())),
    Field::is("category_name", "Network Activity"),
    Field::made("class_uid", "4001", |_| Some(CLASS.into())),
    Field::is("class_name", "Network Activity"),
    Field::made("activity_id", "outcome or state: 1 Open, 2 Close, 4 Fail, 5 Refuse, 6 Traffic", |row| {
        Some(activity(row)?.0.into())
    }),
    Field::made("activity_name", "the same in words", |row| Some(activity(row)?.1.into())),
    Field::made("type_uid", "400100 + activity_id", |row| Some((CLASS * 100 + activity(row)?.0).into())),
    Field::made("type_name", "Network Activity: activity_name", |row| {
        Some(format!("Network Activity: {}", activity(row)?.1).into())
    }),
    Field::made("severity_id", "1", |_| Some(1.into())),
    Field::is("severity", "Informational"),
    Field::made("status_id", "2 if denied, refused or unanswered, else 1", |row| {
        Some(if has_failed(row)? { 2 } else { 1 }.into())
    }),
    Field::made("status", "Failure or Success", |row| {
        Some(if has_failed(row)? { "Failure" } else { "Success" }.into())
    }),
    Field::made("status_detail", "outcome or state", |row| row.same("outcome").or_else(|| row.same("state"))),
    Field::made("time", "last_time or time_utc, Unix ms", |row| unix_ms(row.times()?[1])),
    Field::made("start_time", "first_time or time_utc, Unix ms", |row| unix_ms(row.times()?[0])),
    Field::made("end_time", "last_time or time_utc, Unix ms", |row| unix_ms(row.times()?[1])),
    Field::same("duration", "duration_ms"),
    Field::made("count", "connections, or tuples if denied; of a tuple 1", |row| Some(row.count().into())),
    Field::is("metadata.version", "1.8.0"),
    Field::is("metadata.product.vendor_name", "Microsoft"),
    Field::made("metadata.product.name", "log: VNet flow log or NSG flow log", |row| {
        Some(format!("{} flow log", row.text("log")?).into())
    }),
    Field::made("metadata.profiles", "cloud, security_control, and osint if there is any", |row| {
        let osint = osint(row).map(|_| "osint");
        Some(["cloud", "security_control"].into_iter().chain(osint).collect())
    }),
    Field::is("cloud.provider", "Azure"),
    Field::made("cloud.account.uid", "the subscription in resource", |row| {
        row.subscription().map(Value::from)
    }),
    Field::same("src_endpoint.ip", "source"),
    Field::same("src_endpoint.port", "source_port"),
    Field::same("src_endpoint.hostname", "source_name"),
    Field::same("src_endpoint.location.country", "source_country"),
    Field::made("src_endpoint.autonomous_system.number", "the number in source_as", |row| {
        Some(system(row, "source_as")?.0.into())
    }),
    Field::made("src_endpoint.autonomous_system.name", "the name in source_as", |row| {
        system(row, "source_as")?.1.map(Value::from)
    }),
    Field::made("src_endpoint.mac", "mac, if outbound", |row| row.at(true, "mac").as_ref().and_then(mac)),
    Field::same("dst_endpoint.ip", "destination"),
    Field::same("dst_endpoint.port", "destination_port"),
    Field::same("dst_endpoint.hostname", "destination_name"),
    Field::same("dst_endpoint.location.country", "destination_country"),
    Field::made("dst_endpoint.autonomous_system.number", "the number in destination_as", |row| {
        Some(system(row, "destination_as")?.0.into())
    }),
    Field::made("dst_endpoint.autonomous_system.name", "the name in destination_as", |row| {
        system(row, "destination_as")?.1.map(Value::from)
    }),
    Field::made("dst_endpoint.mac", "mac, if inbound", |row| row.at(false, "mac").as_ref().and_then(mac)),
    Field::made("observation_point_id", "direction: 1 of what goes out, 2 of what comes in", |row| {
        Some(if row.is_inbound() { 2 } else { 1 }.into())
    }),
    Field::made("observation_point", "Source or Destination", |row| {
        Some(if row.is_inbound() { "Destination" } else { "Source" }.into())
    }),
    Field::made("connection_info.direction_id", "direction: 1 Inbound, 2 Outbound", |row| {
        Some(if row.is_inbound() { 1 } else { 2 }.into())
    }),
    Field::made("connection_info.direction", "Inbound or Outbound", |row| {
        Some(if row.is_inbound() { "Inbound" } else { "Outbound" }.into())
    }),
    Field::same("connection_info.protocol_num", "protocol"),
    Field::made("connection_info.protocol_name", "protocol_name in small letters", |row| {
        Some(row.text("protocol_name")?.to_lowercase().into())
    }),
    Field::made("connection_info.protocol_ver_id", "6 if source is IPv6, else 4", |row| {
        Some(if row.is_ipv6() { 6 } else { 4 }.into())
    }),
    Field::made("traffic.bytes", "bytes_sent + bytes_received", |row| {
        row.sum(["bytes_sent", "bytes_received"])
    }),
    Field::same("traffic.bytes_out", "bytes_sent"),
    Field::same("traffic.bytes_in", "bytes_received"),
    Field::made("traffic.packets", "packets_sent + packets_received", |row| {
        row.sum(["packets_sent", "packets_received"])
    }),
    Field::same("traffic.packets_out", "packets_sent"),
    Field::same("traffic.packets_in", "packets_received"),
    Field::made("cumulative_traffic.bytes", "bytes_sent + bytes_received, if begin_time is known", |row| {
        whole(row).and_then(|row| row.sum(["bytes_sent", "bytes_received"]))
    }),
    Field::made("cumulative_traffic.bytes_out", "bytes_sent, if begin_time is known", |row| {
        whole(row).and_then(|row| row.same("bytes_sent"))
    }),
    Field::made("cumulative_traffic.bytes_in", "bytes_received, if begin_time is known", |row| {
        whole(row).and_then(|row| row.same("bytes_received"))
    }),
    Field::made(
        "cumulative_traffic.packets",
        "packets_sent + packets_received, if begin_time is known",
        |row| whole(row).and_then(|row| row.sum(["packets_sent", "packets_received"])),
    ),
    Field::made("cumulative_traffic.packets_out", "packets_sent, if begin_time is known", |row| {
        whole(row).and_then(|row| row.same("packets_sent"))
    }),
    Field::made("cumulative_traffic.packets_in", "packets_received, if begin_time is known", |row| {
        whole(row).and_then(|row| row.same("packets_received"))
    }),
    Field::made("action_id", "2 if denied, else 1", |row| Some(if row.is_denied() { 2 } else { 1 }.into())),
    Field::made("action", "Denied or Allowed", |row| {
        Some(if row.is_denied() { "Denied" } else { "Allowed" }.into())
    }),
    Field::made("disposition_id", "2 if denied, else 1", |row| {
        Some(if row.is_denied() { 2 } else { 1 }.into())
    }),
    Field::made("disposition", "Blocked or Allowed", |row| {
        Some(if row.is_denied() { "Blocked" } else { "Allowed" }.into())
    }),
    Field::made(
        "osint",
        "of each end with source_threat or destination_threat: type_id 1 (IP Address), value its address, name its field, labels the lists",
        osint,
    ),
    Field::same("firewall_rule.name", "rule"),
    Field::same("policy.name", "nsg"),
    Field::same("unmapped.encryption", "encryption"),
    Field::same("unmapped.resource", "resource"),
];

const CLASS: u64 = 4001;

/// What a connection's outcome, or a tuple's state, is: its number and its caption.
fn activity(row: &Row<'_>) -> Option<(u64, &'static str)> {
    Some(match row.text("outcome").or(row.text("state"))? {
        "begun-only" | "stateless" | "B" | "A" => (1, "Open"),
        "completed" | "began-before" | "E" => (2, "Close"),
        "unanswered" => (4, "Fail"),
        "refused" | "denied" | "D" => (5, "Refuse"),
        "open" | "C" => (6, "Traffic"),
        _ => return None,
    })
}

fn has_failed(row: &Row<'_>) -> Option<bool> {
    Some(matches!(activity(row)?.0, 4 | 5))
}

/// A connection of which all counters are known from its begin on.
fn whole<'r, 'a>(row: &'r Row<'a>) -> Option<&'r Row<'a>> {
    row.text("begin_time").map(|_| row)
}

/// Number and name of `AS64500 Example`.
fn system<'a>(row: &Row<'a>, column: &str) -> Option<(u64, Option<&'a str>)> {
    let text = row.text(column)?.strip_prefix("AS")?;
    match text.split_once(' ') {
        Some((number, name)) => Some((number.parse().ok()?, Some(name))),
        None => Some((text.parse().ok()?, None)),
    }
}

/// The ends that are on lists of threats; nothing if none is.
fn osint(row: &Row<'_>) -> Option<Value> {
    let ends = [("source", "src_endpoint.ip"), ("destination", "dst_endpoint.ip")];
    let indicators = ends.into_iter().filter_map(|(end, name)| {
        let lists: Vec<&str> = row.text(&format!("{end}_threat"))?.split(", ").collect();
        Some(json!({
            "type_id": 1, "type": "IP Address", "value": row.same(end), "name": name, "labels": lists,
        }))
    });
    let indicators: Vec<Value> = indicators.collect();
    (!indicators.is_empty()).then_some(Value::Array(indicators))
}

fn unix_ms(time: &str) -> Option<Value> {
    Some(DateTime::parse_from_rfc3339(time).ok()?.timestamp_millis().into())
}

/// As OCSF writes a MAC address: pairs with colons.
fn mac(plain: &Value) -> Option<Value> {
    let digits: Vec<char> = plain.as_str()?.chars().collect();
    let pairs: Vec<String> = digits.chunks(2).map(|pair| pair.iter().collect()).collect();
    Some(pairs.join(":").into())
}
