//! Several databases of countries and autonomous systems as one.

use std::net::IpAddr;
use std::sync::Arc;

use super::facts::Country;
use super::mmdb::{Database, DatabaseError, Origin};
use super::prefixes::Prefixes;

/// Databases, the one that counts first: where it says nothing, the next one is asked.
#[derive(Debug, Default)]
pub(super) struct Origins(Vec<Database>);

impl Origins {
    /// Adds one that counts before all others.
    pub(super) fn push(&mut self, database: Database) {
        self.0.insert(0, database);
    }

    pub(super) fn have_countries(&self) -> bool {
        self.0.iter().any(|database| database.has_countries)
    }

    pub(super) fn have_systems(&self) -> bool {
        self.0.iter().any(|database| database.has_systems)
    }

    /// The country of an address.
    #[inline]
    pub(super) fn country(&self, address: IpAddr) -> Option<Country> {
        self.0
            .iter()
            .filter(|database| database.has_countries)
            .find_map(|database| database.find(address)?.country)
    }

    /// Number and name of the autonomous system of an address.
    #[inline]
    pub(super) fn system(&self, address: IpAddr) -> Option<(u32, Arc<str>)> {
        let mut systems = self.0.iter().filter(|database| database.has_systems);
        systems.find_map(|database| database.find(address)?.system.clone())
    }

    /// The name of a system of which some address was asked for.
    pub(super) fn name(&self, number: u32) -> Option<Arc<str>> {
        self.0.iter().find_map(|database| database.system(number))
    }

    /// The networks of which `value` makes something. Reads the databases whole.
    pub(super) fn ranges<T: Copy + PartialEq>(&self, value: impl Fn(&Origin) -> Option<T>) -> Prefixes<T> {
        let ranges = self.0.iter().rev().map(|database| database.ranges(&value));
        ranges.reduce(|below, above| above.or(below)).unwrap_or_default()
    }

    /// The first damage, and the database it is in.
    pub(super) fn damage(&self) -> Option<(&str, &DatabaseError)> {
        self.0.iter().find_map(|database| Some((&*database.name, database.damage()?)))
    }
}
