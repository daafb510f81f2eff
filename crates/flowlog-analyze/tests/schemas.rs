//! Exported rows in other schemas, against the same rows under their own names.
#![recursion_limit = "256"]

mod common;

use common::Bench;
use flowlog_testkit::scenario::{Scenario, Volume};
use serde_json::{Value, json};

fn bench() -> Bench {
    let scenario =
        Scenario { seed: 61, nics: 4, hours: 2, volume: Volume::Tuples(4_000), ..Scenario::default() };
    Bench::new().scenario(&scenario).0
}

fn rows(bench: &Bench, export: &str, schema: &str) -> Vec<Value> {
    let run = bench.run(&["logs", export, "-", "--export-schema", schema]);
    assert_eq!(run.code(), 0, "{}", run.talk());
    run.out().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Own row and mapped row, side by side.
fn pairs(bench: &Bench, export: &str, schema: &str) -> Vec<(Value, Value)> {
    let (own, mapped) = (rows(bench, export, "flowlog"), rows(bench, export, schema));
    assert!(own.len() > 500 && own.len() == mapped.len());
    own.into_iter().zip(mapped).collect()
}

/// Without the fields that a row does not know.
fn known(value: Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(name, value)| (name, known(value)))
                .filter(|(_, value)| !value.is_null() && *value != json!("") && *value != json!({}))
                .collect(),
        ),
        other => other,
    }
}

fn sum(row: &Value, one: &str, other: &str) -> Value {
    row[one].as_u64().zip(row[other].as_u64()).map_or(Value::Null, |(one, other)| (one + other).into())
}

fn subscription(row: &Value) -> Value {
    let resource = row["resource"].as_str().unwrap().to_uppercase();
    let rest = resource.split_once("/SUBSCRIPTIONS/").map(|(_, rest)| rest.split('/').next().unwrap().len());
    let at = resource.find("/SUBSCRIPTIONS/").map(|at| at + "/SUBSCRIPTIONS/".len());
    at.zip(rest).map_or(Value::Null, |(at, length)| json!(row["resource"].as_str().unwrap()[at..at + length]))
}

fn first(row: &Value) -> Value {
    if row["first_time"].is_null() { row["time_utc"].clone() } else { row["first_time"].clone() }
}

fn last(row: &Value) -> Value {
    if row["last_time"].is_null() { row["time_utc"].clone() } else { row["last_time"].clone() }
}

fn count(row: &Value, denied: bool) -> Value {
    let counted = if denied { &row["tuples"] } else { &row["connections"] };
    json!(counted.as_u64().unwrap_or(1).max(1))
}

fn asim(row: &Value) -> Value {
    let detail = if row["outcome"].is_null() { &row["state"] } else { &row["outcome"] };
    let denied = row["outcome"] == "denied" || row["decision"] == "denied";
    let inbound = row["direction"] == "I";
    let when = |is: bool, value: &Value| if is { value.clone() } else { Value::Null };
    let (mac, resource, id) = (&row["mac"], &row["resource"], json!("AzureResourceId"));
    let zone = match row["source_class"].as_str().unwrap() {
        "private" | "carrier-grade NAT" => "Internal",
        "Azure platform" => "Azure",
        "public" => "Internet",
        _ => "Unknown",
    };
    let additional = json!({ "Encryption": row["encryption"], "FlowLog": row["log"], "Nsg": row["nsg"] });
    let mut expected = known(json!({
        "TimeGenerated": last(row), "EventStartTime": first(row), "EventEndTime": last(row),
        "EventCount": count(row, denied), "EventType": "Flow", "EventSchema": "NetworkSession",
        "EventSchemaVersion": "0.2.6", "EventVendor": "Microsoft", "EventProduct": "Azure NSG flows",
        "EventResult": if denied { "Failure" } else { "Success" },
        "EventSeverity": if denied { "Low" } else { "Informational" },
        "EventOriginalResultDetails": detail,
        "DvcAction": if denied { "Deny" } else { "Allow" }, "Dvc": "Azure NSG flows",
        "SrcIpAddr": row["source"], "DstIpAddr": row["destination"], "IpAddr": row["source"],
        "SrcPortNumber": row["source_port"], "DstPortNumber": row["destination_port"],
        "SrcHostname": row["source"], "DstHostname": row["destination"], "Hostname": row["destination"],
        "Src": row["source"], "Dst": row["destination"],
        "NetworkProtocol": row["protocol_name"],
        "NetworkProtocolVersion": if row["source"].as_str().unwrap().contains(':') { "IPv6" } else { "IPv4" },
        "NetworkDirection": if inbound { "Inbound" } else { "Outbound" },
        "NetworkDuration": row["duration_ms"], "NetworkRuleName": row["rule"],
        "SrcBytes": row["bytes_sent"], "DstBytes": row["bytes_received"],
        "NetworkBytes": sum(row, "bytes_sent", "bytes_received"),
        "SrcPackets": row["packets_sent"], "DstPackets": row["packets_received"],
        "NetworkPackets": sum(row, "packets_sent", "packets_received"),
        "SrcMacAddr": when(!inbound, mac), "DstMacAddr": when(inbound, mac),
        "SrcDvcId": when(!inbound, resource), "DstDvcId": when(inbound, resource),
        "SrcDvcIdType": when(!inbound, &id), "DstDvcIdType": when(inbound, &id),
        "SrcDvcScopeId": when(!inbound, &subscription(row)), "DstDvcScopeId": when(inbound, &subscription(row)),
        "SrcZone": zone,
    }));
    expected["AdditionalFields"] = additional;
    expected
}

