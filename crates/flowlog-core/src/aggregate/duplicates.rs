//! What is counted more than once because several logs tell of it, to be taken out again.

use super::Aggregate;
use super::conversation::{Allowed, ByConversation, Denied, Trouble};
use super::group::Tables;
use super::hosts::HostId;
use super::outcomes::{OutcomeCounts, Outcomes};
use crate::connection::{Resolved, Sighting};

/// Sums of the sightings that tell of a connection another sighting counts for.
#[derive(Default)]
pub struct Duplicates {
    tables: Tables,
    outcomes: Outcomes,
    /// The connections that are counted, and how many logs tell of each, if they are asked for
    /// ([`Duplicates::collecting`]).
    kept: Option<Vec<(Sighting<HostId>, usize)>>,
}

impl Duplicates {
    /// Keeps each connection once, by the sighting that counts, for [`Duplicates::take_kept`].
    pub fn collecting() -> Self {
        Self { kept: Some(Vec::new()), ..Self::default() }
    }

    /// The connections kept since the last call, each with the number of logs that tell of it.
    pub fn take_kept(&mut self) -> Vec<(Sighting<HostId>, usize)> {
        self.kept.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// How much there is.
    pub fn sum(&self) -> OutcomeCounts {
        self.outcomes.sum()
    }
}

impl Resolved<HostId> for Duplicates {
    fn connection(&mut self, counts: &Sighting<HostId>, others: &[Sighting<HostId>]) {
        if let Some(kept) = &mut self.kept {
            kept.push((*counts, 1 + others.len()));
        }
        for other in others {
            self.tables.settle(&other.key, &other.connection, other.outcome);
            self.outcomes.count(other.outcome, &other.connection);
        }
    }
}

impl Aggregate {
    /// Takes out of the tables by conversation, and of the connections, what is in them more than once. Sums
    /// over all tuples stay as they are; [`Aggregate::duplicates`] is the difference.
    pub fn take_out(&mut self, duplicates: &Duplicates) {
        take_out(&mut self.allowed, &duplicates.tables.allowed, Allowed::take_out);
        take_out(&mut self.denied, &duplicates.tables.denied, Denied::take_out);
        take_out(&mut self.trouble, &duplicates.tables.trouble, Trouble::take_out);
        self.outcomes.take_out(&duplicates.outcomes);
        self.duplicates.add(&duplicates.sum());
    }
}

fn take_out<T>(mine: &mut ByConversation<T>, other: &ByConversation<T>, take: impl Fn(&mut T, &T)) {
    for (key, value) in other {
        if let Some(present) = mine.get_mut(key) {
            take(present, value);
        }
    }
}
