//! What the data holds and what it lacks: every conclusion depends on it.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::{FileSums, Remark, SelectionRow};
use crate::connection::Outcome;
use crate::flow::State;
use crate::record::LogKind;
use crate::state::{HOUR_MS, HourCounts, LogCoverage, Summary, joined_hours};

/// A record is written every minute: one that is so much older than the end of its hour is not the hour's last.
const UNFINISHED_MS: i64 = 180_000;

/// What the data holds and what it lacks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Hours (UTC) with records of any NIC.
    pub hours: u64,
    /// Hours between the first and the last without records of any NIC.
    pub empty_hours: u64,
    /// One entry for each NIC's log, by MAC address and resource.
    pub logs: Vec<LogRow>,
    /// States (`B`, `C`, `E`, `D`) that no tuple has: flow logs can be set to leave them out.
    pub missing_states: Vec<char>,
    /// The newest record, if its hour goes on after it: that hour's blobs are not complete. Unix ms UTC.
    pub unfinished_ms: Option<i64>,
    /// NICs that both a VNet and an NSG flow log tell of.
    pub logged_twice: Vec<String>,
    /// Records passed over because another file held them before.
    pub repeated_records: u64,
    /// Tuples of records without a time between 1970 and 9999: they are in no hour and no gap.
    pub untimed_tuples: u64,
    /// Connections let in by NSGs' own rules for inbound TCP, of which the NSG flow log has neither ends nor bytes.
    pub stateless_connections: u64,
    /// What follows for the reader, in sentences.
    pub remarks: Vec<Remark>,
}

/// What there is of one NIC's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogRow {
    /// MAC address, upper case without separators.
    pub mac: Box<str>,
    /// The resource whose log it is, lower case; empty if the records do not say.
    pub resource: Arc<str>,
    /// `VNet` or `NSG`.
    pub kind: &'static str,
    /// Tuples.
    pub tuples: u64,
    /// Tuples by state letter.
    pub states: StateCounts,
    /// Hours with records.
    pub hours: u64,
    /// Start of its first hour with records, Unix ms UTC.
    pub first_hour_ms: Option<i64>,
    /// Start of its last hour with records, Unix ms UTC.
    pub last_hour_ms: Option<i64>,
    /// Its newest record, Unix ms UTC.
    pub last_record_ms: Option<i64>,
    /// Stretches of hours without a record between the first and the last hour of the data, although other NICs have some.
    pub gaps: Vec<Gap>,
}

/// Tuples by state letter: a map, but of a fixed size, since there may be a million logs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StateCounts([u64; State::ALL.len()]);

impl StateCounts {
    /// Tuples of the state with this letter; `None` for a letter of none, and for `A` without any.
    pub fn get(&self, letter: char) -> Option<u64> {
        self.iter().find(|(other, _)| *other == letter).map(|(_, tuples)| tuples)
    }

    fn iter(&self) -> impl Iterator<Item = (char, u64)> {
        let counts = State::ALL.iter().zip(self.0).map(|(state, tuples)| (state.letter(), tuples));
        counts.filter(|&(letter, tuples)| letter != 'A' || tuples > 0)
    }
}

impl From<[u64; State::ALL.len()]> for StateCounts {
    /// Of tuples in the order of [`State::ALL`].
    fn from(tuples: [u64; State::ALL.len()]) -> Self {
        Self(tuples)
    }
}

impl Serialize for StateCounts {
    /// In the order of letters.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut counts = [None; State::ALL.len()];
        counts.iter_mut().zip(self.iter()).for_each(|(slot, count)| *slot = Some(count));
        counts.sort_unstable();
        serializer.collect_map(counts.into_iter().flatten())
    }
}

/// Hours without a record: the NIC was idle or gone, its log was off, or a blob is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// Start of the first hour, Unix ms UTC.
    pub from_ms: i64,
    /// Hours.
    pub hours: u64,
    /// True if the NIC's log has records before and after it.
    pub inside: bool,
}

