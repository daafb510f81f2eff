//! Conditions that only the person's files about addresses can answer.

use super::addresses::Addresses;
use super::field::ENDS;
use super::glob::Glob;
use super::tree::{End, Test};
use super::value::{digits, find};
use crate::enrich::{AddressBook, Country, FactKind};

/// What is asked of an end's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// It has this name; a pattern.
    Named(String),
    /// It is on a list of threats; on one whose name is so, a pattern, if one is given.
    Threat(Option<String>),
    /// It is of this country.
    Country(Country),
    /// Its autonomous system has this number, or a name like this; a pattern.
    System(String),
}

/// Why files about addresses do not answer a condition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// No file was given that could.
    #[error("{asked} asks for what {} FILE tells, and no such file was given", kind.option())]
    NoFile {
        /// The value asked for, or the condition.
        asked: String,
        /// What kind of file would tell.
        kind: FactKind,
    },
    /// No list of threats has this name.
    #[error("no list of threats is called {asked}")]
    UnknownList {
        /// The name asked for.
        asked: String,
    },
    /// No autonomous system has this number or name.
    #[error("no autonomous system is called {asked}")]
    UnknownSystem {
        /// The number or name asked for.
        asked: String,
    },
    /// None says anything of this name.
    #[error("no address is called {asked}")]
    Unknown {
        /// The name asked for.
        asked: String,
    },
}

impl Asked {
    /// A text that is no address, as a name; `None` if it was meant to be an address, is a word for an end, or is nothing.
    pub(super) fn named(text: &str) -> Option<Self> {
        let is_number = text.chars().all(|char| char.is_ascii_digit() || char == '.');
        let is_end = find(ENDS, text).is_some();
        (!is_number && !is_end && !text.contains([':', '/'])).then(|| Self::Named(text.to_owned()))
    }

    /// The same as a condition that can be asked.
    pub(super) fn answer(&self, end: End, book: &AddressBook) -> Result<Test, ResolveError> {
        match self {
            Self::Threat(list) => {
                let asked = || list.clone().unwrap_or_else(|| "threat".to_owned());
                if !book.has(FactKind::Threat) {
                    return Err(ResolveError::NoFile { asked: asked(), kind: FactKind::Threat });
                }
                let glob = Glob::new(list.as_deref().unwrap_or("*"));
                let ranges = book.threatening(|name| glob.matches(name));
                let ranges = ranges.ok_or_else(|| ResolveError::UnknownList { asked: asked() })?;
                Ok(Test::Address(end, Addresses::of_ranges(ranges)))
            }
            Self::Country(country) => {
                if !book.has(FactKind::Country) {
                    let asked = format!("country {country}");
                    return Err(ResolveError::NoFile { asked, kind: FactKind::Country });
                }
                Ok(Test::Address(end, Addresses::of_ranges(book.of_country(*country))))
            }
            Self::System(text) => {
                if !book.has(FactKind::As) {
                    return Err(ResolveError::NoFile { asked: format!("as {text}"), kind: FactKind::As });
                }
                let prefix = text.get(..2).filter(|prefix| prefix.eq_ignore_ascii_case("as"));
                let number = digits::<u32>(prefix.and_then(|_| text.get(2..)).unwrap_or(text));
                let glob = Glob::new(text);
                let organisation =
                    |name: &str| name.split_once(' ').is_some_and(|(_, name)| glob.matches(name));
                let (v4, v6) = book.of_system(|other, name| match number {
                    Some(number) => other == number,
                    None => organisation(name),
                });
                // A number is right even if the file has no address of it.
                if number.is_none() && v4.is_empty() && v6.is_empty() {
                    return Err(ResolveError::UnknownSystem { asked: text.clone() });
                }
                Ok(Test::Address(end, Addresses::of_ranges((v4, v6))))
            }
            Self::Named(text) => {
                let asked = || text.clone();
                if !book.has(FactKind::Name) {
                    return Err(ResolveError::NoFile { asked: asked(), kind: FactKind::Name });
                }
                let glob = Glob::new(text);
                let (v4, v6) = book.named(|name| glob.matches(name));
                if v4.is_empty() && v6.is_empty() {
                    return Err(ResolveError::Unknown { asked: asked() });
                }
                Ok(Test::Address(end, Addresses::of_ranges((v4, v6))))
            }
        }
    }
}
