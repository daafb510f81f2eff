//! Tables and collected pairs -> report.

use std::collections::BTreeMap;

use super::collector::Collector;
use super::connections::{connections, resolved};
use super::coverage::coverage;
use super::{
    FileRows, FileSums, ListTotals, MalformedExample, MalformedRow, OptionsRow, ProblemCounts, Rank, Report,
    SCHEMA_VERSION, SelectionRow, Tool, Totals, encryption, rules, rules_file, timeline,
};
use crate::enrich::{KnownHosts, ServiceTags};
use crate::finding::{self, FindingOptions, Findings, Scene, detect};
use crate::flow::{Direction, Encryption, Network, OwnNetworks, State};
use crate::policy::Nsg;
use crate::state::Summary;
use crate::state::{Gather, Gatherer, SpillError};

/// What the person asked of the report.
#[derive(Clone, Debug)]
pub struct ReportOptions {
    /// The program that makes the report.
    pub tool: Tool,
    /// Entries of the top lists.
    pub top: usize,
    /// What rankings go by; `None`: hosts by [`Rank::HOSTS`], others by [`Rank::OTHERS`].
    pub sort: Option<Rank>,
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
    /// What was asked for; `None` if everything was.
    pub selection: Option<SelectionRow>,
    /// How long a row of the timeline is, ms; `None`: what gives at most 61 rows.
    pub bucket_ms: Option<i64>,
}

impl Default for ReportOptions {
    fn default() -> Self {
        Self {
            tool: Tool::default(),
            top: 15,
            sort: None,
            problem_limit: 10_000,
            specific: Vec::new(),
            resolve: true,
            finding: FindingOptions::default(),
            own: OwnNetworks::default(),
            service_tags: None,
            nsgs: None,
            selection: None,
            bucket_ms: None,
        }
    }
}

/// Makes the report of everything in `gatherer`. `files` are in path order. The pairs of hosts go to what `beside` makes,
/// too, which is given back.
///
/// # Errors
/// Rows that went to disk cannot be read.
pub fn build<B: Gather>(
    gatherer: &Gatherer,
    files: FileRows,
    options: &ReportOptions,
    beside: impl Fn() -> B + Sync,
) -> Result<(Report, B), SpillError> {
    let summary = &gatherer.summary;
    let scene = Scene::new(&summary.hosts, &summary.near, &summary.overall, &options.finding);
    let finding = || summary.has_evidence.then(|| finding::Collector::new(&scene));
    let make = || ((Collector::new(summary, options), finding()), beside());
    let ((collector, finding), beside) = gatherer.gather(make)?;
    let findings = finding.map(|collected| detect(collected, gatherer)).transpose()?;
    Ok((collector.finish(files, findings)?, beside))
}

