//! The short report: what one reads first, with the answer at its end, where a terminal shows it.
//!
//! It has a budget of lines, whatever the set: the lists get fewer rows before a finding is left out, and what is left
//! out is counted.

mod findings;
mod head;
mod index;
mod lists;
mod next;
mod over_time;
#[cfg(test)]
mod tests;

use flowlog_core::report::Report;

use super::page::Page;
use super::sections::{Section, nothing};

/// Rows of a list, where there is room and where there is little.
const ROWS: std::ops::RangeInclusive<usize> = 3..=MOST_ROWS;
pub(super) const MOST_ROWS: usize = 5;

/// Lines that findings have at least, however much there is to say of everything else.
const LEAST_ROOM: usize = 14;

/// How much room there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    /// 60 lines.
    Pages,
    /// A screen of 24 lines, with one for the prompt.
    Screen,
}

impl Size {
    fn lines(self) -> usize {
        match self {
            Self::Pages => 60,
            Self::Screen => 23,
        }
    }
}

/// Writes the report in the lines of `size`. What was asked for beside it stands before, and is not counted.
pub(super) fn write(page: &mut Page, report: &Report, size: Size) {
    if page.style.graphs {
        page.group("Charts");
        Section::Charts.write(page, report);
    }
    let style = page.style;
    let mut head = part(page, |page| head::write(page, report, size));
    if report.totals.tuples == 0 {
        page.append(&head);
        return nothing(page);
    }
    let index = part(page, |page| index::write(page, report, size));
    let next = part(page, |page| next::write(page, report, size));
    let mut is_short = false;
    let mut rows = *ROWS.end().min(&style.top.max(1));
    let (lists, findings) = loop {
        let lists = part(page, |page| lists::write(page, report, size, rows));
        let others: usize = [&head, &index, &next, &lists].map(taken).iter().sum();
        let room = size.lines().saturating_sub(others + 1);
        let (findings, whole) = findings::fit(style, report, size, room);
        if !whole && rows <= *ROWS.start() && room < LEAST_ROOM && size == Size::Pages && !is_short {
            // Numbers beyond reason: the head says less rather than the findings.
            head = part(page, |page| head::write(page, report, Size::Screen));
            is_short = true;
            continue;
        }
        // Rows of two long addresses take more than a line each.
        let is_crowded = room < LEAST_ROOM && size == Size::Pages && rows > 1;
        if whole || (rows <= *ROWS.start() && !is_crowded) {
            break (lists, findings);
        }
        rows -= 1;
    };
    page.append(&head);
    match size {
        Size::Pages => page.append(&lists),
        // They look like the lines above.
        Size::Screen => page.push(&lists),
    }
    for part in [&index, &findings, &next] {
        page.append(part);
    }
}

fn part(like: &Page, write: impl Fn(&mut Page)) -> Page {
    let mut page = like.beside();
    write(&mut page);
    page
}

/// Lines of a part and the empty one before it.
fn taken(part: &Page) -> usize {
    match part.lines() {
        0 => 0,
        lines => lines + 1,
    }
}
