//! Who opened connections.

use flowlog_core::report::Report;

use super::super::page::Page;
use super::hosts::hosts;
use crate::render::text;

pub(super) fn write(page: &mut Page, report: &Report) {
    page.section("Top sources", &format!("{} in all", text::count(report.totals.unique_sources)));
    page.note("Initiators (who opened connections), by tuples. Bytes are both ways.");
    hosts(page, &report.top_sources, report.totals.unique_sources);
}
