//! Rows with any values, as objects, wrapped and in a table: no panic, and what is counted is what was pushed.
#![no_main]

use flowlog_core::flow::FlowTuple;
use flowlog_core::record::{Decoder, MalformedTuple, RecordContext, Sink};

const COLUMNS: [&str; 12] = [
    "FlowStartTime", "SrcIp", "SrcPublicIps", "SourcePort", "DestIp", "DestPublicIps", "DestPort", "L4Protocol",
    "FlowDirection", "FlowStatus", "BytesSrcToDest", "message",
];

#[derive(Default)]
struct Count(u64, u64);

impl Sink for Count {
    fn record(&mut self, _: &RecordContext<'_>) {}
    fn rule(&mut self, _: &str, _: &str) {}
    fn tuple(&mut self, _: &FlowTuple) {
        self.0 += 1;
    }
    fn malformed(&mut self, _: &MalformedTuple<'_>) {
        self.1 += 1;
    }
}

fn read(text: &[u8]) -> (u64, u64) {
    let mut count = Count::default();
    let decoded = Decoder::default().decode(text, &mut count);
    assert_eq!((decoded.tuples, decoded.malformed), (count.0, count.1));
    (count.0, count.1)
}

libfuzzer_sys::fuzz_target!(|rows: Vec<[String; COLUMNS.len()]>| {
    let object = |row: &[String; COLUMNS.len()]| {
        let fields = COLUMNS.iter().zip(row).map(|(key, value)| format!("\"{key}\":{value:?}"));
        format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
    };
    let objects: Vec<String> = rows.iter().map(object).collect();
    read(objects.join("\n").as_bytes());
    let wrapped: Vec<String> = objects.iter().map(|object| format!("{{\"_raw\":{object:?}}}")).collect();
    read(wrapped.join("\n").as_bytes());
    let cell = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
    let lines: Vec<String> = rows.iter().map(|row| row.iter().map(cell).collect::<Vec<_>>().join(",")).collect();
    read(format!("{}\n{}", COLUMNS.join(","), lines.join("\n")).as_bytes());
});
