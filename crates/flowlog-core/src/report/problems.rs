//! The problem lists: what an engineer looks for first.

use std::cmp::Reverse;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::name::service;
use super::rank::{Ranked, first, port_rows};
use super::tally::Tally;
use super::{
    ConversationRow, DeniedRow, DeniedSourceRow, Ends, IncompleteRow, LOW_BYTES_PER_PACKET,
    LOW_PAYLOAD_MIN_PACKETS, MANY_DENIALS, PortRow, PortScanRow, RETRY_BEGINS, RetryRow, SCAN_PORTS,
};
use crate::aggregate::{Allowed, ByConversation, ConversationKey, HostId};
use crate::enrich;
use crate::flow::{AddressClass, Counters, Protocol};

/// The conversations of `table` that `weigh` gives a weight, heaviest first; `found` gets their number.
fn heaviest<'t, T>(
    ranked: &Ranked<'_>,
    table: &'t ByConversation<T>,
    limit: usize,
    found: &mut u64,
    weigh: impl Fn(&T) -> Option<u64>,
) -> Vec<(&'t ConversationKey, &'t T)> {
    let mut rows: Vec<_> =
        table.iter().filter_map(|(key, value)| Some((weigh(value)?, key, value))).collect();
    *found = rows.len() as u64;
    first(&mut rows, limit, |a, b| b.0.cmp(&a.0).then_with(|| ranked.order(a.1).cmp(&ranked.order(b.1))));
    rows.into_iter().map(|(_, key, value)| (key, value)).collect()
}

/// `value` if `condition`, for [`heaviest`].
fn when(condition: bool, value: u64) -> Option<u64> {
    condition.then_some(value)
}

pub(super) fn denied(ranked: &Ranked<'_>, limit: usize, found: &mut u64) -> Vec<DeniedRow> {
    let rows = heaviest(ranked, &ranked.tables.denied, limit, found, |denied| Some(denied.tuples));
    rows.into_iter()
        .map(|(key, denied)| {
            let direction = match (denied.inbound, denied.outbound) {
                (true, true) => "IO",
                (true, false) => "I",
                _ => "O",
            };
            let (first_time_ms, last_time_ms) = (denied.first_ms, denied.last_ms);
            let (tuples, attempts) = (denied.tuples, denied.attempts);
            DeniedRow {
                ends: ends(ranked, key),
                direction,
                tuples,
                dropped_for_encryption: tuples - ranked.tables.denied_by_rule(key, denied),
                attempts,
                first_time_ms,
                last_time_ms,
            }
        })
        .collect()
}

pub(super) fn incomplete(ranked: &Ranked<'_>, limit: usize, found: &mut u64) -> Vec<IncompleteRow> {
    let rows = heaviest(ranked, &ranked.tables.trouble, limit, found, |trouble| {
        when(trouble.incomplete > 0, trouble.incomplete)
    });
    rows.into_iter()
        .map(|(key, trouble)| IncompleteRow {
            ends: ends(ranked, key),
            connections: trouble.incomplete,
            begins: allowed(ranked, key).begins,
            last_time_ms: trouble.incomplete_last_ms,
        })
        .collect()
}

fn ends(ranked: &Ranked<'_>, key: &ConversationKey) -> Ends {
    Ends::of(ranked.name(key.source), ranked.name(key.destination), (key.protocol, key.port))
}

fn allowed(ranked: &Ranked<'_>, key: &ConversationKey) -> Allowed {
    ranked.tables.allowed.get(key).copied().unwrap_or_default()
}

pub(super) fn retries(ranked: &Ranked<'_>, limit: usize, found: &mut u64) -> Vec<RetryRow> {
    let rows = heaviest(ranked, &ranked.tables.allowed, limit, found, |allowed| {
        when(allowed.begins > RETRY_BEGINS, allowed.begins)
    });
    rows.into_iter()
        .map(|(key, allowed)| {
            let (begins, ended) = (allowed.begins, allowed.ended);
            RetryRow { ends: ends(ranked, key), begins, ended }
        })
        .collect()
}

pub(super) fn one_way(ranked: &Ranked<'_>, limit: usize, found: &mut u64) -> Vec<ConversationRow> {
    let rows = heaviest(ranked, &ranked.tables.trouble, limit, found, |trouble| {
        when(trouble.one_way > 0, trouble.one_way)
    });
    rows.into_iter()
        .map(|(key, trouble)| conversation_row(ranked, key, trouble.one_way, &trouble.one_way_counters))
        .collect()
}

pub(super) fn low_payload(ranked: &Ranked<'_>, limit: usize, found: &mut u64) -> Vec<ConversationRow> {
    let rows = heaviest(ranked, &ranked.tables.allowed, limit, found, |allowed| {
        let (packets, bytes) = (allowed.counters.packets(), allowed.counters.bytes());
        let empty = bytes < packets.saturating_mul(LOW_BYTES_PER_PACKET);
        when(packets >= LOW_PAYLOAD_MIN_PACKETS && empty, packets)
    });
    allowed_rows(ranked, rows)
}

