//! Who was called.

use flowlog_core::report::Report;

use super::super::page::Page;
use super::hosts::hosts;
use crate::render::text;

pub(super) fn write(page: &mut Page, report: &Report) {
    page.section("Top destinations", &format!("{} in all", text::count(report.totals.unique_destinations)));
    page.note("Responders, by tuples. The provider is who announces the address.");
    hosts(page, &report.top_destinations, report.totals.unique_destinations);
}
