//! Conversations, ports and hosts to look at.

use std::io::{self, Write};

use flowlog_core::report::{ConversationRow, Report};

use super::traffic::ports;
use super::{Row, Sheet, ends, value};
use crate::render::names::direction_label;
use crate::render::text::iso_time;

/// How long each list is without a limit.
pub(super) fn counts<W: Write>(sheet: &mut Sheet<'_, W>, report: &Report) -> io::Result<()> {
    let counts = &report.problem_counts;
    let rows = [
        ("Incomplete", counts.incomplete),
        ("Denied", counts.denied),
        ("Excessive retries", counts.retries),
        ("One-way", counts.one_way),
        ("Low payload", counts.low_payload),
        ("High volume", counts.high_volume),
        ("Unusual ports", counts.unusual_ports),
        ("Sources with many denials", counts.denied_sources),
        ("Port scans", counts.port_scans),
    ];
    sheet.section("Problem counts", rows.map(|(item, count)| value(item, count)))
}

pub(super) fn all<W: Write>(sheet: &mut Sheet<'_, W>, report: &Report) -> io::Result<()> {
    tries(sheet, report)?;
    conversations(sheet, "One-way", &report.one_way)?;
    conversations(sheet, "Low payload", &report.low_payload)?;
    conversations(sheet, "High volume", &report.high_volume)?;
    ports(sheet, "Unusual ports", "", &report.unusual_ports)?;
    suspects(sheet, report)
}

fn tries<W: Write>(sheet: &mut Sheet<'_, W>, report: &Report) -> io::Result<()> {
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
        denied: Some(row.tuples),
        dropped: Some(row.dropped_for_encryption),
        attempts: Some(row.attempts),
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
    sheet: &mut Sheet<'_, W>,
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

fn suspects<W: Write>(sheet: &mut Sheet<'_, W>, report: &Report) -> io::Result<()> {
    let sources = report.denied_sources.iter().map(|row| Row {
        item: row.source.as_str().into(),
        source: row.source.as_str().into(),
        class: Some(row.class),
        provider: row.provider,
        tuples: Some(row.tuples),
        destinations: Some(row.destinations),
        ports: Some(row.ports),
        note: "tuples that rules denied".into(),
        ..Row::default()
    });
    sheet.section("Sources with many denials", sources)?;
    let scans = report.port_scans.iter().map(|row| Row {
        item: format!("{} -> {}", row.source, row.destination).into(),
        source: row.source.as_str().into(),
        destination: row.destination.as_str().into(),
        tuples: Some(row.tuples),
        denied: Some(row.denied),
        ports: Some(row.ports),
        ..Row::default()
    });
    sheet.section("Port scans", scans)
}
