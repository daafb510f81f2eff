//! The details CSV: one row a tuple, written while the logs are read.
//!
//! It is fed with what a decoder finds (it is a [`Sink`]) and allocates nothing per row: what a
//! record and a rule say of their tuples is put into CSV form once and copied from then on.

mod pieces;

use std::io::{self, Write};
use std::slice;

use flowlog_core::flow::{Encryption, FlowTuple};
use flowlog_core::record::{MalformedTuple, RecordContext, Sink};

use super::clock::{Clock, TIME};
use super::csv_line::{LINE, Line};
use super::csv_text::{CsvStyle, push_field};
use super::row_buffer::RowBuffer;
use super::text::iso_time;
use pieces::{Pieces, counters, ends};

/// Column titles. Times are RFC 3339, UTC; counters are empty where the log records none.
pub const HEADER: [&str; 20] = [
    "File",
    "RecordTime",
    "FlowTime",
    "MAC",
    "ACL",
    "Rule",
    "SourceIP",
    "DestinationIP",
    "SourcePort",
    "DestinationPort",
    "Protocol",
    "ProtocolName",
    "Direction",
    "State",
    "StateName",
    "Encryption",
    "PacketsSent",
    "BytesSent",
    "PacketsReceived",
    "BytesReceived",
];

/// Writes one CSV row a tuple.
///
/// Calls in a decoder's order: [`Self::begin_file`], then those of [`Sink`]. A failed write is kept
/// and told by [`Self::error`] and [`Self::finish`]; nothing is written after it.
#[derive(Debug)]
pub struct DetailsWriter<W: Write> {
    out: RowBuffer<W>,
    /// `File,RecordTime,`
    head: Vec<u8>,
    /// Bytes of the file in it.
    file_length: usize,
    /// `MAC` with the commas around it.
    mac: Vec<u8>,
    /// The resource, which stands in where a rule has no ACL.
    resource: String,
    /// `MAC,ACL,Rule` with the commas around them.
    rule: Vec<u8>,
    row: Row,
    /// The row is one of the latest file, record and rule.
    is_row_ready: bool,
    /// The encryption word of the tuple that follows, if it is none that is known.
    word: String,
    clock: Clock,
    pieces: Box<Pieces>,
    delimiter: u8,
}

/// A row, of which the next one of the same rule keeps all up to its tuple.
#[derive(Debug, Default)]
struct Row {
    bytes: Vec<u8>,
    /// Where its time stands.
    time: usize,
    /// Where what a tuple says of itself begins, for which there is room.
    tuple: usize,
}

impl Row {
    /// Begins the rows of other names.
    fn begin(&mut self, head: &[u8], rule: &[u8]) {
        self.bytes.clear();
        self.bytes.extend_from_slice(head);
        self.bytes.extend_from_slice(&[b'0'; TIME]);
        self.bytes.extend_from_slice(rule);
        self.time = head.len();
        self.tuple = self.bytes.len();
        self.bytes.resize(self.tuple + LINE, 0);
    }

    #[inline]
    fn set_time(&mut self, time: &[u8; TIME]) {
        if let Some(slot) = self.bytes.get_mut(self.time..).and_then(<[u8]>::first_chunk_mut) {
            *slot = *time;
        }
    }

    /// What the tuple says of itself.
    #[inline]
    fn line(&mut self) -> Line<'_> {
        Line::new(self.bytes.get_mut(self.tuple..).unwrap_or_default())
    }

    /// All of it, with so many bytes of its tuple.
    #[inline]
    fn whole(&self, of_tuple: usize) -> &[u8] {
        self.bytes.get(..self.tuple + of_tuple).unwrap_or_default()
    }
}

impl<W: Write> DetailsWriter<W> {
    /// A writer without header, for a part of a file.
    pub fn part(out: W, style: CsvStyle) -> Self {
        let delimiter = style.delimiter;
        Self {
            out: RowBuffer::new(out),
            head: vec![delimiter; 2],
            file_length: 1,
            mac: vec![delimiter; 2],
            resource: String::new(),
            rule: vec![delimiter; 4],
            row: Row::default(),
            is_row_ready: false,
            word: String::new(),
            clock: Clock::default(),
            pieces: Box::new(Pieces::new(delimiter)),
            delimiter,
        }
    }

