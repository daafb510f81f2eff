//! The conversations that carried the most.

use flowlog_core::report::Report;

use super::super::page::Page;
use super::super::table::{Cell, numbers};
use super::conversations::{CONVERSATIONS, begin, cells, conversations};

pub(super) fn write(page: &mut Page, report: &Report) {
    let total = report.problem_counts.high_volume;
    let note = "The top 1 % of conversations by bytes both ways; every network has a top 1 %.";
    if begin(page, "High volume", total, note, CONVERSATIONS) {
        let columns = [numbers("Sent"), numbers("Received"), numbers("Connections").spare()];
        page.table(conversations(columns), &report.high_volume, total, |row| {
            cells(
                &row.ends,
                [Cell::bytes(row.bytes_sent), Cell::bytes(row.bytes_received), Cell::count(row.connections)],
            )
        });
    }
}
