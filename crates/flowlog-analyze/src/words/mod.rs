//! Texts in each language: one catalogue, whoever shows them.

mod findings;
mod page;
mod prose;
mod reasons;
mod spanish;
mod tables;
mod titles;
mod values;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use clap::ValueEnum;
use flowlog_core::text::{bytes, count};

use crate::render::text::share;
pub(crate) use findings::{line, next_step, severities, title, title_of, what};
pub(crate) use reasons::{caveat, reason, remark, rules_limit};

/// A language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Lang {
    /// English
    #[default]
    En,
    /// Spanish
    Es,
}

impl Lang {
    /// Its code (RFC 5646).
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Es => "es",
        }
    }

    /// The one of a code.
    pub fn of_code(code: &str) -> Option<Self> {
        [Self::En, Self::Es].into_iter().find(|lang| lang.code() == code)
    }

    /// The text of a key, which must be in the catalogue.
    pub(crate) fn say(self, key: &'static str) -> &'static str {
        let text = KEYS.get(key);
        debug_assert!(text.is_some(), "no text {key}");
        text.map_or(key, |text| text.of(self))
    }

    /// The same where the text may also be something else: a title that names an address.
    pub(crate) fn title(self, text: &str) -> &str {
        KEYS.get(text).map_or(text, |text| text.of(self))
    }

    /// A count.
    pub(crate) fn count(self, value: u64) -> String {
        self.number(count(value))
    }

    /// A count and what is counted: the keys for one and for several.
    pub(crate) fn counted(self, value: u64, one: &'static str, many: &'static str) -> String {
        format!("{} {}", self.count(value), self.say(if value == 1 { one } else { many }))
    }

    /// Bytes in a readable unit.
    pub(crate) fn bytes(self, value: u64) -> String {
        self.number(bytes(value))
    }

    /// A part of a whole in percent.
    pub(crate) fn share(self, part: u64, whole: u64) -> String {
        self.number(share(part, whole))
    }

    /// A text in letters of ASCII as far as this language has others: accents are left out, as people do where they
    /// cannot be written.
    pub(crate) fn in_ascii(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Es if !text.is_ascii() => Cow::Owned(spanish::in_ascii(text)),
            _ => Cow::Borrowed(text),
        }
    }

    /// A number as English has it, as this language has it.
    pub(crate) fn number(self, english: String) -> String {
        match self {
            Self::En => english,
            Self::Es => spanish::number(&english),
        }
    }

    /// The same with each `{name}` replaced.
    pub(crate) fn fill(self, key: &'static str, values: &[(&str, &str)]) -> String {
        filled(self.say(key), values)
    }
}

/// A text with each `{name}` replaced; what is put in is not looked at again.
pub(crate) fn filled(text: &str, values: &[(&str, &str)]) -> String {
    let (mut filled, mut rest) = (String::with_capacity(text.len() * 2), text);
    while let Some((before, (name, after))) =
        rest.split_once('{').and_then(|(before, hole)| Some((before, hole.split_once('}')?)))
    {
        filled.push_str(before);
        let value = values.iter().find(|(known, _)| *known == name);
        debug_assert!(value.is_some(), "no value for {name} of {text}");
        filled.push_str(value.map_or("", |(_, value)| *value));
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// One text of the catalogue.
pub(crate) struct Text {
    /// What it is asked for by.
    pub(crate) key: &'static str,
    en: &'static str,
    es: &'static str,
}

impl Text {
    /// In one language.
    pub(crate) fn of(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::En => self.en,
            Lang::Es => self.es,
        }
    }
}

/// Rows of the catalogue: a key, the English text, the Spanish one.
const fn text(key: &'static str, en: &'static str, es: &'static str) -> Text {
    Text { key, en, es }
}

/// Texts that the page itself asks for.
pub(crate) fn of_page() -> &'static [Text] {
    page::TEXTS
}

/// A row whose key is its English text.
const fn same(en: &'static str, es: &'static str) -> Text {
    Text { key: en, en, es }
}

/// What the program says; the page asks for [`page::TEXTS`] by keys of its own.
const CATALOGUE: [&[Text]; 4] = [tables::TEXTS, titles::TEXTS, values::TEXTS, prose::TEXTS];

static KEYS: LazyLock<HashMap<&'static str, &'static Text>> =
    LazyLock::new(|| catalogue().map(|text| (text.key, text)).collect());

fn catalogue() -> impl Iterator<Item = &'static Text> {
    CATALOGUE.into_iter().flatten()
}

/// The text of a key. [`say`] and [`fill`] ask when they are compiled: a key that is not there is an error then.
pub(crate) const fn find(key: &str) -> &'static Text {
    let mut part = 0;
    while part < CATALOGUE.len() {
        let texts = CATALOGUE[part];
        let mut place = 0;
        while place < texts.len() {
            if is_same(texts[place].key.as_bytes(), key.as_bytes()) {
                return &texts[place];
            }
            place += 1;
        }
        part += 1;
    }
    panic!("no such text in the catalogue")
}

const fn is_same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut place = 0;
    while place < one.len() {
        if one[place] != other[place] {
            return false;
        }
        place += 1;
    }
    true
}

/// The text of a key of the catalogue in a language.
macro_rules! say {
    ($lang:expr, $key:literal) => {
        const { $crate::words::find($key) }.of($lang)
    };
}
pub(crate) use say;

