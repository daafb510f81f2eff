//! Databases in `MaxMind`'s format: countries and autonomous systems of addresses.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use maxminddb::{LookupResult, MaxMindDbError, Reader, WithinOptions};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::facts::Country;
use super::prefixes::{Prefixes, Spans};
use crate::flow::Network;
use crate::text::escape;

/// Characters of an organisation's name.
const MOST_CHARACTERS: usize = 128;

/// Why a file is no database of use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseError {
    /// It is none, or damaged.
    #[error("this is no whole MaxMind database ({0}); download it again")]
    Damaged(String),
    /// It says other things.
    #[error(
        "this database, of the type {0}, says neither country nor autonomous system of any address; give one of \
         countries, cities or ASNs"
    )]
    Other(String),
}

/// What databases say: nothing of the file stays in memory but this.
///
/// Memory: 12 bytes (IPv4) or 48 (IPv6) for each range of addresses that share a country, or a system.
#[derive(Debug, Default)]
pub(super) struct Origins {
    pub(super) countries: Prefixes<Country>,
    /// Numbers of autonomous systems.
    pub(super) systems: Prefixes<u32>,
    /// Number and organisation of each system.
    pub(super) names: BTreeMap<u32, Arc<str>>,
}

impl Origins {
    /// Everything in a database. Each of its entries is read whole, so that damage is met here and not later.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, DatabaseError> {
        let reader = Reader::from_source(bytes).map_err(damaged)?;
        let (mut countries, mut systems, mut names) = (Spans::default(), Spans::default(), BTreeMap::new());
        // Many networks have the same entry.
        let mut known: HashMap<usize, Origin, RandomState> = HashMap::default();
        // So many leaves has a tree of so many nodes: more are met only if nodes are met twice.
        let most = u64::from(reader.metadata().node_count) + 1;
        let all = WithinOptions::default().include_networks_without_data();
        for (found, place) in reader.networks(all).map_err(damaged)?.zip(1..) {
            let found = found.map_err(damaged)?;
            if place > most {
                return Err(DatabaseError::Damaged("its tree of networks leads back into itself".to_owned()));
            }
            let Some(offset) = found.offset() else { continue };
            let origin = if let Some(origin) = known.get(&offset) {
                *origin
            } else {
                let origin = entry(&found, &reader, &mut names)?;
                known.insert(offset, origin);
                origin
            };
            if origin == Origin::default() {
                continue;
            }
            let network = found.network().map_err(damaged)?;
            let network = Network::around(network.ip(), network.prefix());
            if let Some(country) = origin.country {
                countries.push(network, country);
            }
            if let Some(system) = origin.system {
                systems.push(network, system);
            }
        }
        let origins = Self { countries: countries.finish(), systems: systems.finish(), names };
        if origins.countries.is_empty() && origins.systems.is_empty() {
            return Err(other(&reader));
        }
        Ok(origins)
    }

    /// What this says and, where it says nothing, what `other` does.
    pub(super) fn or(self, other: Self) -> Self {
        let mut names = other.names;
        names.extend(self.names);
        Self { countries: self.countries.or(other.countries), systems: self.systems.or(other.systems), names }
    }
}

/// What one entry says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Origin {
    country: Option<Country>,
    system: Option<u32>,
}

/// The keys of an entry that count.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct Entry<'d> {
    #[serde(borrow)]
    country: Place<'d>,
    #[serde(borrow)]
    registered_country: Place<'d>,
    autonomous_system_number: Option<u32>,
    #[serde(borrow)]
    autonomous_system_organization: Option<&'d str>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct Place<'d> {
    #[serde(borrow)]
    iso_code: Option<&'d str>,
}

impl Place<'_> {
    fn code(&self) -> Option<Country> {
        Country::parse(self.iso_code?)
    }
}

fn entry(
    found: &LookupResult<'_, &[u8]>,
    reader: &Reader<&[u8]>,
    names: &mut BTreeMap<u32, Arc<str>>,
) -> Result<Origin, DatabaseError> {
    found.decode::<Seen>().map_err(damaged)?;
    let entry: Entry<'_> = found.decode().map_err(|_| other(reader))?.unwrap_or_default();
    let system = entry.autonomous_system_number.filter(|number| *number > 0);
    if let Some(number) = system {
        let organisation = entry.autonomous_system_organization.unwrap_or_default().trim();
        let name: String = format!("AS{number} {organisation}").chars().take(MOST_CHARACTERS).collect();
        names.entry(number).or_insert_with(|| name.trim_end().into());
    }
    // Where its users are or, failing that, where it is registered.
    Ok(Origin { country: entry.country.code().or_else(|| entry.registered_country.code()), system })
}

fn other(reader: &Reader<&[u8]>) -> DatabaseError {
    DatabaseError::Other(escape(&reader.metadata().database_type, false).into_owned())
}

