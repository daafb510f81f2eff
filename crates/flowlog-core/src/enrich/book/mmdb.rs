//! Databases in `MaxMind`'s format: countries and autonomous systems of addresses.

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

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

/// Networks of which the entries are read when a database is opened: they tell whether it says countries or systems.
const PROBED: usize = 2_000;

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

/// A database, of which an entry is decoded when the first address that has it is asked for.
///
/// Memory: the file, and some hundred bytes for each entry that was asked for.
pub(super) struct Database {
    /// What it is called in messages.
    pub(super) name: String,
    pub(super) has_countries: bool,
    pub(super) has_systems: bool,
    reader: Reader<Vec<u8>>,
    known: RwLock<Known>,
    damage: OnceLock<DatabaseError>,
}

impl Database {
    /// Of a file's bytes. Of what it says only the first [`PROBED`] networks are read.
    pub(super) fn open(name: &str, bytes: Vec<u8>) -> Result<Self, DatabaseError> {
        let reader = Reader::from_source(bytes).map_err(damaged)?;
        let mut database = Self {
            name: name.to_owned(),
            has_countries: false,
            has_systems: false,
            reader,
            known: RwLock::default(),
            damage: OnceLock::new(),
        };
        let (mut countries, mut systems, mut read) = (false, false, 0);
        database.walk(|_, origin| {
            countries |= origin.country.is_some();
            systems |= origin.system.is_some();
            read += 1;
            read < PROBED || !(countries || systems)
        })?;
        (database.has_countries, database.has_systems) = (countries, systems);
        if countries || systems { Ok(database) } else { Err(other(&database.reader)) }
    }

    /// What it says of an address; nothing where it is damaged, which [`damage`](Self::damage) then tells.
    #[inline]
    pub(super) fn find(&self, address: IpAddr) -> Option<Arc<Origin>> {
        let address = address.to_canonical();
        if address.is_ipv6() && self.reader.metadata().ip_version == 4 {
            return None;
        }
        let found = self.reader.lookup(address).map_err(damaged).and_then(|found| self.origin(&found));
        found.unwrap_or_else(|damage| {
            self.damage.get_or_init(|| damage);
            None
        })
    }

    /// The first damage met in looking up addresses or ranges.
    pub(super) fn damage(&self) -> Option<&DatabaseError> {
        self.damage.get()
    }

    /// The networks of which `value` makes something, joined where they touch. Reads the whole database; what is behind a
    /// damaged place is left out, which [`damage`](Self::damage) then tells.
    pub(super) fn ranges<T: Copy + PartialEq>(&self, value: impl Fn(&Origin) -> Option<T>) -> Prefixes<T> {
        let mut spans = Spans::default();
        let walked = self.walk(|network, origin| {
            if let Some(value) = value(origin) {
                spans.push(network, value);
            }
            true
        });
        if let Err(damage) = walked {
            self.damage.get_or_init(|| damage);
        }
        spans.finish()
    }

    /// Tells networks and what is said of them, in order, until `each` says no.
    fn walk(&self, mut each: impl FnMut(Network, &Origin) -> bool) -> Result<(), DatabaseError> {
        // So many leaves has a tree of so many nodes: more are met only if nodes are met twice.
        let most = u64::from(self.reader.metadata().node_count) + 1;
        let all = WithinOptions::default().include_networks_without_data();
        for (found, place) in self.reader.networks(all).map_err(damaged)?.zip(1..) {
            let found = found.map_err(damaged)?;
            if place > most {
                return Err(DatabaseError::Damaged("its tree of networks leads back into itself".to_owned()));
            }
            let Some(origin) = self.origin(&found)? else { continue };
            let network = found.network().map_err(damaged)?;
            if !each(Network::around(network.ip(), network.prefix()), &origin) {
                break;
            }
        }
        Ok(())
    }

    fn origin(&self, found: &LookupResult<'_, Vec<u8>>) -> Result<Option<Arc<Origin>>, DatabaseError> {
        let Some(offset) = found.offset() else { return Ok(None) };
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).origins.get(&offset).cloned();
        if known.is_some() {
            return Ok(known);
        }
        let origin = entry(found, &self.reader)?;
        Ok(Some(self.known.write().unwrap_or_else(PoisonError::into_inner).keep(offset, origin)))
    }

    /// The name of a system of which some address was asked for: of several, the first in order.
    pub(super) fn system(&self, number: u32) -> Option<Arc<str>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).systems.get(&number).cloned()
    }
}

/// What was decoded.
#[derive(Default)]
struct Known {
    /// Entries by their place: many networks have the same one.
    origins: HashMap<usize, Arc<Origin>, RandomState>,
    systems: HashMap<u32, Arc<str>, RandomState>,
}

