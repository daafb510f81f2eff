//! Parts tuples into those that are asked for and those that are not, while files are read.

use std::sync::Arc;

use super::{Bound, Filter, Picked, Place, Window};
use crate::connection::LogId;
use crate::flow::FlowTuple;
use crate::record::{LogKind, RecordContext};

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Tuples of this time.
    pub window: Window,
    /// Of these, those that may belong to connections of this kind.
    pub filter: Option<Filter>,
    /// Of these, those of connections that an earlier reading chose.
    pub picked: Option<Arc<Picked>>,
}

impl Selection {
    /// Whether everything is asked for.
    pub fn is_all(&self) -> bool {
        self.window.is_all() && self.filter.is_none() && self.picked.is_none()
    }
}

/// Asks of each tuple whether it is asked for; one a worker.
pub struct Selector {
    selection: Selection,
    mac: String,
    resource: String,
    /// `None` before the first record.
    kind: Option<LogKind>,
    log: LogId,
    bound: Option<Bound>,
    /// What is asked for of the tuples at hand, and what is of that time but nothing that is asked for.
    chosen: Vec<FlowTuple>,
    passed: Vec<FlowTuple>,
    /// The encryption word of the tuple that follows.
    word: Option<String>,
}

/// Tuples parted.
#[derive(Debug)]
pub struct Parted<'s> {
    /// What is asked for.
    pub chosen: &'s [FlowTuple],
    /// What is of that time, but not asked for.
    pub passed: &'s [FlowTuple],
    /// The encryption word of the first one chosen, if this version does not know it.
    pub word: Option<String>,
}

impl Selector {
    /// One that chooses `selection`.
    pub fn new(selection: &Selection) -> Self {
        Self {
            selection: selection.clone(),
            mac: String::new(),
            resource: String::new(),
            kind: None,
            log: LogId::default(),
            bound: None,
            chosen: Vec::new(),
            passed: Vec::new(),
            word: None,
        }
    }

    /// The tuples that follow stand in this record. Returns it with a time that is in the window: its tuples are up to a
    /// minute older, so that the first record after the window may hold tuples of it. Without a time if it is before.
    pub fn record<'r>(&mut self, record: &RecordContext<'r>) -> RecordContext<'r> {
        if self.mac != record.mac || self.resource != record.resource || self.kind != Some(record.kind) {
            record.mac.clone_into(&mut self.mac);
            record.resource.clone_into(&mut self.resource);
            self.kind = Some(record.kind);
            self.bound = None;
            if self.selection.picked.is_some() {
                self.log = LogId::of(record);
            }
        }
        let Window { from_ms, to_ms } = self.selection.window;
        let within = |time: i64| to_ms.map_or(time, |to| time.min(to.saturating_sub(1)));
        let time_ms = record.time_ms.filter(|&time| from_ms.is_none_or(|from| time >= from)).map(within);
        RecordContext { time_ms, ..*record }
    }

    /// They matched this rule of this ACL.
    pub fn rule(&mut self, acl: &str, rule: &str) {
        let place = Place { mac: &self.mac, resource: &self.resource, acl, rule };
        self.bound = self.selection.filter.as_ref().map(|filter| filter.bind(&place));
    }

    /// The encryption word of the tuple that follows, which is none that this version knows.
    pub fn encryption_word(&mut self, word: &str) {
        self.word = Some(word.to_owned());
    }

    /// Parts tuples that follow each other.
    pub fn part(&mut self, tuples: &[FlowTuple]) -> Parted<'_> {
        let Self { selection, bound, log, chosen, passed, word, .. } = self;
        chosen.clear();
        passed.clear();
        let (window, all) = (selection.window, selection.window.is_all());
        for tuple in tuples.iter().filter(|tuple| all || window.contains(tuple.time_ms)) {
            if bound.as_ref().is_none_or(|bound| bound.admits(tuple))
                && selection.picked.as_ref().is_none_or(|picked| picked.holds(*log, tuple))
            {
                chosen.push(*tuple);
            } else {
                passed.push(*tuple);
            }
        }
        let word = word.take().filter(|_| tuples.first() == chosen.first() && !chosen.is_empty());
        Parted { chosen, passed, word }
    }
}
