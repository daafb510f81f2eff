//! What hosts of the internet were let in to.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::failure::Failure;
use super::scene::Scene;
use super::span::Span;
use super::{EvidenceRow, Note, Unit};
use crate::flow::Protocol;
use crate::state::lists::{Rows, Scattered};
use crate::state::{ADMIN_PORTS, Allowed, Conversation, ConversationKey, HostId, Shelf, SpillError};

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

impl Short {
    /// `None` if it is larger than 4 GiB, 49 days, or its times are not known.
    #[inline]
    fn new(scene: &Scene<'_>, row: &Inbound) -> Option<Self> {
        let ConversationKey { source, destination, port, protocol } = row.key;
        let Span(first_ms, last_ms) = row.times;
        Some(Self {
            source,
            destination,
            port,
            protocol,
            flags: (u8::from(row.answered) * ANSWERED) | (u8::from(row.failed) * FAILED),
            connections: u32::try_from(row.connections).ok()?,
            received: u32::try_from(row.received).ok()?,
            first: u32::try_from(first_ms.checked_sub(scene.times.0)?).ok()?,
            span_ms: u32::try_from(last_ms.checked_sub(first_ms)?).ok()?,
        })
    }

    fn row(&self, scene: &Scene<'_>) -> Inbound {
        let Self { source, destination, port, protocol, .. } = *self;
        let first_ms = scene.times.0 + i64::from(self.first);
        Inbound {
            key: ConversationKey { source, destination, port, protocol },
            answered: self.flags & ANSWERED > 0,
            failed: self.flags & FAILED > 0,
            connections: self.connections.into(),
            received: self.received.into(),
            times: Span(first_ms, first_ms + i64::from(self.span_ms)),
        }
    }
}

/// Every [`Inbound`], by source.
#[derive(Debug, Default)]
pub(super) struct InboundRows {
    short: Scattered<Short>,
    long: Scattered<Inbound>,
}

impl InboundRows {
    #[inline]
    pub(super) fn push(&mut self, scene: &Scene<'_>, row: Inbound) {
        let source = row.key.source;
        match Short::new(scene, &row) {
            Some(short) => self.short.push(source, short),
            None => self.long.push(source, row),
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.short.merge(other.short);
        self.long.merge(other.long);
    }

    pub(super) fn bytes(&self) -> u64 {
        self.short.bytes() + self.long.bytes()
    }

    pub(super) fn put_away(&mut self, shelf: &Arc<Shelf>) {
        self.short.put_away(shelf);
        self.long.put_away(shelf);
    }

    /// Those of each bucket of sources.
    pub(super) fn into_buckets(self) -> impl Iterator<Item = InboundBucket> {
        let all = self.short.into_buckets().into_iter().zip(self.long.into_buckets());
        all.map(|(short, long)| InboundBucket { short, long })
    }
}

/// The [`InboundRows`] of a bucket.
pub(super) struct InboundBucket {
    short: Rows<Short>,
    long: Rows<Inbound>,
}

impl InboundBucket {
    /// Each of them.
    ///
    /// # Errors
    /// Those on disk cannot be read.
    pub(super) fn each(&self, scene: &Scene<'_>, mut take: impl FnMut(&Inbound)) -> Result<(), SpillError> {
        self.short.each(|short| take(&short.row(scene)))?;
        self.long.each(take)
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
        let mut rows = InboundRows::default();
        for row in &all {
            short += usize::from(Short::new(&scene, row).is_some());
            rows.push(&scene, *row);
        }
        assert_eq!(short, 4 * 2 * 2);
        let buckets: Vec<InboundBucket> = rows.into_buckets().collect();
        let mut found: Vec<Inbound> = Vec::new();
        for bucket in &buckets {
            bucket.each(&scene, |row| found.push(*row)).unwrap();
        }
        let order = |row: &Inbound| {
            (row.answered, row.failed, row.connections, row.received, row.times.0, row.times.1)
        };
        found.sort_unstable_by_key(order);
        all.sort_unstable_by_key(order);
        assert_eq!(found, all);
    }
}
