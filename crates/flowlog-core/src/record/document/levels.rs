//! The levels between a record and its tuples.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{Context, Key, Push, Text, Tuple};
use crate::record::{LogKind, RecordContext, Sink};

/// One nesting level between a record and its tuples: the key of its list, then the key that gives the list its context.
type Level = [&'static str];
const VNET_LEVELS: &[&Level] = &[&["flows"], &["flowGroups", "aclID"], &["flowTuples", "rule"]];
const NSG_LEVELS: &[&Level] = &[&["flows"], &["flows", "rule"], &["flowTuples", "mac"]];

/// Where in a record a value stands.
#[derive(Clone, Copy)]
struct Place<'c> {
    context: &'c Context<'c>,
    kind: LogKind,
    depth: usize,
    /// Context of the level above: the ACL (VNet) or the rule (NSG).
    outer: &'c str,
}

impl Place<'_> {
    fn levels(&self) -> &'static [&'static Level] {
        match self.kind {
            LogKind::VNet => VNET_LEVELS,
            LogKind::Nsg => NSG_LEVELS,
        }
    }
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
}

/// The list of an object at `place` whose own context is `own`.
fn list<'x, 'a, S: Sink>(push: &'x mut Push<'a, S>, place: Place<'x>, own: &'x str) -> List<'x, 'a, S> {
    let of_tuples = place.depth + 1 == place.levels().len();
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
    let time_ms = context.time.as_deref().and_then(crate::record::time::unix_ms);
    let offset = push.offset;
    push.sink.record(&RecordContext { time_ms, mac, kind: place.kind, resource, offset });
    push.sink.rule(acl, rule);
}

impl<'de, S: Sink> Visitor<'de> for Tuples<'_, '_, S> {
    type Value = bool;
    pass_over!(@scalars);
    pass_over!(@strings);
    pass_over!(@lists);

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let Tuples { push, place } = self;
        let keys = place.levels().get(place.depth).copied().unwrap_or_default();
        let mut own = (keys.len() == 1).then_some(Cow::Borrowed(""));
        let mut held: Vec<&'de RawValue> = Vec::new();
        let mut found = false;
        while let Some(key) = map.next_key_seed(Key(keys))? {
            match (key, own.as_deref()) {
                (Some(0), Some(own)) => found |= map.next_value_seed(list(push, place, own))?,
                (Some(0), None) => held.push(map.next_value()?),
                (Some(_), _) => own = Some(map.next_value_seed(Text)?.unwrap_or_default()),
                (None, _) => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        let own = own.unwrap_or_default();
        for raw in held {
            found |= list(push, place, &own)
                .deserialize(&mut serde_json::Deserializer::from_str(raw.get()))
                .map_err(serde::de::Error::custom)?;
        }
        Ok(found)
    }
}

impl<'de, S: Sink> DeserializeSeed<'de> for Tuples<'_, '_, S> {
    type Value = bool;
    any_value!();
}

/// A list at `place`, of objects or of tuples.
struct List<'p, 'a, S> {
    push: &'p mut Push<'a, S>,
    place: Place<'p>,
    of_tuples: bool,
}

impl<'de, S: Sink> Visitor<'de> for List<'_, '_, S> {
    type Value = bool;
    pass_over!(@scalars);
    pass_over!(@strings);
    pass_over!(@objects);

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<bool, A::Error> {
        let List { push, place, of_tuples } = self;
        if of_tuples {
            while list.next_element_seed(Tuple { push })?.is_some() {}
        } else {
            while list.next_element_seed(Tuples { push, place })?.is_some() {}
        }
        Ok(true)
    }
}

impl<'de, S: Sink> DeserializeSeed<'de> for List<'_, '_, S> {
    type Value = bool;
    any_value!();
}
