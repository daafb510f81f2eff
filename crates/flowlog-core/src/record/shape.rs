//! Values that stand where a flow log has something else.
//!
//! The visitors of `document` are fast and only notice that there is such a value. Then this module walks over
//! the record once more, with a raw slice for each value, so that it can say where it stands. Lists that became
//! strings, lists of one that became objects, objects that became strings: other programs make them (Windows
//! PowerShell's `ConvertTo-Json` all three), and whoever passes them over loses tuples in silence.

use std::borrow::Cow;
use std::fmt;

use memchr::memchr2;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::document::{LevelKeys, Push, RECORD_KEYS, levels};
use super::tuple::{TupleFault, looks_like_tuple};
use super::{LogKind, Sink};

const STRAY: &str = "a tuple outside of flowTuples";
const NO_RECORD: &str = "a record is no object";

/// Tells every value of the record that is in a shape no flow log has, and every tuple outside of `flowTuples`.
pub(super) fn tell_record<S: Sink>(record: &str, push: &mut Push<'_, S>) {
    let Some(entries) = entries(record) else { return tell(record, NO_RECORD, push) };
    let is_nsg = entries.iter().any(|(key, value)| {
        key.eq_ignore_ascii_case("category") && value.get().to_ascii_lowercase().contains("securitygroupflow")
    });
    for (key, value) in entries {
        let value = value.get();
        match RECORD_KEYS.iter().position(|known| key.eq_ignore_ascii_case(known)) {
            Some(5) => tell_level(value, levels(LogKind::VNet), push),
            Some(6) if is_nsg || is_object(value) => tell_level(value, levels(LogKind::Nsg), push),
            Some(7) => match items(value) {
                Some(records) => records.into_iter().for_each(|record| tell_record(record.get(), push)),
                None => tell(value, "records is no list", push),
            },
            _ => tell_strays(value, push),
        }
    }
}

/// Tells what stands in a list of records and is no object.
pub(super) fn tell_element<S: Sink>(element: &str, push: &mut Push<'_, S>) {
    tell(element, NO_RECORD, push);
}

/// Tells every tuple in a text that holds none in a flow log.
pub(super) fn tell_strays<S: Sink>(text: &str, push: &mut Push<'_, S>) {
    for (tuple, offset) in tuples_in(text, push) {
        push.misshapen(STRAY, &tuple, offset);
    }
}

/// An object with the keys of the first of `levels`.
fn tell_level<S: Sink>(object: &str, levels: &[LevelKeys], push: &mut Push<'_, S>) {
    let Some((level, inner)) = levels.split_first() else { return };
    if object == "null" {
        return;
    }
    let Some(entries) = entries(object) else { return tell(object, level.no_object, push) };
    let is_list = |key: &str| key.eq_ignore_ascii_case(level.list);
    if !level.may_lack_list && !entries.iter().any(|(key, _)| is_list(key)) {
        return tell(object, level.missing, push);
    }
    for (key, value) in entries {
        let value = value.get();
        if !is_list(&key) {
            tell_strays(value, push);
            continue;
        }
        match items(value) {
            None if value == "null" => {}
            None => tell(value, level.no_list, push),
            Some(items) if inner.is_empty() => {
                for item in items.iter().filter(|item| !item.get().starts_with('"')) {
                    tell(item.get(), TupleFault::NotText.reason(), push);
                }
            }
            Some(items) => items.iter().for_each(|item| tell_level(item.get(), inner, push)),
        }
    }
}

/// Tells one value: its tuples one by one if it has any.
fn tell<S: Sink>(value: &str, reason: &'static str, push: &mut Push<'_, S>) {
    let tuples = tuples_in(value, push);
    if tuples.is_empty() {
        let offset = push.offset_of(value);
        push.misshapen(reason, value, offset);
    }
    for (tuple, offset) in tuples {
        push.misshapen(reason, &tuple, offset);
    }
}

/// What looks like a tuple in the strings of `text`, which need not be whole JSON, with its offset in the input.
/// A list that became one string has blanks between its tuples.
fn tuples_in<'t, S: Sink>(text: &'t str, push: &Push<'_, S>) -> Vec<(Cow<'t, str>, u64)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, behind)) = rest.split_once('"') {
        let Some(length) = string_length(behind) else { break };
        let (raw, tail) = behind.split_at(length);
        rest = tail.get(1..).unwrap_or_default();
        match unescaped(raw) {
            Cow::Borrowed(raw) => {
                let words = raw.split_ascii_whitespace().filter(|word| looks_like_tuple(word));
                found.extend(words.map(|word| (Cow::Borrowed(word), push.offset_of(word))));
            }
            Cow::Owned(text) => {
                let words = text.split_ascii_whitespace().filter(|word| looks_like_tuple(word));
                found.extend(words.map(|word| (Cow::Owned(word.to_owned()), push.offset_of(raw))));
            }
        }
    }
    found
}

/// Length of the string whose opening quotation mark stands before `text`.
fn string_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    loop {
        at += memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes.get(at) == Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
}

fn unescaped(raw: &str) -> Cow<'_, str> {
    if !raw.contains('\\') {
        return Cow::Borrowed(raw);
    }
    serde_json::from_str(&format!("\"{raw}\"")).map_or(Cow::Borrowed(raw), Cow::Owned)
}

fn is_object(value: &str) -> bool {
    value.starts_with('{')
}

/// The values of a list; `None` if it is none.
fn items(list: &str) -> Option<Vec<&RawValue>> {
    serde_json::from_str(list).ok()
}

/// Keys and values of an object; `None` if it is none.
fn entries(object: &str) -> Option<Vec<(Cow<'_, str>, &RawValue)>> {
    serde_json::from_str::<Entries<'_>>(object).ok().map(|entries| entries.0)
}

/// A key may stand twice in an object: no map.
struct Entries<'de>(Vec<(Cow<'de, str>, &'de RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(parser: D) -> Result<Self, D::Error> {
        parser.deserialize_map(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Entries(entries))
    }
}
