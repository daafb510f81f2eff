//! What detectors judge: everything collected of all pairs, with what only all of them together tell.

use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashSet};

use super::beacon::Rhythmic;
use super::brute_force::Guesser;
use super::cleartext::Cleartext;
use super::dns::LookUps;
use super::encryption::Unencrypted;
use super::exfiltration::Upload;
use super::flood::{Incoming, Outgoing, incoming};
use super::heaviest::Heaviest;
use super::long::LongLived;
use super::outside::Outside;
use super::own_source::OwnSources;
use super::scene::Scene;
use super::strobe::Strobe;
use super::threats::Threats;
use super::users::{Users, UsersOf, users};
use super::vertical::Scan;
use super::{Collector, Context, Crowd};
use crate::parallel::map;
use crate::state::lists::{Rows, Scattered};
use crate::state::{HostId, LogCoverage, SpillError};

pub(super) struct Facts<'a> {
    pub(super) scene: &'a Scene<'a>,
    pub(super) coverage: &'a [LogCoverage],
    pub(super) outside: Outside,
    /// The largest upload of each internal host that calls the internet.
    pub(super) largest: HashMap<HostId, u64, RandomState>,
    pub(super) uploads: Vec<Upload>,
    pub(super) scans: Vec<Scan>,
    pub(super) guessers: Vec<Guesser>,
    /// By source.
    pub(super) rhythmic: Scattered<Rhythmic>,
    pub(super) strobes: Vec<Strobe>,
    pub(super) long: Vec<LongLived>,
    pub(super) look_ups: Vec<LookUps>,
    pub(super) outgoing: Vec<Outgoing>,
    pub(super) floods: Vec<Incoming>,
    /// The conversations of each flooded host.
    pub(super) crowd: HashMap<HostId, Heaviest, RandomState>,
    pub(super) cleartext: Cleartext,
    pub(super) unencrypted: Unencrypted,
    pub(super) threats: Threats,
    /// A host that so many fail to reach is dead, and says nothing of one of them.
    pub(super) dead_for: usize,
    dead: HashSet<HostId, RandomState>,
    users: UsersOf,
}

impl<'a> Facts<'a> {
    /// The facts, and the own hosts that are to be judged one by one, bucket by bucket.
    ///
    /// # Errors
    /// What is kept on disk cannot be read.
    pub(super) fn new(
        mut collected: Collector<'a>,
        context: &Context<'a>,
        walk: impl FnOnce(&mut Crowd<'_>),
    ) -> Result<(Self, Vec<OwnSources>), SpillError> {
        let scene = collected.scene;
        let sources = collected.own_sources();
        let users = users(collected.asked()?, &collected.called, &collected.callers)?;
        let targets = collected.targets.len() as u64;
        let outside = Outside::new(scene, collected.knocks, collected.inbound, targets, context.denials)?;
        let dead_for = scene.thresholds().slow_scan.dead_for.max(collected.largest.len() / 10);
        let floods = incoming(scene, context.load)?;
        let facts = Self {
            scene,
            coverage: context.coverage,
            outside,
            largest: collected.largest,
            uploads: collected.uploads,
            scans: collected.scans,
            guessers: collected.guessers,
            rhythmic: collected.rhythmic,
            strobes: collected.strobes,
            long: collected.long,
            look_ups: collected.look_ups,
            outgoing: collected.outgoing,
            crowd: crowd(scene, &floods, walk),
            floods,
            cleartext: collected.cleartext,
            unencrypted: collected.unencrypted,
            threats: collected.threats,
            dead_for,
            dead: dead(collected.failing, dead_for)?,
            users,
        };
        Ok((facts, sources))
    }

    /// Own hosts that have a conversation with a host of the internet that a detector asks for.
    pub(super) fn users(&self, internet: HostId) -> Users {
        self.users.get(&internet).copied().unwrap_or_default()
    }

    /// Internal hosts that call the internet.
    pub(super) fn talkers(&self) -> usize {
        self.largest.len()
    }

    pub(super) fn is_dead(&self, host: HostId) -> bool {
        self.dead.contains(&host)
    }
}

impl Collector<'_> {
    /// Hosts of the internet of which some detector asks who talks to them.
    ///
    /// # Errors
    /// Rows on disk cannot be read.
    fn asked(&self) -> Result<HashSet<HostId, RandomState>, SpillError> {
        let uploads = self.uploads.iter().map(|upload| upload.destination);
        let mut asked: HashSet<_, _> = uploads.chain(self.long.iter().map(|long| long.outside)).collect();
        for rows in self.rhythmic.buckets() {
            rows.each(|rhythmic| {
                asked.insert(rhythmic.destination());
            })?;
        }
        Ok(asked)
    }

    /// Takes out what is judged own host by own host.
    fn own_sources(&mut self) -> Vec<OwnSources> {
        let mut contacts = std::mem::take(&mut self.contacts).into_buckets().into_iter();
        let mut reached = std::mem::take(&mut self.reached).into_buckets().into_iter();
        let mut pinged = std::mem::take(&mut self.pinged).into_buckets().into_iter();
        let mut logins = std::mem::take(&mut self.logins).into_buckets().into_iter();
        let mut denied_out = std::mem::take(&mut self.denied_out).into_buckets().into_iter();
        let of_bucket = |failures| OwnSources {
            failures,
            contacts: contacts.next().unwrap_or_default(),
            reached: reached.next().unwrap_or_default(),
            pinged: pinged.next().unwrap_or_default(),
            logins: logins.next().unwrap_or_default(),
            denied_out: denied_out.next().unwrap_or_default(),
        };
        std::mem::take(&mut self.failures).into_buckets().into_iter().map(of_bucket).collect()
    }
}

/// Who took part in the floods.
fn crowd<'a>(
    scene: &'a Scene<'a>,
    floods: &[Incoming],
    walk: impl FnOnce(&mut Crowd<'_>),
) -> HashMap<HostId, Heaviest, RandomState> {
    if floods.is_empty() {
        return HashMap::default();
    }
    let mut crowd = Crowd::new(scene, floods);
    walk(&mut crowd);
    crowd.into_rows()
}

/// Hosts that so many fail to reach.
fn dead(failing: Scattered<HostId>, dead_for: usize) -> Result<HashSet<HostId, RandomState>, SpillError> {
    let of_bucket = |hosts: Rows<HostId>| {
        let mut sources: HashMap<HostId, usize, RandomState> = HashMap::default();
        hosts.each(|host| *sources.entry(*host).or_default() += 1)?;
        let dead = sources.into_iter().filter(|(_, sources)| *sources >= dead_for);
        Ok(dead.map(|(host, _)| host).collect::<Vec<_>>())
    };
    let dead: Vec<_> = map(failing.into_buckets(), of_bucket).into_iter().collect::<Result<_, _>>()?;
    Ok(dead.into_iter().flatten().collect())
}
