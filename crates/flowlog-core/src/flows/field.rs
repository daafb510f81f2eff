//! What connections are grouped by.

use std::fmt;
use std::str::FromStr;

use crate::enrich::FactKind;

/// Prefix of networks of IPv6 where a prefix of IPv4 is asked for: a subnet.
const SUBNET_V6: u8 = 64;

/// One field of a group's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// The initiator, or its network of so many bits (IPv4, IPv6).
    Source(Prefix),
    /// The responder, or its network.
    Destination(Prefix),
    /// The initiator's port.
    SourcePort,
    /// The responder's port.
    Port,
    /// IANA protocol number.
    Protocol,
    /// As the NIC saw it that logged the connection.
    Direction,
    /// How it went.
    Outcome,
    /// The rule that decided, by its name.
    Rule,
    /// The network security group (ACL) of the rule.
    Nsg,
    /// MAC address of the NIC that logged it.
    Nic,
    /// What the flow log was written for: VNet, subnet, NIC or NSG.
    Resource,
    /// Class of the initiator's address.
    SourceClass,
    /// Class of the responder's address.
    DestinationClass,
    /// Class of the responder's address or, if that is private, of the initiator's: of the end in the internet, as a rule.
    Class,
    /// Who announces the initiator's address.
    SourceProvider,
    /// Who announces the responder's address.
    DestinationProvider,
    /// Who announces the responder's address or, if nobody is known, the initiator's.
    Provider,
    /// What the person's files say of the initiator's address.
    SourceFact(FactKind),
    /// The same of the responder's.
    DestinationFact(FactKind),
    /// What they say of the responder's or, if nothing, of the initiator's: of the end in the internet, as a rule.
    EitherFact(FactKind),
    /// Virtual network encryption.
    Encryption,
    /// The span of time in which it began, or was first seen: a minute, an hour or a day, ms.
    Time(i64),
}

/// How many bits of an address count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Prefix {
    /// Of IPv4, 0 to 32.
    pub v4: u8,
    /// Of IPv6, 0 to 128.
    pub v6: u8,
}

impl Prefix {
    /// The whole address.
    pub const WHOLE: Self = Self { v4: 32, v6: 128 };
}

const NAMES: [(&str, Field); 31] = [
    ("source", Field::Source(Prefix::WHOLE)),
    ("destination", Field::Destination(Prefix::WHOLE)),
    ("source_port", Field::SourcePort),
    ("port", Field::Port),
    ("protocol", Field::Protocol),
    ("direction", Field::Direction),
    ("outcome", Field::Outcome),
    ("rule", Field::Rule),
    ("nsg", Field::Nsg),
    ("nic", Field::Nic),
    ("resource", Field::Resource),
    ("source_class", Field::SourceClass),
    ("destination_class", Field::DestinationClass),
    ("class", Field::Class),
    ("source_provider", Field::SourceProvider),
    ("destination_provider", Field::DestinationProvider),
    ("provider", Field::Provider),
    ("source_name", Field::SourceFact(FactKind::Name)),
    ("destination_name", Field::DestinationFact(FactKind::Name)),
    ("source_country", Field::SourceFact(FactKind::Country)),
    ("destination_country", Field::DestinationFact(FactKind::Country)),
    ("country", Field::EitherFact(FactKind::Country)),
    ("source_as", Field::SourceFact(FactKind::As)),
    ("destination_as", Field::DestinationFact(FactKind::As)),
    ("as", Field::EitherFact(FactKind::As)),
    ("source_threat", Field::SourceFact(FactKind::Threat)),
    ("destination_threat", Field::DestinationFact(FactKind::Threat)),
    ("encryption", Field::Encryption),
    ("minute", Field::Time(60_000)),
    ("hour", Field::Time(3_600_000)),
    ("day", Field::Time(86_400_000)),
];

/// Other words for a field.
const SYNONYMS: [(&str, &str); 12] = [
    ("src", "source"),
    ("dst", "destination"),
    ("destination_port", "port"),
    ("dst_port", "port"),
    ("src_port", "source_port"),
    ("proto", "protocol"),
    ("acl", "nsg"),
    ("mac", "nic"),
    ("src_class", "source_class"),
    ("dst_class", "destination_class"),
    ("src_name", "source_name"),
    ("dst_name", "destination_name"),
];

