//! The sentence on standard error that says why a finished run does not end with 0.

use flowlog_core::finding::Severity;
use flowlog_core::report::FileRow;
use flowlog_core::text::count;

/// Faulty files that are named.
const NAMED: usize = 3;

/// Exit code 3: which files could not be read whole; with `strict`, also those with malformed tuples.
pub(crate) fn of_files<'a>(files: impl Iterator<Item = &'a FileRow>, strict: bool) -> String {
    let (mut all, mut faulty, mut malformed) = (0_u64, Vec::new(), 0_u64);
    for file in files {
        all += 1;
        if file.error.is_some() {
            faulty.push(file.path.as_str());
        }
        malformed = malformed.saturating_add(file.malformed);
    }
    let number = faulty.len();
    if number == 0 && strict {
        return format!(
            "exit code 3: {} and --strict is given",
            plural(malformed, "tuple is malformed", "tuples are malformed")
        );
    }
    let more =
        if number > NAMED { format!(" and {} more", count((number - NAMED) as u64)) } else { String::new() };
    faulty.truncate(NAMED);
    format!(
        "exit code 3: {} of {} could not be read whole: {}{more}; the report tells why",
        count(number as u64),
        plural(all, "file", "files"),
        faulty.join(", ")
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
    use super::*;

    fn file(path: &str, error: Option<&str>, malformed: u64) -> FileRow {
        FileRow {
            path: path.into(),
            bytes: 1,
            records: 1,
            tuples: 1,
            malformed,
            misshapen: 0,
            repeated_records: 0,
            left_out_bytes: 0,
            first_time_ms: None,
            last_time_ms: None,
            error: error.map(Into::into),
        }
    }

    #[test]
    fn faulty_files_are_named_and_the_rest_counted() {
        let files: Vec<FileRow> = ["a", "b", "c", "d", "e"].map(|path| file(path, Some("cut"), 1)).into();
        let with = |files: &[FileRow]| of_files(files.iter().chain([&file("good", None, 0)]), false);
        assert_eq!(
            with(&files[..1]),
            "exit code 3: 1 of 2 files could not be read whole: a; the report tells why"
        );
        assert_eq!(
            with(&files),
            "exit code 3: 5 of 6 files could not be read whole: a, b, c and 2 more; the report tells why"
        );
        let strict = of_files([file("a", None, 2), file("b", None, 1)].iter(), true);
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
