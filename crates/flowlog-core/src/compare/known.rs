//! What the person's files say of the addresses in a comparison.

use super::Comparison;
use crate::enrich::{AddressBook, KnownHosts};

impl Comparison {
    /// Adds what `book` says of every address in it, each looked up once.
    pub fn know(&mut self, book: &AddressBook) {
        if book.is_empty() {
            return;
        }
        self.known_hosts = KnownHosts::of(book, self.addresses());
        let lists = [&mut self.hosts.new.rows, &mut self.hosts.vanished.rows];
        let names = lists.into_iter().flatten().map(|row| &mut row.name);
        for name in names.chain(self.host_volume.rows.iter_mut().map(|row| &mut row.name)) {
            name.facts = self.known_hosts.get(&name.ip).cloned().unwrap_or_default();
        }
    }

    /// Every text in it that may be an address.
    fn addresses(&self) -> impl Iterator<Item = &str> {
        let hosts =
            self.hosts.new.rows.iter().chain(&self.hosts.vanished.rows).map(|row| row.name.ip.as_str());
        let volumes = self.host_volume.rows.iter().map(|row| row.name.ip.as_str());
        let deltas = [&self.conversations, &self.denied];
        let conversations =
            deltas.into_iter().flat_map(|delta| delta.new.rows.iter().chain(&delta.vanished.rows));
        let ends = conversations.flat_map(|row| [row.ends.source.as_str(), row.ends.destination.as_str()]);
        let outcomes = self.service_outcomes.rows.iter().chain(&self.conversation_outcomes.rows);
        let outcomes =
            outcomes.flat_map(|row| row.source.as_deref().into_iter().chain([row.destination.as_str()]));
        let findings =
            self.findings.iter().flat_map(|found| found.new.iter().chain(&found.gone).chain(&found.still));
        let findings = findings.flat_map(|row| row.title.split([' ', ',']).chain([row.entity.as_str()]));
        hosts.chain(volumes).chain(ends).chain(outcomes).chain(findings)
    }
}
