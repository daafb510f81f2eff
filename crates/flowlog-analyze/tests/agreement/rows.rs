//! The JSON report beside the files of single tuples and single connections, added up.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::form::{number, protocol, rfc3339, text};

type Row = BTreeMap<String, String>;

fn read(csv: &str) -> Vec<Row> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let titles: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let row = |row: csv::StringRecord| titles.iter().cloned().zip(row.iter().map(str::to_owned)).collect();
    reader.records().map(|record| row(record.unwrap())).collect()
}

fn cell(row: &Row, column: &str) -> u64 {
    if row[column].is_empty() { 0 } else { row[column].parse().unwrap() }
}

fn sum(rows: &[&Row], column: &str) -> u64 {
    rows.iter().map(|row| cell(row, column)).sum()
}

/// Rows by the text of some columns.
fn by<'a>(rows: impl IntoIterator<Item = &'a Row>, columns: &[&str]) -> BTreeMap<String, Vec<&'a Row>> {
    let mut groups: BTreeMap<String, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        let key: Vec<&str> = columns.iter().map(|column| row[*column].as_str()).collect();
        groups.entry(key.join("|")).or_default().push(row);
    }
    groups
}

fn lengths(groups: &BTreeMap<String, Vec<&Row>>) -> BTreeMap<String, u64> {
    groups.iter().map(|(key, rows)| (key.clone(), rows.len() as u64)).collect()
}

/// An object of counts, without those that are nothing.
fn counts(json: &Value) -> BTreeMap<String, u64> {
    let some = json.as_object().unwrap().iter().map(|(key, value)| (key.clone(), value.as_u64().unwrap()));
    some.filter(|(_, count)| *count > 0).collect()
}

fn list(json: &Value) -> &[Value] {
    json.as_array().unwrap()
}

/// One row a tuple: sums of everything that counts tuples as logged.
pub(crate) fn details(json: &Value, csv: &str, input: &str) {
    let rows = read(csv);
    let all: Vec<&Row> = rows.iter().collect();
    let totals = &json["totals"];
    assert_eq!(all.len() as u64, number(totals, "tuples"), "{input}");
    for (key, column) in SUMS.into_iter().zip(DETAIL_SUMS) {
        assert_eq!(sum(&all, column), number(totals, key), "{input}: {key}");
    }
    let distinct = |column: &str| rows.iter().map(|row| &row[column]).collect::<BTreeSet<_>>().len() as u64;
    for (key, column) in [("unique_sources", "SourceIP"), ("unique_destinations", "DestinationIP")] {
        assert_eq!(distinct(column), number(totals, key), "{input}: {key}");
    }
    // A NIC of which nothing but the record could be read counts, too.
    assert!(distinct("MAC") <= number(totals, "unique_nics"), "{input}");
    let times: BTreeSet<&String> = rows.iter().map(|row| &row["FlowTime"]).collect();
    for (key, time) in [("first_time_ms", times.first()), ("last_time_ms", times.last())] {
        assert_eq!(time.map(|time| (*time).clone()), totals[key].as_i64().map(rfc3339), "{input}: {key}");
    }
    assert_eq!(lengths(&by(&rows, &["State"])), counts(&json["states"]), "{input}");
    assert_eq!(lengths(&by(&rows, &["Protocol"])), counts(&json["protocols"]), "{input}");
    assert_eq!(lengths(&by(&rows, &["Encryption"])), counts(&json["encryption"]), "{input}");
    let directions = lengths(&by(&rows, &["Direction"]));
    let directions: BTreeMap<String, u64> =
        directions.into_iter().map(|(word, count)| (word[..1].to_owned(), count)).collect();
    assert_eq!(directions, counts(&json["directions"]), "{input}");
    let files = by(&rows, &["File"]);
    for file in list(&json["files"]) {
        let tuples = files.get(text(file, "path")).map_or(0, Vec::len) as u64;
        assert_eq!(tuples, number(file, "tuples"), "{input}: {file}");
    }
    // Ids are the same whatever their case, and so are names of rules.
    let key = |acl: &str, rule: &str| format!("{}|{}", acl.to_lowercase(), rule);
    let mut rules: BTreeMap<String, Vec<&Row>> = BTreeMap::new();
    for row in &rows {
        rules.entry(key(&row["ACL"], &row["Rule"])).or_default().push(row);
    }
    assert_eq!(rules.len(), list(&json["rules"]).len(), "{input}: rules");
    for rule in list(&json["rules"]) {
        let rows = &rules[&key(text(rule, "acl"), text(rule, "rule"))];
        let state =
            |wanted: &[&str]| rows.iter().filter(|row| wanted.contains(&row["State"].as_str())).count();
        let distinct = |columns: &[&str]| by(rows.iter().copied(), columns).len();
        let found = [
            ("tuples", rows.len()),
            ("denied", state(&["D"])),
            ("begun", state(&["B", "A"])),
            ("sources", distinct(&["SourceIP"])),
            ("destinations", distinct(&["DestinationIP"])),
        ];
        for (name, found) in found {
            assert_eq!(found as u64, number(rule, name), "{input}: {name} of {rule}");
        }
        assert_eq!(
            sum(rows, "BytesSent") + sum(rows, "BytesReceived"),
            number(rule, "bytes"),
            "{input}: {rule}"
        );
    }
}

