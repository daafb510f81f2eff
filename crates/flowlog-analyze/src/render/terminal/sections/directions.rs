//! Tuples by direction.

use flowlog_core::report::Report;

use super::super::page::Page;
use super::super::table::{Cell, Table, numbers, words};
use super::shares::of_all;
use crate::render::names::direction_label;

pub(super) fn write(page: &mut Page, report: &Report) {
    page.section("Directions", "");
    page.note("As the logging interface saw it; traffic between two logged interfaces is logged at both.");
    let mut table = Table::new([words("Direction"), numbers("Tuples"), numbers("Share")]);
    for (&letter, &tuples) in &report.directions {
        let label = format!("{letter} {}", page.lang().say(direction_label(&letter.to_string())));
        table.push(vec![label.into(), Cell::count(tuples), of_all(report, tuples)]);
    }
    table.write(page);
}
