//! The page of one host.

use std::io::{self, Write};
use std::rc::Rc;

use flowlog_core::connection::Outcome;
use flowlog_core::enrich::{FactKind, HostFacts, KnownHosts};
use flowlog_core::flows::{FlowTable, Value};
use flowlog_core::report::{HostName, SelectionRow};
use serde::Serialize;

use super::flows::{self, Object};
use super::json::Head;
use super::spark::spark;
use super::style::Style;
use super::terminal::page::{Page, Tone};
use super::text::{self, iso_time, period};
use crate::host::HostPage;
use crate::words::{Lang, fill, say, title};

/// Buckets of a line at most, whatever the data are.
const BUCKETS: i64 = 100;

/// Writes the page as text.
///
/// # Errors
/// Those of `out`.
pub fn text(
    out: &mut impl Write,
    host: &HostPage,
    selection: Option<&SelectionRow>,
    style: &Style,
) -> io::Result<()> {
    let mut page = Page::knowing(*style, &host.hosts);
    let lang = page.lang();
    let title = page.name(&fill!(lang, "Host {host}", host = host.host));
    page.group(&title);
    let told = page.name(&known_of(host, lang));
    page.pair("What it is", &told);
    if let Some(selection) = selection {
        page.pair("Asked for", &flows::asked(selection, lang));
    }
    let total = &host.timeline.total;
    if total.connections == 0 {
        page.line(say!(lang, "Nothing is logged of it."), 2, Tone::Warn);
        return out.write_all(page.into_text().as_bytes());
    }
    page.pair("Seen (UTC)", &period(total.first_ms, total.last_ms));
    let sums = fill!(
        lang,
        "{connections}, {sent} sent, {received} received",
        connections = lang.counted(
            total.connections,
            "connection or denied attempt",
            "connections and denied attempts"
        ),
        sent = lang.bytes(total.counters.bytes_sent),
        received = lang.bytes(total.counters.bytes_received)
    );
    page.pair("In all", &sums);
    lines(&mut page, host);
    findings(&mut page, host);
    table(&mut page, "Talked with", &host.peers);
    table(&mut page, "Was let in to it", &host.let_in);
    table(&mut page, "Denied, from it or to it", &host.denied);
    page.blank();
    let next = page.name(&fill!(lang, "Next: flowlog-analyze flows --host {host}", host = host.host));
    page.line(&next, 0, Tone::Dim);
    out.write_all(page.into_text().as_bytes())
}

/// What is known of it beside its connections.
pub(super) fn known_of(host: &HostPage, lang: Lang) -> String {
    let Some(HostName { class, provider, facts, .. }) = &host.name else {
        return match host.named.as_slice() {
            [] => lang.say("is_network").to_owned(),
            named => lang.fill("sums_of", &[("names", &named.join(", "))]),
        };
    };
    let mut words = host.named.clone();
    if host.named.is_empty() {
        words.extend(facts.name.as_deref().map(str::to_owned));
    }
    words.push(lang.say(class).to_owned());
    words.extend(provider.map(str::to_owned));
    words.extend(
        [FactKind::Country, FactKind::As].iter().filter_map(|kind| facts.get(*kind)).map(str::to_owned),
    );
    words.extend(facts.threat.as_ref().map(|lists| lang.fill("on_list", &[("lists", lists)])));
    words.push(if host.is_logged { lang.say("is_logged") } else { lang.say("not_logged") }.to_owned());
    let vnet = host.vnet.as_deref().and_then(|id| id.rsplit('/').next());
    words.extend(vnet.map(|name| lang.fill("vnet", &[("name", name)])));
    words.join(", ")
}

/// Columns of what stands behind the marks: `  most in 10 min: 1023.9 MiB`.
const MOST: usize = 30;

type Count = fn(&Bucket) -> u64;

/// Bytes, connections and denials over time, by when connections began.
fn lines(page: &mut Page, host: &HostPage) {
    let (buckets, lang) = (buckets(host), page.lang());
    // So many buckets are one mark.
    let joined = buckets.len().div_ceil(page.pair_room().saturating_sub(MOST).max(1)).max(1);
    let width = text::span(host.bucket_ms.unsigned_abs().saturating_mul(joined as u64));
    let series: [(&str, Count); 3] = [
        ("Bytes", |bucket| bucket.bytes),
        ("Connections", |bucket| bucket.connections),
        ("Denied", |bucket| bucket.denied),
    ];
    for (name, value) in series {
        let sum = |buckets: &[Bucket]| buckets.iter().map(value).fold(0, u64::saturating_add);
        let values: Vec<u64> = buckets.chunks(joined).map(sum).collect();
        let largest = values.iter().copied().max().unwrap_or(0);
        let most = if name == "Bytes" { lang.bytes(largest) } else { lang.count(largest) };
        let most = fill!(lang, "most in {width}: {most}", width, most);
        page.pair(name, &format!("{}  {most}", spark(&values, page.style.ascii)));
    }
}

/// A span of the host's time.
#[derive(Clone, Copy, Default, Serialize)]
pub(super) struct Bucket {
    pub(super) time_ms: i64,
    pub(super) connections: u64,
    pub(super) denied: u64,
    bytes: u64,
    #[serde(skip)]
    pub(super) bytes_sent: u64,
    #[serde(skip)]
    pub(super) bytes_received: u64,
}

