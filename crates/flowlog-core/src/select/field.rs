//! What a condition can ask of, and how its values are written.

use super::addresses::{Addresses, Ports};
use super::asked::Asked;
use super::tree::{Amount, End, Name, Node, Test, class_bit, protocol_bits};
use super::value::{amount, class, digits, direction, encryption, glob, mac, outcomes, protocol};
use super::when;
use crate::enrich::Country;
use crate::flow::Network;

/// What a condition asks of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Either end: an address, a network or a name.
    Host,
    /// The initiator.
    Source,
    /// The responder.
    Destination,
    /// The responder's port, or a range of ports, with or without a protocol: `443`, `8000-8080`, `53/udp`.
    Port,
    /// The initiator's port.
    SourcePort,
    /// A protocol's name or number.
    Protocol,
    /// As the NIC saw it: `in` or `out`.
    Direction,
    /// How it went: [`Outcome::name`](crate::connection::Outcome::name), `allowed` for all but `denied`, `incomplete` for `begun-only`.
    Outcome,
    /// The rule that decided, with or without the prefix of the log; a pattern.
    Rule,
    /// The network security group: its name or, with a slash in it, its whole id; a pattern.
    Nsg,
    /// What the flow log was written for (VNet, subnet, NIC, NSG): like [`Field::Nsg`].
    Resource,
    /// The NIC that logged it; a pattern.
    Mac,
    /// The class of either end's address.
    Class,
    /// The class of the initiator's address.
    SourceClass,
    /// The class of the responder's address.
    DestinationClass,
    /// The country of either end's address: its code.
    Country,
    /// The same of the initiator.
    SourceCountry,
    /// The same of the responder.
    DestinationCountry,
    /// The autonomous system of either end's address: a number, or its organisation; a pattern.
    As,
    /// The same of the initiator.
    SourceAs,
    /// The same of the responder.
    DestinationAs,
    /// A list of threats that holds either end; a pattern.
    Threat,
    /// The same of the initiator.
    SourceThreat,
    /// The same of the responder.
    DestinationThreat,
    /// Virtual network encryption: a word of the log, or `encrypted`, `unencrypted`, `dropped`.
    Encryption,
    /// Bytes both ways.
    Bytes,
    /// Bytes from the initiator.
    BytesSent,
    /// Bytes from the responder.
    BytesReceived,
    /// Packets both ways.
    Packets,
    /// Packets from the initiator.
    PacketsSent,
    /// Packets from the responder.
    PacketsReceived,
    /// From the first tuple to the last.
    Duration,
    /// Tuples of the log.
    Tuples,
}

/// How a value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compare {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Words of fields that need no second word.
pub(super) const WORDS: &[(&str, Field)] = &[
    ("host", Field::Host),
    ("ip", Field::Host),
    ("net", Field::Host),
    ("network", Field::Host),
    ("address", Field::Host),
    ("port", Field::Port),
    ("protocol", Field::Protocol),
    ("proto", Field::Protocol),
    ("direction", Field::Direction),
    ("dir", Field::Direction),
    ("outcome", Field::Outcome),
    ("rule", Field::Rule),
    ("nsg", Field::Nsg),
    ("resource", Field::Resource),
    ("mac", Field::Mac),
    ("class", Field::Class),
    ("country", Field::Country),
    ("as", Field::As),
    ("asn", Field::As),
    ("threat", Field::Threat),
    ("encryption", Field::Encryption),
    ("bytes", Field::Bytes),
    ("bytes_sent", Field::BytesSent),
    ("bytes_received", Field::BytesReceived),
    ("packets", Field::Packets),
    ("packets_sent", Field::PacketsSent),
    ("packets_received", Field::PacketsReceived),
    ("duration", Field::Duration),
    ("tuples", Field::Tuples),
];

/// Words of one end.
pub(super) const ENDS: &[(&str, Field)] = &[
    ("src", Field::Source),
    ("source", Field::Source),
    ("initiator", Field::Source),
    ("dst", Field::Destination),
    ("destination", Field::Destination),
    ("responder", Field::Destination),
];

