//! Tuples -> sums and rows: one worker's.

use std::hash::BuildHasher;
use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::HashSet;

use super::faults::Faults;
use super::hosts::{HostId, Hosts};
use super::logs::{Logs, NicLog};
use super::overall::{Overall, TupleSums};
use super::partition::{Origin, PARTITIONS, PartitionKey};
use super::row::Row;
use super::rules::{Rules, is_to_admin_port};
use super::scatter::Scatter;
use super::spill::{Budget, Spill, SpillError};
use super::timeline::Timeline;
use super::track::{Seen, Track};
use super::words::UnknownWords;
use super::{State, Totals};
use crate::flow::{Direction, Encryption, FlowTuple, State as FlowState};
use crate::record::{MalformedTuple, RecordContext, Sink};
use crate::select::Picked;

/// What readers of one run share.
#[derive(Clone)]
pub struct Shared {
    key: PartitionKey,
    hosts: Arc<Hosts>,
    budget: Arc<Budget>,
    /// What logs are numbered by.
    names: RandomState,
    /// Keep the minutes in which each NIC has tuples: what comparisons need.
    minutes: bool,
    /// Keep the times of records: what written states need.
    records: bool,
    /// Of the connections that were read before, those whose tuples are read now.
    picked: Option<Arc<Picked>>,
}

impl Shared {
    /// Rows beyond `budget` go to disk.
    pub fn new(budget: &Arc<Budget>) -> Self {
        let (key, hosts) = (PartitionKey::random(), Arc::default());
        let names = RandomState::default();
        Self { key, hosts, budget: Arc::clone(budget), names, minutes: false, records: false, picked: None }
    }

    /// Keeps the minutes in which each NIC has tuples.
    #[must_use]
    pub fn with_minutes(self) -> Self {
        Self { minutes: true, ..self }
    }

    /// Keeps the times of records, by which states that hold the same are known.
    #[must_use]
    pub fn with_records(self) -> Self {
        Self { records: true, ..self }
    }

    /// Tuples are those of connections that were chosen: what is of two of them is not joined.
    #[must_use]
    pub fn with_picked(self, picked: Option<Arc<Picked>>) -> Self {
        Self { picked, ..self }
    }

    pub(super) fn hosts(&self) -> Hosts {
        self.hosts.beside()
    }

    pub(super) fn budget(&self) -> &Arc<Budget> {
        &self.budget
    }
}

/// Counts tuples and joins them to rows. Memory: rows, the open connections of one file (bounded), and an entry for
/// each log, near end and rule.
pub struct Reader {
    shared: Shared,
    overall: Overall,
    timeline: Timeline,
    words: UnknownWords,
    faults: Faults,
    hosts: Hosts,
    logs: Logs,
    rules: Rules,
    track: Track,
    out: Out,
    log: u32,
    /// Logs met since the last question ([`Reader::logs_met`]).
    met: HashSet<u32, RandomState>,
    path: String,
    file_times: Option<(i64, i64)>,
}

/// Where rows go.
struct Out {
    scatter: Scatter,
    /// Log and far end of rows met lately, each in the one place its bits lead to: a far end is entered once.
    recent: Box<[Option<(u32, HostId, HostId)>; RECENT]>,
}

const RECENT: usize = 1024;

impl Out {
    /// The place of two ends among the recent ones. Fibonacci hashing: the top bits depend on all.
    fn recent(&mut self, log: u32, near: HostId, far: HostId) -> bool {
        let mixed = (near.0 ^ far.0.rotate_left(16) ^ log.rotate_left(8)).wrapping_mul(0x9e37_79b9);
        let place = &mut self.recent[(mixed >> (32 - RECENT.ilog2())) as usize % RECENT];
        let known = *place == Some((log, near, far));
        *place = Some((log, near, far));
        known
    }

    #[inline]
    fn row(&mut self, row: &Row, logs: &mut [NicLog], hosts: &Hosts) {
        let (near, far) = match row.connection.direction {
            Direction::Outbound => (row.key.source, row.key.destination),
            Direction::Inbound => (row.key.destination, row.key.source),
        };
        let known = self.recent(row.log, near, far);
        if let Some(log) = logs.get_mut(row.log as usize) {
            log.near.see(near, far, row.connection.tuples(), known, hosts);
        }
        self.scatter.write(row, hosts);
    }
}

impl Reader {
    /// A reader of a run.
    pub fn new(shared: &Shared) -> Self {
        let spill = Spill::new(&shared.budget);
        Self {
            shared: shared.clone(),
            overall: Overall::default(),
            timeline: Timeline::default(),
            words: UnknownWords::default(),
            faults: Faults::default(),
            hosts: shared.hosts.beside(),
            logs: Logs::default(),
            rules: Rules::default(),
            track: Track::default(),
            out: Out {
                scatter: Scatter::new(shared.key, PARTITIONS, spill),
                recent: Box::new([None; RECENT]),
            },
            log: 0,
            met: HashSet::default(),
            path: String::new(),
            file_times: None,
        }
    }

    /// The tuples that follow are of the file `path`.
    pub fn begin_file(&mut self, path: &str) {
        path.clone_into(&mut self.path);
        self.file_times = None;
    }

    /// The file is read. Returns its oldest and newest tuple, Unix ms.
    pub fn end_file(&mut self) -> Option<(i64, i64)> {
        let Self { track, out, logs, hosts, .. } = self;
        track.flush(&mut |row| out.row(row, &mut logs.all, hosts));
        let times = self.file_times.take();
        self.overall.span(times);
        times
    }

