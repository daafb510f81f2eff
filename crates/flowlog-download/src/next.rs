//! What to hand to the analyser after a run: what was asked for, where the tree holds more.

use std::collections::{BTreeMap, BTreeSet};

/// Most folders or patterns that are named; more than that nobody reads.
const ARGUMENTS: usize = 6;
/// Digits of a MAC address, and of the hash in a full file name.
const MAC: usize = 12;
const HASH: usize = 8;

/// Arguments of the next command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Next {
    /// There is nothing to analyse.
    #[default]
    Nothing,
    /// The whole tree: it holds what was asked for and nothing else.
    Tree,
    /// These folders or patterns below the tree hold it and nothing else.
    Parts(Vec<String>),
    /// What was asked for cannot be named shortly; the tree holds more.
    More,
}

/// A folder `date/hour` (or `unknown`) and, of a file in it, what its name says beside time and hash.
type Place<'a> = (&'a str, Option<&'a str>);

/// Compares the paths that were asked for with all that the tree holds.
pub fn next<'a>(wanted: &BTreeSet<&'a str>, all: &BTreeSet<&'a str>) -> Next {
    if all.is_empty() {
        return Next::Nothing;
    }
    if wanted.len() == all.len() || wanted.is_empty() {
        return Next::Tree;
    }
    let others: Vec<Place<'_>> = all.difference(wanted).map(|path| place(path)).collect();
    let wanted: Vec<Place<'_>> = wanted.iter().map(|path| place(path)).collect();
    let folders: BTreeSet<&str> = wanted.iter().map(|(folder, _)| *folder).collect();
    let mixed = others.iter().any(|(folder, _)| folders.contains(folder));
    if !mixed {
        return parts(days(&folders, &others));
    }
    let Some(names) = names(&wanted, &others, &folders) else { return Next::More };
    let patterns: BTreeSet<&String> = names.values().collect();
    let fits = |name: &str| names.contains_key(name) || patterns.contains(&of_log(log(name)));
    let elsewhere = others.iter().any(|(_, name)| name.is_some_and(fits));
    let folders =
        if elsewhere { folders.into_iter().map(str::to_owned).collect() } else { vec!["*/*".to_owned()] };
    let each =
        |folder: &String| patterns.iter().map(|pattern| format!("{folder}/{pattern}")).collect::<Vec<_>>();
    parts(folders.iter().flat_map(each).collect())
}

fn parts(list: Vec<String>) -> Next {
    if list.len() > ARGUMENTS { Next::More } else { Next::Parts(list) }
}

/// `2025-10-05/09/FlowLog_090000_WEB_7C1E5264840B_892774d6.json` is in `2025-10-05/09` and says
/// `WEB_7C1E5264840B`.
fn place(path: &str) -> Place<'_> {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let name = || {
        let (time, rest) = file.strip_prefix("FlowLog_")?.split_once('_')?;
        let (name, end) = rest.rsplit_once('_')?;
        let whole = time.len() == 6 && end.find('.') == Some(HASH);
        let (_, mac) = name.rsplit_once('_')?;
        (whole && mac.len() == MAC).then_some(name)
    };
    (folder, name())
}

