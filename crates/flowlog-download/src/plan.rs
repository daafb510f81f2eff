//! What a run must fetch. Pure: a listing, what is known and what is on disk give the plan.

use std::{collections::HashMap, fmt, hash::BuildHasher};

use flowlog_core::blob_path::{Form, LocalName, Moment};

use crate::{
    listing::{Archived, Listed, Listing},
    manifest::Entry,
};

/// Why a blob is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Never fetched before.
    New,
    /// Changed since.
    Changed,
    /// Changed since, and longer than the local file, which is whole.
    Grown,
    /// Unchanged, but the local file is gone or has another length.
    Damaged,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::New => "new",
            Self::Changed => "changed",
            Self::Grown => "grown",
            Self::Damaged => "damaged",
        })
    }
}

/// One blob to fetch.
#[derive(Clone, Debug)]
pub struct Job {
    /// The blob.
    pub blob: Listed,
    /// Why it is fetched.
    pub why: Why,
    /// What an earlier run recorded.
    pub prior: Option<Entry>,
    /// How its file name is spelled.
    pub form: Form,
}

impl Job {
    /// The path of an earlier run, which a blob keeps; a file that waited in `unknown/` may move on.
    pub fn kept_path(&self) -> Option<&str> {
        let prior = self.prior.as_ref().filter(|prior| !prior.covered)?;
        (!prior.path.starts_with("unknown/")).then_some(prior.path.as_str())
    }
}

/// The outcome of planning.
#[derive(Debug, Default)]
pub struct Plan {
    /// Blobs to fetch, in listing order.
    pub jobs: Vec<Job>,
    /// Blobs whose local file is current.
    pub unchanged: Vec<(Listed, Entry)>,
    /// Blobs that would be fetched, but are in the archive tier.
    pub archived: Vec<Archived>,
}

impl Plan {
    /// Bytes to fetch.
    pub fn bytes(&self) -> u64 {
        self.jobs.iter().map(|job| job.blob.length).sum()
    }
}

/// Compares a listing with what is `known` by blob id; `size_on_disk` gives a local path's length.
pub fn plan<S: BuildHasher>(
    listing: Listing,
    mut known: HashMap<String, Entry, S>,
    size_on_disk: impl Fn(&str) -> Option<u64>,
) -> Plan {
    let mut plan = Plan::default();
    let archived = listing.archived;
    for blob in listing.blobs {
        let Some(prior) = known.remove(&blob.id) else {
            match archived.get(&blob.id) {
                Some(how) => plan.archived.push(*how),
                None => plan.jobs.push(Job { blob, why: Why::New, prior: None, form: Form::Full }),
            }
            continue;
        };
        let size = size_on_disk(&prior.path);
        let current = if prior.covered { size.is_some() } else { size == Some(prior.length) };
        let why = if prior.version != blob.version || blob.version.is_empty() {
            let grown = current && !prior.covered && blob.length > prior.length;
            if grown { Why::Grown } else { Why::Changed }
        } else if current {
            plan.unchanged.push((blob, prior));
            continue;
        } else {
            Why::Damaged
        };
        match archived.get(&blob.id) {
            Some(how) => plan.archived.push(*how),
            None => plan.jobs.push(Job { blob, why, prior: Some(prior), form: Form::Full }),
        }
    }
    plan
}

/// Whether a blob's path fits into `max_path` characters below a root of `root_chars`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// The full name fits.
    Full,
    /// Only the shortened name fits.
    Short,
    /// Not even that.
    Never,
}

