//! Every number of the JSON report beside the summary CSV.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::form::{protocol, rfc3339};

/// Rows of the CSV by section, each cell under its column's title.
type Sheet = BTreeMap<String, Vec<BTreeMap<String, String>>>;

/// Lists: path in JSON, section in CSV, and `key=Column` for every number; `a+b` is a sum. Where two paths stand
/// for one section, their rows alternate. `@key` and `@value` are those of an object whose keys are data.
const LISTS: &[(&[&str], &str, &str)] = &[
    (
        &["connections.outcomes"],
        "Connections",
        "connections=Connections tuples=Tuples packets_sent=PacketsSent bytes_sent=BytesSent packets_received=PacketsReceived bytes_received=BytesReceived",
    ),
    (
        &["coverage.logs"],
        "Coverage",
        "tuples=Tuples hours=Hours first_hour_ms=FirstTime last_record_ms=LastTime states.A=Allowed states.B=Begun states.C=Continuing states.D=Denied states.E=Ended gaps.hours=MissingHours",
    ),
    (&["coverage.logs[].gaps"], "Coverage gaps", "hours=MissingHours from_ms=FirstTime"),
    (&["protocols"], "Protocols", "@key=Value @value=Tuples"),
    (&["states"], "Flow states", "@value=Tuples"),
    (&["directions"], "Directions", "@value=Tuples"),
    (&["encryption"], "Encryption", "@value=Tuples"),
    (
        &["timeline"],
        "Timeline",
        "time_ms=FirstTime tuples=Tuples begun=Begun denied=Denied bytes_sent=BytesSent bytes_received=BytesReceived",
    ),
    (
        &["classes"],
        "Classes of traffic",
        "tuples=Tuples denied=Denied begins=Begun conversations=Conversations guessed=Guessed bytes_sent=BytesSent bytes_received=BytesReceived bytes_sent+bytes_received=Bytes",
    ),
    (
        &["encryption_pairs"],
        "Encryption between subnets",
        "tuples=Tuples bytes=Bytes encrypted_tuples=Encrypted encrypted_bytes=EncryptedBytes dropped_tuples=Dropped",
    ),
    (
        &["encryption_pairs[].words"],
        "Encryption between subnets: words",
        "@value.tuples=Tuples @value.attempts=Attempts @value.bytes=Bytes",
    ),
    (
        &["rules"],
        "Rules",
        "tuples=Tuples begun=Begun denied=Denied dropped_for_encryption=Dropped bytes=Bytes sources=Sources destinations=Destinations ports=Ports first_time_ms=FirstTime last_time_ms=LastTime",
    ),
    (
        &["admin_access"],
        "Administration ports let in",
        "port=Port sources=Sources answered_sources=AnsweredSources destinations=Destinations begun=Begun bytes_received=BytesReceived first_time_ms=FirstTime last_time_ms=LastTime",
    ),
    (&["rules_file.nsgs"], "NSGs of the file", "rules=Rules hit=Hit"),
    (&["rules_file.never_hit"], "Rules never hit", "priority=Priority"),
    (&["rules_file.broad"], "Rules broader than what was seen", "tuples=Tuples"),
    (&["rules_file.not_in_file"], "Rules not in the file", "tuples=Tuples"),
    (&["top_sources"], "Top sources", HOST),
    (&["top_destinations"], "Top destinations", HOST),
    (&["top_ports"], "Top destination ports", PORT),
    (&["findings"], "Findings", "first_time_ms=FirstTime last_time_ms=LastTime evidence_total=Count"),
    (&["findings[].evidence"], "Evidence", "port=Port protocol=Protocol count=Count"),
    (
        &["noise.top"],
        "Top scanners",
        "targets=Destinations conversations=Conversations attempts=Attempts let_through=LetThrough first_time_ms=FirstTime last_time_ms=LastTime",
    ),
    (
        &["denied"],
        "Denied",
        "port=Port protocol=Protocol tuples=Tuples tuples=Denied dropped_for_encryption=Dropped attempts=Attempts first_time_ms=FirstTime last_time_ms=LastTime",
    ),
    (
        &["incomplete"],
        "Incomplete",
        "port=Port protocol=Protocol connections=Connections begins=Begun last_time_ms=LastTime",
    ),
    (&["retries"], "Excessive retries", "port=Port protocol=Protocol begins=Begun ended=Ended"),
    (&["one_way"], "One-way", CONVERSATION),
    (&["low_payload"], "Low payload", CONVERSATION),
    (&["high_volume"], "High volume", CONVERSATION),
    (&["unusual_ports"], "Unusual ports", PORT),
    (&["denied_sources"], "Sources with many denials", "tuples=Tuples destinations=Destinations ports=Ports"),
    (&["port_scans"], "Port scans", "tuples=Tuples denied=Denied ports=Ports"),
    (
        &["specific_ips[].as_source", "specific_ips[].as_destination"],
        "Specific address",
        "tuples=Tuples denied=Denied peers=Peers packets_sent=PacketsSent bytes_sent=BytesSent packets_received=PacketsReceived bytes_received=BytesReceived",
    ),
    (&["specific_ips[].as_source.top_ports"], "Specific address: ports as source", PORT),
    (&["specific_ips[].as_destination.top_ports"], "Specific address: ports as destination", PORT),
    (&["specific_ips[].top_peers"], "Specific address: peers", HOST),
    (
        &["files"],
        "Files",
        "bytes=Bytes records=Records repeated_records=RepeatedRecords tuples=Tuples malformed=Malformed misshapen=Misshapen left_out_bytes=LeftOutBytes first_time_ms=FirstTime last_time_ms=LastTime",
    ),
    (&["malformed"], "Malformed tuples", "tuples=Malformed"),
    (&["malformed[].examples"], "Malformed examples", "offset=Offset"),
];
const HOST: &str = "tuples=Tuples denied=Denied connections=Connections bytes=Bytes packets=Packets";
const PORT: &str =
    "port=Port protocol=Protocol tuples=Tuples denied=Denied connections=Connections bytes=Bytes";
