//! Meaning: what one record object says.
//!
//! `serde_json` drives; the visitors here push tuples into the [`Sink`] while the parser walks over
//! the record's bytes, so that nothing is collected. Keys may come in any order: a list that comes
//! before the keys which give it its context is held as a raw slice until the object's end.
//! Values of an unexpected type are passed over, never fatal.
//!
//! ```text
//! VNet  flowRecords{ flows[{ aclID, flowGroups[{ rule, flowTuples[] }] }] }
//! NSG   properties { flows[{ rule,  flows     [{ mac,  flowTuples[] }] }] }
//! ```

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::tuple::{self, TupleFault};
use super::{LogKind, MalformedTuple, Sink};

/// What the decoder counts over a whole input.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    pub(super) records: u64,
    pub(super) tuples: u64,
    pub(super) malformed: u64,
    /// Objects that are no flow-log records.
    pub(super) others: u64,
    /// Category of the first of them.
    pub(super) other_category: Option<String>,
}

/// Walks over the record `bytes`, which begin at `offset` of the input.
pub(super) fn read_record<S: Sink>(
    bytes: &[u8],
    offset: u64,
    sink: &mut S,
    counts: &mut Counts,
) -> Result<(), serde_json::Error> {
    let mut push = Push { sink, counts, bytes, offset, counted: false };
    // Checking a whole record for UTF-8 at once is faster than each of its strings. What is none
    // is read up to where it goes wrong.
    match std::str::from_utf8(bytes) {
        Ok(text) => read(serde_json::Deserializer::from_str(text), &mut push),
        Err(_) => read(serde_json::Deserializer::from_slice(bytes), &mut push),
    }
}

fn read<'de, S: Sink>(
    mut parser: serde_json::Deserializer<impl serde_json::de::Read<'de>>,
    push: &mut Push<'_, S>,
) -> Result<(), serde_json::Error> {
    RecordObject { push }.deserialize(&mut parser)?;
    parser.end()
}

/// Where everything that is found goes.
struct Push<'a, S> {
    sink: &'a mut S,
    counts: &'a mut Counts,
    bytes: &'a [u8],
    offset: u64,
    /// The record at hand is counted: at its first tuples already, since it may be cut behind them.
    counted: bool,
}

impl<S: Sink> Push<'_, S> {
    fn count_record(&mut self) {
        if !std::mem::replace(&mut self.counted, true) {
            self.counts.records += 1;
        }
    }

    fn malformed(&mut self, fault: TupleFault, text: &str, offset: u64) {
        self.counts.malformed += 1;
        self.sink.malformed(&MalformedTuple { reason: fault.reason(), text, offset });
    }

    /// Offset in the input of `text`, if it is borrowed from the record; else the record's own.
    fn offset_of(&self, text: &str) -> u64 {
        let inside = text.as_ptr().addr().wrapping_sub(self.bytes.as_ptr().addr());
        if inside < self.bytes.len() { self.offset + inside as u64 } else { self.offset }
    }
}

/// Passes over every value whose type the visitor has no use for.
macro_rules! pass_over {
    (@scalars) => {
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a JSON value")
        }
    };
    (@strings) => {
        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
    };
    (@lists) => {
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            while list.next_element::<IgnoredAny>()?.is_some() {}
            Ok(Self::Value::default())
        }
    };
    (@objects) => {
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(Self::Value::default())
        }
    };
}

/// Makes a visitor its own seed.
macro_rules! any_value {
    () => {
        fn deserialize<D: Deserializer<'de>>(self, parser: D) -> Result<Self::Value, D::Error> {
            parser.deserialize_any(self)
        }
    };
}

// Behind the macros, which it uses.
mod levels;

use levels::Tuples;

/// A string; anything else counts as absent.
struct Text;

impl<'de> Visitor<'de> for Text {
    type Value = Option<Cow<'de, str>>;
    pass_over!(@scalars);
    pass_over!(@lists);
    pass_over!(@objects);
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Borrowed(text)))
    }
    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(text.to_owned())))
    }
}

impl<'de> DeserializeSeed<'de> for Text {
    type Value = Option<Cow<'de, str>>;
    any_value!();
}

/// The index of a key among those that matter, whatever its case.
struct Key(&'static [&'static str]);

impl Visitor<'_> for Key {
    type Value = Option<usize>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }
    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().position(|known| key.eq_ignore_ascii_case(known)))
    }
}

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Option<usize>;
    fn deserialize<D: Deserializer<'de>>(self, parser: D) -> Result<Self::Value, D::Error> {
        parser.deserialize_str(self)
    }
}

