//! What the person's files say of the addresses in a report.

use super::{Ends, HostRow, Report};
use crate::enrich::{AddressBook, KnownHosts};
use crate::finding::{Finding, Findings};

impl Report {
    /// Adds what `book` says of every address in it, each looked up once.
    pub fn know(&mut self, book: &AddressBook) {
        if book.is_empty() {
            return;
        }
        self.hosts = KnownHosts::of(book, self.addresses());
        let lists = [&mut self.top_sources, &mut self.top_destinations];
        let peers = self.specific_ips.iter_mut().map(|asked| &mut asked.top_peers);
        for row in lists.into_iter().chain(peers).flatten() {
            row.name.facts = self.hosts.get(&row.name.ip).cloned().unwrap_or_default();
        }
    }

    /// Every text in it that may be an address.
    fn addresses(&self) -> impl Iterator<Item = &str> {
        let hosts = [&self.top_sources, &self.top_destinations].into_iter().flatten();
        let hosts = hosts.chain(self.specific_ips.iter().flat_map(|asked| &asked.top_peers));
        let hosts = hosts.map(|row: &HostRow| row.name.ip.as_str());
        let asked = self.specific_ips.iter().map(|asked| asked.query.as_str());
        let sources = self.denied_sources.iter().map(|row| row.source.as_str());
        let scans = self.port_scans.iter().flat_map(|row| [row.source.as_str(), row.destination.as_str()]);
        let ends = self.ends().flat_map(|ends| [ends.source.as_str(), ends.destination.as_str()]);
        let findings = self.findings.iter().flat_map(addresses);
        hosts.chain(asked).chain(sources).chain(scans).chain(ends).chain(findings)
    }

    fn ends(&self) -> impl Iterator<Item = &Ends> {
        let denied = self.denied.iter().map(|row| &row.ends);
        let incomplete = self.incomplete.iter().map(|row| &row.ends);
        let retries = self.retries.iter().map(|row| &row.ends);
        let lists = [&self.one_way, &self.low_payload, &self.high_volume, &self.heaviest];
        let conversations = lists.into_iter().flatten().map(|row| &row.ends);
        denied.chain(incomplete).chain(retries).chain(conversations)
    }
}

/// Every text in findings that may be an address.
pub fn addresses(found: &Findings) -> impl Iterator<Item = &str> {
    let scanners = found.noise.top.iter().map(|scanner| scanner.source.as_str());
    found.findings.iter().flat_map(of_finding).chain(scanners)
}

fn of_finding(finding: &Finding) -> impl Iterator<Item = &str> {
    let rows = finding
        .evidence
        .iter()
        .flat_map(|row| std::iter::once(row.source.as_str()).chain(row.destination.as_deref()));
    let words = finding.title.split([' ', ',']).map(|word| word.trim_end_matches([':', ';', '.', ')']));
    std::iter::once(finding.entity.as_str()).chain(rows).chain(words)
}
