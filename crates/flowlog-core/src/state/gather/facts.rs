//! What is known of all logs before their rows are gathered.

use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashSet};

use super::GatherOptions;
use crate::connection::LogId;
use crate::record::LogKind;
use crate::state::coverage::HOUR_MS;
use crate::state::near::{Ends, NearEnds};
use crate::state::partition::Rows;
use crate::state::provenance::Provenance;
use crate::state::summary::Summary;
use crate::state::{Logs, State};

type Hours = HashSet<i64, RandomState>;

/// One log, read to its end.
pub(super) struct LogFacts {
    pub(super) id: LogId,
    /// Its newest tuple, Unix ms.
    pub(super) until_ms: i64,
    /// It has ends of what an NSG's own rule for inbound TCP let in.
    pub(super) has_ends: bool,
    /// Its NIC has another one, too: connections stand in both.
    pub(super) logged_twice: bool,
    /// The hours in which another log of the NIC says more: no findings are made from it then.
    told_better: Option<Arc<Hours>>,
    /// Its near ends, if there are several: some may be other NICs'.
    pub(super) several: Option<Box<Ends>>,
}

impl LogFacts {
    /// Findings are made from what it tells of a time (Unix ms), too: not from the NSG log of an hour that the `VNet`
    /// log has, which says more.
    pub(super) fn is_evidence(&self, time_ms: i64) -> bool {
        self.told_better.as_ref().is_none_or(|hours| !hours.contains(&time_ms.div_euclid(HOUR_MS)))
    }
}

/// Parts a state into what is known beside the pairs, what is known of each log, and the rows.
pub(super) fn settle(state: State, options: &GatherOptions) -> (Summary, Vec<LogFacts>, Rows) {
    let State { totals, mut logs, rules, mut hosts, mut rows, .. } = state;
    hosts.refresh();
    rows.fit();
    let vnet_hours = vnet_hours(&mut logs);
    let mut near = NearEnds::default();
    let mut facts = Vec::with_capacity(logs.all.len());
    let mut provenance = Provenance::default();
    for log in &mut logs.all {
        if options.provenance {
            provenance.log(log);
        }
        let ends = std::mem::take(&mut log.near).finish(&hosts);
        near.end_log(&log.coverage.resource, &ends);
        let hours = vnet_hours.get(&*log.coverage.mac);
        facts.push(LogFacts {
            id: log.id,
            until_ms: log.newest_ms,
            has_ends: log.has_ends,
            logged_twice: hours.is_some(),
            told_better: hours.filter(|_| log.coverage.kind == LogKind::Nsg).cloned(),
            several: ends.several.then(|| Box::new(ends)),
        });
    }
    provenance.tidy();
    let coverage = logs.all.into_iter().map(|log| log.coverage).collect();
    let summary = Summary::new(totals, coverage, rules, near, hosts, provenance, options);
    (summary, facts, rows)
}

/// Of NICs with both kinds of logs: the hours of the `VNet` log.
fn vnet_hours(logs: &mut Logs) -> HashMap<String, Arc<Hours>, RandomState> {
    let mut kinds: HashMap<&str, [bool; 2], RandomState> = HashMap::default();
    for log in &mut logs.all {
        log.coverage.put_away();
    }
    for log in &logs.all {
        let vnet = log.coverage.kind == LogKind::VNet;
        kinds.entry(&log.coverage.mac).or_default()[usize::from(vnet)] = true;
    }
    let twice = |mac: &str| kinds.get(mac) == Some(&[true; 2]);
    let mut hours: HashMap<String, Hours, RandomState> = HashMap::default();
    for log in logs.all.iter().filter(|log| log.coverage.kind == LogKind::VNet && twice(&log.coverage.mac)) {
        let known = hours.entry_ref(&*log.coverage.mac).or_default();
        known.extend(log.coverage.hours().iter().map(|counts| counts.hour));
    }
    hours.into_iter().map(|(mac, hours)| (mac, Arc::new(hours))).collect()
}