pub(super) fn coverage(tables: &Summary, files: &FileSums, selection: Option<&SelectionRow>) -> Coverage {
    let logs = &tables.coverage;
    let present: Vec<i64> = joined_hours(logs).iter().map(|counts| counts.hour).collect();
    let mut rows: Vec<LogRow> = logs.iter().map(|log| row(log, &present)).collect();
    rows.sort_unstable_by(|a, b| (&a.mac, &a.resource, a.kind).cmp(&(&b.mac, &b.resource, b.kind)));
    let span = present.first().zip(present.last()).map_or(0, |(first, last)| first.abs_diff(*last) + 1);
    let newest = logs.iter().filter_map(LogCoverage::last_ms).max();
    // What a filter leaves out is not missing, and an hour that was cut is not unfinished.
    let is_filtered = selection.is_some_and(|selection| selection.filter.is_some());
    let is_cut = selection.is_some_and(|selection| selection.to_ms.is_some());
    let mut coverage = Coverage {
        hours: present.len() as u64,
        empty_hours: span - present.len() as u64,
        missing_states: if is_filtered { Vec::new() } else { missing_states(tables) },
        unfinished_ms: newest
            .filter(|newest| !is_cut && newest.rem_euclid(HOUR_MS) < HOUR_MS - UNFINISHED_MS),
        logged_twice: logged_twice(logs),
        repeated_records: files.repeated_records,
        stateless_connections: tables.outcomes().of(Outcome::Stateless).connections,
        untimed_tuples: logs.iter().map(|log| log.untimed).sum(),
        logs: rows,
        remarks: Vec::new(),
    };
    coverage.remarks = remarks(&coverage);
    coverage
}

fn row(log: &LogCoverage, present: &[i64]) -> LogRow {
    let hours = log.hours();
    let hour_ms = |counts: Option<&HourCounts>| counts.map(|counts| counts.hour.saturating_mul(HOUR_MS));
    LogRow {
        mac: log.mac.clone(),
        resource: Arc::clone(&log.resource),
        kind: match log.kind {
            LogKind::VNet => "VNet",
            LogKind::Nsg => "NSG",
        },
        tuples: log.tuples(),
        states: log.states.into(),
        hours: hours.len() as u64,
        first_hour_ms: hour_ms(hours.first()),
        last_hour_ms: hour_ms(hours.last()),
        last_record_ms: log.last_ms(),
        gaps: gaps(log, present),
    }
}

/// Runs of hours that others have and this log has not. `present` are the hours of all logs, in order: only those of
/// this log are looked up, so that many short logs cost no more than few long ones.
fn gaps(log: &LogCoverage, present: &[i64]) -> Vec<Gap> {
    let mut gaps: Vec<Gap> = Vec::new();
    let mut gap = |from: usize, to: usize, inside: bool| {
        if let Some(hour) = present.get(from).filter(|_| from < to) {
            let from_ms = hour.saturating_mul(HOUR_MS);
            gaps.push(Gap { from_ms, hours: (to - from) as u64, inside });
        }
    };
    let mut behind_last = None;
    for HourCounts { hour, .. } in log.hours() {
        let place = present.partition_point(|present| present < hour);
        gap(behind_last.unwrap_or_default(), place, behind_last.is_some());
        behind_last = Some(place + 1);
    }
    if let Some(place) = behind_last {
        gap(place, present.len(), false);
    }
    gaps
}

