//! What the rows of all lists of conversations have in common.

use super::ConversationRow;
use super::rank::Ranked;
use super::tally::service;
use crate::aggregate::ConversationKey;
use crate::flow::Counters;

/// Who, to whom, about what: the cells every conversation's row begins with.
pub(super) struct Ends {
    pub(super) source: String,
    pub(super) destination: String,
    pub(super) port: u16,
    pub(super) protocol: u8,
    pub(super) service: Option<&'static str>,
}

impl Ends {
    pub(super) fn of(ranked: &Ranked<'_>, key: &ConversationKey) -> Self {
        Self {
            source: ranked.name(key.source),
            destination: ranked.name(key.destination),
            port: key.port,
            protocol: key.protocol.0,
            service: service(key.protocol, key.port),
        }
    }
}

pub(super) fn conversation_row(
    ranked: &Ranked<'_>,
    key: &ConversationKey,
    connections: u64,
    counters: &Counters,
) -> ConversationRow {
    let Ends { source, destination, port, protocol, service } = Ends::of(ranked, key);
    ConversationRow {
        source,
        destination,
        port,
        protocol,
        service,
        connections,
        packets_sent: counters.packets_sent,
        bytes_sent: counters.bytes_sent,
        packets_received: counters.packets_received,
        bytes_received: counters.bytes_received,
    }
}
