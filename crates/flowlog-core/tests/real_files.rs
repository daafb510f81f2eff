//! Real files that other people published. They are not part of this repository: the test says so
//! when they are absent.

#![allow(clippy::print_stderr)] // an unchecked file is to be heard of

mod common;

use std::path::Path;

use common::keep;
use flowlog_core::record::Decoded;

/// Decodes a file of the shared data folder, if that is there.
fn decode(name: &str) -> Option<(common::Kept, Decoded)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(name);
    match std::fs::read(&path) {
        Ok(bytes) => Some(keep(bytes.as_slice())),
        Err(error) => {
            eprintln!("not checked: {} is absent here ({error})", path.display());
            None
        }
    }
}

#[test]
fn a_vnet_flow_log_of_december_2025() {
    let Some((kept, decoded)) = decode("vnet/63n713m4n_PT1H.json") else { return };
    assert_eq!((decoded.records, decoded.tuples, decoded.malformed), (2, 22, 0));
    assert!(decoded.problem.is_none());
    assert_eq!(kept.lines.iter().filter(|line| line.contains(",I,D,NX,")).count(), 20);
    assert!(
        kept.lines[0]
            .contains("PlatformRule | 1766848280798,2.248.39.208,10.1.1.4,52200,22,6,I,E,NX,1,160,1,66")
    );
    assert!(kept.lines[1].contains(",I,B,NX,0,0,0,0"));
}

#[test]
fn an_nsg_flow_log_version_1() {
    let Some((kept, decoded)) = decode("nsg/microsoft_sampleOfInputV1.json") else { return };
    assert_eq!((decoded.records, decoded.tuples, decoded.malformed), (24, 1187, 0));
    assert!(decoded.problem.is_none());
    assert!(
        kept.lines[0].starts_with("Some(1527644183861) 00224803051B /SUBSCRIPTIONS/"),
        "{}",
        kept.lines[0]
    );
    assert!(kept.lines[0].ends_with("UserRule_fe_rule | 1527644123000,10.1.0.5,10.1.1.4,51435,80,6,I,A,,"));
}

#[test]
fn the_content_of_an_appended_block() {
    let Some((_, decoded)) = decode("nsg/microsoft_sampleStage3Input.txt") else { return };
    assert!(decoded.problem.is_none(), "{:?}", decoded.problem);
    assert_eq!((decoded.records, decoded.malformed), (1, 0));
    assert_eq!(decoded.tuples, 85);
}

#[test]
fn a_trailing_comma_is_named_and_what_stood_before_is_counted() {
    let Some((_, decoded)) = decode("nsg/microsoft_AzureNSGFlowLogsv1.json") else { return };
    assert_eq!((decoded.records, decoded.tuples), (1, 8));
    let problem = decoded.problem.expect("it is no valid JSON").to_string();
    assert!(problem.starts_with("invalid JSON at byte 1723: trailing comma"), "{problem}");
}
