//! Hosts of the internet: what they failed at, and what they were let in to.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashSet};

use super::EvidenceRow;
use super::failure::Failure;
use super::noise::{Noise, Scanner};
use super::parallel::map;
use super::provider::Provider;
use super::rows::{Rows, Scattered};
use super::scene::Scene;
use super::span::Span;
use crate::flow::Protocol;
use crate::state::Conversation;
use crate::state::{ADMIN_PORTS, Allowed, ConversationKey, HostId};
use crate::text::bytes;

/// What a host of the internet failed to reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Knocks {
    /// Distinct destinations, ports and protocols.
    pub(super) conversations: u64,
    /// Denied packets and failed connections.
    pub(super) attempts: u64,
    /// Distinct destinations.
    pub(super) hosts: u64,
    /// First and last of them, Unix ms.
    pub(super) times: (i64, i64),
}

impl Knocks {
    /// Of a source at one destination; `None` if it failed at nothing.
    #[inline]
    pub(super) fn of(failures: impl Iterator<Item = Failure>) -> Option<Self> {
        let one = |failure: Failure| Self {
            conversations: 1,
            attempts: failure.count,
            hosts: 1,
            times: (failure.first_ms, failure.last_ms),
        };
        let both = |a: Self, b: Self| Self { hosts: 1, ..a.and(&b) };
        failures.map(one).reduce(both)
    }

    fn and(self, other: &Self) -> Self {
        Self {
            conversations: self.conversations + other.conversations,
            attempts: self.attempts.saturating_add(other.attempts),
            hosts: self.hosts + other.hosts,
            times: (self.times.0.min(other.times.0), self.times.1.max(other.times.1)),
        }
    }
}

/// The [`Knocks`] of a source at one destination in 16 bytes: of most sources this is all there is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Knock {
    source: HostId,
    /// Since the data begin, ms.
    first: u32,
    span_ms: u32,
    attempts: u16,
    conversations: u16,
}

impl Knock {
    /// `None` if they do not fit: more than 65,535 of anything, or 49 days.
    #[inline]
    pub(super) fn new(scene: &Scene<'_>, source: HostId, knocks: &Knocks) -> Option<Self> {
        let (first_ms, last_ms) = knocks.times;
        Some(Self {
            source,
            first: u32::try_from(first_ms.checked_sub(scene.times.0)?).ok()?,
            span_ms: u32::try_from(last_ms.checked_sub(first_ms)?).ok()?,
            attempts: u16::try_from(knocks.attempts).ok()?,
            conversations: u16::try_from(knocks.conversations).ok()?,
        })
    }

    fn knocks(&self, scene: &Scene<'_>) -> Knocks {
        let first_ms = scene.times.0 + i64::from(self.first);
        Knocks {
            conversations: self.conversations.into(),
            attempts: self.attempts.into(),
            hosts: 1,
            times: (first_ms, first_ms + i64::from(self.span_ms)),
        }
    }
}

/// An allowed conversation from the internet to an internal host. 48 bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Inbound {
    pub(super) key: ConversationKey,
    /// Some connection got payload back.
    pub(super) answered: bool,
    /// Some connection that was let through was refused or not answered.
    pub(super) failed: bool,
    pub(super) connections: u64,
    /// Bytes that came back.
    pub(super) received: u64,
    /// Times of the connections; if any was answered, of those.
    pub(super) times: Span,
}

impl Inbound {
    pub(super) fn new(scene: &Scene<'_>, known: &Conversation, allowed: &Allowed) -> Self {
        let answered = known.answered() > 0;
        Self {
            key: known.key,
            answered,
            failed: Failure::without_denial(scene, known).is_some(),
            connections: allowed.connections,
            received: allowed.counters.bytes_received,
            times: Span::of(known, answered),
        }
    }

    /// As a row of evidence.
    pub(super) fn row(&self, scene: &Scene<'_>) -> EvidenceRow {
        let what = format!("connections let through, {} came back", bytes(self.received));
        scene.row(&self.key, self.connections, what)
    }

