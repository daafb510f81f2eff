//! Whose record is it, and of when? Read without its tuples.

use std::borrow::Cow;
use std::fmt;
use std::hash::BuildHasher;

use foldhash::quality::FixedState;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use super::time::unix_ms;

/// What tells a NIC's records apart: MAC address, resource and time, as one number. `None` if the record has no
/// time, or it is behind a break.
pub(super) fn head(record: &[u8]) -> Option<u64> {
    let mut head = Head::default();
    // It is left as soon as everything is known, and a broken one where it breaks: both are errors.
    let _ = serde_json::Deserializer::from_slice(record).deserialize_map(HeadVisitor(&mut head));
    let plain = |text: &str| text.to_ascii_lowercase();
    let mac = head.mac.as_deref().unwrap_or_default().replace([':', '-'], "");
    let time = unix_ms(head.time.as_deref()?)?;
    Some(FixedState::default().hash_one((
        plain(&mac),
        plain(head.resource.as_deref().unwrap_or_default()),
        time,
    )))
}

#[derive(Default)]
struct Head<'de> {
    time: Option<Cow<'de, str>>,
    mac: Option<Cow<'de, str>>,
    resource: Option<Cow<'de, str>>,
}

struct HeadVisitor<'h, 'de>(&'h mut Head<'de>);

impl<'de> Visitor<'de> for HeadVisitor<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let head = self.0;
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            let slot = match key.as_ref() {
                key if key.eq_ignore_ascii_case("time") => &mut head.time,
                key if key.eq_ignore_ascii_case("macAddress") => &mut head.mac,
                key if key.eq_ignore_ascii_case("targetResourceID") => &mut head.resource,
                key if key.eq_ignore_ascii_case("resourceId") => &mut head.resource,
                // NSG records name the NIC further in: there is no need to walk over their tuples.
                key if key.eq_ignore_ascii_case("properties") && head.is_enough_for_nsg() => break,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            *slot = map.next_value::<Text<'de>>()?.0;
            if head.mac.is_some() && head.is_enough_for_nsg() {
                break;
            }
        }
        Err(A::Error::custom(""))
    }
}

impl Head<'_> {
    fn is_enough_for_nsg(&self) -> bool {
        self.time.is_some() && self.resource.is_some()
    }
}

/// A string; anything else counts as absent.
struct Text<'de>(Option<Cow<'de, str>>);

impl<'de> serde::Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(parser: D) -> Result<Self, D::Error> {
        let value = <&serde_json::value::RawValue>::deserialize(parser)?;
        Ok(Self(serde_json::from_str(value.get()).ok().map(Cow::Owned)))
    }
}

#[cfg(test)]
mod tests {
    use super::head;

    #[test]
    fn the_same_record_in_other_bytes_has_the_same_head() {
        let whole = r#"{"time":"2026-01-15T08:01:05.1234560Z","macAddress":"000D3A000001","targetResourceID":"/A/b","flowRecords":{"#;
        let first = head(whole.as_bytes());
        assert!(first.is_some());
        for same in [
            r#"{ "flowRecords": {"flows": [{}]}, "macAddress": "00-0d-3a-00-00-01",
                "targetResourceID": "/a/B", "time": "2026-01-15T08:01:05.123456Z" }"#,
            r#"{"TIME":"2026-01-15T09:01:05.123+01:00","resourceId":"/a/b","macaddress":"000d3a000001","flowRecords":{"flo"#,
        ] {
            assert_eq!(head(same.as_bytes()), first, "{same}");
        }
        for other in ["000D3A000002", "08:02"] {
            let other = whole.replace("000D3A000001", other).replace("08:01", "08:02");
            assert_ne!(head(other.as_bytes()), first, "{other}");
        }
        assert_eq!(head(br#"{"macAddress":"000D3A000001","targetResourceID":"/a/b"}"#), None);
        assert_eq!(head(br#"{"time":"2026-01-15T08:0"#), None);
    }
}
