//! Other forms of good data: they must read like the plain one.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use super::{Fault, GOOD, context, flow_records, good, good_document, good_record, quoted};

pub(super) fn all() -> Vec<Fault> {
    vec![
        good("plain", good_document(), 2, 6),
        good("pretty_printed", pretty(&good_document()), 2, 6),
        good("windows_line_ends", pretty(&good_document()).replace('\n', "\r\n"), 2, 6),
        good("byte_order_mark", format!("\u{feff}{}", good_document()), 2, 6),
        good("final_newline", format!("{}\n", good_document()), 2, 6),
        good("no_records", r#"{"records":[]}"#, 0, 0),
        good("bare_record", good_record(1), 1, 3),
        good("ndjson", format!("{}\n{}\n{}\n", good_record(1), good_record(2), good_record(3)), 3, 9),
        good("ndjson_without_final_newline", format!("{}\r\n{}", good_record(1), good_record(2)), 2, 6),
        good("ndjson_of_documents", format!("{}\n{}\n", good_document(), good_document()), 4, 12),
        good("array_of_records", format!("[{},{}]", good_record(1), good_record(2)), 2, 6),
        good("appended_block", format!(",{}", good_record(1)), 1, 3),
        good(
            "appended_block_with_byte_order_mark",
            format!("\u{feff},{},{}", good_record(1), good_record(2)),
            2,
            6,
        ),
        good("nested_records", nested_records(), 3, 9),
        good("context_after_tuples", context_after_tuples(), 2, 6),
        good("context_around_tuples", context_around_tuples(), 1, 3),
        good("rule_after_tuples", rule_after_tuples(), 1, 3),
        good("unknown_keys", unknown_keys(), 1, 3),
        good("escaped_keys", good_document().replace("flowTuples", r"flow\u0054uples"), 2, 6),
        good(
            "odd_rule_name",
            good_document().replace("PlatformRule", r"UserRule_=cmd\u001b[31m|\u202e\ud83d\ude00"),
            2,
            6,
        ),
        good("nsg_version_1", nsg(1, NSG_V1), 1, 2),
        good("nsg_version_2", nsg(2, NSG_V2), 1, 4),
        good(
            "nsg_without_category",
            nsg(2, NSG_V2).replace(r#""category":"NetworkSecurityGroupFlowEvent","#, ""),
            1,
            4,
        ),
        Fault { extension: "json.zst", ..good("zstandard", zstandard(good_document().as_bytes()), 2, 6) },
        Fault { extension: "json.gz", ..good("gzip", gzip(good_document().as_bytes()), 2, 6) },
        Fault { extension: "json.gz", ..good("gzip_of_two_members", two_members(), 2, 6) },
    ]
}

const NSG_V1: &[&str] =
    &["1768464001,10.10.1.4,10.10.2.5,40001,8080,T,O,A", "1768464003,198.51.100.7,10.10.1.4,51000,161,U,I,D"];
const NSG_V2: &[&str] = &[
    "1768464001,10.10.1.4,10.10.2.5,40001,8080,T,O,A,B,,,,",
    "1768464301,10.10.1.4,10.10.2.5,40001,8080,T,O,A,C,12,2310,9,10420",
    "1768464302,10.10.1.4,10.10.2.5,40001,8080,T,O,A,E,1,54,1,54",
    "1768464003,198.51.100.7,10.10.1.4,51000,161,U,I,D,B,,,,",
];

fn nsg(version: u32, tuples: &[&str]) -> String {
    let tuples = quoted(tuples);
    format!(
        r#"{{"records":[{{"time":"2026-01-15T08:01:05.1234560Z","systemId":"abcdef01-2345-4678-9abc-def012345678","category":"NetworkSecurityGroupFlowEvent","resourceId":"/SUBSCRIPTIONS/00000000-0000-4000-8000-000000000000/RESOURCEGROUPS/RG-SHOP/PROVIDERS/MICROSOFT.NETWORK/NETWORKSECURITYGROUPS/NSG1","operationName":"NetworkSecurityGroupFlowEvents","properties":{{"Version":{version},"flows":[{{"rule":"UserRule_Allow-App","flows":[{{"mac":"000D3A000002","flowTuples":[{tuples}]}}]}}]}}}}]}}"#
    )
}

fn pretty(document: &str) -> String {
    let mut out = String::new();
    let (mut depth, mut in_string) = (0, false);
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.push_str(&"  ".repeat(depth));
    };
    // No string of a good document holds a quotation mark.
    for c in document.chars() {
        in_string ^= c == '"';
        match c {
            '{' | '[' if !in_string => {
                depth += 1;
                out.push(c);
                line(&mut out, depth);
            }
            '}' | ']' if !in_string => {
                depth -= 1;
                line(&mut out, depth);
                out.push(c);
            }
            ',' if !in_string => {
                out.push(c);
                line(&mut out, depth);
            }
            ':' if !in_string => out.push_str(": "),
            _ => out.push(c),
        }
    }
    out.push('\n');
    out
}

/// A slip of a published sample: a list of records where a record is expected.
fn nested_records() -> String {
    format!(r#"{{"records":[{},{{"records":[{},{}]}}]}}"#, good_record(1), good_record(2), good_record(3))
}

fn context_after_tuples() -> String {
    let record = |minute| format!("{{{},{}}}", flow_records(&quoted(&GOOD)), context(minute));
    format!(r#"{{"records":[{},{}]}}"#, record(1), record(2))
}

fn context_around_tuples() -> String {
    let context = context(1);
    let (before, after) = context.split_once(r#","category""#).unwrap_or((&context, ""));
    format!(r#"{{"records":[{{{before},{},"category"{after}}}]}}"#, flow_records(&quoted(&GOOD)))
}

fn rule_after_tuples() -> String {
    let tuples = quoted(&GOOD);
    format!(
        r#"{{"records":[{{{},"flowRecords":{{"flows":[{{"flowGroups":[{{"flowTuples":[{tuples}],"rule":"PlatformRule"}}],"aclID":"00000000-0000-0000-0000-000000000000"}}]}}}}]}}"#,
        context(1)
    )
}

fn unknown_keys() -> String {
    format!(
        r#"{{"schema":{{"version":[5,{{"records":null}}]}},"records":[{{"tags":{{"a":[{{"b":1.5e3}}],"flowTuples":["no tuple"]}},{},"extra":[[],{{}}],{}}}],"next":null}}"#,
        context(1),
        flow_records(&quoted(&GOOD))
            .replace(r#""rule":"#, r#""priority":100,"note":{"rule":"not this"},"rule":"#)
    )
}

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    // A Vec takes every write.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

fn zstandard(bytes: &[u8]) -> Vec<u8> {
    compress_to_vec(bytes, CompressionLevel::Fastest)
}

/// As `cat a.gz b.gz` makes them.
fn two_members() -> Vec<u8> {
    let document = good_document();
    let (first, second) = document.as_bytes().split_at(document.len() / 2);
    [gzip(first), gzip(second)].concat()
}
