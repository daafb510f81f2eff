//! What the data cannot tell: a difference in what is logged must not pass for one in what happened.

use super::caveat::{Caveat, Letter};
use super::model::{SetKind, SetSummary};
use super::union::Union;
use crate::flow::State;
use crate::state::Summary;

/// NICs named before "and so many more".
const NAMED: usize = 4;
/// Files of one hour hold tuples of the last minute before it: folders of two days in a row have that much in common.
const SPILL_MS: i64 = 120_000;

pub(super) fn all(
    summaries: [&SetSummary; 2],
    sets: [&Summary; 2],
    union: &Union,
    per_hour: bool,
) -> Vec<Caveat> {
    let mut caveats = Vec::new();
    for ((letter, summary), set) in [Letter::A, Letter::B].into_iter().zip(summaries).zip(sets) {
        caveats.extend(of_set(letter, summary, set));
    }
    let [a, b] = summaries;
    if a.kind == SetKind::Empty || b.kind == SetKind::Empty {
        return caveats;
    }
    if per_hour {
        caveats.push(Caveat::Spans(if a.covered_ms > b.covered_ms { Letter::A } else { Letter::B }));
    }
    caveats.extend(of_times(a, b));
    caveats.extend([(Letter::A, a), (Letter::B, b)].into_iter().filter_map(|(set, it)| of_nics(set, it)));
    let shared = union.by_host.values().any(|[a, b]| a.is_let_through() && b.is_let_through());
    if !shared {
        caveats.push(Caveat::NoCommonHost);
    }
    caveats
}

/// What one set lacks.
fn of_set(letter: Letter, summary: &SetSummary, set: &Summary) -> Vec<Caveat> {
    if summary.kind == SetKind::Empty {
        return vec![Caveat::Empty(letter)];
    }
    let seen = |state| set.overall.state(state) > 0;
    let allowed = [State::Begin, State::Continue, State::End, State::Allow].into_iter().any(seen);
    let (cut, files, malformed) = (summary.files_with_errors, summary.files, summary.malformed);
    let all = [
        (cut > 0 || malformed > 0, Caveat::Faults { set: letter, cut, files, malformed }),
        (!seen(State::Deny), Caveat::NoDenied(letter)),
        (!allowed, Caveat::NoAllowed(letter)),
        (allowed && !seen(State::Begin) && !seen(State::Allow), Caveat::NoBegun(letter)),
        (seen(State::Allow), Caveat::NoCounters(letter)),
        (summary.kind == SetKind::Mixed, Caveat::Mixed(letter)),
    ];
    all.into_iter().filter(|(holds, _)| *holds).map(|(_, caveat)| caveat).collect()
}

fn of_times(a: &SetSummary, b: &SetSummary) -> Option<Caveat> {
    let (start_a, end_a) = (a.first_time_ms?, a.last_time_ms?);
    let (start_b, end_b) = (b.first_time_ms?, b.last_time_ms?);
    let (start, end) = (start_a.max(start_b), end_a.min(end_b));
    let across = a.kind != b.kind && a.kind != SetKind::Mixed && b.kind != SetKind::Mixed;
    let overlap = end.saturating_sub(start);
    if across {
        return (start > end).then_some(Caveat::OtherTime);
    }
    let same = (start_a, end_a) == (start_b, end_b);
    (overlap >= SPILL_MS && !same).then_some(Caveat::Overlap { ms: overlap })
}

fn of_nics(set: Letter, summary: &SetSummary) -> Option<Caveat> {
    let here = &summary.nics_only_here;
    let named = here.iter().take(NAMED).cloned().collect();
    (!here.is_empty()).then_some(Caveat::Nics { set, nics: here.len() as u64, named })
}
