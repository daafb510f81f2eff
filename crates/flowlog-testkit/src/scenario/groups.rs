//! A minute's tuples in the order a record has them.

use super::event::{Event, RuleId, State};
use super::world::World;
use crate::rng::mix;

/// A minute's tuples by rule, rules by ACL, each in the order of its first tuple.
#[derive(Default)]
pub(crate) struct Groups {
    /// Place of a rule in `rules`; `u16::MAX` if it has none.
    place: Vec<u16>,
    rules: Vec<RuleId>,
    members: Vec<Vec<u32>>,
    order: Vec<usize>,
}

impl Groups {
    pub(crate) fn new(rules: usize) -> Self {
        Self { place: vec![u16::MAX; rules], ..Self::default() }
    }

    pub(crate) fn fill(&mut self, world: &World, events: &[Event]) {
        self.clear();
        for (number, event) in events.iter().enumerate() {
            let place = &mut self.place[usize::from(event.rule)];
            if *place == u16::MAX {
                *place = self.rules.len() as u16;
                self.rules.push(event.rule);
                if self.members.len() < self.rules.len() {
                    self.members.push(Vec::new());
                }
            }
            self.members[usize::from(*place)].push(number as u32);
        }
        self.order_by_acl(world);
        for members in &mut self.members[..self.rules.len()] {
            swap_some_ends(members, events);
        }
    }

    fn clear(&mut self) {
        for (rule, members) in self.rules.iter().zip(&mut self.members) {
            self.place[usize::from(*rule)] = u16::MAX;
            members.clear();
        }
        self.rules.clear();
        self.order.clear();
    }

    fn order_by_acl(&mut self, world: &World) {
        let acl = |rule: &RuleId| world.rules.rules[usize::from(*rule)].acl;
        for first in 0..self.rules.len() {
            if self.order.contains(&first) {
                continue;
            }
            let same = acl(&self.rules[first]);
            self.order.extend((first..self.rules.len()).filter(|&other| acl(&self.rules[other]) == same));
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (RuleId, &[u32])> {
        self.order.iter().map(|&place| (self.rules[place], self.members[place].as_slice()))
    }
}

/// Real logs sometimes name the end before the begin of the same millisecond.
fn swap_some_ends(members: &mut [u32], events: &[Event]) {
    for place in 1..members.len() {
        let (before, after) = (&events[members[place - 1] as usize], &events[members[place] as usize]);
        let same_instant = before.time_ms == after.time_ms && before.flow() == after.flow();
        let a_life = before.state == State::Begin && after.state == State::End;
        if same_instant && a_life && mix(before.time_ms as u64) % 2 == 1 {
            members.swap(place - 1, place);
        }
    }
}
