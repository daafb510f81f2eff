//! What lines of tuples have in common, and a tuple's own cells.

use flowlog_core::flow::{AddressClass, Direction, Encryption, FlowTuple, Protocol, State};

use super::super::clock::Clock;
use super::super::csv_line::{Line, Piece, in_places};
use super::super::text::iso_time;
use super::form::Form;
use super::{COLUMNS, Column, decision, direction, state};

/// The four counters.
const COUNTERS: [Column; 4] =
    [Column::PacketsSent, Column::BytesSent, Column::PacketsReceived, Column::BytesReceived];
/// Those of text that a tuple itself has, but for a few words.
const TEXTS: [Column; 3] = [Column::TimeUtc, Column::Source, Column::Destination];

/// What many rows have in common, put together once.
#[derive(Debug)]
pub(super) struct Pieces {
    /// What stands before each cell of a [`Column`], with the quotation mark of text.
    open: [Piece; COLUMNS.len()],
    /// The quotation mark behind text.
    close: Piece,
    directions: [Piece; 2],
    /// `protocol` and `protocol_name` of each number.
    protocols: Vec<Vec<u8>>,
    /// `state` and `decision`.
    states: [Piece; State::ALL.len()],
    pub(super) encryptions: [Piece; Encryption::ALL.len()],
    /// `source_class` and `destination_class`.
    classes: [[Piece; AddressClass::ALL.len()]; 2],
    /// The four counters of a tuple without.
    no_counters: Vec<u8>,
}

impl Pieces {
    pub(super) fn new(form: &Form) -> Self {
        let cell = |column, text: &str| piece(|row| form.word(row, column, text.as_bytes()));
        let mut columns = 0..COLUMNS.len();
        let open = [(); COLUMNS.len()].map(|()| {
            let column = columns.next().unwrap_or_default();
            let quote = if TEXTS.iter().any(|text| *text as usize == column) { form.quote } else { b"" };
            piece(|row| {
                row.extend_from_slice(form.keys.get(column).map(Vec::as_slice).unwrap_or_default());
                row.extend_from_slice(quote);
            })
        });
        let state = |of: State| {
            piece(|row| {
                form.word(row, Column::State, state(of).as_bytes());
                form.word(row, Column::Decision, decision(of).as_bytes());
            })
        };
        let classes = [Column::SourceClass, Column::DestinationClass].map(|column| {
            in_places(AddressClass::ALL, |class| class as usize, |class| cell(column, class.label()))
        });
        let mut no_counters = Vec::new();
        for column in COUNTERS {
            form.number(&mut no_counters, column, form.null);
        }
        Self {
            open,
            close: Piece::new(form.quote),
            directions: [Direction::Inbound, Direction::Outbound]
                .map(|way| cell(Column::Direction, direction(way))),
            protocols: (0..=u8::MAX).map(|number| form.protocol(Protocol(number))).collect(),
            states: in_places(State::ALL, |state| state as usize, state),
            encryptions: in_places(
                Encryption::ALL,
                |encryption| encryption as usize,
                |encryption| cell(Column::Encryption, encryption.word()),
            ),
            classes,
            no_counters,
        }
    }

    /// What stands before a cell.
    #[inline]
    fn open(&self, line: &mut Line<'_>, column: Column) {
        line.piece(&self.open[column as usize]);
    }

    /// `time_utc` and `time_ms`.
    #[inline]
    pub(super) fn time(&self, line: &mut Line<'_>, clock: &mut Clock, ms: i64) {
        self.open(line, Column::TimeUtc);
        match clock.at(ms) {
            Some(time) => line.text(time),
            None => line.text(iso_time(ms).as_bytes()),
        }
        line.piece(&self.close);
        self.open(line, Column::TimeMs);
        if ms < 0 {
            line.byte(b'-');
        }
        line.number(ms.unsigned_abs(), 0);
        line.back();
    }

    /// From `direction` to `decision`.
    #[inline]
    pub(super) fn middle(&self, line: &mut Line<'_>, tuple: &FlowTuple) {
        let [inbound, outbound] = &self.directions;
        line.piece(if tuple.direction == Direction::Inbound { inbound } else { outbound });
        for (name, address, port_name, port) in [
            (Column::Source, tuple.source, Column::SourcePort, tuple.source_port),
            (Column::Destination, tuple.destination, Column::DestinationPort, tuple.destination_port),
        ] {
            self.open(line, name);
            line.address(address, 0);
            line.back();
            line.piece(&self.close);
            self.open(line, port_name);
            line.number(port, 0);
            line.back();
        }
        line.text(self.protocols.get(usize::from(tuple.protocol.0)).map(Vec::as_slice).unwrap_or_default());
        line.piece(&self.states[tuple.state as usize]);
    }

    #[inline]
    pub(super) fn counters(&self, line: &mut Line<'_>, tuple: &FlowTuple) {
        let Some(counters) = tuple.counters else { return line.text(&self.no_counters) };
        let values =
            [counters.packets_sent, counters.bytes_sent, counters.packets_received, counters.bytes_received];
        for (column, value) in COUNTERS.into_iter().zip(values) {
            self.open(line, column);
            line.number(value, 0);
            line.back();
        }
    }

    #[inline]
    pub(super) fn classes(&self, line: &mut Line<'_>, tuple: &FlowTuple) {
        let [sources, destinations] = &self.classes;
        line.piece(&sources[AddressClass::of(tuple.source) as usize]);
        line.piece(&destinations[AddressClass::of(tuple.destination) as usize]);
    }
}

fn piece(write: impl FnOnce(&mut Vec<u8>)) -> Piece {
    let mut text = Vec::new();
    write(&mut text);
    Piece::new(&text)
}
