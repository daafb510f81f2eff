//! The JSON report beside the text: every table row, rebuilt from JSON, must be the line that was printed.

use flowlog_core::text::escape;
use serde_json::Value;

mod overview;
mod problems;
mod traffic;

use crate::form::{bytes, count, minutes, number, port, protocol, second, share, text};

/// The report's text, section by section.
struct Page<'a> {
    input: &'a str,
    text: &'a str,
}

/// Checks that the text says what `json` says.
pub(crate) fn compare(json: &Value, text: &str, input: &str) {
    if number(&json["totals"], "tuples") == 0 {
        return;
    }
    // The pages of hosts stand before the report.
    let text = &text[text.find("FLOW LOG REPORT").expect("a report has a head")..];
    let page = Page { input, text };
    overview::overview(&page, json);
    overview::findings(&page, json);
    overview::coverage(&page, json);
    traffic::traffic(&page, json);
    traffic::network(&page, json);
    problems::problems(&page, json);
    problems::specific(&page, json);
}

impl Page<'_> {
    /// The lines of the section whose title begins so, without what is set apart below a row.
    fn section(&self, title: &str) -> Vec<String> {
        let mut lines = self.text.lines().skip_while(|line| !line.starts_with(title));
        assert!(lines.next().is_some(), "{}: no section {title}", self.input);
        let body = lines.take_while(|line| !line.is_empty()).filter(|line| !line.starts_with("       "));
        body.map(plain).collect()
    }

    /// The last lines of a section are these rows, in order; before them there is no line that begins as its header.
    fn rows(&self, title: &str, header: &str, rows: &[String]) {
        let lines = self.section(title);
        let start = lines.iter().position(|line| *line == header);
        let found = match start {
            Some(start) => &lines[start + 1..],
            None => &[],
        };
        let rows: Vec<String> = rows.iter().map(|row| plain(&escape(row, false))).collect();
        assert_eq!(found, rows, "{}: {title} ({header:?} in {lines:?})", self.input);
    }

    /// The value behind a key of the overview, over all its lines.
    fn pair(&self, key: &str) -> Option<String> {
        let mut lines = self.text.lines().skip_while(|line| !line.starts_with(&format!("  {key:<20}")));
        let first = lines.next()?;
        let rest = lines.take_while(|line| line.starts_with(&" ".repeat(22)));
        Some(plain(&std::iter::once(&first[22..]).chain(rest).collect::<Vec<_>>().join(" ")))
    }

    fn says(&self, key: &str, value: &str) {
        assert_eq!(self.pair(key).as_deref(), Some(value), "{}: {key}", self.input);
    }

    fn titled(&self, title: &str) {
        let found = self.text.lines().any(|line| line == title);
        assert!(found, "{}: no line {title:?}", self.input);
    }
}

/// Words with one space between them.
fn plain(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn list<'a>(json: &'a Value, name: &str) -> &'a [Value] {
    json[name].as_array().unwrap_or_else(|| panic!("{name} is no list"))
}

/// `1 file`, `2 files`.
fn counted(value: u64, one: &str) -> String {
    format!("{} {one}{}", count(value), if value == 1 { "" } else { "s" })
}

/// Cells of one row: counts of these keys.
fn counts<const N: usize>(row: &Value, keys: [&str; N]) -> String {
    keys.map(|key| count(number(row, key))).join(" ")
}

fn size(row: &Value, key: &str) -> String {
    bytes(number(row, key))
}

fn word<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap_or("-")
}

fn ends(row: &Value) -> String {
    format!("{} {} {} {}", text(row, "source"), text(row, "destination"), port(row), word(row, "service"))
}

/// Who an address belongs to.
fn owner(row: &Value) -> &str {
    row["provider"].as_str().unwrap_or_else(|| text(row, "class"))
}

fn acl(row: &Value) -> &str {
    match text(row, "acl").trim_end_matches('/').rsplit('/').next().unwrap() {
        "00000000-0000-0000-0000-000000000000" => "platform",
        last => last,
    }
}
