//! The report of hand-made pairs of hosts, against sums in plain trees.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use super::*;
use crate::flow::{Counters, Protocol};
use crate::policy;
use crate::state::testing::gatherer;
use crate::state::{
    ADMIN_PORTS, Allowed, ConversationKey, Denied, HostId, LetIn, LetInKey, Summary, Trouble,
};
use crate::state::{Conversation, Gather, HostPair};

const ACL: &str = "/subscriptions/s/resourceGroups/r/providers/Microsoft.Network/networkSecurityGroups/web";
const RULES: [&str; 3] = ["allow-all", "ssh", "deny"];

/// Numbers that look like chance, the same ones for a seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed ^ mixed >> 27) % end
    }

    fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    fn place(&mut self, end: usize) -> usize {
        usize::try_from(self.below(end as u64)).unwrap()
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.place(choices.len())]
    }

    fn time(&mut self) -> i64 {
        self.below(900).try_into().unwrap()
    }
}

/// What is known beside the pairs: rules, one NIC of 10.0.0.1, and addresses of all kinds.
fn tables(hosts: u32) -> (Summary, Vec<HostId>) {
    let group = |rule: &&str| {
        let tuple = "1768464000000,10.0.0.2,10.0.0.1,40000,22,6,I,B,NX,0,0,0,0";
        format!(r#"{{"rule":"{rule}","flowTuples":["{tuple}"]}}"#)
    };
    let groups: Vec<String> = RULES.iter().map(group).collect();
    let text = format!(
        r#"{{"records":[{{"time":"2026-01-15T08:05:00Z","macAddress":"000D3A000001","category":"FlowLogFlowEvent","targetResourceID":"/s/virtualNetworks/hub","flowLogVersion":4,"flowRecords":{{"flows":[{{"aclID":"{ACL}","flowGroups":[{}]}}]}}}}]}}"#,
        groups.join(",")
    );
    let mut tables = gatherer(&text).summary;
    let address = |n: u32| match n % 8 {
        0 => IpAddr::V6(Ipv6Addr::from_bits(0x2400_0000 << 96 | u128::from(n))),
        1..4 => IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + n)),
        4 => IpAddr::V4(Ipv4Addr::from_bits(0x142a_0000 + n)),
        _ => IpAddr::V4(Ipv4Addr::from_bits(0x5db8_0000 + n.wrapping_mul(0x9e37_79b9) % 0x0100_0000)),
    };
    let ids = (1..hosts).map(|n| tables.hosts.id(address(n))).collect();
    (tables, ids)
}

fn conversation(key: ConversationKey, chance: &mut Chance) -> Conversation {
    let mut new = Conversation::new(key);
    if chance.once_in(3) {
        let counters = Counters {
            packets_sent: chance.below(40),
            bytes_sent: chance.below(9000),
            packets_received: chance.below(40),
            bytes_received: chance.below(9000),
        };
        let (tuples, begins, connections) = (chance.below(30), chance.below(30), chance.below(4));
        new.allowed = Some(Allowed { tuples, begins, ended: begins / 2, connections, counters });
        let (incomplete, one_way) = (chance.below(3), chance.below(3));
        let trouble = Trouble { incomplete, one_way, one_way_counters: counters, ..Trouble::default() };
        new.trouble = chance.once_in(2).then_some(trouble);
    }
    if chance.once_in(2) {
        let tuples = chance.of(&[0, 1, 1, 1, 1, 2, 9, 255, 256, 3000]);
        let (first_ms, inbound) = (chance.time(), chance.once_in(2));
        let (last_ms, outbound) = (first_ms + 7, !inbound || chance.once_in(2));
        new.denied = Some(Denied { tuples, attempts: tuples / 2, first_ms, last_ms, inbound, outbound });
        new.dropped = if chance.once_in(5) { chance.below(tuples + 1) } else { 0 };
    }
    new
}

