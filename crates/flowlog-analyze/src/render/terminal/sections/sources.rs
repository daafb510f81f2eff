//! Who opened connections.

use flowlog_core::report::Report;

use super::super::page::Page;
use super::hosts::hosts;
use crate::render::text;

pub(super) fn write(page: &mut Page, report: &Report) {
    page.section("Top sources", &format!("{} in all", text::count(report.totals.unique_sources)));
    let by = report.options.hosts_by();
    page.note(&format!("Initiators (who opened connections), by {}; bytes are both ways.", by.word()));
    hosts(page, &report.top_sources, by, report.totals.unique_sources);
}
