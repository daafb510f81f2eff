//! Connections that nobody answered.

use flowlog_core::report::Report;

use super::super::page::{Page, Tone};
use super::super::table::{Cell, numbers};
use super::conversations::{CONVERSATIONS, begin, cells, conversations};
use crate::render::text;

pub(super) fn write(page: &mut Page, report: &Report) {
    let total = report.problem_counts.one_way;
    let note = "Packets were sent and none came back as long as the data shows the connection. Normal for syslog \
                and its like; for TCP, look at routes and firewalls on the way back.";
    if begin(page, "One-way", total, note, CONVERSATIONS) {
        let columns = [numbers("Connections"), numbers("Packets sent"), numbers("Bytes sent").spare()];
        page.table(conversations(columns), &report.one_way, total, |row| {
            cells(
                &row.ends,
                [
                    Cell::toned(text::count(row.connections), Tone::Warn),
                    Cell::count(row.packets_sent),
                    Cell::bytes(row.bytes_sent),
                ],
            )
        });
    }
}
