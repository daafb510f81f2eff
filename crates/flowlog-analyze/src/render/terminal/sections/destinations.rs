//! Who was called.

use flowlog_core::report::Report;

use super::super::page::Page;
use super::hosts::hosts;
use crate::render::text;

pub(super) fn write(page: &mut Page, report: &Report) {
    page.section("Top destinations", &format!("{} in all", text::count(report.totals.unique_destinations)));
    let by = report.options.hosts_by();
    page.note(&format!("Responders, by {}. The provider is who announces the address.", by.word()));
    hosts(page, &report.top_destinations, by, report.totals.unique_destinations);
}
