//! The flow logs met: one entry for each NIC, resource and kind of log.

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::coverage::LogCoverage;
use super::near::NearLog;
use super::nic_times::NicTimes;
use crate::connection::LogId;
use crate::record::{LogKind, RecordContext};

/// MAC address, resource and kind. Each spelling met has an entry, beside the plain one.
type LogName = (String, String, LogKind);

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
    pub(super) fn new(mac: &str, resource: &str, kind: LogKind) -> Self {
        Self {
            id: LogId::new(mac, resource, kind),
            coverage: LogCoverage::of(mac, resource, kind),
            near: NearLog::default(),
            newest_ms: i64::MIN,
            has_ends: false,
            times: None,
            records: Vec::new(),
        }
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

/// All logs, by the order they were met.
#[derive(Default)]
pub(super) struct Logs {
    pub(super) all: Vec<NicLog>,
    places: HashMap<LogName, u32, RandomState>,
    /// The names of the last record.
    last: Option<LogName>,
}

impl Logs {
    /// True for a record of the same log as the last one that was asked for.
    #[inline]
    pub(super) fn is_last(&self, record: &RecordContext<'_>) -> bool {
        self.last.as_ref().is_some_and(|(mac, resource, kind)| {
            (mac.as_str(), resource.as_str(), *kind) == (record.mac, record.resource, record.kind)
        })
    }

    /// The next record is of another log, as far as [`Logs::is_last`] is asked.
    pub(super) fn forget_last(&mut self) {
        self.last = None;
    }

    /// The place of a record's log.
    pub(super) fn place(&mut self, record: &RecordContext<'_>) -> u32 {
        self.last = Some((record.mac.to_owned(), record.resource.to_owned(), record.kind));
        match self.places.get(&NameRef(record.mac, record.resource, record.kind)) {
            Some(&place) => place,
            None => self.learn(record),
        }
    }

    /// The place of a log, whatever the case and separators its names are written with.
    fn learn(&mut self, record: &RecordContext<'_>) -> u32 {
        let plain = (plain_mac(record.mac), record.resource.to_ascii_lowercase(), record.kind);
        let place = self.plain_place(&plain);
        let spelling = (record.mac.to_owned(), record.resource.to_owned(), record.kind);
        *self.places.entry(spelling).or_insert(place)
    }

    fn plain_place(&mut self, name: &LogName) -> u32 {
        if let Some(&place) = self.places.get(name) {
            return place;
        }
        let place = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.all.push(NicLog::new(&name.0, &name.1, name.2));
        self.places.insert(name.clone(), place);
        place
    }

    /// The log of these names; `None` if there is none.
    pub(super) fn find(&self, log: &NicLog) -> Option<&NicLog> {
        let name = NameRef(&log.coverage.mac, &log.coverage.resource, log.coverage.kind);
        self.all.get(*self.places.get(&name)? as usize)
    }

    /// Adds a log, or what more there is of one. Returns its place.
    pub(super) fn add(&mut self, log: NicLog) -> u32 {
        let name = (log.coverage.mac.clone(), log.coverage.resource.clone(), log.coverage.kind);
        let place = self.plain_place(&name);
        if let Some(mine) = self.all.get_mut(place as usize) {
            mine.add(log);
        }
        place
    }

    /// Adds those of `other`. Returns the place here of each of its logs.
    pub(super) fn merge(&mut self, other: Self) -> Vec<u32> {
        other.all.into_iter().map(|log| self.add(log)).collect()
    }
}

/// Looks up [`LogName`]s without owning the strings.
#[derive(Hash)]
struct NameRef<'a>(&'a str, &'a str, LogKind);

impl hashbrown::Equivalent<LogName> for NameRef<'_> {
    fn equivalent(&self, key: &LogName) -> bool {
        self.0 == key.0 && self.1 == key.1 && self.2 == key.2
    }
}

/// Upper case hex digits only, as Azure writes MAC addresses in VNet flow logs.
pub fn plain_mac(mac: &str) -> String {
    mac.chars().filter(|c| !matches!(c, '-' | ':' | '.')).collect::<String>().to_ascii_uppercase()
}
