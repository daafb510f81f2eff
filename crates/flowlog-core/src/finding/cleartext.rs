//! Protocols that carry passwords in clear.

use super::heaviest::Heaviest;
use super::scene::Scene;
use super::span::Span;
use super::technique;
use super::{Concern, Deed, Finding, NextStep, Note, Reason, Sentence, Severity, Unit, counted};
use crate::flow::Protocol;
use crate::state::Conversation;

pub(super) const RULE: &str = "cleartext-protocol";
/// Plain HTTP is left out: it is everywhere, mostly as a redirection.
const PORTS: [(u16, &str); 5] = [(21, "FTP"), (23, "Telnet"), (110, "POP3"), (143, "IMAP"), (389, "LDAP")];

/// Answered conversations with each of [`PORTS`].
#[derive(Default)]
pub(super) struct Cleartext([(Heaviest, Span); PORTS.len()]);

impl Cleartext {
    /// Takes in a conversation that was allowed.
    #[inline]
    pub(super) fn take(&mut self, scene: &Scene<'_>, conversation: &Conversation) {
        let key = &conversation.key;
        let Some(place) = PORTS.iter().position(|(port, _)| *port == key.port) else { return };
        let answered = conversation.answered();
        if let Some((rows, times)) = self.0.get_mut(place)
            && answered > 0
            && key.protocol == Protocol::TCP
        {
            rows.push(scene, key, answered);
            times.merge(Span::of(conversation, true));
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        for ((rows, times), (more, span)) in self.0.iter_mut().zip(other.0) {
            rows.merge(&more);
            times.merge(span);
        }
    }
}

pub(super) fn find(scene: &Scene<'_>, found: &Cleartext) -> Vec<Finding> {
    let finding = |((port, name), (rows, times)): (&(u16, &str), &(Heaviest, Span))| {
        let [first_time_ms, last_time_ms] = times.known();
        let (evidence, evidence_rows) = rows.clone().shown(scene, Unit::Connections, &Note::WithAnAnswer);
        Finding {
            id: format!("{RULE}:{port}"),
            rule: RULE,
            severity: Severity::Low,
            title: format!(
                "{name} (port {port}) in {}",
                counted(evidence_rows, "conversation", "conversations")
            ),
            reason: Reason(vec![Sentence::PasswordsInClear]),
            concern: Concern::new(Deed::Cleartext, &port.to_string(), *name, evidence_rows),
            entity: port.to_string(),
            first_time_ms,
            last_time_ms,
            techniques: &[technique::T1040],
            next_step: NextStep::MoveToTls,
            evidence,
            evidence_rows,
        }
    };
    let found = PORTS.iter().zip(&found.0).filter(|(_, (rows, _))| !rows.is_empty());
    found.map(finding).collect()
}
