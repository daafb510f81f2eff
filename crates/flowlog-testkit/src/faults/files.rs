//! Files that cannot be read whole, or are no flow logs: what stands before the fault counts.

use super::forms::gzip;
use super::{Fault, GOOD, context, document_of, flow_records, good, good_document, good_record, quoted};

pub(super) fn all() -> Vec<Fault> {
    vec![
        broken("cut_in_tuple", cut_in_tuple(), 2, 5),
        broken("cut_between_records", format!(r#"{{"records":[{}"#, good_record(1)), 1, 3),
        broken("cut_after_comma", format!(r#"{{"records":[{},"#, good_record(1)), 1, 3),
        broken("cut_before_close", format!(r#"{{"records":[{}]"#, good_record(1)), 1, 3),
        broken("cut_in_context", cut_in_context(), 1, 3),
        broken("trailing_comma_in_tuples", document_of(&format!("{},", quoted(&GOOD))), 1, 3),
        broken("text_after_document", format!("{}<!-- end -->", good_document()), 2, 6),
        broken("control_character_in_string", cut_by_control_character(), 1, 2),
        broken("empty", "", 0, 0),
        broken("white_space", " \r\n\t\n", 0, 0),
        broken("html", "<!DOCTYPE html>\n<html><body>Sign in to your account</body></html>\n", 0, 0),
        broken("plain_text", "BlobNotFound: The specified blob does not exist.\n", 0, 0),
        broken("binary", vec![0, 159, 146, 150, 255, 254, 0, 1, 2, 3], 0, 0),
        broken("json_of_another_kind", r#"{"value":[{"name":"PT1H.json"}],"nextLink":null}"#, 0, 0),
        broken("json_scalar", "42\n", 0, 0),
        broken("audit_events", AUDIT_EVENTS, 0, 0),
        Fault { extension: "json.gz", ..broken("gzip_of_nothing_else", b"no gzip at all".as_slice(), 0, 0) },
        Fault { extension: "json.gz", ..broken("gzip_bad_checksum", gzip_bad_checksum(), 2, 6) },
    ]
}

/// Another service's `PT1H.json`, which a wrong container name leads to.
const AUDIT_EVENTS: &str = concat!(
    r#"{"time":"2026-01-15T08:00:11.1Z","category":"AuditEvent","operationName":"SecretGet","resultType":"Success","properties":{"id":"https://kv-shop.vault.azure.net/secrets/a"}}"#,
    "\n",
    r#"{"time":"2026-01-15T08:00:12.1Z","category":"AuditEvent","operationName":"SecretList","resultType":"Success","properties":{}}"#,
    "\n"
);

fn broken(name: &'static str, bytes: impl Into<Vec<u8>>, records: u64, tuples: u64) -> Fault {
    Fault { error: true, ..good(name, bytes, records, tuples) }
}

/// In the middle of the last tuple of the second record.
fn cut_in_tuple() -> String {
    let mut document = good_document();
    document.truncate(document.rfind("51000").unwrap_or_default());
    document
}

/// Nothing of the second record's tuples is there.
fn cut_in_context() -> String {
    let mut document = good_document();
    document.truncate(document.rfind("macAddress").unwrap_or_default());
    document
}

/// JSON forbids raw control characters in strings; the third tuple has one.
fn cut_by_control_character() -> String {
    let third = GOOD[2].replacen(',', "\u{1},", 1);
    format!(r#"{{"records":[{{{},{}}}]}}"#, context(1), flow_records(&quoted(&[GOOD[0], GOOD[1], &third])))
}

fn gzip_bad_checksum() -> Vec<u8> {
    let mut bytes = gzip(good_document().as_bytes());
    let checksum = bytes.len().saturating_sub(8);
    bytes[checksum] ^= 0xff;
    bytes
}
