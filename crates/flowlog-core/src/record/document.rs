//! Meaning: what one record object says.
//!
//! `serde_json` drives; the visitors here push tuples into the [`Sink`] while the parser walks over
//! the record's bytes, so that nothing is collected. Keys may come in any order: a list that comes
//! before the keys which give it its context is held as a raw slice until the object's end.
//! Values of an unexpected type are never fatal: they are noticed here, and `shape` tells of them.
//!
//! ```text
//! VNet  flowRecords{ flows[{ aclID, flowGroups[{ rule, flowTuples[] }] }] }
//! NSG   properties { flows[{ rule,  flows     [{ mac,  flowTuples[] }] }] }
//! ```

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::name::{MAX_ID_BYTES, MAX_NAME_BYTES, bounded};
use super::time::unix_ms;
use super::tuple::looks_like_tuple;
use super::{LogKind, Sink};
use crate::error::Stranger;

/// Notices every value whose type the visitor has no use for, and passes it over.
macro_rules! notice {
    (@scalars) => {
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok(self.odd())
        }
        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok(self.odd())
        }
        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok(self.odd())
        }
        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok(self.odd())
        }
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a JSON value")
        }
    };
    (@null) => {
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
    };
    (@strings) => {
        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok(self.odd())
        }
    };
    (@lists) => {
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            while list.next_element::<IgnoredAny>()?.is_some() {}
            Ok(self.odd())
        }
    };
    (@objects) => {
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(self.odd())
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
mod push;

use levels::{Found, Tuples};
pub(super) use levels::{LevelKeys, levels};
pub(super) use push::{Counts, Push, RecordEnd, read_record, tell_beside};

/// A string; anything else counts as absent.
struct Text<'o> {
    odd: &'o mut bool,
}

impl Text<'_> {
    fn odd<T>(self) -> Option<T> {
        *self.odd = true;
        None
    }
}

impl<'de> Visitor<'de> for Text<'_> {
    type Value = Option<Cow<'de, str>>;
    notice!(@lists);
    notice!(@objects);
    notice!(@null);
    notice!(@scalars);
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        *self.odd |= looks_like_tuple(text);
        Ok(Some(Cow::Borrowed(text)))
    }
    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        *self.odd |= looks_like_tuple(text);
        Ok(Some(Cow::Owned(text.to_owned())))
    }
}

impl<'de> DeserializeSeed<'de> for Text<'_> {
    type Value = Option<Cow<'de, str>>;
    any_value!();
}

/// A value that no flow log has; what looks like a tuple in it is noticed.
struct Unknown<'o> {
    odd: &'o mut bool,
}

impl Unknown<'_> {
    #[allow(clippy::unused_self)] // scalars are of no interest here
    fn odd(self) {}
}

impl<'de> Visitor<'de> for Unknown<'_> {
    type Value = ();
    notice!(@scalars);
    notice!(@null);
    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        *self.odd |= looks_like_tuple(text.trim_ascii_start());
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Unknown { odd: self.odd })?.is_some() {}
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_key::<IgnoredAny>()?.is_some() {
            map.next_value_seed(Unknown { odd: self.odd })?;
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Unknown<'_> {
    type Value = ();
    any_value!();
}

/// The index of a key among those that matter, whatever its case.
struct Key<'k>(&'k [&'static str]);

impl Visitor<'_> for Key<'_> {
    type Value = Option<usize>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }
    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().position(|known| key.eq_ignore_ascii_case(known)))
    }
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Option<usize>;
    fn deserialize<D: Deserializer<'de>>(self, parser: D) -> Result<Self::Value, D::Error> {
        parser.deserialize_str(self)
    }
}

/// A record, or any other object that stands in its place.
struct RecordObject<'p, 'a, S> {
    push: &'p mut Push<'a, S>,
}

pub(super) const RECORD_KEYS: &[&str] = &[
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
    /// Its time, once it is [`Self::complete`].
    time_ms: Option<i64>,
}

/// What the keys of an object that may be a record hold.
#[derive(Default)]
struct Content {
    vnet: Option<Found>,
    nsg: Option<Found>,
    /// Records inside it: Microsoft's own NSG version 1 sample has them.
    records: bool,
}

impl<S> RecordObject<'_, '_, S> {
    fn odd(self) {
        self.push.odd = true;
    }
}

