//! Every tuple, one a line, as CSV or as newline-delimited JSON, written while the logs are read.
//!
//! Like the details it is a [`Sink`]: what a record and a rule say of their tuples is put into its form once and
//! copied from then on.

mod form;
mod pieces;

use std::io::{self, Write};
use std::sync::Arc;

use flowlog_core::enrich::AddressBook;
use flowlog_core::flow::{AddressClass, Direction, Encryption, FlowTuple, State};
use flowlog_core::policy::plain_rule;
use flowlog_core::record::{LogKind, MalformedTuple, RecordContext, Sink};
use flowlog_core::state::plain_mac;

use super::clock::Clock;
use super::connections::ConnectionFormat;
use super::csv_line::{LINE, Line};
use super::ends;
use super::names::protocol_label;
use super::parquet::{Columns, Spec, names};
use super::row_buffer::RowBuffer;
use form::Form;
use pieces::Pieces;

/// The columns, of whatever form, behind which those of [`ends`] stand: those of a Parquet file in full.
pub(crate) const SPECS: [Spec; 25] = [
    Spec::time("time_utc"),
    Spec::int64("time_ms"),
    Spec::time("record_time_utc").or_null(),
    Spec::text("mac").or_null(),
    Spec::text("log"),
    Spec::text("resource"),
    Spec::text("nsg"),
    Spec::text("rule"),
    Spec::text("direction"),
    Spec::address("source"),
    Spec::uint16("source_port"),
    Spec::address("destination"),
    Spec::uint16("destination_port"),
    Spec::uint8("protocol"),
    Spec::text("protocol_name"),
    Spec::text("state"),
    Spec::text("decision"),
    Spec::text("encryption"),
    Spec::uint64("packets_sent").or_null(),
    Spec::uint64("bytes_sent").or_null(),
    Spec::uint64("packets_received").or_null(),
    Spec::uint64("bytes_received").or_null(),
    Spec::text("source_class"),
    Spec::text("destination_class"),
    Spec::text("file"),
];

/// The columns of the CSV form, which are the keys of the other, in this order.
pub const COLUMNS: [&str; SPECS.len()] = names(SPECS);

/// Places in [`COLUMNS`].
#[derive(Clone, Copy)]
enum Column {
    TimeUtc,
    TimeMs,
    RecordTimeUtc,
    Mac,
    Log,
    Resource,
    Nsg,
    Rule,
    Direction,
    Source,
    SourcePort,
    Destination,
    DestinationPort,
    Protocol,
    ProtocolName,
    State,
    Decision,
    Encryption,
    PacketsSent,
    BytesSent,
    PacketsReceived,
    BytesReceived,
    SourceClass,
    DestinationClass,
    File,
}

/// A tuple with all that is known of it.
pub(crate) struct TupleCells<'a> {
    pub(crate) tuple: FlowTuple,
    /// When its record was written, Unix ms.
    pub(crate) record_ms: Option<i64>,
    pub(crate) kind: LogKind,
    /// Empty if not known.
    pub(crate) mac: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) nsg: &'a str,
    pub(crate) rule: &'a str,
    pub(crate) file: &'a str,
    /// The encryption word, if it is none that is known.
    pub(crate) word: &'a str,
}

impl TupleCells<'_> {
    /// Sets the cells of a Parquet file, one after the other as [`SPECS`] and [`ends`] have them.
    pub(crate) fn fill(&self, cells: &mut Columns, book: &AddressBook) {
        let tuple = &self.tuple;
        cells.time(tuple.time_ms);
        cells.signed(tuple.time_ms);
        cells.time_or_null(self.record_ms);
        cells.text_or_null(Some(self.mac).filter(|mac| !mac.is_empty()));
        for text in [log(self.kind), self.resource, self.nsg, self.rule, direction(tuple.direction)] {
            cells.text(text);
        }
        for (address, port) in
            [(tuple.source, tuple.source_port), (tuple.destination, tuple.destination_port)]
        {
            cells.text(&address.to_string());
            cells.number(port);
        }
        cells.number(tuple.protocol.0);
        cells.text(&protocol_label(tuple.protocol.0));
        cells.text(state(tuple.state));
        cells.text(decision(tuple.state));
        cells.text(if tuple.encryption == Encryption::Unknown { self.word } else { tuple.encryption.word() });
        let counters = tuple.counters;
        cells.number_or_null(counters.map(|counters| counters.packets_sent));
        cells.number_or_null(counters.map(|counters| counters.bytes_sent));
        cells.number_or_null(counters.map(|counters| counters.packets_received));
        cells.number_or_null(counters.map(|counters| counters.bytes_received));
        cells.text(AddressClass::of(tuple.source).label());
        cells.text(AddressClass::of(tuple.destination).label());
        cells.text(self.file);
        for fact in ends::facts([tuple.source, tuple.destination], book) {
            cells.text_or_null(fact.as_deref());
        }
    }
}

