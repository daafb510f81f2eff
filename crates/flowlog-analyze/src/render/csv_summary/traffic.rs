//! Connections, shares, hosts and ports, and what the logs say of addresses asked for.

use std::io::{self, Write};

use flowlog_core::report::{HostRow, PortRow, Report, SideOfHost, TimelineRow};

use super::{Row, Sheet};
use crate::render::cells::{encryption_words, ranked};
use crate::render::csv_text::guard;
use crate::render::names::{
    STATES, direction_label, encryption_label, port_label, protocol_label, state_label,
};
use crate::render::text::iso_time;

pub(super) fn connections<W: Write>(sheet: &mut Sheet<'_, W>, report: &Report) -> io::Result<()> {
    let total = Row {
        item: "all but denied attempts".into(),
        connections: Some(report.connections.total),
        ..Row::default()
    };
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
    sheet.section("Connections", rows.chain([total]))
}

/// One row a span of time: its beginning is the item, its length in seconds the value.
pub(super) fn timeline<W: Write>(sheet: &mut Sheet<'_, W>, report: &Report) -> io::Result<()> {
    let width = report.timeline_bucket_ms;
    let row = |row: &TimelineRow| {
        let time = iso_time(row.time_ms);
        Row {
            item: time.clone().into(),
            value: (width / 1000).to_string().into(),
            first_time: Some(time),
            last_time: Some(iso_time(row.time_ms.saturating_add_unsigned(width))),
            tuples: Some(row.tuples),
            begun: Some(row.begun),
            denied: Some(row.denied),
            bytes_sent: Some(row.bytes_sent),
            bytes_received: Some(row.bytes_received),
            ..Row::default()
        }
    };
    sheet.section("Timeline", report.timeline.iter().map(row))
}

pub(super) fn all<W: Write>(sheet: &mut Sheet<'_, W>, report: &Report) -> io::Result<()> {
    shares(sheet, report)?;
    hosts(sheet, "Top sources", &report.top_sources)?;
    hosts(sheet, "Top destinations", &report.top_destinations)?;
    ports(sheet, "Top destination ports", "", &report.top_ports)
}

/// Tuples by protocol, state, direction and encryption.
fn shares<W: Write>(sheet: &mut Sheet<'_, W>, report: &Report) -> io::Result<()> {
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
    let words = encryption_words(report).into_iter();
    let words =
        words.map(|(word, tuples)| row(encryption_label(word).to_owned(), guard(word).into_owned(), tuples));
    sheet.section("Encryption", words)
}

fn host(row: &HostRow) -> Row<'_> {
    Row {
        item: row.name.ip.as_str().into(),
        class: Some(row.name.class),
        provider: row.name.provider,
        tuples: Some(row.tuples),
        denied: Some(row.denied),
        connections: Some(row.connections),
        bytes: Some(row.bytes),
        packets: Some(row.packets),
        ..Row::default()
    }
}

fn hosts<W: Write>(sheet: &mut Sheet<'_, W>, section: &str, rows: &[HostRow]) -> io::Result<()> {
    sheet.section(section, rows.iter().map(host))
}

pub(super) fn ports<W: Write>(
    sheet: &mut Sheet<'_, W>,
    section: &str,
    note: &str,
    rows: &[PortRow],
) -> io::Result<()> {
    let row = |row: &PortRow| Row {
        item: port_label(row.name.port, row.name.protocol).into(),
        port: Some(row.name.port),
        protocol: protocol_label(row.name.protocol).into(),
        service: row.name.service,
        tuples: Some(row.tuples),
        denied: Some(row.denied),
        connections: Some(row.connections),
        bytes: Some(row.bytes),
        note: note.to_owned().into(),
        ..Row::default()
    };
    sheet.section(section, rows.iter().map(row))
}

pub(super) fn specific<W: Write>(sheet: &mut Sheet<'_, W>, report: &Report) -> io::Result<()> {
    for asked in &report.specific_ips {
        let side = |side: &SideOfHost, value: &'static str| Row {
            item: guard(&asked.query).into_owned().into(),
            value: value.into(),
            tuples: Some(side.tuples),
            denied: Some(side.denied),
            peers: Some(side.peers),
            packets_sent: Some(side.packets_sent),
            bytes_sent: Some(side.bytes_sent),
            packets_received: Some(side.packets_received),
            bytes_received: Some(side.bytes_received),
            ..Row::default()
        };
        let sides = [side(&asked.as_source, "as source"), side(&asked.as_destination, "as destination")];
        sheet.section("Specific address", sides)?;
        let (source, destination) = (&asked.as_source.top_ports, &asked.as_destination.top_ports);
        ports(sheet, "Specific address: ports as source", &asked.query, source)?;
        ports(sheet, "Specific address: ports as destination", &asked.query, destination)?;
        let peers = asked.top_peers.iter().map(|row| Row { note: asked.query.as_str().into(), ..host(row) });
        sheet.section("Specific address: peers", peers)?;
    }
    Ok(())
}
