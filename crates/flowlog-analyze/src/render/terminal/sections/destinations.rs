//! Who was called.

use flowlog_core::report::Report;

use super::super::page::Page;
use super::hosts::hosts;
use crate::words::fill;

pub(super) fn write(page: &mut Page, report: &Report) {
    page.section(
        "Top destinations",
        &fill!(page.lang(), "{n} in all", n = page.lang().count(report.totals.unique_destinations)),
    );
    let by = report.options.hosts_by();
    page.note(&fill!(
        page.lang(),
        "Responders, by {by}. The provider is who announces the address.",
        by = page.lang().say(by.word())
    ));
    hosts(page, &report.top_destinations, by, report.totals.unique_destinations);
}
