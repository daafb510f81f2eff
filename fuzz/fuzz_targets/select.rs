//! Any text as a filter: no panic, errors within the text, and a filter and its contrary never agree.
#![no_main]

use flowlog_core::record::tuple::parse;
use flowlog_core::select::{Filter, Place};

const TUPLES: [&str; 3] = [
    "1663146003599,10.0.0.6,192.0.2.180,23956,443,6,O,B,NX,0,0,0,0",
    "1663146003606,203.0.113.9,10.0.0.6,50000,22,6,I,D,NX,0,0,0,0",
    "1663146003637,fd00::1,ff02::1,0,0,58,O,E,X,9,900,8,800",
];

libfuzzer_sys::fuzz_target!(|text: &str| {
    let filter = match Filter::parse(text) {
        Ok(filter) => filter,
        Err(error) => {
            assert!(error.column() + error.width() <= text.chars().count() + 2, "{error}");
            return;
        }
    };
    let place = Place { mac: "000D3A1B2C3D", resource: "/s/vnets/hub", acl: "/s/nsgs/web", rule: "UserRule_Allow" };
    let (bound, contrary) = (filter.bind(&place), (!filter.clone()).bind(&place));
    assert_eq!(!!filter.clone(), filter);
    for tuple in TUPLES.iter().filter_map(|text| parse(text).ok()) {
        // What only a connection tells may be either; all else is one of the two.
        assert!(bound.admits(&tuple) || contrary.admits(&tuple));
        assert!(filter.needs_connection() || bound.admits(&tuple) != contrary.admits(&tuple));
    }
});
