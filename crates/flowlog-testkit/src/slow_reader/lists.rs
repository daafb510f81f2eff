//! The lists of the truth, each straight from its definition.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::rows::Row;
use crate::truth::{ConversationTruth, HostTruth, PairTruth, PortTruth, RuleTruth};

type Conversation = (IpAddr, IpAddr, u16, u8);

/// A length as the truth's counts are.
pub(super) trait Count {
    fn count(&self) -> u64;
}

impl<T> Count for Vec<T> {
    fn count(&self) -> u64 {
        self.len() as u64
    }
}

pub(super) fn by_key<K: Ord>(rows: &[Row], key: impl Fn(&Row) -> K) -> BTreeMap<K, u64> {
    let mut counts = BTreeMap::new();
    for row in rows {
        *counts.entry(key(row)).or_default() += 1;
    }
    counts
}

pub(super) fn rules(rows: &[Row]) -> Vec<RuleTruth> {
    let mut found: BTreeMap<_, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        found.entry((&row.acl, &row.rule)).or_default().push(row);
    }
    let count = |rows: &[&Row], of: &dyn Fn(&Row) -> bool| rows.iter().filter(|row| of(row)).count() as u64;
    let mut rules: Vec<_> = found
        .into_iter()
        .map(|((acl, rule), rows)| RuleTruth {
            acl: acl.clone(),
            rule: rule.clone(),
            tuples: rows.len() as u64,
            begun: count(&rows, &|row| "BA".contains(row.state)),
            denied: count(&rows, &|row| row.state == 'D'),
            dropped: count(&rows, &Row::is_dropped),
            bytes: rows.iter().map(|row| row.bytes()).sum(),
            sources: rows.iter().map(|row| row.source).collect::<BTreeSet<_>>().len() as u64,
            destinations: rows.iter().map(|row| row.destination).collect::<BTreeSet<_>>().len() as u64,
            first_time_ms: rows.iter().map(|row| row.time_ms).min().unwrap_or_default(),
            last_time_ms: rows.iter().map(|row| row.time_ms).max().unwrap_or_default(),
        })
        .collect();
    rules.sort_by_key(|row| Reverse(row.tuples));
    rules
}

pub(super) fn hosts(rows: &[Row], end: impl Fn(&Row) -> IpAddr) -> Vec<HostTruth> {
    let mut found = BTreeMap::new();
    for row in rows {
        let (tuples, bytes) = found.entry(end(row)).or_insert((0, 0));
        *tuples += 1;
        *bytes += row.bytes();
    }
    let mut hosts: Vec<_> =
        found.into_iter().map(|(ip, (tuples, bytes))| HostTruth { ip, tuples, bytes }).collect();
    hosts.sort_by_key(|row| Reverse(row.tuples));
    hosts
}

/// Rows per conversation, most first.
pub(super) fn conversations(all: impl Iterator<Item = Conversation>) -> Vec<ConversationTruth> {
    let mut found = BTreeMap::new();
    for conversation in all {
        *found.entry(conversation).or_insert(0) += 1;
    }
    let mut list: Vec<_> = found
        .into_iter()
        .map(|((source, destination, port, protocol), count)| ConversationTruth {
            source,
            destination,
            port,
            protocol,
            count,
        })
        .collect();
    list.sort_by_key(|row| Reverse(row.count));
    list
}

pub(super) fn ports_and_pairs(rows: &[Row]) -> (Vec<PortTruth>, Vec<PairTruth>) {
    let with_ports: Vec<_> = rows.iter().filter(|row| row.has_ports()).cloned().collect();
    let mut ports: Vec<_> = by_key(&with_ports, |row| (row.destination_port, row.protocol))
        .into_iter()
        .map(|((port, protocol), tuples)| PortTruth { port, protocol, tuples })
        .collect();
    ports.sort_by_key(|row| Reverse(row.tuples));

    let mut found = BTreeMap::new();
    for row in &with_ports {
        let (ports, tuples, denied) =
            found.entry((row.source, row.destination)).or_insert((BTreeSet::new(), 0, 0));
        ports.insert((row.protocol, row.destination_port));
        *tuples += 1;
        *denied += u64::from(row.state == 'D');
    }
    let mut pairs: Vec<_> = found
        .into_iter()
        .filter(|(_, (ports, _, _))| ports.len() >= 2)
        .map(|((source, destination), (ports, tuples, denied))| PairTruth {
            source,
            destination,
            ports: ports.len() as u64,
            tuples,
            denied,
        })
        .collect();
    pairs.sort_by_key(|row| Reverse(row.ports));
    (ports, pairs)
}

/// All rows of one NIC and 5-tuple, denials left out.
fn flows(rows: &[Row]) -> Vec<Vec<&Row>> {
    let mut flows: BTreeMap<_, Vec<&Row>> = BTreeMap::new();
    for row in rows.iter().filter(|row| "BCE".contains(row.state)) {
        let key =
            (&row.mac, row.source, row.destination, row.source_port, row.destination_port, row.protocol);
        flows.entry(key).or_default().push(row);
    }
    flows.into_values().collect()
}

/// The last begin has no continuation and no end at the same time or later.
pub(super) fn incomplete(rows: &[Row]) -> Vec<ConversationTruth> {
    let is_incomplete = |flow: &Vec<&Row>| {
        let last_begin = flow.iter().filter(|row| row.state == 'B').map(|row| row.time_ms).max();
        last_begin.is_some_and(|begin| !flow.iter().any(|row| row.state != 'B' && row.time_ms >= begin))
    };
    conversations(flows(rows).into_iter().filter(is_incomplete).map(|flow| flow[0].conversation()))
}

/// Lives with sent and without received packets.
pub(super) fn one_way(rows: &[Row]) -> Vec<ConversationTruth> {
    let mut found = Vec::new();
    for mut flow in flows(rows) {
        flow.sort_by_key(|row| (row.time_ms, row.state)); // B, C, E is the order of the alphabet
        // A life starts at a begin, and after an end.
        let mut lives: Vec<Vec<&Row>> = Vec::new();
        for row in &flow {
            let ended = lives.last().is_none_or(|life| life.iter().any(|row| row.state == 'E'));
            if ended || row.state == 'B' {
                lives.push(Vec::new());
            }
            if let Some(life) = lives.last_mut() {
                life.push(row);
            }
        }
        for life in lives {
            let sum = |counter: usize| life.iter().map(|row| row.counters[counter]).sum::<u64>();
            if sum(0) > 0 && sum(2) == 0 {
                found.push(flow[0].conversation());
            }
        }
    }
    conversations(found.into_iter())
}
