//! What lists of conversations share: their columns, and what they say when they are empty.

use flowlog_core::report::{Ends, Report};

use super::super::page::{Page, Tone};
use super::super::table::{Cell, Column, Table, addresses, names, words};
use crate::render::names::port_label;
use crate::words::fill;

pub(super) const CONVERSATIONS: (&str, &str) = ("conversation", "conversations");

/// The columns of a conversation, then `more`.
pub(super) fn conversations<const N: usize>(more: [Column; N]) -> Table {
    let ends = [addresses("Source"), addresses("Destination"), words("Port"), names("Service", 8)];
    Table::new(ends.into_iter().chain(more))
}

/// The cells of a conversation's ends, then `more`.
pub(super) fn cells<const N: usize>(ends: &Ends, more: [Cell; N]) -> Vec<Cell> {
    let ends = [
        ends.source.clone().into(),
        ends.destination.clone().into(),
        port_label(ends.port, ends.protocol).into(),
        ends.service.unwrap_or("-").into(),
    ];
    ends.into_iter().chain(more).collect()
}

/// Title, explanation, and "none" if there is nothing. True if there is something to show.
pub(super) fn begin(
    page: &mut Page,
    title: &str,
    total: u64,
    note: &str,
    (one, many): (&'static str, &'static str),
) -> bool {
    page.section(title, &if total == 0 { String::new() } else { page.lang().counted(total, one, many) });
    page.note(note);
    if total == 0 {
        page.none();
    }
    total > 0
}

/// True if rows of the state that a section lives on are in the data, or the section has something all the
/// same. Where there are none, "none" would be false comfort: the section says so instead.
pub(super) fn visible(page: &mut Page, report: &Report, state: char, title: &str, total: u64) -> bool {
    let missing = total == 0 && report.coverage.missing_states.contains(&state);
    if missing {
        page.section(title, "");
        page.line(
            &fill!(page.lang(), "cannot be told: the data holds no {state} rows", state),
            2,
            Tone::Warn,
        );
    }
    !missing
}
