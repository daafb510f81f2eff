//! What matching an NSG with a `VNet` flow log finds.

use serde::Serialize;

use super::Reason;
use crate::compare::model::{ConversationRow, Listed};

/// How far the two logs hold the same.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Migration {
    /// Which set is of NSG flow logs.
    pub nsg: char,
    /// NICs in both logs.
    pub nics_in_both: u64,
    /// Allowed TCP and UDP connections.
    pub connections: Overlap,
    /// Conversations with denied TCP and UDP tuples.
    pub denied_conversations: Overlap,
    /// Denied TCP and UDP tuples; matched by number within a conversation.
    pub denied_tuples: Overlap,
    /// Packets of the conversations that have as many connections in both logs.
    pub packets: Sums,
    /// Their bytes.
    pub bytes: Sums,
    /// Conversations with as many connections in both logs.
    pub equal_conversations: u64,
    /// Of these, those with the same bytes and packets, too.
    pub equal_counters: u64,
    /// Conversations that one log allowed and the other denied.
    pub other_outcome: u64,
    /// What the NSG log alone has.
    pub only_nsg: Rest,
    /// What the `VNet` log alone has.
    pub only_vnet: Rest,
}

/// What both logs have, of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Overlap {
    /// In the NSG log.
    pub nsg: u64,
    /// In the `VNet` log.
    pub vnet: u64,
    /// In both.
    pub both: u64,
    /// `both` by `nsg`; nothing if the NSG log has none.
    pub covered: Option<f64>,
}

impl Overlap {
    pub(super) fn add(&mut self, nsg: u64, vnet: u64) {
        self.nsg += nsg;
        self.vnet += vnet;
        self.both += nsg.min(vnet);
    }

    pub(super) fn finish(self) -> Self {
        let covered = (self.nsg > 0).then(|| self.both as f64 / self.nsg as f64);
        Self { covered, ..self }
    }
}

/// Sums in each log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct Sums {
    pub nsg: u64,
    pub vnet: u64,
}

/// What one log alone has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rest {
    /// Why, most connections first.
    pub reasons: Vec<ReasonRow>,
    /// Its conversations, most connections first.
    pub conversations: Listed<RestRow>,
}

/// So much is in one log alone for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct ReasonRow {
    pub reason: Reason,
    pub conversations: u64,
    /// Connections the other log lacks.
    pub connections: u64,
    /// Denied tuples the other log lacks.
    pub denied: u64,
}

/// A conversation that one log has alone, or more of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct RestRow {
    /// Its counts are those the other log lacks; packets and bytes are all the log has of it.
    #[serde(flatten)]
    pub conversation: ConversationRow,
    pub reason: Reason,
}
