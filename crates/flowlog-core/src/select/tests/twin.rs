//! Filters against a slow, obvious twin: random conditions are written as text, read, and asked of random tuples.

use proptest::prelude::*;
use proptest::sample::select;

use super::written::{ADDRESSES, Asked, Expr, MACS, NSGS, PORTS, PROTOCOLS, RULES, Side, expr};
use super::*;
use crate::flow::{AddressClass, Counters, Direction, Network, Protocol, State};

impl Expr {
    /// Three values, as Kleene has them: what is not known may be either.
    fn value(&self, asks: &impl Fn(&Asked) -> Option<bool>) -> Option<bool> {
        match self {
            Self::Any => Some(true),
            Self::Test(asked, _) => asks(asked),
            Self::Not(part, _) => part.value(asks).map(|value| !value),
            Self::All(parts, _) => several(parts, false, asks),
            Self::Some(parts, _) => several(parts, true, asks),
        }
    }
}

/// `decides` if any part has that value; the contrary if all have it; otherwise nobody knows.
fn several(parts: &[Expr], decides: bool, asks: &impl Fn(&Asked) -> Option<bool>) -> Option<bool> {
    let values: Vec<_> = parts.iter().map(|part| part.value(asks)).collect();
    if values.contains(&Some(decides)) {
        Some(decides)
    } else if values.contains(&None) {
        None
    } else {
        Some(!decides)
    }
}

impl Asked {
    /// The answer, where `outcome` and `connection` may not be known.
    fn of(
        &self,
        tuple: &FlowTuple,
        place: &Place<'_>,
        outcome: Option<Outcome>,
        connection: Option<&Connection>,
    ) -> Option<bool> {
        let is_of = |side: &Side, is: &dyn Fn(IpAddr) -> bool| match side {
            Side::Source => is(tuple.source),
            Side::Destination => is(tuple.destination),
            Side::Either => is(tuple.source) || is(tuple.destination),
        };
        let port =
            |side: &Side| if *side == Side::Source { tuple.source_port } else { tuple.destination_port };
        let id = |glob: &str, id: &str| {
            let name = id.split('/').next_back().unwrap();
            slow_glob(glob, if glob.contains('/') { id } else { name })
        };
        Some(match self {
            Self::Address(side, networks) => is_of(side, &|address| {
                networks.iter().any(|network| network.parse::<Network>().unwrap().contains(address))
            }),
            Self::Class(side, classes) => {
                is_of(side, &|address| classes.contains(&AddressClass::of(address)))
            }
            Self::Port(side, ranges) => ranges.iter().any(|(from, to, protocol)| {
                *from <= port(side)
                    && port(side) <= *to
                    && protocol.is_none_or(|number| tuple.protocol == Protocol(number))
            }),
            Self::PortOrder(side, order, value) => in_order(u64::from(port(side)), order, u64::from(*value)),
            Self::Protocol(protocols) => protocols.contains(&tuple.protocol.0),
            Self::Direction(direction) => tuple.direction == *direction,
            Self::Outcome(outcomes) => outcomes.contains(&match outcome {
                Some(outcome) => outcome,
                None if tuple.state == State::Deny => Outcome::Denied,
                None if outcomes.iter().all(|outcome| *outcome == Outcome::Denied) => return Some(false),
                None => return None,
            }),
            Self::Encryption(words) => words.contains(&tuple.encryption),
            Self::Rule(glob) => {
                let rule = place.rule;
                slow_glob(glob, rule) || rule.split_once('_').is_some_and(|(_, rest)| slow_glob(glob, rest))
            }
            Self::Nsg(glob) => id(glob, place.acl),
            Self::Resource(glob) => id(glob, place.resource),
            Self::Mac(glob) => slow_glob(&glob.replace([':', '-'], ""), place.mac),
            Self::Amount(name, order, value, _) => {
                match (*order, *value) {
                    ("<", 0) | (">", u64::MAX) => return Some(false),
                    (">=", 0) | ("<=", u64::MAX) => return Some(true),
                    _ => {}
                }
                let connection = connection?;
                let Counters { packets_sent, bytes_sent, packets_received, bytes_received } =
                    connection.counters;
                let amount = match *name {
                    "bytes" => bytes_sent.saturating_add(bytes_received),
                    "bytes_sent" => bytes_sent,
                    "bytes_received" => bytes_received,
                    "packets" => packets_sent.saturating_add(packets_received),
                    "packets_sent" => packets_sent,
                    "packets_received" => packets_received,
                    "tuples" => connection.tuples(),
                    _ => u64::try_from(connection.last_ms - connection.first_ms).unwrap(),
                };
                in_order(amount, order, *value)
            }
        })
    }
}

fn in_order(value: u64, order: &str, other: u64) -> bool {
    match order {
        "<" => value < other,
        "<=" => value <= other,
        ">" => value > other,
        ">=" => value >= other,
        "!=" => value != other,
        _ => value == other,
    }
}

/// Whether a pattern means a name, of which both are short and of ASCII.
fn slow_glob(pattern: &str, name: &str) -> bool {
    match (pattern.as_bytes(), name.as_bytes()) {
        ([], rest) => rest.is_empty(),
        ([b'*', ..], rest) => {
            slow_glob(&pattern[1..], name) || (!rest.is_empty() && slow_glob(pattern, &name[1..]))
        }
        ([first, ..], [char, ..]) => {
            (*first == b'?' || first.eq_ignore_ascii_case(char)) && slow_glob(&pattern[1..], &name[1..])
        }
        (_, []) => false,
    }
}

