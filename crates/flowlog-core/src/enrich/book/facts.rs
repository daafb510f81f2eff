//! What is known of an address, and of all addresses that some result mentions.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::AddressBook;

/// One kind of what files say of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FactKind {
    /// A name.
    Name,
    /// A country's code.
    Country,
    /// The autonomous system that announces it.
    As,
    /// Lists of threats that hold it.
    Threat,
}

impl FactKind {
    /// Every kind, in the order of columns.
    pub const ALL: [Self; 4] = [Self::Name, Self::Country, Self::As, Self::Threat];

    /// The key in JSON, and the last part of a column's head.
    pub fn key(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Country => "country",
            Self::As => "as",
            Self::Threat => "threat",
        }
    }

    /// The head of a column that says it of the source.
    pub fn source_column(self) -> &'static str {
        match self {
            Self::Name => "source_name",
            Self::Country => "source_country",
            Self::As => "source_as",
            Self::Threat => "source_threat",
        }
    }

    /// The head of a column that says it of the destination.
    pub fn destination_column(self) -> &'static str {
        match self {
            Self::Name => "destination_name",
            Self::Country => "destination_country",
            Self::As => "destination_as",
            Self::Threat => "destination_threat",
        }
    }

    /// The option whose files say it.
    pub fn option(self) -> &'static str {
        match self {
            Self::Name => "--names",
            Self::Country | Self::As => "--mmdb",
            Self::Threat => "--threat-list",
        }
    }
}

/// What is known of one address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct HostFacts {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Arc<str>>,
    /// Where its users are, or where it is registered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    /// The autonomous system that announces it: `AS64496 Example`.
    #[serde(rename = "as", skip_serializing_if = "Option::is_none")]
    pub system: Option<Arc<str>>,
    /// Names of the lists of threats that hold it, with commas between them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threat: Option<Arc<str>>,
}

impl HostFacts {
    /// True if nothing is known.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// One of the facts as text.
    pub fn get(&self, kind: FactKind) -> Option<&str> {
        match kind {
            FactKind::Name => self.name.as_deref(),
            FactKind::Country => self.country.as_ref().map(Country::as_str),
            FactKind::As => self.system.as_deref(),
            FactKind::Threat => self.threat.as_deref(),
        }
    }
}

/// A country's code: two capital letters (ISO 3166-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Country([u8; 2]);

impl Country {
    /// Of two letters, large or small.
    pub fn parse(text: &str) -> Option<Self> {
        let letters: [u8; 2] = text.as_bytes().try_into().ok()?;
        let is_code = letters.iter().all(u8::is_ascii_alphabetic);
        is_code.then(|| Self(letters.map(|letter| letter.to_ascii_uppercase())))
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// A number in the order of codes, never 0.
    pub(super) fn number(self) -> u64 {
        u16::from_be_bytes(self.0).into()
    }

    pub(super) fn of_number(number: u64) -> Option<Self> {
        let letters = u16::try_from(number).ok()?.to_be_bytes();
        Self::parse(std::str::from_utf8(&letters).ok()?)
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Country {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// The addresses that a result mentions and of which something is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct KnownHosts(BTreeMap<String, HostFacts>);

impl KnownHosts {
    /// Of `texts` those that are addresses, or an address and a port, and that `book` knows. Each is looked up once.
    pub fn of<'t>(book: &AddressBook, texts: impl IntoIterator<Item = &'t str>) -> Self {
        let mut known = BTreeMap::new();
        if book.is_empty() {
            return Self(known);
        }
        for text in texts {
            let text = address_part(text);
            if !known.contains_key(text)
                && let Ok(address) = text.parse::<IpAddr>()
            {
                known.insert(text.to_owned(), book.facts(address));
            }
        }
        known.retain(|_, facts| !facts.is_empty());
        Self(known)
    }

    /// Of the words of a text those that are addresses; what [`told`](Self::told) can name.
    pub fn of_sentence(book: &AddressBook, text: &str) -> Self {
        Self::of(book, text.split(' ').map(bare))
    }

    /// True if nothing is known of any.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is known of an address.
    pub fn get(&self, address: &str) -> Option<&HostFacts> {
        self.0.get(address)
    }

    /// A text with the name of each address in brackets behind it.
    pub fn told(&self, text: &str) -> String {
        if self.is_empty() {
            return text.to_owned();
        }
        let word = |word: &str| {
            let bare = bare(word);
            let name = self.get(address_part(bare)).and_then(|facts| facts.name.as_deref());
            match name {
                Some(name) => format!("{bare} ({name}){}", word.get(bare.len()..).unwrap_or_default()),
                None => word.to_owned(),
            }
        };
        text.split(' ').map(word).collect::<Vec<_>>().join(" ")
    }
}

/// A word without what ends a sentence or a part of it.
fn bare(word: &str) -> &str {
    word.trim_end_matches([',', ':', ';', '.', ')'])
}

/// `10.0.0.4` of `10.0.0.4:443`, `fd00::1` of `[fd00::1]:443`; any other text as it is.
fn address_part(text: &str) -> &str {
    if let Some((address, _)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return address;
    }
    match text.split_once(':') {
        Some((address, port)) if !port.contains(':') => address,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::super::AddressBookBuilder;
    use super::*;

    #[test]
    fn names_stand_behind_the_addresses_of_a_sentence() {
        let mut builder = AddressBookBuilder::default();
        builder.names(b"10.0.0.4,db01\nfd00::1,web\n").unwrap();
        let book = builder.finish();
        let known = KnownHosts::of(&book, ["10.0.0.4", "10.0.0.5", "[fd00::1]:443", "any host"]);
        assert_eq!(known.0.keys().collect::<Vec<_>>(), ["10.0.0.4", "fd00::1"]);
        assert_eq!(
            known.told("10.0.0.4 tries 10.0.0.4:1433, [fd00::1]:443 and 10.0.0.5: in vain, then 10.0.0.4."),
            "10.0.0.4 (db01) tries 10.0.0.4:1433 (db01), [fd00::1]:443 (web) and 10.0.0.5: in vain, then 10.0.0.4 \
             (db01)."
        );
        let sentence = "10.0.0.5 and [fd00::1]:443: 3 tries.";
        assert_eq!(
            KnownHosts::of_sentence(&book, sentence).told(sentence),
            "10.0.0.5 and [fd00::1]:443 (web): 3 tries."
        );
        assert!(KnownHosts::of(&AddressBook::default(), ["10.0.0.4"]).is_empty());
    }
}