/// All buckets from the first to the last, those without anything included.
pub(super) fn buckets(host: &HostPage) -> Vec<Bucket> {
    let rows = host.timeline.rows.iter().filter_map(|row| match row.values.as_slice() {
        [Value::Time(time), Value::Outcome(outcome)] => Some((*time, *outcome, &row.sums)),
        _ => None,
    });
    let (width, mut buckets) = (host.bucket_ms.max(1), Vec::<Bucket>::new());
    let first = rows.clone().map(|(time, ..)| time).min().unwrap_or_default();
    for (time_ms, outcome, sums) in rows {
        let place = (time_ms.saturating_sub(first) / width).min(BUCKETS);
        let Ok(place) = usize::try_from(place) else { continue };
        while buckets.len() <= place {
            let before = i64::try_from(buckets.len()).unwrap_or_default();
            buckets.push(Bucket {
                time_ms: first.saturating_add(before.saturating_mul(width)),
                ..Bucket::default()
            });
        }
        let Some(bucket) = buckets.get_mut(place) else { continue };
        let counters = &sums.counters;
        bucket.bytes = bucket.bytes.saturating_add(counters.bytes());
        bucket.bytes_sent = bucket.bytes_sent.saturating_add(counters.bytes_sent);
        bucket.bytes_received = bucket.bytes_received.saturating_add(counters.bytes_received);
        if outcome == Outcome::Denied {
            bucket.denied += sums.connections;
        } else {
            bucket.connections += sums.connections;
        }
    }
    buckets
}

fn findings(page: &mut Page, host: &HostPage) {
    let Some(findings) = &host.findings else {
        return page.section("Findings that name it", say!(page.lang(), "not looked for (--no-findings)"));
    };
    let lang = page.lang();
    let extent = if findings.is_empty() {
        say!(lang, "none of findings").to_owned()
    } else {
        lang.count(findings.len() as u64)
    };
    page.section("Findings that name it", &extent);
    for finding in findings.iter().take(page.style.top) {
        let times = finding
            .times()
            .map_or(say!(lang, "time not known").to_owned(), |(first, last)| text::short_period(first, last));
        let told =
            page.told(&format!("{}: {} ({times})", lang.say(finding.severity.word()), title(lang, finding)));
        page.prose(&told, 2, Tone::Plain);
    }
    let more = findings.len().saturating_sub(page.style.top);
    if more > 0 {
        page.line(&fill!(lang, "... and {n} more (--top)", n = more), 2, Tone::Dim);
    }
}

fn table(page: &mut Page, title: &str, table: &FlowTable) {
    let (shown, lang) = (table.rows.len() as u64, page.lang());
    let extent = match table.found {
        0 => say!(lang, "none").to_owned(),
        found if found > shown => fill!(lang, "{n} of {all}", n = lang.count(shown), all = lang.count(found)),
        found => lang.count(found),
    };
    page.section(title, &extent);
    if shown > 0 {
        let of_findings = std::mem::replace(&mut page.hosts, Rc::new(table.hosts.clone()));
        flows::draw(page, table);
        page.hosts = of_findings;
    }
}

/// Writes the page as JSON.
///
/// # Errors
/// Those of `out`.
pub fn json(out: &mut impl Write, host: &HostPage, selection: Option<&SelectionRow>) -> io::Result<()> {
    let total = &host.timeline.total;
    let known = total.connections > 0;
    let document = Document {
        head: Head::by_this(),
        host: &host.host,
        named: &host.named,
        facts: host.name.as_ref().map(|name| &name.facts),
        hosts: &host.hosts,
        class: host.name.as_ref().map(|name| name.class),
        provider: host.name.as_ref().and_then(|name| name.provider),
        is_logged: host.is_logged,
        vnet: host.vnet.as_deref(),
        selection,
        first_time: known.then(|| iso_time(total.first_ms)),
        last_time: known.then(|| iso_time(total.last_ms)),
        total: flows::sums_object(total),
        timeline_bucket_ms: host.bucket_ms,
        timeline: buckets(host),
        nics: flows::objects(&host.nics),
        peers: Part::of(&host.peers),
        let_in: Part::of(&host.let_in),
        denied: Part::of(&host.denied),
        findings: host.findings.as_deref(),
    };
    super::json::write(out, &document)
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    head: Head,
    host: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    named: &'a [String],
    #[serde(flatten)]
    facts: Option<&'a HostFacts>,
    class: Option<&'static str>,
    provider: Option<&'static str>,
    is_logged: bool,
    vnet: Option<&'a str>,
    selection: Option<&'a SelectionRow>,
    first_time: Option<String>,
    last_time: Option<String>,
    total: Object,
    timeline_bucket_ms: i64,
    timeline: Vec<Bucket>,
    nics: Vec<Object>,
    peers: Part,
    let_in: Part,
    denied: Part,
    findings: Option<&'a [flowlog_core::finding::Finding]>,
    #[serde(skip_serializing_if = "KnownHosts::is_empty")]
    hosts: &'a KnownHosts,
}

/// The first rows of a table, and how many there are.
#[derive(Serialize)]
struct Part {
    found: u64,
    shown: usize,
    flows: Vec<Object>,
}

impl Part {
    fn of(table: &FlowTable) -> Self {
        Self { found: table.found, shown: table.rows.len(), flows: flows::objects(table) }
    }
}
