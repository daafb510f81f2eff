//! Every input file.

use flowlog_core::report::{FileRow, FileRows, Report};

use super::super::page::{Page, Tone};
use super::super::table::{Cell, Table, names, numbers, words};
use crate::render::text;
use crate::words::{fill, say};

pub(super) fn write(page: &mut Page, report: &Report) {
    let folder = if report.files.len() > 1 { common_folder(&report.files) } else { String::new() };
    let files = page.lang().count(report.files.len());
    let extent = match folder.as_str() {
        "" => files,
        folder => fill!(page.lang(), "{files} below {folder}", files, folder = page.name(folder)),
    };
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
            push_file(page, &mut table, &file, &folder);
        }
    }
    table.write(page);
    page.more(report.files.len() - table.len() as u64);
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
            table.push_with_remark(
                cells,
                say!(page.lang(), "other files hold the same records").to_owned(),
                Tone::Dim,
            );
        }
        None if file.malformed > 0 => {
            let remark = page.lang().counted(file.malformed, "tuple malformed", "tuples malformed");
            table.push_with_remark(cells, remark, Tone::Warn);
        }
        None => table.push(cells),
    }
}

/// A path below `folder`, made harmless.
pub(super) fn shown_path(page: &Page, path: &str, folder: &str) -> String {
    if path == "-" {
        say!(page.lang(), "standard input").to_owned()
    } else {
        page.name(path.strip_prefix(folder).unwrap_or(path))
    }
}

/// The folder all files are in, with its last separator; empty if there is none.
fn common_folder(files: &FileRows) -> String {
    let mut paths = files.iter().map(|file| file.path).filter(|path| path != "-");
    let mut common = paths.next().unwrap_or_default();
    for path in paths {
        let same = common.bytes().zip(path.bytes()).take_while(|(a, b)| a == b).count();
        // Bytes may agree up to the middle of a character.
        common.truncate((0..=same).rev().find(|&end| common.is_char_boundary(end)).unwrap_or_default());
    }
    common.truncate(common.rfind(['/', '\\']).map_or(0, |end| end + 1));
    common
}

#[cfg(test)]
mod tests {
    use super::*;

    fn common(paths: &[&str]) -> String {
        let file = |path: &&str| FileRow { path: (*path).to_owned(), ..FileRow::default() };
        common_folder(&paths.iter().map(file).collect())
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
