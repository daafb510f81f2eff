//! The rows of one 5-tuple -> connections, each once.

use super::twins::{Sighting, resolve};
use super::{Gather, Worker};
use crate::connection::{Connection, Outcome};
use crate::flow::Direction;
use crate::state::conversation::{Allowed, Denied};
use crate::state::hosts::HostId;
use crate::state::pair::Conversation;
use crate::state::row::{Row, RowKind};

impl<G: Gather> Worker<'_, G> {
    /// A 5-tuple of which there is one row.
    pub(super) fn one_row(&mut self, conversation: &mut Conversation, row: &Row) {
        if row.kind == RowKind::Allowed {
            self.allow(conversation, row, &row.connection);
        } else {
            let sighting = self.sighting(row, &row.connection);
            self.settle(conversation, &sighting, row.log);
            self.collector.connection(&sighting, 1);
        }
    }

    /// Joins the rows of one 5-tuple to connections.
    pub(super) fn rows_of_one(&mut self, conversation: &mut Conversation, rows: &mut [Row]) {
        // Everything is part of the order, so that no result depends on where rows came from.
        let log = |row: &Row| {
            (row.kind, self.log_id(row.log), row.log, row.connection.direction == Direction::Outbound)
        };
        let order = |row: &Row| {
            let Connection { first_ms, last_ms, begun_ms, ended_ms, tuples, begins, ends, .. } =
                row.connection;
            let counters = row.connection.counters;
            let flags = (row.connection.answered, row.connection.stateless);
            let bytes = (
                counters.packets_sent,
                counters.bytes_sent,
                counters.packets_received,
                counters.bytes_received,
            );
            let word = row.encryption;
            ((first_ms, last_ms, begun_ms, ended_ms), (tuples, begins, ends, flags), bytes, word)
        };
        let rules = self.gatherer.summary.rules.rows();
        let rule = |row: &Row| rules.get(row.rule as usize).map(|(name, _)| name);
        rows.sort_unstable_by(|a, b| {
            let of_log = log(a).cmp(&log(b));
            of_log.then_with(|| order(a).cmp(&order(b))).then_with(|| rule(a).cmp(&rule(b)))
        });
        self.sightings.clear();
        let log = |row: &Row| (row.kind, row.log, row.connection.direction);
        for of_log in rows.chunk_by(|a, b| log(a) == log(b)) {
            self.join(conversation, of_log);
        }
        let mut sightings = std::mem::take(&mut self.sightings);
        resolve(&mut sightings, |counts, others| {
            self.collector.connection(counts, 1 + others.len());
            for other in others {
                self.collector.repeated(other);
                take_out(conversation, other);
                self.sums.outcomes.take_out(other.outcome, &other.connection);
                self.sums.duplicates.count(&other.connection);
            }
        });
        self.sightings = sightings;
    }

    /// The rows of one log, direction and kind, in order of time.
    fn join(&mut self, conversation: &mut Conversation, rows: &[Row]) {
        let Some((first, rest)) = rows.split_first() else { return };
        let gatherer = self.gatherer;
        let chosen = gatherer.picked.as_deref().and_then(|picked| {
            let (log, ends) = self.log_id(first.log).zip(self.hosts.ends(&first.key))?;
            Some(picked.chosen(ends, log, (first.connection.direction, first.kind == RowKind::Denied)))
        });
        // Of two parts that belong to different chosen connections, whatever stood between them is not here.
        let place = |row: &Row| chosen.as_ref().and_then(|chosen| chosen(&row.connection));
        let (mut begin, mut open, mut at) = (first, first.connection, place(first));
        for row in rest {
            let here = place(row);
            match row.kind {
                RowKind::Life if here == at && open.join(&row.connection) => {}
                RowKind::Denied if here == at && open.join_denied(&row.connection) => {}
                _ => {
                    self.joined(conversation, begin, &open);
                    (begin, open, at) = (row, row.connection, here);
                }
            }
        }
        self.joined(conversation, begin, &open);
    }

    fn joined(&mut self, conversation: &mut Conversation, row: &Row, connection: &Connection) {
        if row.kind == RowKind::Allowed {
            return self.allow(conversation, row, connection);
        }
        let sighting = self.sighting(row, connection);
        self.settle(conversation, &sighting, row.log);
        if self.has_other_log(&sighting, row.log) {
            self.sightings.push(sighting);
        } else {
            self.collector.connection(&sighting, 1);
        }
    }

    fn allow(&mut self, conversation: &mut Conversation, row: &Row, connection: &Connection) {
        let tuples = connection.tuples();
        let once = Allowed { tuples, connections: tuples, ..Allowed::default() };
        conversation.allowed.get_or_insert_default().add(&once);
        let sighting = Sighting { outcome: Outcome::Stateless, ..self.sighting(row, connection) };
        self.collector.allowed(&sighting);
    }

    fn log_id(&self, log: u32) -> Option<crate::connection::LogId> {
        self.gatherer.logs.get(log as usize).map(|log| log.id)
    }

    fn sighting(&self, row: &Row, connection: &Connection) -> Sighting<HostId> {
        let log = self.gatherer.logs.get(row.log as usize);
        let outcome = match log {
            Some(log) if connection.is_stateless() && !log.has_ends => Outcome::Stateless,
            log => connection.outcome(row.key.protocol, log.map_or(i64::MIN, |log| log.until_ms)),
        };
        let id = self.log_id(row.log).unwrap_or_default();
        Sighting {
            key: row.key,
            log: id,
            log_place: row.log,
            rule: row.rule,
            encryption: row.encryption,
            connection: *connection,
            outcome,
        }
    }

    /// Whether the other end's NIC, or another log of this one, may tell of it, too.
    fn has_other_log(&self, sighting: &Sighting<HostId>, log: u32) -> bool {
        let gatherer = self.gatherer;
        if !gatherer.options.resolve {
            return false;
        }
        if gatherer.logs.get(log as usize).is_some_and(|log| log.logged_twice) {
            return true;
        }
        let [source, destination] = self.classes;
        let (far, class) = match sighting.connection.direction {
            Direction::Outbound => (sighting.key.destination, destination),
            Direction::Inbound => (sighting.key.source, source),
        };
        let near = &gatherer.summary.near;
        let named = || {
            let address = self.hosts.address(far);
            address.is_some_and(|address| gatherer.options.own.find(address).is_some())
        };
        // A denied attempt stands in the log of the NIC that denied it, and in no other NIC's.
        sighting.outcome != Outcome::Denied
            && (near.forwards() || class.is_private() || near.is_own(far) || named())
    }

    fn settle(&mut self, conversation: &mut Conversation, sighting: &Sighting<HostId>, log: u32) {
        self.sums.outcomes.count(sighting.outcome, &sighting.connection);
        add(conversation, sighting);
        if self.gatherer.options.findings && sighting.outcome != Outcome::Denied {
            self.evidence(conversation, sighting, log);
        }
    }
}

