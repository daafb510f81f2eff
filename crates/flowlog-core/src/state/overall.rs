//! Counts that need no key.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::flow::{Counters, Direction, Encryption, FlowTuple, Protocol, State};

/// Sums over all tuples.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Overall {
    /// Tuples.
    pub tuples: u64,
    /// Packets and bytes each way.
    pub counters: Counters,
    /// Denied tuples that no rule denied: dropped for want of encryption.
    pub dropped: u64,
    /// Tuples of the time asked for that nobody asked for; they are in no other sum.
    pub passed: u64,
    /// Oldest and newest tuple of the files that have ended, Unix ms.
    pub times: Option<(i64, i64)>,
    states: [u64; State::ALL.len()],
    inbound: u64,
    #[serde(with = "each_protocol")]
    protocols: Box<[u64; 256]>,
    encryption: [u64; Encryption::ALL.len()],
}

/// Longer arrays than serde knows, as lists.
mod each_protocol {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(counts: &[u64; 256], to: S) -> Result<S::Ok, S::Error> {
        counts.as_slice().serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Box<[u64; 256]>, D::Error> {
        let counts = Vec::deserialize(from)?;
        counts.try_into().map(Box::new).map_err(|_| D::Error::custom("not 256 protocols"))
    }
}

impl Default for Overall {
    fn default() -> Self {
        Self {
            tuples: 0,
            counters: Counters::default(),
            dropped: 0,
            passed: 0,
            times: None,
            states: [0; State::ALL.len()],
            inbound: 0,
            protocols: Box::new([0; 256]),
            encryption: [0; Encryption::ALL.len()],
        }
    }
}

impl Overall {
    pub(super) fn count(&mut self, tuples: &[FlowTuple], sums: &TupleSums) {
        for tuple in tuples {
            self.protocols[usize::from(tuple.protocol.0)] += 1;
            self.encryption[encryption_index(tuple.encryption)] += 1;
        }
        self.tuples += sums.tuples;
        self.dropped += sums.dropped;
        self.inbound += sums.inbound;
        self.counters.add(&sums.counters);
        add_each(&mut self.states, &sums.states);
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.tuples += other.tuples;
        self.dropped += other.dropped;
        self.passed += other.passed;
        self.counters.add(&other.counters);
        self.span(other.times);
        self.inbound += other.inbound;
        add_each(&mut self.states, &other.states);
        add_each(self.protocols.as_mut_slice(), other.protocols.as_slice());
        add_each(&mut self.encryption, &other.encryption);
    }

    /// Widens [`Self::times`] by the oldest and newest tuple of some more.
    pub(super) fn span(&mut self, times: Option<(i64, i64)>) {
        self.times = match (self.times, times) {
            (Some(mine), Some(theirs)) => Some((mine.0.min(theirs.0), mine.1.max(theirs.1))),
            (mine, theirs) => mine.or(theirs),
        };
    }

    /// Tuples of one state.
    pub fn state(&self, state: State) -> u64 {
        self.states[state_index(state)]
    }

    /// Tuples of one direction.
    pub fn direction(&self, direction: Direction) -> u64 {
        match direction {
            Direction::Inbound => self.inbound,
            Direction::Outbound => self.tuples - self.inbound,
        }
    }

    /// Tuples by protocol, where there are any.
    pub fn protocols(&self) -> BTreeMap<Protocol, u64> {
        let numbered = (0..=u8::MAX).zip(self.protocols.iter());
        numbered
            .filter(|&(_, &tuples)| tuples > 0)
            .map(|(number, &tuples)| (Protocol(number), tuples))
            .collect()
    }

    /// Tuples of one encryption word.
    pub fn encryption(&self, encryption: Encryption) -> u64 {
        self.encryption[encryption_index(encryption)]
    }
}

/// Sums over some tuples that one rule decided: made once, and added to the sums of all, of the rule and of the log.
#[derive(Clone, Copy, Debug)]
pub(super) struct TupleSums {
    pub(super) tuples: u64,
    /// By state, in the order of [`State::ALL`].
    pub(super) states: [u64; State::ALL.len()],
    /// Denied tuples that no rule denied.
    pub(super) dropped: u64,
    inbound: u64,
    pub(super) counters: Counters,
    /// Oldest and newest, Unix ms; [`i64::MAX`] and [`i64::MIN`] without any.
    pub(super) times: (i64, i64),
}

impl TupleSums {
    pub(super) fn of(tuples: &[FlowTuple], is_dropped: impl Fn(&FlowTuple) -> bool) -> Self {
        let mut sums = Self {
            tuples: tuples.len() as u64,
            states: [0; State::ALL.len()],
            dropped: 0,
            inbound: 0,
            counters: Counters::default(),
            times: (i64::MAX, i64::MIN),
        };
        for tuple in tuples {
            sums.states[state_index(tuple.state)] += 1;
            sums.dropped += u64::from(is_dropped(tuple));
            sums.inbound += u64::from(tuple.direction == Direction::Inbound);
            sums.times = (sums.times.0.min(tuple.time_ms), sums.times.1.max(tuple.time_ms));
            if let Some(counters) = &tuple.counters {
                sums.counters.add(counters);
            }
        }
        sums
    }

    /// Tuples of one state.
    pub(super) fn state(&self, state: State) -> u64 {
        self.states[state_index(state)]
    }
}

fn add_each(mine: &mut [u64], other: &[u64]) {
    for (mine, other) in mine.iter_mut().zip(other) {
        *mine += other;
    }
}

/// Place of a state in [`State::ALL`].
pub(super) fn state_index(state: State) -> usize {
    match state {
        State::Begin => 0,
        State::Continue => 1,
        State::End => 2,
        State::Deny => 3,
        State::Allow => 4,
    }
}

/// Place of a word in [`Encryption::ALL`].
pub(super) fn encryption_index(encryption: Encryption) -> usize {
    match encryption {
        Encryption::Encrypted => 0,
        Encryption::NotEncrypted => 1,
        Encryption::HardwareNotSupported => 2,
        Encryption::SoftwareNotReady => 3,
        Encryption::NotAccepted => 4,
        Encryption::NotSupported => 5,
        Encryption::LocalDestination => 6,
        Encryption::Fallback => 7,
        Encryption::Unknown => 8,
        Encryption::NotRecorded => 9,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_index_is_the_place_in_its_list() {
        assert!(State::ALL.iter().enumerate().all(|(place, &state)| state_index(state) == place));
        assert!(Encryption::ALL.iter().enumerate().all(|(place, &word)| encryption_index(word) == place));
    }
}
