//! What the person's files say of addresses: in columns of their own behind those of addresses, and in sentences.

use flowlog_core::enrich::{AddressBook, FactKind, HostFacts, KnownHosts};
use serde_json::Value;

use super::model::{Column, Kind, Sheet};
use crate::words::Lang;

impl Sheet {
    /// With a column behind each column of addresses of which any is known.
    pub(super) fn tell(&mut self, book: &AddressBook) {
        let mut place = 0;
        while let Some(column) = self.columns.get(place) {
            let texts = || self.rows.iter().filter_map(|row| row.get(place)?.as_str());
            let known = match column.kind {
                Kind::Code => KnownHosts::of(book, texts()),
                _ => KnownHosts::default(),
            };
            place += 1;
            if !known.is_empty() {
                self.insert(place, &known);
                place += 1;
            }
        }
    }

    /// A column of what is known of the addresses in the one before `place`.
    fn insert(&mut self, place: usize, known: &KnownHosts) {
        let lang = self.lang;
        let Some(of) = self.columns.get(place - 1) else { return };
        let name = format!("{}: {}", of.name, lang.say("c_known")).into();
        self.columns.insert(place, Column { name, kind: Kind::Text, bar: false });
        for row in &mut self.rows {
            let facts = row.get(place - 1).and_then(Value::as_str).and_then(|address| known.get(address));
            row.insert(place, facts.map(|facts| words(facts, lang)).into());
        }
        // Places of other columns are told, too.
        let times = self.times.iter_mut().flatten();
        let sums = self.series.iter_mut().flat_map(|series| &mut series.columns);
        for other in times.chain(sums).filter(|other| **other >= place) {
            *other += 1;
        }
    }
}

/// Everything known of an address.
pub(super) fn words(facts: &HostFacts, lang: Lang) -> String {
    let plain = [FactKind::Name, FactKind::Country, FactKind::As];
    let plain = plain.into_iter().filter_map(|kind| facts.get(kind).map(str::to_owned));
    let lists = facts.threat.as_ref().map(|lists| lang.fill("on_list", &[("lists", lists)]));
    plain.chain(lists).collect::<Vec<_>>().join(", ")
}

/// A sentence with the names of the addresses in it.
pub(super) fn told(text: String, book: &AddressBook) -> String {
    if book.has(FactKind::Name) { KnownHosts::of_sentence(book, &text).told(&text) } else { text }
}
