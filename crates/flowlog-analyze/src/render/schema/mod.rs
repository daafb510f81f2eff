//! Exported rows in the names and values of schemas that other tools know ([docs/schemas.md](../../../../../docs/schemas.md)).
//!
//! A row is mapped from its own NDJSON form, so that both say the same. What a row does not know has no field.

mod asim;
mod ocsf;

use std::io;

use serde_json::{Map, Value};

/// What fields of exported rows are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// Microsoft's Advanced Security Information Model, `NetworkSession` 0.2.6.
    Asim,
    /// Open Cybersecurity Schema Framework 1.8, class 4001 (Network Activity).
    Ocsf,
}

/// One field of a schema.
struct Field {
    /// Its name; parts of nested objects are separated by dots.
    name: &'static str,
    /// What it is made from, as the documentation tells it.
    from: &'static str,
    value: Made,
}

/// How a field is made.
enum Made {
    /// It is the column of the row.
    Same,
    /// It is the same word in every row.
    Word,
    From(fn(&Row<'_>) -> Option<Value>),
}

impl Field {
    const fn same(name: &'static str, column: &'static str) -> Self {
        Self { name, from: column, value: Made::Same }
    }

    const fn is(name: &'static str, word: &'static str) -> Self {
        Self { name, from: word, value: Made::Word }
    }

    const fn made(name: &'static str, from: &'static str, value: fn(&Row<'_>) -> Option<Value>) -> Self {
        Self { name, from, value: Made::From(value) }
    }

    fn of(&self, row: &Row<'_>) -> Option<Value> {
        match self.value {
            Made::Same => row.same(self.from),
            Made::Word => Some(self.from.into()),
            Made::From(value) => value(row),
        }
    }
}

impl Schema {
    /// Rows, one JSON object a line, in this schema.
    ///
    /// # Errors
    /// A line that is no JSON object.
    pub(crate) fn lines(self, rows: &[u8]) -> io::Result<Vec<u8>> {
        let lines = rows.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let mapped = lines.map(|line| self.line(&serde_json::from_slice(line)?));
        mapped.collect::<io::Result<Vec<_>>>().map(|lines| lines.concat())
    }

    /// A row in this schema, as a line.
    ///
    /// # Errors
    /// It is no JSON object.
    pub(crate) fn line(self, row: &Value) -> io::Result<Vec<u8>> {
        let row = row.as_object().ok_or_else(|| io::Error::other("a row is no JSON object"))?;
        let mut line = serde_json::to_vec(&self.row(row))?;
        line.push(b'\n');
        Ok(line)
    }

    fn row(self, row: &Map<String, Value>) -> Value {
        let row = Row(row);
        let mut mapped = Map::new();
        for field in self.fields() {
            if let Some(value) = field.of(&row) {
                put(&mut mapped, field.name, value);
            }
        }
        Value::Object(mapped)
    }

    fn fields(self) -> &'static [Field] {
        match self {
            Self::Asim => asim::FIELDS,
            Self::Ocsf => ocsf::FIELDS,
        }
    }
}

/// Sets a field, and makes the objects around it.
fn put(object: &mut Map<String, Value>, name: &str, value: Value) {
    match name.split_once('.') {
        None => {
            object.insert(name.to_owned(), value);
        }
        Some((outer, inner)) => {
            let nested = object.entry(outer).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(nested) = nested {
                put(nested, inner, value);
            }
        }
    }
}

/// A connection or a tuple, as its export has it.
struct Row<'a>(&'a Map<String, Value>);

impl<'a> Row<'a> {
    /// A text that is there and not empty.
    fn text(&self, key: &str) -> Option<&'a str> {
        self.0.get(key)?.as_str().filter(|text| !text.is_empty())
    }

    fn number(&self, key: &str) -> Option<u64> {
        self.0.get(key)?.as_u64()
    }

    /// The same value under another name.
    fn same(&self, key: &str) -> Option<Value> {
        let value = self.0.get(key)?;
        (!value.is_null() && value != "").then(|| value.clone())
    }

    fn sum(&self, keys: [&str; 2]) -> Option<Value> {
        let [one, other] = keys.map(|key| self.number(key));
        Some(one?.saturating_add(other?).into())
    }

    /// The first and the last tuple's time; a tuple has one.
    fn times(&self) -> Option<[&'a str; 2]> {
        let one = self.text("time_utc");
        Some([self.text("first_time").or(one)?, self.text("last_time").or(one)?])
    }

    fn is_inbound(&self) -> bool {
        self.text("direction") == Some("I")
    }

    /// A connection's outcome, or a tuple's decision.
    fn is_denied(&self) -> bool {
        self.text("outcome").or(self.text("decision")) == Some("denied")
    }

    /// The connections or attempts that a row stands for.
    fn count(&self) -> u64 {
        let denied = if self.is_denied() { self.number("tuples") } else { None };
        denied.or(self.number("connections")).unwrap_or(1).max(1)
    }

    /// Only of the end whose NIC wrote the log: the source of what goes out, the destination of what comes in.
    fn at(&self, is_source: bool, key: &str) -> Option<Value> {
        if self.is_inbound() == is_source { None } else { self.same(key) }
    }

    /// The subscription in the id of the flow log's resource.
    fn subscription(&self) -> Option<&'a str> {
        let mut parts = self.text("resource")?.split('/');
        parts.find(|part| part.eq_ignore_ascii_case("subscriptions"))?;
        parts.next().filter(|id| !id.is_empty())
    }

    fn is_ipv6(&self) -> bool {
        self.text("source").is_some_and(|source| source.contains(':'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = include_str!("../../../../../docs/schemas.md");

    /// The rows of a section's table: field and what it is made from.
    fn documented(section: &str) -> Vec<(String, String)> {
        let text = PAGE.split("\n## ").find(|text| text.starts_with(section)).unwrap();
        let rows = text.lines().filter(|line| line.starts_with("| `"));
        let cell = |cell: &str| cell.trim().trim_matches('`').to_owned();
        rows.map(|row| {
            let cells: Vec<&str> = row.split(" | ").collect();
            (cell(cells[0].trim_start_matches('|')), cells[1].trim_end_matches('|').trim().to_owned())
        })
        .collect()
    }

    #[test]
    fn the_page_tells_every_field_and_what_it_is_made_from() {
        for (schema, section) in [(Schema::Asim, "ASIM"), (Schema::Ocsf, "OCSF")] {
            let expected: Vec<(String, String)> =
                schema.fields().iter().map(|field| (field.name.to_owned(), field.from.to_owned())).collect();
            let rows: Vec<String> =
                expected.iter().map(|(name, from)| format!("| `{name}` | {from} |")).collect();
            assert_eq!(documented(section), expected, "the table should be\n{}", rows.join("\n"));
        }
    }

    #[test]
    fn nested_fields_share_their_object_and_what_is_not_known_has_none() {
        let mut object = Map::new();
        put(&mut object, "a.b", 1.into());
        put(&mut object, "a.c", 2.into());
        assert_eq!(Value::Object(object), serde_json::json!({"a": {"b": 1, "c": 2}}));
        let row: Map<String, Value> =
            serde_json::from_str(r#"{"mac":null,"rule":"","tuples":3,"outcome":"denied"}"#).unwrap();
        let row = Row(&row);
        assert_eq!((row.same("mac"), row.same("rule"), row.count()), (None, None, 3));
        assert!(Schema::Asim.lines(b"[]\n").is_err());
    }
}