impl Known {
    fn keep(&mut self, offset: usize, origin: Origin) -> Arc<Origin> {
        if let Some((number, name)) = &origin.system {
            let kept = self.systems.entry(*number).or_insert_with(|| Arc::clone(name));
            // Whichever is met first.
            if name < kept {
                *kept = Arc::clone(name);
            }
        }
        Arc::clone(self.origins.entry(offset).or_insert_with(|| Arc::new(origin)))
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What one entry says.
#[derive(Debug, Default)]
pub(super) struct Origin {
    pub(super) country: Option<Country>,
    /// An autonomous system's number and name: `AS64500 Example`.
    pub(super) system: Option<(u32, Arc<str>)>,
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

/// Read whole, so that damage is met in what nobody needs, too.
fn entry(found: &LookupResult<'_, Vec<u8>>, reader: &Reader<Vec<u8>>) -> Result<Origin, DatabaseError> {
    found.decode::<Seen>().map_err(damaged)?;
    let entry: Entry<'_> = found.decode().map_err(|_| other(reader))?.unwrap_or_default();
    let system = entry.autonomous_system_number.filter(|number| *number > 0).map(|number| {
        let organisation = entry.autonomous_system_organization.unwrap_or_default().trim();
        let name: String = format!("AS{number} {organisation}").chars().take(MOST_CHARACTERS).collect();
        (number, Arc::from(name.trim_end()))
    });
    // Where its users are or, failing that, where it is registered.
    Ok(Origin { country: entry.country.code().or_else(|| entry.registered_country.code()), system })
}

fn other(reader: &Reader<Vec<u8>>) -> DatabaseError {
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

    fn open(bytes: &[u8]) -> Result<Database, DatabaseError> {
        Database::open("test.mmdb", bytes.to_vec())
    }

    #[test]
    fn countries_and_systems_are_found_by_address() {
        let found = open(&countries().bytes()).unwrap();
        let country = |text: &str| {
            let country = found.find(text.parse::<IpAddr>().unwrap())?.country;
            country.map(|country| country.to_string())
        };
        let expected = [Some("RU"), Some("DE"), Some("US"), Some("ES"), None, None];
        let asked = ["203.0.113.7", "203.0.113.200", "198.51.100.1", "2001:db8::1", "192.0.2.1", "10.0.0.4"]
            .map(country);
        assert_eq!(asked, expected.map(|code| code.map(str::to_owned)));
        assert!(found.has_countries && !found.has_systems);
        let found = open(&systems().bytes()).unwrap();
        assert!(!found.has_countries && found.has_systems);
        let system = |text: &str| found.find(text.parse().unwrap())?.system.clone();
        assert_eq!(system("203.0.113.255"), Some((64500, "AS64500 Example".into())));
        assert_eq!(system("198.51.100.200"), None);
        assert_eq!(found.system(64501).as_deref(), Some("AS64501"));
    }

    #[test]
    fn ranges_are_what_look_ups_find() {
        let found = open(&countries().bytes()).unwrap();
        let ranges = found.ranges(|origin| origin.country);
        for address in ["203.0.113.7", "203.0.113.128", "198.51.100.1", "2001:db8::1", "192.0.2.1", "::1"] {
            let address = address.parse().unwrap();
            assert_eq!(
                ranges.find(address),
                found.find(address).and_then(|origin| origin.country),
                "{address}"
            );
        }
        assert_eq!(found.damage(), None);
    }

    /// Behind as many networks as are read when it is opened, one whose entry is damaged.
    #[test]
    fn damage_far_inside_is_told_when_it_is_met() {
        let place = json!({ "country": { "iso_code": "DE" } });
        let mut large = Mmdb::new("GeoLite2-Country").raw("203.0.113.0/24", b"\xe1\x45score\x5fabc");
        for number in 0..PROBED {
            // Every second one, so that they are not one.
            large = large.row(&format!("10.{}.{}.0/24", number / 128, number % 128 * 2), &place);
        }
        let bytes = large.bytes();
        let found = open(&bytes).unwrap();
        let find = |text: &str| found.find(text.parse().unwrap())?.country;
        assert_eq!((find("10.0.0.7"), found.damage()), (Country::parse("DE"), None));
        assert_eq!(find("203.0.113.7"), None);
        assert!(matches!(found.damage(), Some(DatabaseError::Damaged(_))));
        let found = open(&bytes).unwrap();
        assert_eq!(found.ranges(|origin| origin.country).ranges(|_| true).0.len(), PROBED);
        assert!(matches!(found.damage(), Some(DatabaseError::Damaged(_))));
    }

    #[test]
    fn a_damaged_database_is_told_wherever_the_damage_is() {
        let whole = countries().bytes();
        assert!(open(&whole).is_ok());
        let damaged = |bytes: &[u8]| matches!(open(bytes), Err(DatabaseError::Damaged(_)));
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
            let Ok(found) = open(&bytes) else { continue };
            for address in ["203.0.113.7", "198.51.100.1", "2001:db8::1", "10.0.0.4"] {
                found.find(address.parse().unwrap());
            }
            found.ranges(|origin| origin.country);
        }
    }

    #[test]
    fn a_database_of_other_things_is_told_by_its_type() {
        let other = Mmdb::new("Anonymous-IP").row("203.0.113.0/24", &json!({ "is_anonymous": true })).bytes();
        assert_eq!(open(&other).unwrap_err(), DatabaseError::Other("Anonymous-IP".to_owned()));
        let other = Mmdb::new("Flat").row("203.0.113.0/24", &json!({ "country": "DE" })).bytes();
        assert_eq!(open(&other).unwrap_err(), DatabaseError::Other("Flat".to_owned()));
    }
}