    /// Destination, port and protocol.
    pub(super) fn service(&self) -> Service {
        (self.key.destination, self.key.port, self.key.protocol)
    }

    /// The service is one that administers machines or data.
    pub(super) fn is_admin(&self) -> bool {
        self.key.protocol == Protocol::TCP && ADMIN_PORTS.contains(&self.key.port)
    }
}

/// Destination, port and protocol.
pub(super) type Service = (HostId, u16, Protocol);

/// How many public addresses got through to a service, and how many got payload from it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Visits {
    pub(super) all: u64,
    pub(super) answered: u64,
}

/// What is known of the hosts of the internet.
#[derive(Default)]
pub(super) struct Outside {
    pub(super) noise: Noise,
    /// Those that tried as much as a scan does.
    pub(super) scanners: HashMap<HostId, Knocks, RandomState>,
    /// Conversations in which one of them was let in.
    pub(super) let_in: Vec<Inbound>,
    /// The services of these, and who else visits them.
    pub(super) visits: HashMap<Service, Visits, RandomState>,
    /// Answered conversations with services for administration, of sources that are no probers.
    pub(super) admin: Vec<Inbound>,
}

/// A source answered on so many distinct ports is a prober (as Azure's own are), not a visitor of one of them.
const PROBER_PORTS: usize = 16;

impl Outside {
    /// `targets` are the hosts that were tried.
    pub(super) fn new(
        scene: &Scene<'_>,
        (knocks, long): (Scattered<Knock>, Scattered<(HostId, Knocks)>),
        inbound: Scattered<Inbound>,
        targets: u64,
        threads: usize,
    ) -> Self {
        let buckets = knocks.into_buckets().into_iter().zip(long.into_buckets());
        let buckets: Vec<_> = buckets.zip(inbound.into_buckets()).collect();
        let mut all = Self::default();
        let mut inbound = Vec::new();
        let parts = map(threads, buckets, |((knocks, long), inbound)| {
            (Self::of_bucket(scene, &knocks, &long, &inbound), inbound)
        });
        for (part, rows) in parts {
            all.add(part);
            inbound.push(rows);
        }
        all.visits = visits(&all.let_in, &inbound, threads);
        all.noise.targets = targets;
        all.noise.top = all.top(scene);
        all
    }

    fn of_bucket(
        scene: &Scene<'_>,
        knocks: &Rows<Knock>,
        long: &Rows<(HostId, Knocks)>,
        inbound: &Rows<Inbound>,
    ) -> Self {
        let mut sums: HashMap<HostId, Knocks, RandomState> =
            HashMap::with_capacity_and_hasher(knocks.len(), RandomState::default());
        let short = knocks.iter().map(|knock| (knock.source, knock.knocks(scene)));
        for (source, knocks) in short.chain(long.iter().copied()) {
            sums.entry(source).and_modify(|sum| *sum = sum.and(&knocks)).or_insert(knocks);
        }
        let least = scene.thresholds().vertical_scan.ports as u64;
        let mut noise = Noise { sources: sums.len() as u64, ..Noise::default() };
        for knocks in sums.values() {
            noise.conversations += knocks.conversations;
            noise.attempts = noise.attempts.saturating_add(knocks.attempts);
        }
        sums.retain(|_, knocks| knocks.conversations >= least);
        sums.shrink_to_fit();
        noise.scanners = sums.len() as u64;
        let let_in = inbound.iter().filter(|row| sums.contains_key(&row.key.source)).copied().collect();
        Self { noise, let_in, admin: admin(inbound), scanners: sums, ..Self::default() }
    }

    fn add(&mut self, other: Self) {
        self.noise.sources += other.noise.sources;
        self.noise.conversations += other.noise.conversations;
        self.noise.attempts = self.noise.attempts.saturating_add(other.noise.attempts);
        self.noise.scanners += other.noise.scanners;
        self.scanners.extend(other.scanners);
        self.let_in.extend(other.let_in);
        self.admin.extend(other.admin);
    }

