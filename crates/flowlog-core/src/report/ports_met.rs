//! Which ports rules met.
//!
//! Noise is on any port, again and again: those that a rule met before are told by a bit each, and only the first
//! meeting goes on to the list.

use super::distinct::{Distinct, Groups};
use super::scatter::place;
use crate::flow::Protocol;

/// Rules, with one of their protocols, that have bits, each in the one place its number leads to: 8 KiB each. Those that
/// come too late for a place go without.
const MAPS: usize = 64;
/// Words of 64 bits for all ports.
const WORDS: usize = (1 << u16::BITS) / 64;

/// The ports that one rule met with one protocol.
#[derive(Clone, Debug)]
struct Map {
    rule: u32,
    protocol: Protocol,
    words: Box<[u64; WORDS]>,
}

impl Map {
    /// Takes a port in. False if it was there.
    #[inline]
    fn insert(&mut self, port: u16) -> bool {
        let (word, bit) = (&mut self.words[usize::from(port / 64)], 1 << (port % 64));
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }
}

/// The distinct ports, with their protocols, that each rule met.
#[derive(Clone, Debug)]
pub(super) struct PortsMet {
    maps: Vec<Option<Map>>,
    all: Distinct,
}

impl Default for PortsMet {
    fn default() -> Self {
        Self { maps: vec![None; MAPS], all: Distinct::default() }
    }
}

impl PortsMet {
    /// `rule` met a port.
    #[inline]
    pub(super) fn insert(&mut self, rule: u32, protocol: Protocol, port: u16) {
        let place = place(u64::from(rule) << 8 | u64::from(protocol.0), MAPS);
        let Some(slot) = self.maps.get_mut(place) else { return };
        let map = slot.get_or_insert_with(|| Map { rule, protocol, words: Box::new([0; WORDS]) });
        if (map.rule, map.protocol) != (rule, protocol) || map.insert(port) {
            self.all.insert(rule, port_number(protocol, port));
        }
    }

    /// Adds everything of `other`.
    pub(super) fn merge(&mut self, other: Self) {
        self.all.merge(other.all);
    }

    /// As [`Distinct::finish`]; a member is read by [`port_of`].
    pub(super) fn finish(self, few: bool) -> Groups {
        self.all.finish(few)
    }
}

/// Protocol and port of a member.
pub(super) fn port_of(member: u32) -> (Protocol, u16) {
    let [_, protocol, high, low] = member.to_be_bytes();
    (Protocol(protocol), u16::from_be_bytes([high, low]))
}

fn port_number(protocol: Protocol, port: u16) -> u32 {
    let [high, low] = port.to_be_bytes();
    u32::from_be_bytes([0, protocol.0, high, low])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_port_counts_once_however_many_rules_there_are() {
        let mut parts = [PortsMet::default(), PortsMet::default()];
        let mut expected: Vec<BTreeSet<(u8, u16)>> = vec![BTreeSet::new(); 300];
        for n in 0..60_000_u32 {
            let (rule, protocol) = (n % 300, [6, 17][(n / 300 % 2) as usize]);
            let port = u16::try_from(n * 7919 % 500 * 131).unwrap();
            expected[rule as usize].insert((protocol, port));
            parts[(n % 7 / 4) as usize].insert(rule, Protocol(protocol), port);
        }
        let [mut all, other] = parts;
        all.merge(other);
        let found = all.finish(false);
        for (rule, ports) in (0..).zip(expected) {
            assert_eq!(found[&rule].count, ports.len() as u64, "{rule}");
        }
    }

    #[test]
    fn a_port_that_is_met_again_takes_no_room() {
        let mut met = PortsMet::default();
        for _ in 0..3 {
            (0..=u16::MAX).for_each(|port| met.insert(7, Protocol::TCP, port));
        }
        assert_eq!(met.all.values_kept(), 1 << 16);
        met.insert(8, Protocol::UDP, 53);
        let found = met.finish(true);
        assert_eq!((found[&7].count, found[&7].few.len()), (1 << 16, 0));
        assert_eq!(
            found[&8].few.iter().map(|port| port_of(*port)).collect::<Vec<_>>(),
            [(Protocol::UDP, 53)]
        );
    }
}