    /// Tuples that nobody asked for, of a log and a time that are asked for: they tell whose NIC it is, how far its log goes,
    /// and nothing else. Call it as [`Sink::tuples`].
    pub fn pass_by(&mut self, tuples: &[FlowTuple]) {
        let Some(log) = self.logs.all.get_mut(self.log as usize) else { return };
        let sums = TupleSums::of(tuples, |_| false);
        log.coverage.count(&sums);
        log.newest_ms = log.newest_ms.max(sums.times.1);
        for tuple in tuples {
            let (near, far) = match tuple.direction {
                Direction::Outbound => (tuple.source, tuple.destination),
                Direction::Inbound => (tuple.destination, tuple.source),
            };
            let (near, far) = (self.hosts.id(near), self.hosts.id(far));
            let known = self.out.recent(self.log, near, far);
            log.near.see(near, far, 1, known, &self.hosts);
            log.has_ends |= matches!(tuple.state, FlowState::Continue | FlowState::End)
                && tuple.encryption == Encryption::NotRecorded
                && self.rules.lets_in_by_user_rule(tuple);
        }
        self.overall.passed += sums.tuples;
    }

    /// The NICs' logs met since the last call, each as a number: of MAC address and resource, the same for all readers
    /// of a run.
    pub fn logs_met(&mut self) -> Vec<u64> {
        let met = self.met.drain().filter_map(|place| self.logs.all.get(place as usize));
        let number = |log: &NicLog| self.shared.names.hash_one((&*log.coverage.mac, &*log.coverage.resource));
        let mut numbers: Vec<u64> = met.map(number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        self.logs.forget_last();
        numbers
    }

    /// No more tuples follow.
    ///
    /// # Errors
    /// A temporary file could not be written.
    pub fn finish(self) -> Result<State, SpillError> {
        let origin = Origin::of(self.logs.all.len(), self.rules.rows().len());
        let rows = self.out.scatter.finish(vec![origin], self.shared.budget.has_begun())?;
        let Self { overall, timeline, words, faults, hosts, logs, rules, .. } = self;
        Ok(State {
            totals: Totals { overall, timeline, words, faults },
            logs,
            rules,
            hosts,
            rows,
            budget: self.shared.budget,
            picked: self.shared.picked,
        })
    }
}

impl Sink for Reader {
    fn record(&mut self, record: &RecordContext<'_>) {
        // Told again for each rule of a record.
        if !self.logs.is_last(record) {
            self.log = self.logs.place(record);
            self.met.insert(self.log);
        }
        let Self { track, out, logs, hosts, shared, .. } = self;
        if let Some(log) = logs.all.get_mut(self.log as usize) {
            log.coverage.record(record);
            if let Some(time_ms) = record.time_ms.filter(|time_ms| log.records.last() != Some(time_ms))
                && shared.records
            {
                log.records.push(time_ms);
            }
        }
        if let Some(now) = record.time_ms {
            track.advance(now, &mut |row| out.row(row, &mut logs.all, hosts));
        }
    }

    fn rule(&mut self, acl: &str, rule: &str) {
        self.rules.select(acl, rule);
    }

    fn encryption_word(&mut self, word: &str) {
        self.words.count(word);
    }

    fn tuple(&mut self, tuple: &FlowTuple) {
        self.tuples(std::slice::from_ref(tuple));
    }

    fn tuples(&mut self, tuples: &[FlowTuple]) {
        let place = self.log as usize;
        let Some(log) = self.logs.all.get_mut(place).filter(|_| !tuples.is_empty()) else { return };
        let sums = TupleSums::of(tuples, |tuple| self.rules.is_dropped(tuple));
        let (oldest, newest) = sums.times;
        self.file_times = Some(self.file_times.map_or(sums.times, |(a, b)| (a.min(oldest), b.max(newest))));
        self.overall.count(tuples, &sums);
        self.rules.count(&sums);
        log.coverage.count(&sums);
        log.newest_ms = log.newest_ms.max(newest);
        self.timeline.count(tuples);
        if self.shared.minutes {
            let times = log.times.get_or_insert_default();
            for tuple in tuples {
                times.see(tuple.time_ms);
            }
        }
        let (rule, id) = (self.rules.current(), log.id);
        for tuple in tuples {
            let stateless =
                tuple.encryption == Encryption::NotRecorded && self.rules.lets_in_by_user_rule(tuple);
            if stateless
                && matches!(tuple.state, FlowState::Continue | FlowState::End)
                && let Some(log) = self.logs.all.get_mut(place)
            {
                log.has_ends = true;
            }
            let answered = is_to_admin_port(tuple.protocol, tuple.destination_port, tuple.direction)
                && tuple.counters.is_some_and(|counters| counters.is_answered(tuple.protocol));
            let chosen = self.shared.picked.as_ref().map_or(0, |picked| picked.place(id, tuple));
            let Self { track, out, logs, hosts, .. } = self;
            let (source, destination) = (hosts.id(tuple.source), hosts.id(tuple.destination));
            let seen = Seen { source, destination, log: self.log, rule, answered, stateless, chosen };
            track.add(tuple, &seen, &mut |row| out.row(row, &mut logs.all, hosts));
        }
    }

    fn malformed(&mut self, tuple: &MalformedTuple<'_>) {
        self.faults.count(&self.path, tuple);
    }
}
