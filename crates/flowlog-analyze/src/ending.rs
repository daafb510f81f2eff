//! The sentence on standard error that says why a finished run does not end with 0.

use flowlog_core::finding::Severity;
use flowlog_core::report::{FileRows, FileSums};
use flowlog_core::text::count;

/// Faulty files that are named.
const NAMED: usize = 3;

/// Exit code 3: which files of some sets could not be read whole; with `strict`, also those with malformed tuples.
pub(crate) fn of_files(sets: &[&FileRows], strict: bool) -> String {
    let sum = |number: fn(&FileSums) -> u64| sets.iter().map(|files| number(files.sums())).sum::<u64>();
    let (number, malformed) = (sum(|sums| sums.errors), sum(|sums| sums.malformed));
    if number == 0 && strict {
        return format!(
            "exit code 3: {} and --strict is given",
            plural(malformed, "tuple is malformed", "tuples are malformed")
        );
    }
    let faulty = sets.iter().flat_map(|files| files.iter()).filter(|file| file.error.is_some());
    // No further than to the last that there is.
    let shown = NAMED.min(usize::try_from(number).unwrap_or(NAMED));
    let named: Vec<String> = faulty.take(shown).map(|file| file.path).collect();
    let more = match number.saturating_sub(NAMED as u64) {
        0 => String::new(),
        more => format!(" and {} more", count(more)),
    };
    format!(
        "exit code 3: {} of {} could not be read whole: {}{more}; the report tells why",
        count(number),
        plural(sum(|sums| sums.files), "file", "files"),
        named.join(", ")
    )
}

/// Exit code 10: how many findings are as grave as `--fail-on` asks.
pub(crate) fn of_findings(number: usize, new: &str, limit: Severity) -> String {
    let (noun, verb) = if number == 1 { ("finding", "is") } else { ("findings", "are") };
    let graver = if limit == Severity::Critical { "" } else { " or graver" };
    let number = count(number as u64);
    format!("exit code 10: {number} {new}{noun} {verb} {limit}{graver} (--fail-on {limit})")
}

fn plural(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use flowlog_core::report::FileRow;

    use super::*;

    fn file(path: &str, error: Option<&str>, malformed: u64) -> FileRow {
        FileRow {
            path: path.into(),
            tuples: 1,
            malformed,
            error: error.map(Into::into),
            ..FileRow::default()
        }
    }

    #[test]
    fn faulty_files_are_named_and_the_rest_counted() {
        let rows = |files: &[FileRow]| files.iter().cloned().collect::<FileRows>();
        let files = ["a", "b", "c", "d", "e"].map(|path| file(path, Some("cut"), 1));
        let with = |files: &[FileRow]| of_files(&[&rows(files), &rows(&[file("good", None, 0)])], false);
        assert_eq!(
            with(&files[..1]),
            "exit code 3: 1 of 2 files could not be read whole: a; the report tells why"
        );
        assert_eq!(
            with(&files),
            "exit code 3: 5 of 6 files could not be read whole: a, b, c and 2 more; the report tells why"
        );
        let strict = of_files(&[&rows(&[file("a", None, 2), file("b", None, 1)])], true);
        assert_eq!(strict, "exit code 3: 3 tuples are malformed and --strict is given");
    }

    #[test]
    fn findings_are_counted() {
        let told = of_findings(1, "", Severity::High);
        assert_eq!(told, "exit code 10: 1 finding is high or graver (--fail-on high)");
        let told = of_findings(2, "new ", Severity::Critical);
        assert_eq!(told, "exit code 10: 2 new findings are critical (--fail-on critical)");
    }
}
