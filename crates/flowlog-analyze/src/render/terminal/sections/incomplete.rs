//! Connections begun and never seen again.

use flowlog_core::report::Report;

use super::super::page::{Page, Tone};
use super::super::table::{Cell, numbers, words};
use super::conversations::{CONVERSATIONS, begin, cells, conversations, visible};
use crate::render::text;

pub(super) fn write(page: &mut Page, report: &Report) {
    let total = report.problem_counts.incomplete;
    let note = "Begun, and neither continued nor ended before the data ends. \
                The last minutes of a capture always have some.";
    if visible(page, report, 'B', "Incomplete", total)
        && begin(page, "Incomplete", total, note, CONVERSATIONS)
    {
        let columns = [numbers("Incomplete"), numbers("Begun"), words("Last begun (UTC)").spare()];
        page.table(conversations(columns), &report.incomplete, total, |row| {
            cells(
                &row.ends,
                [
                    Cell::toned(text::count(row.connections), Tone::Warn),
                    Cell::count(row.begins),
                    text::time(row.last_time_ms).into(),
                ],
            )
        });
    }
}
