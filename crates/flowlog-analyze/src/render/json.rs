//! The report or the comparison as JSON. docs/json-report.md describes the report field by field,
//! docs/compare.md the comparison.

use std::io::{self, Write};

use flowlog_core::report::Tool;
use serde::Serialize;

use crate::tool;

/// What the JSON of flows and that of a host begin with.
#[derive(Serialize)]
pub struct Head {
    /// Version of the structure; grows when a field changes its meaning or its name.
    schema_version: u32,
    tool: Tool,
}

impl Head {
    /// By this program.
    pub fn by_this() -> Self {
        Self { schema_version: 1, tool: tool() }
    }
}

/// A result, and the program that made it.
#[derive(Serialize)]
pub struct Made<'a, T> {
    /// The program.
    tool: Tool,
    #[serde(flatten)]
    result: &'a T,
}

impl<'a, T: Serialize> Made<'a, T> {
    /// By this program.
    pub fn by_this(result: &'a T) -> Self {
        Self { tool: tool(), result }
    }
}

/// Writes a report or a comparison as indented JSON with a line end.
///
/// # Errors
/// Those of `out`.
pub fn write(out: &mut impl Write, result: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, result)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::render::fixture;

    fn json_of(report: &flowlog_core::report::Report) -> String {
        let mut out = Vec::new();
        write(&mut out, report).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn json() -> String {
        json_of(&fixture::rich())
    }

    #[test]
    fn the_form_is_held() {
        assert!(json().ends_with("}\n"));
        insta::assert_snapshot!(json());
    }

    /// Objects whose keys are data.
    const MAPS: [&str; 8] = [
        "states",
        "directions",
        "protocols",
        "encryption",
        "encryption_pairs[].words",
        "coverage.logs[].states",
        "options.thresholds",
        "hosts",
    ];

    fn paths(value: &Value, prefix: &str, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                let is_map = MAPS.contains(&prefix);
                for (key, value) in fields {
                    let key = if is_map { "*" } else { key };
                    let path = if prefix.is_empty() { key.to_owned() } else { format!("{prefix}.{key}") };
                    if !is_map {
                        found.insert(path.clone());
                    }
                    paths(value, &path, found);
                }
            }
            Value::Array(items) => {
                for item in items {
                    paths(item, &format!("{prefix}[]"), found);
                }
            }
            _ => {}
        }
    }

    #[test]
    fn every_key_is_documented_and_every_documented_key_exists() {
        let doc = include_str!("../../../../docs/json-report.md");
        // A row of a table begins with the path in backticks.
        let rows = doc.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
        let documented: BTreeSet<String> = rows.map(str::to_owned).collect();
        let mut found = BTreeSet::new();
        paths(&serde_json::from_str(&json_of(&fixture::known())).unwrap(), "", &mut found);
        assert_eq!(found.difference(&documented).collect::<Vec<_>>(), Vec::<&String>::new(), "undocumented");
        assert_eq!(documented.difference(&found).collect::<Vec<_>>(), Vec::<&String>::new(), "no such key");
    }
}
