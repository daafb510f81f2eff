//! Everything about one host: files in, one page out.

use std::io::{BufWriter, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use flowlog_core::enrich::{AddressBook, KnownHosts, Ranges};
use flowlog_core::finding::{self, Finding, FindingOptions, Findings, Scene, detect};
use flowlog_core::flow::{Network, OwnNetworks};
use flowlog_core::flows::{Field, FlowNames, FlowOptions, FlowScene, FlowTable, Flows, Prefix, Sort};
use flowlog_core::report::{HostName, addresses, fitting_width};
use flowlog_core::select::{self, Addresses, Filter, Glob};
use flowlog_core::state::{GatherOptions, Gatherer, Shared, SpillError, State, Summary};

use crate::book::{ended, resolved};
use crate::cli::{Format, HostConfig, Select, Whom};
use crate::known::KnownError;
use crate::reduce::{self, Options, Reduced};
use crate::render::{self, Style, Surroundings};
use crate::window::Chosen;
use crate::{
    Outcome, RunError, ending, heard, of_files, say, settings, tell_of_settings, tell_of_spilling,
    tell_why_nothing,
};

/// What is told of a host.
pub struct HostPage {
    /// The host, a network of hosts, or a name, as asked for.
    pub host: String,
    /// What has the name, if one was asked for: addresses, or the first and last of several.
    pub named: Vec<String>,
    /// Class and provider, if it is one host.
    pub name: Option<HostName>,
    /// It is the address of a NIC that has a log.
    pub is_logged: bool,
    /// The VNet it is in, as far as the logs tell.
    pub vnet: Option<String>,
    /// The NICs that logged it as their own address.
    pub nics: FlowTable,
    /// Its connections by time and outcome.
    pub timeline: FlowTable,
    /// How long a bucket of the timeline is, ms.
    pub bucket_ms: i64,
    /// With whom it talked, about what.
    pub peers: FlowTable,
    /// What it, or its peers, were denied, and by which rule.
    pub denied: FlowTable,
    /// Who was let in to it, and by which rule.
    pub let_in: FlowTable,
    /// Findings that name it; nothing if none were looked for.
    pub findings: Option<Vec<Finding>>,
    /// What is known of the addresses in them.
    pub hosts: KnownHosts,
}

/// Finds and reads the files, writes the page of a host to `out`, and talks of everything else to `talk`.
///
/// # Errors
/// As [`crate::run`].
pub fn run(
    config: &HostConfig,
    around: &Surroundings,
    out: impl Write,
    talk: &mut impl Write,
) -> Result<Outcome, RunError> {
    let ascii = config.running.ascii(around);
    let settings = settings::read(&config.findings.settings)?;
    tell_of_settings(&settings, ascii, talk);
    let lang = config.lang.lang(&settings);
    let mut finding = settings::of_findings(&settings);
    let own = config.own.networks(&mut finding.thresholds);
    let book = config.book.read(&settings)?;
    finding.book = Arc::clone(&book);
    let select = config.select.resolved(&book)?;
    let filter = select.filter.clone();
    let asked = Asked::of(&config.host, filter.as_ref(), config.top, &book)?;
    // Findings are made of all hosts: the filter is asked of the host's connections alone.
    let everyone = Select { filter: None, text: None, ..select };
    let chosen = Chosen::of(&config.inputs, &everyone)?;
    let budget = config.memory.budget();
    let shared = Shared::new(&budget);
    let options = Options { details: &[], hours: None, selection: &chosen.selection, shared: &shared };
    let Reduced { state, files } = reduce::reduce(&chosen.inputs, &options, config.running.quiet, ascii)?;
    let outcome = of_files(files.sums(), config.running.strict);
    if outcome == Outcome::NothingAnalysed {
        tell_why_nothing(&files, ascii, talk);
        say(talk, ascii, "error: nothing could be analysed");
        return Ok(outcome);
    }
    let why = ending::of_files(&[&files], config.running.strict);
    let page = page(config, &asked, state, &finding, own)?;
    tell_of_spilling(&budget, ascii, talk);
    let print = || {
        let mut out = BufWriter::new(out);
        match config.format {
            Format::Json => render::host::json(&mut out, &page, chosen.row().as_ref())?,
            Format::Text => {
                let (color, ascii) = (config.running.color, config.running.ascii);
                let style = Style::new(color, ascii, false, config.top, around).speaking(lang);
                render::host::text(&mut out, &page, chosen.row().as_ref(), &style)?;
            }
        }
        out.flush()
    };
    heard(print())?;
    if outcome == Outcome::SomeSkipped {
        say(talk, ascii, &why);
    }
    Ok(ended(outcome, &book, ascii, talk))
}

fn page(
    config: &HostConfig,
    asked: &Asked<'_>,
    state: State,
    finding: &FindingOptions,
    own: OwnNetworks,
) -> Result<HostPage, RunError> {
    let findings = !config.findings.no_findings;
    let gathering = GatherOptions { resolve: true, findings, provenance: false, own };
    let gatherer = Gatherer::new(state, gathering);
    let summary = &gatherer.summary;
    let (questions, of_flows) = (Questions::new(asked, summary), FlowNames::of(summary, asked.book));
    let scenes = questions.scenes(summary, &of_flows);
    let scene = Scene::new(&summary.hosts, &summary.near, &summary.overall, finding);
    let make = || (summary.has_evidence.then(|| finding::Collector::new(&scene)), tables(&scenes));
    let (collected, tables) = gatherer.gather(make)?;
    let found = collected.map(|collected| detect(collected, &gatherer)).transpose()?;
    let found = found.as_ref().map(|found| found.findings.as_slice());
    Ok(HostPage::new(asked, summary, tables, found))
}

impl HostPage {
    /// Walks the connections of a host once more; `found` are the findings of all hosts.
    ///
    /// # Errors
    /// Rows that went to disk cannot be read.
    pub fn gather(
        asked: &Asked<'_>,
        gatherer: &Gatherer,
        found: Option<&[Finding]>,
    ) -> Result<Self, SpillError> {
        let summary = &gatherer.summary;
        let (questions, of_flows) = (Questions::new(asked, summary), FlowNames::of(summary, asked.book));
        let scenes = questions.scenes(summary, &of_flows);
        let hosts = summary.hosts.beside();
        let wanted = |id| hosts.address(id).is_some_and(|address| asked.addresses.contains(address));
        let tables = gatherer.again(|| tables(&scenes), wanted)?;
        Ok(Self::new(asked, summary, tables, found))
    }

    fn new(asked: &Asked<'_>, summary: &Summary, tables: Tables<'_>, found: Option<&[Finding]>) -> Self {
        let host = asked.single;
        let id = host.map(|address| summary.hosts.beside().id(address));
        let ((nics, timeline), (peers, (denied, let_in))) = tables;
        let of_host = |found: &[Finding]| {
            found.iter().filter(|finding| names(finding, &asked.addresses)).cloned().collect()
        };
        let found = found.map(|found| Findings { findings: of_host(found), ..Findings::default() });
        Self {
            host: asked.text.to_owned(),
            named: asked.named.clone(),
            name: host.map(|address| HostName { facts: asked.book.facts(address), ..HostName::of(address) }),
            hosts: KnownHosts::of(asked.book, found.iter().flat_map(addresses)),
            is_logged: id.is_some_and(|id| summary.near.is_own(id)),
            vnet: id.and_then(|id| summary.near.vnet(id)).map(str::to_owned),
            nics: nics.finish(),
            timeline: timeline.finish(),
            bucket_ms: bucket_ms(summary),
            peers: peers.finish(),
            denied: denied.finish(),
            let_in: let_in.finish(),
            findings: found.map(|found| found.findings),
        }
    }
}

/// NICs and timeline; peers; denials and what was let in.
type Tables<'s> = ((Flows<'s>, Flows<'s>), (Flows<'s>, (Flows<'s>, Flows<'s>)));

