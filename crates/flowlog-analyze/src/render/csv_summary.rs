//! The summary CSV: every list of the report, one row an entry, in columns that all sections share.

use std::borrow::Cow;
use std::io::{self, Write};

use flowlog_core::report::{ConversationRow, Ends, HostRow, PortRow, Report, SideOfHost};
use serde::Serialize;

use super::cells::ranked;
use super::csv_text::guard;
use super::names::{STATES, direction_label, encryption_label, port_label, protocol_label, state_label};
use super::text::iso_time;

mod network;

/// One row. Text is guarded against formulas where it is set; columns a section has no use for stay empty.
#[derive(Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Row<'a> {
    section: &'a str,
    rank: Option<u64>,
    item: Cow<'a, str>,
    value: Cow<'a, str>,
    source: &'a str,
    destination: &'a str,
    port: Option<u16>,
    protocol: Cow<'a, str>,
    service: Option<&'static str>,
    class: Option<&'static str>,
    provider: Option<&'static str>,
    direction: Option<&'static str>,
    #[serde(rename = "ACL")]
    acl: Cow<'a, str>,
    records: Option<u64>,
    tuples: Option<u64>,
    denied: Option<u64>,
    dropped: Option<u64>,
    malformed: Option<u64>,
    connections: Option<u64>,
    begun: Option<u64>,
    ended: Option<u64>,
    sources: Option<u64>,
    destinations: Option<u64>,
    ports: Option<u64>,
    packets: Option<u64>,
    bytes: Option<u64>,
    packets_sent: Option<u64>,
    bytes_sent: Option<u64>,
    packets_received: Option<u64>,
    bytes_received: Option<u64>,
    first_time: Option<String>,
    last_time: Option<String>,
    note: Cow<'a, str>,
}

/// Writes the summary with its header.
///
/// # Errors
/// Those of `out`.
pub fn write(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let mut sheet = Sheet { csv: csv::Writer::from_writer(out) };
    totals(&mut sheet, report)?;
    connections(&mut sheet, report)?;
    coverage(&mut sheet, report)?;
    shares(&mut sheet, report)?;
    hosts(&mut sheet, "Top sources", &report.top_sources)?;
    hosts(&mut sheet, "Top destinations", &report.top_destinations)?;
    ports(&mut sheet, "Top destination ports", "", &report.top_ports)?;
    network::all(&mut sheet, report)?;
    problems(&mut sheet, report)?;
    conversations(&mut sheet, "One-way", &report.one_way)?;
    conversations(&mut sheet, "Low payload", &report.low_payload)?;
    conversations(&mut sheet, "High volume", &report.high_volume)?;
    ports(&mut sheet, "Unusual ports", "", &report.unusual_ports)?;
    suspects(&mut sheet, report)?;
    specific(&mut sheet, report)?;
    files(&mut sheet, report)?;
    malformed(&mut sheet, report)?;
    sheet.csv.flush()
}

struct Sheet<W: Write> {
    csv: csv::Writer<W>,
}

impl<W: Write> Sheet<W> {
    /// Writes the rows of a section, ranked from 1.
    fn section<'a>(&mut self, section: &'a str, rows: impl IntoIterator<Item = Row<'a>>) -> io::Result<()> {
        for (rank, row) in (1..).zip(rows) {
            let row = Row { section, rank: Some(rank), ..row };
            self.csv.serialize(row).map_err(io::Error::from)?;
        }
        Ok(())
    }
}

fn totals<W: Write>(sheet: &mut Sheet<W>, report: &Report) -> io::Result<()> {
    let (totals, resolved) = (&report.totals, &report.resolved);
    let counts = [
        ("Files", totals.files),
        ("Files with errors", totals.files_with_errors),
        ("Bytes read", totals.input_bytes),
        ("Records", totals.records),
        ("Tuples", totals.tuples),
        ("Malformed tuples", totals.malformed),
        ("Denied by rules", totals.denied_by_rule),
        ("Dropped for want of encryption", totals.dropped_for_encryption),
        ("Packets sent", totals.packets_sent),
        ("Bytes sent", totals.bytes_sent),
        ("Packets received", totals.packets_received),
        ("Bytes received", totals.bytes_received),
        ("Distinct sources", totals.unique_sources),
        ("Distinct destinations", totals.unique_destinations),
        ("Network interfaces", totals.unique_nics),
        ("Conversations", totals.conversations),
        ("Connections logged more than once", resolved.duplicate_connections),
        ("Tuples, each connection once", resolved.tuples),
        ("Bytes sent, each connection once", resolved.bytes_sent),
        ("Bytes received, each connection once", resolved.bytes_received),
    ];
    let times = [("First flow", totals.first_time_ms), ("Last flow", totals.last_time_ms)];
    let counts = counts.into_iter().map(|(item, value)| (item, value.to_string()));
    let times = times.into_iter().map(|(item, value)| (item, value.map(iso_time).unwrap_or_default()));
    let row = |(item, value): (&'static str, String)| Row {
        item: item.into(),
        value: value.into(),
        ..Row::default()
    };
    sheet.section("Totals", counts.chain(times).map(row))
}

