//! The problem lists: what an engineer looks for first.

use std::net::IpAddr;

use super::best::Best;
use super::{
    ConversationRow, DeniedBy, DeniedRow, Ends, IncompleteRow, LOW_BYTES_PER_PACKET, LOW_PAYLOAD_MIN_PACKETS,
    PortScanRow, ProblemCounts, RETRY_BEGINS, RetryRow, SCAN_PORTS,
};
use crate::flow::{Counters, Protocol};
use crate::state::Conversation;
use crate::state::{Allowed, ConversationKey, Denied, HostId, Hosts, LoneDenial, Rules, Summary, Trouble};

/// What conversations of equal weight are ordered by: addresses of both ends, port and protocol.
type Order = (Option<IpAddr>, Option<IpAddr>, u16, Protocol);
type ByEnds<V> = Best<Order, V>;

/// The conversations that lists of problems show, and how many they would be without a limit. Memory: at most
/// a quarter more than the limit for each list, some 100 bytes each.
pub(super) struct Problems<'a> {
    hosts: &'a Hosts,
    rules: &'a Rules,
    limit: usize,
    /// With the tuples that no rule denied, and the rule that did deny.
    denied: ByEnds<(Denied, u64, Option<Denying>)>,
    /// With the begun tuples.
    incomplete: ByEnds<(Trouble, u64)>,
    /// Begun tuples and ended connections.
    retries: ByEnds<(u64, u64)>,
    one_way: ByEnds<(u64, Counters)>,
    low_payload: ByEnds<(u64, Counters)>,
    by_bytes: ByEnds<(u64, Counters)>,
    /// Ports, tuples, and of these those denied.
    port_scans: ByEnds<(u64, u64, u64)>,
}

/// A rule that denied a conversation (its place among all), and how many others did.
type Denying = (usize, u64);

/// What is kept of conversations that show their counters.
fn sums(allowed: &Allowed) -> (u64, Counters) {
    (allowed.connections, allowed.counters)
}

impl<'a> Problems<'a> {
    pub(super) fn new(tables: &'a Summary, limit: usize) -> Self {
        Self {
            hosts: &tables.hosts,
            rules: &tables.rules,
            limit,
            denied: Best::new(limit),
            incomplete: Best::new(limit),
            retries: Best::new(limit),
            one_way: Best::new(limit),
            low_payload: Best::new(limit),
            by_bytes: Best::new(limit),
            port_scans: Best::new(limit),
        }
    }

    /// Takes the conversations of one host with another, all of one initiator. `decided` are the rules that decided on
    /// them, in the order of conversations.
    pub(super) fn take(&mut self, conversations: &[Conversation], decided: &[(ConversationKey, usize)]) {
        for conversation in conversations {
            let key = &conversation.key;
            if let Some(denied) = &conversation.denied {
                let unruled = || denied.tuples - conversation.denied_by_rule();
                let rule = || denying(self.rules, key, decided);
                self.denied.offer(denied.tuples, || order(self.hosts, key), || (*denied, unruled(), rule()));
            }
            if let Some(allowed) = &conversation.allowed {
                self.allowed(key, allowed);
            }
            if let Some(trouble) = &conversation.trouble {
                self.trouble(key, trouble, conversation.allowed.as_ref());
            }
        }
        self.port_scan(conversations);
    }

    /// Takes a pair of hosts of which all there is is one denied attempt.
    pub(super) fn lone(&mut self, LoneDenial { key, denied, rule }: &LoneDenial) {
        let by = || denying(self.rules, key, &[(*key, *rule)]);
        self.denied.offer(denied.tuples, || order(self.hosts, key), || (*denied, 0, by()));
    }

    fn allowed(&mut self, key: &ConversationKey, allowed: &Allowed) {
        let order = || order(self.hosts, key);
        let (packets, bytes) = (allowed.counters.packets(), allowed.counters.bytes());
        if allowed.begins > RETRY_BEGINS {
            self.retries.offer(allowed.begins, order, || (allowed.begins, allowed.ended));
        }
        if packets >= LOW_PAYLOAD_MIN_PACKETS && bytes < packets.saturating_mul(LOW_BYTES_PER_PACKET) {
            self.low_payload.offer(packets, order, || sums(allowed));
        }
        if bytes > 0 {
            self.by_bytes.offer(bytes, order, || sums(allowed));
        }
    }

    fn trouble(&mut self, key: &ConversationKey, trouble: &Trouble, allowed: Option<&Allowed>) {
        let order = || order(self.hosts, key);
        if trouble.incomplete > 0 {
            let begins = allowed.map_or(0, |allowed| allowed.begins);
            self.incomplete.offer(trouble.incomplete, order, || (*trouble, begins));
        }
        if trouble.one_way > 0 {
            self.one_way.offer(trouble.one_way, order, || (trouble.one_way, trouble.one_way_counters));
        }
    }

    fn port_scan(&mut self, conversations: &[Conversation]) {
        // Most hosts ask another for less.
        if conversations.len() as u64 <= SCAN_PORTS {
            return;
        }
        let ports = || conversations.iter().filter(|one| one.has_tuples() && one.key.protocol.has_ports());
        let (count, Some(first)) = (ports().count() as u64, ports().next()) else { return };
        if count > SCAN_PORTS {
            let denied: u64 = ports().filter_map(|one| one.denied).map(|denied| denied.tuples).sum();
            let passed: u64 = ports().filter_map(|one| one.allowed).map(|allowed| allowed.tuples).sum();
            let order = || order(self.hosts, &first.key);
            self.port_scans.offer(count, order, || (count, passed + denied, denied));
        }
    }

