//! Tables -> report.

use std::collections::BTreeMap;

use super::connections::{connections, resolved};
use super::coverage::coverage;
use super::rank::Ranked;
use super::{
    ConversationRow, DeniedRow, DeniedSourceRow, FileRow, IncompleteRow, MalformedExample, MalformedRow,
    PortRow, ProblemCounts, Report, RetryRow, SCHEMA_VERSION, Totals, classes, encryption, problems, rules,
    rules_file, specific,
};
use crate::aggregate::Aggregate;
use crate::enrich::ServiceTags;
use crate::finding::{FindingOptions, detect};
use crate::flow::{Direction, Encryption, Network, OwnNetworks, State};
use crate::policy::Nsg;

/// What the person asked of the report.
#[derive(Clone, Debug)]
pub struct ReportOptions {
    /// Entries of the top lists.
    pub top: usize,
    /// Entries of each problem list; [`Report::problem_counts`] tells the full number.
    pub problem_limit: usize,
    /// Addresses and networks that get a section of their own.
    pub specific: Vec<Network>,
    /// What several logs tell of was counted once.
    pub resolve: bool,
    /// Limits of the detectors, and what they are not to tell.
    pub finding: FindingOptions,
    /// Networks that are one's own.
    pub own: OwnNetworks,
    /// Microsoft's public addresses, if a list was given.
    pub service_tags: Option<ServiceTags>,
    /// The rules as configured, if a file was given.
    pub nsgs: Option<Vec<Nsg>>,
}

impl Default for ReportOptions {
    fn default() -> Self {
        Self {
            top: 15,
            problem_limit: 10_000,
            specific: Vec::new(),
            resolve: true,
            finding: FindingOptions::default(),
            own: OwnNetworks::default(),
            service_tags: None,
            nsgs: None,
        }
    }
}

/// Makes the report of everything in `aggregate`, whose groups must have ended. `files` are in path order.
pub fn build(aggregate: &Aggregate, files: Vec<FileRow>, options: &ReportOptions) -> Report {
    let ranked = Ranked::new(aggregate);
    let overall = &aggregate.overall;
    let limit = options.problem_limit;
    let mut counts = ProblemCounts::default();
    // Half of the time goes into the pairs of hosts, which need nothing of the rest.
    let ((port_scans, findings), others) = std::thread::scope(|scope| {
        let scans = scope.spawn(|| {
            let mut found = 0;
            let scans = (problems::port_scans(&ranked, limit, &mut found), found);
            let findings = (!aggregate.evidence.is_off()).then(|| detect(aggregate, &options.finding));
            (scans, findings)
        });
        let others = Lists::new(&ranked, limit, &mut counts);
        (scans.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), others)
    });
    counts.port_scans = port_scans.1;
    Report {
        schema_version: SCHEMA_VERSION,
        coverage: coverage(aggregate, &files),
        resolved: resolved(aggregate, options.resolve),
        connections: connections(aggregate),
        totals: totals(aggregate, &ranked, &files),
        states: State::ALL
            .iter()
            .map(|&state| (state.letter(), overall.state(state)))
            .filter(|&(letter, tuples)| letter != 'A' || tuples > 0)
            .collect(),
        directions: [Direction::Inbound, Direction::Outbound]
            .map(|direction| (direction.letter(), overall.direction(direction)))
            .into(),
        protocols: overall.protocols().into_iter().map(|(protocol, tuples)| (protocol.0, tuples)).collect(),
        encryption: encryption_words(aggregate),
        classes: classes::classes(aggregate, &options.own, options.service_tags.as_ref()),
        encryption_pairs: encryption::pairs(aggregate, limit),
        rules: rules::rules(aggregate),
        admin_access: rules::admin_access(aggregate, &options.own),
        rules_file: options.nsgs.as_deref().map(|nsgs| rules_file::compare(aggregate, nsgs)),
        top_sources: ranked.top_hosts(options.top, |host| &host.as_source),
        top_destinations: ranked.top_hosts(options.top, |host| &host.as_destination),
        top_ports: ranked.top_ports(options.top),
        findings,
        denied: others.denied,
        incomplete: others.incomplete,
        retries: others.retries,
        one_way: others.one_way,
        low_payload: others.low_payload,
        high_volume: others.high_volume,
        unusual_ports: others.unusual_ports,
        denied_sources: others.denied_sources,
        port_scans: port_scans.0,
        problem_counts: counts,
        specific_ips: options
            .specific
            .iter()
            .map(|query| specific::section(&ranked, query, options.top))
            .collect(),
        files,
        malformed: malformed(aggregate),
    }
}