/// The same of a run in which nothing counts once: what goes by conversation, too, counts tuples as logged.
pub(crate) fn undeduplicated(json: &Value, csv: &str, input: &str) {
    let rows = read(csv);
    let ends = ["SourceIP", "DestinationIP", "DestinationPort", "Protocol"];
    let conversations = by(&rows, &ends);
    assert_eq!(conversations.len() as u64, number(&json["totals"], "conversations"), "{input}");
    let is_denied = |row: &&&Row| row["State"] == "D";
    let denied = by(rows.iter().filter(|row| row["State"] == "D"), &ends);
    assert_eq!(denied.len() as u64, number(json, "denied_total"), "{input}");
    for row in list(&json["denied"]) {
        assert_eq!(denied[&conversation(row)].len() as u64, number(row, "tuples"), "{input}: {row}");
    }
    for (name, column) in [("top_sources", "SourceIP"), ("top_destinations", "DestinationIP")] {
        let hosts = by(&rows, &[column]);
        for host in list(&json[name]) {
            let rows = &hosts[text(host, "ip")];
            let volume =
                |kind: &str| sum(rows, &format!("{kind}Sent")) + sum(rows, &format!("{kind}Received"));
            let found = [
                ("tuples", rows.len() as u64),
                ("denied", rows.iter().filter(is_denied).count() as u64),
                ("bytes", volume("Bytes")),
                ("packets", volume("Packets")),
            ];
            for (key, found) in found {
                assert_eq!(found, number(host, key), "{input}: {key} of {host}");
            }
        }
    }
    let ports = by(&rows, &["DestinationPort", "Protocol"]);
    for port in list(&json["top_ports"]) {
        let rows = &ports[&format!("{}|{}", port["port"], port["protocol"])];
        let denied = rows.iter().filter(is_denied).count();
        assert_eq!(
            (rows.len() as u64, denied as u64),
            (number(port, "tuples"), number(port, "denied")),
            "{input}"
        );
        assert_eq!(
            sum(rows, "BytesSent") + sum(rows, "BytesReceived"),
            number(port, "bytes"),
            "{input}: {port}"
        );
    }
}

fn conversation(row: &Value) -> String {
    format!("{}|{}|{}|{}", text(row, "source"), text(row, "destination"), row["port"], row["protocol"])
}

/// One row a connection: outcomes, sums, and what was denied.
pub(crate) fn connections(json: &Value, csv: &str, input: &str) {
    let rows = read(csv);
    let outcomes = by(&rows, &["outcome"]);
    for row in list(&json["connections"]["outcomes"]) {
        let rows = outcomes.get(text(row, "outcome")).cloned().unwrap_or_default();
        for key in ["connections", "tuples"].into_iter().chain(SUMS) {
            assert_eq!(sum(&rows, key), number(row, key), "{input}: {key} of {row}");
        }
    }
    let all: Vec<&Row> = rows.iter().collect();
    // What NSG logs version 1 let through has no life cycle, and is no row.
    let without_life = json["states"]["A"].as_u64().unwrap_or(0);
    assert_eq!(sum(&all, "tuples") + without_life, number(&json["resolved"], "tuples"), "{input}");
    for key in SUMS {
        assert_eq!(sum(&all, key), number(&json["resolved"], key), "{input}: {key}");
    }
    // Of connections that are one row, as they are of one millisecond, another log may tell of some only.
    let least: u64 = rows.iter().map(|row| cell(row, "logs") - 1).sum();
    let most: u64 = rows.iter().map(|row| (cell(row, "logs") - 1) * cell(row, "connections")).sum();
    let twice = number(&json["resolved"], "duplicate_connections");
    assert!((least..=most).contains(&twice), "{input}: {twice} is not in {least} to {most}");
    let ends = ["source", "destination", "destination_port", "protocol"];
    let denied = by(rows.iter().filter(|row| row["outcome"] == "denied"), &ends);
    assert_eq!(denied.len() as u64, number(json, "denied_total"), "{input}");
    for row in list(&json["denied"]) {
        let rows = &denied[&conversation(row)];
        assert_eq!(sum(rows, "tuples"), number(row, "tuples"), "{input}: {row}");
        assert_eq!(sum(rows, "connections"), number(row, "attempts"), "{input}: {row}");
    }
    for row in &rows {
        assert_eq!(row["protocol_name"], protocol(cell(row, "protocol")), "{input}");
    }
}

const SUMS: [&str; 4] = ["packets_sent", "bytes_sent", "packets_received", "bytes_received"];
const DETAIL_SUMS: [&str; 4] = ["PacketsSent", "BytesSent", "PacketsReceived", "BytesReceived"];
