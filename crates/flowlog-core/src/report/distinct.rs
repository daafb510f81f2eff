//! How many distinct members groups have, and which, where they are few.

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::rules_file::FEW;
use super::scatter::{Numbers, place};
use crate::parallel::share;
use crate::state::denials::{Denial, Denials};
use crate::state::{BUCKETS, SpillError, bucket_of};

/// Members met lately: the pairs of one host come close to each other, and only the first has anything new.
const RECENT: usize = 512;
/// No group has this number with this member.
const NOTHING: u64 = u64::MAX;

/// The distinct members of each group: 8 bytes for each member of each group, up to 32 for a while.
#[derive(Clone, Debug)]
pub(super) struct Distinct {
    /// Each in the one place its bits lead to.
    recent: Vec<u64>,
    buckets: Vec<Numbers>,
}

/// The members of each group.
pub(super) type Groups = HashMap<u32, Members, RandomState>;

/// The members of one group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Members {
    /// How many there are.
    pub(super) count: u64,
    /// They, the smallest first, if they are no more than [`FEW`]; else none.
    pub(super) few: Vec<u32>,
}

impl Members {
    fn add(&mut self, other: Self) {
        self.count += other.count;
        self.few.extend(other.few);
    }

    /// Of `count`, those that are few enough to be told.
    pub(super) fn of(count: u64, members: impl Iterator<Item = u32>) -> Self {
        let mut few = Vec::new();
        if count <= FEW as u64 {
            few.extend(members);
            few.sort_unstable();
        }
        Self { count, few }
    }
}

impl Default for Distinct {
    fn default() -> Self {
        Self { recent: vec![NOTHING; RECENT], buckets: vec![Numbers::default(); BUCKETS] }
    }
}

impl Distinct {
    /// `group` has `member`.
    #[inline]
    pub(super) fn insert(&mut self, group: u32, member: u32) {
        let value = u64::from(group) << 32 | u64::from(member);
        if let Some(known) = self.recent.get_mut(place(value, RECENT))
            && *known != value
        {
            *known = value;
            if let Some(numbers) = self.buckets.get_mut(bucket_of(member)) {
                numbers.insert(value);
            }
        }
    }

    /// Adds everything of `other`.
    pub(super) fn merge(&mut self, other: Self) {
        for (mine, theirs) in self.buckets.iter_mut().zip(other.buckets) {
            mine.merge(theirs);
        }
    }

    /// Every group that has members; with `few`, these are told where they are few.
    pub(super) fn finish(self, few: bool) -> Groups {
        // Of no denials, none is on disk.
        self.finish_with(&Denials::default(), few).unwrap_or_default()
    }

    /// The same of rules and the sources that met them, those of `denials` among them.
    ///
    /// # Errors
    /// Denials cannot be read from disk.
    pub(super) fn finish_with(self, denials: &Denials, few: bool) -> Result<Groups, SpillError> {
        let told = if few { FEW + 1 } else { 0 };
        let of_bucket = |groups: &mut Groups, place, bucket: Numbers| {
            let lone = denials.by_source(place)?;
            let values = bucket.finish();
            for run in values.chunk_by(|a, b| group_of(*a) == group_of(*b)) {
                let Some(group) = run.first().map(|value| group_of(*value)) else { continue };
                let members = run.iter().take(told).map(|value| member_of(*value));
                add(groups, group, Members { count: run.len() as u64, few: members.collect() });
            }
            for (group, members) in only_in(&lone, &values, told) {
                add(groups, group, members);
            }
            Ok(())
        };
        let mut parts = share(self.buckets, Groups::default, of_bucket)?;
        parts.sort_unstable_by_key(HashMap::len);
        let mut all: Groups = parts.pop().unwrap_or_default();
        for (group, members) in parts.into_iter().flatten() {
            add(&mut all, group, members);
        }
        for members in all.values_mut() {
            *members = Members::of(members.count, std::mem::take(&mut members.few).into_iter());
        }
        Ok(all)
    }
}

fn group_of(value: u64) -> u32 {
    (value >> 32) as u32
}

#[allow(clippy::cast_possible_truncation)] // the lower half
fn member_of(value: u64) -> u32 {
    value as u32
}

