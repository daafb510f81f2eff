//! What several tests need: a sink that keeps everything, as text.

use flowlog_core::flow::FlowTuple;
use flowlog_core::record::{Decoded, Decoder, MalformedTuple, RecordContext, Sink};

/// Everything a decoder pushed, one line a tuple.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) lines: Vec<String>,
    pub(crate) malformed: Vec<(String, u64, &'static str)>,
    record: String,
    rule: String,
}

impl Sink for Kept {
    fn record(&mut self, record: &RecordContext<'_>) {
        self.record = format!("{:?} {} {}", record.time_ms, record.mac, record.resource);
    }
    fn rule(&mut self, acl: &str, rule: &str) {
        self.rule = format!("{acl} {rule}");
    }
    fn tuple(&mut self, tuple: &FlowTuple) {
        self.lines.push(format!("{} | {} | {}", self.record, self.rule, show(tuple)));
    }
    fn malformed(&mut self, tuple: &MalformedTuple<'_>) {
        self.malformed.push((tuple.text.to_owned(), tuple.offset, tuple.reason));
    }
}

/// All fields of a tuple.
pub(crate) fn show(tuple: &FlowTuple) -> String {
    let FlowTuple { time_ms, source, destination, source_port, destination_port, protocol, .. } = tuple;
    let (direction, state, encryption) =
        (tuple.direction.letter(), tuple.state.letter(), tuple.encryption.word());
    let counters = tuple
        .counters
        .map(|c| format!("{},{},{},{}", c.packets_sent, c.bytes_sent, c.packets_received, c.bytes_received));
    format!(
        "{time_ms},{source},{destination},{source_port},{destination_port},{protocol},{direction},{state},{encryption},{}",
        counters.unwrap_or_default()
    )
}

/// Decodes plain bytes and keeps everything.
pub(crate) fn keep(bytes: impl std::io::Read) -> (Kept, Decoded) {
    let mut kept = Kept::default();
    let decoded = Decoder::default().decode(bytes, &mut kept);
    (kept, decoded)
}
