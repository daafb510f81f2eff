//! The comparison of two sets as text.

mod changes;
mod migration;
mod summary;

use std::io::{self, Write};

use flowlog_core::compare::Comparison;

use super::page::{Page, Tone};
use crate::render::style::Style;
use crate::words::say;

/// Writes the whole comparison.
///
/// # Errors
/// Those of `out`.
pub fn write_comparison(out: &mut impl Write, comparison: &Comparison, style: &Style) -> io::Result<()> {
    let mut page = Page::knowing(*style, &comparison.known_hosts);
    summary::sets(&mut page, comparison);
    summary::verdict(&mut page, comparison);
    summary::caveats(&mut page, comparison);
    if let Some(migration) = &comparison.migration {
        migration::all(&mut page, migration);
    }
    changes::outcomes(&mut page, comparison);
    changes::findings(&mut page, comparison);
    if comparison.migration.is_some() {
        changes::rules(&mut page, comparison);
        page.blank();
        page.line(
            say!(page.lang(), "Hosts, ports, conversations and volumes of each set: --format json"),
            0,
            Tone::Dim,
        );
    } else {
        changes::new_and_vanished(&mut page, comparison);
        changes::rules(&mut page, comparison);
        changes::volumes(&mut page, comparison);
    }
    out.write_all(page.into_text().as_bytes())
}

#[cfg(test)]
mod tests;