    /// A writer that begins with [`HEADER`].
    pub fn new(out: W, style: CsvStyle) -> Self {
        let mut writer = Self::part(out, style);
        writer.out.rows.extend_from_slice(style.header(&HEADER).as_bytes());
        writer
    }

    /// The following records stand in the file at `path`.
    pub fn begin_file(&mut self, path: &str) {
        self.head.clear();
        push_field(&mut self.head, path, self.delimiter);
        self.head.push(self.delimiter);
        self.file_length = self.head.len();
        self.head.push(self.delimiter);
        self.is_row_ready = false;
    }

    /// The first write that failed, if any: there is no use in going on.
    pub fn error(&self) -> Option<&io::Error> {
        self.out.error()
    }

    /// Hands on what is left and gives the output back, flushed.
    ///
    /// # Errors
    /// The first write that failed.
    pub fn finish(self) -> io::Result<W> {
        self.out.finish()
    }

    #[inline]
    fn row(&mut self, tuple: &FlowTuple) {
        let Some(time) = self.clock.at(tuple.time_ms).filter(|_| tuple.encryption != Encryption::Unknown)
        else {
            return self.odd_row(tuple);
        };
        self.row.set_time(time);
        let mut line = self.row.line();
        ends(&mut line, tuple, self.delimiter);
        self.pieces.middle(&mut line, tuple);
        line.piece(&self.pieces.encryptions[tuple.encryption as usize]);
        counters(&mut line, tuple, self.delimiter);
        let length = line.length();
        self.out.rows.extend_from_slice(self.row.whole(length));
    }

    /// A row with a word that is not known, or with a time that is longer than others.
    fn odd_row(&mut self, tuple: &FlowTuple) {
        let Self { out: RowBuffer { rows, .. }, delimiter, .. } = self;
        let delimiter = *delimiter;
        rows.extend_from_slice(&self.head);
        rows.extend_from_slice(iso_time(tuple.time_ms).as_bytes());
        rows.extend_from_slice(&self.rule);
        let mut line = self.row.line();
        ends(&mut line, tuple, delimiter);
        self.pieces.middle(&mut line, tuple);
        rows.extend_from_slice(line.bytes());
        let word = std::mem::take(&mut self.word);
        let is_unknown = tuple.encryption == Encryption::Unknown;
        push_field(rows, if is_unknown { &word } else { tuple.encryption.word() }, delimiter);
        rows.push(delimiter);
        let mut line = self.row.line();
        counters(&mut line, tuple, delimiter);
        rows.extend_from_slice(line.bytes());
    }
}

impl<W: Write> Sink for DetailsWriter<W> {
    fn record(&mut self, record: &RecordContext<'_>) {
        self.head.truncate(self.file_length);
        if let Some(time) = record.time_ms {
            self.clock.push(&mut self.head, time);
        }
        self.head.push(self.delimiter);
        self.mac.clear();
        self.mac.push(self.delimiter);
        push_field(&mut self.mac, record.mac, self.delimiter);
        self.mac.push(self.delimiter);
        self.resource.clear();
        self.resource.push_str(record.resource);
        self.is_row_ready = false;
    }

    fn rule(&mut self, acl: &str, rule: &str) {
        self.rule.clear();
        self.rule.extend_from_slice(&self.mac);
        let acl = if acl.is_empty() { &self.resource } else { acl };
        push_field(&mut self.rule, acl, self.delimiter);
        self.rule.push(self.delimiter);
        push_field(&mut self.rule, rule, self.delimiter);
        self.rule.push(self.delimiter);
        self.is_row_ready = false;
    }

    fn encryption_word(&mut self, word: &str) {
        word.clone_into(&mut self.word);
    }

    fn tuple(&mut self, tuple: &FlowTuple) {
        self.tuples(slice::from_ref(tuple));
    }