pub(super) fn high_volume(ranked: &Ranked<'_>, limit: usize, found: &mut u64) -> Vec<ConversationRow> {
    let with_bytes = ranked.tables.allowed.values().filter(|allowed| allowed.counters.bytes() > 0).count();
    let top_percent = with_bytes.div_ceil(100);
    let rows = heaviest(ranked, &ranked.tables.allowed, limit.min(top_percent), found, |allowed| {
        let bytes = allowed.counters.bytes();
        when(bytes > 0, bytes)
    });
    *found = top_percent as u64;
    allowed_rows(ranked, rows)
}

fn conversation_row(
    ranked: &Ranked<'_>,
    key: &ConversationKey,
    connections: u64,
    counters: &Counters,
) -> ConversationRow {
    ConversationRow {
        ends: ends(ranked, key),
        connections,
        packets_sent: counters.packets_sent,
        bytes_sent: counters.bytes_sent,
        packets_received: counters.packets_received,
        bytes_received: counters.bytes_received,
    }
}

fn allowed_rows(ranked: &Ranked<'_>, rows: Vec<(&ConversationKey, &Allowed)>) -> Vec<ConversationRow> {
    rows.into_iter()
        .map(|(key, allowed)| conversation_row(ranked, key, allowed.connections, &allowed.counters))
        .collect()
}

pub(super) fn unusual_ports(ranked: &Ranked<'_>, limit: usize, found: &mut u64) -> Vec<PortRow> {
    let rows = ranked.ports.iter().filter(|&(&(protocol, port), tally)| {
        tally.tuples > tally.denied && service(protocol, port).is_none()
    });
    let rows: Vec<((Protocol, u16), Tally)> = rows
        .map(|(&port, tally)| (port, Tally { tuples: tally.tuples - tally.denied, denied: 0, ..*tally }))
        .collect();
    *found = rows.len() as u64;
    port_rows(rows, limit)
}

pub(super) fn denied_sources(ranked: &Ranked<'_>, limit: usize, found: &mut u64) -> Vec<DeniedSourceRow> {
    let mut tuples: HashMap<HostId, u64, RandomState> = HashMap::default();
    let tables = ranked.tables;
    let by_rule = tables.denied.iter().map(|(key, denied)| (key, tables.denied_by_rule(key, denied)));
    let by_rule = by_rule.filter(|(_, by_rule)| *by_rule > 0);
    for (key, by_rule) in by_rule.clone() {
        *tuples.entry(key.source).or_default() += by_rule;
    }
    let mut sources: Vec<_> = tuples.into_iter().filter(|&(_, tuples)| tuples > MANY_DENIALS).collect();
    *found = sources.len() as u64;
    first(&mut sources, limit, |a, b| b.1.cmp(&a.1).then_with(|| ranked.place(a.0).cmp(&ranked.place(b.0))));
    let mut spread: HashMap<HostId, Spread, RandomState> =
        sources.iter().map(|&(source, _)| (source, Spread::default())).collect();
    for (key, _) in by_rule {
        if let Some(spread) = spread.get_mut(&key.source) {
            spread.destinations.push(key.destination);
            if key.protocol.has_ports() {
                spread.ports.push((key.protocol, key.port));
            }
        }
    }
    sources
        .into_iter()
        .filter_map(|(source, tuples)| {
            let address = ranked.address(source)?;
            let Spread { destinations, ports } = spread.remove(&source)?;
            Some(DeniedSourceRow {
                source: address.to_string(),
                class: AddressClass::of(address).label(),
                provider: enrich::provider(address),
                tuples,
                destinations: distinct(destinations),
                ports: distinct(ports),
            })
        })
        .collect()
}

#[derive(Default)]
struct Spread {
    destinations: Vec<HostId>,
    ports: Vec<(Protocol, u16)>,
}

fn distinct<T: Ord>(mut values: Vec<T>) -> u64 {
    values.sort_unstable();
    values.dedup();
    values.len() as u64
}

pub(super) fn port_scans(ranked: &Ranked<'_>, limit: usize, found: &mut u64) -> Vec<PortScanRow> {
    let tables = ranked.tables;
    let keys = tables.allowed.keys().chain(tables.denied.keys()).filter(|key| key.protocol.has_ports());
    // Sorted, the ports of a pair stand side by side, and those both allowed and denied twice.
    let mut keys: Vec<ConversationKey> = keys.copied().collect();
    keys.sort_unstable();
    keys.dedup();
    let pairs = keys.chunk_by(|a, b| (a.source, a.destination) == (b.source, b.destination));
    let mut scans: Vec<&[ConversationKey]> = pairs.filter(|pair| pair.len() as u64 > SCAN_PORTS).collect();
    *found = scans.len() as u64;
    first(&mut scans, limit, |a, b| {
        let order =
            |pair: &[ConversationKey]| (Reverse(pair.len()), pair.first().map(|key| ranked.order(key)));
        order(a).cmp(&order(b))
    });
    scans
        .into_iter()
        .filter_map(|pair| {
            let key = pair.first()?;
            let denied =
                pair.iter().filter_map(|key| tables.denied.get(key)).map(|denied| denied.tuples).sum();
            let passed: u64 = pair.iter().map(|key| allowed(ranked, key).tuples).sum();
            Some(PortScanRow {
                source: ranked.name(key.source),
                destination: ranked.name(key.destination),
                ports: pair.len() as u64,
                tuples: passed + denied,
                denied,
            })
        })
        .collect()
}
