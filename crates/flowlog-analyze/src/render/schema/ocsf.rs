//! OCSF 1.8, class 4001 "Network Activity" with the profiles `cloud` and `security_control` (schema.ocsf.io).

use chrono::DateTime;
use serde_json::{Value, json};

use super::{Field, Row};

pub(super) const FIELDS: &[Field] = &[
    Field { name: "category_uid", from: "4", value: |_| Some(4.into()) },
    Field { name: "category_name", from: "Network Activity", value: |_| Some("Network Activity".into()) },
    Field { name: "class_uid", from: "4001", value: |_| Some(CLASS.into()) },
    Field { name: "class_name", from: "Network Activity", value: |_| Some("Network Activity".into()) },
    Field {
        name: "activity_id",
        from: "outcome or state: 1 Open, 2 Close, 4 Fail, 5 Refuse, 6 Traffic",
        value: |row| Some(activity(row)?.0.into()),
    },
    Field { name: "activity_name", from: "the same in words", value: |row| Some(activity(row)?.1.into()) },
    Field {
        name: "type_uid",
        from: "400100 + activity_id",
        value: |row| Some((CLASS * 100 + activity(row)?.0).into()),
    },
    Field {
        name: "type_name",
        from: "Network Activity: activity_name",
        value: |row| Some(format!("Network Activity: {}", activity(row)?.1).into()),
    },
    Field { name: "severity_id", from: "1", value: |_| Some(1.into()) },
    Field { name: "severity", from: "Informational", value: |_| Some("Informational".into()) },
    Field {
        name: "status_id",
        from: "2 if denied, refused or unanswered, else 1",
        value: |row| Some(if has_failed(row)? { 2 } else { 1 }.into()),
    },
    Field {
        name: "status",
        from: "Failure or Success",
        value: |row| Some(if has_failed(row)? { "Failure" } else { "Success" }.into()),
    },
    Field {
        name: "status_detail",
        from: "outcome or state",
        value: |row| row.same("outcome").or_else(|| row.same("state")),
    },
    Field { name: "time", from: "last_time or time_utc, Unix ms", value: |row| unix_ms(row.times()?[1]) },
    Field {
        name: "start_time",
        from: "first_time or time_utc, Unix ms",
        value: |row| unix_ms(row.times()?[0]),
    },
    Field { name: "end_time", from: "last_time or time_utc, Unix ms", value: |row| unix_ms(row.times()?[1]) },
    Field { name: "duration", from: "duration_ms", value: |row| row.same("duration_ms") },
    Field {
        name: "count",
        from: "connections, or tuples if denied; of a tuple 1",
        value: |row| Some(row.count().into()),
    },
    Field { name: "metadata.version", from: "1.8.0", value: |_| Some("1.8.0".into()) },
    Field { name: "metadata.product.vendor_name", from: "Microsoft", value: |_| Some("Microsoft".into()) },
    Field {
        name: "metadata.product.name",
        from: "log: VNet flow log or NSG flow log",
        value: |row| Some(format!("{} flow log", row.text("log")?).into()),
    },
    Field {
        name: "metadata.profiles",
        from: "cloud, security_control",
        value: |_| Some(json!(["cloud", "security_control"])),
    },
    Field { name: "cloud.provider", from: "Azure", value: |_| Some("Azure".into()) },
    Field {
        name: "cloud.account.uid",
        from: "the subscription in resource",
        value: |row| row.subscription().map(Value::from),
    },
    Field { name: "src_endpoint.ip", from: "source", value: |row| row.same("source") },
    Field { name: "src_endpoint.port", from: "source_port", value: |row| row.same("source_port") },
    Field { name: "src_endpoint.hostname", from: "source_name", value: |row| row.same("source_name") },
    Field {
        name: "src_endpoint.mac",
        from: "mac, if outbound",
        value: |row| row.at(true, "mac").as_ref().and_then(mac),
    },
    Field { name: "dst_endpoint.ip", from: "destination", value: |row| row.same("destination") },
    Field { name: "dst_endpoint.port", from: "destination_port", value: |row| row.same("destination_port") },
    Field {
        name: "dst_endpoint.hostname",
        from: "destination_name",
        value: |row| row.same("destination_name"),
    },
    Field {
        name: "dst_endpoint.mac",
        from: "mac, if inbound",
        value: |row| row.at(false, "mac").as_ref().and_then(mac),
    },
    Field {
        name: "observation_point_id",
        from: "direction: 1 of what goes out, 2 of what comes in",
        value: |row| Some(if row.is_inbound() { 2 } else { 1 }.into()),
    },
    Field {
        name: "observation_point",
        from: "Source or Destination",
        value: |row| Some(if row.is_inbound() { "Destination" } else { "Source" }.into()),
    },
    Field {
        name: "connection_info.direction_id",
        from: "direction: 1 Inbound, 2 Outbound",
        value: |row| Some(if row.is_inbound() { 1 } else { 2 }.into()),
    },
    Field {
        name: "connection_info.direction",
        from: "Inbound or Outbound",
        value: |row| Some(if row.is_inbound() { "Inbound" } else { "Outbound" }.into()),
    },
    Field { name: "connection_info.protocol_num", from: "protocol", value: |row| row.same("protocol") },
    Field {
        name: "connection_info.protocol_name",
        from: "protocol_name in small letters",
        value: |row| Some(row.text("protocol_name")?.to_lowercase().into()),
    },
    Field {
        name: "connection_info.protocol_ver_id",
        from: "6 if source is IPv6, else 4",
        value: |row| Some(if row.is_ipv6() { 6 } else { 4 }.into()),
    },
    Field {
        name: "traffic.bytes",
        from: "bytes_sent + bytes_received",
        value: |row| row.sum(["bytes_sent", "bytes_received"]),
    },
    Field { name: "traffic.bytes_out", from: "bytes_sent", value: |row| row.same("bytes_sent") },
    Field { name: "traffic.bytes_in", from: "bytes_received", value: |row| row.same("bytes_received") },
    Field {
        name: "traffic.packets",
        from: "packets_sent + packets_received",
        value: |row| row.sum(["packets_sent", "packets_received"]),
    },
    Field { name: "traffic.packets_out", from: "packets_sent", value: |row| row.same("packets_sent") },
    Field { name: "traffic.packets_in", from: "packets_received", value: |row| row.same("packets_received") },
    Field {
        name: "cumulative_traffic.bytes",
        from: "bytes_sent + bytes_received, if begin_time is known",
        value: |row| whole(row).and_then(|row| row.sum(["bytes_sent", "bytes_received"])),
    },
    Field {
        name: "cumulative_traffic.bytes_out",
        from: "bytes_sent, if begin_time is known",
        value: |row| whole(row).and_then(|row| row.same("bytes_sent")),
    },
    Field {
        name: "cumulative_traffic.bytes_in",
        from: "bytes_received, if begin_time is known",
        value: |row| whole(row).and_then(|row| row.same("bytes_received")),
    },
    Field {
        name: "cumulative_traffic.packets",
        from: "packets_sent + packets_received, if begin_time is known",
        value: |row| whole(row).and_then(|row| row.sum(["packets_sent", "packets_received"])),
    },
    Field {
        name: "cumulative_traffic.packets_out",
        from: "packets_sent, if begin_time is known",
        value: |row| whole(row).and_then(|row| row.same("packets_sent")),
    },
    Field {
        name: "cumulative_traffic.packets_in",
        from: "packets_received, if begin_time is known",
        value: |row| whole(row).and_then(|row| row.same("packets_received")),
    },
    Field {
        name: "action_id",
        from: "2 if denied, else 1",
        value: |row| Some(if row.is_denied() { 2 } else { 1 }.into()),
    },
    Field {
        name: "action",
        from: "Denied or Allowed",
        value: |row| Some(if row.is_denied() { "Denied" } else { "Allowed" }.into()),
    },
    Field {
        name: "disposition_id",
        from: "2 if denied, else 1",
        value: |row| Some(if row.is_denied() { 2 } else { 1 }.into()),
    },
    Field {
        name: "disposition",
        from: "Blocked or Allowed",
        value: |row| Some(if row.is_denied() { "Blocked" } else { "Allowed" }.into()),
    },
    Field { name: "firewall_rule.name", from: "rule", value: |row| row.same("rule") },
    Field { name: "policy.name", from: "nsg", value: |row| row.same("nsg") },
    Field { name: "unmapped.encryption", from: "encryption", value: |row| row.same("encryption") },
    Field { name: "unmapped.resource", from: "resource", value: |row| row.same("resource") },
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

fn unix_ms(time: &str) -> Option<Value> {
    Some(DateTime::parse_from_rfc3339(time).ok()?.timestamp_millis().into())
}

/// As OCSF writes a MAC address: pairs with colons.
fn mac(plain: &Value) -> Option<Value> {
    let digits: Vec<char> = plain.as_str()?.chars().collect();
    let pairs: Vec<String> = digits.chunks(2).map(|pair| pair.iter().collect()).collect();
    Some(pairs.join(":").into())
}
