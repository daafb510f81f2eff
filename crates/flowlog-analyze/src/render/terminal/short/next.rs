//! Where to go on.

use std::net::IpAddr;

use flowlog_core::report::Report;

use super::Size;
use crate::render::terminal::page::{Page, Tone};
use crate::words::{fill, say};

pub(super) fn write(page: &mut Page, report: &Report, size: Size) {
    let found = report.findings.as_ref().is_some_and(|found| !found.findings.is_empty());
    let first = match (found, report.denied.is_empty()) {
        (true, _) => say!(page.lang(), "--section findings (why, what to do)"),
        (false, false) => "--section denied",
        (false, true) => "--section sources",
    };
    let address = match (size, address(report)) {
        (Size::Pages, Some(address)) => format!(", host {address}"),
        _ => String::new(),
    };
    let whole = if size == Size::Screen { say!(page.lang(), "more without --brief") } else { "--full" };
    page.prose(&fill!(page.lang(), "Next: {first}, {whole}{address}", first, whole, address), 0, Tone::Dim);
}

/// The address that most is to be said of: of the first finding that names one, else the busiest source.
fn address(report: &Report) -> Option<String> {
    let found = report.findings.iter().flat_map(|found| &found.findings);
    let mut entities = found.map(|finding| &finding.entity).filter(|entity| entity.parse::<IpAddr>().is_ok());
    entities.next().cloned().or_else(|| report.top_sources.first().map(|row| row.name.ip.clone()))
}
