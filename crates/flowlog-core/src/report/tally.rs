//! Counts of a host or a port, and their rows.

use std::net::IpAddr;

use super::{HostName, HostRow, PortName, PortRow};
use crate::aggregate::Allowed;
use crate::flow::Protocol;

/// Counts of one host on one side, or of one port.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) tuples: u64,
    pub(super) denied: u64,
    pub(super) bytes: u64,
    pub(super) packets: u64,
}

impl Tally {
    pub(super) fn allow(&mut self, allowed: &Allowed) {
        self.tuples += allowed.tuples;
        self.bytes = self.bytes.saturating_add(allowed.counters.bytes());
        self.packets = self.packets.saturating_add(allowed.counters.packets());
    }

    pub(super) fn deny(&mut self, tuples: u64) {
        self.tuples += tuples;
        self.denied += tuples;
    }

    pub(super) fn host_row(&self, address: IpAddr) -> HostRow {
        HostRow {
            name: HostName::of(address),
            tuples: self.tuples,
            denied: self.denied,
            bytes: self.bytes,
            packets: self.packets,
        }
    }

    pub(super) fn port_row(&self, port: (Protocol, u16)) -> PortRow {
        PortRow { name: PortName::of(port), tuples: self.tuples, denied: self.denied, bytes: self.bytes }
    }
}