const CONVERSATION: &str = "port=Port protocol=Protocol connections=Connections packets_sent=PacketsSent bytes_sent=BytesSent packets_received=PacketsReceived bytes_received=BytesReceived packets_sent+packets_received=Packets bytes_sent+bytes_received=Bytes";

/// Numbers that stand alone: section, item, path in JSON.
const VALUES: &[(&str, &str, &str)] = &[
    ("Totals", "Files", "totals.files"),
    ("Totals", "Files with errors", "totals.files_with_errors"),
    ("Totals", "Bytes read", "totals.input_bytes"),
    ("Totals", "Records", "totals.records"),
    ("Totals", "Records that another file holds as well", "coverage.repeated_records"),
    ("Totals", "Tuples", "totals.tuples"),
    ("Totals", "Malformed tuples", "totals.malformed"),
    ("Totals", "Denied by rules", "totals.denied_by_rule"),
    ("Totals", "Dropped for want of encryption", "totals.dropped_for_encryption"),
    ("Totals", "Packets sent", "totals.packets_sent"),
    ("Totals", "Bytes sent", "totals.bytes_sent"),
    ("Totals", "Packets received", "totals.packets_received"),
    ("Totals", "Bytes received", "totals.bytes_received"),
    ("Totals", "Distinct sources", "totals.unique_sources"),
    ("Totals", "Distinct destinations", "totals.unique_destinations"),
    ("Totals", "Network interfaces", "totals.unique_nics"),
    ("Totals", "Conversations", "totals.conversations"),
    ("Totals", "Connections logged more than once", "resolved.duplicate_connections"),
    ("Totals", "Tuples of these", "resolved.duplicate_tuples"),
    ("Totals", "Bytes of these", "resolved.duplicate_bytes"),
    ("Totals", "Tuples, each connection once", "resolved.tuples"),
    ("Totals", "Packets sent, each connection once", "resolved.packets_sent"),
    ("Totals", "Bytes sent, each connection once", "resolved.bytes_sent"),
    ("Totals", "Packets received, each connection once", "resolved.packets_received"),
    ("Totals", "Bytes received, each connection once", "resolved.bytes_received"),
    ("Totals", "Hours with records", "coverage.hours"),
    ("Totals", "Hours without records in between", "coverage.empty_hours"),
    ("Totals", "Connections logged by their begin only (stateless rules)", "coverage.stateless_connections"),
    ("Totals", "Tuples without a time from 1970 to 9999", "coverage.untimed_tuples"),
    ("Totals", "First flow", "totals.first_time_ms"),
    ("Totals", "Last flow", "totals.last_time_ms"),
    ("Totals", "Newest record of an unfinished hour", "coverage.unfinished_ms"),
    ("Problem counts", "Incomplete", "incomplete_total"),
    ("Problem counts", "Denied", "denied_total"),
    ("Problem counts", "Excessive retries", "retries_total"),
    ("Problem counts", "One-way", "one_way_total"),
    ("Problem counts", "Low payload", "low_payload_total"),
    ("Problem counts", "High volume", "high_volume_total"),
    ("Problem counts", "Unusual ports", "unusual_ports_total"),
    ("Problem counts", "Sources with many denials", "denied_sources_total"),
    ("Problem counts", "Port scans", "port_scans_total"),
    ("Noise", "Hosts of the internet", "noise.sources"),
    ("Noise", "Conversations", "noise.conversations"),
    ("Noise", "Attempts", "noise.attempts"),
    ("Noise", "Own hosts that were tried", "noise.targets"),
    ("Noise", "Hosts that tried as much as a scan", "noise.top_total"),
    ("Rules as configured", "NSGs of the data that are not in the file", "rules_file.other_nsgs"),
];

