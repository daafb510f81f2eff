//! Connections that were chosen as wholes, to be known again by their tuples in a second reading.

use std::net::IpAddr;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use crate::connection::{ConnectionKey, LogId};
use crate::flow::{Direction, FlowTuple, State};

/// Which tuples belong to the connections that were chosen: those of the same 5-tuple, log and direction, between their
/// first and last.
///
/// Memory: some 120 bytes for each 5-tuple in a log, 16 more for each further connection of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picked(HashMap<Key, Spans, RandomState>);

/// What all tuples of a connection in one log have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    ends: ConnectionKey<IpAddr>,
    log: LogId,
    outbound: bool,
    /// An attempt that was denied is no part of a connection that was let through.
    denied: bool,
}

/// Spans of time, Unix ms, both ends included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Spans {
    first: (i64, i64),
    /// In order once all are there, and none overlaps another.
    more: Vec<(i64, i64)>,
}

impl Picked {
    /// Chooses what the log `log` tells of a connection: its tuples from `first_ms` to `last_ms`.
    pub fn pick(
        &mut self,
        ends: ConnectionKey<IpAddr>,
        (log, direction): (LogId, Direction),
        denied: bool,
        (first_ms, last_ms): (i64, i64),
    ) {
        let key = Key { ends, log, outbound: direction == Direction::Outbound, denied };
        let span = (first_ms, last_ms);
        self.0
            .entry(key)
            .and_modify(|spans| spans.more.push(span))
            .or_insert_with(|| Spans { first: span, more: Vec::new() });
    }

    /// Adds what `other` chose; a 5-tuple is in one of them only, or in order all the same once all are there.
    pub fn merge(&mut self, other: Self) {
        if self.0.is_empty() {
            self.0 = other.0;
            return;
        }
        for (key, spans) in other.0 {
            match self.0.get_mut(&key) {
                Some(known) => known.more.extend(std::iter::once(spans.first).chain(spans.more)),
                None => {
                    self.0.insert(key, spans);
                }
            }
        }
    }

    /// Everything is chosen: from now on it can be asked.
    #[must_use]
    pub fn finish(mut self) -> Self {
        self.0.values_mut().for_each(Spans::sort);
        self
    }

    /// Whether a tuple of the log `log` belongs to a chosen connection.
    pub fn holds(&self, log: LogId, tuple: &FlowTuple) -> bool {
        let &FlowTuple { source, destination, source_port, destination_port, protocol, .. } = tuple;
        let key = Key {
            ends: ConnectionKey { source, destination, source_port, destination_port, protocol },
            log,
            outbound: tuple.direction == Direction::Outbound,
            denied: tuple.state == State::Deny,
        };
        self.0.get(&key).is_some_and(|spans| spans.hold(tuple.time_ms))
    }
}

impl Spans {
    fn sort(&mut self) {
        if self.more.is_empty() {
            return;
        }
        self.more.push(self.first);
        self.more.sort_unstable();
        self.more.dedup_by(|next, kept| {
            let joins = next.0 <= kept.1;
            kept.1 = if joins { kept.1.max(next.1) } else { kept.1 };
            joins
        });
        self.first = self.more.remove(0);
        self.more.shrink_to_fit();
    }

    fn hold(&self, time_ms: i64) -> bool {
        let within = |&(first, last): &(i64, i64)| (first..=last).contains(&time_ms);
        if within(&self.first) {
            return true;
        }
        let place = self.more.partition_point(|(first, _)| *first <= time_ms);
        self.more[..place].last().is_some_and(within)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_known_again_in_whatever_order_they_came() {
        let spans = [(500, 700), (100, 200), (900, 900), (150, 300), (300, 310)];
        for turn in 0..spans.len() {
            let mut turned = spans;
            turned.rotate_left(turn);
            let mut all = Spans { first: turned[0], more: turned[1..].to_vec() };
            all.sort();
            assert_eq!((all.first, all.more.as_slice()), ((100, 310), &[(500, 700), (900, 900)][..]));
            for time in 0..1000 {
                let expected = spans.iter().any(|&(first, last)| (first..=last).contains(&time));
                assert_eq!(all.hold(time), expected, "{time}");
            }
        }
    }
}
