//! What traffic there was.

use flowlog_core::report::{HostRow, PortRow, Report};

use super::page::{Page, Tone};
use super::table::{ADDRESS, Cell, Table, names, numbers, words};
use crate::render::cells::{encryption_words, ranked};
use crate::render::names::{
    STATES, direction_label, encryption_label, owner, port_label, protocol_label, state_label,
};
use crate::render::text;

pub(super) fn protocols(page: &mut Page, report: &Report) {
    page.section("Protocols", "");
    page.note("Shares here and below are of tuples, not of bytes.");
    let mut table = Table::new([words("Protocol"), numbers("Number"), numbers("Tuples"), numbers("Share")]);
    for (number, tuples) in ranked(&report.protocols) {
        let number_cell = Cell::count(number.into());
        table.push(vec![
            protocol_label(number).into(),
            number_cell,
            Cell::count(tuples),
            of_all(report, tuples),
        ]);
    }
    table.write(page);
}

pub(super) fn states(page: &mut Page, report: &Report) {
    page.section("Flow states", "");
    page.note(
        "One connection has several tuples: begun, continuing every 5 minutes or so, ended. Denied ones stand alone.",
    );
    let mut table = Table::new([words("State"), names("Meaning", 20), numbers("Tuples"), numbers("Share")]);
    for letter in STATES {
        let Some(&tuples) = report.states.get(&letter) else { continue };
        let tone = if letter == 'D' && tuples > 0 { Tone::Bad } else { Tone::Plain };
        table.push(vec![
            Cell::toned(letter, tone),
            Cell::toned(state_label(letter), tone),
            Cell::count(tuples),
            of_all(report, tuples),
        ]);
    }
    table.write(page);
}

pub(super) fn directions(page: &mut Page, report: &Report) {
    page.section("Directions", "");
    page.note("As the logging interface saw it; traffic between two logged interfaces is logged at both.");
    let mut table = Table::new([words("Direction"), numbers("Tuples"), numbers("Share")]);
    for (&letter, &tuples) in &report.directions {
        let label = format!("{letter} {}", direction_label(&letter.to_string()));
        table.push(vec![label.into(), Cell::count(tuples), of_all(report, tuples)]);
    }
    table.write(page);
}

pub(super) fn encryption(page: &mut Page, report: &Report) {
    page.section("Encryption", "");
    page.note("Virtual network encryption between machines, not what programs encrypt themselves (TLS).");
    let mut table = Table::new([words("Word"), names("Meaning", 20), numbers("Tuples"), numbers("Share")]);
    for (word, tuples) in encryption_words(report) {
        table.push(vec![
            if word.is_empty() { "-".to_owned() } else { page.name(word) }.into(),
            encryption_label(word).into(),
            Cell::count(tuples),
            of_all(report, tuples),
        ]);
    }
    table.write(page);
}

pub(super) fn sources(page: &mut Page, report: &Report) {
    page.section("Top sources", &format!("{} in all", text::count(report.totals.unique_sources)));
    page.note("Initiators (who opened connections), by tuples. Bytes are both ways.");
    hosts(page, &report.top_sources, report.totals.unique_sources);
}

pub(super) fn destinations(page: &mut Page, report: &Report) {
    page.section("Top destinations", &format!("{} in all", text::count(report.totals.unique_destinations)));
    page.note("Responders, by tuples. The provider is who announces the address.");
    hosts(page, &report.top_destinations, report.totals.unique_destinations);
}

/// A ranking of hosts; `total` is how long it would be without a limit.
pub(super) fn hosts(page: &mut Page, rows: &[HostRow], total: u64) {
    if rows.is_empty() {
        return page.none();
    }
    let columns = [
        names("Address", ADDRESS),
        numbers("Tuples"),
        numbers("Denied"),
        numbers("Bytes"),
        numbers("Packets").spare(),
        names("Class or provider", 17),
    ];
    page.table(Table::new(columns), rows, total, |row| {
        vec![
            row.name.ip.clone().into(),
            Cell::count(row.tuples),
            Cell::bad_count(row.denied),
            Cell::bytes(row.bytes),
            Cell::count(row.packets),
            owner(row.name.class, row.name.provider).into(),
        ]
    });
}

pub(super) fn ports(page: &mut Page, report: &Report) {
    page.section("Top destination ports", "");
    page.note("By tuples. The service is what the port is registered for; anything may listen there.");
    ports_table(page, &report.top_ports, report.top_ports.len() as u64);
}

/// A ranking of ports; `total` is how long it would be without a limit.
pub(super) fn ports_table(page: &mut Page, rows: &[PortRow], total: u64) {
    if rows.is_empty() {
        return page.none();
    }
    let columns =
        [words("Port"), names("Service", 8), numbers("Tuples"), numbers("Denied"), numbers("Bytes")];
    page.table(Table::new(columns), rows, total, |row| {
        vec![
            port_label(row.name.port, row.name.protocol).into(),
            row.name.service.unwrap_or("-").into(),
            Cell::count(row.tuples),
            Cell::bad_count(row.denied),
            Cell::bytes(row.bytes),
        ]
    });
}

fn of_all(report: &Report, tuples: u64) -> Cell {
    text::share(tuples, report.totals.tuples).into()
}