fn tables<'s>([nics, timeline, peers, denied, let_in]: &'s [FlowScene<'s>; 5]) -> Tables<'s> {
    ((Flows::new(nics), Flows::new(timeline)), (Flows::new(peers), (Flows::new(denied), Flows::new(let_in))))
}

/// How long a bucket of the timeline is, ms.
fn bucket_ms(summary: &Summary) -> i64 {
    let (first_ms, last_ms) = summary.overall.times.unwrap_or_default();
    fitting_width(first_ms, last_ms)
}

/// Who is asked for, and which of its connections.
pub struct Asked<'a> {
    text: &'a str,
    addresses: Addresses,
    /// Its address, if it has but one.
    single: Option<IpAddr>,
    /// What has the name, if one was asked for.
    named: Vec<String>,
    host: Filter,
    destination: Filter,
    /// Which of its connections; `None`: all.
    also: Option<&'a Filter>,
    /// Rows in each table.
    top: usize,
    book: &'a AddressBook,
}

impl<'a> Asked<'a> {
    /// Of `whom` those connections that `also` chooses, with `top` rows in each table.
    ///
    /// # Errors
    /// No file says who has the name.
    pub fn of(
        whom: &'a Whom,
        also: Option<&'a Filter>,
        top: usize,
        book: &'a AddressBook,
    ) -> Result<Self, KnownError> {
        let text = whom.text();
        let of = |field| {
            // What the command line took is a value.
            let filter = Filter::of(field, text).unwrap_or_else(|_| Filter::any([]));
            resolved(&filter, book)
        };
        let glob = Glob::new(text);
        let (addresses, single, named) = if let Ok(network) = text.parse::<Network>() {
            (Addresses::of(&[network]), network.single(), Vec::new())
        } else {
            let ranges = book.named(|name| glob.matches(name));
            let (single, named) = (single(&ranges), told(&ranges));
            (Addresses::of_ranges(ranges), single, named)
        };
        let (host, destination) = (of(select::Field::Host)?, of(select::Field::Destination)?);
        Ok(Self { text, addresses, single, named, host, destination, also, top, book })
    }
}

