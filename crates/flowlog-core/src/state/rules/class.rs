//! Whose rule it is.

use crate::policy::without_prefix;

/// Whose rule it is, as far as the names in the log tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RuleClass {
    /// A rule of an NSG that somebody wrote.
    User,
    /// One of the six rules every NSG has.
    Default,
    /// An administrator's rule of a Network Manager, decided before any NSG.
    SecurityAdmin,
    /// Traffic that Azure handles itself; people's traffic can be among it (load balancing, return traffic).
    Platform,
    /// No rule at all: dropped for want of encryption. Never a denial of an NSG.
    Unspecified,
}

impl RuleClass {
    /// The class of a rule by the names in the log. Rules of NSGs begin with `UserRule_` or
    /// `DefaultRule_`; an administrator's rules have no prefix and an ACL that is no NSG.
    pub fn of(acl: &str, rule: &str) -> Self {
        let is = |text: &str, name: &str| text.eq_ignore_ascii_case(name);
        if is(rule, "unspecified") || is(acl, "unspecified") {
            Self::Unspecified
        } else if is(rule, "PlatformRule") || acl == "00000000-0000-0000-0000-000000000000" {
            Self::Platform
        } else if without_prefix(rule, "DefaultRule_").is_some() {
            Self::Default
        } else if without_prefix(rule, "UserRule_").is_some() || is_nsg(acl) {
            Self::User
        } else {
            Self::SecurityAdmin
        }
    }

    /// The word for reports.
    pub fn label(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Default => "default",
            Self::SecurityAdmin => "security-admin",
            Self::Platform => "platform",
            Self::Unspecified => "unspecified",
        }
    }
}

fn is_nsg(acl: &str) -> bool {
    acl.to_ascii_lowercase().contains("/networksecuritygroups/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_known_by_its_names() {
        let nsg = "/SUBSCRIPTIONS/S/RESOURCEGROUPS/R/PROVIDERS/MICROSOFT.NETWORK/NETWORKSECURITYGROUPS/WEB";
        let manager = "/subscriptions/s/resourceGroups/r/providers/Microsoft.Network/networkManagers/hub";
        let guid = "7a7b2f0c-1111-4222-8333-944455556666";
        for (acl, rule, class) in [
            (nsg, "UserRule_Allow-HTTPS", RuleClass::User),
            (nsg, "defaultrule_DenyAllInBound", RuleClass::Default),
            (nsg, "plain-name", RuleClass::User),
            (guid, "UserRule_x", RuleClass::User),
            (manager, "BlockHighRiskTCPPortsFromInternet", RuleClass::SecurityAdmin),
            (guid, "Internet", RuleClass::SecurityAdmin),
            ("00000000-0000-0000-0000-000000000000", "PlatformRule", RuleClass::Platform),
            ("00000000-0000-0000-0000-000000000000", "other", RuleClass::Platform),
            (guid, "PlatformRule", RuleClass::Platform),
            ("unspecified", "unspecified", RuleClass::Unspecified),
            ("unspecified", "", RuleClass::Unspecified),
            (nsg, "unspecified", RuleClass::Unspecified),
        ] {
            assert_eq!(RuleClass::of(acl, rule), class, "{acl} {rule}");
        }
    }
}
