//! Connections one by one, as CSV or as newline-delimited JSON.

use std::borrow::Cow;
use std::io;
use std::net::IpAddr;

use flowlog_core::enrich::AddressBook;
use flowlog_core::flow::AddressClass;
use flowlog_core::policy::plain_rule;
use flowlog_core::state::{HostId, Hosts, Sighting, Summary};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value as Json};

use super::csv_text::{CsvStyle, guard};
use super::ends;
use super::names::protocol_label;
use super::parquet::{Columns, Spec, names};
use super::schema::Schema;
use super::text::iso_time;

/// How connections are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionFormat {
    /// Comma-separated values with a header.
    Csv(CsvStyle),
    /// One JSON object a line.
    Ndjson,
    /// The same in the names and values of another schema.
    Mapped(Schema),
}

/// The columns, of whatever form: those of a Parquet file in full.
const SPECS: [Spec; 29] = [
    Spec::time("first_time"),
    Spec::time("begin_time").or_null(),
    Spec::time("end_time").or_null(),
    Spec::time("last_time"),
    Spec::int64("duration_ms"),
    Spec::address("source"),
    Spec::uint16("source_port"),
    Spec::address("destination"),
    Spec::uint16("destination_port"),
    Spec::uint8("protocol"),
    Spec::text("protocol_name"),
    Spec::text("direction"),
    Spec::text("mac").or_null(),
    Spec::text("log"),
    Spec::text("outcome"),
    Spec::uint64("connections"),
    Spec::uint64("logs"),
    Spec::uint64("tuples"),
    Spec::uint64("begins"),
    Spec::uint64("packets_sent"),
    Spec::uint64("bytes_sent"),
    Spec::uint64("packets_received"),
    Spec::uint64("bytes_received"),
    Spec::text("rule"),
    Spec::text("nsg"),
    Spec::text("resource"),
    Spec::text("encryption"),
    Spec::text("source_class"),
    Spec::text("destination_class"),
];

/// The columns of the CSV form, which are the keys of the other.
pub(crate) const COLUMNS: [&str; SPECS.len()] = names(SPECS);

impl ConnectionFormat {
    /// What a file of this form begins with.
    pub(crate) fn header(self, columns: &[&str]) -> String {
        match self {
            Self::Csv(style) => style.header(columns),
            Self::Ndjson | Self::Mapped(_) => String::new(),
        }
    }

    /// The same in CSV of this style, or in this schema.
    pub(crate) fn with(self, style: CsvStyle, schema: Option<Schema>) -> Self {
        match (self, schema) {
            (Self::Csv(_), _) => Self::Csv(style),
            (Self::Ndjson, Some(schema)) => Self::Mapped(schema),
            (other, _) => other,
        }
    }
}

/// A connection as a row. For people times are texts; on its way to a Parquet file they stay numbers.
#[derive(Serialize, Deserialize)]
pub(crate) struct Row<'a> {
    #[serde(serialize_with = "time")]
    first_time: i64,
    #[serde(serialize_with = "time_or_null")]
    begin_time: Option<i64>,
    #[serde(serialize_with = "time_or_null")]
    end_time: Option<i64>,
    #[serde(serialize_with = "time")]
    last_time: i64,
    duration_ms: i64,
    source: IpAddr,
    source_port: u16,
    destination: IpAddr,
    destination_port: u16,
    protocol: u8,
    protocol_name: String,
    direction: char,
    mac: Option<String>,
    #[serde(borrow)]
    log: Cow<'a, str>,
    #[serde(borrow)]
    outcome: Cow<'a, str>,
    connections: u64,
    logs: usize,
    tuples: u64,
    begins: u64,
    packets_sent: u64,
    bytes_sent: u64,
    packets_received: u64,
    bytes_received: u64,
    #[serde(borrow)]
    rule: Cow<'a, str>,
    #[serde(borrow)]
    nsg: Cow<'a, str>,
    #[serde(borrow)]
    resource: Cow<'a, str>,
    #[serde(borrow)]
    encryption: Cow<'a, str>,
    #[serde(borrow)]
    source_class: Cow<'a, str>,
    #[serde(borrow)]
    destination_class: Cow<'a, str>,
}

// serde hands over a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn time<S: Serializer>(ms: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    if serializer.is_human_readable() {
        serializer.collect_str(&iso_time(*ms))
    } else {
        ms.serialize(serializer)
    }
}

#[allow(clippy::ref_option, clippy::trivially_copy_pass_by_ref)]
fn time_or_null<S: Serializer>(ms: &Option<i64>, serializer: S) -> Result<S::Ok, S::Error> {
    if serializer.is_human_readable() {
        ms.map(iso_time).serialize(serializer)
    } else {
        ms.serialize(serializer)
    }
}

