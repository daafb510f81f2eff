//! Counts tuples as they are written.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::FixedState;

use super::inventory::Inventory;
use super::lives::Lives;
use super::network::{Classes, EncryptionPairs, RuleTally, is_dropped};
use super::resolved::Resolver;
use super::{
    ClassTruth, ConversationTruth, FileTruth, HostTruth, PairTruth, PortTruth, RuleTruth, Totals, Truth,
};
use crate::scenario::Format;
use crate::scenario::event::{Counters, Encryption, Event, HostId, RuleId, State};
use crate::scenario::world::World;

/// (source, destination, destination port, protocol)
type Conversation = (HostId, HostId, u16, u8);

#[derive(Clone, Copy, Default)]
struct Tally {
    tuples: u64,
    denied: u64,
    bytes: u64,
}

impl Tally {
    fn add(&mut self, denied: bool, bytes: u64) {
        self.tuples += 1;
        self.denied += u64::from(denied);
        self.bytes += bytes;
    }
}

#[derive(Clone, Copy, Default)]
struct OfConversation {
    tuples: u32,
    denied: u32,
    begins: u32,
    incomplete: u32,
    one_way: u32,
    bytes_sent: u64,
    bytes_received: u64,
}

/// Counts what a scenario writes. The big tables are indexed by the numbers of the scenario's world.
pub(crate) struct Collector {
    totals: Totals,
    file: FileTruth,
    files: Vec<FileTruth>,
    sums: Counters,
    /// Begin, continue, end, deny, and allow of NSG version 1.
    states: [u64; 5],
    /// Inbound, outbound.
    directions: [u64; 2],
    protocols: [u64; 256],
    /// As in [`Encryption::ALL`]; the last for NSG flow logs.
    encryption: [u64; 9],
    sources: Vec<Tally>,
    destinations: Vec<Tally>,
    /// By rule, and whether an NSG flow log wrote it: that names the ACL in upper case.
    rules: HashMap<(RuleId, bool), RuleTally, FixedState>,
    encryption_pairs: EncryptionPairs,
    classes: Classes,
    conversations: HashMap<Conversation, usize, FixedState>,
    of_conversations: Vec<OfConversation>,
    lives: Vec<Lives>,
    resolver: Resolver,
    inventory: Inventory,
    logged: Vec<bool>,
}

impl Collector {
    pub(crate) fn new(world: &World) -> Self {
        let hosts = world.addresses.len();
        Self {
            totals: Totals::default(),
            file: FileTruth::default(),
            files: Vec::new(),
            sums: Counters::default(),
            states: [0; 5],
            directions: [0; 2],
            protocols: [0; 256],
            encryption: [0; 9],
            sources: vec![Tally::default(); hosts],
            destinations: vec![Tally::default(); hosts],
            rules: HashMap::default(),
            encryption_pairs: EncryptionPairs::default(),
            classes: Classes::new(hosts),
            conversations: HashMap::default(),
            of_conversations: Vec::new(),
            lives: world.nics.iter().map(|_| Lives::default()).collect(),
            resolver: Resolver::default(),
            inventory: Inventory::default(),
            logged: vec![false; world.nics.len()],
        }
    }

    /// Well-formed tuples so far.
    pub(crate) fn tuples(&self) -> u64 {
        self.totals.tuples
    }

    pub(crate) fn begin_file(&mut self, name: &str) {
        self.file = FileTruth { name: name.to_owned(), ..FileTruth::default() };
    }

    pub(crate) fn end_file(&mut self, bytes: u64, whole: bool) {
        self.file.bytes = bytes;
        self.file.cut = !whole;
        let file = std::mem::take(&mut self.file);
        self.totals.files += 1;
        self.totals.files_with_errors += u64::from(file.cut);
        self.totals.bytes += bytes;
        self.totals.records += file.records;
        self.totals.first_time_ms =
            [self.totals.first_time_ms, file.first_time_ms].into_iter().flatten().min();
        self.totals.last_time_ms = self.totals.last_time_ms.max(file.last_time_ms);
        self.files.push(file);
    }

    pub(crate) fn record(&mut self) {
        self.file.records += 1;
    }

