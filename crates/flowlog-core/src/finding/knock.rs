//! What hosts of the internet failed at: most of what noise leaves.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::failure::Failure;
use super::scene::Scene;
use crate::state::denials::{Denial, Denials};
use crate::state::lists::{Rows, Scattered};
use crate::state::{HostId, Shelf, SpillError};

/// What a host of the internet failed to reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Knocks {
    /// Distinct destinations, ports and protocols.
    pub(super) conversations: u64,
    /// Denied packets and failed connections.
    pub(super) attempts: u64,
    /// Distinct destinations.
    pub(super) hosts: u64,
    /// First and last of them, Unix ms.
    pub(super) times: (i64, i64),
}

impl Knocks {
    /// Of a source at one destination; `None` if it failed at nothing.
    #[inline]
    pub(super) fn of(failures: impl Iterator<Item = Failure>) -> Option<Self> {
        let one = |failure: Failure| Self {
            conversations: 1,
            attempts: failure.count,
            hosts: 1,
            times: (failure.first_ms, failure.last_ms),
        };
        let both = |a: Self, b: Self| Self { hosts: 1, ..a.and(&b) };
        failures.map(one).reduce(both)
    }

    /// Of a lone denial.
    #[inline]
    pub(super) fn lone(denials: &Denials, denial: Denial) -> Self {
        Self { conversations: 1, attempts: denial.packets(), hosts: 1, times: denials.times(denial) }
    }

    pub(super) fn and(self, other: &Self) -> Self {
        Self {
            conversations: self.conversations + other.conversations,
            attempts: self.attempts.saturating_add(other.attempts),
            hosts: self.hosts + other.hosts,
            times: (self.times.0.min(other.times.0), self.times.1.max(other.times.1)),
        }
    }
}

/// The [`Knocks`] of a source at one destination in 16 bytes.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Knock {
    source: HostId,
    /// Since the data begin, ms.
    first: u32,
    span_ms: u32,
    attempts: u16,
    conversations: u16,
}

impl Knock {
    /// `None` if they do not fit: more than 65,535 of anything, or 49 days.
    #[inline]
    pub(super) fn new(scene: &Scene<'_>, source: HostId, knocks: &Knocks) -> Option<Self> {
        let (first_ms, last_ms) = knocks.times;
        Some(Self {
            source,
            first: u32::try_from(first_ms.checked_sub(scene.times.0)?).ok()?,
            span_ms: u32::try_from(last_ms.checked_sub(first_ms)?).ok()?,
            attempts: u16::try_from(knocks.attempts).ok()?,
            conversations: u16::try_from(knocks.conversations).ok()?,
        })
    }

    fn knocks(&self, scene: &Scene<'_>) -> Knocks {
        let first_ms = scene.times.0 + i64::from(self.first);
        Knocks {
            conversations: self.conversations.into(),
            attempts: self.attempts.into(),
            hosts: 1,
            times: (first_ms, first_ms + i64::from(self.span_ms)),
        }
    }
}

/// What each source of the internet failed at, at each destination; by source.
#[derive(Debug, Default)]
pub(super) struct KnockRows {
    short: Scattered<Knock>,
    /// What a [`Knock`] does not hold.
    long: Scattered<(HostId, Knocks)>,
}

impl KnockRows {
    #[inline]
    pub(super) fn push(&mut self, scene: &Scene<'_>, source: HostId, knocks: &Knocks) {
        match Knock::new(scene, source, knocks) {
            Some(knock) => self.short.push(source, knock),
            None => self.long.push(source, (source, *knocks)),
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.short.merge(other.short);
        self.long.merge(other.long);
    }

    pub(super) fn bytes(&self) -> u64 {
        self.short.bytes() + self.long.bytes()
    }

    pub(super) fn put_away(&mut self, shelf: &Arc<Shelf>) {
        self.short.put_away(shelf);
        self.long.put_away(shelf);
    }

    /// Those of each bucket of sources.
    pub(super) fn into_buckets(self) -> impl Iterator<Item = KnockBucket> {
        let all = self.short.into_buckets().into_iter().zip(self.long.into_buckets());
        all.map(|(short, long)| KnockBucket { short, long })
    }
}

/// The [`KnockRows`] of a bucket.
pub(super) struct KnockBucket {
    short: Rows<Knock>,
    long: Rows<(HostId, Knocks)>,
}

impl KnockBucket {
    /// What is on disk comes back.
    pub(super) fn bring_back(&mut self) -> Result<(), SpillError> {
        self.short.bring_back()?;
        self.long.bring_back()
    }

