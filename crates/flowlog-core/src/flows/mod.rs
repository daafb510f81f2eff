//! The connections themselves, grouped by what is asked: who, with whom, about what, when, decided by which rule.
//!
//! [`Flows`] takes connections one by one, each once, while pairs of hosts are gathered, and sums those that match a
//! filter by the fields of their group. With both addresses whole among the fields, all connections of a group are of
//! one pair of hosts: groups are finished with their pair, and no more are kept than are asked for. Otherwise memory is
//! that of the groups, some 150 bytes each.
//!
//! [`Picker`] chooses connections for whoever counts tuples.

mod field;
mod names;
mod pick;
mod table;

use std::net::IpAddr;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use crate::connection::{Connection, ConnectionKey, Outcome};
use crate::enrich;
use crate::flow::{AddressClass, Counters, Direction, Encryption, Network};
use crate::select::{Facts, Filter, Place};
use crate::state::{Gather, HostId, HostPair, Hosts, Sighting, Summary};

pub use field::{Field, FieldError, Prefix};
pub use names::FlowNames;
pub use pick::Picker;
pub use table::{FlowRow, FlowTable, Value};

/// What rows are ordered by, the largest or newest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// The newest tuple.
    #[default]
    Last,
    /// The oldest tuple, the oldest first.
    First,
    /// Bytes both ways.
    Bytes,
    /// Packets both ways.
    Packets,
    /// Connections and denied attempts.
    Connections,
    /// Tuples.
    Tuples,
    /// The longest connection.
    Duration,
}

/// What is asked of the connections.
#[derive(Clone, Debug)]
pub struct FlowOptions {
    /// Which connections; `None`: all.
    pub filter: Option<Filter>,
    /// What they are grouped by.
    pub by: Vec<Field>,
    /// What rows are ordered by.
    pub sort: Sort,
    /// Rows.
    pub limit: usize,
    /// Count what several logs tell of as often as they do: each end has rules of its own.
    pub every_log: bool,
}

/// Sums of the connections of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowSums {
    /// Connections; denied attempts count as one each.
    pub connections: u64,
    /// Tuples of the logs that count.
    pub tuples: u64,
    /// Packets and bytes each way.
    pub counters: Counters,
    /// Oldest tuple, Unix ms.
    pub first_ms: i64,
    /// Newest tuple, Unix ms.
    pub last_ms: i64,
    /// From the first tuple to the last of the longest one, ms.
    pub longest_ms: u64,
}

impl Default for FlowSums {
    fn default() -> Self {
        Self {
            connections: 0,
            tuples: 0,
            counters: Counters::default(),
            first_ms: i64::MAX,
            last_ms: i64::MIN,
            longest_ms: 0,
        }
    }
}

impl FlowSums {
    fn count(&mut self, connection: &Connection, connections: u64) {
        self.connections += connections;
        self.tuples += connection.tuples();
        self.counters.add(&connection.counters);
        self.first_ms = self.first_ms.min(connection.first_ms);
        self.last_ms = self.last_ms.max(connection.last_ms);
        self.longest_ms = self.longest_ms.max(connection.last_ms.abs_diff(connection.first_ms));
    }

    fn add(&mut self, other: &Self) {
        self.connections += other.connections;
        self.tuples += other.tuples;
        self.counters.add(&other.counters);
        self.first_ms = self.first_ms.min(other.first_ms);
        self.last_ms = self.last_ms.max(other.last_ms);
        self.longest_ms = self.longest_ms.max(other.longest_ms);
    }
}

/// What all collectors of a run share.
pub struct FlowScene<'s> {
    summary: &'s Summary,
    names: &'s FlowNames<'s>,
    options: &'s FlowOptions,
    /// A group is of one pair of hosts.
    by_pair: bool,
}

impl<'s> FlowScene<'s> {
    /// Of the data in `summary`.
    pub fn new(summary: &'s Summary, names: &'s FlowNames<'s>, options: &'s FlowOptions) -> Self {
        let whole = |field| options.by.contains(&field);
        let by_pair = whole(Field::Source(Prefix::WHOLE)) && whole(Field::Destination(Prefix::WHOLE));
        Self { summary, names, options, by_pair }
    }
}

/// Where the first tuple of a connection stands.
fn place<'s>(summary: &'s Summary, sighting: &Sighting<HostId>) -> Place<'s> {
    let rule = summary.rules.rows().get(sighting.rule as usize);
    let (acl, rule) = rule.map_or(("", ""), |((acl, rule), _)| (acl, rule));
    let log = summary.coverage.get(sighting.log_place as usize);
    let (mac, resource) = log.map_or(("", ""), |log| (&*log.mac, &*log.resource));
    Place { mac, resource, acl, rule }
}

/// Whether a connection between `ends` fulfils `filter`.
fn matches(
    filter: &Filter,
    summary: &Summary,
    sighting: &Sighting<HostId>,
    ends: ConnectionKey<IpAddr>,
) -> bool {
    filter.matches(&Facts {
        key: ends,
        place: place(summary, sighting),
        connection: &sighting.connection,
        outcome: sighting.outcome,
        encryption: sighting.encryption,
    })
}

/// The key of a group: two words an address, one for anything else, in the order of the fields.
type Key = Vec<u64>;
type Groups = HashMap<Key, FlowSums, RandomState>;

/// Sums connections by group; one a thread.
pub struct Flows<'s> {
    scene: &'s FlowScene<'s>,
    hosts: Hosts,
    groups: Groups,
    /// Finished groups, of which not more than twice the limit are kept.
    rows: Vec<(Key, FlowSums)>,
    /// Groups that were finished.
    found: u64,
    total: FlowSums,
    key: Vec<u64>,
}

