//! Which logs there are, and what they lack.

use flowlog_core::report::{Gap, LogRow, Report};

use super::super::page::{Page, Tone};
use super::super::table::{Cell, Table, numbers, words};
use crate::render::text::{self, count};
use crate::words::{self as speech, fill};

pub(super) fn write(page: &mut Page, report: &Report) {
    let coverage = &report.coverage;
    let lang = page.lang();
    let extent = fill!(
        lang,
        "{logs}, {hours} with records",
        logs = lang.counted(coverage.logs.len() as u64, "NIC log", "NIC logs"),
        hours = lang.counted(coverage.hours, "hour", "hours")
    );
    page.section("Coverage", &extent);
    page.note(
        "By the time of records (UTC). A gap is hours without a record while others have some: the NIC was \
         idle or gone, its log was off, or a blob is missing.",
    );
    for remark in &coverage.remarks {
        page.warning(&speech::remark(lang, remark), Tone::Warn);
    }
    if let Some(newest) = coverage.unfinished_ms {
        let line = fill!(
            lang,
            "the last hour is not whole: its newest record is of {time} (still being written, or logging stopped)",
            time = text::time(newest)
        );
        page.warning(&line, Tone::Warn);
    }
    if coverage.logs.is_empty() {
        return page.none();
    }
    let columns = [
        words("NIC"),
        words("Log"),
        numbers("Hours"),
        numbers("Gaps"),
        numbers("B"),
        numbers("C").spare(),
        numbers("E"),
        numbers("D"),
        words("Newest record").spare(),
    ];
    // Those with gaps first: they are what a reader must know of.
    let mut rows: Vec<&LogRow> = coverage.logs.iter().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(gap_hours(row)));
    let state = |row: &LogRow, letter| Cell::count(row.states.get(letter).unwrap_or(0));
    page.table(Table::new(columns), &rows, rows.len() as u64, |row| {
        let mac = if row.mac.is_empty() { "-".to_owned() } else { text::escape(&row.mac, true).into_owned() };
        vec![
            mac.into(),
            row.kind.into(),
            Cell::count(row.hours),
            match gap_hours(row) {
                0 => "-".into(),
                hours => Cell::toned(format!("{} h", count(hours)), Tone::Warn),
            },
            state(row, 'B'),
            state(row, 'C'),
            state(row, 'E'),
            state(row, 'D'),
            row.last_record_ms.map_or_else(|| "-".to_owned(), text::time).into(),
        ]
    });
}

fn gap_hours(row: &LogRow) -> u64 {
    row.gaps.iter().map(|gap: &Gap| gap.hours).sum()
}
