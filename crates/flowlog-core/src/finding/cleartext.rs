//! Protocols that carry passwords in clear.

use std::collections::BTreeMap;

use super::facts::{Facts, shown};
use super::{Finding, Severity, counted};
use crate::aggregate::ConversationKey;
use crate::flow::Protocol;

pub(super) const RULE: &str = "cleartext-protocol";
/// Plain HTTP is left out: it is everywhere, mostly as a redirection.
const PORTS: [(u16, &str); 5] = [(21, "FTP"), (23, "Telnet"), (110, "POP3"), (143, "IMAP"), (389, "LDAP")];

pub(super) fn find(facts: &Facts<'_>) -> Vec<Finding> {
    let mut by_port: BTreeMap<u16, Vec<_>> = BTreeMap::new();
    for key in facts.tables.allowed.keys() {
        let listed = PORTS.iter().any(|(port, _)| *port == key.port);
        let answered = facts.answered(key);
        if listed && answered > 0 && key.protocol == Protocol::TCP {
            by_port.entry(key.port).or_default().push((*key, answered));
        }
    }
    let finding = |(port, rows): (u16, Vec<(ConversationKey, u64)>)| {
        let (first_time_ms, last_time_ms) = facts.times_of(rows.iter().map(|(key, _)| key), true);
        let rows = rows.iter().map(|(key, answered)| facts.row(key, *answered, "connections with an answer"));
        let name = PORTS.iter().find(|(known, _)| *known == port).map_or("", |(_, name)| *name);
        let (evidence, evidence_rows) = shown(rows.collect());
        Finding {
            id: format!("{RULE}:{port}"),
            rule: RULE,
            severity: Severity::Low,
            title: format!("{name} (port {port}) in {}", counted(evidence_rows, "conversation", "conversations")),
            reason: "The protocol sends passwords in clear unless it switches to TLS, which flow logs cannot show."
                .to_owned(),
            entity: port.to_string(),
            first_time_ms,
            last_time_ms,
            techniques: &["T1040 Network Sniffing"],
            next_step: "Move the clients to the protocol's TLS port.",
            evidence,
            evidence_rows,
        }
    };
    by_port.into_iter().map(finding).collect()
}
