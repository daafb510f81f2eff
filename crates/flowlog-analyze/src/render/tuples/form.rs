//! How the cells of a line of tuples are put together.

use flowlog_core::enrich::AddressBook;
use flowlog_core::flow::Protocol;

use super::super::connections::ConnectionFormat;
use super::super::csv_text::push_field;
use super::super::ends;
use super::super::names::protocol_label;
use super::{COLUMNS, Column};

/// How cells are put together.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) format: ConnectionFormat,
    /// What stands before each cell.
    pub(super) keys: Vec<Vec<u8>>,
    /// Around text that needs no escapes.
    pub(super) quote: &'static [u8],
    pub(super) null: &'static [u8],
    pub(super) end: &'static [u8],
}

impl Form {
    pub(super) fn new(format: ConnectionFormat, book: &AddressBook) -> Self {
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
    fn key(&self, row: &mut Vec<u8>, column: Column) {
        row.extend_from_slice(self.keys.get(column as usize).map(Vec::as_slice).unwrap_or_default());
    }

    /// Digits, or nothing.
    pub(super) fn number(&self, row: &mut Vec<u8>, column: Column, digits: &[u8]) {
        self.key(row, column);
        row.extend_from_slice(digits);
    }

    /// Text of the tool's own, which needs no escapes.
    pub(super) fn word(&self, row: &mut Vec<u8>, column: Column, word: &[u8]) {
        self.quoted(row, column, |row| row.extend_from_slice(word));
    }

    pub(super) fn quoted(&self, row: &mut Vec<u8>, column: Column, write: impl FnOnce(&mut Vec<u8>)) {
        self.key(row, column);
        row.extend_from_slice(self.quote);
        write(row);
        row.extend_from_slice(self.quote);
    }

    /// True if there are columns behind the fixed ones.
    pub(super) fn has_facts(&self) -> bool {
        self.keys.len() > COLUMNS.len()
    }

    /// What is known of an end, in the column of this place behind the fixed ones.
    pub(super) fn fact(&self, row: &mut Vec<u8>, place: usize, fact: Option<&str>) {
        row.extend_from_slice(self.keys.get(COLUMNS.len() + place).map(Vec::as_slice).unwrap_or_default());
        match fact {
            Some(fact) => self.text(row, fact),
            None => row.extend_from_slice(self.null),
        }
    }

    /// Text from outside.
    pub(super) fn name(&self, row: &mut Vec<u8>, column: Column, name: &str) {
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

    pub(super) fn protocol(&self, protocol: Protocol) -> Vec<u8> {
        let mut cells = Vec::new();
        self.number(&mut cells, Column::Protocol, protocol.0.to_string().as_bytes());
        self.name(&mut cells, Column::ProtocolName, &protocol_label(protocol.0));
        cells
    }
}
