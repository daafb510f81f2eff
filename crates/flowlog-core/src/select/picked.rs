//! Connections that were chosen as wholes, to be known again by their tuples in a second reading.

use std::net::IpAddr;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use crate::connection::{Connection, ConnectionKey, LogId};
use crate::flow::{Direction, FlowTuple, State};

/// Which tuples belong to the connections that were chosen: those of the same 5-tuple, log and direction, between their
/// first and last.
///
/// Memory: some 130 bytes for each 5-tuple in a log, 24 more for each further connection of it.
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

/// From the first tuple of a connection to its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Span {
    /// Unix ms, both included.
    first_ms: i64,
    last_ms: i64,
    /// What else ends in its first millisecond is of a connection before it.
    starts: bool,
    /// What else begins in its last millisecond is of a connection behind it.
    stops: bool,
}

/// The spans of one 5-tuple.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Spans {
    first: Span,
    /// In order once all are there, and none overlaps another by more than a millisecond.
    more: Vec<Span>,
}

impl Picked {
    /// Chooses what the log `log` tells of a connection.
    pub fn pick(&mut self, ends: ConnectionKey<IpAddr>, log: LogId, connection: &Connection) {
        let Connection { direction, denied, .. } = *connection;
        let span = Span::of(connection);
        self.0
            .entry(Key::new(ends, log, direction, denied))
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
        let spans = self.0.get(&Key::of(log, tuple));
        spans.is_some_and(|spans| spans.place(tuple.time_ms, Part::of(tuple)).is_some())
    }

    /// Which of the chosen connections of its 5-tuple, log and direction a tuple belongs to: tuples of another connection,
    /// which was not chosen, may have stood between them.
    pub fn place(&self, log: LogId, tuple: &FlowTuple) -> u32 {
        let spans = self.0.get(&Key::of(log, tuple)).filter(|spans| !spans.more.is_empty());
        let place = spans.and_then(|spans| spans.place(tuple.time_ms, Part::of(tuple)));
        place.and_then(|place| u32::try_from(place).ok()).unwrap_or_default()
    }

    /// The chosen connections of the log `log` with these ends: one number each for what `part` tells of them.
    pub fn chosen(
        &self,
        ends: ConnectionKey<IpAddr>,
        log: LogId,
        (direction, denied): (Direction, bool),
    ) -> impl Fn(&Connection) -> Option<usize> + use<'_> {
        let spans =
            self.0.get(&Key::new(ends, log, direction, denied)).filter(|spans| !spans.more.is_empty());
        move |part| spans?.place(part.first_ms, Part::first_of(part))
    }
}

impl Key {
    fn new(ends: ConnectionKey<IpAddr>, log: LogId, direction: Direction, denied: bool) -> Self {
        Self { ends, log, outbound: direction == Direction::Outbound, denied }
    }

    fn of(log: LogId, tuple: &FlowTuple) -> Self {
        let &FlowTuple { source, destination, source_port, destination_port, protocol, .. } = tuple;
        let ends = ConnectionKey { source, destination, source_port, destination_port, protocol };
        Self::new(ends, log, tuple.direction, tuple.state == State::Deny)
    }
}

/// Which part of a connection a tuple is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Begin,
    End,
    Other,
}

impl Part {
    fn of(tuple: &FlowTuple) -> Self {
        match tuple.state {
            State::Begin => Self::Begin,
            State::End => Self::End,
            State::Continue | State::Allow | State::Deny => Self::Other,
        }
    }

    fn first_of(connection: &Connection) -> Self {
        if connection.begins() > 0 {
            Self::Begin
        } else if connection.tuples() == connection.ends() {
            Self::End
        } else {
            Self::Other
        }
    }
}

impl Span {
    fn of(connection: &Connection) -> Self {
        let Connection { first_ms, last_ms, .. } = *connection;
        let (begun, ended) = (connection.begun_ms(), connection.ended_ms());
        Self {
            first_ms,
            last_ms,
            starts: begun.is_some() && ended != Some(first_ms),
            stops: ended == Some(last_ms) && begun != Some(last_ms),
        }
    }

    /// Whether a tuple is part of it. In one millisecond a 5-tuple may end and be used again.
    fn holds(&self, time_ms: i64, part: Part) -> bool {
        (self.first_ms..=self.last_ms).contains(&time_ms)
            && !(self.starts && time_ms == self.first_ms && part == Part::End)
            && !(self.stops && time_ms == self.last_ms && part == Part::Begin)
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
            let meets = next.first_ms == kept.last_ms && next.starts && kept.stops;
            let overlaps = next.first_ms <= kept.last_ms && !meets;
            if overlaps && next.last_ms >= kept.last_ms {
                (kept.last_ms, kept.stops) = (next.last_ms, next.stops);
            }
            overlaps
        });
        self.first = self.more.remove(0);
        self.more.shrink_to_fit();
    }

    /// The place of the span that a tuple is part of.
    fn place(&self, time_ms: i64, part: Part) -> Option<usize> {
        // Two spans may meet in one millisecond: what is not of the later one may be of the one before it.
        let later = self.more.partition_point(|span| span.first_ms <= time_ms);
        let span = |place: usize| match place {
            0 => Some(&self.first),
            place => self.more.get(place - 1),
        };
        let holds = |place: &usize| span(*place).is_some_and(|span| span.holds(time_ms, part));
        Some(later).filter(holds).or_else(|| later.checked_sub(1).filter(holds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span((first_ms, last_ms): (i64, i64)) -> Span {
        Span { first_ms, last_ms, starts: false, stops: false }
    }

    fn sorted(spans: &[Span]) -> Spans {
        let mut all = Spans { first: spans[0], more: spans[1..].to_vec() };
        all.sort();
        all
    }

    #[test]
    fn spans_are_known_again_in_whatever_order_they_came() {
        let spans = [(500, 700), (100, 200), (900, 900), (150, 300), (300, 310)];
        for turn in 0..spans.len() {
            let mut turned = spans.map(span);
            turned.rotate_left(turn);
            let all = sorted(&turned);
            let known = [(500, 700), (900, 900)].map(span);
            assert_eq!((all.first, all.more.as_slice()), (span((100, 310)), &known[..]));
            for time in 0..1000 {
                let expected = [(100, 310), (500, 700), (900, 900)]
                    .iter()
                    .position(|&(first, last)| (first..=last).contains(&time));
                assert_eq!(all.place(time, Part::Other), expected, "{time}");
            }
        }
    }

    #[test]
    fn what_begins_where_another_ends_is_told_from_it() {
        let earlier = Span { stops: true, ..span((100, 200)) };
        let later = Span { starts: true, ..span((200, 300)) };
        let both = sorted(&[later, earlier]);
        assert_eq!(both.place(200, Part::End), Some(0));
        assert_eq!(both.place(200, Part::Begin), Some(1));
        assert_eq!(sorted(&[earlier]).place(200, Part::Begin), None);
        assert_eq!(sorted(&[earlier]).place(200, Part::End), Some(0));
        assert_eq!(sorted(&[later]).place(200, Part::End), None);
        assert_eq!(sorted(&[later]).place(200, Part::Begin), Some(0));
    }
}
