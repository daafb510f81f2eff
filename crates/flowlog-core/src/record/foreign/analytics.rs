//! Rows of Traffic Analytics: what one NIC saw of all flows between two ends on one port, in 10 or 60 minutes.
//!
//! Such a row becomes one tuple for each verdict and public address in it, at the time of its first flow. It has no states:
//! allowed flows are [`State::Allow`], as those of NSG flow logs version 1. It has no source port, which is 0. How many
//! flows it stands for is not counted: a tuple is a row, not a flow.

use std::net::IpAddr;

use super::column::Column;
use super::row::Row;
use super::{Out, flat, value};
use crate::flow::{Counters, Direction, FlowTuple, State};
use crate::record::{LogKind, Sink};

pub(super) fn push<S: Sink>(row: &Row<'_>, text: &str, offset: u64, out: &mut Out<'_, S>) {
    let summary = match Summary::of(row) {
        Ok(summary) => summary,
        Err(reason) => return out.malformed(reason, text, offset),
    };
    let (encryption, word) = value::encryption(row.text(Column::Encryption));
    // The table of security groups' logs alone tells in and out as the NIC saw it.
    let of_nsg = row.has(Column::BytesIn) || row.has(Column::BytesOut);
    out.begin(row, if of_nsg { LogKind::Nsg } else { LogKind::VNet }, None, offset);
    for pair in &summary.pairs {
        for state in &summary.verdicts {
            let tuple = FlowTuple {
                time_ms: summary.time_ms,
                source: pair.source,
                destination: pair.destination,
                source_port: 0,
                destination_port: summary.port,
                protocol: summary.protocol,
                direction: summary.direction,
                state: *state,
                encryption,
                counters: pair.counters.filter(|_| *state == State::Allow),
            };
            out.tuple(&tuple, word.as_deref());
        }
    }
}

struct Summary {
    time_ms: i64,
    port: u16,
    protocol: crate::flow::Protocol,
    direction: Direction,
    verdicts: Vec<State>,
    pairs: Vec<Pair>,
}

struct Pair {
    source: IpAddr,
    destination: IpAddr,
    counters: Option<Counters>,
}