/// The folders; days whose every hour was asked for in one.
fn days(folders: &BTreeSet<&str>, others: &[Place<'_>]) -> Vec<String> {
    let day = |folder: &str| folder.split('/').next().unwrap_or_default().to_owned();
    let partly: BTreeSet<String> = others.iter().map(|(folder, _)| day(folder)).collect();
    let shown =
        |folder: &&str| if partly.contains(&day(folder)) { (*folder).to_owned() } else { day(folder) };
    let shown: BTreeSet<String> = folders.iter().map(shown).collect();
    shown.into_iter().collect()
}

/// What tells the wanted names from the others in the same folders: each name with its pattern, by flow log
/// where all NICs of it are wanted. `None`: names do not tell.
fn names<'a>(
    wanted: &[Place<'a>],
    others: &[Place<'a>],
    folders: &BTreeSet<&str>,
) -> Option<BTreeMap<&'a str, String>> {
    let names: BTreeSet<&str> = wanted.iter().map(|(_, name)| *name).collect::<Option<_>>()?;
    let beside = others.iter().filter(|(folder, _)| folders.contains(folder));
    let beside: BTreeSet<&str> = beside.map(|(_, name)| *name).collect::<Option<_>>()?;
    if !names.is_disjoint(&beside) {
        return None;
    }
    let partly: BTreeSet<&str> = beside.into_iter().map(log).collect();
    let pattern = |name: &str| match log(name) {
        log if partly.contains(log) => format!("FlowLog_??????_{name}_*"),
        log => of_log(log),
    };
    Some(names.into_iter().map(|name| (name, pattern(name))).collect())
}

/// The flow log of a name, without the NIC.
fn log(name: &str) -> &str {
    name.rsplit_once('_').map_or(name, |(log, _)| log)
}

/// Fits the files of all NICs of a flow log.
fn of_log(log: &str) -> String {
    format!("FlowLog_??????_{log}_{}_*", "?".repeat(MAC))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(day: u32, hour: u32, log: &str, nic: u32) -> String {
        format!("2025-10-{day:02}/{hour:02}/FlowLog_{hour:02}0000_{log}_7C1E5264840{nic}_892774d6.json")
    }

    fn tree() -> Vec<String> {
        let mut all = Vec::new();
        for day in 5..8 {
            for hour in 0..24 {
                for log in ["WEB", "WEB_2"] {
                    all.extend([file(day, hour, log, 1), file(day, hour, log, 2)]);
                }
            }
        }
        all
    }

    fn after(want: impl Fn(&str) -> bool) -> Next {
        let all = tree();
        let all: BTreeSet<&str> = all.iter().map(String::as_str).collect();
        next(&all.iter().copied().filter(|path| want(path)).collect(), &all)
    }

    fn named(parts: &[&str]) -> Next {
        Next::Parts(parts.iter().map(|&part| part.to_owned()).collect())
    }

    #[test]
    fn the_whole_tree_is_named_where_all_of_it_was_asked_for() {
        assert_eq!(after(|_| true), Next::Tree);
        assert_eq!(next(&BTreeSet::new(), &BTreeSet::new()), Next::Nothing);
    }

    #[test]
    fn hours_and_days_are_named_by_their_folders() {
        let hours = |path: &str| path.starts_with("2025-10-05/09") || path.starts_with("2025-10-05/10");
        assert_eq!(after(hours), named(&["2025-10-05/09", "2025-10-05/10"]));
        let over_midnight = |path: &str| path.starts_with("2025-10-05/") || path.starts_with("2025-10-06/00");
        assert_eq!(after(over_midnight), named(&["2025-10-05", "2025-10-06/00"]));
        assert_eq!(after(|path| path.starts_with("2025-10-05/1")), Next::More);
    }

    #[test]
    fn flow_logs_and_nics_are_named_by_patterns_that_fit_nothing_else() {
        assert_eq!(after(|path| path.contains("_WEB_7")), named(&["*/*/FlowLog_??????_WEB_????????????_*"]));
        let nic = |path: &str| path.contains("_WEB_2_7C1E52648401_");
        assert_eq!(after(nic), named(&["*/*/FlowLog_??????_WEB_2_7C1E52648401_*"]));
        // Another NIC of the log, at another time only, is not taken in by chance.
        let all = [file(5, 9, "WEB", 1), file(5, 9, "DB", 1), file(5, 10, "WEB", 2)];
        let all: BTreeSet<&str> = all.iter().map(String::as_str).collect();
        let first =
            all.iter().copied().filter(|path| path.contains("/09/") && path.contains("_WEB_")).collect();
        assert_eq!(next(&first, &all), named(&["2025-10-05/09/FlowLog_??????_WEB_????????????_*"]));
        let hour = |path: &str| path.starts_with("2025-10-05/09") && path.contains("_WEB_7");
        assert_eq!(after(hour), named(&["2025-10-05/09/FlowLog_??????_WEB_????????????_*"]));
    }

    #[test]
    fn names_that_do_not_tell_leave_the_tree() {
        let all = ["2025-10-05/09/FlowLog_090000_892774d665fe_PT1H.json", "2025-10-05/09/x_892774d6.json"];
        let all: BTreeSet<&str> = all.into_iter().collect();
        assert_eq!(next(&all.iter().copied().take(1).collect(), &all), Next::More);
    }
}