/// Writes one line a tuple.
///
/// Calls in a decoder's order: [`Self::begin_file`], then those of [`Sink`]. A failed write is kept and told by
/// [`Self::finish`]; nothing is written after it.
#[derive(Debug)]
pub struct TupleWriter<W: Write> {
    out: RowBuffer<W>,
    form: Form,
    pieces: Box<Pieces>,
    /// Room for what tuples say of themselves.
    line: Box<[u8]>,
    clock: Clock,
    /// From `record_time_utc` to `resource`.
    record: Vec<u8>,
    /// `nsg` and `rule`.
    rule: Vec<u8>,
    file: Vec<u8>,
    book: Arc<AddressBook>,
    /// The encryption word of the tuple that follows, if it is none that is known.
    word: String,
}

impl<W: Write> TupleWriter<W> {
    /// A writer without header, for a part of a file.
    pub fn part(out: W, format: ConnectionFormat, book: &Arc<AddressBook>) -> Self {
        let form = Form::new(format, book);
        Self {
            out: RowBuffer::new(out),
            pieces: Box::new(Pieces::new(&form)),
            form,
            line: vec![0; LINE].into_boxed_slice(),
            clock: Clock::default(),
            record: Vec::new(),
            rule: Vec::new(),
            file: Vec::new(),
            book: Arc::clone(book),
            word: String::new(),
        }
    }

    /// A writer that begins with the header, if the form has one.
    pub fn new(out: W, format: ConnectionFormat, book: &Arc<AddressBook>) -> Self {
        let mut writer = Self::part(out, format, book);
        let columns: Vec<_> = COLUMNS.into_iter().chain(ends::heads(book)).collect();
        writer.out.rows.extend_from_slice(format.header(&columns).as_bytes());
        writer
    }

    /// The following records stand in the file at `path`.
    pub fn begin_file(&mut self, path: &str) {
        self.file.clear();
        self.form.name(&mut self.file, Column::File, path);
    }

    /// Hands on what is left and gives the output back, flushed.
    ///
    /// # Errors
    /// The first write that failed.
    pub fn finish(mut self) -> io::Result<W> {
        self.hand_on();
        self.out.finish()
    }

    fn hand_on(&mut self) {
        match self.form.format {
            ConnectionFormat::Mapped(schema) => self.out.hand_on_as(|rows| schema.lines(rows)),
            _ => self.out.hand_on(),
        }
    }
}

impl<W: Write> Sink for TupleWriter<W> {
    fn record(&mut self, record: &RecordContext<'_>) {
        let Self { form, record: cells, clock, .. } = self;
        cells.clear();
        match record.time_ms {
            None => form.number(cells, Column::RecordTimeUtc, form.null),
            Some(ms) => form.quoted(cells, Column::RecordTimeUtc, |cells| clock.push(cells, ms)),
        }
        match plain_mac(record.mac).as_str() {
            "" => form.number(cells, Column::Mac, form.null),
            mac => form.name(cells, Column::Mac, mac),
        }
        form.word(cells, Column::Log, log(record.kind).as_bytes());
        form.name(cells, Column::Resource, record.resource);
    }

    fn rule(&mut self, acl: &str, rule: &str) {
        self.rule.clear();
        self.form.name(&mut self.rule, Column::Nsg, acl);
        self.form.name(&mut self.rule, Column::Rule, plain_rule(rule));
    }

    fn encryption_word(&mut self, word: &str) {
        word.clone_into(&mut self.word);
    }

    fn tuple(&mut self, tuple: &FlowTuple) {
        let Self { form, pieces, out: RowBuffer { rows, .. }, line, .. } = self;
        let mut line = Line::new(line);
        pieces.time(&mut line, &mut self.clock, tuple.time_ms);
        rows.extend_from_slice(line.bytes());
        rows.extend_from_slice(&self.record);
        rows.extend_from_slice(&self.rule);
        line.clear();
        pieces.middle(&mut line, tuple);
        if tuple.encryption == Encryption::Unknown {
            rows.extend_from_slice(line.bytes());
            line.clear();
            form.name(rows, Column::Encryption, &std::mem::take(&mut self.word));
        } else {
            line.piece(&pieces.encryptions[tuple.encryption as usize]);
        }
        pieces.counters(&mut line, tuple);
        pieces.classes(&mut line, tuple);
        rows.extend_from_slice(line.bytes());
        rows.extend_from_slice(&self.file);
        if form.has_facts() {
            let facts = ends::facts([tuple.source, tuple.destination], &self.book);
            for (place, fact) in facts.iter().enumerate() {
                form.fact(rows, place, fact.as_deref());
            }
        }
        rows.extend_from_slice(form.end);
        if self.out.is_full() {
            self.hand_on();
        }
    }

