//! A connection as findings see it: who, when, how much, and how it went.

use super::seconds;
use crate::connection::{Connection, ConnectionKey, Outcome};
use crate::flow::{Counters, Direction, Protocol};
use crate::state::conversation::ConversationKey;
use crate::state::hosts::HostId;

/// Which end's NIC logged a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// The initiator's.
    Source,
    /// The responder's.
    Destination,
}

impl Side {
    /// The end whose NIC sees traffic of `direction` that the initiator began.
    pub(in crate::state) fn of(direction: Direction) -> Self {
        match direction {
            Direction::Outbound => Self::Source,
            Direction::Inbound => Self::Destination,
        }
    }
}

/// How a connection went, as far as its counters can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Payload came back ([`Counters::is_answered`]).
    Answered,
    /// Packets came back, without payload, but not as few as a refusal: a health check of TCP, for one.
    Bare,
    /// Packets were sent and none came back.
    Unanswered,
    /// TCP: three packets or fewer came back, and no payload: reset.
    Refused,
    /// Begun and not heard of again, although its log went on for ten minutes or longer.
    Silent,
    /// Begun lately or before a gap of its log, or let in by a stateless rule, of which a log tells no more: neither failed nor answered.
    Open,
}

impl Fate {
    /// Nothing came back, or a refusal. [`Fate::Silent`] is no proof where a log holds no ends at all.
    pub(in crate::state) fn failed(self) -> bool {
        matches!(self, Self::Unanswered | Self::Refused)
    }
}

/// One connection that can get no more tuples, or the end of the data came first.
#[derive(Clone, Copy, Debug)]
pub struct Settled {
    /// Who, to whom, about what.
    pub key: ConversationKey,
    /// The initiator's port.
    pub source_port: u16,
    /// Which end's NIC logged it.
    pub side: Side,
    /// Unix ms; `None` if it began before the data.
    pub begun_ms: Option<i64>,
    /// Its begin, or its oldest tuple, Unix ms.
    pub first_ms: i64,
    /// Its newest tuple, Unix ms.
    pub last_ms: i64,
    /// At least so long, ms.
    pub duration_ms: i64,
    /// Sums over its life.
    pub counters: Counters,
    /// How it went.
    pub fate: Fate,
}

impl Settled {
    /// `outcome` is what the log tells; `goes_on` says whether the log tells anything of the time in which a connection
    /// begun at its argument (Unix ms) would have been heard of again.
    pub(in crate::state) fn new(
        key: &ConnectionKey<HostId>,
        connection: &Connection,
        outcome: Outcome,
        goes_on: impl Fn(i64) -> bool,
    ) -> Self {
        let begun_ms = connection.begun_ms();
        // The hour in which its end would stand is missing: nobody knows.
        let lost = outcome == Outcome::BegunOnly && !begun_ms.is_some_and(goes_on);
        let first_ms = begun_ms.unwrap_or(connection.first_ms);
        Self {
            key: ConversationKey::of(key),
            source_port: key.source_port,
            side: Side::of(connection.direction),
            begun_ms,
            first_ms,
            last_ms: connection.last_ms,
            duration_ms: connection.last_ms.saturating_sub(first_ms),
            counters: connection.counters,
            fate: if lost { Fate::Open } else { fate(key.protocol, connection, outcome) },
        }
    }

    /// [`Settled::first_ms`] in Unix seconds.
    pub(in crate::state) fn seconds(&self) -> u32 {
        seconds(self.first_ms)
    }
}

fn fate(protocol: Protocol, connection: &Connection, outcome: Outcome) -> Fate {
    if outcome == Outcome::BegunOnly {
        Fate::Silent
    } else if outcome == Outcome::Stateless || connection.is_incomplete() {
        Fate::Open
    } else if connection.is_one_way() {
        Fate::Unanswered
    } else if connection.is_refused(protocol) {
        Fate::Refused
    } else if connection.counters.is_answered(protocol) {
        Fate::Answered
    } else {
        Fate::Bare
    }
}