/// Measures the longest path a blob's file may get: an unknown hour counts as a known one.
pub fn fit(blob: &Listed, root_chars: usize, max_path: usize) -> Fit {
    let name = LocalName::new(&blob.name).or_time(Moment::new(2000, 1, 1, 0, 0, 0));
    // Paths are ASCII, so bytes are characters.
    let fits = |form| root_chars + 1 + name.path(form, "").len() <= max_path;
    match (fits(Form::Full), fits(Form::Short)) {
        (true, _) => Fit::Full,
        (false, true) => Fit::Short,
        (false, false) => Fit::Never,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn listed(id: &str, version: &str, length: u64) -> Listed {
        Listed { id: id.into(), name: id.into(), version: version.into(), length, file: None }
    }

    fn entry(version: &str, length: u64, path: &str) -> Entry {
        Entry { version: version.into(), length, path: path.into(), covered: false, content: None }
    }

    #[test]
    fn only_new_changed_and_damaged_blobs_are_fetched() {
        let blobs = vec![
            listed("new", "1", 10),
            listed("same", "1", 10),
            listed("rewritten", "2", 9),
            listed("grown", "2", 20),
            listed("vanished", "1", 10),
            listed("cut", "1", 10),
            listed("no version", "", 10),
        ];
        let known =
            ["same", "rewritten", "grown", "vanished", "cut"].map(|id| (id.to_owned(), entry("1", 10, id)));
        let known: HashMap<String, Entry> =
            known.into_iter().chain([("no version".to_owned(), entry("", 10, "no version"))]).collect();
        let plan = plan(Listing { blobs, ..Listing::default() }, known, |path| match path {
            "vanished" => None,
            "cut" => Some(4),
            _ => Some(10),
        });
        let jobs: Vec<(&str, Why)> = plan.jobs.iter().map(|job| (job.blob.id.as_str(), job.why)).collect();
        assert_eq!(
            jobs,
            [
                ("new", Why::New),
                ("rewritten", Why::Changed),
                ("grown", Why::Grown),
                ("vanished", Why::Damaged),
                ("cut", Why::Damaged),
                ("no version", Why::Changed)
            ]
        );
        assert_eq!(plan.unchanged.len(), 1);
        assert_eq!(plan.bytes(), 69);
    }

    #[test]
    fn archived_blobs_are_left_unless_they_are_here() {
        let blobs = vec![
            listed("here", "1", 10),
            listed("new", "1", 10),
            listed("changed", "2", 10),
            listed("hot", "1", 10),
        ];
        let archived = ["here", "new", "changed"].map(|id| (id.to_owned(), Archived::Resting)).into();
        let known = ["here", "changed"].map(|id| (id.to_owned(), entry("1", 10, id)));
        let known: HashMap<String, Entry> = known.into_iter().collect();
        let plan = plan(Listing { blobs, archived, ..Listing::default() }, known, |_| Some(10));
        assert_eq!((plan.archived.len(), plan.unchanged.len(), plan.jobs.len()), (2, 1, 1));
        assert_eq!(plan.jobs[0].blob.id, "hot");
    }

    #[test]
    fn a_covered_blob_is_current_whatever_the_length_of_the_later_file() {
        let prior = Entry { covered: true, ..entry("1", 10, "p") };
        let listing = || Listing { blobs: vec![listed("x", "1", 10)], ..Listing::default() };
        let known = || HashMap::from([("x".to_owned(), prior.clone())]);
        assert!(plan(listing(), known(), |_| Some(99)).jobs.is_empty());
        assert_eq!(plan(listing(), known(), |_| None).jobs.len(), 1);
    }

    #[test]
    fn a_path_of_just_the_allowed_length_fits() {
        let blob = listed("exports/some-long-name-of-a-blob-that-is-shortened.json", "1", 1);
        let full =
            LocalName::new(&blob.name).or_time(Moment::new(2025, 1, 1, 0, 0, 0)).path(Form::Full, "").len();
        assert_eq!(fit(&blob, 30, 31 + full), Fit::Full);
        assert_eq!(fit(&blob, 30, 30 + full), Fit::Short);
        assert_eq!(fit(&blob, 30, 31), Fit::Never);
    }

    proptest! {
        #[test]
        fn every_listed_blob_is_either_fetched_or_unchanged(
            rows in prop::collection::btree_map("[a-d]{1,3}", (0u8..3, 0u8..4, prop::option::of(0u64..4)), 0..30),
        ) {
            let blobs: Vec<Listed> = rows.keys().map(|id| listed(id, "v1", 2)).collect();
            let known: HashMap<String, Entry> = rows
                .iter()
                .filter(|(_, (state, ..))| *state > 0)
                .map(|(id, (_, version, _))| (id.clone(), entry(&format!("v{version}"), 2, id)))
                .collect();
            let plan = plan(Listing { blobs, ..Listing::default() }, known, |path| rows.get(path).and_then(|row| row.2));
            prop_assert_eq!(plan.jobs.len() + plan.unchanged.len(), rows.len());
            for (blob, entry) in &plan.unchanged {
                prop_assert_eq!(&entry.version, &blob.version);
                prop_assert_eq!(rows[&blob.id].2, Some(2));
            }
        }
    }
}
