//! Connections of one NIC as its tuples tell them, in order of time.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use crate::scenario::event::{Event, State};

/// A connection that has not ended yet.
struct Life {
    conversation: usize,
    /// Only its begin was seen.
    only_begun: bool,
    packets_sent: u64,
    packets_received: u64,
}

impl Life {
    fn is_one_way(&self) -> bool {
        self.packets_sent > 0 && self.packets_received == 0
    }
}

/// What a tuple tells of the conversation it belongs to.
#[derive(Default)]
pub(super) struct Told {
    /// A connection is over that never got an answer.
    pub(super) one_way: Option<usize>,
}

/// Open connections of one NIC by 5-tuple.
#[derive(Default)]
pub(super) struct Lives(HashMap<(u64, u64), Life, FixedState>);

impl Lives {
    /// Follows one tuple of a conversation. Tuples must come in order of time, and within one
    /// instant begins before continuations before ends.
    pub(super) fn follow(&mut self, event: &Event, conversation: usize) -> Told {
        let fresh = || Life { conversation, only_begun: true, packets_sent: 0, packets_received: 0 };
        match event.state {
            State::Deny => Told::default(),
            State::Begin => {
                let before = self.0.insert(event.flow(), fresh());
                Told { one_way: before.filter(Life::is_one_way).map(|life| life.conversation) }
            }
            State::Continue => {
                let life = self.0.entry(event.flow()).or_insert_with(fresh);
                life.only_begun = false;
                life.packets_sent += event.counters.packets_sent;
                life.packets_received += event.counters.packets_received;
                Told::default()
            }
            State::End => {
                let mut life = self.0.remove(&event.flow()).unwrap_or_else(fresh);
                life.packets_sent += event.counters.packets_sent;
                life.packets_received += event.counters.packets_received;
                Told { one_way: life.is_one_way().then_some(life.conversation) }
            }
        }
    }

    /// Conversations of the connections still open, first those only begun, then those without an answer so far.
    pub(super) fn finish(self) -> (Vec<usize>, Vec<usize>) {
        let (begun, open): (Vec<_>, Vec<_>) = self.0.into_values().partition(|life| life.only_begun);
        let conversations = |lives: Vec<Life>| lives.into_iter().map(|life| life.conversation).collect();
        (conversations(begun), conversations(open.into_iter().filter(Life::is_one_way).collect()))
    }
}
