//! A conversation: who talks to whom about what. What all rankings are made from.

use serde::{Deserialize, Serialize};

use super::hosts::HostId;
use crate::connection::ConnectionKey;
use crate::flow::{Counters, Protocol};

/// Initiator, responder, responder's port and protocol; the initiator's port changes with every connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ConversationKey {
    /// Initiator.
    pub source: HostId,
    /// Responder.
    pub destination: HostId,
    /// Port of the responder; 0 where the protocol has none.
    pub port: u16,
    /// IANA protocol number.
    pub protocol: Protocol,
}

impl ConversationKey {
    /// The conversation that a connection is part of.
    pub fn of(connection: &ConnectionKey<HostId>) -> Self {
        Self {
            source: connection.source,
            destination: connection.destination,
            port: connection.destination_port,
            protocol: connection.protocol,
        }
    }
}

/// What was allowed of one conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowed {
    /// Tuples that are not denials.
    pub tuples: u64,
    /// Begun tuples.
    pub begins: u64,
    /// Connections of which both begin and end were seen.
    pub ended: u64,
    /// Connections, whether or not their begin or end was seen.
    pub connections: u64,
    /// Sums of the tuples' counters.
    pub counters: Counters,
}

impl Allowed {
    pub(super) fn add(&mut self, other: &Self) {
        self.tuples += other.tuples;
        self.begins += other.begins;
        self.ended += other.ended;
        self.connections += other.connections;
        self.counters.add(&other.counters);
    }

    pub(super) fn take_out(&mut self, other: &Self) {
        self.tuples = self.tuples.saturating_sub(other.tuples);
        self.begins = self.begins.saturating_sub(other.begins);
        self.ended = self.ended.saturating_sub(other.ended);
        self.connections = self.connections.saturating_sub(other.connections);
        self.counters.take_out(&other.counters);
    }
}

/// What was denied of one conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Denied {
    /// Denied tuples: packets, since each is logged.
    pub tuples: u64,
    /// Attempts: packets of one 5-tuple that follow each other within [`crate::connection::SETTLE_MS`].
    pub attempts: u64,
    /// The oldest, Unix ms.
    pub first_ms: i64,
    /// The newest, Unix ms.
    pub last_ms: i64,
    /// Logged by a NIC as inbound.
    pub inbound: bool,
    /// Logged by a NIC as outbound.
    pub outbound: bool,
}

impl Denied {
    pub(super) fn add(&mut self, other: &Self) {
        self.tuples += other.tuples;
        self.attempts += other.attempts;
        self.first_ms = self.first_ms.min(other.first_ms);
        self.last_ms = self.last_ms.max(other.last_ms);
        self.inbound |= other.inbound;
        self.outbound |= other.outbound;
    }

    pub(super) fn take_out(&mut self, other: &Self) {
        self.tuples = self.tuples.saturating_sub(other.tuples);
        self.attempts = self.attempts.saturating_sub(other.attempts);
    }
}

/// What went wrong with connections of one conversation. Few have any trouble, so it has a table of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Connections begun, never continued or ended.
    pub incomplete: u64,
    /// When the last of them began, Unix ms; [`i64::MIN`] if there is none.
    pub incomplete_last_ms: i64,
    /// Connections that sent packets and never got one back.
    pub one_way: u64,
    /// Their counters.
    pub one_way_counters: Counters,
    /// Connections let in of which the log has neither ends nor bytes ([`crate::connection::Outcome::Stateless`]): no
    /// trouble, but nothing of the conversation can be called unanswered either.
    pub stateless: u64,
}

impl Default for Trouble {
    fn default() -> Self {
        Self {
            incomplete: 0,
            incomplete_last_ms: i64::MIN,
            one_way: 0,
            one_way_counters: Counters::default(),
            stateless: 0,
        }
    }
}

impl Trouble {
    pub(super) fn take_out(&mut self, other: &Self) {
        self.incomplete = self.incomplete.saturating_sub(other.incomplete);
        self.one_way = self.one_way.saturating_sub(other.one_way);
        self.stateless = self.stateless.saturating_sub(other.stateless);
        self.one_way_counters.take_out(&other.one_way_counters);
    }
}