/// Pairs of `hosts`, as different as they can be.
fn some_pairs(seed: u64, hosts: &[HostId], count: usize) -> Vec<HostPair> {
    let chance = &mut Chance(seed);
    let mut pairs: BTreeMap<(HostId, HostId), BTreeSet<ConversationKey>> = BTreeMap::new();
    for _ in 0..count {
        // Few hosts speak with many, and many with few.
        let most = if chance.once_in(2) { &hosts[..9] } else { hosts };
        let (source, destination) = (chance.of(hosts), chance.of(most));
        let keys = pairs.entry((source.min(destination), source.max(destination))).or_default();
        for _ in 0..chance.of(&[1, 1, 1, 1, 2, 12]) {
            let (port, protocol) =
                (chance.of(&[22, 23, 24, 443, 444, 3389, 3390, 50_000, 50_001]), chance.of(&[6, 6, 17]));
            let (port, protocol) = if chance.once_in(9) { (0, 1) } else { (port, protocol) };
            let (source, destination) =
                if chance.once_in(4) { (destination, source) } else { (source, destination) };
            keys.insert(ConversationKey { source, destination, port, protocol: Protocol(protocol) });
        }
    }
    pairs.into_values().map(|keys| pair(&keys, chance)).collect()
}

fn pair(keys: &BTreeSet<ConversationKey>, chance: &mut Chance) -> HostPair {
    let mut pair = HostPair::default();
    for &key in keys {
        pair.conversations.push(conversation(key, chance));
        let rules = 0..chance.place(RULES.len() + 1);
        pair.rules.extend(rules.clone().map(|rule| (key, rule)));
        let ConversationKey { source, destination, port, .. } = key;
        for rule in rules.filter(|_| ADMIN_PORTS.contains(&port)) {
            let (begun, bytes_received) = (chance.below(3), chance.below(900));
            let times = (chance.time(), 1000);
            let let_in = LetIn { begun, bytes_received, answered: chance.once_in(2), times };
            pair.let_in.push((LetInKey { rule, source, destination, port }, let_in));
        }
    }
    pair.let_in.sort_by_key(|(key, _)| *key);
    pair.let_in.dedup_by_key(|(key, _)| *key);
    pair
}

fn options(top: usize, problem_limit: usize) -> ReportOptions {
    let nsg = r#"{"id":"ACL","name":"web","securityRules":[{"name":"allow-all","properties":{"priority":100,"direction":"Inbound","access":"Allow","protocol":"*","sourceAddressPrefix":"*","sourcePortRange":"*","destinationAddressPrefix":"*","destinationPortRange":"*"}}]}"#;
    ReportOptions {
        top,
        problem_limit,
        specific: vec!["10.0.0.0/28".parse().unwrap(), "::/0".parse().unwrap()],
        nsgs: Some(policy::parse(nsg.replace("ACL", ACL).as_bytes()).unwrap()),
        ..ReportOptions::default()
    }
}

fn report(tables: &Summary, options: &ReportOptions, parts: &[Vec<HostPair>]) -> Report {
    let mut all = Collector::new(tables, options);
    for part in parts {
        let mut one = Collector::new(tables, options);
        part.iter().cloned().for_each(|mut pair| one.take(&mut pair));
        all.merge(one);
    }
    all.finish(FileRows::default(), None).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn a_report_depends_neither_on_the_order_of_pairs_nor_on_who_takes_them(
        seed: u64,
        count in 0_usize..3000,
        limit in prop::sample::select(vec![1_usize, 7, 10_000]),
        parts in 1_usize..5,
    ) {
        let (tables, hosts) = tables(1200);
        let options = options(5, limit);
        let mut pairs = some_pairs(seed, &hosts, count);
        let whole = report(&tables, &options, &[pairs.clone()]);
        let chance = &mut Chance(!seed);
        pairs.sort_by_cached_key(|_| chance.below(u64::MAX));
        let mut shared = vec![Vec::new(); parts];
        for pair in pairs {
            shared[chance.place(parts)].push(pair);
        }
        let again = report(&tables, &options, &shared);
        let json = |report: &Report| serde_json::to_string(report).unwrap();
        prop_assert_eq!(json(&whole), json(&again));
    }

    #[test]
    fn sums_are_those_of_plain_trees(seed: u64, count in 1_usize..3000) {
        let (tables, hosts) = tables(1200);
        let options = options(usize::MAX, usize::MAX);
        let pairs = some_pairs(seed, &hosts, count);
        let expected = Twin::of(&pairs);
        let found = report(&tables, &options, &[pairs]);
        let name = |host: &HostId| tables.hosts.address(*host).unwrap().to_string();
        let tallies = |rows: &[HostRow]| -> BTreeMap<String, [u64; 4]> {
            rows.iter().map(|row| (row.name.ip.clone(), [row.tuples, row.denied, row.bytes, row.packets])).collect()
        };
        let expected_tallies = |sums: &BTreeMap<HostId, [u64; 4]>| -> BTreeMap<String, [u64; 4]> {
            sums.iter().filter(|(_, sums)| sums[0] > 0).map(|(host, sums)| (name(host), *sums)).collect()
        };
        prop_assert_eq!(tallies(&found.top_sources), expected_tallies(&expected.sources));
        prop_assert_eq!(tallies(&found.top_destinations), expected_tallies(&expected.destinations));
        prop_assert_eq!(found.totals.unique_sources, found.top_sources.len() as u64);
        prop_assert_eq!(found.totals.conversations, expected.conversations);
        let denied = found.denied_sources.iter();
        let denied: BTreeMap<String, (u64, u64, u64)> =
            denied.map(|row| (row.source.clone(), (row.tuples, row.destinations, row.ports))).collect();
        let many = expected.refused.iter().filter(|(_, (tuples, _, _))| *tuples > MANY_DENIALS);
        let many = many.map(|(host, (tuples, destinations, ports))| {
            (name(host), (*tuples, destinations.len() as u64, ports.len() as u64))
        });
        prop_assert_eq!(denied, many.collect());
        for (rule, met) in RULES.iter().zip(&expected.met) {
            let row = found.rules.iter().find(|row| row.rule == *rule).unwrap();
            let sizes = [met.0.len() as u64, met.1.len() as u64, met.2.len() as u64];
            prop_assert_eq!([row.sources, row.destinations, row.ports], sizes);
        }
    }
}