impl Field {
    /// The field of one end, if this one is of either.
    pub(super) fn of_end(self, end: Self) -> Option<Self> {
        let is_source = end == Self::Source;
        match self {
            Self::Host => Some(end),
            Self::Port => Some(if is_source { Self::SourcePort } else { Self::Port }),
            Self::Country => Some(if is_source { Self::SourceCountry } else { Self::DestinationCountry }),
            Self::As => Some(if is_source { Self::SourceAs } else { Self::DestinationAs }),
            Self::Threat => Some(if is_source { Self::SourceThreat } else { Self::DestinationThreat }),
            Self::Class => Some(if is_source { Self::SourceClass } else { Self::DestinationClass }),
            _ => None,
        }
    }

    /// Whether its values have an order.
    pub(super) fn is_ordered(self) -> bool {
        matches!(self, Self::Port | Self::SourcePort) || self.amount().is_some()
    }

    fn amount(self) -> Option<Amount> {
        Some(match self {
            Self::Bytes => Amount::Bytes,
            Self::BytesSent => Amount::BytesSent,
            Self::BytesReceived => Amount::BytesReceived,
            Self::Packets => Amount::Packets,
            Self::PacketsSent => Amount::PacketsSent,
            Self::PacketsReceived => Amount::PacketsReceived,
            Self::Duration => Amount::DurationMs,
            Self::Tuples => Amount::Tuples,
            _ => return None,
        })
    }

