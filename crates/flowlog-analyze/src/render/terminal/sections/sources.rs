//! Who opened connections.

use flowlog_core::report::Report;

use super::super::page::Page;
use super::hosts::hosts;
use crate::words::fill;

pub(super) fn write(page: &mut Page, report: &Report) {
    page.section(
        "Top sources",
        &fill!(page.lang(), "{n} in all", n = page.lang().count(report.totals.unique_sources)),
    );
    let by = report.options.hosts_by();
    page.note(&fill!(
        page.lang(),
        "Initiators (who opened connections), by {by}; bytes are both ways.",
        by = page.lang().say(by.word())
    ));
    hosts(page, &report.top_sources, by, report.totals.unique_sources);
}