    fn tuples(&mut self, tuples: &[FlowTuple]) {
        if !self.is_row_ready {
            self.row.begin(&self.head, &self.rule);
            self.is_row_ready = true;
        }
        for tuple in tuples {
            self.row(tuple);
            if self.out.is_full() {
                self.out.hand_on();
            }
        }
    }

    /// Not a row: the report tells malformed tuples with their place.
    fn malformed(&mut self, _: &MalformedTuple<'_>) {}
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use flowlog_core::flow::{Counters, Direction, Protocol, State};
    use flowlog_core::record::LogKind;

    use super::*;

    fn tuple() -> FlowTuple {
        FlowTuple {
            time_ms: 1_764_573_270_007,
            source: "10.0.0.4".parse().unwrap(),
            destination: "2001:db8::1".parse().unwrap(),
            source_port: 50_000,
            destination_port: 443,
            protocol: Protocol::TCP,
            direction: Direction::Outbound,
            state: State::End,
            encryption: Encryption::NotEncrypted,
            counters: Some(Counters {
                packets_sent: 1,
                bytes_sent: 2,
                packets_received: 3,
                bytes_received: u64::MAX,
            }),
        }
    }

    fn record(time_ms: Option<i64>) -> RecordContext<'static> {
        RecordContext { time_ms, mac: "7C1E5264840B", kind: LogKind::VNet, resource: "/x/nsg-1", offset: 0 }
    }

    #[test]
    fn rows_read_back_as_they_went_in() {
        let mut writer = DetailsWriter::new(Vec::new(), CsvStyle::default());
        writer.begin_file("logs, old/\"a\".json");
        writer.record(&record(Some(1_764_573_300_000)));
        writer.rule("/acl/web-nsg", "=cmd()|' /C calc'!A0");
        writer.tuple(&tuple());
        writer.rule("", "line\nbreak");
        let denied = FlowTuple { state: State::Deny, counters: None, time_ms: -1, ..tuple() };
        writer.tuple(&denied);
        writer.begin_file("-");
        writer.record(&record(None));
        writer.rule("", "r");
        let icmp = FlowTuple {
            source: Ipv4Addr::new(255, 0, 10, 199).to_ipv6_mapped().into(),
            source_port: 0,
            destination_port: 0,
            protocol: Protocol(200),
            direction: Direction::Inbound,
            state: State::Begin,
            encryption: Encryption::NotRecorded,
            ..tuple()
        };
        writer.tuple(&icmp);
        let text = writer.finish().unwrap();

        let mut reader = csv::Reader::from_reader(text.as_slice());
        assert_eq!(reader.headers().unwrap().len(), 20);
        let rows: Vec<Vec<String>> =
            reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
        let expected = [
            "logs, old/\"a\".json|2025-12-01T07:15:00.000Z|2025-12-01T07:14:30.007Z|7C1E5264840B|/acl/web-nsg|\
             '=cmd()!' /C calc'!A0|10.0.0.4|2001:db8::1|50000|443|6|TCP|Outbound|E|Ended|NX|1|2|3|\
             18446744073709551615",
            "logs, old/\"a\".json|2025-12-01T07:15:00.000Z|1969-12-31T23:59:59.999Z|7C1E5264840B|/x/nsg-1|\
             line\nbreak|10.0.0.4|2001:db8::1|50000|443|6|TCP|Outbound|D|Denied|NX||||",
            "-||2025-12-01T07:14:30.007Z|7C1E5264840B|/x/nsg-1|r|255.0.10.199|2001:db8::1|0|0|200||Inbound|B|\
             Begun||1|2|3|18446744073709551615",
        ];
        let joined: Vec<String> = rows.iter().map(|row| row.join("|").replace("cmd()|", "cmd()!")).collect();
        assert_eq!(joined, expected);
    }

    #[test]
    fn a_full_disk_is_told_once_and_at_the_end() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut writer = DetailsWriter::new(Full, CsvStyle::default());
        for _ in 0..2000 {
            writer.tuple(&tuple());
        }
        assert_eq!(writer.error().unwrap().kind(), io::ErrorKind::StorageFull);
        assert_eq!(writer.finish().err().unwrap().kind(), io::ErrorKind::StorageFull);
    }
}