#[allow(clippy::needless_pass_by_value)] // for map_err
fn damaged(error: MaxMindDbError) -> DatabaseError {
    DatabaseError::Damaged(escape(&error.to_string(), false).into_owned())
}

/// Any value, read to its end.
struct Seen;

impl<'de> Deserialize<'de> for Seen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SeenVisitor)
    }
}

struct SeenVisitor;

/// Kinds of values that hold no others.
macro_rules! plain {
    ($($visit:ident: $kind:ty),*) => {
        $(fn $visit<E>(self, _: $kind) -> Result<Seen, E> { Ok(Seen) })*
    };
}

impl<'de> Visitor<'de> for SeenVisitor {
    type Value = Seen;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    plain!(visit_bool: bool, visit_i32: i32, visit_i64: i64, visit_u16: u16, visit_u32: u32, visit_u64: u64,
        visit_u128: u128, visit_f32: f32, visit_f64: f64, visit_str: &str, visit_bytes: &[u8]);

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Seen, A::Error> {
        while values.next_element::<Seen>()?.is_some() {}
        Ok(Seen)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Seen, A::Error> {
        while entries.next_entry::<Seen, Seen>()?.is_some() {}
        Ok(Seen)
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use flowlog_testkit::mmdb::Mmdb;
    use serde_json::json;

    use super::*;

    fn countries() -> Mmdb {
        let place = |code: &str| json!({ "country": { "iso_code": code, "names": { "en": "Somewhere" } } });
        Mmdb::new("GeoLite2-Country")
            .row("203.0.113.0/24", &place("RU"))
            .row("203.0.113.128/25", &place("DE"))
            .row("198.51.100.0/24", &json!({ "registered_country": { "iso_code": "us" }, "score": 0.5 }))
            .row("2001:db8::/32", &place("ES"))
            .row("192.0.2.0/24", &json!({ "continent": { "code": "EU" } }))
    }

    fn systems() -> Mmdb {
        let row = json!({ "autonomous_system_number": 64500, "autonomous_system_organization": "Example" });
        Mmdb::new("GeoLite2-ASN")
            .row("203.0.113.0/24", &row)
            .row("198.51.100.0/25", &json!({ "autonomous_system_number": 64501 }))
    }

    #[test]
    fn countries_and_systems_are_found_by_address() {
        let found = Origins::read(&countries().bytes()).unwrap();
        let country = |text: &str| {
            let country: Option<Country> = found.countries.find(text.parse::<IpAddr>().unwrap());
            country.map(|country| country.to_string())
        };
        let expected = [Some("RU"), Some("DE"), Some("US"), Some("ES"), None, None];
        let asked = ["203.0.113.7", "203.0.113.200", "198.51.100.1", "2001:db8::1", "192.0.2.1", "10.0.0.4"]
            .map(country);
        assert_eq!(asked, expected.map(|code| code.map(str::to_owned)));
        assert!(found.systems.is_empty());
        let found = Origins::read(&systems().bytes()).unwrap();
        assert_eq!(found.systems.find("203.0.113.255".parse().unwrap()), Some(64500));
        assert_eq!([&*found.names[&64500], &*found.names[&64501]], ["AS64500 Example", "AS64501"]);
    }

    #[test]
    fn a_damaged_database_is_told_wherever_the_damage_is() {
        let whole = countries().bytes();
        assert!(Origins::read(&whole).is_ok());
        let damaged = |bytes: &[u8]| matches!(Origins::read(bytes), Err(DatabaseError::Damaged(_)));
        assert!(damaged(b"") && damaged(b"no database") && damaged(&whole[..whole.len() / 2]));
        // A number of half its size in a key that nobody needs, and a text without an end.
        for value in [&b"\x64\x3f\xe0\x00\x00"[..], b"\x5fabc"] {
            let row = [&b"\xe1\x45score"[..], value].concat();
            assert!(damaged(&countries().raw("100.64.0.0/10", &row).bytes()), "{value:?}");
        }
        // Any byte changed: an answer or a sentence, no panic and no endless walk.
        for place in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[place] ^= 0x55;
            let _ = Origins::read(&bytes);
        }
    }

    #[test]
    fn a_database_of_other_things_is_told_by_its_type() {
        let other = Mmdb::new("Anonymous-IP").row("203.0.113.0/24", &json!({ "is_anonymous": true })).bytes();
        assert_eq!(Origins::read(&other).unwrap_err(), DatabaseError::Other("Anonymous-IP".to_owned()));
        let other = Mmdb::new("Flat").row("203.0.113.0/24", &json!({ "country": "DE" })).bytes();
        assert_eq!(Origins::read(&other).unwrap_err(), DatabaseError::Other("Flat".to_owned()));
    }
}
