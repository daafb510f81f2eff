//! Tuples by protocol.

use flowlog_core::report::Report;

use super::super::page::Page;
use super::super::table::{Cell, Table, numbers, words};
use super::shares::of_all;
use crate::render::cells::ranked;
use crate::render::names::protocol_label;

pub(super) fn write(page: &mut Page, report: &Report) {
    page.section("Protocols", "");
    page.note("Shares here and below are of tuples, not of bytes.");
    let mut table = Table::new([words("Protocol"), numbers("Number"), numbers("Tuples"), numbers("Share")]);
    for (number, tuples) in ranked(&report.protocols) {
        let number_cell = Cell::count(number.into());
        table.push(vec![
            protocol_label(number).into(),
            number_cell,
            Cell::count(tuples),
            of_all(report, tuples),
        ]);
    }
    table.write(page);
}
