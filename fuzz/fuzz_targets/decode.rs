//! Any bytes: no panic, and the counts are those of what was pushed.
#![no_main]

use flowlog_core::flow::FlowTuple;
use flowlog_core::record::{Decoder, MalformedTuple, RecordContext, Sink};

#[derive(Default)]
struct Count {
    tuples: u64,
    malformed: u64,
}

impl Sink for Count {
    fn record(&mut self, _: &RecordContext<'_>) {}
    fn rule(&mut self, _: &str, _: &str) {}
    fn tuple(&mut self, _: &FlowTuple) {
        self.tuples += 1;
    }
    fn malformed(&mut self, _: &MalformedTuple<'_>) {
        self.malformed += 1;
    }
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut count = Count::default();
    let decoded = Decoder::default().decode(bytes, &mut count);
    assert_eq!((decoded.tuples, decoded.malformed), (count.tuples, count.malformed));
    assert!(decoded.bytes <= bytes.len() as u64);
});