/// The address of ranges, if they have but one.
fn single((v4, v6): &Ranges) -> Option<IpAddr> {
    match (v4.as_slice(), v6.as_slice()) {
        (&[(first, last)], []) if first == last => Some(Ipv4Addr::from_bits(first).into()),
        ([], &[(first, last)]) if first == last => Some(Ipv6Addr::from_bits(first).into()),
        _ => None,
    }
}

/// Ranges as texts: addresses, or the first and last of several.
fn told((v4, v6): &Ranges) -> Vec<String> {
    let range = |first: IpAddr, last: IpAddr| {
        if first == last { first.to_string() } else { format!("{first} - {last}") }
    };
    let v4 = v4
        .iter()
        .map(|&(first, last)| range(Ipv4Addr::from_bits(first).into(), Ipv4Addr::from_bits(last).into()));
    let v6 = v6
        .iter()
        .map(|&(first, last)| range(Ipv6Addr::from_bits(first).into(), Ipv6Addr::from_bits(last).into()));
    v4.chain(v6).collect()
}

/// Whether a finding is about the host, or rests on its connections.
fn names(finding: &Finding, host: &Addresses) -> bool {
    let is_it = |text: &str| text.parse::<IpAddr>().is_ok_and(|address| host.contains(address));
    let rows =
        finding.evidence.iter().flat_map(|row| [Some(row.source.as_str()), row.destination.as_deref()]);
    let rows = rows.flatten();
    std::iter::once(finding.entity.as_str()).chain(rows).any(is_it)
}

/// What is asked of the connections: NICs, timeline, peers, denials, what was let in.
struct Questions([FlowOptions; 5]);

impl Questions {
    fn new(asked: &Asked<'_>, summary: &Summary) -> Self {
        let also = |filter: Filter| match asked.also {
            Some(asked) => filter.and(asked.clone()),
            None => filter,
        };
        let of_host = || also(asked.host.clone());
        // Words of every version.
        let of = |field, word| Filter::of(field, word).unwrap_or_else(|_| Filter::any([]));
        let denied = of(select::Field::Outcome, "denied");
        let inbound = asked.destination.clone().and(of(select::Field::Direction, "in"));
        let (source, destination) = (Field::Source(Prefix::WHOLE), Field::Destination(Prefix::WHOLE));
        let question = |filter: Filter, by: &[Field], sort: Sort, limit: usize| FlowOptions {
            filter: Some(filter),
            by: by.to_vec(),
            sort,
            limit,
            every_log: false,
        };
        let [port, protocol] = [Field::Port, Field::Protocol];
        let ends = [source, destination, port, protocol];
        let decided = [source, destination, port, protocol, Field::Rule, Field::Nsg];
        let let_in = [source, port, protocol, Field::Rule, Field::Nsg];
        Self([
            question(of_host(), &[Field::Nic, Field::Direction], Sort::Tuples, usize::MAX),
            question(of_host(), &[Field::Time(bucket_ms(summary)), Field::Outcome], Sort::First, usize::MAX),
            question(of_host().and(!denied.clone()), &ends, Sort::Bytes, asked.top),
            question(of_host().and(denied.clone()), &decided, Sort::Connections, asked.top),
            // The rule that let it in is that of its own NIC, whichever end's log counts.
            FlowOptions {
                every_log: true,
                ..question(also(inbound).and(!denied), &let_in, Sort::Connections, asked.top)
            },
        ])
    }

    fn scenes<'s>(&'s self, summary: &'s Summary, names: &'s FlowNames<'s>) -> [FlowScene<'s>; 5] {
        self.0.each_ref().map(|options| FlowScene::new(summary, names, options))
    }
}
