//! Records and tuples of any dates: a report of them takes neither long nor much memory, and no date outside 1970 to
//! 9999 is believed. Run with `-rss_limit_mb=512 -timeout=10`.
#![no_main]

use std::io::Write as _;

use flowlog_core::flow::OwnNetworks;
use flowlog_core::record::Decoder;
use flowlog_core::record::time::{LAST_MS, unix_ms};
use flowlog_core::report::{ReportOptions, build};
use flowlog_core::state::{Budget, Gather, GatherOptions, Gatherer, HostPair, Reader, Shared};

/// Nobody takes the pairs beside the report.
struct NoCollector;

impl Gather for NoCollector {
    fn take(&mut self, _: &mut HostPair) {}
    fn merge(&mut self, _: Self) {}
}

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
    let mut reader = Reader::new(&Shared::new(&Budget::unlimited()));
    let decoded = Decoder::default().decode(&*log, &mut reader);
    assert_eq!(decoded.tuples + decoded.malformed, records.len().min(16) as u64);
    reader.end_file();
    let own = OwnNetworks::default();
    let options = GatherOptions { resolve: true, findings: true, provenance: true, own };
    let state = reader.finish().expect("no temporary file is needed");
    let gatherer = Gatherer::new(state, options);
    build(&gatherer, Vec::new(), &ReportOptions::default(), || None::<NoCollector>).expect("no file is read");
});
