//! Decode only: bytes in memory to tuples, on one core, into a sink that counts and keeps nothing.
//! `cargo bench --package flowlog-core` prints MB/s and tuples/s.

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use flowlog_core::flow::FlowTuple;
use flowlog_core::record::{Decoder, MalformedTuple, RecordContext, Sink};
use flowlog_testkit::scenario::{Format, Scenario, Volume};

fn main() {
    divan::main();
}

/// Counts, and uses a field of each part of a tuple, so that none of the parsing can be left out.
#[derive(Default)]
struct Count {
    tuples: u64,
    malformed: u64,
    packets: u64,
    ports: u64,
}

impl Sink for Count {
    fn record(&mut self, record: &RecordContext<'_>) {
        divan::black_box(record);
    }

    fn rule(&mut self, acl: &str, rule: &str) {
        divan::black_box((acl, rule));
    }

    #[inline]
    fn tuple(&mut self, tuple: &FlowTuple) {
        divan::black_box(tuple);
        self.tuples += 1;
        self.ports += u64::from(tuple.destination_port);
        self.packets += tuple.counters.map_or(0, |counters| counters.packets());
    }

    fn malformed(&mut self, _: &MalformedTuple<'_>) {
        self.malformed += 1;
    }
}

/// Whole blobs of about 40 MB together: more than any cache holds.
struct Input {
    blobs: Vec<Vec<u8>>,
    tuples: u64,
    packets: u64,
}

impl Input {
    fn new(format: Format) -> Self {
        let scenario = Scenario { format, volume: Volume::Tuples(500_000), nics: 8, ..Scenario::default() };
        let (blobs, truth) = scenario.collect();
        let blobs = blobs.into_iter().map(|(_, bytes)| bytes).collect();
        let totals = &truth.totals;
        Self { blobs, tuples: totals.tuples, packets: totals.packets_sent + totals.packets_received }
    }

    fn bytes(&self) -> usize {
        self.blobs.iter().map(Vec::len).sum()
    }
}

#[divan::bench(args = [Format::VNet, Format::NsgV2, Format::NsgV1], sample_count = 20, sample_size = 1)]
fn decode(bencher: Bencher<'_, '_>, format: Format) {
    let input = Input::new(format);
    bencher.counter(BytesCount::new(input.bytes())).counter(ItemsCount::new(input.tuples)).bench_local(
        || {
            let mut decoder = Decoder::default();
            let mut count = Count::default();
            for blob in &input.blobs {
                decoder.decode(blob.as_slice(), &mut count);
            }
            assert_eq!((count.tuples, count.malformed), (input.tuples, 0));
            assert_eq!(count.packets, input.packets);
            count.ports
        },
    );
}
