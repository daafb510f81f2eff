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

use std::hash::{BuildHasher, Hash};

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::table::SWEEP_EVERY_MS;
use super::{Connection, ConnectionKey, LogId, Outcome, SETTLE_MS, SILENT_MS};
use crate::flow::Direction;

/// How far apart the times of two sightings of one connection may be, ms: clocks differ, and a flow
/// is logged when its NIC's host comes to it, up to a minute later.
pub const OVERLAP_MS: i64 = 60_000;

/// So long after its end a connection is handed out at the latest, in ms of log time.
const LATE_MS: i64 = SETTLE_MS + SWEEP_EVERY_MS;

/// A connection as one log tells it.
#[derive(Clone, Copy, Debug)]
pub struct Sighting<H> {
    /// The 5-tuple.
    pub key: ConnectionKey<H>,
    /// The log that tells.
    pub log: LogId,
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

/// What is settled of connections that several logs may tell of.
pub trait Resolved<H> {
    /// One connection: the sighting that says the most of it, which counts, and the others.
    fn connection(&mut self, counts: &Sighting<H>, others: &[Sighting<H>]);
}

/// Sightings that wait for those of other logs.
pub struct Twins<H> {
    waiting: Vec<Sighting<H>>,
}

impl<H> Default for Twins<H> {
    fn default() -> Self {
        Self { waiting: Vec::new() }
    }
}

impl<H: Copy + Eq + Ord + Hash> Twins<H> {
    /// Takes the sightings of connections that settled before all logs had come to `log_ms` (Unix ms), and
    /// resolves what can get no other sighting any more. The result is the same whatever the order of the
    /// sightings, and however the time is cut.
    pub fn advance(&mut self, mut lists: Vec<Vec<Sighting<H>>>, log_ms: i64, out: &mut impl Resolved<H>) {
        lists.push(std::mem::take(&mut self.waiting));
        let hasher = RandomState::default();
        // Sorting small numbers and looking up is far faster than sorting sightings.
        let mut order: Vec<(u64, u32, u32)> = Vec::with_capacity(lists.iter().map(Vec::len).sum());
        for (list, sightings) in (0_u32..).zip(&lists) {
            let places = (0_u32..).zip(sightings);
            order.extend(places.map(|(place, sighting)| (hasher.hash_one(sighting.key), list, place)));
        }
        order.sort_unstable();
        let at = |&(_, list, place): &(u64, u32, u32)| lists.get(list as usize)?.get(place as usize);
        let mut later = Vec::new();
        let mut same: Vec<Sighting<H>> = Vec::new();
        for run in order.chunk_by(|a, b| a.0 == b.0) {
            same.clear();
            same.extend(run.iter().filter_map(at));
            if let [alone] = same.as_slice() {
                if is_over(&same, log_ms) {
                    out.connection(alone, &[]);
                } else {
                    later.push(*alone);
                }
                continue;
            }
            same.sort_unstable_by(|a, b| a.key.cmp(&b.key).then_with(|| a.order().cmp(&b.order())));
            for of_key in same.chunk_by(|a, b| a.key == b.key) {
                resolve(of_key, log_ms, &mut later, out);
            }
        }
        self.waiting = later;
    }

    /// No more sightings follow.
    pub fn finish(mut self, lists: Vec<Vec<Sighting<H>>>, out: &mut impl Resolved<H>) {
        self.advance(lists, i64::MAX, out);
    }
}

/// Whether no other sighting can come to these, when all logs have been read up to `log_ms`.
fn is_over<H>(near: &[Sighting<H>], log_ms: i64) -> bool {
    // What is open somewhere has had a tuple in this time. Where both ends saw the end, only what stands
    // out of order can follow.
    let seen = |direction| near.iter().any(|sighting| sighting.connection.direction == direction);
    let whole = near.iter().all(|sighting| sighting.connection.ended_ms().is_some())
        && seen(Direction::Inbound)
        && seen(Direction::Outbound);
    let wait_ms = if whole { LATE_MS } else { SILENT_MS };
    let over_ms = log_ms.saturating_sub(wait_ms + 2 * OVERLAP_MS);
    near.iter().all(|sighting| sighting.connection.last_ms < over_ms)
}

/// Tells the sightings of one 5-tuple, in order, apart into connections. What can get no other sighting goes to
/// `out`, the rest to `later`.
fn resolve<H: Copy + Ord>(
    sightings: &[Sighting<H>],
    log_ms: i64,
    later: &mut Vec<Sighting<H>>,
    out: &mut impl Resolved<H>,
) {
    // Nearly always it is one sighting at each end.
    if let [one, other] = sightings
        && one.source() != other.source()
        && one.overlaps(other)
    {
        if !is_over(sightings, log_ms) {
            return later.extend_from_slice(sightings);
        }
        let (most, less) = if one.weight() > other.weight() { (one, other) } else { (other, one) };
        return out.connection(most, std::slice::from_ref(less));
    }
    // An attempt that was denied here is none that was let through there.
    let (mut denied, mut let_through) = (Joined::default(), Joined::default());
    for sighting in sightings {
        let joined = if sighting.outcome == Outcome::Denied { &mut denied } else { &mut let_through };
        joined.add(sighting);
    }
    for mut seen in denied.connections.into_iter().chain(let_through.connections) {
        if !is_over(&seen, log_ms) {
            later.append(&mut seen);
            continue;
        }
        seen.sort_unstable_by_key(|sighting| std::cmp::Reverse(sighting.weight()));
        if let Some((most, others)) = seen.split_first() {
            out.connection(most, others);
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
