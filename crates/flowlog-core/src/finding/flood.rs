//! Floods: far more connections to one host than it usually gets, and out of the own network to one host.

use std::collections::BTreeMap;

use super::facts::{Facts, shown};
use super::provider::Provider;
use super::words::duration;
use super::{EvidenceRow, Finding, Severity};
use crate::aggregate::evidence::{BIN_SECONDS, Bins, Load};
use crate::aggregate::{ConversationKey, HostId};
use crate::text::count;

pub(super) const RULE: &str = "flood";

pub(super) fn find(facts: &Facts<'_>) -> Vec<Finding> {
    inbound(facts).chain(outbound(facts)).collect()
}

/// Counts of a bin, or of two neighbours: a burst of five minutes is cut by an edge in most cases.
#[derive(Clone, Copy)]
struct Peak {
    bins: u32,
    load: Load,
}

impl Peak {
    /// The densest bin or pair of neighbours that reaches `least` attempts; a pair only where no bin does.
    fn of(bins: &[(u32, Load)], least: u64) -> Option<Self> {
        let single = bins.iter().map(|(_, load)| Self { bins: 1, load: *load });
        let pairs = bins.windows(2).filter_map(|pair| match pair {
            [(bin, load), (next, other)] if bin + 1 == *next => {
                let mut load = *load;
                load.join(other);
                Some(Self { bins: 2, load })
            }
            _ => None,
        });
        let reaches = |peak: &Self| u64::from(peak.load.attempts) >= least;
        // Of equals the first.
        let most = |peaks: &mut dyn Iterator<Item = Self>| {
            peaks
                .filter(reaches)
                .reduce(|best, peak| if peak.load.attempts > best.load.attempts { peak } else { best })
        };
        most(&mut single.into_iter()).or_else(|| most(&mut pairs.into_iter()))
    }

    fn failed(&self, facts: &Facts<'_>) -> u32 {
        let silent = if facts.ends_are_logged() { self.load.silent } else { 0 };
        self.load.failed + silent
    }

    fn seconds(&self) -> i64 {
        (self.load.last_ms - self.load.first_ms) / 1000
    }
}

fn inbound(facts: &Facts<'_>) -> impl Iterator<Item = Finding> {
    let total = |bins: &Bins<Load>| bins.iter().map(|load| u64::from(load.attempts)).sum::<u64>();
    let mut views: BTreeMap<HostId, (u64, &Bins<Load>)> = BTreeMap::new();
    for ((host, side), bins) in &facts.evidence.load {
        let attempts = total(bins);
        // Of equals the source's view, so that no order of hashes decides.
        let better = |other: &(u64, _)| {
            attempts > other.0 || attempts == other.0 && *side == crate::aggregate::evidence::Side::Source
        };
        if facts.is_internal(*host) && views.get(host).is_none_or(better) {
            views.insert(*host, (attempts, bins));
        }
    }
    views.into_iter().filter_map(|(host, (_, bins))| at_own_host(facts, host, &bins.sorted()))
}

fn at_own_host(facts: &Facts<'_>, host: HostId, bins: &[(u32, Load)]) -> Option<Finding> {
    let limits = &facts.thresholds.flood;
    let peak = Peak::of(bins, limits.attempts)?;
    let usual = usual(facts, bins) * peak.bins;
    if f64::from(peak.load.attempts) < limits.times_usual * f64::from(usual.max(1)) {
        return None;
    }
    let known = peak.load.attempts.saturating_sub(peak.load.open);
    let share = f64::from(peak.failed(facts)) / f64::from(known.max(1));
    let in_vain = share >= limits.failed_share && f64::from(known) >= 0.5 * f64::from(peak.load.attempts);
    let entity = facts.name(host);
    let (evidence, evidence_rows) = shown(rows(facts, &peak, in_vain, |key| key.destination == host));
    let open = if peak.load.open > 0 {
        format!(" {} were too young at the end of the log to be judged.", count(peak.load.open.into()))
    } else {
        String::new()
    };
    Some(Finding {
        id: format!("{RULE}:{entity}"),
        rule: RULE,
        severity: if in_vain { Severity::High } else { Severity::Low },
        title: format!(
            "{} connections to {entity} within {}",
            count(peak.load.attempts.into()),
            duration(peak.seconds().max(1))
        ),
        reason: format!(
            "Usual for this host: {}. {} % of those whose fate is known got no answer{}.{open} Load tests and a \
             service back after an outage look the same, but are answered.",
            count(usual.into()),
            (share * 100.0).floor(),
            if in_vain { ", as in a SYN flood" } else { "" }
        ),
        entity,
        first_time_ms: peak.load.first_ms,
        last_time_ms: peak.load.last_ms,
        techniques: &["T1498 Network Denial of Service", "T1499 Endpoint Denial of Service"],
        next_step: "See whether the service kept answering; if the sources are public, think of DDoS protection.",
        evidence,
        evidence_rows,
    })
}

