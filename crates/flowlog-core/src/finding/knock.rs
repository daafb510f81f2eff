//! What hosts of the internet failed at: most of what noise leaves.

use serde::{Deserialize, Serialize};

use super::compact::Compact;
use super::failure::Failure;
use super::scene::Scene;
use crate::state::HostId;
use crate::state::denials::{Denial, Denials};

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

/// The [`Knocks`] of a source at one destination.
pub(super) type Knocker = (HostId, Knocks);

/// A [`Knocker`] in 16 bytes.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Knock {
    source: HostId,
    /// Since the data begin, ms.
    first: u32,
    span_ms: u32,
    attempts: u16,
    conversations: u16,
}

impl Compact for Knocker {
    type Short = Knock;

    fn source(&self) -> HostId {
        self.0
    }

    /// `None` if there are more than 65,535 of anything, or 49 days.
    #[inline]
    fn shorten(&self, scene: &Scene<'_>) -> Option<Knock> {
        let (source, knocks) = *self;
        let (first_ms, last_ms) = knocks.times;
        Some(Knock {
            source,
            first: u32::try_from(first_ms.checked_sub(scene.times.0)?).ok()?,
            span_ms: u32::try_from(last_ms.checked_sub(first_ms)?).ok()?,
            attempts: u16::try_from(knocks.attempts).ok()?,
            conversations: u16::try_from(knocks.conversations).ok()?,
        })
    }

    fn restore(short: &Knock, scene: &Scene<'_>) -> Self {
        let first_ms = scene.times.0 + i64::from(short.first);
        let knocks = Knocks {
            conversations: short.conversations.into(),
            attempts: short.attempts.into(),
            hosts: 1,
            times: (first_ms, first_ms + i64::from(short.span_ms)),
        };
        (short.source, knocks)
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
        let again = |knocks| Some(Knocker::restore(&(HostId(1), knocks).shorten(&scene)?, &scene).1);
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
}
