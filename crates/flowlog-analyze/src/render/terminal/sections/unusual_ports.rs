//! Ports without a registered service.

use flowlog_core::report::Report;

use super::super::page::Page;
use super::super::table::{Cell, Table, numbers, words};
use super::conversations::begin;
use crate::render::names::port_label;

pub(super) fn write(page: &mut Page, report: &Report) {
    let total = report.problem_counts.unusual_ports;
    let note =
        "Allowed traffic to ports no service is registered for. Dynamic ports (RPC, FTP data) are here too.";
    if begin(page, "Unusual ports", total, note, ("port", "ports")) {
        let columns = [words("Port"), numbers("Tuples"), numbers("Bytes")];
        page.table(Table::new(columns), &report.unusual_ports, total, |row| {
            vec![
                port_label(row.name.port, row.name.protocol).into(),
                Cell::count(row.tuples),
                Cell::bytes(row.bytes),
            ]
        });
    }
}