/// The problem lists that rank conversations, ports and hosts.
struct Lists {
    denied: Vec<DeniedRow>,
    incomplete: Vec<IncompleteRow>,
    retries: Vec<RetryRow>,
    one_way: Vec<ConversationRow>,
    low_payload: Vec<ConversationRow>,
    high_volume: Vec<ConversationRow>,
    unusual_ports: Vec<PortRow>,
    denied_sources: Vec<DeniedSourceRow>,
}

impl Lists {
    fn new(ranked: &Ranked<'_>, limit: usize, counts: &mut ProblemCounts) -> Self {
        Self {
            denied: problems::denied(ranked, limit, &mut counts.denied),
            incomplete: problems::incomplete(ranked, limit, &mut counts.incomplete),
            retries: problems::retries(ranked, limit, &mut counts.retries),
            one_way: problems::one_way(ranked, limit, &mut counts.one_way),
            low_payload: problems::low_payload(ranked, limit, &mut counts.low_payload),
            high_volume: problems::high_volume(ranked, limit, &mut counts.high_volume),
            unusual_ports: problems::unusual_ports(ranked, limit, &mut counts.unusual_ports),
            denied_sources: problems::denied_sources(ranked, limit, &mut counts.denied_sources),
        }
    }
}

/// Tuples by word: those we know, those we do not, and those that are too many to be told apart.
fn encryption_words(aggregate: &Aggregate) -> BTreeMap<String, u64> {
    let known = Encryption::ALL.into_iter().filter(|&word| word != Encryption::Unknown);
    let known = known.map(|word| (word.word(), aggregate.overall.encryption(word)));
    let others = (Encryption::Unknown.word(), aggregate.words.others());
    // A log may have the word `?` itself.
    let mut words = BTreeMap::new();
    for (word, tuples) in
        known.chain(aggregate.words.iter()).chain([others]).filter(|&(_, tuples)| tuples > 0)
    {
        *words.entry(word.to_owned()).or_default() += tuples;
    }
    words
}

fn totals(aggregate: &Aggregate, ranked: &Ranked<'_>, files: &[FileRow]) -> Totals {
    let overall = &aggregate.overall;
    let sum = |field: fn(&FileRow) -> u64| files.iter().map(field).sum();
    Totals {
        files: files.len() as u64,
        files_with_errors: sum(|file| u64::from(file.error.is_some())),
        input_bytes: sum(|file| file.bytes),
        records: sum(|file| file.records),
        tuples: overall.tuples,
        malformed: sum(|file| file.malformed),
        denied_by_rule: overall.state(State::Deny) - overall.dropped,
        dropped_for_encryption: overall.dropped,
        packets_sent: overall.counters.packets_sent,
        bytes_sent: overall.counters.bytes_sent,
        packets_received: overall.counters.packets_received,
        bytes_received: overall.counters.bytes_received,
        unique_sources: ranked.count_hosts(|host| host.as_source.tuples),
        unique_destinations: ranked.count_hosts(|host| host.as_destination.tuples),
        unique_nics: aggregate.nics.len() as u64,
        conversations: ranked.conversations(),
        first_time_ms: overall.times.map(|(first, _)| first),
        last_time_ms: overall.times.map(|(_, last)| last),
    }
}

fn malformed(aggregate: &Aggregate) -> Vec<MalformedRow> {
    let mut rows: Vec<MalformedRow> = aggregate
        .faults
        .iter()
        .map(|(reason, fault)| MalformedRow {
            reason: reason.to_owned(),
            tuples: fault.tuples,
            examples: fault
                .examples
                .iter()
                .map(|(path, offset, text)| MalformedExample {
                    path: path.clone(),
                    offset: *offset,
                    text: text.clone(),
                })
                .collect(),
        })
        .collect();
    rows.sort_by(|a, b| b.tuples.cmp(&a.tuples).then_with(|| a.reason.cmp(&b.reason)));
    rows
}