impl<'s> Flows<'s> {
    /// Nothing is counted yet.
    pub fn new(scene: &'s FlowScene<'s>) -> Self {
        Self {
            scene,
            hosts: scene.summary.hosts.beside(),
            groups: Groups::default(),
            rows: Vec::new(),
            found: 0,
            total: FlowSums::default(),
            key: Vec::new(),
        }
    }

    fn count(&mut self, sighting: &Sighting<HostId>, connections: u64) {
        let Some(ends) = self.hosts.ends(&sighting.key) else { return };
        let filter = self.scene.options.filter.as_ref();
        if filter.is_some_and(|filter| !matches(filter, self.scene.summary, sighting, ends)) {
            return;
        }
        self.total.count(&sighting.connection, connections);
        self.key.clear();
        for &field in &self.scene.options.by {
            push(&mut self.key, field, sighting, [ends.source, ends.destination], self.scene.names);
        }
        let sums = self.groups.entry_ref(self.key.as_slice()).or_default();
        sums.count(&sighting.connection, connections);
    }

    /// Keeps the first of the groups at hand.
    fn finish_groups(&mut self) {
        self.found += self.groups.len() as u64;
        self.rows.extend(self.groups.drain());
        if self.rows.len() / 2 >= self.scene.options.limit.max(1) {
            table::first(&mut self.rows, self.scene.options);
        }
    }
}

impl Gather for Flows<'_> {
    fn take(&mut self, _: &mut HostPair) {
        if self.scene.by_pair {
            self.finish_groups();
        }
    }

    fn connection(&mut self, sighting: &Sighting<HostId>, _logs: usize) {
        // An attempt is one, however many packets it is.
        let denied = sighting.outcome == Outcome::Denied;
        self.count(sighting, if denied { 1 } else { sighting.connection.count() });
    }

    fn repeated(&mut self, sighting: &Sighting<HostId>) {
        if self.scene.options.every_log {
            self.connection(sighting, 1);
        }
    }

    fn allowed(&mut self, sighting: &Sighting<HostId>) {
        self.count(sighting, sighting.connection.tuples());
    }

    fn merge(&mut self, other: Self) {
        self.total.add(&other.total);
        self.found += other.found;
        self.rows.extend(other.rows);
        if self.groups.is_empty() {
            self.groups = other.groups;
        } else {
            for (key, sums) in other.groups {
                self.groups.entry(key).or_default().add(&sums);
            }
        }
    }
}

/// Adds one field of a connection to the key of its group.
fn push(
    key: &mut Vec<u64>,
    field: Field,
    sighting: &Sighting<HostId>,
    [source, destination]: [IpAddr; 2],
    names: &FlowNames<'_>,
) {
    let class = |address| index(&AddressClass::ALL, &AddressClass::of(address));
    let word = match field {
        Field::Source(prefix) => return push_address(key, source, prefix),
        Field::Destination(prefix) => return push_address(key, destination, prefix),
        Field::SourcePort => sighting.key.source_port.into(),
        Field::Port => sighting.key.destination_port.into(),
        Field::Protocol => sighting.key.protocol.0.into(),
        Field::Direction => u64::from(sighting.connection.direction == Direction::Outbound),
        Field::Outcome => index(&Outcome::ALL, &sighting.outcome),
        Field::Rule => names.rules.number(sighting.rule),
        Field::Nsg => names.nsgs.number(sighting.rule),
        Field::Nic => names.nics.number(sighting.log_place),
        Field::Resource => names.resources.number(sighting.log_place),
        Field::SourceClass => class(source),
        Field::DestinationClass => class(destination),
        Field::Class => {
            let is_outside = !AddressClass::of(destination).is_private();
            class(if is_outside { destination } else { source })
        }
        Field::SourceProvider => provider_number(source),
        Field::SourceFact(kind) => names.book.number(source, kind),
        Field::DestinationFact(kind) => names.book.number(destination, kind),
        Field::EitherFact(kind) => match names.book.number(destination, kind) {
            0 => names.book.number(source, kind),
            number => number,
        },
        Field::DestinationProvider => provider_number(destination),
        Field::Provider => match provider_number(destination) {
            0 => provider_number(source),
            number => number,
        },
        Field::Encryption => index(&Encryption::ALL, &sighting.encryption),
        Field::Time(width) => {
            let connection = &sighting.connection;
            let began = connection.begun_ms().unwrap_or(connection.first_ms);
            began.div_euclid(width.max(1)).cast_unsigned()
        }
    };
    key.push(word);
}

fn index<T: PartialEq>(all: &[T], one: &T) -> u64 {
    all.iter().position(|other| other == one).unwrap_or(all.len()) as u64
}

/// Place in the list of providers, from 1; 0 for none.
fn provider_number(address: IpAddr) -> u64 {
    enrich::provider(address).map_or(0, |name| index(enrich::provider_names(), &name) + 1)
}

/// An address or its network as 128 bits, IPv4 mapped to IPv6.
fn push_address(key: &mut Vec<u64>, address: IpAddr, prefix: Prefix) {
    let bits = if address.is_ipv4() { prefix.v4 } else { prefix.v6 };
    let first = if bits == 128 || (bits == 32 && address.is_ipv4()) {
        address
    } else {
        Network::around(address, bits).first()
    };
    let mapped = match first {
        IpAddr::V4(v4) => v4.to_ipv6_mapped(),
        IpAddr::V6(v6) => v6,
    };
    let bits = mapped.to_bits();
    // Each half has 64 bits.
    key.extend([bits >> 64, bits & u128::from(u64::MAX)].map(|half| u64::try_from(half).unwrap_or_default()));
}

#[cfg(test)]
mod tests;
