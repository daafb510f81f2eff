//! Connections that several logs tell of: both ends' NICs, or two flow logs of one NIC.
//!
//! A connection between two logged NICs stands in both logs, with the same initiator and nearly the
//! same counters: `O` at one, `I` at the other (Microsoft Learn, "Traffic analytics schema": the
//! byte fields mean source to destination "irrespective of where captured"). Rows cannot be
//! compared, since times differ by milliseconds and continuations are cut differently. Connections
//! can: two sightings are one connection if their 5-tuples are equal, their logs are different, and
//! their times overlap, give or take [`OVERLAP_MS`]. Of a connection the sighting with the most
//! tuples counts, since it was watched the longest; of equals the initiator's.

use foldhash::fast::FixedState;
use std::hash::{BuildHasher, Hash};

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
        let is_over = |near: &[Sighting<H>]| is_over(near, log_ms);
        let hasher = FixedState::default();
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
                if is_over(&same) {
                    out.connection(alone, &[]);
                } else {
                    later.push(*alone);
                }
                continue;
            }
            same.sort_unstable_by(|a, b| a.key.cmp(&b.key).then_with(|| a.order().cmp(&b.order())));
            for of_key in same.chunk_by(|a, b| a.key == b.key) {
                for near in clusters(of_key) {
                    if is_over(near) {
                        resolve(near, out);
                    } else {
                        later.extend_from_slice(near);
                    }
                }
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

/// Cuts the sightings of one 5-tuple, in order of time, where none overlaps the ones before.
fn clusters<H>(sightings: &[Sighting<H>]) -> impl Iterator<Item = &[Sighting<H>]> {
    let mut last_ms = i64::MIN;
    sightings.chunk_by(move |a, b| {
        last_ms = last_ms.max(a.connection.last_ms);
        let together = b.connection.first_ms.saturating_sub(OVERLAP_MS) <= last_ms;
        if !together {
            last_ms = i64::MIN;
        }
        together
    })
}

/// Tells the sightings of a cluster apart into connections: a log tells of each only once.
fn resolve<H: Copy + Ord>(cluster: &[Sighting<H>], out: &mut impl Resolved<H>) {
    // Nearly all clusters are one sighting at each end.
    if let [one, other] = cluster
        && one.log != other.log
        && one.overlaps(other)
    {
        let (most, less) = if one.weight() > other.weight() { (one, other) } else { (other, one) };
        return out.connection(most, std::slice::from_ref(less));
    }
    let mut connections: Vec<Vec<Sighting<H>>> = Vec::new();
    for sighting in cluster {
        let fits = |seen: &&mut Vec<Sighting<H>>| {
            seen.iter().all(|other| other.log != sighting.log)
                && seen.iter().any(|other| other.overlaps(sighting))
        };
        match connections.iter_mut().find(fits) {
            Some(seen) => seen.push(*sighting),
            None => connections.push(vec![*sighting]),
        }
    }
    for mut seen in connections {
        seen.sort_unstable_by_key(|sighting| std::cmp::Reverse(sighting.weight()));
        if let Some((most, others)) = seen.split_first() {
            out.connection(most, others);
        }
    }
}