/// The median of the bins of the whole data, in which nothing happened in most.
fn usual(facts: &Facts<'_>, bins: &[(u32, Load)]) -> u32 {
    let all = facts.span_ms() / 1000 / i64::from(BIN_SECONDS) + 1;
    let mut loads: Vec<u32> = bins.iter().map(|(_, load)| load.attempts).collect();
    loads.sort_unstable();
    // Empty bins are counted, not listed: a wrong date can be millennia away.
    let empty = usize::try_from(all).unwrap_or(usize::MAX).saturating_sub(loads.len());
    let middle = usize::midpoint(empty, loads.len());
    middle.checked_sub(empty).and_then(|place| loads.get(place)).copied().unwrap_or_default()
}

fn outbound(facts: &Facts<'_>) -> impl Iterator<Item = Finding> {
    let vain = facts.evidence.vain.iter();
    let vain = vain.filter(|((source, target), _)| facts.is_internal(*source) && facts.is_internet(*target));
    vain.filter_map(|((source, target), bins)| at_internet(facts, *source, *target, &bins.sorted()))
}

/// Thousands of tries in vain of one host at one of the internet.
fn at_internet(facts: &Facts<'_>, source: HostId, target: HostId, bins: &[(u32, Load)]) -> Option<Finding> {
    let peak = Peak::of(bins, facts.thresholds.flood.outbound)?;
    let failed = peak.failed(facts);
    if u64::from(failed) < facts.thresholds.flood.outbound {
        return None;
    }
    let (entity, to) = (facts.name(source), facts.name(target));
    let (evidence, evidence_rows) =
        shown(rows(facts, &peak, true, |key| (key.source, key.destination) == (source, target)));
    Some(Finding {
        id: format!("{RULE}:{entity}:{to}"),
        rule: RULE,
        severity: Severity::High,
        title: format!(
            "{entity} tries {to}{} {} times in vain within {}",
            Provider::of(facts.address(target)).in_brackets(),
            count(failed.into()),
            duration(peak.seconds().max(1))
        ),
        reason: format!(
            "{} or more connections and packets to one host of the internet were denied, refused or unanswered within \
             five minutes: an attack that goes out, or a client that tries again without a pause.",
            facts.thresholds.flood.outbound
        ),
        entity,
        first_time_ms: peak.load.first_ms,
        last_time_ms: peak.load.last_ms,
        techniques: &["T1498 Network Denial of Service", "T1496 Resource Hijacking"],
        next_step: "Find the program on the source; isolate the host if nobody owns it.",
        evidence,
        evidence_rows,
    })
}

/// Conversations that were active during the peak; of what was in vain those that failed.
fn rows(
    facts: &Facts<'_>,
    peak: &Peak,
    in_vain: bool,
    wanted: impl Fn(&ConversationKey) -> bool,
) -> Vec<EvidenceRow> {
    let then = |(first, last): (i64, i64)| first <= peak.load.last_ms && last >= peak.load.first_ms;
    let activity =
        facts.evidence.activity.iter().filter(|(key, activity)| wanted(key) && then(activity.times));
    let mut rows: BTreeMap<ConversationKey, u64> = BTreeMap::new();
    for (key, _) in activity {
        let failed = facts.evidence.failed.get(key);
        let failed = failed.map_or(0, |failed| {
            let sides = failed.failed.iter().zip(failed.silent);
            sides.map(|(failed, silent)| failed + silent).max().unwrap_or_default()
        });
        let all = facts.tables.allowed.get(key).map_or(0, |allowed| allowed.connections);
        rows.insert(*key, if in_vain { failed } else { all });
    }
    for (key, denied) in facts.tables.denied.iter().filter(|(key, _)| wanted(key)) {
        if then((denied.first_ms, denied.last_ms)) {
            *rows.entry(*key).or_default() += denied.tuples;
        }
    }
    let what = if in_vain { "connections and packets in vain, in all" } else { "connections in all" };
    let rows = rows.iter().filter(|(_, count)| **count > 0);
    rows.map(|(key, count)| facts.row(key, *count, what)).collect()
}
