//! Chooses connections by what only whole ones tell, so that their tuples can be counted in a second reading.

use super::matches;
use crate::select::{Filter, Picked};
use crate::state::{Gather, HostId, HostPair, Hosts, Sighting, Summary};

/// Takes connections and keeps which of them fulfil a filter, as all logs tell of them; one a thread.
pub struct Picker<'s> {
    summary: &'s Summary,
    filter: &'s Filter,
    hosts: Hosts,
    picked: Picked,
    /// The connection at hand is chosen.
    is_chosen: bool,
}

impl<'s> Picker<'s> {
    /// One that chooses what fulfils `filter`.
    pub fn new(summary: &'s Summary, filter: &'s Filter) -> Self {
        let hosts = summary.hosts.beside();
        Self { summary, filter, hosts, picked: Picked::default(), is_chosen: false }
    }

    /// What was chosen.
    pub fn finish(self) -> Picked {
        self.picked.finish()
    }

    fn pick(&mut self, sighting: &Sighting<HostId>) {
        let Some(ends) = self.hosts.ends(&sighting.key) else { return };
        self.picked.pick(ends, sighting.log, &sighting.connection);
    }
}

impl Gather for Picker<'_> {
    fn take(&mut self, _: &mut HostPair) {}

    fn connection(&mut self, sighting: &Sighting<HostId>, _logs: usize) {
        let ends = self.hosts.ends(&sighting.key);
        self.is_chosen = ends.is_some_and(|ends| matches(self.filter, self.summary, sighting, ends));
        if self.is_chosen {
            self.pick(sighting);
        }
    }

    fn repeated(&mut self, sighting: &Sighting<HostId>) {
        // Comes right behind the one that counts.
        if self.is_chosen {
            self.pick(sighting);
        }
    }

    fn allowed(&mut self, sighting: &Sighting<HostId>) {
        self.connection(sighting, 1);
    }

    fn merge(&mut self, other: Self) {
        self.picked.merge(other.picked);
    }
}
