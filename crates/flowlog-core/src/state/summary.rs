//! What is known beside the pairs of hosts: sums, and lists of what there are few of.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use super::Totals;
use super::coverage::LogCoverage;
use super::denials::Denials;
use super::encryption::EncryptedPairs;
use super::faults::Faults;
use super::gather::GatherOptions;
use super::hosts::Hosts;
use super::load::LoadTable;
use super::near::NearEnds;
use super::outcomes::{OutcomeCounts, Outcomes};
use super::overall::Overall;
use super::provenance::Provenance;
use super::rules::Rules;
use super::shelf::Shelf;
use super::timeline::Timeline;
use super::words::UnknownWords;

/// Everything but the pairs of hosts.
#[derive(Default)]
pub struct Summary {
    /// Counts over all tuples.
    pub overall: Overall,
    /// The same over time.
    pub timeline: Timeline,
    /// Why tuples could not be read.
    pub faults: Faults,
    /// Encryption words that this version does not know.
    pub words: UnknownWords,
    /// What there is of each NIC's log.
    pub coverage: Vec<LogCoverage>,
    /// What each rule decided.
    pub rules: Rules,
    /// Whose NIC wrote what.
    pub near: NearEnds,
    /// Addresses behind numbers.
    pub hosts: Hosts,
    /// When each NIC has tuples, if it is asked for.
    pub provenance: Provenance,
    /// Findings can be made of it: what they are made from was collected.
    pub has_evidence: bool,
    /// Who has own subnets, with no counts yet.
    subnets: EncryptedPairs,
    /// What is known once all pairs have been gathered.
    pub(super) sums: OnceLock<Sums>,
}

impl Summary {
    #[allow(clippy::too_many_arguments)] // each is one field
    pub(super) fn new(
        totals: Totals,
        coverage: Vec<LogCoverage>,
        rules: Rules,
        near: NearEnds,
        hosts: Hosts,
        provenance: Provenance,
        options: &GatherOptions,
    ) -> Self {
        let Totals { overall, timeline, words, faults } = totals;
        let own_hosts = near.own().filter_map(|host| hosts.address(host)).collect();
        let subnets = EncryptedPairs::new(options.own.clone(), own_hosts);
        let has_evidence = options.findings;
        let sums = OnceLock::new();
        Self {
            overall,
            timeline,
            faults,
            words,
            coverage,
            rules,
            near,
            hosts,
            provenance,
            has_evidence,
            subnets,
            sums,
        }
    }

    /// MAC addresses, upper case without separators.
    pub fn nics(&self) -> BTreeSet<&str> {
        self.coverage.iter().map(|log| &*log.mac).collect()
    }

    fn sums(&self) -> &Sums {
        self.sums.get_or_init(|| Sums::new(self))
    }

    /// Connections by outcome, each once; of the pairs gathered.
    pub fn outcomes(&self) -> &Outcomes {
        &self.sums().outcomes
    }

    /// What was taken out since several logs tell of it; of the pairs gathered.
    pub fn duplicates(&self) -> &OutcomeCounts {
        &self.sums().duplicates
    }

    /// Encryption between subnets; of the pairs gathered.
    pub fn encryption(&self) -> &EncryptedPairs {
        &self.sums().encryption
    }

    /// What own hosts got; of the pairs gathered.
    pub fn load(&self) -> &LoadTable {
        &self.sums().load
    }

    /// Lone denials, which nobody but [`Gather::lone`](super::Gather::lone) has heard of; of the pairs gathered.
    pub fn denials(&self) -> &Denials {
        &self.sums().denials
    }
}

/// What is summed over all pairs of hosts.
#[derive(Default)]
pub(super) struct Sums {
    pub(super) outcomes: Outcomes,
    /// What was taken out since several logs tell of it.
    pub(super) duplicates: OutcomeCounts,
    pub(super) encryption: EncryptedPairs,
    pub(super) load: LoadTable,
    pub(super) denials: Denials,
}

impl Sums {
    /// None, of what `summary` knows.
    pub(super) fn new(summary: &Summary) -> Self {
        let begin_ms = summary.overall.times.map_or(0, |(first_ms, _)| first_ms);
        Self { encryption: summary.subnets.beside(), denials: Denials::new(begin_ms), ..Self::default() }
    }

    /// Bytes in memory of what grows with the pairs.
    pub(super) fn bytes(&self) -> u64 {
        self.load.bytes() + self.denials.bytes()
    }

    /// What grows with the pairs goes to disk.
    pub(super) fn put_away(&mut self, shelf: &Arc<Shelf>) {
        self.load.put_away(shelf);
        self.denials.put_away(shelf);
    }

    /// Forgets what grows with the pairs.
    pub(super) fn clear(&mut self) {
        self.load.clear();
        self.denials.clear();
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.outcomes.add(&other.outcomes);
        self.duplicates.add(&other.duplicates);
        self.encryption.merge(other.encryption);
        self.load.merge(other.load);
        self.denials.merge(other.denials);
    }
}
