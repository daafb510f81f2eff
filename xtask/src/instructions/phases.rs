//! Which source files make which phase, and what each phase takes.

use super::callgrind::{Function, Profile};

/// What belongs to no phase.
pub(super) const REST: &str = "rest";
/// Phases in the order of their work.
const PHASES: [&str; 6] = ["decode", "track", "scatter", "gather", "detectors", "report"];

/// The beginning of a source file's path, from `flowlog-...` on, and its phase; the first that fits holds. Files that
/// stand for none work for whoever calls them, as the libraries do.
const FILES: [(&str, &str); 16] = [
    ("flowlog-core/src/record", "decode"),
    ("flowlog-core/src/bytes", "decode"),
    ("flowlog-core/src/connection", "track"),
    ("flowlog-core/src/state/reader", "track"),
    ("flowlog-core/src/state/track", "track"),
    ("flowlog-core/src/state/logs", "track"),
    ("flowlog-core/src/state/overall", "track"),
    ("flowlog-core/src/state/rules", "track"),
    ("flowlog-core/src/state/row", "scatter"),
    ("flowlog-core/src/state/partition", "scatter"),
    ("flowlog-core/src/state", "gather"),
    ("flowlog-core/src/finding", "detectors"),
    ("flowlog-core/src/report", "report"),
    ("flowlog-core/src/enrich", "report"),
    ("flowlog-analyze/src/render", "report"),
    ("flowlog-analyze/src/export", "report"),
];

/// Instructions by phase, the rest last.
pub(super) type Shares = Vec<(&'static str, f64)>;

/// A part for each phase.
type Parts = [f64; PHASES.len()];

fn phase(file: &str) -> Option<usize> {
    let file = &file[file.find("crates/flowlog-")? + "crates/".len()..];
    let name = FILES.iter().find(|(beginning, _)| file.starts_with(beginning))?.1;
    PHASES.iter().position(|phase| *phase == name)
}

/// Lines of a phase's files count for it wherever the compiler has put them. Lines of a library go with the phases of
/// the function they were put into; if that has none, with those of its callers, by what each of them takes of it.
pub(super) fn shares(profile: &Profile) -> Shares {
    let mut known: Vec<(Parts, f64)> = profile.functions.iter().map(own_lines).collect();
    let mut mixtures: Vec<Parts> = known.iter().map(|(own, _)| divided(*own, own.iter().sum())).collect();
    let bare: Vec<bool> = known.iter().map(|(own, _)| own.iter().all(|part| *part == 0.0)).collect();
    // Along chains of callers, each round one call further.
    for _ in 0..200 {
        let mut sums = vec![([0.0; PHASES.len()], 0.0); mixtures.len()];
        for (caller, function) in profile.functions.iter().enumerate() {
            for (&callee, &instructions) in &function.calls {
                let (sum, all) = &mut sums[callee];
                *all += as_float(instructions);
                for (sum, part) in sum.iter_mut().zip(mixtures[caller]) {
                    *sum += part * as_float(instructions);
                }
            }
        }
        for (number, (sum, all)) in sums.into_iter().enumerate().filter(|(number, _)| bare[*number]) {
            mixtures[number] = divided(sum, all);
        }
    }
    let mut totals = [0.0; PHASES.len()];
    let mut rest = 0.0;
    for ((own, others), mixture) in known.drain(..).zip(mixtures) {
        for (total, (own, part)) in totals.iter_mut().zip(own.iter().zip(mixture)) {
            *total += own + part * others;
        }
        rest += others * (1.0 - mixture.iter().sum::<f64>()).max(0.0);
    }
    PHASES.into_iter().zip(totals).chain([(REST, rest)]).collect()
}

/// What a function spends in lines of each phase, and in others.
fn own_lines(function: &Function) -> (Parts, f64) {
    let (mut own, mut others) = ([0.0; PHASES.len()], 0.0);
    for (file, &instructions) in &function.files {
        match phase(file) {
            Some(phase) => own[phase] += as_float(instructions),
            None => others += as_float(instructions),
        }
    }
    (own, others)
}

fn divided(parts: Parts, whole: f64) -> Parts {
    if whole == 0.0 { parts } else { parts.map(|part| part / whole) }
}

/// Counts are far below 2^53.
#[allow(clippy::cast_precision_loss)]
fn as_float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::{Profile, shares};

    #[test]
    fn a_library_goes_with_who_calls_it() {
        // `read` is of decode, with a library's line in it; `malloc` is called by it and by `add`.
        let profile = Profile::read(
            "summary: 397\nfl=(1) crates/flowlog-core/src/record/tuple.rs\nfn=(1) read\n5 100\nfi=(2) /lib/slice.rs\n9 50\n\
             cfi=(3) malloc.c\ncfn=(2) malloc\ncalls=3 0\n9 30\n\n\
             fl=(4) /home/x/crates/flowlog-core/src/state/track.rs\nfn=(3) add\n1 200\ncfn=(2)\ncalls=1 0\n+1 10\n\n\
             fl=(3)\nfn=(2)\n1 40\n\nfl=(5) start.c\nfn=(4) start\n1 7\n",
        )
        .unwrap();
        let shares = shares(&profile);
        let of = |name| shares.iter().find(|(phase, _)| *phase == name).unwrap().1;
        let close = |name, wanted: f64| assert!((of(name) - wanted).abs() < 1e-6, "{name}: {shares:?}");
        close("decode", 180.0);
        close("track", 210.0);
        close("rest", 7.0);
        close("gather", 0.0);
        assert_eq!(profile.total, 397);
    }
}
