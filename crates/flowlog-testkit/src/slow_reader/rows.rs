//! From bytes to a list of tuples.

use std::net::IpAddr;

use serde_json::Value;

/// One tuple with its context.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) mac: String,
    /// Target of a VNet flow log; empty for NSG flow logs.
    pub(super) vnet: String,
    pub(super) acl: String,
    pub(super) rule: String,
    pub(super) time_ms: i64,
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    pub(super) source_port: u16,
    pub(super) destination_port: u16,
    pub(super) protocol: u8,
    pub(super) direction: char,
    /// `B`, `C`, `E`, `D`, or `A` for NSG version 1.
    pub(super) state: char,
    /// Empty for NSG flow logs.
    pub(super) encryption: String,
    /// Packets and bytes sent, packets and bytes received.
    pub(super) counters: [u64; 4],
}

impl Row {
    pub(super) fn conversation(&self) -> (IpAddr, IpAddr, u16, u8) {
        (self.source, self.destination, self.destination_port, self.protocol)
    }

    pub(super) fn bytes(&self) -> u64 {
        self.counters[1] + self.counters[3]
    }

    /// Denied, and by no rule.
    pub(super) fn is_dropped(&self) -> bool {
        let words = ["NX_SW_NOT_READY", "NX_NOT_ACCEPTED", "NX_NOT_SUPPORTED"];
        self.state == 'D' && (self.rule == "unspecified" || words.contains(&self.encryption.as_str()))
    }

    pub(super) fn has_ports(&self) -> bool {
        [6, 17, 33, 132, 136].contains(&self.protocol)
    }
}

/// Records, malformed tuples, whether the file breaks off, and its tuples.
pub(super) fn file_rows(bytes: &[u8]) -> (u64, u64, bool, Vec<Row>) {
    let text = std::str::from_utf8(bytes).expect("flow logs are ASCII");
    let (document, cut) = match serde_json::from_str(text) {
        Ok(document) => (document, false),
        Err(_) => (mended(text), true),
    };
    let mut rows = Vec::new();
    let mut malformed = 0;
    for record in list(&document, "records") {
        if let Some(flow_records) = record.get("flowRecords") {
            vnet_rows(record, flow_records, &mut rows, &mut malformed);
        } else {
            nsg_rows(record, &mut rows, &mut malformed);
        }
    }
    (list(&document, "records").len() as u64, malformed, cut, rows)
}

/// A cut file up to its last whole tuple, with everything closed that is open there.
fn mended(text: &str) -> Value {
    let after_tuple = text.rfind("\",\"").map_or(0, |at| at + 1);
    let group_start = text.rfind("[\"").map_or(0, |at| at + 1);
    let kept = &text[..after_tuple.max(group_start)];
    serde_json::from_str(&format!("{kept}]}}]}}]}}}}]}}")).expect("a cut flow log breaks off in a tuple")
}

fn list<'a>(value: &'a Value, key: &str) -> &'a Vec<Value> {
    value[key].as_array().unwrap_or_else(|| panic!("no list {key}"))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("no text {key}"))
}

fn vnet_rows(record: &Value, flow_records: &Value, rows: &mut Vec<Row>, malformed: &mut u64) {
    for flow in list(flow_records, "flows") {
        for group in list(flow, "flowGroups") {
            for tuple in list(group, "flowTuples") {
                match tuple.as_str().and_then(vnet_tuple) {
                    Some(row) => rows.push(Row {
                        mac: text(record, "macAddress").to_owned(),
                        vnet: text(record, "targetResourceID").to_owned(),
                        acl: text(flow, "aclID").to_owned(),
                        rule: text(group, "rule").to_owned(),
                        ..row
                    }),
                    None => *malformed += 1,
                }
            }
        }
    }
}

fn nsg_rows(record: &Value, rows: &mut Vec<Row>, malformed: &mut u64) {
    for rule in list(&record["properties"], "flows") {
        for flow in list(rule, "flows") {
            for tuple in list(flow, "flowTuples") {
                match tuple.as_str().and_then(nsg_tuple) {
                    Some(row) => rows.push(Row {
                        mac: text(flow, "mac").to_owned(),
                        acl: text(record, "resourceId").to_owned(),
                        rule: text(rule, "rule").to_owned(),
                        ..row
                    }),
                    None => *malformed += 1,
                }
            }
        }
    }
}

fn vnet_tuple(tuple: &str) -> Option<Row> {
    let fields: Vec<&str> = tuple.split(',').collect();
    let known = fields.len() == 13 && ["B", "C", "E", "D"].contains(&fields[7]);
    known.then_some(())?;
    Some(Row {
        protocol: fields[5].parse().ok()?,
        state: letter(fields[7])?,
        encryption: fields[8].to_owned(),
        counters: counters(&fields[9..])?,
        ..common(&fields)?
    })
}

fn nsg_tuple(tuple: &str) -> Option<Row> {
    let fields: Vec<&str> = tuple.split(',').collect();
    let protocol = match *fields.get(5)? {
        "T" => 6,
        "U" => 17,
        _ => return None,
    };
    let decision = letter(fields.get(7)?)?;
    let (state, counters) = match (fields.len(), decision) {
        (8, _) => (decision, [0; 4]),
        (13, 'D') => ('D', counters(&fields[9..])?),
        (13, 'A') => (letter(fields[8])?, counters(&fields[9..])?),
        _ => return None,
    };
    let row = common(&fields)?;
    Some(Row { protocol, state, counters, time_ms: row.time_ms * 1000, ..row })
}

/// The fields that all formats have in the same place.
fn common(fields: &[&str]) -> Option<Row> {
    Some(Row {
        mac: String::new(),
        vnet: String::new(),
        acl: String::new(),
        rule: String::new(),
        time_ms: fields[0].parse().ok()?,
        source: fields[1].parse().ok()?,
        destination: fields[2].parse().ok()?,
        source_port: fields[3].parse().ok()?,
        destination_port: fields[4].parse().ok()?,
        protocol: 0,
        direction: letter(fields[6]).filter(|letter| ['I', 'O'].contains(letter))?,
        state: ' ',
        encryption: String::new(),
        counters: [0; 4],
    })
}

fn letter(field: &str) -> Option<char> {
    let mut letters = field.chars();
    letters.next().filter(|_| letters.next().is_none())
}

fn counters(fields: &[&str]) -> Option<[u64; 4]> {
    let mut counters = [0; 4];
    for (counter, field) in counters.iter_mut().zip(fields) {
        *counter = if field.is_empty() { 0 } else { field.parse().ok()? };
    }
    Some(counters)
}
