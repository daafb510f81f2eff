//! Labels several renderers share.

use std::borrow::Cow;

use crate::words::Lang;
pub(crate) use flowlog_core::enrich::protocol_name;
use flowlog_core::enrich::{FactKind, HostFacts};
use flowlog_core::flow::{Encryption, Protocol, State};
use flowlog_core::policy::plain_rule;
use flowlog_core::report::HostName;

/// Name of the protocol, else `protocol 200`.
pub(crate) fn protocol_label(number: u8) -> String {
    protocol_name(Protocol(number)).map_or_else(|| format!("protocol {number}"), str::to_owned)
}

/// `443/tcp`; the protocol alone where it has no ports.
pub(crate) fn port_label(port: u16, protocol: u8) -> String {
    let name = protocol_label(protocol).to_ascii_lowercase();
    if Protocol(protocol).has_ports() { format!("{port}/{name}") } else { name }
}

/// State letters in the order of a connection's life.
pub(crate) const STATES: [char; 5] = ['B', 'C', 'E', 'D', 'A'];

/// What a state letter of the report means.
pub(crate) fn state_label(letter: char) -> &'static str {
    State::ALL.iter().find(|state| state.letter() == letter).map_or("unknown", |state| state.label())
}

/// What an encryption word of the report means.
pub(crate) fn encryption_label(word: &str) -> &'static str {
    Encryption::ALL.iter().find(|known| known.word() == word).map_or("unknown word", |known| known.label())
}

/// What a direction (`I`, `O`, or `IO` where both ends logged) means.
pub(crate) fn direction_label(letters: &str) -> &'static str {
    match letters {
        "I" => "inbound",
        "O" => "outbound",
        "IO" => "both",
        _ => "unknown",
    }
}

/// The part of an ACL's ARM id that people know it by: its last segment. The platform's own rules
/// carry an id of zeros.
pub(crate) fn acl_label(acl: &str) -> &str {
    let last = acl.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    if last == "00000000-0000-0000-0000-000000000000" { "platform" } else { last }
}

/// The name of a rule as its NSG has it: whose it is, [`rule_kind`] tells in a column of its own.
pub(crate) fn rule_name(rule: &str) -> &str {
    plain_rule(rule)
}

/// Whose rule it is, in at most 8 columns.
pub(crate) fn rule_kind(class: &str) -> &str {
    match class {
        "security-admin" => "admin",
        "unspecified" => "none",
        other => other,
    }
}

/// The name of a class of traffic for people.
pub(crate) fn class_label(class: &str) -> &str {
    match class {
        "IntraVNet" => "within a VNet",
        "InterVNet" => "between VNets",
        "OnPremisesPrivate" => "on premises, private",
        "AzurePublic" => "Azure, public",
        "ExternalPublic" => "internet",
        "Platform" => "Azure platform",
        "Multicast" => "multicast",
        _ => "other",
    }
}

/// What stands beside an address: lists of threats that hold it, its name, its country.
pub(crate) fn host_label(facts: &HostFacts) -> String {
    let threat = facts.threat.as_ref().map(|lists| format!("!{lists}"));
    let [name, country] = [FactKind::Name, FactKind::Country].map(|kind| facts.get(kind).map(str::to_owned));
    [threat, name, country].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// Who an address belongs to, with its autonomous system if a file tells.
pub(crate) fn owner_of(host: &HostName, lang: Lang) -> Cow<'_, str> {
    let owner = owner(lang.say(host.class), host.provider);
    match &host.facts.system {
        Some(system) => Cow::Owned(format!("{owner}, {system}")),
        None => Cow::Borrowed(owner),
    }
}

/// Who an address belongs to: its provider if known, else its class.
pub(crate) fn owner<'a>(class: &'a str, provider: Option<&'a str>) -> &'a str {
    provider.unwrap_or(class)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_say_what_letters_mean() {
        assert_eq!((state_label('E'), state_label('D')), ("ended", "denied"));
        assert_eq!(encryption_label("NX_FALLBACK"), "not encrypted: allowed as fallback");
        assert_eq!((direction_label("I"), direction_label("IO")), ("inbound", "both"));
    }

    #[test]
    fn ports_are_shown_only_where_the_protocol_has_them() {
        assert_eq!(port_label(443, 6), "443/tcp");
        assert_eq!(port_label(50_000, 17), "50000/udp");
        assert_eq!(port_label(0, 1), "icmp");
        assert_eq!(port_label(0, 200), "protocol 200");
    }

    #[test]
    fn an_acl_is_known_by_its_last_segment() {
        let id =
            "/subscriptions/s/resourceGroups/r/providers/Microsoft.Network/networkSecurityGroups/web-nsg";
        assert_eq!(acl_label(id), "web-nsg");
        assert_eq!(acl_label("00000000-0000-0000-0000-000000000000"), "platform");
        assert_eq!((acl_label("unspecified"), acl_label("")), ("unspecified", ""));
    }
}