/// Numbers of the JSON report that the CSV has not: what it is, not what the data hold; the first hour of a log stands
/// for the last, whose newest record is there; the total of connections, which is compared below; and how long lists are that
/// are whole here.
const NOT_IN_CSV: [&str; 16] = [
    "schema_version",
    "options.top",
    "options.problem_limit",
    "options.bucket_ms",
    "options.suppressions",
    "timeline_bucket_ms",
    "coverage.logs[].last_hour_ms",
    "connections.total",
    "encryption_pairs_total",
    "top_sources_total",
    "top_destinations_total",
    "top_ports_total",
    "specific_ips[].as_source.top_ports_total",
    "specific_ips[].as_destination.top_ports_total",
    "specific_ips[].top_peers_total",
    "malformed[].examples_total",
];

pub(crate) fn compare(json: &Value, csv: &str, input: &str) {
    let sheet = sheet(csv);
    let mut told = BTreeSet::from(NOT_IN_CSV.map(str::to_owned));
    let total = sheet["Connections"].last().unwrap();
    assert_eq!(total["Connections"], json["connections"]["total"].to_string(), "{input}");
    over_time(json, input);
    for (section, item, path) in VALUES {
        told.insert((*path).to_owned());
        let value = at(json, path);
        let rows = sheet.get(*section).map(Vec::as_slice).unwrap_or_default();
        match rows.iter().find(|row| row["Item"] == *item) {
            Some(row) => assert_eq!(row["Value"], cell(&value, path, "Value"), "{input}: {path}"),
            None => assert!(value.is_null(), "{input}: {path} is {value} and not in the CSV"),
        }
    }
    for (paths, section, columns) in LISTS {
        let columns: Vec<(&str, &str)> =
            columns.split(' ').map(|column| column.split_once('=').unwrap()).collect();
        for path in *paths {
            for (keys, _) in &columns {
                told.extend(keys.split('+').map(|key| leaf(path, key)));
            }
        }
        let lists: Vec<Vec<Value>> = paths.iter().map(|path| rows(json, path)).collect();
        let of_json: Vec<Value> =
            (0..lists[0].len()).flat_map(|place| lists.iter().map(move |list| list[place].clone())).collect();
        let empty = Vec::new();
        let of_csv = sheet.get(*section).unwrap_or(&empty);
        // Behind the outcomes stands their sum.
        let of_csv = &of_csv[..of_csv.len() - usize::from(*section == "Connections")];
        assert_eq!(of_csv.len(), of_json.len(), "{input}: rows of {section}");
        let sorted = ["Protocols", "Flow states", "Encryption"].contains(section);
        if sorted {
            compare_sorted(&of_json, of_csv, section, input);
            continue;
        }
        for (place, (json, csv)) in of_json.iter().zip(of_csv).enumerate() {
            for (keys, column) in &columns {
                let wanted = value(json, keys);
                let wanted = cell(&wanted, keys, column);
                assert_eq!(csv[*column], wanted, "{input}: {section}, row {place}: {keys} and {column}");
            }
            let compared = |column: &str| columns.iter().any(|(_, compared)| *compared == column);
            for (column, cell) in csv {
                let named = ["Section", "Rank", "Item", "Value", "Note", "Source", "Destination"];
                let is_number = !cell.is_empty() && cell.bytes().all(|byte| byte.is_ascii_digit());
                let other = is_number && !compared(column) && !named.contains(&column.as_str());
                assert!(
                    !other,
                    "{input}: {section}, row {place}: {column} is {cell}, and nothing says whether that is right"
                );
            }
        }
    }
    let mut found = BTreeSet::new();
    leaves(json, "", &mut found);
    let untold: Vec<&String> = found.difference(&told).collect();
    assert_eq!(untold, Vec::<&String>::new(), "{input}: numbers of the JSON report that are not compared");
}

