//! Random conditions, and how a person may write them.

use proptest::prelude::*;
use proptest::sample::select;

use crate::connection::Outcome;
use crate::flow::{AddressClass, Direction, Encryption};

/// A condition as a tree, with `style` for the many ways to write the same.
#[derive(Clone, Debug)]
pub(super) enum Expr {
    Any,
    Test(Asked, u8),
    Not(Box<Expr>, u8),
    All(Vec<Expr>, u8),
    Some(Vec<Expr>, u8),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Side {
    Source,
    Destination,
    Either,
}

/// One question, told by what a person means.
#[derive(Clone, Debug)]
pub(super) enum Asked {
    Address(Side, Vec<&'static str>),
    Class(Side, Vec<AddressClass>),
    /// From, to, protocol.
    Port(Side, Vec<(u16, u16, Option<u8>)>),
    PortOrder(Side, &'static str, u16),
    Protocol(Vec<u8>),
    Direction(Direction),
    Outcome(Vec<Outcome>),
    Encryption(Vec<Encryption>),
    Rule(&'static str),
    Nsg(&'static str),
    Resource(&'static str),
    Mac(&'static str),
    /// Name, operator, value and how the value is written.
    Amount(&'static str, &'static str, u64, &'static str),
}

pub(super) const ADDRESSES: [&str; 9] = [
    "10.0.0.4",
    "10.0.0.5",
    "10.0.1.4",
    "192.168.3.4",
    "203.0.113.9",
    "::ffff:10.0.0.4",
    "fd00::1",
    "2603::1",
    "224.0.0.1",
];
const NETWORKS: [&str; 11] = [
    "10.0.0.4",
    "10.0.0.0/24",
    "10.0.0.0/8",
    "10.0.0.5/31",
    "0.0.0.0/0",
    "::/0",
    "fd00::/8",
    "fd00::1",
    "203.0.113.9",
    "255.255.255.255",
    "::ffff:10.0.1.4",
];
pub(super) const PORTS: [u16; 8] = [0, 22, 53, 80, 443, 3389, 50_000, 65_535];
pub(super) const PROTOCOLS: [u8; 4] = [1, 6, 17, 50];
pub(super) const RULES: [&str; 4] =
    ["UserRule_Allow-HTTPS", "DefaultRule_DenyAllInBound", "PlatformRule", "UserRule_in and out"];
pub(super) const NSGS: [&str; 3] =
    ["/SUBSCRIPTIONS/S/RG/WEB/NSGS/SHOP", "/subscriptions/s/rg/db/nsgs/web", "unspecified"];
pub(super) const MACS: [&str; 2] = ["000D3A1B2C3D", "000d3a1b2c4e"];
const SIZES: [(u64, &str); 7] = [
    (0, "0"),
    (1, "1"),
    (60, "60"),
    (1_000, "1k"),
    (1_500, "1.5k"),
    (1_000_000, "1M"),
    (u64::MAX, "18446744073709551615"),
];

fn side() -> impl Strategy<Value = Side> {
    select(vec![Side::Source, Side::Destination, Side::Either])
}

fn asked() -> impl Strategy<Value = Asked> {
    let some = |values: &[&'static str]| select(values.to_vec());
    let orders = some(&["<", "<=", ">", ">=", "=", "==", "!="]);
    let sides = select(vec![Side::Source, Side::Destination]);
    let range = (select(PORTS.to_vec()), 0_u16..500, proptest::option::of(select(PROTOCOLS.to_vec())));
    let range = range.prop_map(|(from, more, protocol)| (from, from.saturating_add(more), protocol));
    let exact = (select(PORTS.to_vec()), Just(())).prop_map(|(port, ())| (port, port, None));
    let amounts = some(&[
        "bytes",
        "bytes_sent",
        "bytes_received",
        "packets",
        "packets_sent",
        "packets_received",
        "tuples",
        "duration",
    ]);
    let amount = (
        amounts,
        orders.clone(),
        select(SIZES.to_vec()),
        select(vec![(0, "0s"), (500, "500ms"), (60_000, "1m")]),
    );
    let amount = amount.prop_map(|(name, order, size, span)| {
        let (value, text) = if name == "duration" { span } else { size };
        Asked::Amount(name, order, value, text)
    });
    prop_oneof![
        3 => (side(), prop::collection::vec(some(&NETWORKS), 1..12)).prop_map(|(side, of)| Asked::Address(side, of)),
        1 => (side(), prop::collection::vec(select(AddressClass::ALL.to_vec()), 1..3)).prop_map(|(side, of)| Asked::Class(side, of)),
        3 => (sides.clone(), prop::collection::vec(prop_oneof![range, exact], 1..9)).prop_map(|(side, of)| Asked::Port(side, of)),
        1 => (sides, orders, select(PORTS.to_vec())).prop_map(|(side, order, port)| Asked::PortOrder(side, order, port)),
        1 => prop::collection::vec(select(PROTOCOLS.to_vec()), 1..3).prop_map(Asked::Protocol),
        1 => select(vec![Direction::Inbound, Direction::Outbound]).prop_map(Asked::Direction),
        2 => prop::collection::vec(select(Outcome::ALL.to_vec()), 1..3).prop_map(Asked::Outcome),
        1 => prop::collection::vec(select(Encryption::ALL.to_vec()), 1..3).prop_map(Asked::Encryption),
        1 => some(&["allow-https", "*", "userrule_*", "deny*bound", "?latformRule", "in and out", "x"]).prop_map(Asked::Rule),
        1 => some(&["shop", "web", "*web*", "*/WEB/*", "/*", "unspec*"]).prop_map(Asked::Nsg),
        1 => some(&["shop", "*/db/*"]).prop_map(Asked::Resource),
        1 => some(&["000d3a1b2c3d", "00:0D:3A:1B:2C:4E", "*3d", "00-0d-3a-??-??-??"]).prop_map(Asked::Mac),
        3 => amount,
    ]
}

pub(super) fn expr() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![1 => Just(Expr::Any), 20 => (asked(), any::<u8>()).prop_map(|(asked, style)| Expr::Test(asked, style))];
    leaf.prop_recursive(5, 40, 4, |inner| {
        let several = || (prop::collection::vec(inner.clone(), 1..5), any::<u8>());
        prop_oneof![
            several().prop_map(|(parts, style)| Expr::All(parts, style)),
            several().prop_map(|(parts, style)| Expr::Some(parts, style)),
            (inner.clone(), any::<u8>()).prop_map(|(part, style)| Expr::Not(Box::new(part), style)),
        ]
    })
}

/// One of several ways, chosen by some bits of `style`.
fn way<'t>(style: u8, shift: u32, ways: &[&'t str]) -> &'t str {
    ways[usize::from(style >> shift) % ways.len()]
}

impl Expr {
    /// As a person may write it.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Any => "any".to_owned(),
            Self::Test(asked, style) => asked.text(*style),
            Self::Not(part, style) => {
                let not = way(*style, 0, &["not ", "!", "NOT  ", "not not not "]);
                // A condition alone needs no parentheses.
                match **part {
                    Self::Test(..) | Self::Any | Self::Not(..) if style & 0x80 == 0 => {
                        format!("{not}{}", part.text())
                    }
                    _ => format!("{not}({})", part.text()),
                }
            }
            Self::All(parts, style) => {
                let parts = parts.iter().map(|part| match part {
                    Self::Some(..) => format!("( {} )", part.text()),
                    _ => part.text(),
                });
                parts.collect::<Vec<_>>().join(way(*style, 0, &[" and ", " && ", "\tAND\n"]))
            }
            Self::Some(parts, style) => {
                let parts = parts.iter().map(Self::text);
                parts.collect::<Vec<_>>().join(way(*style, 0, &[" or ", "||", " Or "]))
            }
        }
    }
}

/// One value, or a list of several.
fn values(style: u8, values: &[String]) -> String {
    match values {
        [only] => {
            format!("{}{only}", way(style, 4, &[" ", " = ", "==", " in ", " in ["]))
                + if style >> 4 == 4 || (style >> 4) % 5 == 4 { "]" } else { "" }
        }
        _ => format!(" in [{}]", values.join(way(style, 4, &[", ", ",", " "]))),
    }
}

impl Asked {
    fn text(&self, style: u8) -> String {
        let side = |side: &Side| match side {
            Side::Source => way(style, 0, &["src ", "SOURCE ", "initiator "]),
            Side::Destination => way(style, 0, &["dst ", "destination ", "Responder "]),
            Side::Either => "",
        };
        let quoted = |text: &str| vec![format!("{}{text}{0}", way(style, 1, &["'", "\""]))];
        match self {
            Self::Address(of, networks) => {
                let ways: &[&str] =
                    if *of == Side::Either { &["host", "ip"] } else { &["host", "", "net", "address"] };
                let networks: Vec<String> = networks.iter().map(|&network| network.to_owned()).collect();
                let values = values(style, &networks);
                format!(
                    "{}{}{}",
                    side(of).trim_end(),
                    if way(style, 2, ways).is_empty() { "" } else { " " },
                    way(style, 2, ways)
                ) + &values
            }
            Self::Class(of, classes) => {
                let names = classes.iter().map(|class| match class {
                    AddressClass::CarrierGradeNat => "nat".to_owned(),
                    AddressClass::Platform => "platform".to_owned(),
                    AddressClass::Public => way(style, 3, &["public", "internet"]).to_owned(),
                    other => other.label().to_uppercase(),
                });
                format!("{}class{}", side(of), values(style, &names.collect::<Vec<_>>()))
            }
            Self::Port(of, ranges) => {
                let ranges = ranges.iter().map(|(from, to, protocol)| {
                    let protocol = protocol.map(|number| match number {
                        6 => "/TCP".to_owned(),
                        number => format!("/{number}"),
                    });
                    let range = if from == to { from.to_string() } else { format!("{from}-{to}") };
                    range + &protocol.unwrap_or_default()
                });
                let of = if *of == Side::Destination && style & 8 == 0 { "" } else { side(of) };
                format!("{of}port{}", values(style, &ranges.collect::<Vec<_>>()))
            }
            Self::PortOrder(of, order, port) => format!("{}port {order} {port}", side(of)),
            Self::Protocol(protocols) => {
                let names = protocols.iter().map(|number| match number {
                    1 => "icmp".to_owned(),
                    50 => "ESP".to_owned(),
                    number => number.to_string(),
                });
                format!(
                    "{}{}",
                    way(style, 0, &["proto", "protocol"]),
                    values(style, &names.collect::<Vec<_>>())
                )
            }
            Self::Direction(Direction::Inbound) => {
                way(style, 0, &["direction in", "dir = IN", "inbound"]).to_owned()
            }
            Self::Direction(Direction::Outbound) => {
                way(style, 0, &["direction out", "outbound", "dir in [out]"]).to_owned()
            }
            Self::Outcome(outcomes) => match outcomes.as_slice() {
                [only] if style & 1 == 0 => only.name().to_owned(),
                _ => format!(
                    "outcome{}",
                    values(
                        style,
                        &outcomes.iter().map(|outcome| outcome.name().to_owned()).collect::<Vec<_>>()
                    )
                ),
            },
            Self::Encryption(words) => {
                let words = words.iter().map(|word| format!("'{}'", word.word()));
                format!("encryption{}", values(style, &words.collect::<Vec<_>>()))
            }
            Self::Rule(glob) => format!("rule{}", values(style, &quoted(glob))),
            Self::Nsg(glob) => format!("nsg{}", values(style, &quoted(glob))),
            Self::Resource(glob) => format!("resource{}", values(style, &quoted(glob))),
            Self::Mac(glob) => format!("mac{}", values(style, &[(*glob).to_owned()])),
            Self::Amount(name, order, _, value) => format!("{name}{order}{value}"),
        }
    }
}
