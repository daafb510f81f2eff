//! What came to nothing: conversations with connections that were denied, refused or not answered.

use serde::{Deserialize, Serialize};

use crate::flow::Protocol;
use crate::state::ConversationKey;
use crate::state::{Conversation, HostPair};

use super::scene::Scene;

/// A conversation with connections that were denied, refused or unanswered. 40 bytes.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Failure {
    pub(super) key: ConversationKey,
    /// Other connections of it got an answer.
    pub(super) answered: bool,
    pub(super) first_ms: i64,
    pub(super) last_ms: i64,
    /// Denied packets or failed connections, whichever are more.
    pub(super) count: u64,
}

impl Failure {
    /// What of `conversation`, one of `pair`, came to nothing.
    #[inline]
    pub(super) fn of(scene: &Scene<'_>, pair: &HostPair, conversation: &Conversation) -> Option<Self> {
        // What was dropped for want of encryption is no failure of the source: the network lacks something.
        let by_rule = conversation.denied_by_rule();
        let failed = Self::without_denial(scene, conversation);
        let failure = match &conversation.denied {
            Some(denied) if by_rule > 0 => {
                let key = conversation.key;
                let mut failure = Self {
                    key,
                    answered: conversation.answered() > 0,
                    first_ms: denied.first_ms,
                    last_ms: denied.last_ms,
                    count: by_rule,
                };
                if let Some(other) = failed {
                    failure.first_ms = failure.first_ms.min(other.first_ms);
                    failure.last_ms = failure.last_ms.max(other.last_ms);
                    failure.count = failure.count.max(other.count);
                }
                failure
            }
            _ => failed?,
        };
        (!is_late(pair, conversation)).then_some(failure)
    }

    /// What failed without being denied. Where a log holds no ends at all, silence says nothing.
    pub(super) fn without_denial(scene: &Scene<'_>, conversation: &Conversation) -> Option<Self> {
        let (key, failed) = (conversation.key, conversation.failed.as_ref()?);
        let mut count = failed.failed.iter().copied().max().unwrap_or_default();
        let (mut first_ms, mut last_ms) = failed.times;
        if scene.ends_are_logged && key.protocol == Protocol::TCP {
            count += failed.silent.iter().copied().max().unwrap_or_default();
            first_ms = first_ms.min(failed.silent_times.0);
            last_ms = last_ms.max(failed.silent_times.1);
        }
        let answered = conversation.answered() > 0;
        (count > 0).then_some(Self { key, answered, first_ms, last_ms, count })
    }
}

/// Packets of a server to the ports of a client that has called it: they came when the client was gone.
fn is_late(pair: &HostPair, conversation: &Conversation) -> bool {
    conversation.from_service.is_some_and(|port| {
        let ConversationKey { source, destination, protocol, .. } = conversation.key;
        let call = ConversationKey { source: destination, destination: source, port, protocol };
        port > 0 && pair.find(&call).is_some_and(|call| call.allowed.is_some())
    })
}
