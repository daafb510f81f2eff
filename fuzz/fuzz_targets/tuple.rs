//! Any text: no panic, and what is read can be written and read again.
#![no_main]

use flowlog_core::record::tuple::parse;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Ok(tuple) = parse(text) else { return };
    let counters = tuple.counters.map_or(",,,".to_owned(), |c| {
        format!("{},{},{},{}", c.packets_sent, c.bytes_sent, c.packets_received, c.bytes_received)
    });
    if tuple.encryption.word().len() > 1 && tuple.time_ms >= 100_000_000_000 {
        let again = format!(
            "{},{},{},{},{},{},{},{},{},{counters}",
            tuple.time_ms,
            tuple.source,
            tuple.destination,
            tuple.source_port,
            tuple.destination_port,
            tuple.protocol,
            tuple.direction.letter(),
            tuple.state.letter(),
            tuple.encryption.word(),
        );
        assert_eq!(parse(&again), Ok(tuple));
    }
});
