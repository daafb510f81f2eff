//! Conversations begun again and again.

use flowlog_core::report::{RETRY_BEGINS, Report};

use super::super::page::{Page, Tone};
use super::super::table::{Cell, numbers};
use super::conversations::{CONVERSATIONS, begin, cells, conversations, visible};
use crate::render::text;
use crate::words::fill;

pub(super) fn write(page: &mut Page, report: &Report) {
    let total = report.problem_counts.retries;
    let note = fill!(
        page.lang(),
        "Begun more than {n} times. A busy client does that too: look at how many of them ended.",
        n = RETRY_BEGINS
    );
    if visible(page, report, 'B', "Excessive retries", total)
        && begin(page, "Excessive retries", total, &note, CONVERSATIONS)
    {
        let columns = [numbers("Begun"), numbers("Ended"), numbers("Share")];
        page.table(conversations(columns), &report.retries, total, |row| {
            cells(
                &row.ends,
                [
                    Cell::toned(text::count(row.begins), Tone::Warn),
                    Cell::count(row.ended),
                    text::share(row.ended, row.begins).into(),
                ],
            )
        });
    }
}
