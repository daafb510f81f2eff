//! Rows of one tuple.

use super::column::Column;
use super::row::Row;
use super::{Out, value};
use crate::flow::{Counters, FlowTuple};
use crate::record::tuple::{self, encryption_word};
use crate::record::{LogKind, Sink};

pub(super) fn push<S: Sink>(row: &Row<'_>, text: &str, offset: u64, out: &mut Out<'_, S>) {
    let record_ms = value::time(row.text(Column::RecordTime));
    let whole = row.text(Column::Tuple);
    if !whole.is_empty() {
        return match tuple::parse(whole) {
            Ok(tuple) => {
                let word =
                    (tuple.encryption == crate::flow::Encryption::Unknown).then(|| encryption_word(whole));
                let nsg = whole.split(',').nth(5).is_some_and(|field| matches!(field, "T" | "U"));
                out.begin(row, kind(row, nsg), record_ms, offset);
                out.tuple(&tuple, word);
            }
            Err(fault) => out.malformed(fault.reason(), whole, offset),
        };
    }
    match tuple_of(row) {
        Ok((tuple, nsg)) => {
            let word = value::encryption(row.text(Column::Encryption)).1;
            out.begin(row, kind(row, nsg), record_ms, offset);
            out.tuple(&tuple, word.as_deref());
        }
        Err(reason) => out.malformed(reason, text, offset),
    }
}

/// Which log the row is of: its own word counts, then what only one of the two has.
fn kind(row: &Row<'_>, nsg: bool) -> LogKind {
    match row.text(Column::Kind).to_ascii_lowercase().as_str() {
        "vnet" | "flowlogflowevent" => LogKind::VNet,
        "nsg" | "networksecuritygroupflowevent" => LogKind::Nsg,
        _ if nsg => LogKind::Nsg,
        _ => LogKind::VNet,
    }
}

fn tuple_of(row: &Row<'_>) -> Result<(FlowTuple, bool), &'static str> {
    let exact = row.text(Column::Time);
    let time = if exact.is_empty() { row.text(Column::AnyTime) } else { exact };
    let (protocol, nsg) =
        value::protocol(row.text(Column::Protocol)).ok_or("its protocol is no number or name")?;
    let state = value::state(row.text(Column::State), row.text(Column::Decision));
    let tuple = FlowTuple {
        time_ms: value::time(time).ok_or("its time is none")?,
        source: value::address(row.text(Column::Source)).ok_or("its source is no IP address")?,
        destination: value::address(row.text(Column::Destination))
            .ok_or("its destination is no IP address")?,
        source_port: value::port(row.text(Column::SourcePort)).ok_or("its source port is no port number")?,
        destination_port: value::port(row.text(Column::DestinationPort))
            .ok_or("its destination port is no port number")?,
        protocol,
        direction: value::direction(row.text(Column::Direction))
            .ok_or("its direction is neither in nor out")?,
        state: state.ok_or("unknown flow state or decision")?,
        encryption: value::encryption(row.text(Column::Encryption)).0,
        counters: counters(row)?,
    };
    Ok((tuple, nsg))
}

pub(super) fn counters(row: &Row<'_>) -> Result<Option<Counters>, &'static str> {
    let columns = [Column::PacketsSent, Column::BytesSent, Column::PacketsReceived, Column::BytesReceived];
    let to_counters = |[packets_sent, bytes_sent, packets_received, bytes_received]: [u64; 4]| Counters {
        packets_sent,
        bytes_sent,
        packets_received,
        bytes_received,
    };
    Ok(numbers(row, columns)?.map(to_counters))
}

/// Of four counters that are empty nothing is known; one that is empty among others is 0, as in tuples.
pub(super) fn numbers(row: &Row<'_>, columns: [Column; 4]) -> Result<Option<[u64; 4]>, &'static str> {
    let texts = columns.map(|column| row.text(column));
    if texts.iter().all(|text| text.is_empty()) {
        return Ok(None);
    }
    let mut values = [0; 4];
    for (number, text) in values.iter_mut().zip(texts) {
        if !text.is_empty() {
            *number = value::number(text).ok_or("a packet or byte counter is no number")?;
        }
    }
    Ok(Some(values))
}
