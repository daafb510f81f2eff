//! The levels between a record and its tuples.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{Context, Key, Push, Text, Tuple, Unknown};
use crate::record::name::{MAX_ID_BYTES, MAX_NAME_BYTES, bounded};
use crate::record::{LogKind, RecordContext, Sink};

/// One nesting level between a record and its tuples.
pub(in crate::record) struct LevelKeys {
    /// The key of its list.
    pub(in crate::record) list: &'static str,
    /// The key that gives the list its context.
    pub(in crate::record) context: Option<&'static str>,
    /// The context is kept at this length.
    pub(in crate::record) context_bytes: usize,
    /// Without its list, the object is none of a flow log.
    pub(in crate::record) may_lack_list: bool,
    /// What is wrong if it is no object, has no list, or has something else in its place.
    pub(in crate::record) no_object: &'static str,
    pub(in crate::record) missing: &'static str,
    pub(in crate::record) no_list: &'static str,
}

const VNET_LEVELS: &[LevelKeys] = &[
    LevelKeys {
        list: "flows",
        context: None,
        context_bytes: 0,
        may_lack_list: true,
        no_object: "flowRecords is no object",
        missing: "flowRecords has no flows",
        no_list: "flows is no list",
    },
    LevelKeys {
        list: "flowGroups",
        context: Some("aclID"),
        context_bytes: MAX_ID_BYTES,
        may_lack_list: false,
        no_object: "an element of flows is no object",
        missing: "a flow has no flowGroups",
        no_list: "flowGroups is no list",
    },
    LevelKeys {
        list: "flowTuples",
        context: Some("rule"),
        context_bytes: MAX_NAME_BYTES,
        may_lack_list: false,
        no_object: "an element of flowGroups is no object",
        missing: "a flow group has no flowTuples",
        no_list: "flowTuples is no list",
    },
];
const NSG_LEVELS: &[LevelKeys] = &[
    LevelKeys {
        list: "flows",
        context: None,
        context_bytes: 0,
        may_lack_list: true,
        no_object: "properties is no object",
        missing: "properties has no flows",
        no_list: "flows is no list",
    },
    LevelKeys {
        list: "flows",
        context: Some("rule"),
        context_bytes: MAX_NAME_BYTES,
        may_lack_list: false,
        no_object: "an element of flows is no object",
        missing: "a rule has no flows",
        no_list: "flows is no list",
    },
    LevelKeys {
        list: "flowTuples",
        context: Some("mac"),
        context_bytes: MAX_NAME_BYTES,
        may_lack_list: false,
        no_object: "an element of flows is no object",
        missing: "a NIC has no flowTuples",
        no_list: "flowTuples is no list",
    },
];

/// The levels of a kind of record, from the outside in.
pub(in crate::record) fn levels(kind: LogKind) -> &'static [LevelKeys] {
    match kind {
        LogKind::VNet => VNET_LEVELS,
        LogKind::Nsg => NSG_LEVELS,
    }
}

/// Where in a record a value stands.
#[derive(Clone, Copy)]
struct Place<'c> {
    context: &'c Context<'c>,
    kind: LogKind,
    depth: usize,
    /// Context of the level above: the ACL (VNet) or the rule (NSG).
    outer: &'c str,
}

/// What stands where a flow log has its levels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Found {
    /// An object without the list, or nothing.
    #[default]
    Nothing,
    /// Something that is not what a flow log has.
    WrongType,
    /// The list.
    List,
}

/// An object at `place`. Its value says whether it holds a list as a flow log has it.
pub(super) struct Tuples<'p, 'a, S> {
    push: &'p mut Push<'a, S>,
    place: Place<'p>,
}

impl<'p, 'a, S: Sink> Tuples<'p, 'a, S> {
    pub(super) fn root(push: &'p mut Push<'a, S>, context: &'p Context<'p>, kind: LogKind) -> Self {
        Self { push, place: Place { context, kind, depth: 0, outer: "" } }
    }

    fn odd(self) -> Found {
        // Other logs have `properties` of any type.
        self.push.odd |= self.place.depth > 0;
        Found::WrongType
    }
}