impl Collector<'_> {
    /// The report of all pairs taken. `files` are in path order; `findings` are there if they were looked for.
    ///
    /// # Errors
    /// What is kept on disk cannot be read.
    pub fn finish(self, files: FileRows, findings: Option<Findings>) -> Result<Report, SpillError> {
        let Self { tables, options, .. } = self;
        let overall = &tables.overall;
        let lists = self.problems.finish(options.top);
        let limits = (options.top, options.problem_limit);
        let hosts_by = options.sort.unwrap_or(Rank::HOSTS);
        let others_by = options.sort.unwrap_or(Rank::OTHERS);
        let [sources, destinations] = self.hosts.finish(&tables.hosts, hosts_by, limits, tables.denials())?;
        let distinct = Distinct {
            sources: sources.hosts,
            destinations: destinations.hosts,
            conversations: self.conversations,
        };
        let (top_sources, top_destinations) = (sources.top(), destinations.top());
        let (denied_sources, many_denials) = sources.denied();
        let ports = self.ports.finish();
        let (unusual_ports, unusual) = ports.unusual(options.problem_limit, others_by);
        let (timeline_bucket_ms, timeline) = timeline::timeline(&tables.timeline, options.bucket_ms);
        let (encryption_pairs, pairs) = encryption::pairs(tables, options.problem_limit);
        let list_totals = ListTotals {
            encryption_pairs: pairs,
            top_sources: distinct.sources,
            top_destinations: distinct.destinations,
            top_ports: ports.found(),
        };
        let met = self.meetings.finish(tables, options.nsgs.is_some())?;
        Ok(Report {
            schema_version: SCHEMA_VERSION,
            tool: options.tool.clone(),
            options: OptionsRow::of(options, findings.is_some()),
            selection: options
                .selection
                .clone()
                .map(|selection| SelectionRow { tuples_left_out: overall.passed, ..selection }),
            coverage: coverage(tables, files.sums(), options.selection.as_ref()),
            resolved: resolved(tables, options.resolve),
            connections: connections(tables),
            totals: totals(tables, &distinct, files.sums()),
            states: State::ALL
                .iter()
                .map(|&state| (state.letter(), overall.state(state)))
                .filter(|&(letter, tuples)| letter != 'A' || tuples > 0)
                .collect(),
            directions: [Direction::Inbound, Direction::Outbound]
                .map(|direction| (direction.letter(), overall.direction(direction)))
                .into(),
            protocols: overall
                .protocols()
                .into_iter()
                .map(|(protocol, tuples)| (protocol.0, tuples))
                .collect(),
            encryption: encryption_words(tables),
            timeline_bucket_ms,
            timeline,
            classes: self.classes.finish(),
            encryption_pairs,
            rules: rules::rules(tables, &met, others_by),
            admin_access: self.admin.finish(),
            rules_file: options.nsgs.as_deref().map(|nsgs| rules_file::compare(tables, &met, nsgs)),
            top_sources,
            top_destinations,
            top_ports: ports.top(options.top, others_by),
            list_totals,
            findings,
            denied: lists.denied,
            incomplete: lists.incomplete,
            retries: lists.retries,
            one_way: lists.one_way,
            low_payload: lists.low_payload,
            high_volume: lists.high_volume,
            heaviest: lists.heaviest,
            unusual_ports,
            denied_sources,
            port_scans: lists.port_scans,
            problem_counts: ProblemCounts {
                unusual_ports: unusual,
                denied_sources: many_denials,
                ..lists.found
            },
            specific_ips: self
                .specific
                .into_iter()
                .map(|specific| specific.finish(options.top, options.sort, &tables.hosts))
                .collect(),
            hosts: KnownHosts::default(),
            files,
            malformed: malformed(tables),
        })
    }
}

/// How many distinct ones there are.
struct Distinct {
    sources: u64,
    destinations: u64,
    conversations: u64,
}

/// Tuples by word: those we know, those we do not, and those that are too many to be told apart.
fn encryption_words(summary: &Summary) -> BTreeMap<String, u64> {
    let known = Encryption::ALL.into_iter().filter(|&word| word != Encryption::Unknown);
    let known = known.map(|word| (word.word(), summary.overall.encryption(word)));
    let others = (Encryption::Unknown.word(), summary.words.others());
    // A log may have the word `?` itself.
    let mut words = BTreeMap::new();
    for (word, tuples) in known.chain(summary.words.iter()).chain([others]).filter(|&(_, tuples)| tuples > 0)
    {
        *words.entry(word.to_owned()).or_default() += tuples;
    }
    words
}

fn totals(summary: &Summary, distinct: &Distinct, files: &FileSums) -> Totals {
    let overall = &summary.overall;
    Totals {
        files: files.files,
        files_with_errors: files.errors,
        input_bytes: files.bytes,
        records: files.records,
        tuples: overall.tuples,
        malformed: files.malformed,
        denied_by_rule: overall.state(State::Deny) - overall.dropped,
        dropped_for_encryption: overall.dropped,
        packets_sent: overall.counters.packets_sent,
        bytes_sent: overall.counters.bytes_sent,
        packets_received: overall.counters.packets_received,
        bytes_received: overall.counters.bytes_received,
        unique_sources: distinct.sources,
        unique_destinations: distinct.destinations,
        unique_nics: summary.nics().len() as u64,
        conversations: distinct.conversations,
        first_time_ms: overall.times.map(|(first, _)| first),
        last_time_ms: overall.times.map(|(_, last)| last),
    }
}

fn malformed(summary: &Summary) -> Vec<MalformedRow> {
    let mut rows: Vec<MalformedRow> = summary
        .faults
        .iter()
        .map(|(reason, fault)| MalformedRow {
            reason: reason.to_owned(),
            tuples: fault.tuples,
            examples_total: fault.tuples,
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
