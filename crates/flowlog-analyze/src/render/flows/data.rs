//! The rows for programs: names as in the JSON report, nothing cut, times in RFC 3339.

use std::io::{self, Write};

use flowlog_core::enrich::FactKind;
use flowlog_core::flows::{Field, FlowRow, FlowSums, FlowTable, Prefix, Value};
use flowlog_core::report::SelectionRow;
use serde::{Serialize, Serializer};
use serde_json::Value as Json;

use crate::render::csv_text::{CsvStyle, guard};
use crate::render::json::Head;
use crate::render::names::protocol_label;
use crate::render::text::iso_time;

/// Columns behind the fields of the group.
const SUMS: [&str; 9] = [
    "first_time",
    "last_time",
    "connections",
    "tuples",
    "packets_sent",
    "bytes_sent",
    "packets_received",
    "bytes_received",
    "longest_ms",
];

pub(super) fn csv(out: &mut impl Write, table: &FlowTable, style: CsvStyle) -> io::Result<()> {
    let mut csv = style.file(out)?;
    let columns = columns(table);
    let heads = columns.iter().map(Column::head).chain(SUMS);
    csv.write_record(heads).map_err(io::Error::from)?;
    for row in &table.rows {
        let cell = |value: &Json| match value {
            Json::String(text) => guard(text).into_owned(),
            Json::Null => String::new(),
            other => other.to_string(),
        };
        let sums = sums(&row.sums);
        let values = columns.iter().map(|column| cell(&column.value(row, table)));
        let cells = values.chain(sums.iter().map(cell));
        csv.write_record(cells).map_err(io::Error::from)?;
    }
    csv.flush()
}

pub(super) fn ndjson(out: &mut impl Write, table: &FlowTable) -> io::Result<()> {
    for object in objects(table) {
        serde_json::to_writer(&mut *out, &object)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

pub(super) fn json(
    out: &mut impl Write,
    table: &FlowTable,
    selection: Option<&SelectionRow>,
) -> io::Result<()> {
    let all = Document {
        head: Head::by_this(),
        selection,
        by: columns(table).iter().map(Column::head).collect(),
        found: table.found,
        shown: table.rows.len(),
        total: sums_object(&table.total),
        flows: objects(table),
    };
    crate::render::json::write(out, &all)
}

/// Everything as one object.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    head: Head,
    selection: Option<&'a SelectionRow>,
    by: Vec<&'static str>,
    found: u64,
    shown: usize,
    total: Object,
    flows: Vec<Object>,
}

/// Keys and values in the order of the columns.
pub(crate) struct Object(Vec<(&'static str, Json)>);

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

/// The rows, each as an object.
pub(crate) fn objects(table: &FlowTable) -> Vec<Object> {
    let columns = columns(table);
    let object = |row: &FlowRow| {
        let fields = columns.iter().map(|column| (column.head(), column.value(row, table)));
        Object(fields.chain(SUMS.into_iter().zip(sums(&row.sums))).collect())
    };
    table.rows.iter().map(object).collect()
}

/// One of the fields that rows are grouped by, or what is known of an address beside it.
enum Column {
    Field(usize, Field),
    Fact(usize, Field),
}

impl Column {
    fn head(&self) -> &'static str {
        let (Self::Field(_, field) | Self::Fact(_, field)) = self;
        field.name()
    }

    fn value(&self, row: &FlowRow, table: &FlowTable) -> Json {
        match self {
            Self::Field(place, _) => row.values.get(*place).map_or(Json::Null, value),
            Self::Fact(place, field) => {
                let Some(Value::Address(address)) = row.values.get(*place) else { return Json::Null };
                let facts = table.hosts.get(&address.to_string());
                facts.and_then(|facts| facts.get(field.fact()?)).into()
            }
        }
    }
}

/// The fields, and behind each address what may be known of it.
fn columns(table: &FlowTable) -> Vec<Column> {
    let mut columns = Vec::new();
    for (place, &field) in table.by.iter().enumerate() {
        columns.push(Column::Field(place, field));
        let of_end: fn(FactKind) -> Field = match field {
            Field::Source(Prefix::WHOLE) => Field::SourceFact,
            Field::Destination(Prefix::WHOLE) => Field::DestinationFact,
            _ => continue,
        };
        let facts = table.kinds.iter().map(|kind| of_end(*kind)).filter(|fact| !table.by.contains(fact));
        columns.extend(facts.map(|fact| Column::Fact(place, fact)));
    }
    columns
}

/// Sums as an object.
pub(crate) fn sums_object(all: &FlowSums) -> Object {
    Object(SUMS.into_iter().zip(sums(all)).collect())
}

fn value(value: &Value) -> Json {
    match value {
        Value::Address(address) => address.to_string().into(),
        Value::Network(network) => network.to_string().into(),
        Value::Port(port) => (*port).into(),
        Value::Protocol(protocol) => protocol_label(protocol.0).into(),
        Value::Direction(direction) => direction.letter().to_string().into(),
        Value::Outcome(outcome) => outcome.name().into(),
        Value::Encryption(word) => word.word().into(),
        Value::Class(class) => class.label().into(),
        Value::Provider(name) => (*name).into(),
        Value::Fact(text) => text.as_deref().into(),
        Value::Name(name) => name.as_str().into(),
        Value::Time(ms) => iso_time(*ms).into(),
    }
}

fn sums(sums: &FlowSums) -> [Json; 9] {
    let known = sums.connections > 0;
    let time = |ms: i64| if known { iso_time(ms).into() } else { Json::Null };
    let counters = &sums.counters;
    [
        time(sums.first_ms),
        time(sums.last_ms),
        sums.connections.into(),
        sums.tuples.into(),
        counters.packets_sent.into(),
        counters.bytes_sent.into(),
        counters.packets_received.into(),
        counters.bytes_received.into(),
        sums.longest_ms.into(),
    ]
}
