//! What the logs say: counted while they are read, spread over partitions, and gathered pair of hosts by pair of hosts.
//!
//! ```text
//! Reader (one a thread): tuples -> sums; open connections of a file -> rows -> partitions by pair of hosts
//! State: what all readers have, put together        Gatherer: partitions -> pairs of hosts, on all threads
//! ```
//!
//! Nothing is shared between threads while they work. Everything that a report, a detector or a comparison is made from
//! is taken from [`HostPair`]s, one after the other and each once: what needs more than one of them keeps what it needs
//! ([`Gather`]). So no table of everything is needed.

mod ahead;
mod bucket;
mod conversation;
mod coverage;
pub(crate) mod denials;
mod encryption;
mod entries;
pub mod evidence;
mod faults;
mod file;
mod gather;
mod hosts;
pub(crate) mod lists;
mod load;
mod logs;
mod near;
mod nic_times;
mod outcomes;
mod overall;
mod pair;
mod partition;
mod provenance;
mod reader;
mod row;
mod rules;
mod scatter;
mod segments;
mod shelf;
mod spill;
mod summary;
mod timeline;
mod track;
mod words;

pub(crate) use bucket::{BUCKETS, bucket_of};
pub use conversation::{Allowed, ConversationKey, Denied, Trouble};
pub use coverage::{HOUR_MS, HourCounts, LogCoverage, joined_hours};
pub use denials::Denials;
pub use encryption::{EncryptedPairs, PairCounts, WordCounts};
pub use faults::{EXAMPLE_CHARS, EXAMPLES, Fault, Faults};
pub use file::{STATE_VERSION, StateError};
pub use gather::{GatherOptions, Gatherer, OVERLAP_MS, Sighting};
pub use hosts::{HostId, Hosts};
pub(crate) use load::HostLoad;
pub use load::LoadTable;
pub use logs::plain_mac;
pub use near::NearEnds;
pub use nic_times::NicTimes;
pub use outcomes::{OutcomeCounts, Outcomes};
pub use overall::Overall;
pub use pair::{Conversation, Gather, HostPair, LoneDenial};
pub use partition::PartitionKey;
pub use provenance::{Origin, Provenance};
pub use reader::{Reader, Shared};
pub use rules::{ADMIN_PORTS, LetIn, LetInKey, RuleClass, RuleCounts, Rules};
pub use shelf::Shelf;
pub use spill::{Budget, SpillError};
pub use summary::Summary;
pub use timeline::{Bucket, Timeline};
pub use words::{MAX_WORDS, UnknownWords};

use std::sync::Arc;

use crate::select::Picked;
use logs::Logs;
use partition::Rows;

/// What is counted over all tuples.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(crate) struct Totals {
    overall: Overall,
    timeline: Timeline,
    words: UnknownWords,
    faults: Faults,
}

/// What one reader has read, or all of them.
pub struct State {
    totals: Totals,
    logs: Logs,
    rules: Rules,
    hosts: Hosts,
    rows: Rows,
    /// What rows may take in memory.
    budget: Arc<Budget>,
    /// Of the connections that were read before, those whose tuples it holds.
    picked: Option<Arc<Picked>>,
}

impl State {
    /// A state of a run in which nothing was read.
    ///
    /// # Errors
    /// None: no temporary file is needed.
    pub fn empty(shared: &Shared) -> Result<Self, SpillError> {
        Reader::new(shared).finish()
    }

    /// Adds everything of `other`, a state of the same run.
    pub fn merge(&mut self, other: Self) {
        self.totals.overall.add(&other.totals.overall);
        self.totals.timeline.merge(other.totals.timeline);
        self.totals.words.merge(other.totals.words);
        self.totals.faults.merge(other.totals.faults);
        let (logs, rules) = (self.logs.merge(other.logs), self.rules.merge(other.rules));
        let mut rows = other.rows;
        for origin in &mut rows.origins {
            rename(&mut origin.logs, &logs);
            rename(&mut origin.rules, &rules);
        }
        self.rows.append(rows);
        self.hosts.refresh();
    }
}

/// Places in one list as places in another.
fn rename(places: &mut [u32], names: &[u32]) {
    for place in places {
        *place = names.get(*place as usize).copied().unwrap_or(u32::MAX);
    }
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
