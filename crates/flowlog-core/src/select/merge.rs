//! Several sets asked of the same thing become one set.

use std::collections::BTreeMap;

use super::addresses::{Addresses, Ports};
use super::tree::{End, Node, Test};

/// What sets can be put together: those that are asked of the same thing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Asked {
    Outcome,
    Encryption,
    Protocol,
    Port,
    SourcePort,
    Address(End),
    Class(End),
}

impl Asked {
    fn of(test: &Test) -> Option<Self> {
        Some(match test {
            Test::Outcome(_) => Self::Outcome,
            Test::Encryption(_) => Self::Encryption,
            Test::Protocol(_) => Self::Protocol,
            Test::Port(_) => Self::Port,
            Test::SourcePort(_) => Self::SourcePort,
            Test::Address(end, _) => Self::Address(*end),
            Test::Class(end, _) => Self::Class(*end),
            Test::Direction(_) | Test::Name(..) | Test::Amount(..) | Test::Asked(..) => return None,
        })
    }
}

/// Puts the sets of tests that are wanted (or not wanted) together: any of several sets is one, and so is none of
/// several. Everything else stays.
pub(super) fn merged(nodes: Vec<Node>, wanted: bool) -> Vec<Node> {
    let mut sets: BTreeMap<Asked, Vec<Test>> = BTreeMap::new();
    let mut rest = Vec::with_capacity(nodes.len());
    for node in nodes {
        match node {
            Node::Test(test, is_wanted) if is_wanted == wanted && Asked::of(&test).is_some() => {
                if let Some(asked) = Asked::of(&test) {
                    sets.entry(asked).or_default().push(test);
                }
            }
            node => rest.push(node),
        }
    }
    let sets = sets.into_values().filter_map(|tests| union(&tests));
    rest.extend(sets.map(|test| Node::Test(test, wanted)));
    rest
}

/// What any of tests that ask of the same thing asks.
fn union(tests: &[Test]) -> Option<Test> {
    let first = tests.first()?;
    if tests.len() == 1 {
        return Some(first.clone());
    }
    let bits = || {
        tests.iter().fold(0, |bits, test| match test {
            Test::Encryption(more) | Test::Class(_, more) => bits | more,
            Test::Outcome(more) => bits | u16::from(*more),
            _ => bits,
        })
    };
    let ports = || {
        let sets = tests.iter().filter_map(|test| match test {
            Test::Port(ports) | Test::SourcePort(ports) => Some(ports),
            _ => None,
        });
        Ports::union(&sets.collect::<Vec<_>>())
    };
    Some(match first {
        // The sum of bytes is one.
        Test::Outcome(_) => Test::Outcome(u8::try_from(bits()).unwrap_or(u8::MAX)),
        Test::Encryption(_) => Test::Encryption(bits()),
        Test::Class(end, _) => Test::Class(*end, bits()),
        Test::Port(_) => Test::Port(ports()),
        Test::SourcePort(_) => Test::SourcePort(ports()),
        Test::Address(end, _) => {
            let sets = tests.iter().filter_map(|test| match test {
                Test::Address(_, addresses) => Some(addresses),
                _ => None,
            });
            Test::Address(*end, Addresses::union(&sets.collect::<Vec<_>>()))
        }
        Test::Protocol(_) => Test::Protocol(tests.iter().fold([0; 4], |mut all, test| {
            if let Test::Protocol(bits) = test {
                for (sum, bits) in all.iter_mut().zip(bits) {
                    *sum |= bits;
                }
            }
            all
        })),
        Test::Direction(_) | Test::Name(..) | Test::Amount(..) | Test::Asked(..) => return None,
    })
}
