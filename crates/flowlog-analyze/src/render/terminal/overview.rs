//! What was read, and how far it can be trusted.

use flowlog_core::report::{FileRow, MalformedRow, Report};

use super::page::{Page, Tone};
use super::table::{Cell, Table, names, numbers, words};
use crate::render::text::{self, bytes, count, counted};

/// Faults named one by one before the table of files.
const NAMED_FAULTS: usize = 3;

pub(super) fn summary(page: &mut Page, report: &Report) {
    let totals = &report.totals;
    page.group("Flow log report");
    page.pair("Files", &format!("{} ({} read)", count(totals.files), bytes(totals.input_bytes)));
    page.pair("Records", &count(totals.records));
    page.pair("Flows (tuples)", &count(totals.tuples));
    if totals.tuples == 0 {
        return;
    }
    page.pair(
        "Conversations",
        &format!("{} (source, destination, port, protocol)", count(totals.conversations)),
    );
    if let (Some(first), Some(last)) = (totals.first_time_ms, totals.last_time_ms) {
        let length = match first.abs_diff(last) {
            0 => String::new(),
            length => format!(" ({})", text::duration(length)),
        };
        page.pair("Period (UTC)", &format!("{}{length}", text::period(first, last)));
    }
    let traffic = |packets, volume| format!("{} in {}", bytes(volume), counted(packets, "packet", "packets"));
    page.pair(
        "Sent",
        &format!("{} (source to destination)", traffic(totals.packets_sent, totals.bytes_sent)),
    );
    page.pair(
        "Received",
        &format!("{} (the way back)", traffic(totals.packets_received, totals.bytes_received)),
    );
    resolved(page, report);
    page.pair("Sources", &count(totals.unique_sources));
    page.pair("Destinations", &count(totals.unique_destinations));
    page.pair("Network interfaces", &count(totals.unique_nics));
    let denied = report.states.get(&'D').copied().unwrap_or(0);
    let share = text::share(denied, totals.tuples);
    let dropped = totals.dropped_for_encryption;
    let apart = match dropped {
        0 => String::new(),
        dropped => format!(", of these {} dropped for want of encryption", count(dropped)),
    };
    page.pair("Denied", &format!("{} ({share}){apart}", counted(denied, "tuple", "tuples")));
    let problems = &report.problem_counts;
    let found = [
        ("denials", problems.denied),
        ("incomplete connections", problems.incomplete),
        ("low payload", problems.low_payload),
        ("excessive retries", problems.retries),
        ("one-way connections", problems.one_way),
    ];
    page.pair("Problems", &found_in(&found));
    let counts = [
        (problems.denied_sources, "source with many denials", "sources with many denials"),
        (problems.port_scans, "possible port scan", "possible port scans"),
        (problems.unusual_ports, "unusual port", "unusual ports"),
        (problems.high_volume, "high-volume conversation", "high-volume conversations"),
    ];
    let some = counts.iter().filter(|(value, ..)| *value > 0);
    page.pair("Anomalies", &listed(some.map(|(value, one, many)| counted(*value, one, many))));
}

/// What remains when a connection that several logs tell of counts once.
fn resolved(page: &mut Page, report: &Report) {
    let resolved = &report.resolved;
    if resolved.duplicate_connections == 0 {
        return;
    }
    page.pair(
        "Logged twice",
        &format!(
            "{} ({}, {}) that another NIC or log tells of as well",
            counted(resolved.duplicate_connections, "connection", "connections"),
            counted(resolved.duplicate_tuples, "tuple", "tuples"),
            bytes(resolved.duplicate_bytes)
        ),
    );
    page.pair(
        "Each counted once",
        &format!(
            "{}, {} sent, {} received; rankings and problems below go by these",
            counted(resolved.tuples, "tuple", "tuples"),
            bytes(resolved.bytes_sent),
            bytes(resolved.bytes_received)
        ),
    );
}

/// `denials in 3 conversations, low payload in 2`; what was not found is left out.
fn found_in(found: &[(&str, u64)]) -> String {
    let some = found.iter().filter(|(_, value)| *value > 0).enumerate();
    listed(some.map(|(place, (what, value))| match place {
        0 => format!("{what} in {}", counted(*value, "conversation", "conversations")),
        _ => format!("{what} in {}", count(*value)),
    }))
}

