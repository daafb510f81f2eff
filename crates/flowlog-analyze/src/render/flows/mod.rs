//! Groups of connections: a table to read, or rows for programs.

mod data;
mod table;

use std::io::{self, Write};

use flowlog_core::flows::FlowTable;
use flowlog_core::report::SelectionRow;

pub(crate) use data::{Object, objects, sums_object};
pub(crate) use table::{asked, draw};

use crate::cli::FlowFormat;
use crate::render::{CsvStyle, Style};

/// Writes what was found.
///
/// # Errors
/// Those of `out`.
pub fn write(
    out: &mut impl Write,
    table: &FlowTable,
    selection: Option<&SelectionRow>,
    (format, csv): (FlowFormat, CsvStyle),
    style: &Style,
) -> io::Result<()> {
    match format {
        FlowFormat::Table => out.write_all(table::page(table, selection, style).as_bytes()),
        FlowFormat::Csv => data::csv(out, table, csv),
        FlowFormat::Ndjson => data::ndjson(out, table),
        FlowFormat::Json => data::json(out, table, selection),
    }
}
