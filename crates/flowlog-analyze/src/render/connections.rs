//! Connections one by one, as CSV or as newline-delimited JSON.

use std::io::{self, BufWriter, Write};
use std::net::IpAddr;

use flowlog_core::aggregate::{HostId, Hosts};
use flowlog_core::connection::Sighting;
use flowlog_core::record::LogKind;
use serde::Serialize;

use super::names::protocol_label;
use super::text::iso_time;

/// How connections are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionFormat {
    /// Comma-separated values with a header.
    Csv,
    /// One JSON object a line.
    Ndjson,
}

/// The columns of the CSV form, which are the keys of the other.
const HEADER: &str = "first_time,begin_time,end_time,last_time,duration_ms,source,source_port,destination,\
                      destination_port,protocol,protocol_name,direction,mac,log,outcome,connections,logs,tuples,\
                      begins,packets_sent,bytes_sent,packets_received,bytes_received\n";

impl ConnectionFormat {
    /// What a file of this form begins with.
    pub(crate) fn header(self) -> &'static str {
        match self {
            Self::Csv => HEADER,
            Self::Ndjson => "",
        }
    }
}

#[derive(Serialize)]
struct Row {
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
}

/// Writes rows without a header, for a part of a file.
pub(crate) struct ConnectionWriter<W: Write> {
    format: ConnectionFormat,
    out: BufWriter<W>,
}

impl<W: Write> ConnectionWriter<W> {
    pub(crate) fn part(out: W, format: ConnectionFormat) -> Self {
        Self { format, out: BufWriter::new(out) }
    }

    /// Writes connections, each with the number of logs that tell of it, by time and 5-tuple.
    pub(crate) fn write(
        &mut self,
        connections: impl IntoIterator<Item = (Sighting<HostId>, usize)>,
        hosts: &Hosts,
    ) -> io::Result<()> {
        let rows = connections.into_iter().filter_map(|(sighting, logs)| row(&sighting, logs, hosts));
        let mut rows: Vec<Row> = rows.collect();
        rows.sort_by(|a, b| a.order().cmp(&b.order()));
        match self.format {
            ConnectionFormat::Csv => {
                let mut csv = csv::WriterBuilder::new().has_headers(false).from_writer(&mut self.out);
                rows.iter().try_for_each(|row| csv.serialize(row).map_err(io::Error::from))?;
                csv.flush()
            }
            ConnectionFormat::Ndjson => rows.iter().try_for_each(|row| {
                serde_json::to_writer(&mut self.out, row)?;
                self.out.write_all(b"\n")
            }),
        }
    }

    /// Hands on what is left.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Row {
    /// What rows written together are ordered by: numbers of hosts depend on who met them first.
    fn order(&self) -> impl Ord + use<'_> {
        let ends = (self.source, self.source_port, self.destination, self.destination_port, self.protocol);
        let told = (self.direction, self.log, self.outcome, &self.last_time);
        let counts =
            (self.tuples, self.packets_sent, self.bytes_sent, self.packets_received, self.bytes_received);
        (&self.first_time, ends, &self.mac, told, counts)
    }
}

fn row(sighting: &Sighting<HostId>, logs: usize, hosts: &Hosts) -> Option<Row> {
    let Sighting { key, log, connection, outcome } = sighting;
    let counters = &connection.counters;
    let first_ms = connection.begun_ms().unwrap_or(connection.first_ms).min(connection.first_ms);
    Some(Row {
        first_time: iso_time(first_ms),
        begin_time: connection.begun_ms().map(iso_time),
        end_time: connection.ended_ms().map(iso_time),
        last_time: iso_time(connection.last_ms),
        duration_ms: connection.last_ms.saturating_sub(first_ms),
        source: hosts.address(key.source)?,
        source_port: key.source_port,
        destination: hosts.address(key.destination)?,
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
    })
}
