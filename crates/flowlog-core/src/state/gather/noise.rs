//! Pairs of hosts of which there is one denied attempt and nothing else: nearly all pairs, where the internet's noise is in
//! a log. They are handed out as they are, without what other pairs are collected in.

use super::connections::denied;
use super::{Gather, Worker};
use crate::connection::Outcome;
use crate::flow::Direction;
use crate::state::conversation::ConversationKey;
use crate::state::pair::LoneDenial;
use crate::state::row::{Row, RowKind};

impl<G: Gather> Worker<'_, G> {
    /// Hands out the only row of a pair of hosts, if it is such an attempt and is wanted alone. False if it has to be
    /// gathered as any other pair.
    pub(super) fn lone_denial(&mut self, row: &Row) -> bool {
        let connection = &row.connection;
        // Of what an own host was denied, findings need more.
        let is_noise = row.kind == RowKind::Denied
            && connection.direction == Direction::Inbound
            && !self.hosts.class(row.key.source).is_private()
            && !self.is_dropped(row)
            && !row.encryption.says_why_not()
            && !self.gatherer.options.provenance;
        if !is_noise {
            return false;
        }
        let key = ConversationKey::of(&row.key);
        let denial = LoneDenial { key, denied: denied(connection), rule: row.rule as usize };
        if !self.collector.takes(&denial) || !self.sums.denials.push(&denial) {
            return false;
        }
        self.sums.encryption.count(row, &self.hosts);
        self.sums.outcomes.count(Outcome::Denied, connection);
        if self.is_evidence(row) {
            self.denied_load(row);
        }
        self.collector.lone(&denial);
        true
    }
}
