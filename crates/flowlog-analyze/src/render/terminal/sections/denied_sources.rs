//! Sources that rules denied much.

use flowlog_core::report::{MANY_DENIALS, Report};

use super::super::page::Page;
use super::super::table::{Cell, Table, addresses, names, numbers};
use super::conversations::{begin, visible};
use crate::render::names::owner;
use crate::words::fill;

pub(super) fn write(page: &mut Page, report: &Report) {
    let total = report.problem_counts.denied_sources;
    let note = fill!(
        page.lang(),
        "More than {n} tuples that rules denied, each. Many ports or many destinations: a scan.",
        n = MANY_DENIALS
    );
    let lang = page.lang();
    if visible(page, report, 'D', "Sources with many denials", total)
        && begin(page, "Sources with many denials", total, &note, ("source", "sources"))
    {
        let columns = [
            addresses("Source"),
            numbers("Denied by rules"),
            numbers("Destinations"),
            numbers("Ports"),
            names("Class or provider", 17),
        ];
        page.table(Table::new(columns), &report.denied_sources, total, |row| {
            vec![
                row.source.clone().into(),
                Cell::bad_count(row.tuples),
                Cell::count(row.destinations),
                Cell::count(row.ports),
                owner(lang.say(row.class), row.provider).into(),
            ]
        });
    }
}