    /// Counts one tuple of a NIC. A NIC's tuples must come in order of time and life cycle.
    pub(crate) fn tuple(&mut self, nic: usize, format: Format, event: &Event) {
        let nsg = format != Format::VNet;
        let denied = event.state == State::Deny;
        // What the format does not write is not there.
        let counters = match event.state {
            State::Continue | State::End => event.counters,
            State::Begin | State::Deny => Counters::default(),
        };
        let bytes = counters.bytes_sent + counters.bytes_received;
        self.logged[nic] = true;
        self.totals.tuples += 1;
        self.file.tuples += 1;
        self.file.first_time_ms =
            Some(self.file.first_time_ms.map_or(event.time_ms, |first| first.min(event.time_ms)));
        self.file.last_time_ms = self.file.last_time_ms.max(Some(event.time_ms));
        self.sums.packets_sent += counters.packets_sent;
        self.sums.bytes_sent += counters.bytes_sent;
        self.sums.packets_received += counters.packets_received;
        self.sums.bytes_received += counters.bytes_received;
        let life_cycle = format != Format::NsgV1;
        self.resolver.tuple(nic, life_cycle, event, &counters);
        self.inventory.tuple(event, &counters, !nsg);
        self.states[if life_cycle || denied { event.state as usize } else { 4 }] += 1;
        self.directions[usize::from(event.outbound)] += 1;
        self.protocols[usize::from(event.protocol)] += 1;
        self.encryption[if nsg { 8 } else { event.encryption as usize }] += 1;
        tally(&mut self.sources, event.source).add(denied, bytes);
        tally(&mut self.destinations, event.destination).add(denied, bytes);
        let dropped = is_dropped(event, nsg);
        self.totals.dropped_for_encryption += u64::from(dropped);
        self.totals.denied_by_rule += u64::from(denied && !dropped);
        self.rules.entry((event.rule, nsg)).or_default().add(event, dropped, bytes);
        if !nsg {
            self.encryption_pairs.add(event, bytes);
            self.classes.near(event);
        }

        let number = self.conversation(event);
        let conversation = &mut self.of_conversations[number];
        conversation.tuples += 1;
        conversation.denied += u32::from(denied);
        conversation.bytes_sent += counters.bytes_sent;
        conversation.bytes_received += counters.bytes_received;
        if life_cycle {
            conversation.begins += u32::from(event.state == State::Begin);
            if let Some(over) = self.lives[nic].follow(event, number).one_way {
                self.of_conversations[over].one_way += 1;
            }
        }
    }

    fn conversation(&mut self, event: &Event) -> usize {
        let key = (event.source, event.destination, event.destination_port, event.protocol);
        let next = self.of_conversations.len();
        let number = *self.conversations.entry(key).or_insert(next);
        if number == next {
            self.of_conversations.push(OfConversation::default());
        }
        number
    }

    /// Ends the open connections and puts the tables into their order.
    pub(crate) fn finish(mut self, world: &World) -> Truth {
        for lives in std::mem::take(&mut self.lives) {
            let (begun, unanswered) = lives.finish();
            for number in begun {
                self.of_conversations[number].incomplete += 1;
            }
            for number in unanswered {
                self.of_conversations[number].one_way += 1;
            }
        }
        let (ports, port_scans) = self.ports(world);
        let mut truth = Truth {
            behaviours: Vec::new(),
            resolved: None,
            states: named(['B', 'C', 'E', 'D', 'A'], &self.states),
            directions: named(['I', 'O'], &self.directions),
            protocols: named(0..=255_u8, &self.protocols),
            encryption: named(
                Encryption::ALL.map(Encryption::word).into_iter().chain([""]).map(str::to_owned),
                &self.encryption,
            ),
            lengths: BTreeMap::new(),
            rules: self.rules(world),
            sources: hosts(world, &self.sources),
            destinations: hosts(world, &self.destinations),
            ports,
            denied: self.by_conversation(world, |counts| counts.denied),
            begins: self.by_conversation(world, |counts| counts.begins),
            incomplete: self.by_conversation(world, |counts| counts.incomplete),
            one_way: self.by_conversation(world, |counts| counts.one_way),
            port_scans,
            encryption_pairs: self.encryption_pairs.finish(world),
            classes: self.classes(world),
            totals: self.totals,
            files: self.files,
        };
        truth.totals.packets_sent = self.sums.packets_sent;
        truth.totals.bytes_sent = self.sums.bytes_sent;
        truth.totals.packets_received = self.sums.packets_received;
        truth.totals.bytes_received = self.sums.bytes_received;
        truth.totals.unique_sources = truth.sources.len() as u64;
        truth.totals.unique_destinations = truth.destinations.len() as u64;
        truth.totals.unique_nics = self.logged.iter().filter(|logged| **logged).count() as u64;
        truth.totals.conversations = self.of_conversations.len() as u64;
        truth.lengths = lengths(&truth);
        let lists = (truth.sources.as_slice(), truth.destinations.as_slice(), truth.ports.as_slice());
        truth.behaviours = self.inventory.finish(world);
        truth.resolved = Some(self.resolver.finish(world, &self.sums, truth.totals.tuples, lists));
        truth
    }

    fn rules(&self, world: &World) -> Vec<RuleTruth> {
        let mut rules: Vec<_> = self
            .rules
            .iter()
            .map(|(&(rule, nsg), tally)| {
                let entry = &world.rules.rules[usize::from(rule)];
                let acl = &world.rules.acls[entry.acl];
                RuleTruth {
                    acl: if nsg { acl.to_uppercase() } else { acl.clone() },
                    rule: entry.name.to_owned(),
                    ..tally.truth()
                }
            })
            .collect();
        rules.sort_by(|a, b| b.tuples.cmp(&a.tuples).then_with(|| (&a.acl, &a.rule).cmp(&(&b.acl, &b.rule))));
        rules
    }