    /// Adds everything of `other`.
    pub(super) fn merge(&mut self, other: Self) {
        self.denied.merge(other.denied);
        self.incomplete.merge(other.incomplete);
        self.retries.merge(other.retries);
        self.one_way.merge(other.one_way);
        self.low_payload.merge(other.low_payload);
        self.by_bytes.merge(other.by_bytes);
        self.port_scans.merge(other.port_scans);
    }

    /// The lists, and how many rows they would have without a limit. `top` is the length of rankings.
    pub(super) fn finish(self, top: usize) -> Lists {
        let top_percent = self.by_bytes.found().div_ceil(100);
        let high_volume = self.limit.min(usize::try_from(top_percent).unwrap_or(usize::MAX));
        let by_bytes = self.by_bytes.limited(high_volume.max(top)).finish(conversation_row);
        Lists {
            found: ProblemCounts {
                denied: self.denied.found(),
                incomplete: self.incomplete.found(),
                retries: self.retries.found(),
                one_way: self.one_way.found(),
                low_payload: self.low_payload.found(),
                high_volume: top_percent,
                port_scans: self.port_scans.found(),
                ..ProblemCounts::default()
            },
            denied: self.denied.finish(|order, denied| denied_row(self.rules, order, denied)),
            incomplete: self.incomplete.finish(incomplete_row),
            retries: self.retries.finish(|order, (begins, ended)| RetryRow {
                ends: ends(order),
                begins,
                ended,
            }),
            one_way: self.one_way.finish(conversation_row),
            low_payload: self.low_payload.finish(conversation_row),
            heaviest: by_bytes.iter().take(top).cloned().collect(),
            high_volume: by_bytes.into_iter().take(high_volume).collect(),
            port_scans: self.port_scans.finish(port_scan_row),
        }
    }
}

/// The finished lists of conversations and pairs.
pub(super) struct Lists {
    /// Without those of ports and hosts.
    pub(super) found: ProblemCounts,
    pub(super) denied: Vec<DeniedRow>,
    pub(super) incomplete: Vec<IncompleteRow>,
    pub(super) retries: Vec<RetryRow>,
    pub(super) one_way: Vec<ConversationRow>,
    pub(super) low_payload: Vec<ConversationRow>,
    pub(super) heaviest: Vec<ConversationRow>,
    pub(super) high_volume: Vec<ConversationRow>,
    pub(super) port_scans: Vec<PortScanRow>,
}

fn order(hosts: &Hosts, key: &ConversationKey) -> Order {
    let address = |host: HostId| hosts.address(host);
    (address(key.source), address(key.destination), key.port, key.protocol)
}

fn name(address: Option<IpAddr>) -> String {
    address.map(|address| address.to_string()).unwrap_or_default()
}

fn ends((source, destination, port, protocol): Order) -> Ends {
    Ends::of(name(source), name(destination), (protocol, port))
}

/// The rule that denied a conversation. A rule either denies or allows: of those that decided on it, it is one that denies.
fn denying(rules: &Rules, key: &ConversationKey, decided: &[(ConversationKey, usize)]) -> Option<Denying> {
    let from = decided.partition_point(|(known, _)| known < key);
    let of_key = decided.get(from..).unwrap_or_default().iter().take_while(|(known, _)| known == key);
    let denied =
        |place: usize| rules.rows().get(place).map_or(0, |(_, counts)| counts.denied - counts.dropped);
    let denying = of_key.map(|(_, place)| *place).filter(|place| denied(*place) > 0);
    let mut denying: Vec<usize> = denying.collect();
    denying.sort_unstable();
    denying.dedup();
    // Places depend on who read first, names do not.
    let name = |place: &usize| rules.rows().get(*place).map(|(name, _)| name);
    let most = |place: &usize| (denied(*place), std::cmp::Reverse(name(place)));
    let first = denying.iter().copied().max_by_key(most)?;
    Some((first, denying.len() as u64 - 1))
}

fn denied_row(
    rules: &Rules,
    order: Order,
    (denied, unruled, rule): (Denied, u64, Option<Denying>),
) -> DeniedRow {
    let by = |(place, others): Denying| {
        let ((acl, rule), _) = rules.rows().get(place)?;
        Some(DeniedBy { acl: acl.clone(), rule: rule.clone(), others })
    };
    DeniedRow {
        ends: ends(order),
        direction: match (denied.inbound, denied.outbound) {
            (true, true) => "IO",
            (true, false) => "I",
            _ => "O",
        },
        tuples: denied.tuples,
        dropped_for_encryption: unruled,
        attempts: denied.attempts,
        first_time_ms: denied.first_ms,
        last_time_ms: denied.last_ms,
        rule: rule.filter(|_| denied.tuples > unruled).and_then(by),
    }
}

fn incomplete_row(order: Order, (trouble, begins): (Trouble, u64)) -> IncompleteRow {
    let (connections, last_time_ms) = (trouble.incomplete, trouble.incomplete_last_ms);
    IncompleteRow { ends: ends(order), connections, begins, last_time_ms }
}

fn conversation_row(order: Order, (connections, counters): (u64, Counters)) -> ConversationRow {
    ConversationRow {
        ends: ends(order),
        connections,
        packets_sent: counters.packets_sent,
        bytes_sent: counters.bytes_sent,
        packets_received: counters.packets_received,
        bytes_received: counters.bytes_received,
    }
}

fn port_scan_row(order: Order, (ports, tuples, denied): (u64, u64, u64)) -> PortScanRow {
    PortScanRow { source: name(order.0), destination: name(order.1), ports, tuples, denied }
}
