//! Small files with one peculiarity each, and what a decoder must make of them.
//!
//! Some are faults (a tuple with a missing field, a file that breaks off), others are forms of the
//! same data that must read like the plain one (key order, byte-order mark, NDJSON, `.gz`).

mod files;
mod forms;
mod tuples;

/// A file and what it holds.
#[derive(Clone, Debug)]
pub struct Fault {
    /// What is peculiar, as an identifier.
    pub name: &'static str,
    /// Ending of the file name this needs: `json`, `json.gz`, `json.zst`.
    pub extension: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
    /// Records that must be counted; one that breaks off after its context counts.
    pub records: u64,
    /// Tuples that must be counted.
    pub tuples: u64,
    /// Tuples that must be counted as malformed.
    pub malformed: u64,
    /// The file cannot be read whole, or is no flow log: it must be reported by name.
    pub error: bool,
}

/// Every one of them.
#[must_use]
pub fn all() -> Vec<Fault> {
    [tuples::all(), forms::all(), files::all()].concat()
}

/// The one with this name.
#[must_use]
pub fn named(name: &str) -> Option<Fault> {
    all().into_iter().find(|fault| fault.name == name)
}

/// Three good tuples: begun and ended, and a denied one.
const GOOD: [&str; 3] = [
    "1768464001000,10.10.1.4,10.10.2.5,40001,8080,6,O,B,X,0,0,0,0",
    "1768464002500,10.10.1.4,10.10.2.5,40001,8080,6,O,E,X,12,2310,9,10420",
    "1768464003000,198.51.100.7,10.10.1.4,51000,3389,6,I,D,NX,0,0,0,0",
];

/// A file that reads without complaint.
fn good(name: &'static str, bytes: impl Into<Vec<u8>>, records: u64, tuples: u64) -> Fault {
    Fault { name, extension: "json", bytes: bytes.into(), records, tuples, malformed: 0, error: false }
}

/// Everything of a record that stands before its groups in real files.
fn context(minute: u32) -> String {
    format!(
        r#""time":"2026-01-15T08:{minute:02}:05.1234560Z","flowLogGUID":"abcdef01-2345-4678-9abc-def012345678","macAddress":"000D3A000001","category":"FlowLogFlowEvent","flowLogResourceID":"/SUBSCRIPTIONS/00000000-0000-4000-8000-000000000000/RESOURCEGROUPS/NETWORKWATCHERRG/PROVIDERS/MICROSOFT.NETWORK/NETWORKWATCHERS/NETWORKWATCHER_UKWEST/FLOWLOGS/FL1","targetResourceID":"/subscriptions/00000000-0000-4000-8000-000000000000/resourceGroups/rg-shop/providers/Microsoft.Network/virtualNetworks/vnet1","flowLogVersion":4,"operationName":"FlowLogFlowEvent""#
    )
}

/// `flowRecords` with one group of tuples; `tuples` is the inside of the array.
fn flow_records(tuples: &str) -> String {
    format!(
        r#""flowRecords":{{"flows":[{{"aclID":"00000000-0000-0000-0000-000000000000","flowGroups":[{{"rule":"PlatformRule","flowTuples":[{tuples}]}}]}}]}}"#
    )
}

/// The inside of an array of strings.
fn quoted(tuples: &[&str]) -> String {
    tuples.iter().map(|tuple| format!("\"{tuple}\"")).collect::<Vec<_>>().join(",")
}

/// A record of the three good tuples.
fn good_record(minute: u32) -> String {
    format!("{{{},{}}}", context(minute), flow_records(&quoted(&GOOD)))
}

/// A whole document of one record with this inside of its tuple array.
fn document_of(tuples: &str) -> String {
    format!(r#"{{"records":[{{{},{}}}]}}"#, context(1), flow_records(tuples))
}

/// A whole document of two good records.
fn good_document() -> String {
    format!(r#"{{"records":[{},{}]}}"#, good_record(1), good_record(2))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn every_name_occurs_once() {
        let mut names: Vec<_> = all().iter().map(|fault| fault.name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn the_plain_document_is_json_with_two_records() {
        let value: Value = serde_json::from_str(&good_document()).expect("valid JSON");
        assert_eq!(value["records"].as_array().map(Vec::len), Some(2));
        let pretty = named("pretty_printed").expect("is there");
        let again: Value = serde_json::from_slice(&pretty.bytes).expect("valid JSON");
        assert_eq!(again, value);
    }

    /// Records and entries of tuple arrays, by a walk through the tree.
    fn count(value: &Value, records: &mut u64, entries: &mut u64) {
        let (list, is_record) = match (value.get("flowRecords"), value.get("properties")) {
            (Some(flow_records), _) => (&flow_records["flows"], true),
            (None, Some(properties)) => (&properties["flows"], true),
            (None, None) if value.is_array() => (value, false),
            (None, None) => (&value["records"], false),
        };
        *records += u64::from(is_record);
        for item in list.as_array().into_iter().flatten() {
            if !is_record {
                count(item, records, entries);
                continue;
            }
            let groups = item.get("flowGroups").or_else(|| item.get("flows"));
            for group in groups.and_then(Value::as_array).into_iter().flatten() {
                *entries += group["flowTuples"].as_array().map_or(0, Vec::len) as u64;
            }
        }
    }

    #[test]
    fn what_is_whole_holds_what_it_says() {
        let mut checked = 0;
        for fault in all().into_iter().filter(|fault| !fault.error && fault.extension == "json") {
            let text = std::str::from_utf8(&fault.bytes).expect("text");
            let text = text.trim_start_matches('\u{feff}');
            // An appended block is the inside of a list.
            let text = match text.strip_prefix(',') {
                Some(inside) => format!("[{inside}]"),
                None => text.to_owned(),
            };
            let (mut records, mut entries) = (0, 0);
            for document in serde_json::Deserializer::from_str(&text).into_iter() {
                count(&document.expect(fault.name), &mut records, &mut entries);
            }
            assert_eq!(records, fault.records, "{}", fault.name);
            assert_eq!(entries, fault.tuples + fault.malformed, "{}", fault.name);
            checked += 1;
        }
        assert!(checked > 40, "{checked}");
    }

    #[test]
    fn what_is_broken_is_no_json() {
        let no_flow_logs = ["json_of_another_kind", "json_scalar", "audit_events"];
        // A misshapen tuple is JSON, and all the same an error.
        let broken = [forms::all(), files::all()].concat();
        for fault in broken.into_iter().filter(|fault| fault.error && !no_flow_logs.contains(&fault.name)) {
            assert!(serde_json::from_slice::<Value>(&fault.bytes).is_err(), "{}", fault.name);
        }
    }
}
