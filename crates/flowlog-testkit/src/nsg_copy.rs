//! The NSG flow log (version 2) that the NICs of a `VNet` flow log would have left of the same traffic, as
//! far as such a log can tell of it: both logs of one hour, as people have them before NSG flow logs retire.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

/// Source, destination, destination port and protocol number, as the log writes them.
pub type Conversation = (String, String, String, String);

/// What an NSG flow log cannot tell of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftOut {
    /// Neither TCP nor UDP.
    Protocol,
    /// No NSG decided: the named ACL did.
    Encryption,
    /// The same, of a network manager.
    AdminRule,
    /// The same, of the platform.
    Platform,
}

/// What was written, and what was not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NsgCopy {
    /// Tuples written.
    pub tuples: u64,
    /// Of these, denied.
    pub denied: u64,
    /// Tuples left out, by why and conversation: denied ones, and others.
    pub left_out: BTreeMap<(LeftOut, Conversation), (u64, u64)>,
    /// Conversations written.
    pub written: BTreeSet<Conversation>,
}

impl NsgCopy {
    /// Writes the copy of one blob and counts it; nothing if no tuple is left.
    ///
    /// # Panics
    /// If the blob is no whole `VNet` flow log: it comes from the generator.
    pub fn blob(&mut self, vnet: &[u8]) -> Option<Vec<u8>> {
        let root: Value = serde_json::from_slice(vnet).expect("a whole blob");
        let records = root["records"].as_array().expect("records");
        let copies: Vec<Value> = records.iter().flat_map(|record| self.record(record)).collect();
        (!copies.is_empty()).then(|| json!({ "records": copies }).to_string().into_bytes())
    }

    /// One record an NSG.
    fn record(&mut self, record: &Value) -> Vec<Value> {
        let flows = record["flowRecords"]["flows"].as_array().expect("flows");
        let copy = |flow: &Value| {
            let acl = flow["aclID"].as_str().expect("an ACL");
            let groups = flow["flowGroups"].as_array().expect("groups");
            let rules: Vec<Value> =
                groups.iter().filter_map(|group| self.group(acl, &record["macAddress"], group)).collect();
            (!rules.is_empty()).then(|| {
                json!({
                    "time": record["time"],
                    "systemId": record["flowLogGUID"],
                    "macAddress": record["macAddress"],
                    "category": "NetworkSecurityGroupFlowEvent",
                    "resourceId": acl.to_uppercase(),
                    "operationName": "NetworkSecurityGroupFlowEvents",
                    "properties": { "Version": 2, "flows": rules },
                })
            })
        };
        flows.iter().filter_map(copy).collect()
    }

    fn group(&mut self, acl: &str, mac: &Value, group: &Value) -> Option<Value> {
        let tuples = group["flowTuples"].as_array().expect("tuples");
        let tuples = tuples.iter().map(|tuple| tuple.as_str().expect("a tuple"));
        let copies: Vec<String> = tuples.filter_map(|tuple| self.tuple(acl, tuple)).collect();
        let flows = json!([{ "mac": mac, "flowTuples": copies }]);
        (!copies.is_empty()).then(|| json!({ "rule": group["rule"], "flows": flows }))
    }

    fn tuple(&mut self, acl: &str, tuple: &str) -> Option<String> {
        let fields: Vec<&str> = tuple.split(',').collect();
        let [time, source, destination, source_port, port, protocol, direction, state, _, counters @ ..] =
            fields.as_slice()
        else {
            panic!("13 fields: {tuple}");
        };
        let conversation: Conversation =
            ((*source).to_owned(), (*destination).to_owned(), (*port).to_owned(), (*protocol).to_owned());
        let denied = *state == "D";
        let why = match acl {
            _ if !matches!(*protocol, "6" | "17") => Some(LeftOut::Protocol),
            "unspecified" => Some(LeftOut::Encryption),
            acl if acl.contains("/networkManagers/") => Some(LeftOut::AdminRule),
            acl if !acl.contains("/networkSecurityGroups/") => Some(LeftOut::Platform),
            _ => None,
        };
        if let Some(why) = why {
            let (refused, other) = self.left_out.entry((why, conversation)).or_default();
            *(if denied { refused } else { other }) += 1;
            return None;
        }
        self.tuples += 1;
        self.denied += u64::from(denied);
        self.written.insert(conversation);
        let seconds = time.parse::<i64>().expect("a time").div_euclid(1000);
        let letter = if *protocol == "6" { 'T' } else { 'U' };
        let decision = if denied { 'D' } else { 'A' };
        let (state, counters) = match *state {
            "B" | "D" => ("B", ",,,".to_owned()),
            other => (other, counters.join(",")),
        };
        Some(format!(
            "{seconds},{source},{destination},{source_port},{port},{letter},{direction},{decision},{state},{counters}"
        ))
    }
}
