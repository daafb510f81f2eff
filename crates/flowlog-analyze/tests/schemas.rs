//! Exported rows in other schemas, against the same rows under their own names.
#![recursion_limit = "256"]

mod common;

use std::fs;

use common::Bench;
use flowlog_testkit::mmdb::Mmdb;
use flowlog_testkit::scenario::{Scenario, Volume};
use serde_json::{Value, json};

fn bench() -> Bench {
    let scenario =
        Scenario { seed: 61, nics: 4, hours: 2, volume: Volume::Tuples(4_000), ..Scenario::default() };
    Bench::new().scenario(&scenario).0
}

fn rows(bench: &Bench, export: &str, schema: &str, more: &[&str]) -> Vec<Value> {
    let run = bench.run(&[&["logs", export, "-", "--export-schema", schema], more].concat());
    assert_eq!(run.code(), 0, "{}", run.talk());
    run.out().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Own row and mapped row, side by side.
fn pairs(bench: &Bench, export: &str, schema: &str, more: &[&str]) -> Vec<(Value, Value)> {
    let (own, mapped) = (rows(bench, export, "flowlog", more), rows(bench, export, schema, more));
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
        for (row, mapped) in pairs(&bench, export, "asim", &[]) {
            assert_eq!(mapped, asim(&row), "{export}: {row}");
        }
        for (row, mapped) in pairs(&bench, export, "ocsf", &[]) {
            assert_eq!(mapped, ocsf(&row), "{export}: {row}");
        }
    }
}

/// Names, countries, systems and lists of threats, as the page says, of connections and of tuples.
#[test]
fn what_files_say_of_addresses_has_its_fields() {
    let bench = bench();
    let put = |name: &str, bytes: &[u8]| fs::write(bench.folder.path().join(name), bytes).unwrap();
    let place = |code: &str| json!({ "country": { "iso_code": code } });
    let system =
        json!({ "autonomous_system_number": 64_500, "autonomous_system_organization": "Example Cloud" });
    let halves =
        Mmdb::new("GeoLite2-Country").row("0.0.0.0/1", &place("ES")).row("128.0.0.0/1", &place("DE"));
    put("country.mmdb", &halves.bytes());
    let unnamed = json!({ "autonomous_system_number": 64_501 });
    let systems = Mmdb::new("GeoLite2-ASN").row("0.0.0.0/1", &system).row("128.0.0.0/1", &unnamed);
    put("asn.mmdb", &systems.bytes());
    put("names.csv", b"10.0.0.0/9,own\n");
    put("low.txt", b"0.0.0.0/2\n");
    put("wide.txt", b"0.0.0.0/1\n");
    let files = ["--mmdb", "country.mmdb", "--mmdb", "asn.mmdb", "--names", "names.csv"];
    let lists = ["--threat-list", "low.txt", "--threat-list", "wide.txt"];
    let more = [&files[..], &lists].concat();
    for export in ["--export-connections", "--export-tuples"] {
        let mut seen = [0; 3];
        for (row, mapped) in pairs(&bench, export, "asim", &more) {
            let [source, destination] = ["source_threat", "destination_threat"].map(|key| &row[key]);
            let far = if row["direction"] == "I" { source } else { destination };
            let is_source = if far.is_null() { row["direction"] != "I" } else { row["direction"] == "I" };
            let threat = if is_source { ["source", "SrcIpAddr"] } else { ["destination", "DstIpAddr"] };
            let mut expected = asim(&row);
            let mut put = |name: &str, value: &Value| {
                if !value.is_null() {
                    expected[name] = value.clone();
                }
            };
            for (end, mark) in [("source", "Src"), ("destination", "Dst")] {
                let name = &row[format!("{end}_name")];
                put(&format!("{mark}Hostname"), name);
                put(mark, name);
                put(&format!("{mark}GeoCountry"), &row[format!("{end}_country")]);
            }
            put("Hostname", &row["destination_name"]);
            if !(source.is_null() && destination.is_null()) {
                put("ThreatName", &row[format!("{}_threat", threat[0])]);
                put("ThreatField", &json!(threat[1]));
                put("ThreatIpAddr", &row[threat[0]]);
            }
            for (name, column) in [("SrcAs", "source_as"), ("DstAs", "destination_as")] {
                if !row[column].is_null() {
                    expected["AdditionalFields"][name] = row[column].clone();
                }
            }
            assert_eq!(mapped, expected, "{export}: {row}");
            let kinds = [&row["source_name"], source, &row["destination_country"]];
            kinds.iter().zip(&mut seen).for_each(|(value, seen)| *seen += usize::from(!value.is_null()));
        }
        assert!(seen.iter().all(|seen| *seen > 0), "{export}: {seen:?}");
        for (row, mapped) in pairs(&bench, export, "ocsf", &more) {
            let mut expected = ocsf(&row);
            let mut indicators = Vec::new();
            for (end, endpoint) in [("source", "src_endpoint"), ("destination", "dst_endpoint")] {
                let fact = |kind: &str| row[format!("{end}_{kind}")].clone();
                let (number, name) = match fact("as").as_str() {
                    Some("AS64500 Example Cloud") => (json!(64_500), json!("Example Cloud")),
                    Some("AS64501") => (json!(64_501), Value::Null),
                    Some(other) => panic!("{other}"),
                    None => (Value::Null, Value::Null),
                };
                expected[endpoint]["hostname"] = fact("name");
                expected[endpoint]["location"] = json!({ "country": fact("country") });
                expected[endpoint]["autonomous_system"] = json!({ "number": number, "name": name });
                if let Some(lists) = fact("threat").as_str() {
                    let lists: Vec<&str> = lists.split(", ").collect();
                    indicators.push(json!({
                        "type_id": 1, "type": "IP Address", "value": row[end], "name": format!("{endpoint}.ip"),
                        "labels": lists,
                    }));
                }
            }
            if !indicators.is_empty() {
                expected["osint"] = json!(indicators);
                expected["metadata"]["profiles"] = json!(["cloud", "security_control", "osint"]);
            }
            assert_eq!(mapped, known(expected), "{export}: {row}");
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
