//! Hosts of the internet: what they failed at, and what they were let in to.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashSet};

use super::compact::{CompactBucket, CompactRows};
use super::inbound::{Inbound, Service};
use super::knock::{Knocker, Knocks};
use super::noise::{Noise, Scanner};
use super::provider::Provider;
use super::scene::Scene;
use crate::parallel::map;
use crate::state::{Denials, HostId, SpillError};

/// How many public addresses got through to a service, and how many got payload from it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Visits {
    pub(super) all: u64,
    pub(super) answered: u64,
}

type BySource = HashMap<HostId, Knocks, RandomState>;

/// What is known of the hosts of the internet.
#[derive(Default)]
pub(super) struct Outside {
    pub(super) noise: Noise,
    /// Those that tried as much as a scan does.
    pub(super) scanners: BySource,
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
        knocks: CompactRows<Knocker>,
        inbound: CompactRows<Inbound>,
        targets: u64,
        denials: &Denials,
    ) -> Result<Self, SpillError> {
        let buckets: Vec<_> = knocks.into_buckets().zip(inbound.into_buckets()).enumerate().collect();
        let mut all = Self::default();
        let mut inbound = Vec::new();
        let parts = map(buckets, |(place, (knocks, inbound))| {
            (Self::of_bucket(scene, knocks, &inbound, (denials, place)), inbound)
        });
        for (part, rows) in parts {
            all.add(part?);
            inbound.push(rows);
        }
        all.visits = visits(scene, &all.let_in, &inbound)?;
        all.noise.targets = targets;
        all.noise.top = all.top(scene);
        Ok(all)
    }

    fn of_bucket(
        scene: &Scene<'_>,
        knocks: CompactBucket<Knocker>,
        inbound: &CompactBucket<Inbound>,
        (denials, place): (&Denials, usize),
    ) -> Result<Self, SpillError> {
        let mut sums = BySource::with_capacity_and_hasher(knocks.in_memory(), RandomState::default());
        knocks.each(scene, |(source, knocks)| {
            sums.entry(*source).and_modify(|sum| *sum = sum.and(knocks)).or_insert(*knocks);
        })?;
        let least = scene.thresholds().vertical_scan.ports as u64;
        let mut noise = add_lone(&mut sums, denials, place, least)?;
        noise.sources += sums.len() as u64;
        for knocks in sums.values() {
            noise.conversations += knocks.conversations;
            noise.attempts = noise.attempts.saturating_add(knocks.attempts);
        }
        sums.retain(|_, knocks| knocks.conversations >= least);
        sums.shrink_to_fit();
        noise.scanners = sums.len() as u64;
        drop(knocks);
        let mut let_in = Vec::new();
        inbound.each(scene, |row| {
            if sums.contains_key(&row.key.source) {
                let_in.push(*row);
            }
        })?;
        Ok(Self { noise, let_in, admin: admin(scene, inbound)?, scanners: sums, ..Self::default() })
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

/// Adds the lone denials of a bucket to the sums of those that have any, or tried as much as a scan does. All others, nearly
/// all that there is of the internet's noise, are counted alone.
fn add_lone(sums: &mut BySource, denials: &Denials, bucket: usize, least: u64) -> Result<Noise, SpillError> {
    let mut noise = Noise::default();
    for lone in denials.by_source(bucket)?.chunk_by(|a, b| a.source() == b.source()) {
        let Some(source) = lone.first().map(|denial| denial.source()) else { continue };
        let conversations = lone.len() as u64;
        if conversations < least && !sums.contains_key(&source) {
            let attempts = lone.iter().map(|denial| denial.packets()).sum();
            noise.sources += 1;
            noise.conversations += conversations;
            noise.attempts = noise.attempts.saturating_add(attempts);
            continue;
        }
        for knocks in lone.iter().map(|denial| Knocks::lone(denials, *denial)) {
            sums.entry(source).and_modify(|sum| *sum = sum.and(&knocks)).or_insert(knocks);
        }
    }
    Ok(noise)
}

/// Answered conversations with services for administration, of sources that are no probers.
fn admin(scene: &Scene<'_>, inbound: &CompactBucket<Inbound>) -> Result<Vec<Inbound>, SpillError> {
    let mut admin: Vec<Inbound> = Vec::new();
    inbound.each(scene, |row| {
        if row.answered && row.is_admin() {
            admin.push(*row);
        }
    })?;
    let mut ports: HashMap<HostId, BTreeSet<u16>, RandomState> =
        admin.iter().map(|row| (row.key.source, BTreeSet::new())).collect();
    inbound.each(scene, |row| {
        if let Some(ports) = ports.get_mut(&row.key.source).filter(|_| row.answered) {
            ports.insert(row.key.port);
        }
    })?;
    admin.retain(|row| ports.get(&row.key.source).is_none_or(|ports| ports.len() < PROBER_PORTS));
    Ok(admin)
}

/// Visits of all to the services of `let_in`. A source has one row a service.
fn visits(
    scene: &Scene<'_>,
    let_in: &[Inbound],
    inbound: &[CompactBucket<Inbound>],
) -> Result<HashMap<Service, Visits, RandomState>, SpillError> {
    let asked: HashSet<Service, RandomState> = let_in.iter().map(Inbound::service).collect();
    if asked.is_empty() {
        return Ok(HashMap::default());
    }
    let count = |rows: &CompactBucket<Inbound>| {
        let mut visits: HashMap<Service, Visits, RandomState> = HashMap::default();
        let done = rows.each(scene, |row| {
            if asked.contains(&row.service()) {
                let known = visits.entry(row.service()).or_default();
                known.all += 1;
                known.answered += u64::from(row.answered);
            }
        });
        done.map(|()| visits)
    };
    let mut all: HashMap<Service, Visits, RandomState> = HashMap::default();
    for counted in map(inbound.iter().collect(), count) {
        for (service, visits) in counted? {
            let known = all.entry(service).or_default();
            known.all += visits.all;
            known.answered += visits.answered;
        }
    }
    Ok(all)
}
