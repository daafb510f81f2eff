//! Every tuple, one a line, as CSV or as newline-delimited JSON, written while the logs are read.
//!
//! Like the details it is a [`Sink`]: what a record and a rule say of their tuples is put into its form once and
//! copied from then on.

use std::io::{self, Write};
use std::sync::Arc;

use flowlog_core::enrich::AddressBook;
use flowlog_core::flow::{AddressClass, Direction, Encryption, FlowTuple, Protocol, State};
use flowlog_core::policy::plain_rule;
use flowlog_core::record::{LogKind, MalformedTuple, RecordContext, Sink};
use flowlog_core::state::plain_mac;

use super::clock::Clock;
use super::connections::ConnectionFormat;
use super::csv_line::Line;
use super::csv_text::push_field;
use super::ends;
use super::names::protocol_label;
use super::parquet::{Columns, Spec, names};
use super::row_buffer::RowBuffer;

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
    line: Line,
    clock: Clock,
    /// From `record_time_utc` to `resource`.
    record: Vec<u8>,
    /// `nsg` and `rule`.
    rule: Vec<u8>,
    file: Vec<u8>,
    book: Arc<AddressBook>,
    /// The encryption word of the tuple that follows, if it is none that is known.
    word: String,
    /// `protocol` and `protocol_name` of each number.
    protocols: Vec<Vec<u8>>,
}

