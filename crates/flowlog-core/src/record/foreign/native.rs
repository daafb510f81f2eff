//! Whether an object is Azure's own: told by its keys, up to the first one that only a record of a flow log has.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// True for a record, and for what breaks off before it can be told.
pub(super) fn is_native(object: &str) -> bool {
    Keys.deserialize(&mut serde_json::Deserializer::from_str(object)).is_err()
}

struct Keys;

/// A key, known or not.
struct Key;

impl Visitor<'_> for Key {
    /// It is that of records of Azure's; it is `records`.
    type Value = (bool, bool);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        let own = key.eq_ignore_ascii_case("flowRecords") || key.eq_ignore_ascii_case("properties");
        Ok((own, key.eq_ignore_ascii_case("records")))
    }
}

impl<'t> DeserializeSeed<'t> for Key {
    type Value = (bool, bool);

    fn deserialize<D: Deserializer<'t>>(self, parser: D) -> Result<Self::Value, D::Error> {
        parser.deserialize_str(self)
    }
}

impl<'t> Visitor<'t> for Keys {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object that is no record")
    }

    /// An error ends the reading: nothing behind is looked at.
    fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some((own, records)) = map.next_key_seed(Key)? {
            if own {
                return Err(Error::custom("a record"));
            }
            if records {
                let value: &RawValue = map.next_value()?;
                if value.get().starts_with('[') {
                    return Err(Error::custom("a list of records"));
                }
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

impl<'t> DeserializeSeed<'t> for Keys {
    type Value = ();

    fn deserialize<D: Deserializer<'t>>(self, parser: D) -> Result<(), D::Error> {
        parser.deserialize_map(self)
    }
}