/// The list of an object at `place` whose own context is `own`.
fn list<'x, 'a, S: Sink>(push: &'x mut Push<'a, S>, place: Place<'x>, own: &'x str) -> List<'x, 'a, S> {
    let of_tuples = place.depth + 1 == levels(place.kind).len();
    if of_tuples {
        announce(push, place, own);
    }
    let place = Place { depth: place.depth + 1, outer: own, ..place };
    List { push, place, of_tuples }
}

/// Tells the sink whose tuples follow.
fn announce<S: Sink>(push: &mut Push<'_, S>, place: Place<'_>, own: &str) {
    push.count_record();
    let context = place.context;
    let resource = context.resource.as_deref().unwrap_or_default();
    let outer_mac = context.mac.as_deref().unwrap_or_default();
    let (mac, acl, rule) = match place.kind {
        LogKind::VNet => (outer_mac, place.outer, own),
        LogKind::Nsg => (if own.is_empty() { outer_mac } else { own }, resource, place.outer),
    };
    let time_ms = context.time_ms;
    let offset = push.offset;
    push.sink.record(&RecordContext { time_ms, mac, kind: place.kind, resource, offset });
    push.sink.rule(acl, rule);
}

impl<'de, S: Sink> Visitor<'de> for Tuples<'_, '_, S> {
    type Value = Found;
    notice!(@scalars);
    notice!(@null);

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Found, E> {
        Unknown { odd: &mut self.push.odd }.visit_str(text).map(|()| self.odd())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Found, A::Error> {
        Unknown { odd: &mut self.push.odd }.visit_seq(list).map(|()| self.odd())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Found, A::Error> {
        let Tuples { push, place } = self;
        let Some(level) = levels(place.kind).get(place.depth) else { return Ok(Found::Nothing) };
        let keys = [level.list, level.context.unwrap_or_default()];
        let keys = keys.get(..1 + usize::from(level.context.is_some())).unwrap_or_default();
        let mut own = level.context.is_none().then_some(Cow::Borrowed(""));
        let mut held: Vec<&'de RawValue> = Vec::new();
        let mut found = level.may_lack_list.then_some(Found::Nothing);
        while let Some(key) = map.next_key_seed(Key(keys))? {
            match (key, own.as_deref()) {
                (Some(0), Some(own)) => found = found.max(Some(map.next_value_seed(list(push, place, own))?)),
                (Some(0), None) => held.push(map.next_value()?),
                (Some(_), _) => {
                    let text = map.next_value_seed(Text { odd: &mut push.odd })?.unwrap_or_default();
                    own = Some(bounded(text, level.context_bytes));
                }
                (None, _) => map.next_value_seed(Unknown { odd: &mut push.odd })?,
            }
        }
        let own = own.unwrap_or_default();
        for raw in held {
            let of_list = list(push, place, &own)
                .deserialize(&mut serde_json::Deserializer::from_str(raw.get()))
                .map_err(serde::de::Error::custom)?;
            found = found.max(Some(of_list));
        }
        push.odd |= found.is_none();
        Ok(found.unwrap_or_default())
    }
}

impl<'de, S: Sink> DeserializeSeed<'de> for Tuples<'_, '_, S> {
    type Value = Found;
    any_value!();
}

/// A list at `place`, of objects or of tuples.
struct List<'p, 'a, S> {
    push: &'p mut Push<'a, S>,
    place: Place<'p>,
    of_tuples: bool,
}

impl<S> List<'_, '_, S> {
    fn odd(self) -> Found {
        self.push.odd = true;
        Found::WrongType
    }
}

impl<'de, S: Sink> Visitor<'de> for List<'_, '_, S> {
    type Value = Found;
    notice!(@scalars);
    notice!(@strings);
    notice!(@objects);

    fn visit_unit<E>(self) -> Result<Found, E> {
        Ok(Found::List)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Found, A::Error> {
        let List { push, place, of_tuples } = self;
        if of_tuples {
            while list.next_element_seed(Tuple { push })?.is_some() {}
        } else {
            while list.next_element_seed(Tuples { push, place })?.is_some() {}
        }
        Ok(Found::List)
    }
}

impl<'de, S: Sink> DeserializeSeed<'de> for List<'_, '_, S> {
    type Value = Found;
    any_value!();
}
