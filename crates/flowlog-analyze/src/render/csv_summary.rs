//! The summary CSV: every list and every number of the report, one row an entry, in columns that all sections share.

use std::borrow::Cow;
use std::io::{self, Write};

use flowlog_core::enrich::{FactKind, HostFacts, KnownHosts};
use flowlog_core::report::{Ends, Report};
use serde::Serialize;

use super::csv_text::{CsvStyle, guard};
use super::names::{port_label, protocol_label};

mod findings;
mod input;
mod network;
mod problems;
mod traffic;

/// One row. Text is guarded against formulas where it is set; columns a section has no use for stay empty.
#[derive(Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Row<'a> {
    section: &'a str,
    rank: Option<u64>,
    item: Cow<'a, str>,
    value: Cow<'a, str>,
    severity: Option<&'static str>,
    detector: Cow<'a, str>,
    source: Cow<'a, str>,
    destination: Cow<'a, str>,
    port: Option<u16>,
    protocol: Cow<'a, str>,
    service: Option<&'static str>,
    class: Option<&'static str>,
    provider: Option<&'static str>,
    direction: Option<&'static str>,
    #[serde(rename = "ACL")]
    acl: Cow<'a, str>,
    records: Option<u64>,
    repeated_records: Option<u64>,
    tuples: Option<u64>,
    allowed: Option<u64>,
    denied: Option<u64>,
    dropped: Option<u64>,
    malformed: Option<u64>,
    misshapen: Option<u64>,
    left_out_bytes: Option<u64>,
    encrypted: Option<u64>,
    conversations: Option<u64>,
    connections: Option<u64>,
    begun: Option<u64>,
    continuing: Option<u64>,
    ended: Option<u64>,
    attempts: Option<u64>,
    let_through: Option<u64>,
    count: Option<u64>,
    sources: Option<u64>,
    answered_sources: Option<u64>,
    destinations: Option<u64>,
    ports: Option<u64>,
    peers: Option<u64>,
    rules: Option<u64>,
    hit: Option<u64>,
    priority: Option<u32>,
    guessed: Option<u64>,
    hours: Option<u64>,
    missing_hours: Option<u64>,
    packets: Option<u64>,
    bytes: Option<u64>,
    encrypted_bytes: Option<u64>,
    packets_sent: Option<u64>,
    bytes_sent: Option<u64>,
    packets_received: Option<u64>,
    bytes_received: Option<u64>,
    offset: Option<u64>,
    first_time: Option<String>,
    last_time: Option<String>,
    note: Cow<'a, str>,
    next: &'a str,
    source_name: String,
    destination_name: String,
    source_country: String,
    destination_country: String,
    source_as: String,
    destination_as: String,
    source_threat: String,
    destination_threat: String,
}

/// Writes the summary with its header.
///
/// # Errors
/// Those of `out`.
pub fn write(out: &mut impl Write, report: &Report, style: CsvStyle) -> io::Result<()> {
    let mut sheet = Sheet { csv: style.file(out)?, hosts: &report.hosts };
    input::totals(&mut sheet, report)?;
    problems::counts(&mut sheet, report)?;
    findings::all(&mut sheet, report)?;
    traffic::connections(&mut sheet, report)?;
    input::coverage(&mut sheet, report)?;
    traffic::timeline(&mut sheet, report)?;
    traffic::all(&mut sheet, report)?;
    network::all(&mut sheet, report)?;
    problems::all(&mut sheet, report)?;
    traffic::specific(&mut sheet, report)?;
    input::files(&mut sheet, report)?;
    input::malformed(&mut sheet, report)?;
    sheet.csv.flush()
}

struct Sheet<'r, W: Write> {
    csv: csv::Writer<W>,
    /// What is known of addresses.
    hosts: &'r KnownHosts,
}

impl<W: Write> Sheet<'_, W> {
    /// Writes the rows of a section, ranked from 1.
    fn section<'a>(&mut self, section: &'a str, rows: impl IntoIterator<Item = Row<'a>>) -> io::Result<()> {
        for (rank, row) in (1..).zip(rows) {
            let known = |address: &str| self.hosts.get(address);
            // A ranking of hosts has them as items.
            let source = known(&row.source).or_else(|| known(&row.item));
            let destination = known(&row.destination);
            let fact = |facts: Option<&HostFacts>, kind| {
                guard(facts.and_then(|facts| facts.get(kind)).unwrap_or_default()).into_owned()
            };
            let told = Row {
                section,
                rank: Some(rank),
                source_name: fact(source, FactKind::Name),
                destination_name: fact(destination, FactKind::Name),
                source_country: fact(source, FactKind::Country),
                destination_country: fact(destination, FactKind::Country),
                source_as: fact(source, FactKind::As),
                destination_as: fact(destination, FactKind::As),
                source_threat: fact(source, FactKind::Threat),
                destination_threat: fact(destination, FactKind::Threat),
                ..row
            };
            self.csv.serialize(told).map_err(io::Error::from)?;
        }
        Ok(())
    }
}

/// A number that has a row of its own.
fn value(item: &'static str, value: u64) -> Row<'static> {
    Row { item: item.into(), value: value.to_string().into(), ..Row::default() }
}

/// A row with the ends of a conversation.
fn ends(ends: &Ends) -> Row<'_> {
    let port = port_label(ends.port, ends.protocol);
    Row {
        item: format!("{} -> {} {port}", ends.source, ends.destination).into(),
        source: ends.source.as_str().into(),
        destination: ends.destination.as_str().into(),
        port: Some(ends.port),
        protocol: protocol_label(ends.protocol).into(),
        service: ends.service,
        ..Row::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixture;

    fn render(report: &Report) -> String {
        let mut out = Vec::new();
        write(&mut out, report, CsvStyle::default()).unwrap();
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
