//! What was called: destination ports.

use flowlog_core::report::{PortRow, Report};

use super::super::page::Page;
use super::super::table::{Cell, Table, names, numbers, words};
use crate::render::names::port_label;

pub(super) fn write(page: &mut Page, report: &Report) {
    page.section("Top destination ports", "");
    page.note("By tuples. The service is what the port is registered for; anything may listen there.");
    ports_table(page, &report.top_ports, report.top_ports.len() as u64);
}

/// A ranking of ports; `total` is how long it would be without a limit.
pub(super) fn ports_table(page: &mut Page, rows: &[PortRow], total: u64) {
    if rows.is_empty() {
        return page.none();
    }
    let columns =
        [words("Port"), names("Service", 8), numbers("Tuples"), numbers("Denied"), numbers("Bytes")];
    page.table(Table::new(columns), rows, total, |row| {
        vec![
            port_label(row.name.port, row.name.protocol).into(),
            row.name.service.unwrap_or("-").into(),
            Cell::count(row.tuples),
            Cell::bad_count(row.denied),
            Cell::bytes(row.bytes),
        ]
    });
}
