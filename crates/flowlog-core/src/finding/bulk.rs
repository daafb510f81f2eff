//! When most of an upload was sent: the connections that carry it, of the pair of hosts at hand.

use super::span::Span;
use crate::state::{HostId, Sighting};

/// Connections that sent less carry no upload worth dating: they are many, and none is looked at twice.
const LEAST_BYTES: u64 = 1 << 20;
/// So much of an upload dates it: a heartbeat of the same pair the day before is none of it.
const MOST_PER_CENT: u64 = 90;

/// A connection that sent much.
#[derive(Clone, Copy, Debug)]
struct Carrier {
    source: HostId,
    sent: u64,
    times: (i64, i64),
}

/// Connections of a pair of hosts that sent [`LEAST_BYTES`] or more. 32 bytes each, of one pair at a time.
#[derive(Debug, Default)]
pub(super) struct Bulk(Vec<Carrier>);

impl Bulk {
    #[inline]
    pub(super) fn note(&mut self, sighting: &Sighting<HostId>) {
        let sent = sighting.connection.counters.bytes_sent;
        if sent >= LEAST_BYTES {
            let (first_ms, last_ms) = (sighting.connection.first_ms, sighting.connection.last_ms);
            self.0.push(Carrier { source: sighting.key.source, sent, times: (first_ms, last_ms) });
        }
    }

    /// Ready for another pair.
    #[inline]
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// First and last of the heaviest connections that `source` began and that together sent most of `sent`; nothing
    /// if all of them sent less.
    pub(super) fn times(&self, source: HostId, sent: u64) -> Option<Span> {
        let mut carriers: Vec<&Carrier> = self.0.iter().filter(|carrier| carrier.source == source).collect();
        // Of equals the first ones: any order gives the same.
        carriers.sort_unstable_by_key(|carrier| (std::cmp::Reverse(carrier.sent), carrier.times));
        let most = u128::from(sent) * u128::from(MOST_PER_CENT);
        let (mut span, mut sum) = (Span::default(), 0_u128);
        for carrier in carriers {
            span.add(carrier.times);
            sum += u128::from(carrier.sent);
            if sum * 100 >= most {
                return Some(span);
            }
        }
        None
    }
}