/// Rules and the sources that met them in `lone`, by source, but not in `values`, by rule and source. Of each as many are
/// told as `told`.
fn only_in(lone: &[Denial], values: &[u64], told: usize) -> Groups {
    let mut known: HashMap<u32, &[u64], RandomState> = HashMap::default();
    let mut groups = Groups::default();
    let mut rules: Vec<u32> = Vec::new();
    for of_source in lone.chunk_by(|a, b| a.source() == b.source()) {
        let Some(source) = of_source.first().map(|denial| denial.source().0) else { continue };
        rules.clear();
        rules.extend(of_source.iter().map(|denial| denial.rule()));
        rules.sort_unstable();
        rules.dedup();
        for &rule in &rules {
            let rest = known.entry(rule).or_insert_with(|| {
                let begin = values.partition_point(|value| group_of(*value) < rule);
                values.get(begin..).unwrap_or_default()
            });
            // Sources only rise: each value is passed over once.
            let before = |value: &u64| group_of(*value) == rule && member_of(*value) < source;
            let passed = rest.iter().position(|value| !before(value)).unwrap_or(rest.len());
            *rest = rest.get(passed..).unwrap_or_default();
            if rest.first() != Some(&(u64::from(rule) << 32 | u64::from(source))) {
                let members = groups.entry(rule).or_default();
                members.count += 1;
                if members.few.len() < told {
                    members.few.push(source);
                }
            }
        }
    }
    groups
}

fn add(groups: &mut Groups, group: u32, members: Members) {
    let known = groups.entry(group).or_default();
    known.add(members);
    // Of one that has more, none will be told.
    known.few.truncate(FEW + 1);
}

#[cfg(test)]
impl Distinct {
    /// How many entries are kept, those that are there twice included.
    pub(super) fn values_kept(&self) -> usize {
        self.buckets.iter().map(Numbers::values_kept).sum()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;
    use crate::flow::Protocol;
    use crate::parallel::within;
    use crate::state::{ConversationKey, Denied, HostId, LoneDenial};

    proptest! {
        #[test]
        fn groups_have_what_a_tree_of_sets_has(
            entries in prop::collection::vec((0_u32..4, 0_u32..60), 0..400),
            parts in 1_usize..4,
        ) {
            let mut expected: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
            let mut several = vec![Distinct::default(); parts];
            for (place, &(group, member)) in entries.iter().enumerate() {
                expected.entry(group).or_default().insert(member);
                several[place % parts].insert(group, member);
            }
            let mut all = several.pop().unwrap();
            for other in several {
                all.merge(other);
            }
            let found: BTreeMap<u32, Members> = within(3, || all.finish(true)).into_iter().collect();
            let expected: BTreeMap<u32, Members> = expected
                .into_iter()
                .map(|(group, set)| (group, Members::of(set.len() as u64, set.into_iter())))
                .collect();
            prop_assert_eq!(found, expected);
        }
    }

    proptest! {
        #[test]
        fn sources_of_lone_denials_count_once_with_the_others(
            entries in prop::collection::vec((0_u32..4, 0_u32..60), 0..200),
            lone in prop::collection::vec((0_u32..6, 0_u32..90), 0..200),
            few: bool,
        ) {
            let mut expected: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
            let (mut others, mut denials) = (Distinct::default(), Denials::new(0));
            for &(rule, source) in &entries {
                expected.entry(rule).or_default().insert(source);
                others.insert(rule, source);
            }
            for &(rule, source) in &lone {
                expected.entry(rule).or_default().insert(source);
                let key = ConversationKey {
                    source: HostId(source),
                    destination: HostId(7),
                    port: 443,
                    protocol: Protocol::TCP,
                };
                let denied =
                    Denied { tuples: 1, attempts: 1, first_ms: 0, last_ms: 0, inbound: true, outbound: false };
                let lone = LoneDenial { key, denied, rule: rule as usize };
                prop_assert!(denials.push(&lone));
            }
            denials.close();
            let found: BTreeMap<u32, Members> =
                within(3, || others.finish_with(&denials, few)).unwrap().into_iter().collect();
            let members = |set: BTreeSet<u32>| {
                Members::of(set.len() as u64, set.into_iter().filter(|_| few))
            };
            let expected: BTreeMap<u32, Members> =
                expected.into_iter().map(|(rule, set)| (rule, members(set))).collect();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn what_comes_again_and_again_takes_no_room() {
        let mut distinct = Distinct::default();
        for round in 0..200 {
            (0..3000).for_each(|member| distinct.insert(7, member * (round % 2 + 1)));
        }
        assert!(distinct.buckets.iter().all(|numbers| numbers.values_kept() <= FEW_KEPT));
        assert_eq!(within(1, || distinct.finish(false)).get(&7).map(|members| members.count), Some(4500));
    }

    /// A bucket's numbers are few here: it is cleared at four thousand.
    const FEW_KEPT: usize = 4096;
}
