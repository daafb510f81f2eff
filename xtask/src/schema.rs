//! docs/report.schema.json, written from the tables of docs/json-report.md.
//!
//! A row of a table is a key: its path, its type and its meaning. The type is `integer`, `number`, `string`, `boolean`, `object` or
//! `array`, `array of strings`, `map of integers` (`numbers`, `objects`: keys are data, and a path has `*` for them), or the words
//! it may be, each in backticks. `or null` and `, optional` may follow.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;

use anyhow::{Context as _, bail, ensure};
use serde_json::{Map, Value, json};

use crate::shell::root;

/// The page, and what is written from it.
const PAGE: &str = "docs/json-report.md";
pub(crate) const SCHEMA: &str = "docs/report.schema.json";

/// Writes the schema.
pub(crate) fn write() -> anyhow::Result<()> {
    fs::write(root()?.join(SCHEMA), schema()?)?;
    writeln!(std::io::stdout(), "wrote {SCHEMA}")?;
    Ok(())
}

/// The schema, as the page has it.
pub(crate) fn schema() -> anyhow::Result<String> {
    let page = fs::read_to_string(root()?.join(PAGE))?.replace("\r\n", "\n");
    let mut top = Node { is: "object".to_owned(), ..Node::default() };
    for (path, is, meaning) in rows(&page) {
        top.insert(&path, is, meaning)?;
    }
    let mut schema = top.schema("the report")?;
    let head = [
        ("$schema", json!("https://json-schema.org/draft/2020-12/schema")),
        ("title", json!("flowlog-analyze --format json")),
        ("description", json!("Written from docs/json-report.md by `cargo xtask docs`.")),
    ];
    schema.extend(head.map(|(key, value)| (key.to_owned(), value)));
    Ok(serde_json::to_string_pretty(&schema)? + "\n")
}

/// The rows of all tables: path, type, meaning.
fn rows(page: &str) -> impl Iterator<Item = (Vec<String>, &str, &str)> {
    page.lines().filter_map(|line| {
        let (path, rest) = line.strip_prefix("| `")?.split_once("` | ")?;
        let (is, meaning) = rest.strip_suffix(" |")?.split_once(" | ")?;
        let path = path.replace("[]", ".[]").split('.').map(str::to_owned).collect();
        Some((path, is, meaning))
    })
}

/// A key, and the keys below it: `[]` of a list's rows, `*` of a map's values.
#[derive(Default)]
struct Node {
    is: String,
    meaning: String,
    below: BTreeMap<String, Node>,
}

impl Node {
    fn insert(&mut self, path: &[String], is: &str, meaning: &str) -> anyhow::Result<()> {
        let [first, rest @ ..] = path else { bail!("a key without a name") };
        let node = self.below.entry(first.clone()).or_default();
        if rest.is_empty() {
            ensure!(node.is.is_empty(), "{path:?} stands twice");
            (node.is, node.meaning) = (is.to_owned(), meaning.to_owned());
            return Ok(());
        }
        // Rows of lists and values of maps have no line of their own.
        if first == "[]" || first == "*" {
            "object".clone_into(&mut node.is);
        }
        node.insert(rest, is, meaning)
    }

    fn schema(&self, name: &str) -> anyhow::Result<Map<String, Value>> {
        let is = self.is.strip_suffix(", optional").unwrap_or(&self.is);
        let (is, nullable) = is.strip_suffix(" or null").map_or((is, false), |is| (is, true));
        let mut schema = self.of_type(is, name).with_context(|| format!("{name}: {is:?}"))?;
        if nullable {
            let plain = schema.insert("type".to_owned(), Value::Null);
            if let Some(Value::Array(words)) = schema.get_mut("enum") {
                words.push(Value::Null);
            }
            schema.insert("type".to_owned(), json!([plain, "null"]));
        }
        if !self.meaning.is_empty() {
            schema.insert("description".to_owned(), json!(self.meaning));
        }
        Ok(schema)
    }

    fn of_type(&self, is: &str, name: &str) -> anyhow::Result<Map<String, Value>> {
        let leaf = ["integer", "number", "string", "boolean"].contains(&is) || is.contains('`');
        ensure!(!leaf || self.below.is_empty(), "has keys below it");
        let below = |of: &str| self.below.get(of).context("no keys below it")?.schema(&format!("{name}{of}"));
        let schema = match is {
            // Times may be before 1970.
            "integer" if name.ends_with("_ms") => json!({ "type": "integer" }),
            "integer" => json!({ "type": "integer", "minimum": 0 }),
            "number" | "string" | "boolean" => json!({ "type": is }),
            "array of strings" => json!({ "type": "array", "items": { "type": "string" } }),
            "array" => json!({ "type": "array", "items": below("[]")? }),
            "map of integers" => {
                json!({ "type": "object", "additionalProperties": { "type": "integer", "minimum": 0 } })
            }
            "map of numbers" => json!({ "type": "object", "additionalProperties": { "type": "number" } }),
            "map of objects" => json!({ "type": "object", "additionalProperties": below("*")? }),
            "object" => return self.object(),
            words if words.contains('`') => {
                let words: Vec<&str> = words.split('`').skip(1).step_by(2).collect();
                json!({ "type": "string", "enum": words })
            }
            _ => bail!("no type"),
        };
        let Value::Object(schema) = schema else { bail!("no object") };
        Ok(schema)
    }

    fn object(&self) -> anyhow::Result<Map<String, Value>> {
        ensure!(!self.below.is_empty(), "no keys below it");
        let mut properties = Map::new();
        for (key, node) in &self.below {
            properties.insert(key.clone(), Value::Object(node.schema(key)?));
        }
        let required: Vec<&String> = self
            .below
            .iter()
            .filter(|(_, node)| !node.is.ends_with(", optional"))
            .map(|(key, _)| key)
            .collect();
        let schema = json!({
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        });
        let Value::Object(schema) = schema else { bail!("no object") };
        Ok(schema)
    }
}
