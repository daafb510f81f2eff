//! What is new, what vanished, and whose outcome changed.

use std::cmp::{Ordering, Reverse};

use super::model::{ConversationRow, Counts, Delta, Difference, HostRow, Listed, OutcomeChange, PortRow};
use super::union::{Both, Host, Key, Seen, Service, Union};
use crate::enrich::HostFacts;
use crate::flow::Protocol;
use crate::report::{Ends, HostName, PortName, first};

/// The first `limit` of `rows` in the order of `by`, made into what a renderer shows.
pub(super) fn listed<T, R>(
    mut rows: Vec<T>,
    limit: usize,
    by: impl Fn(&T, &T) -> Ordering,
    row: impl Fn(&T) -> R,
) -> Listed<R> {
    let total = rows.len() as u64;
    first(&mut rows, limit, by);
    Listed { total, rows: rows.iter().map(row).collect() }
}

/// What B alone has, what A alone has, and how many both have. Each row comes with the counts of its set.
struct Parts<K> {
    new: Vec<(K, Counts)>,
    vanished: Vec<(K, Counts)>,
    kept: u64,
}

/// Parts rows by the sets that have them, as `is_in` says.
fn part<K: Copy>(rows: impl Iterator<Item = (K, Both)>, is_in: impl Fn(&Seen) -> bool) -> Parts<K> {
    let mut parts = Parts { new: Vec::new(), vanished: Vec::new(), kept: 0 };
    for (key, [a, b]) in rows {
        match (is_in(&a), is_in(&b)) {
            (false, true) => parts.new.push((key, b.counts)),
            (true, false) => parts.vanished.push((key, a.counts)),
            (true, true) => parts.kept += 1,
            (false, false) => {}
        }
    }
    parts
}

fn heaviest(counts: &Counts) -> impl Ord + use<> {
    (Reverse(counts.bytes), Reverse(counts.connections), Reverse(counts.denied))
}

pub(super) fn entries<K: Copy, V: Copy, S>(
    table: &hashbrown::HashMap<K, V, S>,
) -> impl Iterator<Item = (K, V)> {
    table.iter().map(|(key, value)| (*key, *value))
}

fn delta<K: Copy, R, O: Ord>(
    union: &Union,
    parts: Parts<K>,
    limit: usize,
    order: impl Fn(&K, &Counts) -> O,
    row: impl Fn(&Union, &K, Counts) -> R,
) -> Delta<R> {
    let list = |rows: Vec<(K, Counts)>| {
        let by = |x: &(K, Counts), y: &(K, Counts)| order(&x.0, &x.1).cmp(&order(&y.0, &y.1));
        listed(rows, limit, by, |(key, counts)| row(union, key, *counts))
    };
    Delta { new: list(parts.new), vanished: list(parts.vanished), kept: parts.kept }
}

pub(super) fn hosts(union: &Union, limit: usize) -> Delta<HostRow> {
    let parts = part(entries(&union.by_host), Seen::is_let_through);
    let order = |host: &Host, counts: &Counts| (heaviest(counts), union.address(*host));
    delta(union, parts, limit, order, |union, host, counts| HostRow { name: host_name(union, *host), counts })
}

/// Hosts of which a set knows nothing but denials.
pub(super) fn denied_only_hosts(union: &Union) -> Difference {
    let denied_only = |seen: &Seen| seen.counts.denied > 0 && !seen.is_let_through();
    let rows = entries(&union.by_host).filter(|(_, both)| !both.iter().any(Seen::is_let_through));
    numbers(&part(rows, denied_only))
}

pub(super) fn ports(union: &Union, limit: usize) -> Delta<PortRow> {
    let parts = part(entries(&union.by_port), Seen::is_let_through);
    let order = |port: &(Protocol, u16), counts: &Counts| (heaviest(counts), port.1, port.0);
    delta(union, parts, limit, order, |_, port, counts| PortRow { name: PortName::of(*port), counts })
}