    fn classes(&self, world: &World) -> BTreeMap<String, ClassTruth> {
        let mut classes: BTreeMap<String, ClassTruth> = BTreeMap::new();
        for (&(source, destination, _, _), &number) in &self.conversations {
            let of = &self.of_conversations[number];
            let class = classes.entry(self.classes.class(world, source, destination).to_owned()).or_default();
            class.tuples += u64::from(of.tuples);
            class.denied += u64::from(of.denied);
            class.begins += u64::from(of.begins);
            class.conversations += 1;
            class.bytes_sent += of.bytes_sent;
            class.bytes_received += of.bytes_received;
        }
        classes
    }

    fn ports(&self, world: &World) -> (Vec<PortTruth>, Vec<PairTruth>) {
        let mut ports: HashMap<(u16, u8), u64, FixedState> = HashMap::default();
        let mut pairs: HashMap<(HostId, HostId), (u64, Tally), FixedState> = HashMap::default();
        for (&(source, destination, port, protocol), &number) in &self.conversations {
            // 33 DCCP, 132 SCTP, 136 UDPLite
            if !matches!(protocol, 6 | 17 | 33 | 132 | 136) {
                continue;
            }
            let counts = self.of_conversations[number];
            *ports.entry((port, protocol)).or_default() += u64::from(counts.tuples);
            let (distinct, tally) = pairs.entry((source, destination)).or_default();
            *distinct += 1;
            tally.tuples += u64::from(counts.tuples);
            tally.denied += u64::from(counts.denied);
        }
        let mut ports: Vec<_> = ports
            .into_iter()
            .map(|((port, protocol), tuples)| PortTruth { port, protocol, tuples })
            .collect();
        ports.sort_by_key(|row| (std::cmp::Reverse(row.tuples), row.port, row.protocol));
        let mut pairs: Vec<_> = pairs
            .into_iter()
            .filter(|(_, (distinct, _))| *distinct > 1)
            .map(|((source, destination), (ports, tally))| PairTruth {
                source: world.address(source),
                destination: world.address(destination),
                ports,
                tuples: tally.tuples,
                denied: tally.denied,
            })
            .collect();
        pairs.sort_by_key(|row| (std::cmp::Reverse(row.ports), row.source, row.destination));
        (ports, pairs)
    }

    fn by_conversation(
        &self,
        world: &World,
        count: impl Fn(&OfConversation) -> u32,
    ) -> Vec<ConversationTruth> {
        let mut rows: Vec<_> = self
            .conversations
            .iter()
            .map(|(key, &number)| (key, count(&self.of_conversations[number])))
            .filter(|(_, count)| *count > 0)
            .map(|(&(source, destination, port, protocol), count)| ConversationTruth {
                source: world.address(source),
                destination: world.address(destination),
                port,
                protocol,
                count: count.into(),
            })
            .collect();
        rows.sort_by_key(|row| {
            (std::cmp::Reverse(row.count), row.source, row.destination, row.port, row.protocol)
        });
        rows
    }
}

/// A host's row, made if it has none yet.
fn tally(tallies: &mut Vec<Tally>, host: HostId) -> &mut Tally {
    let place = host as usize;
    if tallies.len() <= place {
        tallies.resize(place + 1, Tally::default());
    }
    &mut tallies[place]
}

fn hosts(world: &World, tallies: &[Tally]) -> Vec<HostTruth> {
    let mut rows: Vec<_> = tallies
        .iter()
        .zip(0..)
        .filter(|(tally, _)| tally.tuples > 0)
        .map(|(tally, host)| HostTruth { ip: world.address(host), tuples: tally.tuples, bytes: tally.bytes })
        .collect();
    rows.sort_by_key(|row| (std::cmp::Reverse(row.tuples), row.ip));
    rows
}

fn named<K: Ord>(names: impl IntoIterator<Item = K>, counts: &[u64]) -> BTreeMap<K, u64> {
    names.into_iter().zip(counts.iter().copied()).filter(|(_, count)| *count > 0).collect()
}

fn lengths(truth: &Truth) -> BTreeMap<String, u64> {
    [
        ("rules", truth.rules.len()),
        ("sources", truth.sources.len()),
        ("destinations", truth.destinations.len()),
        ("ports", truth.ports.len()),
        ("denied", truth.denied.len()),
        ("begins", truth.begins.len()),
        ("incomplete", truth.incomplete.len()),
        ("one_way", truth.one_way.len()),
        ("port_scans", truth.port_scans.len()),
        ("files", truth.files.len()),
    ]
    .into_iter()
    .map(|(name, length)| (name.to_owned(), length as u64))
    .collect()
}