/// A record, or any other object that stands in its place.
struct RecordObject<'p, 'a, S> {
    push: &'p mut Push<'a, S>,
}

const RECORD_KEYS: &[&str] = &[
    "time",
    "macAddress",
    "targetResourceID",
    "resourceId",
    "category",
    "flowRecords",
    "properties",
    "records",
];

#[derive(Default)]
struct Context<'de> {
    time: Option<Cow<'de, str>>,
    mac: Option<Cow<'de, str>>,
    resource: Option<Cow<'de, str>>,
    category: Option<Cow<'de, str>>,
}

impl<'de, S: Sink> Visitor<'de> for RecordObject<'_, '_, S> {
    type Value = ();
    pass_over!(@scalars);
    pass_over!(@strings);
    pass_over!(@lists);

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let push = self.push;
        push.counted = false;
        let mut context = Context::default();
        let mut held: Vec<(LogKind, &'de RawValue)> = Vec::new();
        let mut is_flow_log = false;
        while let Some(key) = map.next_key_seed(Key(RECORD_KEYS))? {
            match key {
                Some(0) => context.time = map.next_value_seed(Text)?,
                Some(1) => context.mac = map.next_value_seed(Text)?,
                Some(2 | 3) => context.resource = map.next_value_seed(Text)?,
                Some(4) => context.category = map.next_value_seed(Text)?,
                Some(key @ (5 | 6)) => {
                    let kind = if key == 5 { LogKind::VNet } else { LogKind::Nsg };
                    let known = context.time.is_some() && context.resource.is_some();
                    // NSG records name the NIC further in.
                    if known && (kind == LogKind::Nsg || context.mac.is_some()) {
                        is_flow_log |= map.next_value_seed(Tuples::root(push, &context, kind))?;
                    } else {
                        held.push((kind, map.next_value()?));
                    }
                }
                // Microsoft's own NSG version 1 sample has records inside a record.
                Some(7) => map.next_value_seed(RecordList { push })?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        for (kind, raw) in held {
            is_flow_log |= Tuples::root(push, &context, kind)
                .deserialize(&mut serde_json::Deserializer::from_str(raw.get()))
                .map_err(serde::de::Error::custom)?;
        }
        if is_flow_log {
            push.count_record();
        } else {
            push.counts.others += 1;
            if push.counts.others == 1 {
                push.counts.other_category = context.category.map(Cow::into_owned);
            }
        }
        Ok(())
    }
}

impl<'de, S: Sink> DeserializeSeed<'de> for RecordObject<'_, '_, S> {
    type Value = ();
    any_value!();
}

/// The value of a `records` key inside a record.
struct RecordList<'p, 'a, S> {
    push: &'p mut Push<'a, S>,
}

impl<'de, S: Sink> Visitor<'de> for RecordList<'_, '_, S> {
    type Value = ();
    pass_over!(@scalars);
    pass_over!(@strings);
    pass_over!(@objects);
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(RecordObject { push: self.push })?.is_some() {}
        Ok(())
    }
}

impl<'de, S: Sink> DeserializeSeed<'de> for RecordList<'_, '_, S> {
    type Value = ();
    any_value!();
}

/// One element of `flowTuples`.
struct Tuple<'p, 'a, S> {
    push: &'p mut Push<'a, S>,
}

impl<S: Sink> Tuple<'_, '_, S> {
    fn no_text(self) {
        let offset = self.push.offset;
        self.push.malformed(TupleFault::NotText, "", offset);
    }
}

impl<'de, S: Sink> Visitor<'de> for Tuple<'_, '_, S> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a flow tuple")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        match tuple::parse(text) {
            Ok(tuple) => {
                self.push.counts.tuples += 1;
                self.push.sink.tuple(&tuple);
            }
            Err(fault) => {
                let offset = self.push.offset_of(text);
                self.push.malformed(fault, text, offset);
            }
        }
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        self.no_text();
        Ok(())
    }
    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        self.no_text();
        Ok(())
    }
    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        self.no_text();
        Ok(())
    }
    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        self.no_text();
        Ok(())
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        self.no_text();
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        self.no_text();
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        self.no_text();
        Ok(())
    }
}

impl<'de, S: Sink> DeserializeSeed<'de> for Tuple<'_, '_, S> {
    type Value = ();
    any_value!();
}
