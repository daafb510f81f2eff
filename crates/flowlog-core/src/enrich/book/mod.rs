//! What the person's own files say of addresses: names, countries and autonomous systems, lists of threats.

mod facts;
mod mmdb;
mod names;
mod origins;
mod prefixes;
mod threats;

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use crate::flow::Network;
pub use facts::{Country, FactKind, HostFacts, KnownHosts};
pub use mmdb::DatabaseError;
use mmdb::{Database, Origin};
use origins::Origins;
use prefixes::Prefixes;
pub use prefixes::Ranges;
use threats::ThreatList;

/// Lists of threats at most: each is a bit.
pub const MOST_LISTS: usize = 64;

/// What is wrong with a file about addresses, and in which line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct LineError {
    /// From 1.
    pub line: u64,
    /// What is wrong there.
    pub message: String,
}

impl LineError {
    fn new(line: u64, message: impl Into<String>) -> Self {
        Self { line, message: message.into() }
    }
}

/// Everything the files say, put together file by file.
#[derive(Debug, Default)]
pub struct AddressBookBuilder {
    named: Vec<(Network, String)>,
    origins: Origins,
    threats: Vec<(String, Vec<Network>)>,
}

impl AddressBookBuilder {
    /// Adds a file of names: CSV of address or network and name, or what `az network nic list` or
    /// `az vm list-ip-addresses` prints. What comes later counts.
    ///
    /// # Errors
    /// The first line that cannot be used.
    pub fn names(&mut self, bytes: &[u8]) -> Result<(), LineError> {
        self.named.extend(names::parse(bytes)?);
        Ok(())
    }

    /// Adds a database in `MaxMind`'s format: what it says comes over what earlier ones do. Entries are decoded when an
    /// address asks for them; `name` is what the database is called if one is damaged ([`AddressBook::damage`]).
    ///
    /// # Errors
    /// It is none, damaged in its head or in its first networks, or of other things.
    pub fn database(&mut self, name: &str, bytes: Vec<u8>) -> Result<(), DatabaseError> {
        self.origins.push(Database::open(name, bytes)?);
        Ok(())
    }

    /// Adds a list of threats, at most [`MOST_LISTS`]: an address or network a line, comments behind `#` and `;`. Lists of
    /// one name are one list.
    ///
    /// # Errors
    /// The first line that cannot be used.
    pub fn threats(&mut self, name: &str, bytes: &[u8]) -> Result<(), LineError> {
        let networks = threats::parse(bytes)?;
        if let Some((_, known)) = self.threats.iter_mut().find(|(known, _)| known == name) {
            known.extend(networks);
            return Ok(());
        }
        if self.threats.len() == MOST_LISTS {
            return Err(LineError::new(1, format!("this is one list too many: {MOST_LISTS} can be used")));
        }
        self.threats.push((name.to_owned(), networks));
        Ok(())
    }

    /// The book.
    pub fn finish(self) -> AddressBook {
        let distinct: BTreeSet<&str> = self.named.iter().map(|(_, name)| name.as_str()).collect();
        let names: Vec<Arc<str>> = distinct.into_iter().map(Arc::from).collect();
        let number =
            |name: &String| names.binary_search_by(|known| (**known).cmp(name.as_str())).unwrap_or_default();
        let named = Prefixes::new(self.named.iter().map(|(network, name)| (*network, number(name))));
        let threats =
            self.threats.into_iter().map(|(name, networks)| ThreatList::new(&name, networks)).collect();
        AddressBook { names, named, origins: self.origins, threats }
    }
}

/// What the person's files say of addresses.
///
/// Memory: some 50 bytes a name and 24 an address or network of IPv4; a database of countries or systems as it is, and
/// some hundred bytes for each of its entries that was asked for.
#[derive(Debug, Default)]
pub struct AddressBook {
    /// In order, each once.
    names: Vec<Arc<str>>,
    /// Places of `names`.
    named: Prefixes<usize>,
    origins: Origins,
    threats: Vec<ThreatList>,
}

impl AddressBook {
    /// True if no file says anything.
    pub fn is_empty(&self) -> bool {
        self.kinds().is_empty()
    }

    /// The kinds of facts that some file says anything of.
    pub fn kinds(&self) -> Vec<FactKind> {
        FactKind::ALL.into_iter().filter(|kind| self.has(*kind)).collect()
    }

    /// True if some file says anything of this kind.
    pub fn has(&self, kind: FactKind) -> bool {
        match kind {
            FactKind::Name => !self.names.is_empty(),
            FactKind::Country => self.origins.have_countries(),
            FactKind::As => self.origins.have_systems(),
            FactKind::Threat => !self.threats.is_empty(),
        }
    }

    /// All names, in order.
    pub fn names(&self) -> &[Arc<str>] {
        &self.names
    }

    /// What is known of an address.
    pub fn facts(&self, address: IpAddr) -> HostFacts {
        let text = |kind| self.text(self.number(address, kind), kind);
        HostFacts {
            name: text(FactKind::Name),
            country: self.origins.country(address),
            system: self.origins.system(address).map(|(_, name)| name),
            threat: text(FactKind::Threat),
        }
    }

    /// A fact of an address as a number, of names and countries one whose order is theirs; 0 if it is not known.
    pub fn number(&self, address: IpAddr, kind: FactKind) -> u64 {
        match kind {
            FactKind::Name => self.named.find(address).map_or(0, |place| place as u64 + 1),
            FactKind::Country => self.origins.country(address).map_or(0, Country::number),
            FactKind::As => self.origins.system(address).map_or(0, |(number, _)| number.into()),
            FactKind::Threat => self.threat(address),
        }
    }

