//! The flow logs met: one entry for each NIC, resource and kind of log.

use std::hash::BuildHasher;
use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::{HashSet, HashTable};

use super::coverage::LogCoverage;
use super::near::NearLog;
use super::nic_times::NicTimes;
use crate::connection::{LogId, make_plain};
use crate::record::{LogKind, RecordContext};

/// One NIC's log.
#[derive(Clone)]
pub(super) struct NicLog {
    pub(super) id: LogId,
    pub(super) coverage: LogCoverage,
    pub(super) near: NearLog,
    /// Its newest tuple, Unix ms.
    pub(super) newest_ms: i64,
    /// It had continuations or ends of what an NSG's own rule for inbound TCP let in: not of version 2 without
    /// `FlowTimeoutInMinutes`, which has none.
    pub(super) has_ends: bool,
    /// The minutes with tuples, if they are asked for.
    pub(super) times: Option<Box<NicTimes>>,
    /// Times of its records, Unix ms, if they are asked for: eight bytes a record.
    pub(super) records: Vec<i64>,
}

impl NicLog {
    pub(super) fn new(mac: &str, resource: Arc<str>, kind: LogKind) -> Self {
        Self {
            id: LogId::new(mac, &resource, kind),
            coverage: LogCoverage::of(mac, resource, kind),
            near: NearLog::default(),
            newest_ms: i64::MIN,
            has_ends: false,
            times: None,
            records: Vec::new(),
        }
    }

    fn name(&self) -> Name<'_> {
        Name(&self.coverage.mac, &self.coverage.resource, self.coverage.kind)
    }

    fn add(&mut self, mut other: Self) {
        self.records.append(&mut other.records);
        self.coverage.add(other.coverage);
        self.near.merge(other.near);
        self.newest_ms = self.newest_ms.max(other.newest_ms);
        self.has_ends |= other.has_ends;
        match (&mut self.times, other.times) {
            (Some(mine), Some(theirs)) => mine.add(&theirs),
            (mine, theirs) => *mine = mine.take().or(theirs),
        }
    }
}

/// MAC address and resource, in their plain spelling, and kind.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Name<'a>(&'a str, &'a str, LogKind);

/// All logs, by the order they were met. Names are kept once: a million logs may be of one resource.
#[derive(Default)]
pub(super) struct Logs {
    pub(super) all: Vec<NicLog>,
    /// Places in `all`, by the hash of their names.
    places: HashTable<u32>,
    resources: HashSet<Arc<str>, RandomState>,
    hasher: RandomState,
    /// MAC address and resource of the last record as written, and its kind if there was one.
    last: (String, String, Option<LogKind>),
    /// Room for names in their plain spelling.
    plain: (String, String),
}

impl Logs {
    /// True for a record of the same log as the last one that was asked for.
    #[inline]
    pub(super) fn is_last(&self, record: &RecordContext<'_>) -> bool {
        let (mac, resource, kind) = &self.last;
        (mac.as_str(), resource.as_str(), *kind) == (record.mac, record.resource, Some(record.kind))
    }

    /// The next record is of another log, as far as [`Logs::is_last`] is asked.
    pub(super) fn forget_last(&mut self) {
        self.last.2 = None;
    }

    /// The place of a record's log, whatever the case and separators its names are written with.
    pub(super) fn place(&mut self, record: &RecordContext<'_>) -> u32 {
        record.mac.clone_into(&mut self.last.0);
        record.resource.clone_into(&mut self.last.1);
        self.last.2 = Some(record.kind);
        let (mut mac, mut resource) = std::mem::take(&mut self.plain);
        make_plain(record.mac, &mut mac);
        record.resource.clone_into(&mut resource);
        resource.make_ascii_lowercase();
        let place = self.place_of(Name(&mac, &resource, record.kind)).unwrap_or_else(|| {
            let resource = self.resource(&resource);
            self.push(NicLog::new(&mac, resource, record.kind))
        });
        self.plain = (mac, resource);
        place
    }

    /// The text of a resource's name, kept once.
    pub(super) fn resource(&mut self, name: &str) -> Arc<str> {
        Arc::clone(self.resources.get_or_insert_with(name, |name| Arc::from(name)))
    }

    fn place_of(&self, name: Name<'_>) -> Option<u32> {
        let is_it = |&place: &u32| self.all.get(place as usize).is_some_and(|log| log.name() == name);
        self.places.find(self.hasher.hash_one(name), is_it).copied()
    }

    /// Adds a log whose name is not known.
    fn push(&mut self, log: NicLog) -> u32 {
        let Self { all, places, hasher, .. } = self;
        let place = u32::try_from(all.len()).unwrap_or(u32::MAX);
        let hash = hasher.hash_one(log.name());
        all.push(log);
        let hash_of = |&place: &u32| all.get(place as usize).map_or(0, |log| hasher.hash_one(log.name()));
        places.insert_unique(hash, place, hash_of);
        place
    }

    /// The log of these names; `None` if there is none.
    pub(super) fn find(&self, log: &NicLog) -> Option<&NicLog> {
        self.all.get(self.place_of(log.name())? as usize)
    }

    /// Adds a log, or what more there is of one. Returns its place.
    pub(super) fn add(&mut self, log: NicLog) -> u32 {
        let Some(place) = self.place_of(log.name()) else { return self.push(log) };
        if let Some(mine) = self.all.get_mut(place as usize) {
            mine.add(log);
        }
        place
    }

    /// Adds those of `other`. Returns the place here of each of its logs.
    pub(super) fn merge(&mut self, other: Self) -> Vec<u32> {
        if self.all.is_empty() {
            *self = other;
            return (0_u32..).take(self.all.len()).collect();
        }
        other.all.into_iter().map(|log| self.add(log)).collect()
    }
}

/// Upper case hex digits only, as Azure writes MAC addresses in VNet flow logs.
pub fn plain_mac(mac: &str) -> String {
    let mut plain = String::new();
    make_plain(mac, &mut plain);
    plain
}
