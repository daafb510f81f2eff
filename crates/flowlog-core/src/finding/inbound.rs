//! What hosts of the internet were let in to.

use serde::{Deserialize, Serialize};

use super::compact::Compact;
use super::failure::Failure;
use super::scene::Scene;
use super::span::Span;
use super::{EvidenceRow, Note, Unit};
use crate::flow::Protocol;
use crate::state::{ADMIN_PORTS, Allowed, Conversation, ConversationKey, HostId};

/// Destination, port and protocol.
pub(super) type Service = (HostId, u16, Protocol);

/// An allowed conversation from the internet to an internal host. 48 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Inbound {
    pub(super) key: ConversationKey,
    /// Some connection got payload back.
    pub(super) answered: bool,
    /// Some connection that was let through was refused or not answered.
    pub(super) failed: bool,
    pub(super) connections: u64,
    /// Bytes that came back.
    pub(super) received: u64,
    /// Times of the connections; if any was answered, of those.
    pub(super) times: Span,
}

impl Inbound {
    pub(super) fn new(scene: &Scene<'_>, known: &Conversation, allowed: &Allowed) -> Self {
        let answered = known.answered() > 0;
        Self {
            key: known.key,
            answered,
            failed: Failure::without_denial(scene, known).is_some(),
            connections: allowed.connections,
            received: allowed.counters.bytes_received,
            times: Span::of(known, answered),
        }
    }

    /// As a row of evidence.
    pub(super) fn row(&self, scene: &Scene<'_>) -> EvidenceRow {
        let note = Note::CameBack { bytes: self.received };
        scene.row(&self.key, (self.connections, Unit::Connections), note)
    }

    /// Destination, port and protocol.
    pub(super) fn service(&self) -> Service {
        (self.key.destination, self.key.port, self.key.protocol)
    }

    /// The service is one that administers machines or data.
    pub(super) fn is_admin(&self) -> bool {
        self.key.protocol == Protocol::TCP && ADMIN_PORTS.contains(&self.key.port)
    }
}

/// An [`Inbound`] in 28 bytes, as small as most are.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Short {
    source: HostId,
    destination: HostId,
    port: u16,
    protocol: Protocol,
    /// [`ANSWERED`] and [`FAILED`].
    flags: u8,
    connections: u32,
    received: u32,
    /// Since the data begin, ms.
    first: u32,
    span_ms: u32,
}

const ANSWERED: u8 = 1;
const FAILED: u8 = 2;

impl Compact for Inbound {
    type Short = Short;

    fn source(&self) -> HostId {
        self.key.source
    }

    /// `None` if it is larger than 4 GiB, 49 days, or its times are not known.
    #[inline]
    fn shorten(&self, scene: &Scene<'_>) -> Option<Short> {
        let ConversationKey { source, destination, port, protocol } = self.key;
        let Span(first_ms, last_ms) = self.times;
        Some(Short {
            source,
            destination,
            port,
            protocol,
            flags: (u8::from(self.answered) * ANSWERED) | (u8::from(self.failed) * FAILED),
            connections: u32::try_from(self.connections).ok()?,
            received: u32::try_from(self.received).ok()?,
            first: u32::try_from(first_ms.checked_sub(scene.times.0)?).ok()?,
            span_ms: u32::try_from(last_ms.checked_sub(first_ms)?).ok()?,
        })
    }

    fn restore(short: &Short, scene: &Scene<'_>) -> Self {
        let Short { source, destination, port, protocol, .. } = *short;
        let first_ms = scene.times.0 + i64::from(short.first);
        Self {
            key: ConversationKey { source, destination, port, protocol },
            answered: short.flags & ANSWERED > 0,
            failed: short.flags & FAILED > 0,
            connections: short.connections.into(),
            received: short.received.into(),
            times: Span(first_ms, first_ms + i64::from(short.span_ms)),
        }
    }
}

/// The bytes of a row, as the collector says.
const _: () = assert!(size_of::<Short>() == 28 && size_of::<Inbound>() == 48);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::FindingOptions;
    use crate::state::{Hosts, NearEnds, Overall};

    #[test]
    fn a_short_row_says_the_same_or_is_not_made() {
        let (hosts, near, options) = (Hosts::default(), NearEnds::default(), FindingOptions::default());
        let mut overall = Overall::default();
        overall.times = Some((1_000_000, i64::MAX));
        let scene = Scene::new(&hosts, &near, &overall, &options);
        let key = ConversationKey {
            source: HostId(u32::MAX),
            destination: HostId(7),
            port: 65_535,
            protocol: Protocol::TCP,
        };
        let most = u64::from(u32::MAX);
        let mut short = 0;
        let mut all = Vec::new();
        for (answered, failed) in [(false, false), (true, false), (false, true), (true, true)] {
            for (connections, received) in [(0, 0), (most, most), (most + 1, 0), (0, most + 1)] {
                for (first, span) in [(0, 0), (most, most), (most + 1, 0), (0, most + 1)] {
                    let first = 1_000_000 + first.cast_signed();
                    let times = Span(first, first + span.cast_signed());
                    all.push(Inbound { key, answered, failed, connections, received, times });
                }
                all.push(Inbound { key, answered, failed, connections, received, times: Span::default() });
            }
        }
        for row in &all {
            if let Some(shorter) = row.shorten(&scene) {
                assert_eq!(Inbound::restore(&shorter, &scene), *row);
                short += 1;
            }
        }
        assert_eq!(short, 4 * 2 * 2);
    }
}
