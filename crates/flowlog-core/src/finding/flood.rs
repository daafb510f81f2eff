//! Floods: far more connections to one host than it usually gets, and out of the own network to one host.

use super::crowd::then;
use super::facts::Facts;
use super::heaviest::Heaviest;
use super::provider::Provider;
use super::scene::Scene;
use super::technique;
use super::words::duration;
use super::{Concern, Deed, Finding, NextStep, Note, Reason, Sentence, Severity, Unit};
use crate::parallel::map;
use crate::state::evidence::{BIN_SECONDS, Bins, Load, Pair};
use crate::state::{HostId, HostLoad, HostPair, LoadTable, SpillError};
use crate::text::count;

pub(super) const RULE: &str = "flood";

pub(super) fn find(facts: &Facts<'_>) -> Vec<Finding> {
    let inbound = facts.floods.iter().map(|flood| at_own_host(facts, flood));
    inbound.chain(facts.outgoing.iter().map(|flood| at_internet(facts.scene, flood))).collect()
}

/// Counts of a bin, or of two neighbours: a burst of five minutes is cut by an edge in most cases.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peak {
    bins: u32,
    load: Load,
    /// First and last of the whole flood, Unix ms: that of its bins, and of those beside that have a tenth of it.
    whole: (i64, i64),
}

