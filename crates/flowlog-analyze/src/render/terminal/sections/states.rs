//! Tuples by flow state.

use flowlog_core::report::Report;

use super::super::page::{Page, Tone};
use super::super::table::{Cell, Table, names, numbers, words};
use super::shares::of_all;
use crate::render::names::{STATES, state_label};

pub(super) fn write(page: &mut Page, report: &Report) {
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
            Cell::toned(page.lang().say(state_label(letter)), tone),
            Cell::count(tuples),
            of_all(report, tuples),
        ]);
    }
    table.write(page);
}
