//! Who took part in a flood: a second walk over the pairs, of the few hosts that were flooded.

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::flood::Incoming;
use super::heaviest::Heaviest;
use super::scene::Scene;
use crate::state::HostId;
use crate::state::{Conversation, Gather, HostPair};

/// Takes all pairs of hosts once more, and keeps the conversations that took part in a flood. What [`judge`](super::judge)
/// hands out knows which they are; a thread that is to help gets its own with [`Crowd::beside`], which is merged then.
pub struct Crowd<'a> {
    scene: &'a Scene<'a>,
    floods: &'a [Incoming],
    /// Flooded hosts with the place of their flood and what there is of it: a few hundred bytes each.
    rows: HashMap<HostId, (usize, Heaviest), RandomState>,
}

impl<'a> Crowd<'a> {
    pub(super) fn new(scene: &'a Scene<'a>, floods: &'a [Incoming]) -> Self {
        let rows = floods.iter().enumerate().map(|(place, flood)| (flood.host, (place, Heaviest::default())));
        Self { scene, floods, rows: rows.collect() }
    }

    /// One that asks for the same and holds nothing yet.
    #[must_use]
    pub fn beside(&self) -> Self {
        Self::new(self.scene, self.floods)
    }

    /// False if a pair of this host is none that is asked for: then it need not be taken.
    pub fn wants(&self, host: HostId) -> bool {
        self.rows.contains_key(&host)
    }

    /// The conversations of each flood.
    pub(super) fn into_rows(self) -> HashMap<HostId, Heaviest, RandomState> {
        self.rows.into_iter().map(|(host, (_, rows))| (host, rows)).collect()
    }
}

impl Gather for Crowd<'_> {
    fn take(&mut self, pair: &mut HostPair) {
        for conversations in pair.directions() {
            let Some(host) = conversations.first().map(|first| first.key.destination) else { continue };
            let Some((place, rows)) = self.rows.get_mut(&host) else { continue };
            let Some(flood) = self.floods.get(*place) else { continue };
            for known in conversations {
                let count = then(known, flood.peak.times(), flood.in_vain);
                if count > 0 {
                    rows.push(self.scene, &known.key, count);
                }
            }
        }
    }

    fn merge(&mut self, other: Self) {
        for (host, (_, more)) in other.rows {
            if let Some((_, rows)) = self.rows.get_mut(&host) {
                rows.merge(&more);
            }
        }
    }
}

/// What counts of a conversation that was active during a peak: denied packets and connections; of what was in vain
/// those that failed.
pub(super) fn then(known: &Conversation, peak: (i64, i64), in_vain: bool) -> u64 {
    let active = |(first, last): (i64, i64)| first <= peak.1 && last >= peak.0;
    let failed = || {
        let sides = |failed: &crate::state::evidence::Failed| {
            let sides = failed.failed.iter().zip(failed.silent);
            sides.map(|(failed, silent)| failed + silent).max().unwrap_or_default()
        };
        known.failed.as_ref().map_or(0, sides)
    };
    let all = || known.allowed.map_or(0, |allowed| allowed.connections);
    let connections = match &known.activity {
        Some(activity) if active(activity.times) => {
            if in_vain {
                failed()
            } else {
                all()
            }
        }
        _ => 0,
    };
    let denied = known.denied.filter(|denied| active((denied.first_ms, denied.last_ms)));
    connections + denied.map_or(0, |denied| denied.tuples)
}