prop_compose! {
    fn any_tuple()(
        time_ms in 0_i64..200_000,
        source in select(ADDRESSES.to_vec()),
        destination in select(ADDRESSES.to_vec()),
        source_port in select(PORTS.to_vec()),
        destination_port in select(PORTS.to_vec()),
        protocol in select(PROTOCOLS.to_vec()),
        inbound in any::<bool>(),
        state in select(State::ALL.to_vec()),
        encryption in select(Encryption::ALL.to_vec()),
        counters in proptest::option::of((0_u64..4, 0_u64..3_000, 0_u64..4, 0_u64..2_000_000)),
    ) -> FlowTuple {
        FlowTuple {
            time_ms,
            source: source.parse().unwrap(),
            destination: destination.parse().unwrap(),
            source_port,
            destination_port,
            protocol: Protocol(protocol),
            direction: if inbound { Direction::Inbound } else { Direction::Outbound },
            state,
            encryption,
            counters: counters.map(|(packets_sent, bytes_sent, packets_received, bytes_received)| {
                Counters { packets_sent, bytes_sent, packets_received, bytes_received }
            }),
        }
    }
}

/// The outcomes that a connection with this tuple can have.
fn possible(tuple: &FlowTuple) -> impl Iterator<Item = Outcome> {
    let is_denied = tuple.state == State::Deny;
    Outcome::ALL.into_iter().filter(move |outcome| (*outcome == Outcome::Denied) == is_denied)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn filters_say_what_their_text_means(
        expr in expr(),
        tuples in prop::collection::vec(any_tuple(), 1..20),
        (rule, acl, resource, mac) in (select(RULES.to_vec()), select(NSGS.to_vec()), select(NSGS.to_vec()), select(MACS.to_vec())),
        later in 0_i64..120_000,
    ) {
        let text = expr.text();
        let filter = Filter::parse(&text).map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
        let place = Place { mac, resource, acl, rule };
        let bound = filter.bind(&place);
        let contrary = (!filter.clone()).bind(&place);
        for tuple in &tuples {
            let admits = bound.admits(tuple);
            let value = expr.value(&|asked| asked.of(tuple, &place, None, None));
            // At least as sharp as three values, and never false where any connection can match.
            prop_assert!(!(admits && value == Some(false)), "{text} admits {tuple:?}");
            let of = |outcome| expr.value(&|asked| asked.of(tuple, &place, Some(outcome), None));
            let can = possible(tuple).any(|outcome| of(outcome) != Some(false));
            prop_assert!(admits || !can, "{text} does not admit {tuple:?}");
            prop_assert!(if admits { !bound.is_nothing() } else { !bound.is_everything() }, "{text}");
            // Both sides of what is not known may be.
            let can_not = possible(tuple).any(|outcome| of(outcome) != Some(true));
            prop_assert!(contrary.admits(tuple) || !can_not, "not ({text}) does not admit {tuple:?}");
            for outcome in possible(tuple) {
                let mut connection = Connection::of(tuple);
                connection.last_ms += later;
                let facts = Facts { key: key(tuple), place, connection: &connection, outcome, encryption: tuple.encryption };
                let matches = filter.matches(&facts);
                let meant = expr.value(&|asked| asked.of(tuple, &place, Some(outcome), Some(&connection)));
                prop_assert_eq!(Some(matches), meant, "{} of {:?}, {:?}", text, tuple, outcome);
                prop_assert_eq!((!filter.clone()).matches(&facts), !matches, "{}", text);
                prop_assert!(admits || !matches, "{text} matches {tuple:?} but does not admit it");
                if !filter.needs_connection() {
                    prop_assert_eq!(admits, matches, "{} asks of tuples alone: {:?}", text, tuple);
                }
            }
        }
    }

    #[test]
    fn any_words_are_read_or_refused_with_their_column(
        words in prop::collection::vec(select(vec![
            "and", "or", "not", "(", ")", "[", "]", ",", "in", "=", "!=", "<", "!", "&&", "||", "host", "src", "dst", "port",
            "10.0.0.4", "10.0.0.0/8", "443", "80-90/tcp", "denied", "bytes", "1m", "rule", "'a b'", "\"", "é", "direction", "\u{3000}",
        ]), 0..20),
        glue in select(vec![" ", "", "\n"]),
    ) {
        let text = words.join(glue);
        if let Err(error) = Filter::parse(&text) {
            let chars = text.chars().count();
            prop_assert!((1..=chars + 1).contains(&error.column()), "{text:?}: {error}");
            prop_assert!(error.width() >= 1 && error.column() + error.width() <= chars + 2, "{text:?}: {error}");
            // What stands before is not at fault: it can be followed by something else.
            let before: String = text.chars().take(error.column() - 1).collect();
            if let Err(shorter) = Filter::parse(&before) {
                prop_assert!(shorter.column() >= error.column() || before.contains(['"', '\'']), "{text:?}: {error}, {shorter}");
            }
        }
    }
}