fn ocsf(row: &Value) -> Value {
    let detail = if row["outcome"].is_null() { &row["state"] } else { &row["outcome"] };
    let (activity, name) = match detail.as_str().unwrap() {
        "B" | "begun-only" => (1, "Open"),
        "E" | "completed" | "began-before" => (2, "Close"),
        "unanswered" => (4, "Fail"),
        "D" | "denied" | "refused" => (5, "Refuse"),
        "C" | "open" => (6, "Traffic"),
        other => panic!("{other}"),
    };
    let denied = row["outcome"] == "denied" || row["decision"] == "denied";
    let inbound = row["direction"] == "I";
    let ms = |time: Value| {
        json!(time.as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap().timestamp_millis())
    };
    let mac = row["mac"].as_str().map_or(Value::Null, |mac| {
        let pairs: Vec<&str> = (0..mac.len() / 2).map(|pair| &mac[2 * pair..2 * pair + 2]).collect();
        json!(pairs.join(":"))
    });
    let when = |is: bool, value: &Value| if is { value.clone() } else { Value::Null };
    let traffic = json!({
        "bytes": sum(row, "bytes_sent", "bytes_received"), "bytes_out": row["bytes_sent"],
        "bytes_in": row["bytes_received"], "packets": sum(row, "packets_sent", "packets_received"),
        "packets_out": row["packets_sent"], "packets_in": row["packets_received"],
    });
    known(json!({
        "category_uid": 4, "category_name": "Network Activity", "class_uid": 4001,
        "class_name": "Network Activity", "activity_id": activity, "activity_name": name,
        "type_uid": 400_100 + activity, "type_name": format!("Network Activity: {name}"),
        "severity_id": 1, "severity": "Informational",
        "status_id": if matches!(activity, 4 | 5) { 2 } else { 1 },
        "status": if matches!(activity, 4 | 5) { "Failure" } else { "Success" }, "status_detail": detail,
        "time": ms(last(row)), "start_time": ms(first(row)), "end_time": ms(last(row)),
        "duration": row["duration_ms"], "count": count(row, denied),
        "metadata": {
            "version": "1.8.0", "profiles": ["cloud", "security_control"],
            "product": { "vendor_name": "Microsoft", "name": format!("{} flow log", row["log"].as_str().unwrap()) },
        },
        "cloud": { "provider": "Azure", "account": { "uid": subscription(row) } },
        "src_endpoint": { "ip": row["source"], "port": row["source_port"], "mac": when(!inbound, &mac) },
        "dst_endpoint": { "ip": row["destination"], "port": row["destination_port"], "mac": when(inbound, &mac) },
        "observation_point_id": if inbound { 2 } else { 1 },
        "observation_point": if inbound { "Destination" } else { "Source" },
        "connection_info": {
            "direction_id": if inbound { 1 } else { 2 },
            "direction": if inbound { "Inbound" } else { "Outbound" },
            "protocol_num": row["protocol"],
            "protocol_name": row["protocol_name"].as_str().unwrap().to_lowercase(),
            "protocol_ver_id": if row["source"].as_str().unwrap().contains(':') { 6 } else { 4 },
        },
        "traffic": traffic,
        "cumulative_traffic": if row["begin_time"].is_string() { traffic.clone() } else { Value::Null },
        "action_id": if denied { 2 } else { 1 }, "action": if denied { "Denied" } else { "Allowed" },
        "disposition_id": if denied { 2 } else { 1 }, "disposition": if denied { "Blocked" } else { "Allowed" },
        "firewall_rule": { "name": row["rule"] }, "policy": { "name": row["nsg"] },
        "unmapped": { "encryption": row["encryption"], "resource": row["resource"] },
    }))
}

#[test]
fn every_field_of_every_row_is_made_from_what_the_page_says() {
    let bench = bench();
    for export in ["--export-connections", "--export-tuples"] {
        for (row, mapped) in pairs(&bench, export, "asim") {
            assert_eq!(mapped, asim(&row), "{export}: {row}");
        }
        for (row, mapped) in pairs(&bench, export, "ocsf") {
            assert_eq!(mapped, ocsf(&row), "{export}: {row}");
        }
    }
}

#[test]
fn a_schema_without_rows_to_map_is_refused_in_a_sentence() {
    let bench = bench();
    for arguments in
        [&["logs"][..], &["logs", "--export-connections", "c.csv"], &["logs", "--export-tuples", "folder"]]
    {
        let run = bench.run(&[arguments, &["--export-schema", "ocsf"]].concat());
        assert_eq!(run.code(), 2);
        assert!(run.talk().contains("--export-schema is for"), "{}", run.talk());
    }
    assert!(!bench.folder.path().join("c.csv").exists());
}
