//! Every peculiar file of the test kit reads as the kit says it must.

mod common;

use std::io::Cursor;

use common::keep;
use flowlog_core::bytes::unpack;
use flowlog_testkit::faults;

#[test]
fn every_fault_is_counted_and_told() {
    let faults = faults::all();
    assert!(faults.len() > 20, "the kit has fewer faults than expected: {}", faults.len());
    for fault in faults {
        let (kept, decoded) = keep(unpack(Cursor::new(fault.bytes.clone())).unwrap());
        let name = fault.name;
        assert_eq!(decoded.tuples, fault.tuples, "tuples of {name}: {decoded:?}");
        assert_eq!(decoded.malformed, fault.malformed, "malformed of {name}: {:?}", kept.malformed);
        assert_eq!(decoded.records, fault.records, "records of {name}: {decoded:?}");
        assert_eq!(decoded.problem.is_some(), fault.error, "problem of {name}: {:?}", decoded.problem);
    }
}
