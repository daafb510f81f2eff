//! Two sets of flow logs compared: what is new, what vanished, and what changed.
//!
//! [`compare`] works on all conversations of both sets, not on the cut lists of their reports, so that
//! every number is exact. It is a pure function, and the same seen from either side: comparing B
//! with A says "new" where comparing A with B says "vanished".

mod caveat;
mod caveats;
mod changes;
mod conversations;
mod findings;
mod known;
mod migration;
mod model;
mod rules;
mod span;
mod union;
mod volume;

pub use caveat::{Caveat, Letter};
pub use conversations::Conversations;
pub use migration::{Migration, Overlap, Reason, ReasonRow, Rest, RestRow, Sums};
pub use model::{
    Comparison, ConversationRow, Counts, Delta, Difference, FindingChanges, FindingRow, HostRow, Listed,
    Outcome, OutcomeChange, PortRow, Ratios, RuleRow, SCHEMA_VERSION, SetKind, SetSummary, VolumeChange,
};

use crate::enrich::KnownHosts;
use crate::finding::Findings;
use crate::flow::{Encryption, OwnNetworks};
use crate::report::FileSums;
use crate::state::Summary;
use span::{Scale, covered_ms};
use union::Union;

/// One of the two sets.
#[derive(Clone, Copy)]
pub struct Set<'a> {
    /// What it is called.
    pub name: &'a str,
    /// What is known beside its conversations, gathered with [`crate::state::GatherOptions::provenance`].
    pub tables: &'a Summary,
    /// What was collected of its pairs of hosts.
    pub conversations: &'a Conversations,
    /// Its files.
    pub files: FileSums,
    /// Its findings, if they were looked for.
    pub findings: Option<&'a Findings>,
}

/// Compares `b` with `a`; lists are cut to their first `limit` rows. Hosts in `own` networks are
/// one's own, as are those whose NICs wrote the logs.
pub fn compare(a: &Set<'_>, b: &Set<'_>, own: &OwnNetworks, limit: usize) -> Comparison {
    let tables = [a.tables, b.tables];
    let union = Union::new([a, b], own);
    let [total_a, total_b] = union.totals;
    let (summary_a, summary_b) = (summary(a, b, total_a), summary(b, a, total_b));
    let summaries = [&summary_a, &summary_b];
    let scale = Scale::new(summaries.map(|summary| summary.covered_ms));
    let nsg = match summaries.map(|summary| summary.kind) {
        [SetKind::Nsg, SetKind::VNet] => Some(0),
        [SetKind::VNet, SetKind::Nsg] => Some(1),
        _ => None,
    };
    let (denied, denied_from_internet) = changes::denied(&union, limit);
    let found = a.findings.zip(b.findings);
    Comparison {
        schema_version: SCHEMA_VERSION,
        across_formats: nsg.is_some(),
        per_hour: scale.per_hour,
        ratios: scale.ratios(&total_a, &total_b),
        caveats: caveats::all(summaries, tables, &union, scale.per_hour),
        service_outcomes: changes::service_outcomes(&union, limit),
        conversation_outcomes: changes::conversation_outcomes(&union, limit),
        hosts: changes::hosts(&union, limit),
        denied_only_hosts: changes::denied_only_hosts(&union),
        ports: changes::ports(&union, limit),
        conversations: changes::conversations(&union, limit),
        denied,
        denied_from_internet,
        host_volume: volume::hosts(&union, &scale, limit),
        port_volume: volume::ports(&union, &scale, limit),
        rules: rules::changes(tables, limit),
        findings: found.map(|(a, b)| findings::changes(&a.findings, &b.findings)),
        migration: nsg.map(|nsg| migration::migration(&union, [a, b], nsg, limit)),
        known_hosts: KnownHosts::default(),
        a: summary_a,
        b: summary_b,
    }
}

fn summary(set: &Set<'_>, other: &Set<'_>, counts: Counts) -> SetSummary {
    let overall = &set.tables.overall;
    let nsg = overall.encryption(Encryption::NotRecorded);
    SetSummary {
        name: set.name.to_owned(),
        kind: match (overall.tuples, nsg) {
            (0, _) => SetKind::Empty,
            (_, 0) => SetKind::VNet,
            (tuples, nsg) if tuples == nsg => SetKind::Nsg,
            _ => SetKind::Mixed,
        },
        files: set.files.files,
        files_with_errors: set.files.errors,
        tuples: overall.tuples,
        malformed: set.files.malformed,
        first_time_ms: overall.times.map(|(first, _)| first),
        last_time_ms: overall.times.map(|(_, last)| last),
        covered_ms: covered_ms(set.tables),
        nics: set.tables.nics().len() as u64,
        nics_only_here: set.tables.nics().difference(&other.tables.nics()).map(ToString::to_string).collect(),
        counts,
    }
}

#[cfg(test)]
mod tests;