impl Summary {
    fn of(row: &Row<'_>) -> Result<Self, &'static str> {
        let direction =
            value::direction(row.text(Column::Direction)).ok_or("its direction is neither in nor out")?;
        // What is no TCP or UDP has no port.
        let port = Some(row.text(Column::DestinationPort)).filter(|text| !text.is_empty()).unwrap_or("0");
        Ok(Self {
            time_ms: value::time(row.text(Column::FlowStart)).ok_or("its time is none")?,
            port: value::port(port).ok_or("its destination port is no port number")?,
            protocol: value::protocol(row.text(Column::Protocol))
                .ok_or("its protocol is no number or name")?
                .0,
            direction,
            verdicts: verdicts(row)?,
            pairs: pairs(row, direction)?,
        })
    }
}

/// By the numbers of flows; where there are none, by the status.
fn verdicts(row: &Row<'_>) -> Result<Vec<State>, &'static str> {
    let any = |columns: [Column; 2]| columns.iter().any(|column| value::number(row.text(*column)) > Some(0));
    let counted = [
        (any([Column::AllowedIn, Column::AllowedOut]), State::Allow),
        (any([Column::DeniedIn, Column::DeniedOut]), State::Deny),
    ];
    let counted: Vec<State> = counted.into_iter().filter_map(|(is, state)| is.then_some(state)).collect();
    if !counted.is_empty() {
        return Ok(counted);
    }
    // Flows that began in an interval before are in none of the numbers.
    let status = row.text(Column::Decision);
    value::state("", status).map(|state| vec![state]).ok_or("it has neither flows nor a status")
}

/// The two ends; public addresses are packed in one field, with figures of their own.
fn pairs(row: &Row<'_>, direction: Direction) -> Result<Vec<Pair>, &'static str> {
    let source = End::of(row.text(Column::Source), row.text(Column::SourcePublic));
    let destination = End::of(row.text(Column::Destination), row.text(Column::DestinationPublic));
    let whole = whole(row, direction)?;
    match (source, destination) {
        (End::One(source), End::One(destination)) => Ok(vec![Pair { source, destination, counters: whole }]),
        (End::One(source), End::Many(items)) => {
            let pair = |(destination, counters)| Pair { source, destination, counters };
            Ok(share(&items, whole, direction)?.into_iter().map(pair).collect())
        }
        (End::Many(items), End::One(destination)) => {
            let pair = |(source, counters)| Pair { source, destination, counters };
            Ok(share(&items, whole, direction)?.into_iter().map(pair).collect())
        }
        (End::Many(_), End::Many(_)) => Err("both of its ends are lists of addresses"),
        (End::None, _) => Err("its source is no IP address"),
        (_, End::None) => Err("its destination is no IP address"),
    }
}

/// Packets and bytes of the whole row, from source to destination and back.
fn whole(row: &Row<'_>, direction: Direction) -> Result<Option<Counters>, &'static str> {
    if let Some(counters) = flat::counters(row)? {
        return Ok(Some(counters));
    }
    let columns = [Column::PacketsOut, Column::BytesOut, Column::PacketsIn, Column::BytesIn];
    Ok(flat::numbers(row, columns)?.map(|values| as_seen(values, direction)))
}

/// Packets and bytes out of the NIC and into it, as counters from source to destination and back.
fn as_seen([packets_out, bytes_out, packets_in, bytes_in]: [u64; 4], direction: Direction) -> Counters {
    let out = Counters {
        packets_sent: packets_out,
        bytes_sent: bytes_out,
        packets_received: packets_in,
        bytes_received: bytes_in,
    };
    if direction == Direction::Outbound { out } else { turned(out) }
}

fn turned(counters: Counters) -> Counters {
    Counters {
        packets_sent: counters.packets_received,
        bytes_sent: counters.bytes_received,
        packets_received: counters.packets_sent,
        bytes_received: counters.bytes_sent,
    }
}

enum End {
    None,
    One(IpAddr),
    Many(Vec<Item>),
}

/// One of the addresses in a field, with what the field says of it: packets and bytes out and in.
struct Item {
    address: IpAddr,
    figures: Option<[u64; 4]>,
}

impl End {
    fn of(single: &str, packed: &str) -> Self {
        if let Some(address) = value::address(single) {
            return Self::One(address);
        }
        let items: Option<Vec<Item>> = packed.split_ascii_whitespace().map(Item::of).collect();
        match items {
            Some(items) if !items.is_empty() => Self::Many(items),
            _ => Self::None,
        }
    }
}

impl Item {
    /// `address|started|ended|packets out|packets in|bytes out|bytes in`, or the address alone.
    fn of(text: &str) -> Option<Self> {
        let mut fields = text.split('|');
        let address = value::address(fields.next()?)?;
        let rest: Vec<&str> = fields.collect();
        let figures = match rest.as_slice() {
            [] => None,
            [_, _, packets_out, packets_in, bytes_out, bytes_in] => {
                let number = |text: &str| if text.is_empty() { Some(0) } else { value::number(text) };
                Some([number(packets_out)?, number(bytes_out)?, number(packets_in)?, number(bytes_in)?])
            }
            _ => return None,
        };
        Some(Self { address, figures })
    }
}

type Share = (IpAddr, Option<Counters>);

/// What each address has of the row. Which way is out is told by the row: its own sums are those of the addresses.
fn share(items: &[Item], whole: Option<Counters>, direction: Direction) -> Result<Vec<Share>, &'static str> {
    if let [item] = items {
        let own = item.figures.map(|figures| as_seen(figures, direction));
        return Ok(vec![(item.address, whole.or(own))]);
    }
    if items.iter().all(|item| item.figures.is_none()) {
        let nothing = whole.is_none_or(|whole| whole.is_zero());
        let shares = items.iter().map(|item| (item.address, whole));
        return if nothing {
            Ok(shares.collect())
        } else {
            Err("its bytes are of several addresses, which have no figures of their own")
        };
    }
    let seen = |item: &Item| item.figures.map(|figures| as_seen(figures, direction)).unwrap_or_default();
    let mut sum = Counters::default();
    for item in items {
        sum.add(&seen(item));
    }
    let is_turned = whole.is_some_and(|whole| whole != sum && whole == turned(sum));
    let counters = |item| if is_turned { turned(seen(item)) } else { seen(item) };
    Ok(items.iter().map(|item| (item.address, Some(counters(item)))).collect())
}