pub(super) fn conversations(union: &Union, limit: usize) -> Delta<ConversationRow> {
    let parts = part(entries(&union.conversations), Seen::is_let_through);
    let order = |key: &Key, counts: &Counts| (heaviest(counts), union.order(key));
    delta(union, parts, limit, order, conversation_row)
}

pub(super) fn denied(union: &Union, limit: usize) -> (Delta<ConversationRow>, Difference) {
    let is_denied = |seen: &Seen| seen.counts.denied > 0;
    let parts = part(entries(&union.conversations), is_denied);
    // What the internet tries changes every day; what one's own hosts are denied does not.
    let order = |key: &Key, counts: &Counts| {
        (union.is_internet(key.source), Reverse(counts.denied), union.order(key))
    };
    let noise = entries(&union.conversations).filter(|(key, _)| union.is_internet(key.source));
    (delta(union, parts, limit, order, conversation_row), numbers(&part(noise, is_denied)))
}

fn numbers<K>(parts: &Parts<K>) -> Difference {
    Difference { new: parts.new.len() as u64, vanished: parts.vanished.len() as u64, kept: parts.kept }
}

fn conversation_row(union: &Union, key: &Key, counts: Counts) -> ConversationRow {
    ConversationRow { ends: ends(union, key), counts }
}

pub(super) fn host_name(union: &Union, host: Host) -> HostName {
    let unknown = || HostName { ip: String::new(), class: "", provider: None, facts: HostFacts::default() };
    union.address(host).map_or_else(unknown, HostName::of)
}

pub(super) fn ends(union: &Union, key: &Key) -> Ends {
    Ends::of(union.name(key.source), union.name(key.destination), (key.protocol, key.port))
}

/// Outcomes of services that differ between the sets; both must speak of the service.
pub(super) fn service_outcomes(union: &Union, limit: usize) -> Listed<OutcomeChange> {
    let order = |service: &Service| (union.address(service.destination), service.port, service.protocol);
    outcomes(entries(&union.services), limit, order, |service| {
        (None, union.name(service.destination), (service.protocol, service.port))
    })
}

/// The same of conversations.
pub(super) fn conversation_outcomes(union: &Union, limit: usize) -> Listed<OutcomeChange> {
    outcomes(
        entries(&union.conversations),
        limit,
        |key| union.order(key),
        |key| (Some(union.name(key.source)), union.name(key.destination), (key.protocol, key.port)),
    )
}

/// Initiator, if it is of one; responder; port.
type OutcomeEnds = (Option<String>, String, (Protocol, u16));

fn outcomes<K: Copy, O: Ord>(
    rows: impl Iterator<Item = (K, Both)>,
    limit: usize,
    order: impl Fn(&K) -> O,
    ends: impl Fn(&K) -> OutcomeEnds,
) -> Listed<OutcomeChange> {
    let changed = rows.filter_map(|(key, both)| {
        let [before, after] = both.map(|seen| seen.outcome());
        let (before, after) = (before?, after?);
        (before != after).then_some((key, before, after, both))
    });
    // What the change concerns most: what was or is let through, then what was or is denied.
    let weight = |both: &Both| {
        let sum = |count: fn(&Counts) -> u64| {
            both.iter().map(|seen| count(&seen.counts)).fold(0, u64::saturating_add)
        };
        (Reverse(sum(|counts| counts.connections)), Reverse(sum(|counts| counts.denied)))
    };
    let by = |x: &(K, _, _, Both), y: &(K, _, _, Both)| {
        weight(&x.3).cmp(&weight(&y.3)).then_with(|| order(&x.0).cmp(&order(&y.0)))
    };
    listed(changed.collect(), limit, by, |(key, before, after, [a, b])| {
        let (source, destination, port) = ends(key);
        OutcomeChange {
            source,
            destination,
            port: PortName::of(port),
            before: *before,
            after: *after,
            a: a.counts,
            b: b.counts,
        }
    })
}