impl<'de, S: Sink> Visitor<'de> for RecordObject<'_, '_, S> {
    type Value = ();
    notice!(@scalars);
    notice!(@null);
    notice!(@strings);
    notice!(@lists);

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let push = self.push;
        push.counted = false;
        let mut context = Context::default();
        let mut held: Vec<(LogKind, &'de RawValue)> = Vec::new();
        let mut content = Content::default();
        while let Some(key) = map.next_key_seed(Key(RECORD_KEYS))? {
            let text = Text { odd: &mut push.odd };
            let name = |text: Option<Cow<'de, str>>| text.map(|text| bounded(text, MAX_NAME_BYTES));
            match key {
                Some(0) => context.time = map.next_value_seed(text)?,
                Some(1) => context.mac = name(map.next_value_seed(text)?),
                Some(2 | 3) => {
                    context.resource = map.next_value_seed(text)?.map(|text| bounded(text, MAX_ID_BYTES));
                }
                Some(4) => context.category = name(map.next_value_seed(text)?),
                Some(key @ (5 | 6)) => {
                    let kind = if key == 5 { LogKind::VNet } else { LogKind::Nsg };
                    let known = context.time.is_some() && context.resource.is_some();
                    // NSG records name the NIC further in.
                    if known && (kind == LogKind::Nsg || context.mac.is_some()) {
                        context.complete(kind, push)?;
                        let found = map.next_value_seed(Tuples::root(push, &context, kind))?;
                        content.take(kind, found);
                    } else {
                        held.push((kind, map.next_value()?));
                    }
                }
                Some(7) => {
                    map.next_value_seed(RecordList { push })?;
                    content.records = true;
                }
                _ => map.next_value_seed(Unknown { odd: &mut push.odd })?,
            }
        }
        for (kind, raw) in held {
            context.complete(kind, push)?;
            let found = Tuples::root(push, &context, kind)
                .deserialize(&mut serde_json::Deserializer::from_str(raw.get()))
                .map_err(serde::de::Error::custom)?;
            content.take(kind, found);
        }
        content.count(context.category.as_deref(), push);
        Ok(())
    }
}

impl Context<'_> {
    /// Everything is known of a record but its tuples, which come next.
    ///
    /// # Errors
    /// Another file has a record like this one: it is to be looked at before anything of it is counted.
    fn complete<S, E: serde::de::Error>(&mut self, kind: LogKind, push: &mut Push<'_, S>) -> Result<(), E> {
        self.time_ms = self.time.as_deref().and_then(unix_ms);
        let Some(time_ms) = self.time_ms else { return Ok(()) };
        // NSG records name the NIC further in, whether or not they name it here.
        let mac = self.mac.as_deref().filter(|_| kind == LogKind::VNet).unwrap_or_default();
        let resource = self.resource.as_deref().unwrap_or_default();
        if push.is_new(time_ms, mac, resource) { Ok(()) } else { Err(E::custom("not looked at yet")) }
    }
}

impl Content {
    fn take(&mut self, kind: LogKind, found: Found) {
        let slot = if kind == LogKind::VNet { &mut self.vnet } else { &mut self.nsg };
        *slot = (*slot).max(Some(found));
    }

    /// Counts the object as what it is: a flow-log record, records in an envelope, or something else.
    fn count<S: Sink>(&self, category: Option<&str>, push: &mut Push<'_, S>) {
        push.seen = None;
        let is = |name: &str| category.is_some_and(|category| category.eq_ignore_ascii_case(name));
        let (is_vnet, is_nsg) = (is("FlowLogFlowEvent"), is("NetworkSecurityGroupFlowEvent"));
        // Other logs have `properties` of their own.
        let nsg = self.nsg.filter(|&found| found != Found::WrongType || is_nsg);
        if self.vnet.max(nsg) >= Some(Found::WrongType) {
            push.odd |= self.vnet.max(nsg) == Some(Found::WrongType);
            push.count_record();
        } else if !self.records {
            push.counts.others += 1;
            push.counts.first_other.get_or_insert_with(|| {
                let missing = match (self.vnet, self.nsg) {
                    (Some(_), _) => Some("flowRecords.flows"),
                    (None, None) if is_vnet => Some("flowRecords"),
                    (None, None) if is_nsg => Some("properties"),
                    (None, Some(_)) if is_nsg => Some("properties.flows"),
                    _ => None,
                };
                (push.offset, Stranger { category: category.map(str::to_owned), missing, keys: Vec::new() })
            });
        }
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

impl<S> RecordList<'_, '_, S> {
    fn odd(self) {
        self.push.odd = true;
    }
}

impl<'de, S: Sink> Visitor<'de> for RecordList<'_, '_, S> {
    type Value = ();
    notice!(@scalars);
    notice!(@null);
    notice!(@strings);
    notice!(@objects);
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

impl<S> Tuple<'_, '_, S> {
    fn odd(self) {
        self.push.odd = true;
    }
}

impl<'de, S: Sink> Visitor<'de> for Tuple<'_, '_, S> {
    type Value = ();
    notice!(@scalars);
    notice!(@lists);
    notice!(@objects);
    #[inline]
    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.push.tuple(text);
        Ok(())
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        self.odd();
        Ok(())
    }
}

impl<'de, S: Sink> DeserializeSeed<'de> for Tuple<'_, '_, S> {
    type Value = ();
    any_value!();
}
