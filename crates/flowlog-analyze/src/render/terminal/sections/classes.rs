//! Where traffic goes.

use flowlog_core::report::Report;

use super::super::page::Page;
use super::super::table::{Cell, Table, numbers, words};
use crate::render::names::class_label;
use crate::render::text;

pub(super) fn write(page: &mut Page, report: &Report) {
    page.section("Classes of traffic", "");
    page.note(
        "Where the two ends are. VNets are known from --internal-cidr NAME=CIDR and, for logged interfaces, from the \
         VNet whose flow log it is; private addresses of which neither tells are counted as on premises or unknown: \
         a guess. Public addresses are Azure's by Microsoft's published ranges (--service-tags for this week's).",
    );
    let mut table = Table::new([
        words("Class"),
        numbers("Tuples"),
        numbers("Share"),
        numbers("Begun"),
        numbers("Sent"),
        numbers("Received"),
        numbers("Conversations").spare(),
        numbers("Guessed").spare(),
        numbers("Denied").spare(),
    ]);
    let all = report.classes.iter().map(|row| row.tuples).sum();
    for row in &report.classes {
        table.push(vec![
            page.lang().say(class_label(row.class)).into(),
            Cell::count(row.tuples),
            text::share(row.tuples, all).into(),
            Cell::count(row.begins),
            Cell::bytes(row.bytes_sent),
            Cell::bytes(row.bytes_received),
            Cell::count(row.conversations),
            Cell::count(row.guessed),
            Cell::bad_count(row.denied),
        ]);
    }
    table.write(page);
}
