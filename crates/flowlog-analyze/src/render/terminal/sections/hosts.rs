//! A ranking of hosts, in several sections.

use flowlog_core::report::{HostRow, Rank};

use super::super::page::Page;
use super::super::table::{Cell, Column, Table, addresses, names, numbers};
use crate::render::names::owner_of;

/// A ranking of hosts; `total` is how long it would be without a limit.
pub(super) fn hosts(page: &mut Page, rows: &[HostRow], by: Rank, total: u64) {
    if rows.is_empty() {
        return page.none();
    }
    let lang = page.lang();
    let columns = [
        addresses("Address"),
        numbers("Tuples"),
        numbers("Denied"),
        numbers("Bytes"),
        connections(by),
        numbers("Packets").spare(),
        names("Class or provider", 17),
    ];
    page.table(Table::new(columns), rows, total, |row| {
        vec![
            row.name.ip.clone().into(),
            Cell::count(row.tuples),
            Cell::bad_count(row.denied),
            Cell::bytes(row.bytes),
            Cell::count(row.connections),
            Cell::count(row.packets),
            owner_of(&row.name, lang).into(),
        ]
    });
}

/// The column of connections, which gives way where there is little room unless rows go by it.
pub(super) fn connections(by: Rank) -> Column {
    let column = numbers("Connections");
    if by == Rank::Connections { column } else { column.spare() }
}
