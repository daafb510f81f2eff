//! Connections that several logs tell of: both ends' NICs, or two flow logs of one NIC.
//!
//! A connection between two logged NICs stands in both logs, with the same initiator and nearly the
//! same counters: `O` at one, `I` at the other (Microsoft Learn, "Traffic analytics schema": the
//! byte fields mean source to destination "irrespective of where captured"). Rows cannot be
//! compared, since times differ by milliseconds and continuations are cut differently. Connections
//! can: two sightings are one connection if their 5-tuples are equal, their logs are different, and
//! their times overlap, give or take [`OVERLAP_MS`]. An appliance with one NIC that passes a connection
//! on has it in its log twice, as `I` and as `O`: these are two sightings, too. Of a connection the
//! sighting with the most tuples counts, since it was watched the longest; of equals the initiator's.

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use crate::connection::{Connection, ConnectionKey, LogId, Outcome};
use crate::flow::{Direction, Encryption};

/// How far apart the times of two sightings of one connection may be, ms: clocks differ, and a flow
/// is logged when its NIC's host comes to it, up to a minute later.
pub const OVERLAP_MS: i64 = 60_000;

/// A connection as one log tells it.
#[derive(Clone, Copy, Debug)]
pub struct Sighting<H> {
    /// The 5-tuple.
    pub key: ConnectionKey<H>,
    /// The log that tells.
    pub log: LogId,
    /// Place of that log in [`Summary::coverage`](crate::state::Summary::coverage).
    pub log_place: u32,
    /// Place of the rule that decided its first tuple in [`Rules::rows`](crate::state::Rules::rows).
    pub rule: u32,
    /// Of its first tuple.
    pub encryption: Encryption,
    /// What it tells.
    pub connection: Connection,
    /// How it went, as this log tells it.
    pub outcome: Outcome,
}

impl<H: Ord> Sighting<H> {
    /// What sightings of one 5-tuple are ordered by, so that no result depends on who came first.
    fn order(&self) -> impl Ord + use<H> {
        let Connection { first_ms, last_ms, direction, .. } = self.connection;
        (first_ms, last_ms, direction == Direction::Inbound, self.log)
    }

    /// How much it says of its connection.
    fn weight(&self) -> impl Ord + use<H> {
        let outbound = self.connection.direction == Direction::Outbound;
        (self.connection.tuples(), outbound, std::cmp::Reverse(self.log))
    }

    /// Who tells: a log in one direction.
    fn source(&self) -> (LogId, Direction) {
        (self.log, self.connection.direction)
    }

    fn overlaps(&self, other: &Self) -> bool {
        let ahead = |a: &Connection, b: &Connection| a.first_ms.saturating_sub(OVERLAP_MS) <= b.last_ms;
        ahead(&self.connection, &other.connection) && ahead(&other.connection, &self.connection)
            // An attempt that was denied here is none that was let through there.
            && (self.outcome == Outcome::Denied) == (other.outcome == Outcome::Denied)
    }
}

/// Tells the sightings of one 5-tuple apart into connections. `out` gets of each the sighting that says the most of it,
/// which counts, and the others. The order of the sightings makes no difference.
pub(super) fn resolve<H: Copy + Ord>(
    sightings: &mut [Sighting<H>],
    mut out: impl FnMut(&Sighting<H>, &[Sighting<H>]),
) {
    sightings.sort_unstable_by_key(Sighting::order);
    // Nearly always it is one sighting at each end.
    if let [one, other] = sightings
        && one.source() != other.source()
        && one.overlaps(other)
    {
        let (most, less) = if one.weight() > other.weight() { (one, other) } else { (other, one) };
        return out(most, std::slice::from_ref(less));
    }
    // An attempt that was denied here is none that was let through there.
    let (mut denied, mut let_through) = (Joined::default(), Joined::default());
    for sighting in sightings {
        let joined = if sighting.outcome == Outcome::Denied { &mut denied } else { &mut let_through };
        joined.add(sighting);
    }
    for mut seen in denied.connections.into_iter().chain(let_through.connections) {
        seen.sort_unstable_by_key(|sighting| std::cmp::Reverse(sighting.weight()));
        if let Some((most, others)) = seen.split_first() {
            out(most, others);
        }
    }
}

/// Sightings of one 5-tuple joined to connections, in the order of their first tuples: each to the first connection
/// that it overlaps and that has none from the same log and direction yet.
///
/// Two things never change back, which keeps the work linear however often a 5-tuple is used: a connection that the
/// newest sighting does not overlap gets no more, and each log has passed a connection once it is in it.
struct Joined<H> {
    connections: Vec<Vec<Sighting<H>>>,
    /// Newest tuple of each connection, Unix ms.
    last_ms: Vec<i64>,
    /// For each connection that gets no more: the next one that might.
    next: Vec<usize>,
    /// By log and direction: the first connection it has not passed.
    passed: HashMap<(LogId, Direction), usize, RandomState>,
}

impl<H> Default for Joined<H> {
    fn default() -> Self {
        let passed = HashMap::default();
        Self { connections: Vec::new(), last_ms: Vec::new(), next: Vec::new(), passed }
    }
}

impl<H: Copy + Ord> Joined<H> {
    fn add(&mut self, sighting: &Sighting<H>) {
        let from = self.passed.get(&sighting.source()).copied().unwrap_or_default();
        let place = self.first_open(from, sighting.connection.first_ms.saturating_sub(OVERLAP_MS));
        let last_ms = sighting.connection.last_ms;
        if let (Some(seen), Some(known)) = (self.connections.get_mut(place), self.last_ms.get_mut(place)) {
            seen.push(*sighting);
            *known = last_ms.max(*known);
        } else {
            self.connections.push(vec![*sighting]);
            self.last_ms.push(last_ms);
            self.next.push(place);
        }
        self.passed.insert(sighting.source(), place + 1);
    }

    /// The first connection from `place` on whose newest tuple is not before `since_ms`; their number if there is none.
    fn first_open(&mut self, place: usize, since_ms: i64) -> usize {
        let mut open = place;
        while let (Some(&last_ms), Some(next)) = (self.last_ms.get(open), self.next.get_mut(open)) {
            if *next == open {
                if last_ms >= since_ms {
                    break;
                }
                *next = open + 1;
            }
            open = *next;
        }
        // The way is shorter the next time.
        let mut behind = place;
        while behind < open
            && let Some(next) = self.next.get_mut(behind)
        {
            behind = std::mem::replace(next, open);
        }
        open
    }
}

#[cfg(test)]
mod tests;
