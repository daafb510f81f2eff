//! The report as one page for a browser: a file that needs nothing else and asks nobody.
//!
//! The page holds its data as JSON, and a script that is checked in (`page/`, built by `cargo xtask assets`) makes the
//! page of it. Text from a log is never read as markup: it stands in a JSON string in which no element can end, and the
//! script only ever makes text nodes of it. What is allowed to run is told by hash; everything else is refused by the
//! browser.

mod hosts;
mod known;
mod lists;
mod model;
mod network;
mod shown;
mod traffic;

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flowlog_core::charts::Charts;
use flowlog_core::enrich::AddressBook;
use flowlog_core::report::Report;
use sha2::{Digest as _, Sha256};

use crate::host::HostPage;
use crate::words::Lang;
use model::Page;

const SCRIPT: &str = include_str!("../../../page/page.min.js");
const STYLE: &str = include_str!("../../../page/page.min.css");
const LICENCES: &str = include_str!("../../../page/licences.txt");

/// What a page is made of.
#[derive(Clone, Copy)]
pub struct Told<'a> {
    /// Everything found.
    pub report: &'a Report,
    /// What only charts show.
    pub charts: &'a Charts,
    /// Hosts with a section of their own.
    pub hosts: &'a [HostPage],
    /// What files say of addresses.
    pub book: &'a AddressBook,
}

/// Writes the page.
///
/// # Errors
/// Those of `out`.
pub fn write(out: &mut impl Write, told: &Told<'_>, lang: Lang) -> io::Result<()> {
    let data = serde_json::to_string(&Page::of(told, lang))?;
    let (title, no_script, licences) = (lang.say("title"), lang.say("no_script"), lang.say("licences"));
    write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <div id=\"page\"><noscript><p>{no_script}</p></noscript></div>\n\
         <details class=\"licences\"><summary>{licences}</summary>\n<pre lang=\"en\">{}</pre></details>\n\
         <script type=\"application/json\" id=\"data\">",
        lang.code(),
        policy(),
        markup(LICENCES),
    )?;
    out.write_all(inert(&data).as_bytes())?;
    write!(out, "</script>\n<script>{SCRIPT}</script>\n</body>\n</html>\n")
}

/// What the browser may do: run this script, apply this style, and nothing else. No text becomes markup later, either.
fn policy() -> String {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text.as_bytes())));
    format!(
        "default-src 'none'; script-src {}; style-src {}; base-uri 'none'; form-action 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
        hash(SCRIPT),
        hash(STYLE)
    )
}

/// JSON in which no element of HTML begins or ends, and no line of a script.
fn inert(json: &str) -> String {
    json.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

/// A text as it stands in markup.
fn markup(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use flowlog_core::enrich::AddressBookBuilder;

    use super::*;
    use crate::render::fixture;

    fn page(report: &Report, lang: Lang) -> String {
        page_of(report, &AddressBook::default(), lang)
    }

    fn page_of(report: &Report, book: &AddressBook, lang: Lang) -> String {
        let mut out = Vec::new();
        let told = Told { report, charts: &Charts::default(), hosts: &[], book };
        write(&mut out, &told, lang).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn data(page: &str) -> serde_json::Value {
        let (_, rest) = page.split_once("id=\"data\">").unwrap();
        serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
    }

    #[test]
    fn names_stand_behind_addresses_in_sentences_and_tables() {
        let mut builder = AddressBookBuilder::default();
        builder.names(b"10.0.0.4,db01\n2001:db8:1234::/48,scanner\n").unwrap();
        let book = builder.finish();
        for lang in [Lang::En, Lang::Es] {
            let shown = data(&page_of(&fixture::rich(), &book, lang));
            assert!(shown["findings"].to_string().contains(":5678 (scanner) "), "{}", shown["findings"]);
            let tables = shown["tables"].as_array().unwrap();
            let denied = tables.iter().find(|table| table["id"] == "denied").unwrap();
            assert_eq!(
                denied["columns"][1]["name"],
                format!("{}: {}", lang.say("c_source"), lang.say("c_known"))
            );
            assert_eq!(denied["times"], serde_json::json!([11, 12]));
            let plain = data(&page(&fixture::rich(), lang));
            assert!(!plain.to_string().contains(lang.say("c_known")));
        }
    }

    #[test]
    fn what_the_page_shows_is_held() {
        let mut shown = data(&page(&fixture::rich(), Lang::En));
        shown.as_object_mut().unwrap().remove("words");
        insta::assert_snapshot!(serde_json::to_string_pretty(&shown).unwrap());
    }

    #[test]
    fn no_text_of_a_log_begins_an_element() {
        let text = page(&fixture::rich(), Lang::En);
        let (_, rest) = text.split_once("id=\"data\">").unwrap();
        let (inside, after) = rest.split_once("</script>").unwrap();
        assert!(!inside.contains(['<', '\u{2028}', '\u{2029}']));
        assert!(after.starts_with("\n<script>"));
        assert_eq!(inert("</script>\u{2028}<!--"), "\\u003c/script>\\u2028\\u003c!--");
    }

    #[test]
    fn nothing_is_loaded_and_the_policy_names_what_is_inside() {
        let text = page(&fixture::empty(), Lang::Es);
        let policy = policy();
        assert!(text.starts_with("<!DOCTYPE html>\n<html lang=\"es\">") && text.contains(&policy));
        assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"));
        for tag in ["<link", "<img", "<iframe", " src="] {
            assert!(!text.split(SCRIPT).any(|part| part.contains(tag)), "{tag}");
        }
        assert!(!SCRIPT.contains("</script") && !STYLE.contains("</style"));
    }
}