fn missing_states(tables: &Summary) -> Vec<char> {
    let overall = &tables.overall;
    // NSG version 1 records no life cycle: there, nothing but denials can be missing.
    let only_v1 =
        overall.tuples > 0 && overall.tuples == overall.state(State::Allow) + overall.state(State::Deny);
    let stateless = tables.outcomes().of(Outcome::Stateless).tuples;
    let expected: &[State] = if overall.tuples == 0 {
        &[]
    } else if only_v1 && overall.state(State::Allow) > 0 {
        &[State::Deny]
    } else if stateless > 0 && stateless == overall.state(State::Begin) {
        // Nothing of it can continue or end.
        &[State::Begin, State::Deny]
    } else {
        &[State::Begin, State::Continue, State::End, State::Deny]
    };
    expected.iter().filter(|&&state| overall.state(state) == 0).map(|state| state.letter()).collect()
}

fn logged_twice(logs: &[LogCoverage]) -> Vec<String> {
    let of = |kind: LogKind| {
        let macs = logs.iter().filter(move |log| log.kind == kind && !log.mac.is_empty());
        macs.map(|log| &*log.mac).collect::<BTreeSet<&str>>()
    };
    of(LogKind::VNet).intersection(&of(LogKind::Nsg)).map(ToString::to_string).collect()
}

/// What a reader must know before any conclusion.
fn remarks(coverage: &Coverage) -> Vec<Remark> {
    let missing = |state: char| coverage.missing_states.contains(&state);
    let logs = |inside: bool| {
        let gaps = coverage.logs.iter().filter(|log| log.gaps.iter().any(|gap| gap.inside == inside));
        gaps.count() as u64
    };
    let (with_gaps, partial) = (logs(true), logs(false));
    let twice = coverage.logged_twice.len() as u64;
    let (empty, stateless) = (coverage.empty_hours, coverage.stateless_connections);
    let (untimed, repeated) = (coverage.untimed_tuples, coverage.repeated_records);
    let all = [
        (missing('D'), Remark::NoDenials),
        (missing('B'), Remark::NoBegins),
        (missing('E'), Remark::NoEnds),
        (missing('C') && !missing('E') && coverage.hours > 1, Remark::NoContinued),
        (with_gaps > 0, Remark::Gaps { logs: with_gaps }),
        (partial > 0, Remark::LateOrEarly { logs: partial }),
        (empty > 0, Remark::EmptyHours { hours: empty }),
        (twice > 0, Remark::LoggedTwice { nics: twice }),
        (stateless > 0, Remark::Stateless { connections: stateless }),
        (untimed > 0, Remark::Untimed { tuples: untimed }),
        (repeated > 0, Remark::Repeated { records: repeated }),
    ];
    all.into_iter().filter(|(holds, _)| *holds).map(|(_, remark)| remark).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(hours: &[i64]) -> LogCoverage {
        let hours = hours.iter().map(|&hour| HourCounts { hour, tuples: 1, last_ms: hour * HOUR_MS });
        LogCoverage::of("M", "r".into(), LogKind::VNet).with_hours(hours)
    }

    #[test]
    fn many_nics_of_an_hour_each_are_not_compared_hour_by_hour() {
        let mut tables = Summary::default();
        tables.coverage = (0..100_000).map(|hour| log(&[hour])).collect();
        let found = coverage(&tables, &FileSums::default(), None);
        assert_eq!((found.hours, found.empty_hours, found.logs.len()), (100_000, 0, 100_000));
        let gaps = |row: &LogRow| row.gaps.iter().map(|gap| gap.hours).sum::<u64>();
        assert!(found.logs.iter().all(|row| gaps(row) == 99_999));
    }

    #[test]
    fn gaps_are_runs_of_hours_that_others_have() {
        let present = [1, 2, 3, 5, 6, 7, 8];
        let found = gaps(&log(&[2, 7]), &present);
        let seen: Vec<_> = found.iter().map(|gap| (gap.from_ms / HOUR_MS, gap.hours, gap.inside)).collect();
        assert_eq!(seen, [(1, 1, false), (3, 3, true), (8, 1, false)]);
        assert_eq!(gaps(&log(&[1, 2, 3, 5, 6, 7, 8]), &present), []);
        assert_eq!(gaps(&log(&[]), &present), []);
    }
}