    /// The text of such a number.
    pub fn text(&self, number: u64, kind: FactKind) -> Option<Arc<str>> {
        let before = number.checked_sub(1)?;
        match kind {
            FactKind::Name => self.names.get(usize::try_from(before).ok()?).cloned(),
            FactKind::Country => Country::of_number(number).map(|country| country.as_str().into()),
            FactKind::As => self.origins.name(u32::try_from(number).ok()?),
            FactKind::Threat => {
                let lists = self.threats.iter().enumerate().filter(|(place, _)| number >> place & 1 == 1);
                Some(lists.map(|(_, list)| &*list.name).collect::<Vec<_>>().join(", ").into())
            }
        }
    }

    /// The lists of threats that hold an address, a bit each in the order in which they were given.
    #[inline]
    pub fn threat(&self, address: IpAddr) -> u64 {
        let holding = self.threats.iter().enumerate().filter(|(_, list)| list.holds(address));
        holding.fold(0, |bits, (place, _)| bits | 1 << place)
    }

    /// Names of the lists of threats, in the order in which they were given.
    pub fn threat_lists(&self) -> impl Iterator<Item = &str> {
        self.threats.iter().map(|list| &*list.name)
    }

    /// The addresses on the lists of threats that `is` says; `None` if it says none.
    pub fn threatening(&self, is: impl Fn(&str) -> bool) -> Option<Ranges> {
        let mut lists = self.threats.iter().filter(|list| is(&list.name)).peekable();
        lists.peek()?;
        let (mut v4, mut v6) = Ranges::default();
        for list in lists {
            let ranges = list.ranges();
            v4.extend(ranges.0);
            v6.extend(ranges.1);
        }
        Some((v4, v6))
    }

    /// The addresses of a country. Where a database is damaged they are not whole ([`damage`](Self::damage)).
    pub fn of_country(&self, country: Country) -> Ranges {
        self.origins.ranges(|origin| origin.country).ranges(|other| other == country)
    }

    /// The addresses of the autonomous systems that `is` says, of number and name (`AS64496 Example`). Where a database is
    /// damaged they are not whole ([`damage`](Self::damage)).
    pub fn of_system(&self, is: impl Fn(u32, &str) -> bool) -> Ranges {
        let asked = |origin: &Origin| origin.system.as_ref().map(|(number, name)| is(*number, name));
        self.origins.ranges(asked).ranges(|is_asked| is_asked)
    }

    /// The first damage that was met in a database since it was opened, and the database's name: what it says there is not
    /// known.
    pub fn damage(&self) -> Option<(&str, &DatabaseError)> {
        self.origins.damage()
    }

    /// The addresses whose name is one of those that `is` says.
    pub fn named(&self, is: impl Fn(&str) -> bool) -> Ranges {
        let is: Vec<bool> = self.names.iter().map(|name| is(name)).collect();
        self.named.ranges(|place| is.get(place).copied().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_file_counts_and_a_smaller_network_more() {
        let mut builder = AddressBookBuilder::default();
        builder.names(b"10.0.0.0/24,subnet\n10.0.0.4,old\n").unwrap();
        builder.names(b"10.0.0.4,new\n10.0.0.0/16,vnet\n").unwrap();
        let book = builder.finish();
        let name = |address: &str| book.facts(address.parse().unwrap()).name;
        let expected = [Some("new"), Some("subnet"), Some("vnet"), None].map(|name| name.map(Arc::from));
        assert_eq!(["10.0.0.4", "10.0.0.5", "10.0.9.9", "10.1.0.0"].map(name), expected);
        assert_eq!(
            book.names().iter().map(|name| &**name).collect::<Vec<_>>(),
            ["new", "old", "subnet", "vnet"]
        );
        assert_eq!(book.named(|name| name == "new").0, [(0x0a00_0004, 0x0a00_0004)]);
        assert_eq!(book.named(|name| name == "old").0, []);
    }

    #[test]
    fn an_address_is_on_several_lists_and_lists_of_one_name_are_one() {
        let mut builder = AddressBookBuilder::default();
        builder.threats("rented", b"81.2.69.0/24\n").unwrap();
        builder.threats("level5", b"81.2.69.142\n").unwrap();
        builder.threats("level5", b"203.0.113.7\n2001:db8::/32\n").unwrap();
        let book = builder.finish();
        let threat = |address: &str| book.facts(address.parse().unwrap()).threat;
        let expected = ["rented, level5", "rented", "level5", "level5"].map(|lists| Some(Arc::from(lists)));
        assert_eq!(["81.2.69.142", "81.2.69.1", "::ffff:203.0.113.7", "2001:db8::1"].map(threat), expected);
        assert_eq!(threat("203.0.113.8"), None);
        assert_eq!(book.kinds(), [FactKind::Threat]);
        assert_eq!(book.threat_lists().collect::<Vec<_>>(), ["rented", "level5"]);
        assert_eq!(book.threatening(|name| name == "other"), None);
        let (v4, v6) = book.threatening(|name| name == "level5").unwrap();
        assert_eq!((v4.len(), v6.len()), (2, 1));
        let mut builder = AddressBookBuilder::default();
        for number in 0..MOST_LISTS {
            builder.threats(&number.to_string(), b"203.0.113.7").unwrap();
        }
        assert!(builder.threats("more", b"203.0.113.7").is_err());
        assert_eq!(builder.finish().threat("203.0.113.7".parse().unwrap()), u64::MAX);
    }
}