/// What is told over time is, in sum, what is told of the whole.
fn over_time(json: &Value, input: &str) {
    let sum = |key: &str| -> u64 {
        let rows = json["timeline"].as_array().unwrap();
        rows.iter().map(|row| row[key].as_u64().unwrap()).sum()
    };
    let state = |letter: &str| json["states"][letter].as_u64().unwrap_or_default();
    let totals = &json["totals"];
    assert_eq!(sum("tuples"), totals["tuples"].as_u64().unwrap(), "{input}");
    assert_eq!((sum("begun"), sum("denied")), (state("B") + state("A"), state("D")), "{input}");
    for key in ["bytes_sent", "bytes_received"] {
        assert_eq!(sum(key), totals[key].as_u64().unwrap(), "{input}: {key}");
    }
}

/// Objects whose keys are data, and which the CSV has in another order.
fn compare_sorted(json: &[Value], csv: &[BTreeMap<String, String>], section: &str, input: &str) {
    let of_json: BTreeSet<(String, String)> = json
        .iter()
        .map(|row| (row["@key"].as_str().unwrap().to_owned(), row["@value"].to_string()))
        .collect();
    let of_csv: BTreeSet<(String, String)> =
        csv.iter().map(|row| (row["Value"].clone(), row["Tuples"].clone())).collect();
    assert_eq!(of_csv, of_json, "{input}: {section}");
}

fn sheet(csv: &str) -> Sheet {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let titles: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let mut sheet = Sheet::new();
    for row in reader.records() {
        let row: BTreeMap<String, String> =
            titles.iter().cloned().zip(row.unwrap().iter().map(str::to_owned)).collect();
        sheet.entry(row["Section"].clone()).or_default().push(row);
    }
    sheet
}

/// What a CSV cell must say of a JSON value.
fn cell(value: &Value, key: &str, column: &str) -> String {
    match value {
        Value::Null => String::new(),
        Value::Number(_) if key.ends_with("_ms") => rfc3339(value.as_i64().unwrap()),
        Value::Number(_) if column == "Protocol" => protocol(value.as_u64().unwrap()),
        Value::Number(_) => value.to_string(),
        Value::String(text) => text.clone(),
        other => panic!("{key} is {other}"),
    }
}

fn at(json: &Value, path: &str) -> Value {
    path.split('.').fold(json, |value, key| &value[key]).clone()
}

/// The value of a row: of one key, of several added up, or added up over a list.
fn value(row: &Value, keys: &str) -> Value {
    if keys.contains('+') {
        return keys.split('+').map(|key| row[key].as_u64().unwrap()).sum::<u64>().into();
    }
    match keys.split_once('.') {
        Some((list, key)) if row[list].is_array() => {
            row[list].as_array().unwrap().iter().map(|row| row[key].as_u64().unwrap()).sum::<u64>().into()
        }
        _ => at(row, keys),
    }
}

/// The rows of a list, those of lists within lists one after the other.
fn rows(json: &Value, path: &str) -> Vec<Value> {
    let parts: Vec<&str> = path.split("[].").collect();
    let mut rows = vec![json.clone()];
    for part in parts {
        rows = rows.iter().flat_map(|row| entries(&at(row, part))).collect();
    }
    rows
}

fn entries(value: &Value) -> Vec<Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.clone(),
        Value::Object(fields) if fields.contains_key("tuples") => vec![value.clone()],
        Value::Object(fields) => {
            let entry = |(key, value): (&String, &Value)| serde_json::json!({"@key": key, "@value": value});
            fields.iter().map(entry).collect()
        }
        other => panic!("{other} is no list"),
    }
}

/// The path of a number in the whole, as [`leaves`] writes it.
fn leaf(path: &str, key: &str) -> String {
    match key.strip_prefix("@value") {
        Some(rest) => format!("{path}{{}}{rest}"),
        None if key == "@key" => String::new(),
        None if path.ends_with("as_source") || path.ends_with("as_destination") => format!("{path}.{key}"),
        None => match key.split_once('.') {
            Some(("states", _)) => format!("{path}[].states{{}}"),
            Some((list, key)) => format!("{path}[].{list}[].{key}"),
            None => format!("{path}[].{key}"),
        },
    }
}

/// The path of every number; keys that are data are left out.
fn leaves(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    const MAPS: [&str; 5] = ["states", "directions", "protocols", "encryption", "words"];
    match value {
        Value::Object(fields) => {
            let is_map = MAPS.iter().any(|map| path == *map || path.ends_with(&format!("].{map}")));
            for (key, value) in fields {
                let below = match path {
                    _ if is_map => format!("{path}{{}}"),
                    "" => key.clone(),
                    _ => format!("{path}.{key}"),
                };
                leaves(value, &below, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| leaves(item, &format!("{path}[]"), found)),
        Value::Number(_) => {
            found.insert(path.to_owned());
        }
        _ => {}
    }
}
