//! Denied conversations.

use flowlog_core::report::Report;

use super::super::page::{Page, Tone};
use super::super::table::{Cell, numbers, words};
use super::conversations::{CONVERSATIONS, begin, cells, conversations, visible};
use super::rules::dropped_remark;
use crate::render::names::direction_label;
use crate::render::text;

pub(super) fn write(page: &mut Page, report: &Report) {
    let total = report.problem_counts.denied;
    let note = "A denied tuple is a packet, not an attempt: SYN retries of one are logged again. Inbound from public \
                addresses is mostly noise of the internet; outbound means a wrong rule or unwanted software.";
    if visible(page, report, 'D', "Denied", total) && begin(page, "Denied", total, note, CONVERSATIONS) {
        let columns = [
            numbers("Denied"),
            numbers("Attempts").spare(),
            words("Direction"),
            words("Period (UTC)").spare(),
        ];
        let mut table = conversations(columns);
        for row in report.denied.iter().take(page.style.top) {
            let dropped = row.dropped_for_encryption;
            let row_cells = cells(
                &row.ends,
                [
                    Cell::bad_count(row.tuples),
                    Cell::count(row.attempts),
                    page.lang().say(direction_label(row.direction)).into(),
                    text::short_period(row.first_time_ms, row.last_time_ms).into(),
                ],
            );
            if dropped > 0 {
                table.push_with_remark(row_cells, dropped_remark(page.lang(), dropped), Tone::Warn);
            } else {
                table.push(row_cells);
            }
        }
        table.write(page);
        page.more(total.saturating_sub(table.len() as u64));
    }
}