impl Field {
    /// The name in column heads and JSON, without a prefix.
    pub fn name(self) -> &'static str {
        let same = |other: Self| std::mem::discriminant(&other) == std::mem::discriminant(&self);
        let found = NAMES.iter().find(|(_, field)| match self {
            Self::Time(_) | Self::SourceFact(_) | Self::DestinationFact(_) | Self::EitherFact(_) => {
                *field == self
            }
            _ => same(*field),
        });
        found.map_or("time", |(name, _)| name)
    }

    /// What is to be known of addresses for it.
    pub fn fact(self) -> Option<FactKind> {
        match self {
            Self::SourceFact(kind) | Self::DestinationFact(kind) | Self::EitherFact(kind) => Some(kind),
            _ => None,
        }
    }

    /// Names of all fields, in the order of the help.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(name, _)| *name)
    }
}

/// Why a text names no field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// No field has this name.
    #[error("{found} is no field; fields are {}{}", Field::names().collect::<Vec<_>>().join(", "), near(*.nearest))]
    Unknown {
        /// As written.
        found: String,
        /// What may be meant.
        nearest: Option<&'static str>,
    },
    /// A prefix behind the name that is none.
    #[error("/{0} is no prefix length; source/24 are networks of IPv4 of 24 bits, source/64 those of IPv6")]
    Prefix(String),
}

fn near(nearest: Option<&'static str>) -> String {
    nearest.map_or_else(String::new, |name| format!("; did you mean {name}?"))
}

impl FromStr for Field {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        let (name, prefix) = match text.trim().split_once('/') {
            Some((name, prefix)) => (name, Some(prefix)),
            None => (text.trim(), None),
        };
        let plain = name.to_ascii_lowercase().replace('-', "_");
        let plain =
            SYNONYMS.iter().find(|(other, _)| *other == plain).map_or(plain.as_str(), |(_, name)| name);
        let unknown = || FieldError::Unknown { found: text.to_owned(), nearest: nearest(plain) };
        let field = NAMES.iter().find(|(known, _)| *known == plain).map(|(_, field)| *field);
        match (field.ok_or_else(unknown)?, prefix) {
            (field, None) => Ok(field),
            (Self::Source(_), Some(text)) => prefix_of(text).map(Self::Source),
            (Self::Destination(_), Some(text)) => prefix_of(text).map(Self::Destination),
            (_, Some(_)) => Err(unknown()),
        }
    }
}

/// Up to 32 bits are those of IPv4, and networks of IPv6 are subnets; more are those of IPv6, and addresses of IPv4 whole.
fn prefix_of(text: &str) -> Result<Prefix, FieldError> {
    let bits: Option<u8> = text.parse().ok().filter(|bits| *bits <= 128);
    match bits.ok_or_else(|| FieldError::Prefix(text.to_owned()))? {
        bits @ 0..=32 => Ok(Prefix { v4: bits, v6: SUBNET_V6 }),
        bits => Ok(Prefix { v4: 32, v6: bits }),
    }
}

/// A name that begins alike, or that this one begins.
fn nearest(text: &str) -> Option<&'static str> {
    let alike = |name: &&'static str| {
        let same = name.bytes().zip(text.bytes()).take_while(|(a, b)| a == b).count();
        same >= 3 || same == text.len() && same > 0
    };
    Field::names().find(alike)
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_have_names_synonyms_and_prefixes() {
        let field = |text: &str| text.parse::<Field>();
        assert!(Field::names().all(|name| field(name).unwrap().name() == name));
        assert_eq!(field("src"), Ok(Field::Source(Prefix::WHOLE)));
        assert_eq!(field("Source-Port"), Ok(Field::SourcePort));
        assert_eq!(field("source/24"), Ok(Field::Source(Prefix { v4: 24, v6: 64 })));
        assert_eq!(field("dst/48"), Ok(Field::Destination(Prefix { v4: 32, v6: 48 })));
        for slip in ["", "color", "port/24", "source/", "source/129", "source/x", "source/-1"] {
            assert!(field(slip).is_err(), "{slip}");
        }
        assert!(field("sourc").unwrap_err().to_string().contains("did you mean source?"));
    }
}
