//! What was called: destination ports.

use flowlog_core::report::{PortRow, Rank, Report};

use super::super::page::Page;
use super::super::table::{Cell, Table, names, numbers, words};
use super::hosts::connections;
use crate::render::names::port_label;
use crate::words::fill;

pub(super) fn write(page: &mut Page, report: &Report) {
    page.section("Top destination ports", "");
    let by = report.options.others_by();
    page.note(&fill!(
        page.lang(),
        "By {by}. The service is what the port is registered for; anything may listen there.",
        by = page.lang().say(by.word())
    ));
    ports_table(page, &report.top_ports, by, report.top_ports.len() as u64);
}

/// A ranking of ports; `total` is how long it would be without a limit.
pub(super) fn ports_table(page: &mut Page, rows: &[PortRow], by: Rank, total: u64) {
    if rows.is_empty() {
        return page.none();
    }
    let columns = [
        words("Port"),
        names("Service", 8),
        numbers("Tuples"),
        numbers("Denied"),
        numbers("Bytes"),
        connections(by),
    ];
    page.table(Table::new(columns), rows, total, |row| {
        vec![
            port_label(row.name.port, row.name.protocol).into(),
            row.name.service.unwrap_or("-").into(),
            Cell::count(row.tuples),
            Cell::bad_count(row.denied),
            Cell::bytes(row.bytes),
            Cell::count(row.connections),
        ]
    });
}
