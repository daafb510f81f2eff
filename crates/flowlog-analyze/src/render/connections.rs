//! Connections one by one, as CSV or as newline-delimited JSON.

use std::borrow::Cow;
use std::io;
use std::net::IpAddr;

use flowlog_core::flow::AddressClass;
use flowlog_core::policy::plain_rule;
use flowlog_core::record::LogKind;
use flowlog_core::state::{HostId, Hosts, Sighting, Summary};
use serde::Serialize;

use super::csv_text::{CsvStyle, guard};
use super::names::protocol_label;
use super::text::iso_time;

/// How connections are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionFormat {
    /// Comma-separated values with a header.
    Csv(CsvStyle),
    /// One JSON object a line.
    Ndjson,
}

/// The columns of the CSV form, which are the keys of the other.
pub(crate) const COLUMNS: [&str; 29] = [
    "first_time",
    "begin_time",
    "end_time",
    "last_time",
    "duration_ms",
    "source",
    "source_port",
    "destination",
    "destination_port",
    "protocol",
    "protocol_name",
    "direction",
    "mac",
    "log",
    "outcome",
    "connections",
    "logs",
    "tuples",
    "begins",
    "packets_sent",
    "bytes_sent",
    "packets_received",
    "bytes_received",
    "rule",
    "nsg",
    "resource",
    "encryption",
    "source_class",
    "destination_class",
];

impl ConnectionFormat {
    /// What a file of this form begins with.
    pub(crate) fn header(self, columns: &[&str]) -> String {
        match self {
            Self::Csv(style) => style.header(columns),
            Self::Ndjson => String::new(),
        }
    }

    /// The same in CSV of this style.
    pub(crate) fn with(self, style: CsvStyle) -> Self {
        match self {
            Self::Csv(_) => Self::Csv(style),
            Self::Ndjson => Self::Ndjson,
        }
    }
}

#[derive(Serialize)]
struct Row<'a> {
    first_time: String,
    begin_time: Option<String>,
    end_time: Option<String>,
    last_time: String,
    duration_ms: i64,
    source: IpAddr,
    source_port: u16,
    destination: IpAddr,
    destination_port: u16,
    protocol: u8,
    protocol_name: String,
    direction: char,
    mac: Option<String>,
    log: &'static str,
    outcome: &'static str,
    connections: u64,
    logs: usize,
    tuples: u64,
    begins: u64,
    packets_sent: u64,
    bytes_sent: u64,
    packets_received: u64,
    bytes_received: u64,
    rule: Cow<'a, str>,
    nsg: Cow<'a, str>,
    resource: Cow<'a, str>,
    encryption: &'static str,
    source_class: &'static str,
    destination_class: &'static str,
}

/// A connection as a line without a header, and what lines are ordered by: time, 5-tuple, NIC, and all the rest.
/// `logs` is the number of logs that tell of it.
pub(crate) fn line(
    sighting: &Sighting<HostId>,
    logs: usize,
    summary: &Summary,
    hosts: &Hosts,
    format: ConnectionFormat,
) -> io::Result<Option<(Vec<u8>, Vec<u8>)>> {
    let Some(mut row) = row(sighting, logs, summary, hosts) else { return Ok(None) };
    if matches!(format, ConnectionFormat::Csv(_)) {
        for name in [&mut row.rule, &mut row.nsg, &mut row.resource] {
            *name = guard(name).into_owned().into();
        }
    }
    let line = match format {
        ConnectionFormat::Csv(style) => {
            let mut csv = style.rows(Vec::new());
            csv.serialize(&row).map_err(io::Error::from)?;
            csv.into_inner().map_err(|error| io::Error::other(error.to_string()))?
        }
        ConnectionFormat::Ndjson => {
            let mut line = serde_json::to_vec(&row)?;
            line.push(b'\n');
            line
        }
    };
    Ok(Some((row.order(), line)))
}

impl Row<'_> {
    /// Bytes that are in the order of rows.
    fn order(&self) -> Vec<u8> {
        let mut order = Vec::with_capacity(160);
        order.extend(self.first_time.as_bytes());
        for (address, port) in [(self.source, self.source_port), (self.destination, self.destination_port)] {
            match address {
                IpAddr::V4(v4) => {
                    order.push(4);
                    order.extend(v4.octets());
                }
                IpAddr::V6(v6) => {
                    order.push(6);
                    order.extend(v6.octets());
                }
            }
            order.extend(port.to_be_bytes());
        }
        order.push(self.protocol);
        let mac = self.mac.as_deref().unwrap_or_default();
        let direction = &mut [0; 4];
        let direction = self.direction.encode_utf8(direction);
        for text in [
            mac,
            direction,
            self.log,
            self.outcome,
            &self.last_time,
            &self.rule,
            &self.nsg,
            &self.resource,
            self.encryption,
        ] {
            order.extend(text.as_bytes());
            order.push(0);
        }
        for count in
            [self.tuples, self.packets_sent, self.bytes_sent, self.packets_received, self.bytes_received]
        {
            order.extend(count.to_be_bytes());
        }
        order
    }
}

fn row<'s>(sighting: &Sighting<HostId>, logs: usize, summary: &'s Summary, hosts: &Hosts) -> Option<Row<'s>> {
    let Sighting { key, log, connection, outcome, .. } = sighting;
    let (source, destination) = (hosts.address(key.source)?, hosts.address(key.destination)?);
    let decided = summary.rules.rows().get(sighting.rule as usize);
    let (nsg, rule) = decided.map_or(("", ""), |((acl, rule), _)| (acl, rule));
    let resource = summary.coverage.get(sighting.log_place as usize).map_or("", |log| &*log.resource);
    let counters = &connection.counters;
    let first_ms = connection.begun_ms().unwrap_or(connection.first_ms).min(connection.first_ms);
    Some(Row {
        first_time: iso_time(first_ms),
        begin_time: connection.begun_ms().map(iso_time),
        end_time: connection.ended_ms().map(iso_time),
        last_time: iso_time(connection.last_ms),
        duration_ms: connection.last_ms.saturating_sub(first_ms),
        source,
        source_port: key.source_port,
        destination,
        destination_port: key.destination_port,
        protocol: key.protocol.0,
        protocol_name: protocol_label(key.protocol.0),
        direction: connection.direction.letter(),
        mac: log.mac(),
        log: match log.kind() {
            LogKind::VNet => "VNet",
            LogKind::Nsg => "NSG",
        },
        outcome: outcome.name(),
        connections: connection.count(),
        logs,
        tuples: connection.tuples(),
        begins: connection.begins(),
        packets_sent: counters.packets_sent,
        bytes_sent: counters.bytes_sent,
        packets_received: counters.packets_received,
        bytes_received: counters.bytes_received,
        rule: plain_rule(rule).into(),
        nsg: nsg.into(),
        resource: resource.into(),
        encryption: sighting.encryption.word(),
        source_class: AddressClass::of(source).label(),
        destination_class: AddressClass::of(destination).label(),
    })
}
