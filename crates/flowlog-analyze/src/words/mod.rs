//! Texts in each language: one catalogue, whoever shows them.

mod findings;
mod page;
mod reasons;
mod spanish;
mod tables;

use clap::ValueEnum;
pub(crate) use findings::{line, next_step, what};
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

    /// The text of a key, which must be in the catalogue.
    pub(crate) fn say(self, key: &'static str) -> &'static str {
        let text = catalogue().find(|text| text.key == key);
        debug_assert!(text.is_some(), "no text {key}");
        text.map_or(key, |text| text.of(self))
    }

    /// The same with each `{name}` replaced.
    pub(crate) fn fill(self, key: &'static str, values: &[(&str, &str)]) -> String {
        fill(self.say(key), values)
    }
}

/// A text with each `{name}` replaced.
fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = text.to_owned();
    for (name, value) in values {
        filled = filled.replace(&format!("{{{name}}}"), value);
    }
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
    &page::TEXTS
}

fn catalogue() -> impl Iterator<Item = &'static Text> {
    page::TEXTS.iter().chain(&tables::TEXTS)
}

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

    /// Keys behind `before` in the sources of a folder.
    fn asked(folder: &str, ending: &str, before: &[&str]) -> BTreeSet<String> {
        let mut found = Vec::new();
        files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), ending, &mut found);
        let mut keys = BTreeSet::new();
        for path in found.iter().filter(|path| !path.ends_with("words/mod.rs")) {
            let source = fs::read_to_string(path).unwrap();
            for before in before {
                let quoted = source.split(before).skip(1).filter_map(|rest| rest.split('"').next());
                keys.extend(quoted.map(str::to_owned));
            }
        }
        keys
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
        let page = asked("page/src", "js", &["say(\"", "field(\""]);
        let page: BTreeSet<String> = page.into_iter().filter(|key| key != "text").collect();
        assert!(page.len() > 30, "{page:?}");
        assert_eq!(page.difference(&of_page).collect::<Vec<_>>(), Vec::<&String>::new());
        let all: BTreeSet<String> = catalogue().map(|text| text.key.to_owned()).collect();
        let program = asked("src", "rs", &[".say(\"", ".fill(\"", "col(\"", "Sheet::new(lang, \""]);
        assert!(program.len() > 60, "{program:?}");
        assert_eq!(program.difference(&all).collect::<Vec<_>>(), Vec::<&String>::new());
    }
}