impl<W: Write> TupleWriter<W> {
    /// A writer without header, for a part of a file.
    pub fn part(out: W, format: ConnectionFormat, book: &Arc<AddressBook>) -> Self {
        let form = Form::new(format, book);
        let protocols = (0..=u8::MAX).map(|number| form.protocol(Protocol(number))).collect();
        Self {
            out: RowBuffer::new(out),
            form,
            line: Line::new(),
            clock: Clock::default(),
            record: Vec::new(),
            rule: Vec::new(),
            file: Vec::new(),
            book: Arc::clone(book),
            word: String::new(),
            protocols,
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

    fn time(&mut self, ms: i64) {
        let Self { form, out: RowBuffer { rows, .. }, line, clock, .. } = self;
        form.quoted(rows, Column::TimeUtc, |rows| clock.push(rows, ms));
        if ms < 0 {
            form.number(rows, Column::TimeMs, b"-");
        } else {
            form.number(rows, Column::TimeMs, b"");
        }
        line.clear();
        line.number(ms.unsigned_abs());
        rows.extend_from_slice(line.bytes());
    }

    fn ends(&mut self, tuple: &FlowTuple) {
        let Self { form, out: RowBuffer { rows, .. }, line, .. } = self;
        let ends = [
            (Column::Source, tuple.source, Column::SourcePort, tuple.source_port),
            (Column::Destination, tuple.destination, Column::DestinationPort, tuple.destination_port),
        ];
        for (name, address, port_name, port) in ends {
            line.clear();
            line.address(address);
            form.word(rows, name, line.bytes());
            line.clear();
            line.number(port);
            form.number(rows, port_name, line.bytes());
        }
    }

    fn counters(&mut self, tuple: &FlowTuple) {
        let Self { form, out: RowBuffer { rows, .. }, line, .. } = self;
        let values = tuple.counters.map(|counters| {
            [counters.packets_sent, counters.bytes_sent, counters.packets_received, counters.bytes_received]
        });
        let names = [Column::PacketsSent, Column::BytesSent, Column::PacketsReceived, Column::BytesReceived];
        for (place, name) in names.into_iter().enumerate() {
            match values.and_then(|values| values.get(place).copied()) {
                None => form.number(rows, name, form.null),
                Some(value) => {
                    line.clear();
                    line.number(value);
                    form.number(rows, name, line.bytes());
                }
            }
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
        self.time(tuple.time_ms);
        self.out.rows.extend_from_slice(&self.record);
        self.out.rows.extend_from_slice(&self.rule);
        self.form.word(&mut self.out.rows, Column::Direction, direction(tuple.direction).as_bytes());
        self.ends(tuple);
        let protocol = self.protocols.get(usize::from(tuple.protocol.0));
        self.out.rows.extend_from_slice(protocol.map(Vec::as_slice).unwrap_or_default());
        self.form.word(&mut self.out.rows, Column::State, state(tuple.state).as_bytes());
        self.form.word(&mut self.out.rows, Column::Decision, decision(tuple.state).as_bytes());
        if tuple.encryption == Encryption::Unknown {
            let word = std::mem::take(&mut self.word);
            self.form.name(&mut self.out.rows, Column::Encryption, &word);
        } else {
            self.form.word(&mut self.out.rows, Column::Encryption, tuple.encryption.word().as_bytes());
        }
        self.counters(tuple);
        for (name, address) in
            [(Column::SourceClass, tuple.source), (Column::DestinationClass, tuple.destination)]
        {
            self.form.word(&mut self.out.rows, name, AddressClass::of(address).label().as_bytes());
        }
        self.out.rows.extend_from_slice(&self.file);
        for (place, fact) in ends::facts([tuple.source, tuple.destination], &self.book).iter().enumerate() {
            self.form.fact(&mut self.out.rows, place, fact.as_deref());
        }
        self.out.rows.extend_from_slice(self.form.end);
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

/// How cells are put together.
#[derive(Debug)]
struct Form {
    format: ConnectionFormat,
    /// What stands before each cell.
    keys: Vec<Vec<u8>>,
    /// Around text that needs no escapes.
    quote: &'static [u8],
    null: &'static [u8],
    end: &'static [u8],
}

impl Form {
    fn new(format: ConnectionFormat, book: &AddressBook) -> Self {
        let key = |(place, name): (usize, &str)| match (format, place) {
            (ConnectionFormat::Csv(_), 0) => Vec::new(),
            (ConnectionFormat::Csv(style), _) => vec![style.delimiter],
            (_, 0) => format!("{{\"{name}\":").into_bytes(),
            (_, _) => format!(",\"{name}\":").into_bytes(),
        };
        let keys = COLUMNS.into_iter().chain(ends::heads(book)).enumerate().map(key).collect();
        let (quote, null, end): (_, _, &[u8]) = match format {
            ConnectionFormat::Csv(_) => (&b""[..], &b""[..], b"\n"),
            _ => (b"\"", b"null", b"}\n"),
        };
        Self { format, keys, quote, null, end }
    }

    /// What stands before a cell.
    #[inline]
    fn key(&self, row: &mut Vec<u8>, column: Column) {
        row.extend_from_slice(self.keys.get(column as usize).map(Vec::as_slice).unwrap_or_default());
    }

    /// Digits, or nothing.
    #[inline]
    fn number(&self, row: &mut Vec<u8>, column: Column, digits: &[u8]) {
        self.key(row, column);
        row.extend_from_slice(digits);
    }

    /// Text of the tool's own, which needs no escapes.
    #[inline]
    fn word(&self, row: &mut Vec<u8>, column: Column, word: &[u8]) {
        self.quoted(row, column, |row| row.extend_from_slice(word));
    }

    #[inline]
    fn quoted(&self, row: &mut Vec<u8>, column: Column, write: impl FnOnce(&mut Vec<u8>)) {
        self.key(row, column);
        row.extend_from_slice(self.quote);
        write(row);
        row.extend_from_slice(self.quote);
    }

    /// What is known of an end, in the column of this place behind the fixed ones.
    fn fact(&self, row: &mut Vec<u8>, place: usize, fact: Option<&str>) {
        row.extend_from_slice(self.keys.get(COLUMNS.len() + place).map(Vec::as_slice).unwrap_or_default());
        match fact {
            Some(fact) => self.text(row, fact),
            None => row.extend_from_slice(self.null),
        }
    }

    /// Text from outside.
    fn name(&self, row: &mut Vec<u8>, column: Column, name: &str) {
        self.key(row, column);
        self.text(row, name);
    }

    fn text(&self, row: &mut Vec<u8>, name: &str) {
        match self.format {
            ConnectionFormat::Csv(style) => push_field(row, name, style.delimiter),
            // Writing to memory cannot fail.
            _ => serde_json::to_writer(row, name).unwrap_or_default(),
        }
    }

    fn protocol(&self, protocol: Protocol) -> Vec<u8> {
        let mut cells = Vec::new();
        self.number(&mut cells, Column::Protocol, protocol.0.to_string().as_bytes());
        self.name(&mut cells, Column::ProtocolName, &protocol_label(protocol.0));
        cells
    }
}

#[cfg(test)]
mod tests {
    use flowlog_core::flow::Counters;
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