    pub(super) fn len(&self) -> usize {
        self.short.len() + self.long.len()
    }

    /// Each source with what it failed at, at one destination.
    pub(super) fn iter(&self, scene: &Scene<'_>) -> impl Iterator<Item = (HostId, Knocks)> {
        let short = self.short.iter();
        short.map(|knock| (knock.source, knock.knocks(scene))).chain(self.long.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::FindingOptions;
    use crate::state::{Hosts, NearEnds, Overall};

    #[test]
    fn a_knock_says_the_same_in_few_bytes_or_is_not_made() {
        let (hosts, near, options) = (Hosts::default(), NearEnds::default(), FindingOptions::default());
        let mut overall = Overall::default();
        overall.times = Some((1_000_000, 9_000_000));
        let scene = Scene::new(&hosts, &near, &overall, &options);
        let of = |attempts, times| Knocks { conversations: 3, attempts, hosts: 1, times };
        let again = |knocks| Some(Knock::new(&scene, HostId(1), &knocks)?.knocks(&scene));
        let most = i64::from(u32::MAX);
        for knocks in [of(1, (1_000_000, 1_000_000)), of(65_535, (1_000_000 + most, 1_000_000 + 2 * most))] {
            assert_eq!(again(knocks), Some(knocks));
        }
        for knocks in [of(65_536, (1_000_000, 1_000_000)), of(1, (999_999, 1_000_000))] {
            assert_eq!(again(knocks), None);
        }
        assert_eq!(again(of(1, (1_000_000, 1_000_001 + most))), None);
        assert_eq!(again(of(1, (i64::MIN, i64::MAX))), None);
    }

    #[test]
    fn knocks_of_all_sizes_come_back() {
        let (hosts, near, options) = (Hosts::default(), NearEnds::default(), FindingOptions::default());
        let mut overall = Overall::default();
        overall.times = Some((1_000_000, i64::MAX));
        let scene = Scene::new(&hosts, &near, &overall, &options);
        let mut all = Vec::new();
        for conversations in [1, 2, 65_535, 65_536] {
            for attempts in [1, 31, 32, 65_536] {
                for first in [0, 1, (1 << 27) - 1, 1 << 27, i64::from(u32::MAX), 1 << 32] {
                    for span in [0, 1, 1 << 32] {
                        let first = 1_000_000 + first;
                        let times = (first, first + span);
                        all.push((HostId(u32::MAX), Knocks { conversations, attempts, hosts: 1, times }));
                    }
                }
            }
        }
        let mut rows = KnockRows::default();
        let mut other = KnockRows::default();
        for (place, (source, knocks)) in all.iter().enumerate() {
            if place % 2 == 0 { &mut rows } else { &mut other }.push(&scene, *source, knocks);
        }
        rows.merge(other);
        let order = |(_, knocks): &(HostId, Knocks)| (knocks.times, knocks.conversations, knocks.attempts);
        let buckets: Vec<KnockBucket> = rows.into_buckets().collect();
        assert_eq!(buckets.iter().map(KnockBucket::len).sum::<usize>(), all.len());
        let mut found: Vec<_> = buckets.iter().flat_map(|bucket| bucket.iter(&scene)).collect();
        found.sort_unstable_by_key(order);
        all.sort_unstable_by_key(order);
        assert_eq!(found, all);
    }
}
