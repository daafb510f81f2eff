//! Decode only: bytes in memory to tuples, on one core, into a sink that counts and keeps nothing.
//! `cargo bench --package flowlog-core` prints MB/s and tuples/s, of the short way through a record (`walk`), of the
//! JSON library (`library`), and of records of which the short way has to give up half-way.

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use flowlog_core::flow::FlowTuple;
use flowlog_core::record::{Decoder, MalformedTuple, RecordContext, SeenRecords, Sink};
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

/// How the same records are written.
#[derive(Clone, Copy, Debug)]
enum Form {
    /// As Azure writes them.
    VNet,
    NsgV2,
    NsgV1,
    /// Indented, with CR LF.
    Pretty,
    /// With an escape at the end of each record.
    Escaped,
}

const FORMS: [Form; 5] = [Form::VNet, Form::NsgV2, Form::NsgV1, Form::Pretty, Form::Escaped];

/// Whole blobs of about 40 MB together: more than any cache holds.
struct Input {
    blobs: Vec<Vec<u8>>,
    tuples: u64,
    packets: u64,
}

impl Input {
    fn new(form: Form) -> Self {
        let format = match form {
            Form::NsgV1 => Format::NsgV1,
            Form::NsgV2 => Format::NsgV2,
            Form::VNet | Form::Pretty | Form::Escaped => Format::VNet,
        };
        let scenario = Scenario { format, volume: Volume::Tuples(500_000), nics: 8, ..Scenario::default() };
        let (blobs, truth) = scenario.collect();
        let blobs = blobs.into_iter().map(|(_, bytes)| written(bytes, form)).collect();
        let totals = &truth.totals;
        Self { blobs, tuples: totals.tuples, packets: totals.packets_sent + totals.packets_received }
    }

    fn bytes(&self) -> usize {
        self.blobs.iter().map(Vec::len).sum()
    }

    fn decode(&self, bencher: Bencher<'_, '_>, decoder: impl Fn() -> Decoder) {
        bencher.counter(BytesCount::new(self.bytes())).counter(ItemsCount::new(self.tuples)).bench_local(
            || {
                let mut decoder = decoder();
                let mut count = Count::default();
                let mut seen = SeenRecords::default();
                for blob in &self.blobs {
                    decoder.decode_new(blob.as_slice(), &mut count, Some(&mut seen));
                }
                assert_eq!((count.tuples, count.malformed), (self.tuples, 0));
                assert_eq!(count.packets, self.packets);
                count.ports
            },
        );
    }
}

fn written(blob: Vec<u8>, form: Form) -> Vec<u8> {
    match form {
        Form::VNet | Form::NsgV1 | Form::NsgV2 => blob,
        Form::Pretty => {
            let tree: serde_json::Value = serde_json::from_slice(&blob).expect("the generator writes JSON");
            serde_json::to_string_pretty(&tree).expect("a tree is text").replace('\n', "\r\n").into_bytes()
        }
        Form::Escaped => {
            let text = String::from_utf8(blob).expect("the generator writes UTF-8");
            text.replace("}]}]}}", "}]}]},\"note\":\"\\\\\"}").into_bytes()
        }
    }
}

#[divan::bench(args = FORMS, sample_count = 20, sample_size = 1)]
fn walk(bencher: Bencher<'_, '_>, form: Form) {
    Input::new(form).decode(bencher, Decoder::default);
}

#[divan::bench(args = FORMS, sample_count = 20, sample_size = 1)]
fn library(bencher: Bencher<'_, '_>, form: Form) {
    Input::new(form).decode(bencher, Decoder::library_only);
}