    /// The scanners that tried the most.
    fn top(&self, scene: &Scene<'_>) -> Vec<Scanner> {
        let mut top: Vec<(&HostId, &Knocks)> = self.scanners.iter().collect();
        top.sort_unstable_by_key(|(source, knocks)| {
            (Reverse((knocks.conversations, knocks.attempts)), scene.address(**source))
        });
        top.truncate(super::noise::NAMED);
        let scanner = |(source, knocks): (&HostId, &Knocks)| Scanner {
            source: scene.name(*source),
            provider: Provider::of(scene.address(*source)).name(),
            targets: knocks.hosts,
            conversations: knocks.conversations,
            attempts: knocks.attempts,
            let_through: self.let_in.iter().filter(|row| row.key.source == *source).count() as u64,
            first_time_ms: knocks.times.0,
            last_time_ms: knocks.times.1,
        };
        top.into_iter().map(scanner).collect()
    }
}

/// Answered conversations with services for administration, of sources that are no probers.
fn admin(inbound: &Rows<Inbound>) -> Vec<Inbound> {
    let answered = || inbound.iter().filter(|row| row.answered);
    let mut admin: Vec<Inbound> = answered().filter(|row| row.is_admin()).copied().collect();
    let mut ports: HashMap<HostId, BTreeSet<u16>, RandomState> =
        admin.iter().map(|row| (row.key.source, BTreeSet::new())).collect();
    for row in answered() {
        if let Some(ports) = ports.get_mut(&row.key.source) {
            ports.insert(row.key.port);
        }
    }
    admin.retain(|row| ports.get(&row.key.source).is_none_or(|ports| ports.len() < PROBER_PORTS));
    admin
}

/// Visits of all to the services of `let_in`. A source has one row a service.
fn visits(
    let_in: &[Inbound],
    inbound: &[Rows<Inbound>],
    threads: usize,
) -> HashMap<Service, Visits, RandomState> {
    let asked: HashSet<Service, RandomState> = let_in.iter().map(Inbound::service).collect();
    if asked.is_empty() {
        return HashMap::default();
    }
    let count = |rows: &Rows<Inbound>| {
        let mut visits: HashMap<Service, Visits, RandomState> = HashMap::default();
        for row in rows.iter().filter(|row| asked.contains(&row.service())) {
            let known = visits.entry(row.service()).or_default();
            known.all += 1;
            known.answered += u64::from(row.answered);
        }
        visits
    };
    let mut all: HashMap<Service, Visits, RandomState> = HashMap::default();
    for (service, visits) in map(threads, inbound.iter().collect(), count).into_iter().flatten() {
        let known = all.entry(service).or_default();
        known.all += visits.all;
        known.answered += visits.answered;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::FindingOptions;
    use crate::state::{Hosts, NearEnds, Overall};

    #[test]
    fn a_knock_says_the_same_in_few_bytes_or_is_not_made() {
        let (hosts, near, options) = (Hosts::default(), NearEnds::default(), FindingOptions::default());
        let mut overall = Overall::default();
        overall.times = Some((1_000_000, 9_000_000));
        let scene = Scene::new(&hosts, &near, &overall, &options);
        let of = |attempts, times| Knocks { conversations: 3, attempts, hosts: 1, times };
        let again = |knocks| Some(Knock::new(&scene, HostId(1), &knocks)?.knocks(&scene));
        let most = i64::from(u32::MAX);
        for knocks in [of(1, (1_000_000, 1_000_000)), of(65_535, (1_000_000 + most, 1_000_000 + 2 * most))] {
            assert_eq!(again(knocks), Some(knocks));
        }
        for knocks in [of(65_536, (1_000_000, 1_000_000)), of(1, (999_999, 1_000_000))] {
            assert_eq!(again(knocks), None);
        }
        assert_eq!(again(of(1, (1_000_000, 1_000_001 + most))), None);
        assert_eq!(again(of(1, (i64::MIN, i64::MAX))), None);
    }
}
