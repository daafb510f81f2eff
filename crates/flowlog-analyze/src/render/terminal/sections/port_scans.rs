//! Pairs of hosts with many ports.

use flowlog_core::report::{Report, SCAN_PORTS};

use super::super::page::{Page, Tone};
use super::super::table::{Cell, Table, addresses, numbers};
use super::conversations::begin;
use crate::render::text;
use crate::words::fill;

pub(super) fn write(page: &mut Page, report: &Report) {
    let total = report.problem_counts.port_scans;
    let note = fill!(
        page.lang(),
        "More than {n} distinct destination ports in one pair. Busy pairs of servers look the same; \
         a large share of denied tuples makes a scan likelier.",
        n = SCAN_PORTS
    );
    if begin(page, "Port scans", total, &note, ("pair", "pairs")) {
        let columns = [
            addresses("Source"),
            addresses("Destination"),
            numbers("Ports"),
            numbers("Tuples"),
            numbers("Denied"),
            numbers("Denied share").spare(),
        ];
        page.table(Table::new(columns), &report.port_scans, total, |row| {
            vec![
                row.source.clone().into(),
                row.destination.clone().into(),
                Cell::toned(text::count(row.ports), Tone::Warn),
                Cell::count(row.tuples),
                Cell::bad_count(row.denied),
                text::share(row.denied, row.tuples).into(),
            ]
        });
    }
}
