//! A part of all tuples.

use flowlog_core::report::Report;

use super::super::table::Cell;
use crate::render::text;

pub(super) fn of_all(report: &Report, tuples: u64) -> Cell {
    text::share(tuples, report.totals.tuples).into()
}