fn connections<W: Write>(sheet: &mut Sheet<W>, report: &Report) -> io::Result<()> {
    let rows = report.connections.outcomes.iter().map(|row| Row {
        item: row.meaning.into(),
        value: row.outcome.into(),
        tuples: Some(row.tuples),
        connections: Some(row.connections),
        packets_sent: Some(row.packets_sent),
        bytes_sent: Some(row.bytes_sent),
        packets_received: Some(row.packets_received),
        bytes_received: Some(row.bytes_received),
        ..Row::default()
    });
    sheet.section("Connections", rows)
}

fn coverage<W: Write>(sheet: &mut Sheet<W>, report: &Report) -> io::Result<()> {
    let remarks = report.coverage.remarks.iter().map(|remark| Row { note: remark.into(), ..Row::default() });
    sheet.section("Coverage remarks", remarks)?;
    let rows = report.coverage.logs.iter().map(|row| {
        let gaps: u64 = row.gaps.iter().map(|gap| gap.hours).sum();
        Row {
            item: guard(&row.mac),
            value: row.kind.into(),
            acl: guard(&row.resource),
            tuples: Some(row.tuples),
            denied: row.states.get(&'D').copied(),
            begun: row.states.get(&'B').copied(),
            ended: row.states.get(&'E').copied(),
            first_time: row.first_hour_ms.map(iso_time),
            last_time: row.last_record_ms.map(iso_time),
            note: format!("{} hours with records, {gaps} without", row.hours).into(),
            ..Row::default()
        }
    });
    sheet.section("Coverage", rows)
}

/// Tuples by protocol, state, direction and encryption.
fn shares<W: Write>(sheet: &mut Sheet<W>, report: &Report) -> io::Result<()> {
    let row = |item: String, value: String, tuples: u64| Row {
        item: item.into(),
        value: value.into(),
        tuples: Some(tuples),
        ..Row::default()
    };
    let protocols = ranked(&report.protocols).into_iter();
    let protocols = protocols.map(|(number, tuples)| row(protocol_label(number), number.to_string(), tuples));
    sheet.section("Protocols", protocols)?;
    let states = STATES.into_iter().filter_map(|letter| Some((letter, *report.states.get(&letter)?)));
    let states =
        states.map(|(letter, tuples)| row(state_label(letter).to_owned(), letter.to_string(), tuples));
    sheet.section("Flow states", states)?;
    let directions = report.directions.iter().map(|(letter, &tuples)| {
        let letter = letter.to_string();
        row(direction_label(&letter).to_owned(), letter, tuples)
    });
    sheet.section("Directions", directions)?;
    let words = ranked(&report.encryption).into_iter();
    let words = words.map(|(word, tuples)| row(encryption_label(word).to_owned(), word.to_owned(), tuples));
    sheet.section("Encryption", words)
}

fn host(row: &HostRow) -> Row<'_> {
    Row {
        item: row.name.ip.as_str().into(),
        class: Some(row.name.class),
        provider: row.name.provider,
        tuples: Some(row.tuples),
        denied: Some(row.denied),
        bytes: Some(row.bytes),
        packets: Some(row.packets),
        ..Row::default()
    }
}

fn hosts<W: Write>(sheet: &mut Sheet<W>, section: &str, rows: &[HostRow]) -> io::Result<()> {
    sheet.section(section, rows.iter().map(host))
}

fn ports<W: Write>(sheet: &mut Sheet<W>, section: &str, note: &str, rows: &[PortRow]) -> io::Result<()> {
    let row = |row: &PortRow| Row {
        item: port_label(row.name.port, row.name.protocol).into(),
        port: Some(row.name.port),
        protocol: protocol_label(row.name.protocol).into(),
        service: row.name.service,
        tuples: Some(row.tuples),
        denied: Some(row.denied),
        bytes: Some(row.bytes),
        note: note.to_owned().into(),
        ..Row::default()
    };
    sheet.section(section, rows.iter().map(row))
}

/// A row with the ends of a conversation.
fn ends(ends: &Ends) -> Row<'_> {
    let port = port_label(ends.port, ends.protocol);
    Row {
        item: format!("{} -> {} {port}", ends.source, ends.destination).into(),
        source: &ends.source,
        destination: &ends.destination,
        port: Some(ends.port),
        protocol: protocol_label(ends.protocol).into(),
        service: ends.service,
        ..Row::default()
    }
}

fn problems<W: Write>(sheet: &mut Sheet<W>, report: &Report) -> io::Result<()> {
    let incomplete = report.incomplete.iter().map(|row| Row {
        connections: Some(row.connections),
        begun: Some(row.begins),
        last_time: Some(iso_time(row.last_time_ms)),
        ..ends(&row.ends)
    });
    sheet.section("Incomplete", incomplete)?;
    let denied = report.denied.iter().map(|row| Row {
        direction: Some(direction_label(row.direction)),
        tuples: Some(row.tuples),
        denied: Some(row.tuples - row.dropped_for_encryption),
        dropped: Some(row.dropped_for_encryption),
        first_time: Some(iso_time(row.first_time_ms)),
        last_time: Some(iso_time(row.last_time_ms)),
        ..ends(&row.ends)
    });
    sheet.section("Denied", denied)?;
    let retries = report.retries.iter();
    let retries =
        retries.map(|row| Row { begun: Some(row.begins), ended: Some(row.ended), ..ends(&row.ends) });
    sheet.section("Excessive retries", retries)
}

