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
    #[inline]
    pub(super) fn count(&mut self, tuple: &FlowTuple) {
        self.tuples += 1;
        self.states[state_index(tuple.state)] += 1;
        self.inbound += u64::from(tuple.direction == Direction::Inbound);
        self.protocols[usize::from(tuple.protocol.0)] += 1;
        self.encryption[encryption_index(tuple.encryption)] += 1;
        if let Some(counters) = &tuple.counters {
            self.counters.add(counters);
        }
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