    /// Not a row: the report tells malformed tuples with their place.
    fn malformed(&mut self, _: &MalformedTuple<'_>) {}
}

/// What kind of log it is, in a word.
pub(crate) fn log(kind: LogKind) -> &'static str {
    match kind {
        LogKind::VNet => "VNet",
        LogKind::Nsg => "NSG",
    }
}

fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Inbound => "I",
        Direction::Outbound => "O",
    }
}

fn state(state: State) -> &'static str {
    match state {
        State::Begin => "B",
        State::Continue => "C",
        State::End => "E",
        State::Deny => "D",
        State::Allow => "A",
    }
}

fn decision(state: State) -> &'static str {
    if state == State::Deny { "denied" } else { "allowed" }
}

#[cfg(test)]
mod tests {
    use flowlog_core::flow::{Counters, Protocol};
    use serde_json::Value;

    use super::*;
    use crate::render::CsvStyle;

    fn tuples() -> [FlowTuple; 3] {
        let tuple = FlowTuple {
            time_ms: 1_764_573_270_007,
            source: "10.0.0.4".parse().unwrap(),
            destination: "2001:db8::1".parse().unwrap(),
            source_port: 50_000,
            destination_port: 443,
            protocol: Protocol::TCP,
            direction: Direction::Outbound,
            state: State::End,
            encryption: Encryption::Unknown,
            counters: Some(Counters {
                packets_sent: 1,
                bytes_sent: 2,
                packets_received: 3,
                bytes_received: u64::MAX,
            }),
        };
        let denied = FlowTuple {
            state: State::Deny,
            counters: None,
            time_ms: -1,
            encryption: Encryption::NotEncrypted,
            ..tuple
        };
        let other = FlowTuple {
            source: "::ffff:168.63.129.16".parse().unwrap(),
            protocol: Protocol(200),
            direction: Direction::Inbound,
            state: State::Begin,
            encryption: Encryption::NotRecorded,
            ..tuple
        };
        [tuple, denied, other]
    }

    fn written(format: ConnectionFormat) -> String {
        let mut writer = TupleWriter::new(Vec::new(), format, &Arc::default());
        let [first, second, third] = tuples();
        writer.begin_file("logs, \"a\".json");
        let record = RecordContext {
            time_ms: Some(1_764_573_300_000),
            mac: "7c-1e-52-64-84-0b",
            kind: LogKind::VNet,
            resource: "/x/vnet",
            offset: 0,
        };
        writer.record(&record);
        writer.rule("/acl/web-nsg", "UserRule_=cmd()");
        writer.encryption_word("NEW,\"WORD\"");
        writer.tuple(&first);
        writer.rule("", "line\nbreak\u{1b}");
        writer.tuple(&second);
        writer.begin_file("-");
        writer.record(&RecordContext { time_ms: None, mac: "", kind: LogKind::Nsg, ..record });
        writer.rule("n", "r");
        writer.tuple(&third);
        String::from_utf8(writer.finish().unwrap()).unwrap()
    }

    #[test]
    fn the_form_is_held() {
        insta::assert_snapshot!(written(ConnectionFormat::Ndjson));
    }

    #[test]
    fn both_forms_say_the_same_and_no_cell_is_a_formula() {
        let rows: Vec<Value> = written(ConnectionFormat::Ndjson)
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let text = written(ConnectionFormat::Csv(CsvStyle::default()));
        let mut csv = csv::Reader::from_reader(text.as_bytes());
        assert_eq!(csv.headers().unwrap(), &COLUMNS[..]);
        let records: Vec<csv::StringRecord> = csv.records().map(Result::unwrap).collect();
        assert_eq!((rows.len(), records.len()), (3, 3));
        for (row, record) in rows.iter().zip(&records) {
            assert_eq!(row.as_object().unwrap().len(), COLUMNS.len());
            for (name, cell) in COLUMNS.iter().zip(record) {
                match &row[name] {
                    Value::Null => assert_eq!(cell, ""),
                    Value::String(text) if text.starts_with('=') => assert_eq!(cell, format!("'{text}")),
                    Value::String(text) => assert_eq!(cell, text),
                    other => assert_eq!(cell, other.to_string()),
                }
            }
        }
        assert_eq!(rows[0]["bytes_received"], u64::MAX);
        assert_eq!((&rows[1]["time_ms"], &rows[1]["bytes_sent"]), (&Value::from(-1), &Value::Null));
        assert_eq!(rows[2]["source"], "168.63.129.16");
    }
}
