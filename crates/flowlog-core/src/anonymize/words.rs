//! Words that Azure gives, which say nothing of whose network it is, and on which the analysis depends.

use crate::blob_path::is_region;

/// Parts of resource ids and of blob names, in lower case and in order.
const PARTS: [&str; 33] = [
    "default",
    "defaultsecurityrules",
    "flowlogresourceid=",
    "flowlogs",
    "insights-logs-flowlogflowevent",
    "insights-logs-networksecuritygroupflowevent",
    "ipconfigurations",
    "locations",
    "microsoft.compute",
    "microsoft.network",
    "networkgroups",
    "networkinterfaces",
    "networkmanagers",
    "networksecuritygroups",
    "networkwatcherrg",
    "networkwatchers",
    "platformrule",
    "providers",
    "publicipaddresses",
    "resourcegroups",
    "resourceid=",
    "routetables",
    "rulecollections",
    "rules",
    "securityadminconfigurations",
    "securityrules",
    "subnets",
    "subscriptions",
    "unknown",
    "unspecified",
    "virtualmachines",
    "virtualmachinescalesets",
    "virtualnetworks",
];

/// Categories and operations of flow logs and of the other logs of an NSG.
const CATEGORIES: [&str; 5] = [
    "flowlogflowevent",
    "networksecuritygroupevent",
    "networksecuritygroupflowevent",
    "networksecuritygroupflowevents",
    "networksecuritygrouprulecounter",
];

/// The six rules that every NSG has.
const DEFAULT_RULES: [&str; 6] = [
    "allowazureloadbalancerinbound",
    "allowinternetoutbound",
    "allowvnetinbound",
    "allowvnetoutbound",
    "denyallinbound",
    "denyalloutbound",
];

const WATCHER: &str = "networkwatcher_";

fn is_one_of(words: &[&str], text: &str) -> bool {
    words.binary_search(&text.to_ascii_lowercase().as_str()).is_ok()
}

/// Whether a part of a resource id may stay.
pub(super) fn is_part(text: &str) -> bool {
    is_one_of(&PARTS, text)
}

/// Whether a category or an operation may stay.
pub(super) fn is_category(text: &str) -> bool {
    is_one_of(&CATEGORIES, text)
}

/// Whether the name of a rule, behind `DefaultRule_`, may stay.
pub(super) fn is_default_rule(text: &str) -> bool {
    is_one_of(&DEFAULT_RULES, text)
}

/// Splits a text behind its beginning, which may be in any case.
pub(super) fn split_prefix<'t>(text: &'t str, prefix: &str) -> Option<(&'t str, &'t str)> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some((head, rest))
}

/// Splits a text behind the name of a network watcher that Azure made, which holds a region.
pub(super) fn split_watcher(text: &str) -> Option<(&str, &str)> {
    let (_, region) = split_prefix(text, WATCHER)?;
    let end = WATCHER.len() + region.find('_').unwrap_or(region.len());
    let (watcher, rest) = text.split_at_checked(end)?;
    is_region(watcher.get(WATCHER.len()..)?).then_some((watcher, rest))
}

/// Whether a field of a tuple is a state of encryption, as Azure names them.
pub(super) fn is_encryption(text: &str) -> bool {
    text == "X" || text == "NX" || text.strip_prefix("NX_").is_some_and(|rest| ENCRYPTION.contains(&rest))
}

/// Why a connection is not encrypted.
const ENCRYPTION: [&str; 7] = [
    "HW_NOT_SUPPORTED",
    "SW_NOT_READY",
    "NOT_ACCEPTED",
    "NOT_SUPPORTED",
    "LOCAL_DST",
    "FALLBACK",
    "NOT_READY",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_in_order_and_case_does_not_matter() {
        assert!(PARTS.is_sorted() && CATEGORIES.is_sorted() && DEFAULT_RULES.is_sorted());
        assert!(is_part("Microsoft.Network") && is_part("RESOURCEGROUPS") && !is_part("rg") && !is_part(""));
        assert!(is_default_rule("DenyAllInBound") && !is_default_rule("DenyAllInBound2"));
        assert!(is_category("FlowLogFlowEvent") && !is_category("x"));
        assert!(is_encryption("NX_LOCAL_DST") && !is_encryption("NX_SECRET"));
    }

    #[test]
    fn a_watcher_ends_with_its_region() {
        assert_eq!(split_watcher("NETWORKWATCHER_UKWEST_FL_1"), Some(("NETWORKWATCHER_UKWEST", "_FL_1")));
        assert_eq!(split_watcher("NetworkWatcher_eastus"), Some(("NetworkWatcher_eastus", "")));
        assert_eq!(split_watcher("NETWORKWATCHER_PROD_EU"), None);
        assert_eq!(split_watcher("NW_UKWEST"), None);
    }
}