fn listed(words: impl Iterator<Item = String>) -> String {
    let words: Vec<String> = words.collect();
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

/// What was not read, and what the data cannot show.
pub(super) fn quality(page: &mut Page, report: &Report) {
    let totals = &report.totals;
    page.section("Data quality", "");
    let mut good = true;
    if totals.files_with_errors > 0 {
        good = false;
        let files = counted(totals.files_with_errors, "file", "files");
        let line = format!(
            "{files} of {} could not be read whole; flows before the fault are counted",
            count(totals.files)
        );
        page.warning(&line, Tone::Bad);
        let failed = report.files.iter().filter_map(|file| Some((file, file.error.as_deref()?)));
        for (file, error) in failed.take(NAMED_FAULTS) {
            file_name(page, &file.path, ":", 4);
            let error = page.name(error);
            page.prose(&error, 6, Tone::Plain);
        }
        if totals.files_with_errors > NAMED_FAULTS as u64 {
            page.line("... and the others marked ! under Files", 4, Tone::Dim);
        }
    }
    if totals.malformed > 0 {
        good = false;
        let line = format!(
            "{} malformed and left out of all counts",
            counted(totals.malformed, "tuple is", "tuples are")
        );
        page.warning(&line, Tone::Warn);
        for row in report.malformed.iter().take(NAMED_FAULTS) {
            malformed(page, row);
        }
        let hidden = report.malformed.len().saturating_sub(NAMED_FAULTS);
        if hidden > 0 {
            let line = format!(
                "... and {} (--format json lists them)",
                counted(hidden as u64, "more reason", "more reasons")
            );
            page.line(&line, 4, Tone::Dim);
        }
    }
    if good {
        page.line("every file was read whole and every tuple is well-formed", 2, Tone::Plain);
    }
}

fn malformed(page: &mut Page, row: &MalformedRow) {
    let line = format!("{} ({})", page.name(&row.reason), counted(row.tuples, "tuple", "tuples"));
    page.prose(&line, 4, Tone::Plain);
    if let Some(example) = row.examples.first() {
        // A place to go to, as in the messages of files: digits without separators.
        file_name(page, &example.path, &format!(", byte {}:", example.offset), 6);
        let text = page.name(&example.text);
        page.line(&text, 8, Tone::Dim);
    }
}

fn file_name(page: &mut Page, path: &str, after: &str, indent: usize) {
    let room = page.style.width.saturating_sub(indent + after.len());
    let path = shown_path(page, path, "");
    let path = text::shorten(&path, room, page.style.ascii);
    page.line(&format!("{path}{after}"), indent, Tone::Plain);
}

/// A path below `folder`, made harmless.
fn shown_path(page: &Page, path: &str, folder: &str) -> String {
    if path == "-" {
        "standard input".to_owned()
    } else {
        page.name(path.strip_prefix(folder).unwrap_or(path))
    }
}

/// The folder all files are in, with its last separator; empty if there is none.
fn common_folder(files: &[FileRow]) -> &str {
    let mut paths = files.iter().map(|file| file.path.as_str()).filter(|path| *path != "-");
    let Some(first) = paths.next() else { return "" };
    let mut common = first;
    for path in paths {
        let same = common.bytes().zip(path.bytes()).take_while(|(a, b)| a == b).count();
        // Bytes may agree up to the middle of a character.
        common = (0..=same).rev().find_map(|end| common.get(..end)).unwrap_or_default();
    }
    common.rfind(['/', '\\']).and_then(|end| common.get(..=end)).unwrap_or_default()
}

pub(super) fn files(page: &mut Page, report: &Report) {
    let folder = if report.files.len() > 1 { common_folder(&report.files) } else { "" };
    let below = if folder.is_empty() { String::new() } else { format!(" below {}", page.name(folder)) };
    let extent = format!("{}{below}", count(report.files.len() as u64));
    page.section("Files", &extent);
    page.note("Times are those of the flows: an hour's file begins with flows of the hour before.");
    if report.files.is_empty() {
        return page.none();
    }
    let columns =
        [words(""), names("File", 28), numbers("Records"), numbers("Tuples"), words("Period (UTC)").spare()];
    let mut table = Table::new(columns);
    let shown = page.style.top;
    // What failed is shown however long the list is.
    for (place, file) in report.files.iter().enumerate() {
        if place < shown || file.error.is_some() {
            push_file(page, &mut table, file, folder);
        }
    }
    table.write(page);
    page.more((report.files.len() - table.len()) as u64);
}

fn push_file(page: &Page, table: &mut Table, file: &FileRow, folder: &str) {
    let period = match (file.first_time_ms, file.last_time_ms) {
        (Some(first), Some(last)) => text::short_period(first, last),
        _ => "-".to_owned(),
    };
    let mark = if file.error.is_some() {
        Cell::toned("!", Tone::Bad)
    } else {
        Cell::toned(if file.malformed > 0 { "~" } else { "" }, Tone::Warn)
    };
    let path = shown_path(page, &file.path, folder);
    let cells = vec![mark, path.into(), Cell::count(file.records), Cell::count(file.tuples), period.into()];
    match &file.error {
        Some(error) => table.push_with_remark(cells, page.name(error), Tone::Bad),
        None if file.repeated_records > 0 && file.records == 0 => {
            table.push_with_remark(cells, "other files hold the same records".to_owned(), Tone::Dim);
        }
        None if file.malformed > 0 => {
            let remark = counted(file.malformed, "tuple malformed", "tuples malformed");
            table.push_with_remark(cells, remark, Tone::Warn);
        }
        None => table.push(cells),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn common(paths: &[&str]) -> String {
        let file = |path: &&str| FileRow {
            path: (*path).to_owned(),
            bytes: 0,
            records: 0,
            tuples: 0,
            malformed: 0,
            misshapen: 0,
            repeated_records: 0,
            left_out_bytes: 0,
            first_time_ms: None,
            last_time_ms: None,
            error: None,
        };
        common_folder(&paths.iter().map(file).collect::<Vec<_>>()).to_owned()
    }

    #[test]
    fn the_common_folder_ends_at_a_separator() {
        assert_eq!(common(&["a/b/c1.json", "a/b/c2.json"]), "a/b/");
        assert_eq!(common(&["a/b1/c", "a/b2/c", "-"]), "a/");
        assert_eq!(common(&["a\\b\\c", "a\\b\\d"]), "a\\b\\");
        assert_eq!(common(&["ä/1", "ö/1"]), "");
        assert_eq!(common(&["x/ä", "x/ö"]), "x/");
        assert_eq!(common(&["-"]), "");
    }
}