type Services = BTreeSet<(Protocol, u16)>;

/// The same sums, each in a tree.
#[derive(Default)]
struct Twin {
    conversations: u64,
    sources: BTreeMap<HostId, [u64; 4]>,
    destinations: BTreeMap<HostId, [u64; 4]>,
    /// Tuples denied by rules, and to whom and what.
    refused: BTreeMap<HostId, (u64, BTreeSet<HostId>, Services)>,
    met: [(BTreeSet<HostId>, BTreeSet<HostId>, Services); RULES.len()],
}

impl Twin {
    fn of(pairs: &[HostPair]) -> Self {
        let mut twin = Self::default();
        for pair in pairs {
            pair.conversations.iter().filter(|one| one.has_tuples()).for_each(|one| twin.add(one));
            for (key, rule) in &pair.rules {
                let (sources, destinations, ports) = &mut twin.met[*rule];
                sources.insert(key.source);
                destinations.insert(key.destination);
                if key.protocol.has_ports() {
                    ports.insert((key.protocol, key.port));
                }
            }
        }
        twin
    }

    fn add(&mut self, conversation: &Conversation) {
        let key = conversation.key;
        let allowed = conversation.allowed.unwrap_or_default();
        let denied = conversation.denied.map_or(0, |denied| denied.tuples);
        let sums = [allowed.tuples + denied, denied, allowed.counters.bytes(), allowed.counters.packets()];
        self.conversations += 1;
        for all in [self.sources.entry(key.source), self.destinations.entry(key.destination)] {
            all.or_default().iter_mut().zip(sums).for_each(|(all, one)| *all += one);
        }
        if conversation.denied_by_rule() > 0 {
            let (tuples, destinations, ports) = self.refused.entry(key.source).or_default();
            *tuples += conversation.denied_by_rule();
            destinations.insert(key.destination);
            if key.protocol.has_ports() {
                ports.insert((key.protocol, key.port));
            }
        }
    }
}

#[test]
fn rules_met_by_few_say_by_whom() {
    let (tables, hosts) = tables(200);
    let key = |source: usize| ConversationKey {
        source: hosts[source],
        destination: hosts[0],
        port: 443,
        protocol: Protocol::TCP,
    };
    let pair = |source: usize| HostPair { rules: vec![(key(source), 0)], ..HostPair::default() };
    let broad = |sources: usize| {
        let report = report(&tables, &options(5, 5), &[(1..=sources).map(pair).collect()]);
        report.rules_file.unwrap().broad.into_iter().map(|row| (row.field, row.seen)).collect::<Vec<_>>()
    };
    let mut addresses: Vec<IpAddr> =
        hosts[1..=FEW].iter().map(|host| tables.hosts.address(*host).unwrap()).collect();
    addresses.sort_unstable();
    let seen = addresses.iter().map(IpAddr::to_string).collect();
    let others = [("ports", vec!["443/tcp".to_owned()]), ("protocol", vec!["tcp".to_owned()])];
    let mut expected = others.to_vec();
    assert_eq!(broad(FEW + 1), expected);
    expected.push(("source", seen));
    assert_eq!(broad(FEW), expected);
}