fn allowed(connection: &Connection) -> Allowed {
    let whole = connection.begins() > 0 && connection.ended_ms().is_some();
    Allowed {
        tuples: connection.tuples(),
        begins: connection.begins(),
        ended: if whole { connection.count() } else { 0 },
        connections: connection.count(),
        counters: connection.counters,
    }
}

pub(super) fn denied(connection: &Connection) -> Denied {
    let inbound = connection.direction == Direction::Inbound;
    Denied {
        tuples: connection.tuples(),
        attempts: 1,
        first_ms: connection.first_ms,
        last_ms: connection.last_ms,
        inbound,
        outbound: !inbound,
    }
}

/// Adds what a log tells of a connection to its conversation.
fn add(conversation: &mut Conversation, sighting: &Sighting<HostId>) {
    let Sighting { connection, outcome, .. } = sighting;
    if *outcome == Outcome::Denied {
        let once = denied(connection);
        match &mut conversation.denied {
            Some(known) => known.add(&once),
            slot => *slot = Some(once),
        }
        return;
    }
    conversation.allowed.get_or_insert_default().add(&allowed(connection));
    if *outcome == Outcome::Stateless {
        conversation.trouble.get_or_insert_default().stateless += 1;
    } else if let (true, Some(begun)) = (connection.is_incomplete(), connection.begun_ms()) {
        let trouble = conversation.trouble.get_or_insert_default();
        trouble.incomplete += 1;
        trouble.incomplete_last_ms = trouble.incomplete_last_ms.max(begun);
    } else if connection.is_one_way() {
        let trouble = conversation.trouble.get_or_insert_default();
        trouble.one_way += connection.count();
        trouble.one_way_counters.add(&connection.counters);
    }
}

/// Takes it out again, since another log tells of the same connection.
fn take_out(conversation: &mut Conversation, sighting: &Sighting<HostId>) {
    let mut once = Conversation::new(conversation.key);
    add(&mut once, sighting);
    if let (Some(known), Some(once)) = (&mut conversation.denied, once.denied) {
        known.take_out(&once);
    }
    if let (Some(known), Some(once)) = (&mut conversation.allowed, once.allowed) {
        known.take_out(&once);
    }
    if let (Some(known), Some(once)) = (&mut conversation.trouble, once.trouble) {
        known.take_out(&once);
    }
}