    /// What its values look like, for messages.
    pub(super) fn expected(self) -> &'static str {
        match self {
            Self::Host | Self::Source | Self::Destination => {
                "an address such as 10.0.0.4, a network such as 10.0.0.0/24 or a name of --names"
            }
            Self::Port | Self::SourcePort => "a port such as 443, 8000-8080 or 53/udp",
            Self::Protocol => "a protocol such as tcp, esp or 50",
            Self::Direction => "in or out",
            Self::Outcome => {
                "an outcome: completed, began-before, open, begun-only, stateless, unanswered, refused, denied or \
                 allowed"
            }
            Self::Rule => "the name of a rule, with * and ? as wildcards",
            Self::Nsg => "the name or id of a network security group, with * and ? as wildcards",
            Self::Resource => "the name or id of a resource, with * and ? as wildcards",
            Self::Mac => "a MAC address such as 000D3A1B2C3D, with * and ? as wildcards",
            Self::Class | Self::SourceClass | Self::DestinationClass => {
                "a class of addresses: private, nat, public, platform, link-local, loopback, multicast, broadcast, \
                 documentation or reserved"
            }
            Self::Country | Self::SourceCountry | Self::DestinationCountry => {
                "a country's code of two letters such as DE"
            }
            Self::As | Self::SourceAs | Self::DestinationAs => {
                "an autonomous system such as 64500 or AS64500, or its name, with * and ? as wildcards"
            }
            Self::Threat | Self::SourceThreat | Self::DestinationThreat => {
                "the name of a list of threats, with * and ? as wildcards"
            }
            Self::Encryption => "encrypted, unencrypted, dropped or a word of the log such as NX_FALLBACK",
            Self::Bytes | Self::BytesSent | Self::BytesReceived => "a size such as 1500, 10k or 1.5GB",
            Self::Packets | Self::PacketsSent | Self::PacketsReceived | Self::Tuples => {
                "a number such as 1000 or 10k"
            }
            Self::Duration => "a duration such as 500ms, 30s, 5m or 1h",
        }
    }

    /// The condition of the field's word without a value, if that is one.
    pub(super) fn alone(self) -> Option<Node> {
        let is_threat = matches!(self, Self::Threat | Self::SourceThreat | Self::DestinationThreat);
        is_threat.then(|| Node::test(Test::Asked(self.end(), Asked::Threat(None))))
    }

    /// The same for values that are compared so.
    pub(super) fn expected_of(self, how: Compare) -> &'static str {
        match self {
            Self::Port | Self::SourcePort if !matches!(how, Compare::Equal | Compare::NotEqual) => {
                "a port such as 1024"
            }
            _ => self.expected(),
        }
    }

    /// The condition that this field is `value`.
    pub(super) fn equals(self, value: &str) -> Option<Node> {
        let test = match self {
            Self::Host | Self::Source | Self::Destination => match value.parse::<Network>() {
                Ok(network) => Test::Address(self.end(), Addresses::of(&[network])),
                Err(_) => Test::Asked(self.end(), Asked::named(value)?),
            },
            Self::Port | Self::SourcePort => return self.port(value),
            Self::Protocol => Test::Protocol(protocol_bits(protocol(value)?)),
            Self::Direction => Test::Direction(direction(value)?),
            Self::Outcome => Test::Outcome(outcomes(value)?),
            Self::Rule => Test::Name(Name::Rule, glob(value)?),
            Self::Nsg => Test::Name(Name::Nsg, glob(value)?),
            Self::Resource => Test::Name(Name::Resource, glob(value)?),
            Self::Mac => Test::Name(Name::Mac, mac(value)?),
            Self::Class | Self::SourceClass | Self::DestinationClass => {
                Test::Class(self.end(), class_bit(class(value)?))
            }
            Self::Country | Self::SourceCountry | Self::DestinationCountry => {
                Test::Asked(self.end(), Asked::Country(Country::parse(value)?))
            }
            Self::As | Self::SourceAs | Self::DestinationAs => {
                let text = Some(value).filter(|text| !text.is_empty())?;
                Test::Asked(self.end(), Asked::System(text.to_owned()))
            }
            Self::Threat | Self::SourceThreat | Self::DestinationThreat => {
                let name = Some(value).filter(|name| !name.is_empty())?;
                Test::Asked(self.end(), Asked::Threat(Some(name.to_owned())))
            }
            Self::Encryption => Test::Encryption(encryption(value)?),
            _ => {
                let value = self.number(value)?;
                Test::Amount(self.amount()?, value, value)
            }
        };
        Some(Node::test(test))
    }

    /// The condition that this field compares so with `value`.
    pub(super) fn compares(self, how: Compare, value: &str) -> Option<Node> {
        let (least, most) = match how {
            Compare::Equal => return self.equals(value),
            Compare::NotEqual => return self.equals(value).map(Node::negated),
            Compare::Less => (Some(0), self.number(value)?.checked_sub(1)),
            Compare::LessOrEqual => (Some(0), Some(self.number(value)?)),
            Compare::Greater => (self.number(value)?.checked_add(1), Some(u64::MAX)),
            Compare::GreaterOrEqual => (Some(self.number(value)?), Some(u64::MAX)),
        };
        let (Some(least), Some(most)) = (least, most) else { return Some(Node::Const(false)) };
        if let Some(amount) = self.amount() {
            if (least, most) == (0, u64::MAX) {
                return Some(Node::Const(true));
            }
            return Some(Node::test(Test::Amount(amount, least, most)));
        }
        let narrow = |port: u64| u16::try_from(port).unwrap_or(u16::MAX);
        // No port is beyond the largest.
        let ranges = if least > u64::from(u16::MAX) { vec![] } else { vec![(narrow(least), narrow(most))] };
        Some(self.ports(ranges))
    }

    fn end(self) -> End {
        match self {
            Self::Source | Self::SourceClass | Self::SourceCountry | Self::SourceAs | Self::SourceThreat => {
                End::Source
            }
            Self::Destination
            | Self::DestinationClass
            | Self::DestinationCountry
            | Self::DestinationAs
            | Self::DestinationThreat => End::Destination,
            _ => End::Either,
        }
    }

    fn ports(self, ranges: Vec<(u16, u16)>) -> Node {
        let ports = Ports::of(ranges);
        Node::test(if self == Self::SourcePort { Test::SourcePort(ports) } else { Test::Port(ports) })
    }

    fn port(self, value: &str) -> Option<Node> {
        let (ports, name) = value.split_once('/').map_or((value, None), |(ports, name)| (ports, Some(name)));
        let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
        let range = (digits(first)?, digits(last)?);
        if range.0 > range.1 {
            return None;
        }
        let ports = self.ports(vec![range]);
        let Some(name) = name else { return Some(ports) };
        let protocol = Node::test(Test::Protocol(protocol_bits(protocol(name)?)));
        Some(Node::all(vec![ports, protocol]))
    }

    fn number(self, value: &str) -> Option<u64> {
        match self {
            Self::Port | Self::SourcePort => digits::<u16>(value).map(u64::from),
            Self::Duration => when::milliseconds(value),
            Self::Bytes | Self::BytesSent | Self::BytesReceived => amount(value, true),
            _ => amount(value, false),
        }
    }
}

/// Protocols whose names may stand alone.
pub(super) const ALONE: [&str; 8] = ["tcp", "udp", "icmp", "icmpv6", "esp", "ah", "gre", "sctp"];

/// The condition of one of these names.
pub(super) fn plain_protocol(word: &str) -> Option<Node> {
    ALONE.iter().any(|name| name.eq_ignore_ascii_case(word)).then(|| Field::Protocol.equals(word))?
}
