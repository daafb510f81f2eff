//! Counts of a host or a port, and their rows.

use std::net::IpAddr;

use super::{HostName, HostRow, PortName, PortRow};
use crate::flow::Protocol;
use crate::state::Conversation;

/// Counts of one host on one side, or of one port.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) tuples: u64,
    pub(super) denied: u64,
    /// Without denied attempts.
    pub(super) connections: u64,
    pub(super) bytes: u64,
    pub(super) packets: u64,
}

impl Tally {
    /// What is known of a conversation.
    #[inline]
    pub(super) fn of(conversation: &Conversation) -> Self {
        let denied = conversation.denied.map_or(0, |denied| denied.tuples);
        let once = Self::denied(denied);
        conversation.allowed.as_ref().map_or(once, |allowed| Self {
            tuples: denied + allowed.tuples,
            connections: allowed.connections,
            bytes: allowed.counters.bytes(),
            packets: allowed.counters.packets(),
            ..once
        })
    }

    /// So many tuples, all of them denied.
    #[inline]
    pub(super) fn denied(tuples: u64) -> Self {
        Self { tuples, denied: tuples, ..Self::default() }
    }

    #[inline]
    pub(super) fn add(&mut self, other: &Self) {
        self.tuples += other.tuples;
        self.denied += other.denied;
        self.connections += other.connections;
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.packets = self.packets.saturating_add(other.packets);
    }

    pub(super) fn host_row(&self, address: IpAddr) -> HostRow {
        HostRow {
            name: HostName::of(address),
            tuples: self.tuples,
            denied: self.denied,
            connections: self.connections,
            bytes: self.bytes,
            packets: self.packets,
        }
    }

    pub(super) fn port_row(&self, port: (Protocol, u16)) -> PortRow {
        PortRow {
            name: PortName::of(port),
            tuples: self.tuples,
            denied: self.denied,
            connections: self.connections,
            bytes: self.bytes,
        }
    }
}