impl Peak {
    /// The densest bin or pair of neighbours that reaches `least` attempts; a pair only where no bin does.
    fn of(bins: &[(u32, Load)], least: u64) -> Option<Self> {
        let peak = |bins, load: Load| Self { bins, load, whole: (load.first_ms, load.last_ms) };
        let single = bins.iter().map(|(_, load)| peak(1, *load));
        let pairs = bins.windows(2).filter_map(|pair| match pair {
            [(bin, load), (next, other)] if bin + 1 == *next => {
                let mut load = *load;
                load.join(other);
                Some(peak(2, load))
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
        let peak = most(&mut single.into_iter()).or_else(|| most(&mut pairs.into_iter()))?;
        Some(Self { whole: peak.whole(bins), ..peak })
    }

    /// First and last of the peak and of what goes before and on after it without a pause.
    fn whole(&self, bins: &[(u32, Load)]) -> (i64, i64) {
        let much = |load: &Load| u64::from(load.attempts) * 10 >= u64::from(self.load.attempts);
        let dense = bins.chunk_by(|(bin, load), (next, other)| bin + 1 == *next && much(load) && much(other));
        let span = |part: &[(u32, Load)]| {
            let first = part.iter().map(|(_, load)| load.first_ms).min();
            first.zip(part.iter().map(|(_, load)| load.last_ms).max())
        };
        let mut spans = dense.filter_map(span);
        let (first, last) = self.times();
        spans.find(|span| span.0 <= first && last <= span.1).unwrap_or((first, last))
    }

    fn failed(&self, scene: &Scene<'_>) -> u32 {
        let silent = if scene.ends_are_logged { self.load.silent } else { 0 };
        self.load.failed + silent
    }

    /// First and last, Unix ms.
    pub(super) fn times(&self) -> (i64, i64) {
        (self.load.first_ms, self.load.last_ms)
    }

    fn seconds(&self) -> i64 {
        (self.load.last_ms - self.load.first_ms) / 1000
    }
}

/// An own host that got far more than it usually does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Incoming {
    pub(super) host: HostId,
    pub(super) peak: Peak,
    /// What the host gets in the time that the peak took.
    usual: u32,
    /// Share of those whose fate is known that failed.
    share: f64,
    /// So many failed that it was in vain.
    pub(super) in_vain: bool,
}

/// Own hosts that were flooded.
///
/// # Errors
/// What hosts got is on disk, and cannot be read.
pub(super) fn incoming(scene: &Scene<'_>, load: &LoadTable) -> Result<Vec<Incoming>, SpillError> {
    let found = map(load.parts(), |part| Ok(incoming_of(scene, &part.bins()?)));
    let mut all: Vec<Incoming> = found.into_iter().collect::<Result<Vec<_>, _>>()?.concat();
    all.sort_unstable_by_key(|flood| flood.host);
    Ok(all)
}

/// Those of `load`, which has all bins of a host.
fn incoming_of(scene: &Scene<'_>, load: &[HostLoad]) -> Vec<Incoming> {
    let least = scene.thresholds().flood.attempts;
    let mut found = Vec::new();
    for of_host in load.chunk_by(|(a, _), (b, _)| a.host() == b.host()) {
        let total = |bins: &[HostLoad]| bins.iter().map(|(_, load)| u64::from(load.attempts)).sum::<u64>();
        // Of equals the source's view is taken, the last one.
        let views = of_host.chunk_by(|(a, _), (b, _)| a.side() == b.side()).rev();
        let Some(view) = views.max_by_key(|view| total(view)) else { continue };
        let Some(host) = view.first().map(|(bin, _)| bin.host()) else { continue };
        if total(view) >= least && scene.is_internal(host) {
            let bins: Vec<(u32, Load)> = view.iter().map(|(bin, load)| (bin.bin(), *load)).collect();
            found.extend(Incoming::of(scene, host, &bins));
        }
    }
    found
}

impl Incoming {
    fn of(scene: &Scene<'_>, host: HostId, bins: &[(u32, Load)]) -> Option<Self> {
        let limits = &scene.thresholds().flood;
        let peak = Peak::of(bins, limits.attempts)?;
        let usual = usual(scene, bins) * peak.bins;
        if f64::from(peak.load.attempts) < limits.times_usual * f64::from(usual.max(1)) {
            return None;
        }
        let known = peak.load.attempts.saturating_sub(peak.load.open);
        let share = f64::from(peak.failed(scene)) / f64::from(known.max(1));
        let in_vain = share >= limits.failed_share && f64::from(known) >= 0.5 * f64::from(peak.load.attempts);
        Some(Self { host, peak, usual, share, in_vain })
    }
}

fn at_own_host(facts: &Facts<'_>, flood: &Incoming) -> Finding {
    let Incoming { host, peak, usual, share, in_vain } = *flood;
    let entity = facts.scene.name(host);
    let rows = facts.crowd.get(&host).cloned().unwrap_or_default();
    let (evidence, evidence_rows) = rows.shown(facts.scene, unit(in_vain), &Note::InAll);
    let mut reason = vec![
        Sentence::UsualOfHost { connections: usual.into() },
        Sentence::GotNoAnswer { percent: (share * 100.0).floor(), as_in_syn_flood: in_vain },
    ];
    if peak.load.open > 0 {
        reason.push(Sentence::TooYoung { connections: peak.load.open.into() });
    }
    reason.push(Sentence::LoadTestsLookTheSame);
    Finding {
        id: format!("{RULE}:{entity}"),
        rule: RULE,
        severity: if in_vain { Severity::High } else { Severity::Low },
        title: format!(
            "{} connections to {entity} within {}",
            count(peak.load.attempts.into()),
            duration(peak.seconds().max(1))
        ),
        reason: Reason(reason),
        concern: Concern::new(Deed::Flooded, &entity, "", peak.load.attempts.into()),
        entity,
        first_time_ms: Some(peak.whole.0),
        last_time_ms: Some(peak.whole.1),
        techniques: &[technique::T1498, technique::T1499],
        next_step: NextStep::SeeWhetherServed,
        evidence,
        evidence_rows,
    }
}

/// The median of the bins of the whole data, in which nothing happened in most.
fn usual(scene: &Scene<'_>, bins: &[(u32, Load)]) -> u32 {
    let all = scene.span_ms() / 1000 / i64::from(BIN_SECONDS) + 1;
    let mut loads: Vec<u32> = bins.iter().map(|(_, load)| load.attempts).collect();
    loads.sort_unstable();
    // Empty bins are counted, not listed: a wrong date can be millennia away.
    let empty = usize::try_from(all).unwrap_or(usize::MAX).saturating_sub(loads.len());
    let middle = usize::midpoint(empty, loads.len());
    middle.checked_sub(empty).and_then(|place| loads.get(place)).copied().unwrap_or_default()
}

/// Thousands of tries in vain of one host at one of the internet.
#[derive(Clone, Debug)]
pub(super) struct Outgoing {
    pair: Pair,
    peak: Peak,
    failed: u32,
    rows: Heaviest,
}

/// Whether what an own host tried in vain at one of the internet, the two of `hosts`, is a flood.
pub(super) fn notice(scene: &Scene<'_>, hosts: &HostPair, pair: Pair, bins: &Bins<Load>) -> Option<Outgoing> {
    let least = scene.thresholds().flood.outbound;
    if bins.iter().map(|load| u64::from(load.attempts)).sum::<u64>() < least {
        return None;
    }
    let peak = Peak::of(&bins.sorted(), least)?;
    let failed = peak.failed(scene);
    if u64::from(failed) < least {
        return None;
    }
    let mut rows = Heaviest::default();
    for known in &hosts.conversations {
        let count = then(known, peak.times(), true);
        if (known.key.source, known.key.destination) == pair && count > 0 {
            rows.push(scene, &known.key, count);
        }
    }
    Some(Outgoing { pair, peak, failed, rows })
}

fn at_internet(scene: &Scene<'_>, flood: &Outgoing) -> Finding {
    let Outgoing { pair: (source, target), peak, failed, rows } = flood;
    let (entity, to) = (scene.name(*source), scene.name(*target));
    let (evidence, evidence_rows) = rows.clone().shown(scene, unit(true), &Note::InAll);
    Finding {
        id: format!("{RULE}:{entity}:{to}"),
        rule: RULE,
        severity: Severity::High,
        title: format!(
            "{entity} tries {to}{} {} times in vain within {}",
            Provider::of(scene.address(*target)).in_brackets(),
            count((*failed).into()),
            duration(peak.seconds().max(1))
        ),
        reason: Reason(vec![Sentence::TriedInVain { limit: scene.thresholds().flood.outbound }]),
        concern: Concern::new(Deed::Flood, &entity, to, (*failed).into()),
        entity,
        first_time_ms: Some(peak.whole.0),
        last_time_ms: Some(peak.whole.1),
        techniques: &[technique::T1498, technique::T1496],
        next_step: NextStep::IsolateUnowned,
        evidence,
        evidence_rows,
    }
}

/// What rows of evidence count.
fn unit(in_vain: bool) -> Unit {
    if in_vain { Unit::FailedAttempts } else { Unit::Connections }
}
