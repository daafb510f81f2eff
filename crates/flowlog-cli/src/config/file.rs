//! One file, read and checked key by key.

use std::io;
use std::path::{Path, PathBuf};

use flowlog_core::finding::{Suppression, Suppressions, Thresholds};
use flowlog_core::flow::OwnNetwork;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Table;
use toml::de::{DeTable, DeValue};

use super::ConfigError;
use super::limits::{self, Slip};
use crate::bounded::{self, SETTINGS_BYTES};
use crate::spelling::nearest;

/// What a file says.
pub(super) struct File {
    pub(super) named: Named,
    /// Limits of detectors, by section; every one may be what it is.
    pub(super) limits: Table,
}

/// Everything but the limits.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Named {
    pub(super) internal: Vec<String>,
    pub(super) service_tags: Option<PathBuf>,
    pub(super) rules: Vec<PathBuf>,
    pub(super) names: Vec<PathBuf>,
    pub(super) mmdb: Vec<PathBuf>,
    pub(super) threat_list: Vec<PathBuf>,
    pub(super) storage_account: Option<String>,
    pub(super) container_name: Option<String>,
    pub(super) csv_delimiter: Option<String>,
    pub(super) csv_bom: Option<bool>,
    pub(super) lang: Option<String>,
    pub(super) suppress: Vec<Suppression>,
}

/// The keys of [`Named`].
pub(super) const KEYS: [&str; 12] = [
    "internal",
    "service_tags",
    "rules",
    "names",
    "mmdb",
    "threat_list",
    "storage_account",
    "container_name",
    "csv_delimiter",
    "csv_bom",
    "lang",
    "suppress",
];

/// A step from a table or list to what is in it.
#[derive(Clone, Copy)]
pub(super) enum Step<'a> {
    Key(&'a str),
    Entry(usize),
}

impl File {
    pub(super) fn read(path: &Path) -> Result<Self, ConfigError> {
        let failed = |cause| ConfigError::Read { path: path.to_owned(), cause };
        let bytes = bounded::read(path, SETTINGS_BYTES).map_err(failed)?;
        let utf8 = |_| failed(io::Error::other("it is not saved as UTF-8"));
        let text = String::from_utf8(bytes).map_err(utf8)?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let mut limits: Table = parse(path, text)?;
        let at = |steps: &[Step], message| ConfigError::at(path, text, locate(text, steps), message);
        for key in limits.keys().filter(|key| !KEYS.contains(&key.as_str())) {
            let sections = Thresholds::sections();
            if !sections.iter().any(|(section, _)| section == key) {
                let names = KEYS.into_iter().chain(sections.iter().map(|(section, _)| *section));
                let message = format!("there is no setting {key}; {}", instead(key, names));
                return Err(at(&[Step::Key(key)], message));
            }
        }
        let named: Named = parse(path, text)?;
        limits.retain(|key, _| !KEYS.contains(&key));
        limits::check(&limits).map_err(|Slip { section, key, message }| {
            let steps: Vec<Step> =
                [Some(section.as_str()), key.as_deref()].into_iter().flatten().map(Step::Key).collect();
            at(&steps, message)
        })?;
        named.check().map_err(|(steps, message)| at(&steps, message))?;
        Ok(Self { named, limits })
    }
}

impl Named {
    /// What the types do not say.
    fn check(&self) -> Result<(), ([Step<'static>; 2], String)> {
        for (place, network) in self.internal.iter().enumerate() {
            let read = network.parse::<OwnNetwork>();
            read.map_err(|cause| ([Step::Key("internal"), Step::Entry(place)], cause.to_string()))?;
        }
        for (place, entry) in self.suppress.iter().enumerate() {
            let alone = Suppressions { suppress: vec![entry.clone()] };
            alone
                .check()
                .map_err(|cause| ([Step::Key("suppress"), Step::Entry(place)], cause.to_string()))?;
        }
        if let Some(word) = &self.csv_delimiter {
            let told = |message| ([Step::Key("csv_delimiter"); 2], message);
            delimiter(word).map_err(told)?;
        }
        if let Some(code) = &self.lang {
            lang(code).map_err(|message| ([Step::Key("lang"); 2], message))?;
        }
        if let Some(name) = &self.storage_account {
            // No address: a file that lies in a folder must not send a login elsewhere.
            let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
            if !(3..=24).contains(&name.len()) || !name.bytes().all(letter) {
                let message = "a storage account's name has 3 to 24 lower-case letters and digits";
                return Err(([Step::Key("storage_account"); 2], message.to_owned()));
            }
        }
        Ok(())
    }
}

/// The code of a language that reports can be in: `en` or `es`.
///
/// # Errors
/// Another word.
pub(super) fn lang(code: &str) -> Result<(), String> {
    let known = ["en", "es"].contains(&code);
    if known { Ok(()) } else { Err(format!("there is no language {code}; en and es are known")) }
}

/// What parts the cells of a CSV file: `,`, `;` or `tab`.
///
/// # Errors
/// Another word.
pub fn delimiter(word: &str) -> Result<u8, String> {
    match word {
        "," => Ok(b','),
        ";" => Ok(b';'),
        "tab" | "\t" => Ok(b'\t'),
        _ => Err("it is , or ; or tab".to_owned()),
    }
}

/// The name that was probably meant, or those there are.
pub(super) fn instead<'a>(typed: &str, names: impl Iterator<Item = &'a str> + Clone) -> String {
    match nearest(typed, names.clone()) {
        Some(name) => format!("did you mean {name}?"),
        None => format!("there are {}", names.collect::<Vec<_>>().join(", ")),
    }
}

fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, ConfigError> {
    toml::from_str(text).map_err(|cause| {
        let byte = cause.span().map_or(0, |span| span.start);
        ConfigError::at(path, text, byte, cause.message().replace('\n', ", "))
    })
}

/// The byte at which what the steps lead to is written; as far as they lead.
fn locate(text: &str, steps: &[Step]) -> usize {
    let Ok(table) = DeTable::parse(text) else { return 0 };
    let (mut byte, mut value) = (0, &DeValue::Table(table.into_inner()));
    for step in steps {
        let next = match (step, value) {
            (Step::Key(key), DeValue::Table(table)) => table
                .iter()
                .find(|(name, _)| name.get_ref() == key)
                .map(|(name, value)| (name.span().start, value)),
            (Step::Entry(place), DeValue::Array(list)) => {
                list.get(*place).map(|value| (value.span().start, value))
            }
            _ => None,
        };
        let Some((start, found)) = next else { break };
        (byte, value) = (start, found.get_ref());
    }
    byte
}
