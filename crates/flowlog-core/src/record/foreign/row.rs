//! A row: the fields of one object, or the cells of one line, by their meaning.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::record::tuple::looks_like_tuple;

use super::column::{COLUMNS, Column, is_wrapper};

/// Objects in objects are looked at so deep.
const DEPTH: usize = 4;
/// So many keys of what is not understood are named.
const NAMED: usize = 12;
/// Characters of each at most.
const LONGEST_KEY: usize = 40;

/// Fields by their meaning.
pub(super) struct Row<'t> {
    cells: [Option<Cow<'t, str>>; COLUMNS],
    /// What a shipper passed on.
    pub(super) wrapped: Vec<Wrapped<'t>>,
    /// Names of the first fields.
    pub(super) keys: Vec<String>,
}

/// A record in a field, as text of its own or as JSON inside the object.
pub(in crate::record) enum Wrapped<'t> {
    Text(Cow<'t, str>),
    Json(&'t str),
}

impl Wrapped<'_> {
    pub(in crate::record) fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Json(json) => json,
        }
    }

    /// Tuples that stand in it as they do in the object.
    pub(super) fn tuples(&self) -> usize {
        match self {
            Self::Text(_) => 0,
            Self::Json(json) => super::tuples_in(json),
        }
    }
}

impl Default for Row<'_> {
    fn default() -> Self {
        Self { cells: [const { None }; COLUMNS], wrapped: Vec::new(), keys: Vec::new() }
    }
}

impl<'t> Row<'t> {
    /// Whether there is such a field, with or without a value.
    pub(super) fn has(&self, column: Column) -> bool {
        self.cell(column).is_some()
    }

    /// What the field says; empty if there is none.
    pub(super) fn text(&self, column: Column) -> &str {
        self.cell(column).map(|text| text.trim()).unwrap_or_default()
    }

    fn cell(&self, column: Column) -> Option<&Cow<'t, str>> {
        self.cells.get(column as usize)?.as_ref()
    }

    /// The first one of a meaning counts, unless it says nothing.
    pub(super) fn set(&mut self, column: Column, text: Cow<'t, str>) {
        if let Some(cell) = self.cells.get_mut(column as usize)
            && cell.as_deref().is_none_or(str::is_empty)
        {
            *cell = Some(text);
        }
    }

    /// Takes the text that a shipper passed on for the tuple, if it looks like one.
    pub(super) fn find_tuple(&mut self) {
        let text = self.wrapped.iter().find_map(|wrapped| match wrapped {
            Wrapped::Text(text) if looks_like_tuple(text.trim()) => Some(text.clone()),
            _ => None,
        });
        if let Some(text) = text {
            self.set(Column::Tuple, text);
        }
    }

    pub(super) fn name(&mut self, key: &str) {
        if self.keys.len() < NAMED {
            self.keys.push(short(key));
        }
    }

    /// The fields of an object.
    ///
    /// # Errors
    /// It is no valid JSON.
    pub(super) fn of_object(object: &'t str) -> Result<Self, serde_json::Error> {
        let mut row = Self::default();
        let mut parser = serde_json::Deserializer::from_str(object);
        Fields { row: &mut row, path: "", depth: 0 }.deserialize(&mut parser)?;
        parser.end()?;
        Ok(row)
    }
}

pub(super) fn short(key: &str) -> String {
    key.chars().take(LONGEST_KEY).collect()
}

/// The fields of an object inside `path`.
struct Fields<'r, 't> {
    row: &'r mut Row<'t>,
    path: &'r str,
    depth: usize,
}

impl<'t> Fields<'_, 't> {
    fn field(&mut self, key: &str, value: &'t RawValue) -> Result<(), serde_json::Error> {
        let path = if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) };
        if self.depth == 0 {
            self.row.name(key);
        }
        let json = value.get();
        let first = json.as_bytes().first();
        let text = match first {
            Some(b'"') => serde_json::from_str::<Text<'t>>(json)?.0,
            Some(b'{' | b'[') => {
                if is_wrapper(key) {
                    self.row.wrapped.push(Wrapped::Json(json));
                }
                // Of a list nothing is a field.
                if first == Some(&b'{') && self.depth < DEPTH {
                    let fields = Fields { row: self.row, path: &path, depth: self.depth + 1 };
                    fields.deserialize(&mut serde_json::Deserializer::from_str(json))?;
                }
                return Ok(());
            }
            Some(b'n') => Cow::Borrowed(""),
            _ => Cow::Borrowed(json),
        };
        if is_wrapper(key) && text.len() > MIN_RECORD {
            self.row.wrapped.push(Wrapped::Text(text));
        } else if let Some(column) = Column::of(&path) {
            self.row.set(column, text);
        }
        Ok(())
    }
}

/// Nothing shorter is a tuple or a record.
pub(super) const MIN_RECORD: usize = 30;

/// A string, borrowed where it has no escapes.
#[derive(serde::Deserialize)]
struct Text<'t>(#[serde(borrow)] Cow<'t, str>);

impl<'t> Visitor<'t> for Fields<'_, 't> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'t>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some((key, value)) = map.next_entry::<Text<'t>, &'t RawValue>()? {
            self.field(&key.0, value).map_err(serde::de::Error::custom)?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'t>>(self, _: A) -> Result<(), A::Error> {
        Err(serde::de::Error::custom("a list"))
    }
}

impl<'t> DeserializeSeed<'t> for Fields<'_, 't> {
    type Value = ();

    fn deserialize<D: Deserializer<'t>>(self, parser: D) -> Result<(), D::Error> {
        parser.deserialize_map(self)
    }
}