/// A connection as a line without a header, and what lines are ordered by: time, 5-tuple, NIC, and all the rest.
/// `logs` is the number of logs that tell of it. Without a format, the line is what [`Row::read`] reads.
pub(crate) fn line(
    sighting: &Sighting<HostId>,
    logs: usize,
    summary: &Summary,
    hosts: &Hosts,
    book: &AddressBook,
    format: Option<ConnectionFormat>,
) -> io::Result<Option<(Vec<u8>, Vec<u8>)>> {
    let Some(mut row) = row(sighting, logs, summary, hosts) else { return Ok(None) };
    if matches!(format, Some(ConnectionFormat::Csv(_))) {
        for name in [&mut row.rule, &mut row.nsg, &mut row.resource] {
            *name = guard(name).into_owned().into();
        }
    }
    let facts = ends::facts([row.source, row.destination], book);
    let named = |facts| -> Map<String, Json> {
        let fact = |(key, fact): (&str, Option<String>)| (key.to_owned(), fact.into());
        ends::heads(book).zip::<Vec<_>>(facts).map(fact).collect()
    };
    let line = match format {
        Some(ConnectionFormat::Csv(style)) => {
            let mut csv = style.rows(Vec::new());
            let facts: Vec<_> = facts.iter().map(|fact| fact.as_deref().map(guard)).collect();
            csv.serialize((&row, facts)).map_err(io::Error::from)?;
            csv.into_inner().map_err(|error| io::Error::other(error.to_string()))?
        }
        None => postcard::to_allocvec(&row).map_err(io::Error::other)?,
        Some(ConnectionFormat::Ndjson) => {
            let mut line = serde_json::to_vec(&row)?;
            let known = named(facts);
            if !known.is_empty() {
                // Both are objects: the end of one goes on with the inside of the other.
                line.pop();
                line.push(b',');
                line.extend(serde_json::to_vec(&known)?.into_iter().skip(1));
            }
            line.push(b'\n');
            line
        }
        Some(ConnectionFormat::Mapped(schema)) => {
            let mut row = serde_json::to_value(&row)?;
            if let Some(row) = row.as_object_mut() {
                row.extend(named(facts));
            }
            schema.line(&row)?
        }
    };
    Ok(Some((row.order(), line)))
}

/// All columns: those of every connection, and what `book` tells of the two ends.
pub(crate) fn columns(book: &AddressBook) -> Vec<&'static str> {
    COLUMNS.into_iter().chain(ends::heads(book)).collect()
}

/// The same of a Parquet file.
pub(crate) fn specs(book: &AddressBook) -> Vec<Spec> {
    ends::specs(&SPECS, book)
}

impl<'a> Row<'a> {
    /// A row that was kept as a line.
    pub(crate) fn read(line: &'a [u8]) -> io::Result<Self> {
        postcard::from_bytes(line).map_err(io::Error::other)
    }

    /// Sets the cells of a Parquet file, one after the other as [`specs`] has them.
    pub(crate) fn fill(&self, cells: &mut Columns, book: &AddressBook) {
        cells.time(self.first_time);
        cells.time_or_null(self.begin_time);
        cells.time_or_null(self.end_time);
        cells.time(self.last_time);
        cells.signed(self.duration_ms);
        cells.text(&self.source.to_string());
        cells.number(self.source_port);
        cells.text(&self.destination.to_string());
        cells.number(self.destination_port);
        cells.number(self.protocol);
        cells.text(&self.protocol_name);
        cells.text(self.direction.encode_utf8(&mut [0; 4]));
        cells.text_or_null(self.mac.as_deref());
        cells.text(&self.log);
        cells.text(&self.outcome);
        for number in [self.connections, self.logs as u64, self.tuples, self.begins] {
            cells.number(number);
        }
        for number in [self.packets_sent, self.bytes_sent, self.packets_received, self.bytes_received] {
            cells.number(number);
        }
        for text in [&self.rule, &self.nsg, &self.resource, &self.encryption] {
            cells.text(text);
        }
        cells.text(&self.source_class);
        cells.text(&self.destination_class);
        for fact in ends::facts([self.source, self.destination], book) {
            cells.text_or_null(fact.as_deref());
        }
    }

    /// Bytes that are in the order of rows.
    fn order(&self) -> Vec<u8> {
        let mut order = Vec::with_capacity(160);
        // Moved so that numbers below zero come first.
        let time = |ms: i64| (ms.cast_unsigned() ^ (1 << 63)).to_be_bytes();
        order.extend(time(self.first_time));
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
            &self.log,
            &self.outcome,
            &self.rule,
            &self.nsg,
            &self.resource,
            &self.encryption,
        ] {
            order.extend(text.as_bytes());
            order.push(0);
        }
        order.extend(time(self.last_time));
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
        first_time: first_ms,
        begin_time: connection.begun_ms(),
        end_time: connection.ended_ms(),
        last_time: connection.last_ms,
        duration_ms: connection.last_ms.saturating_sub(first_ms),
        source,
        source_port: key.source_port,
        destination,
        destination_port: key.destination_port,
        protocol: key.protocol.0,
        protocol_name: protocol_label(key.protocol.0),
        direction: connection.direction.letter(),
        mac: log.mac(),
        log: super::tuples::log(log.kind()).into(),
        outcome: outcome.name().into(),
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
        encryption: sighting.encryption.word().into(),
        source_class: AddressClass::of(source).label().into(),
        destination_class: AddressClass::of(destination).label().into(),
    })
}