fn conversations<'a, W: Write>(
    sheet: &mut Sheet<W>,
    section: &'a str,
    rows: &'a [ConversationRow],
) -> io::Result<()> {
    let row = |row: &'a ConversationRow| {
        let ConversationRow {
            connections, packets_sent, bytes_sent, packets_received, bytes_received, ..
        } = *row;
        Row {
            connections: Some(connections),
            packets: Some(packets_sent.saturating_add(packets_received)),
            bytes: Some(bytes_sent.saturating_add(bytes_received)),
            packets_sent: Some(packets_sent),
            bytes_sent: Some(bytes_sent),
            packets_received: Some(packets_received),
            bytes_received: Some(bytes_received),
            ..ends(&row.ends)
        }
    };
    sheet.section(section, rows.iter().map(row))
}

fn suspects<W: Write>(sheet: &mut Sheet<W>, report: &Report) -> io::Result<()> {
    let sources = report.denied_sources.iter().map(|row| Row {
        item: row.source.as_str().into(),
        source: &row.source,
        class: Some(row.class),
        provider: row.provider,
        tuples: Some(row.tuples),
        denied: Some(row.tuples),
        destinations: Some(row.destinations),
        ports: Some(row.ports),
        ..Row::default()
    });
    sheet.section("Sources with many denials", sources)?;
    let scans = report.port_scans.iter().map(|row| Row {
        item: format!("{} -> {}", row.source, row.destination).into(),
        source: &row.source,
        destination: &row.destination,
        tuples: Some(row.tuples),
        denied: Some(row.denied),
        ports: Some(row.ports),
        ..Row::default()
    });
    sheet.section("Port scans", scans)
}

fn specific<W: Write>(sheet: &mut Sheet<W>, report: &Report) -> io::Result<()> {
    for asked in &report.specific_ips {
        let side = |side: &SideOfHost, value: &'static str| Row {
            item: guard(&asked.query).into_owned().into(),
            value: value.into(),
            tuples: Some(side.tuples),
            denied: Some(side.denied),
            packets_sent: Some(side.packets_sent),
            bytes_sent: Some(side.bytes_sent),
            packets_received: Some(side.packets_received),
            bytes_received: Some(side.bytes_received),
            note: format!("peers: {}", side.peers).into(),
            ..Row::default()
        };
        let sides = [side(&asked.as_source, "as source"), side(&asked.as_destination, "as destination")];
        sheet.section("Specific address", sides)?;
        ports(sheet, "Specific address: ports as source", &asked.query, &asked.as_source.top_ports)?;
        ports(
            sheet,
            "Specific address: ports as destination",
            &asked.query,
            &asked.as_destination.top_ports,
        )?;
        let peers = asked.top_peers.iter().map(|row| Row { note: asked.query.as_str().into(), ..host(row) });
        sheet.section("Specific address: peers", peers)?;
    }
    Ok(())
}

fn files<W: Write>(sheet: &mut Sheet<W>, report: &Report) -> io::Result<()> {
    let row = report.files.iter().map(|row| Row {
        item: guard(&row.path),
        records: Some(row.records),
        tuples: Some(row.tuples),
        malformed: Some(row.malformed),
        bytes: Some(row.bytes),
        first_time: row.first_time_ms.map(iso_time),
        last_time: row.last_time_ms.map(iso_time),
        note: row.error.as_deref().map(guard).unwrap_or_default(),
        ..Row::default()
    });
    sheet.section("Files", row)
}

fn malformed<W: Write>(sheet: &mut Sheet<W>, report: &Report) -> io::Result<()> {
    let row = report.malformed.iter().map(|row| {
        let first = row.examples.first();
        let place =
            first.map(|first| format!("first in {} at byte {}: {}", first.path, first.offset, first.text));
        Row {
            item: guard(&row.reason),
            malformed: Some(row.tuples),
            note: place.unwrap_or_default().into(),
            ..Row::default()
        }
    });
    sheet.section("Malformed tuples", row)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixture;

    fn render(report: &Report) -> String {
        let mut out = Vec::new();
        write(&mut out, report).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_form_is_held() {
        insta::assert_snapshot!(render(&fixture::rich()));
    }

    #[test]
    fn every_row_has_all_columns_and_no_cell_is_a_formula() {
        let text = render(&fixture::rich());
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let columns = reader.headers().unwrap().len();
        for row in reader.records() {
            let row = row.unwrap();
            assert_eq!(row.len(), columns);
            assert!(
                row.iter().all(|cell| cell == "-" || !cell.starts_with(['=', '+', '-', '@', '\t', '\r'])),
                "{row:?}"
            );
        }
        assert!(text.contains("'=cmd()"));
    }

    #[test]
    fn an_empty_report_has_its_totals() {
        assert!(render(&fixture::empty()).contains("Totals,1,Files,0"));
    }
}
