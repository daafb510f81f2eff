//! First and last time of several conversations.

use serde::{Deserialize, Serialize};

use crate::state::Conversation;

/// First and last, Unix ms; the first is after the last as long as nothing is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Span(pub(super) i64, pub(super) i64);

impl Default for Span {
    fn default() -> Self {
        Self(i64::MAX, i64::MIN)
    }
}

impl Span {
    /// Of a conversation's connections; of those answered, if `answered`.
    pub(super) fn of(conversation: &Conversation, answered: bool) -> Self {
        let mut span = Self::default();
        if let Some(activity) = &conversation.activity {
            span.add(if answered { activity.answered_times } else { activity.times });
        }
        span
    }

    pub(super) fn add(&mut self, (first, last): (i64, i64)) {
        *self = Self(self.0.min(first), self.1.max(last));
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.add((other.0, other.1));
    }

    /// First and last, if anything is known (NSG flow logs version 1 have no connections).
    pub(super) fn known(self) -> [Option<i64>; 2] {
        if self.0 > self.1 { [None; 2] } else { [Some(self.0), Some(self.1)] }
    }
}

impl FromIterator<Span> for Span {
    fn from_iter<I: IntoIterator<Item = Span>>(spans: I) -> Self {
        let mut all = Self::default();
        spans.into_iter().for_each(|span| all.merge(span));
        all
    }
}
