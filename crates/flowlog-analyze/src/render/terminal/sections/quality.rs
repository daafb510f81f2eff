//! What was not read.

use flowlog_core::report::{MalformedRow, Report};

use super::super::page::{Page, Tone};
use super::files::shown_path;
use crate::render::text;
use crate::words::{fill, say};

/// Faults named one by one before the table of files.
const NAMED_FAULTS: usize = 3;

/// What was not read, and what the data cannot show.
pub(super) fn write(page: &mut Page, report: &Report) {
    let totals = &report.totals;
    page.section("Data quality", "");
    let lang = page.lang();
    let mut good = true;
    if totals.files_with_errors > 0 {
        good = false;
        let line = fill!(
            lang,
            "{files} of {all} could not be read whole; flows before the fault are counted",
            files = lang.counted(totals.files_with_errors, "file", "files"),
            all = lang.count(totals.files)
        );
        page.warning(&line, Tone::Bad);
        let failed = report.files.iter().filter_map(|file| Some((file.path, file.error?)));
        for (path, error) in failed.take(NAMED_FAULTS) {
            file_name(page, &path, ":", 4);
            let error = page.name(&error);
            page.prose(&error, 6, Tone::Plain);
        }
        if totals.files_with_errors > NAMED_FAULTS as u64 {
            page.line(say!(lang, "... and the others marked ! under Files"), 4, Tone::Dim);
        }
    }
    if totals.malformed > 0 {
        good = false;
        let line = fill!(
            lang,
            "{tuples} malformed and left out of all counts",
            tuples = lang.counted(totals.malformed, "tuple is", "tuples are")
        );
        page.warning(&line, Tone::Warn);
        for row in report.malformed.iter().take(NAMED_FAULTS) {
            malformed(page, row);
        }
        let hidden = report.malformed.len().saturating_sub(NAMED_FAULTS);
        if hidden > 0 {
            let line = fill!(
                lang,
                "... and {reasons} (--format json lists them)",
                reasons = lang.counted(hidden as u64, "more reason", "more reasons")
            );
            page.line(&line, 4, Tone::Dim);
        }
    }
    if good {
        page.line(say!(lang, "every file was read whole and every tuple is well-formed"), 2, Tone::Plain);
    }
}

fn malformed(page: &mut Page, row: &MalformedRow) {
    let lang = page.lang();
    let line =
        format!("{} ({})", page.name(lang.title(&row.reason)), lang.counted(row.tuples, "tuple", "tuples"));
    page.prose(&line, 4, Tone::Plain);
    if let Some(example) = row.examples.first() {
        // A place to go to, as in the messages of files: digits without separators.
        file_name(page, &example.path, &fill!(lang, ", byte {n}:", n = example.offset), 6);
        let text = page.name(&example.text);
        page.line(&text, 8, Tone::Dim);
    }
}

fn file_name(page: &mut Page, path: &str, after: &str, indent: usize) {
    let room = page.style.limit().saturating_sub(indent + after.len());
    let path = shown_path(page, path, "");
    let path = text::shorten(&path, room, page.style.ascii);
    page.line(&format!("{path}{after}"), indent, Tone::Plain);
}
