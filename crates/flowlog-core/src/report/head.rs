//! What a report says of its own making: the program, and the options that decide what it holds.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use super::{Rank, ReportOptions};
use crate::finding::Thresholds;

/// The program that made a report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The commit it was built from, if that is known.
    pub commit: Option<String>,
}

/// The options that decide what a report holds, beside what was asked for ([`super::SelectionRow`]). No paths are among them,
/// and nothing of how the run went: the same logs and options give the same report on any machine.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[allow(clippy::struct_excessive_bools)] // one an option
pub struct OptionsRow {
    /// Rows of rankings at most.
    pub top: usize,
    /// What rankings were asked to go by.
    pub sort: Option<Rank>,
    /// Rows of each problem list at most.
    pub problem_limit: usize,
    /// Width of the timeline's rows, ms, if one was asked for.
    pub bucket_ms: Option<i64>,
    /// What several logs tell of was counted once.
    pub dedup: bool,
    /// Findings were looked for.
    pub findings: bool,
    /// Addresses and networks that get a section.
    pub specific_ips: Vec<String>,
    /// Networks that are one's own, as given.
    pub internal: Vec<String>,
    /// A list of Microsoft's addresses was given.
    pub service_tags: bool,
    /// Rules as configured were given.
    pub rules: bool,
    /// Thresholds that are not the usual ones, by their name in the settings.
    pub thresholds: BTreeMap<String, Value>,
    /// Entries of the suppression list.
    pub suppressions: usize,
}

impl OptionsRow {
    /// What rankings of hosts go by.
    pub fn hosts_by(&self) -> Rank {
        self.sort.unwrap_or(Rank::HOSTS)
    }

    /// What all other rankings go by.
    pub fn others_by(&self) -> Rank {
        self.sort.unwrap_or(Rank::OTHERS)
    }

    pub(super) fn of(options: &ReportOptions, findings: bool) -> Self {
        Self {
            top: options.top,
            sort: options.sort,
            problem_limit: options.problem_limit,
            bucket_ms: options.bucket_ms,
            dedup: options.resolve,
            findings,
            specific_ips: options.specific.iter().map(ToString::to_string).collect(),
            internal: options.own.iter().map(ToString::to_string).collect(),
            service_tags: options.service_tags.is_some(),
            rules: options.nsgs.is_some(),
            thresholds: changed(&options.finding.thresholds),
            suppressions: options.finding.suppressions.suppress.len(),
        }
    }
}

/// `section.key` of every threshold that is not the default, with its value.
fn changed(thresholds: &Thresholds) -> BTreeMap<String, Value> {
    let sections = |thresholds: &Thresholds| match serde_json::to_value(thresholds) {
        Ok(Value::Object(sections)) => sections,
        _ => Map::new(),
    };
    let usual = sections(&Thresholds::default());
    let mut found = BTreeMap::new();
    for (section, keys) in sections(thresholds) {
        // The own networks are no section.
        let Value::Object(keys) = keys else { continue };
        let usual = usual.get(&section);
        let other =
            keys.into_iter().filter(|(key, value)| usual.and_then(|usual| usual.get(key)) != Some(value));
        found.extend(other.map(|(key, value)| (format!("{section}.{key}"), value)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_named_where_they_are_not_the_usual_ones() {
        let mut thresholds = Thresholds { internal: vec!["10.0.0.0/8".into()], ..Thresholds::default() };
        assert_eq!(changed(&thresholds), BTreeMap::new());
        thresholds.vertical_scan.ports = 7;
        thresholds.beacon.medium = 0.25;
        let wanted = [("beacon.medium", Value::from(0.25)), ("vertical_scan.ports", Value::from(7))];
        assert_eq!(changed(&thresholds), wanted.map(|(key, value)| (key.to_owned(), value)).into());
    }
}
