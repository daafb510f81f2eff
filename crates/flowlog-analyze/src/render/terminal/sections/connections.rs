//! Connections by outcome.

use flowlog_core::report::Report;

use super::super::page::{Page, Tone};
use super::super::table::{Cell, Table, names, numbers};
use crate::render::text;
use crate::words::{fill, say};

pub(super) fn write(page: &mut Page, report: &Report) {
    let connections = &report.connections;
    page.section(
        "Connections",
        &fill!(page.lang(), "{n}, without denied attempts", n = page.lang().count(connections.total)),
    );
    let each = if report.resolved.applied {
        say!(page.lang(), "Each once, however many logs tell of it.")
    } else {
        say!(page.lang(), "Once for each NIC that logged it (--no-dedup).")
    };
    page.note(&fill!(
        page.lang(),
        "Rows of one 5-tuple joined over time and files. {each} What began before the data or has not ended in \
         it is known in part: its duration and bytes are lower bounds.",
        each
    ));
    let all = connections.outcomes.iter().map(|row| row.connections).sum();
    let mut table = Table::new([
        names("Outcome", 24),
        numbers("Connections"),
        numbers("Share"),
        numbers("Tuples").spare(),
        numbers("Sent"),
        numbers("Received"),
    ]);
    for row in connections.outcomes.iter().filter(|row| row.connections > 0) {
        let tone = if row.outcome == "denied" { Tone::Bad } else { Tone::Plain };
        table.push(vec![
            Cell::toned(page.lang().say(row.meaning), tone),
            Cell::count(row.connections),
            text::share(row.connections, all).into(),
            Cell::count(row.tuples),
            Cell::bytes(row.bytes_sent),
            Cell::bytes(row.bytes_received),
        ]);
    }
    if table.len() == 0 { page.none() } else { table.write(page) }
}
