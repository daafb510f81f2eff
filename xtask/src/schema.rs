//! Schemas of what `--format json` prints, written from the tables of pages in docs/.
//!
//! A row of a table is a key: its path, its type and its meaning. The type is `integer`, `number`, `string`, `boolean`, `object` or
//! `array`, `array of strings`, `map of integers` (`numbers`, `objects`: keys are data, and a path has `*` for them), or the words
//! it may be, each in backticks. `or null` and `, optional` may follow; then `` , as `PATH` `` or `, as in the report`: what stands
//! below is what stands below that path, or below the same path of the report.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;

use anyhow::{Context as _, bail, ensure};
use serde_json::{Map, Value, json};

use crate::shell::root;

/// A page, and the schema that is written from it.
pub(crate) struct Kind {
    page: &'static str,
    pub(crate) schema: &'static str,
    title: &'static str,
}

const REPORT: Kind = Kind {
    page: "docs/json-report.md",
    schema: "docs/report.schema.json",
    title: "flowlog-analyze --format json",
};

/// How a table of keys begins.
const TITLES: &str = "| key | type | meaning |";

/// All of them.
pub(crate) const KINDS: [Kind; 4] = [
    REPORT,
    Kind {
        page: "docs/json-flows.md",
        schema: "docs/flows.schema.json",
        title: "flowlog-analyze flows --format json",
    },
    Kind {
        page: "docs/json-host.md",
        schema: "docs/host.schema.json",
        title: "flowlog-analyze host --format json",
    },
    Kind {
        page: "docs/compare.md",
        schema: "docs/compare.schema.json",
        title: "flowlog-analyze compare --format json",
    },
];

/// Writes the schemas.
pub(crate) fn write() -> anyhow::Result<()> {
    for kind in &KINDS {
        fs::write(root()?.join(kind.schema), schema(kind)?)?;
        writeln!(std::io::stdout(), "wrote {}", kind.schema)?;
    }
    Ok(())
}

/// A schema, as its page has it.
pub(crate) fn schema(kind: &Kind) -> anyhow::Result<String> {
    let mut schema = tree(kind)?.schema("the whole")?;
    let head = [
        ("$schema", json!("https://json-schema.org/draft/2020-12/schema")),
        ("title", json!(kind.title)),
        ("description", json!(format!("Written from {} by `cargo xtask docs`.", kind.page))),
    ];
    schema.extend(head.map(|(key, value)| (key.to_owned(), value)));
    Ok(serde_json::to_string_pretty(&schema)? + "\n")
}

/// The keys of a page.
fn tree(kind: &Kind) -> anyhow::Result<Node> {
    let page = fs::read_to_string(root()?.join(kind.page))?.replace("\r\n", "\n");
    let mut top = Node { is: "object".to_owned(), ..Node::default() };
    let mut like = Vec::new();
    for (path, is, meaning) in rows(&page) {
        let (is, other) = is.split_once(", as ").map_or((is, None), |(is, other)| (is, Some(other)));
        top.insert(&path, is, meaning)?;
        like.extend(other.map(|other| (path, other)));
    }
    for (path, other) in like {
        let below = match other {
            "in the report" => tree(&REPORT)?.find(&path)?.below.clone(),
            other => top.find(&keys(other.trim_matches('`')))?.below.clone(),
        };
        top.find(&path)?.below = below;
    }
    Ok(top)
}

/// The keys of a path, `[]` among them.
fn keys(path: &str) -> Vec<String> {
    path.replace("[]", ".[]").split('.').map(str::to_owned).collect()
}

/// The rows of the tables of keys: path, type, meaning.
fn rows(page: &str) -> impl Iterator<Item = (Vec<String>, &str, &str)> {
    let mut are_keys = false;
    page.lines().filter_map(move |line| {
        are_keys = line == TITLES || (are_keys && line.starts_with('|'));
        let (path, rest) = line.strip_prefix("| `").filter(|_| are_keys)?.split_once("` | ")?;
        let (is, meaning) = rest.strip_suffix(" |")?.split_once(" | ")?;
        Some((keys(path), is, meaning))
    })
}

/// A key, and the keys below it: `[]` of a list's rows, `*` of a map's values.
#[derive(Clone, Default)]
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

    fn find(&mut self, path: &[String]) -> anyhow::Result<&mut Self> {
        path.iter().try_fold(self, |node, key| {
            node.below.get_mut(key).with_context(|| format!("{path:?} has no {key}"))
        })
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
