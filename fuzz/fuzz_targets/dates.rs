//! Records and tuples of any dates: a report of them takes neither long nor much memory, and no date outside 1970 to
//! 9999 is believed. Run with `-rss_limit_mb=512 -timeout=10`.
#![no_main]

use std::io::Write as _;

use flowlog_core::aggregate::{Aggregate, Collecting, Hosts};
use flowlog_core::record::Decoder;
use flowlog_core::record::time::{LAST_MS, unix_ms};
use flowlog_core::report::{ReportOptions, build};

/// Times of records as numbers become dates, within and far outside of what chrono knows.
fn written(seconds: i64) -> String {
    let day = seconds.rem_euclid(86_400);
    let (hour, minute, second) = (day / 3600, day / 60 % 60, day % 60);
    // Any year and month; days that a month may lack are part of the matter.
    let days = seconds.div_euclid(86_400);
    let (year, month, date) = (days.div_euclid(372), days.rem_euclid(372) / 31 + 1, days.rem_euclid(31) + 1);
    let sign = if year > 9999 { "+" } else { "" };
    format!("{sign}{year:04}-{month:02}-{date:02}T{hour:02}:{minute:02}:{second:02}Z")
}

// Records: seconds, a text in place of the date if there is one, and the tuple's time.
libfuzzer_sys::fuzz_target!(|records: Vec<(i64, Option<&str>, u64, bool)>| {
    let mut log = Vec::new();
    for (seconds, text, tuple, begin) in records.iter().take(16) {
        let time = text.map_or_else(|| written(*seconds), str::to_owned);
        if let Some(time_ms) = unix_ms(&time) {
            assert!((0..=LAST_MS).contains(&time_ms), "{time} is {time_ms}");
        }
        let time: String = time.chars().filter(|c| !c.is_control() && *c != '"' && *c != '\\').collect();
        let state = if *begin { "B,NX,0,0,0,0" } else { "E,NX,1,60,1,60" };
        writeln!(
            log,
            r#"{{"time":"{time}","macAddress":"000D3A7B21C4","targetResourceID":"/x","flowRecords":{{"flows":[{{"aclID":"a","flowGroups":[{{"rule":"r","flowTuples":["{tuple},10.0.0.1,20.0.0.2,1,443,6,O,{state}"]}}]}}]}}}}"#
        )
        .expect("memory");
    }
    let collecting = Collecting { findings: true, sightings: true, ..Collecting::default() };
    let mut aggregate = Aggregate::new(&collecting, &Hosts::default());
    let decoded = Decoder::default().decode(&*log, &mut aggregate);
    assert_eq!(decoded.tuples + decoded.malformed, records.len().min(16) as u64);
    aggregate.end_group();
    aggregate.end_logs();
    build(&aggregate, Vec::new(), &ReportOptions::default());
});
