//! What a comparison keeps of the pairs of hosts of one set.

use super::union::Seen;
use crate::state::{Conversation, ConversationKey, Gather, HostPair, Origin};

/// The conversations of one set. A comparison needs all of both sets: one row of 80 bytes for each.
#[derive(Clone, Debug, Default)]
pub struct Conversations(Vec<Row>);

/// One conversation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) key: ConversationKey,
    pub(super) seen: Seen,
    /// Where its tuples come from.
    pub(super) origin: Option<Origin>,
}

impl Conversations {
    pub(super) fn rows(&self) -> &[Row] {
        &self.0
    }
}

impl Gather for Conversations {
    fn take(&mut self, pair: &mut HostPair) {
        let counted = pair.conversations.iter().filter(|conversation| conversation.has_tuples());
        self.0.extend(counted.map(|conversation| Row {
            key: conversation.key,
            seen: seen(conversation),
            origin: conversation.origin,
        }));
    }

    fn merge(&mut self, mut other: Self) {
        if self.0.len() < other.0.len() {
            std::mem::swap(self, &mut other);
        }
        self.0.append(&mut other.0);
    }
}

fn seen(conversation: &Conversation) -> Seen {
    let mut seen = conversation.allowed.as_ref().map_or_else(Seen::default, Seen::allowed);
    // Nor does an NSG flow log of version 2 say of all it lets in whether it was answered.
    let stateless = conversation.trouble.is_some_and(|trouble| trouble.stateless > 0);
    seen.answered |= conversation.allowed.is_some() && stateless;
    seen.counts.denied = conversation.denied.map_or(0, |denied| denied.tuples);
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_as_small_as_it_says() {
        assert_eq!(size_of::<Row>(), 80);
    }
}