/// The same with what stands in its holes: `fill!(lang, "{n} of {all}", n = 3, all)`.
macro_rules! fill {
    ($lang:expr, $key:literal $(, $name:ident $(= $value:expr)?)+ $(,)?) => {
        $crate::words::filled(
            const { $crate::words::find($key) }.of($lang),
            &[$((stringify!($name), &$crate::words::fill!(@value $name $(= $value)?).to_string())),+],
        )
    };
    (@value $name:ident) => { $name };
    (@value $name:ident = $value:expr) => { $value };
}
pub(crate) use fill;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;

    fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files(&path, ending, found);
            } else if path.extension().is_some_and(|found| found == ending) {
                found.push(path);
            }
        }
    }

    /// Literals that stand first behind `before` in the sources of a folder, tests left out.
    fn asked(folder: &str, ending: &str, before: &[&str]) -> BTreeSet<String> {
        let mut found = Vec::new();
        files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), ending, &mut found);
        let ours = |path: &&PathBuf| !path.ends_with("words/mod.rs") && !path.ends_with("tests.rs");
        let mut keys = BTreeSet::new();
        for path in found.iter().filter(ours) {
            let source = fs::read_to_string(path).unwrap();
            let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap();
            for before in before {
                keys.extend(source.split(before).skip(1).filter_map(literal));
            }
        }
        keys
    }

    /// The literal that a text begins with, blanks before it left out, as the compiler reads it.
    fn literal(source: &str) -> Option<String> {
        let body = source.trim_start().strip_prefix('"')?;
        let end = body.char_indices().find(|(at, char)| *char == '"' && !body[..*at].ends_with('\\'))?.0;
        let mut parts = body[..end].split("\\\n");
        let first = parts.next()?.to_owned();
        Some(parts.fold(first, |text, part| text + part.trim_start()))
    }

    fn holes(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect()
    }

    #[test]
    fn every_text_is_there_once_in_both_languages() {
        let mut keys = BTreeSet::new();
        for text in catalogue() {
            assert!(keys.insert(text.key), "{} twice", text.key);
            assert!(!text.en.is_empty() && !text.es.is_empty(), "{}", text.key);
            assert_eq!(holes(text.en), holes(text.es), "{}", text.key);
        }
    }

    #[test]
    fn no_key_is_missing() {
        let of_page: BTreeSet<String> = of_page().iter().map(|text| text.key.to_owned()).collect();
        let page = asked("page/src", "js", &["say(", "field("]);
        let page: BTreeSet<String> = page.into_iter().filter(|key| key != "text").collect();
        assert!(page.len() > 30, "{page:?}");
        assert_eq!(page.difference(&of_page).collect::<Vec<_>>(), Vec::<&String>::new());
        let all: BTreeSet<String> = catalogue().map(|text| text.key.to_owned()).collect();
        let missing = |keys: &BTreeSet<String>| keys.difference(&all).cloned().collect::<Vec<_>>();
        let program = asked("src", "rs", &[".say(", ".fill(", "col(", "Sheet::new(lang, ", "column("]);
        assert!(program.len() > 60, "{program:?}");
        assert_eq!(missing(&program), Vec::<String>::new());
        // What the terminal's page and tables look up by themselves.
        let titles =
            ["page.group(", "page.section(", "page.pair(", "toned_pair(", "short_pair(", "page.note("];
        let titles = [titles.as_slice(), &["part: ", "room(", "begin(page, ", "table(&mut page, "]].concat();
        let titles = [titles.as_slice(), &["rest(page, ", "halves(page, ", "_TITLE: &str = "]].concat();
        let columns = [" words(", "[words(", " numbers(", "[numbers(", " names(", "[names(", "addresses("];
        let mut terminal = asked("src/render", "rs", &[titles.as_slice(), columns.as_slice()].concat());
        terminal.remove("");
        assert!(terminal.len() > 150, "{}", terminal.len());
        assert_eq!(missing(&terminal), Vec::<String>::new());
    }

    #[test]
    fn names_of_values_leave_a_blank_before_the_value() {
        let mut keys = asked("src/render", "rs", &[".pair(", ".toned_pair(", ".short_pair("]);
        keys.extend(
            ["Most bytes", "Busiest services", "Denied most", "Rules that deny", "Unanswered"]
                .map(str::to_owned),
        );
        for key in keys {
            assert!(Lang::Es.title(&key).chars().count() < 20, "{key}");
        }
    }

    /// Every text that people read is another one in Spanish, but for these, which are the same.
    #[test]
    fn nothing_is_left_in_english() {
        let same: BTreeSet<&str> =
            catalogue().filter(|text| text.en == text.es).map(|text| text.en).collect();
        let meant = [
            "-",
            "A",
            "ACL",
            "AS",
            "AzurePublic",
            "B",
            "B/A",
            "Bytes",
            "Bytes A",
            "Bytes B",
            "C",
            "Conv.",
            "D",
            "E",
            "ExternalPublic",
            "InterVNet",
            "IntraVNet",
            "Multicast",
            "NIC",
            "NSG",
            "OnPremisesPrivate",
            "Other",
            "Platform",
            "VNet {name}",
            "admin",
            "bytes",
            "internet",
            "no",
            ", byte {n}:",
        ];
        assert_eq!(same.difference(&meant.into()).collect::<Vec<_>>(), Vec::<&&str>::new());
    }
}
