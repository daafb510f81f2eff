//! Groups -> rows of values, in order.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use super::names::FlowNames;
use super::{Field, FlowOptions, FlowSums, Flows, Key, Sort};
use crate::connection::Outcome;
use crate::enrich::{self, FactKind, KnownHosts};
use crate::flow::{AddressClass, Direction, Encryption, Network, Protocol};

/// One field of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// An address.
    Address(IpAddr),
    /// A network of several.
    Network(Network),
    /// A port; 0 where the protocol has none.
    Port(u16),
    /// IANA protocol number.
    Protocol(Protocol),
    /// As the NIC saw it.
    Direction(Direction),
    /// How it went.
    Outcome(Outcome),
    /// Virtual network encryption.
    Encryption(Encryption),
    /// Class of an address.
    Class(AddressClass),
    /// What is known of an address.
    Fact(Option<Arc<str>>),
    /// Provider of an address, if known.
    Provider(Option<&'static str>),
    /// Name of a rule, an NSG (its id), a NIC or a resource, as in the log.
    Name(String),
    /// Beginning of a span of time, Unix ms UTC.
    Time(i64),
}

/// One group of connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowRow {
    /// Its fields, in the order in which they were asked for.
    pub values: Vec<Value>,
    /// Its connections.
    pub sums: FlowSums,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowTable {
    /// What rows are grouped by.
    pub by: Vec<Field>,
    /// The first rows.
    pub rows: Vec<FlowRow>,
    /// How many groups there are.
    pub found: u64,
    /// Sums of all of them.
    pub total: FlowSums,
    /// What is known of the addresses in the rows.
    pub hosts: KnownHosts,
    /// Of which kinds anything could be known.
    pub kinds: Vec<FactKind>,
}

impl Flows<'_> {
    /// The first rows of all that was taken.
    pub fn finish(mut self) -> FlowTable {
        self.finish_groups();
        let (scene, options) = (self.scene, self.scene.options);
        first(&mut self.rows, options);
        let row = |(key, sums): &(Key, FlowSums)| FlowRow {
            values: values(key, options, scene.names),
            sums: *sums,
        };
        let rows: Vec<FlowRow> = self.rows.iter().map(row).collect();
        let book = scene.names.book;
        FlowTable {
            by: options.by.clone(),
            hosts: KnownHosts::of(book, addresses(&rows).iter().map(String::as_str)),
            kinds: book.kinds(),
            rows,
            found: self.found,
            total: self.total,
        }
    }
}

/// Every address in the rows, once.
fn addresses(rows: &[FlowRow]) -> BTreeSet<String> {
    let values = rows.iter().flat_map(|row| &row.values);
    let address = |value: &Value| match value {
        Value::Address(address) => Some(address.to_string()),
        _ => None,
    };
    values.filter_map(address).collect()
}

/// Keeps the first rows. The order is total, since no two groups have one key: which rows are kept does not depend on
/// the order in which they came.
pub(super) fn first(rows: &mut Vec<(Key, FlowSums)>, options: &FlowOptions) {
    crate::report::first(rows, options.limit, |(key, sums), (other_key, other)| {
        compare(options.sort, sums, other).then_with(|| key.cmp(other_key))
    });
}

fn compare(sort: Sort, sums: &FlowSums, other: &FlowSums) -> Ordering {
    let by = |number: fn(&FlowSums) -> u64| Reverse(number(sums)).cmp(&Reverse(number(other)));
    match sort {
        Sort::Last => other.last_ms.cmp(&sums.last_ms),
        Sort::First => sums.first_ms.cmp(&other.first_ms),
        Sort::Bytes => by(|sums| sums.counters.bytes()).then_with(|| by(|sums| sums.connections)),
        Sort::Packets => by(|sums| sums.counters.packets()).then_with(|| by(|sums| sums.connections)),
        Sort::Connections => by(|sums| sums.connections),
        Sort::Tuples => by(|sums| sums.tuples),
        Sort::Duration => by(|sums| sums.longest_ms),
    }
}

fn values(key: &[u64], options: &FlowOptions, names: &FlowNames<'_>) -> Vec<Value> {
    let mut words = key.iter().copied();
    let mut values = Vec::with_capacity(options.by.len());
    for &field in &options.by {
        let mut word = || words.next().unwrap_or_default();
        values.push(match field {
            Field::Source(prefix) | Field::Destination(prefix) => {
                let address = address(word(), word());
                let bits = if address.is_ipv4() { prefix.v4 } else { prefix.v6 };
                let network = Network::around(address, bits);
                network.single().map_or(Value::Network(network), Value::Address)
            }
            Field::SourcePort | Field::Port => Value::Port(u16::try_from(word()).unwrap_or_default()),
            Field::Protocol => Value::Protocol(Protocol(u8::try_from(word()).unwrap_or_default())),
            Field::Direction => {
                Value::Direction(if word() == 0 { Direction::Inbound } else { Direction::Outbound })
            }
            Field::Outcome => Value::Outcome(at(&Outcome::ALL, word()).unwrap_or(Outcome::Open)),
            Field::Rule => Value::Name(names.rules.name(word()).to_owned()),
            Field::Nsg => Value::Name(names.nsgs.name(word()).to_owned()),
            Field::Nic => Value::Name(names.nics.name(word()).to_owned()),
            Field::Resource => Value::Name(names.resources.name(word()).to_owned()),
            Field::SourceClass | Field::DestinationClass | Field::Class => {
                Value::Class(at(&AddressClass::ALL, word()).unwrap_or(AddressClass::Reserved))
            }
            Field::SourceProvider | Field::DestinationProvider | Field::Provider => {
                Value::Provider(word().checked_sub(1).and_then(|place| at(enrich::provider_names(), place)))
            }
            Field::SourceFact(kind) | Field::DestinationFact(kind) | Field::EitherFact(kind) => {
                Value::Fact(names.book.text(word(), kind))
            }
            Field::Encryption => {
                Value::Encryption(at(&Encryption::ALL, word()).unwrap_or(Encryption::NotRecorded))
            }
            Field::Time(width) => Value::Time(word().cast_signed().saturating_mul(width)),
        });
    }
    values
}

fn at<T: Copy>(all: &[T], place: u64) -> Option<T> {
    usize::try_from(place).ok().and_then(|place| all.get(place)).copied()
}

/// The address of 128 bits, IPv4 mapped to IPv6.
fn address(high: u64, low: u64) -> IpAddr {
    IpAddr::V6(Ipv6Addr::from_bits(u128::from(high) << 64 | u128::from(low))).to_canonical()
}
