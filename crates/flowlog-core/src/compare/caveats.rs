//! What the data cannot tell: a difference in what is logged must not pass for one in what happened.

use super::model::{Caveat, SetKind, SetSummary};
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
    let mut caveats = Caveats(Vec::new());
    for ((letter, summary), set) in ["A", "B"].into_iter().zip(summaries).zip(sets) {
        caveats.of_set(letter, summary, set);
    }
    let [a, b] = summaries;
    if a.kind == SetKind::Empty || b.kind == SetKind::Empty {
        return caveats.0;
    }
    caveats.of_times(a, b, per_hour);
    for (letter, other, summary) in [("A", "B", a), ("B", "A", b)] {
        caveats.of_nics(letter, other, summary);
    }
    let shared = union.by_host.values().any(|[a, b]| a.is_let_through() && b.is_let_through());
    if !shared {
        caveats.add(
            "no-common-host",
            "No host has allowed traffic in both sets: are they of the same network?".to_owned(),
        );
    }
    caveats.0
}

/// Hours and minutes, or minutes alone.
fn duration(ms: i64) -> String {
    let minutes = ms / 60_000;
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

struct Caveats(Vec<Caveat>);

impl Caveats {
    fn add(&mut self, code: &'static str, text: String) {
        self.0.push(Caveat { code, text });
    }

    /// What one set lacks.
    fn of_set(&mut self, letter: &str, summary: &SetSummary, set: &Summary) {
        let seen = |state| set.overall.state(state) > 0;
        let allowed = [State::Begin, State::Continue, State::End, State::Allow].into_iter().any(seen);
        if summary.kind == SetKind::Empty {
            return self.add("empty", format!("{letter} holds no tuple: everything of the other set is told as if it were new or vanished."));
        }
        let cut = (summary.files_with_errors > 0).then(|| {
            format!("{} of {} files could not be read whole", summary.files_with_errors, summary.files)
        });
        let malformed =
            (summary.malformed > 0).then(|| format!("{} tuples are malformed", summary.malformed));
        let faults: Vec<String> = cut.into_iter().chain(malformed).collect();
        if !faults.is_empty() {
            let faults = faults.join(", and ");
            self.add("faults", format!("{letter}: {faults}; what they hold is told as vanished or new."));
        }
        if !seen(State::Deny) {
            self.add("no-denied", format!(
                "{letter} holds no denied tuple (D rows): nothing was denied, or its flow log is set up to leave denials out. \
                 Denials cannot be compared."
            ));
        }
        if !allowed {
            self.add(
                "no-allowed",
                format!(
                    "{letter} holds nothing but denied tuples (D rows): allowed traffic cannot be compared."
                ),
            );
        } else if !seen(State::Begin) && !seen(State::Allow) {
            self.add("no-begun", format!(
                "{letter} holds no begun tuple (B rows): its flow log leaves them out, so connections that were begun and \
                 never went on are missing, and the same 5-tuple used again may count once."
            ));
        }
        if seen(State::Allow) {
            self.add("no-counters", format!(
                "{letter} has tuples without a life cycle (A rows: NSG flow logs version 1, Traffic Analytics), which record no ends and \
                 often neither packets nor bytes."
            ));
        }
        if summary.kind == SetKind::Mixed {
            self.add("mixed", format!(
                "{letter} holds both NSG and VNet flow logs: what a NIC has in both counts twice. Name them as two sets to compare them."
            ));
        }
    }

    fn of_times(&mut self, a: &SetSummary, b: &SetSummary, per_hour: bool) {
        if per_hour {
            let (longer, shorter) = if a.covered_ms > b.covered_ms { ("A", "B") } else { ("B", "A") };
            self.add("spans", format!(
                "{longer} covers more time than {shorter}: volumes are compared by the hour, and what {shorter} lacks may \
                 only have had less time to appear."
            ));
        }
        let (Some(start_a), Some(end_a), Some(start_b), Some(end_b)) =
            (a.first_time_ms, a.last_time_ms, b.first_time_ms, b.last_time_ms)
        else {
            return;
        };
        let (start, end) = (start_a.max(start_b), end_a.min(end_b));
        let across = a.kind != b.kind && a.kind != SetKind::Mixed && b.kind != SetKind::Mixed;
        if across && start > end {
            self.add(
                "other-time",
                "One set is of NSG and the other of VNet flow logs, and they have no time in common: \
                                   that one log misses what the other has says nothing."
                    .to_owned(),
            );
        } else if !across && end.saturating_sub(start) >= SPILL_MS && (start_a, end_a) != (start_b, end_b) {
            self.add(
                "overlap",
                format!(
                    "The sets overlap in time by {}: what both hold is the same traffic, not traffic that stayed.",
                    duration(end.saturating_sub(start))
                ),
            );
        }
    }

    fn of_nics(&mut self, letter: &str, other: &str, summary: &SetSummary) {
        let missing = summary.nics_only_here.len();
        if missing == 0 {
            return;
        }
        let named: Vec<&str> = summary.nics_only_here.iter().take(NAMED).map(String::as_str).collect();
        let more = match missing.saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let (nics, their) = if missing == 1 { ("NIC is", "its") } else { ("NICs are", "their") };
        self.add(
            "nics",
            format!(
                "{missing} {nics} in {letter} and not in {other} ({}{more}): {their} traffic is told as {}.",
                named.join(", "),
                if letter == "A" { "vanished" } else { "new" }
            ),
        );
    }
}
