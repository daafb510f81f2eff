//! Tuples by word of encryption.

use flowlog_core::report::Report;

use super::super::page::Page;
use super::super::table::{Cell, Table, names, numbers, words};
use super::shares::of_all;
use crate::render::cells::encryption_words;
use crate::render::names::encryption_label;

pub(super) fn write(page: &mut Page, report: &Report) {
    page.section("Encryption", "");
    page.note("Virtual network encryption between machines, not what programs encrypt themselves (TLS).");
    let mut table = Table::new([words("Word"), names("Meaning", 20), numbers("Tuples"), numbers("Share")]);
    for (word, tuples) in encryption_words(report) {
        table.push(vec![
            if word.is_empty() { "-".to_owned() } else { page.name(word) }.into(),
            page.lang().say(encryption_label(word)).into(),
            Cell::count(tuples),
            of_all(report, tuples),
        ]);
    }
    table.write(page);
}
